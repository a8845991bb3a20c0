package callback

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"countersign/core/i18n"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	style string

	pageTemplate          = template.Must(template.New("page").Parse(pageText))
	contentSecurityPolicy = contentPolicy(style)
)

// Landing describes the landing page that a browser gets after its return.
type Landing struct {
	Claim  Claim
	Unread bool // the return could not be read; then Claim is ClaimsNothing
	Asking Asking
}

// Claim is what a return claims about the outcome. Nobody has confirmed it yet.
type Claim int

// The claims of returns.
const (
	ClaimsNothing    Claim = iota // nothing that is understood
	ClaimsSigned                  // the signer signed
	ClaimsRejected                // the signer rejected
	ClaimsCanceled                // the signer canceled
	ClaimsFailed                  // signing failed
	ContradictsVisit              // the return contradicts what is known of the visit, and is not believed
)

// Asking is what happens after a return to find out the outcome.
type Asking int

// The ways on after a return.
const (
	Asked     Asking = iota // the gateway is asked
	CannotAsk               // the outcome is not known, and the gateway offers no way to ask
	Recorded                // nobody is asked: the outcome is known, or the request does not wait for this visit
)

// contentPolicy returns a Content-Security-Policy that allows only the style sheet in the page, by its hash.
func contentPolicy(style string) string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// landingContent is what writePage fills into the template of a page.
type landingContent struct {
	Symbol string // a single character that shows the outcome at a glance
	Title  string
	Text   string
}

func unknownPage(lang i18n.Language) landingContent {
	return landingContent{"?", lang.Say("landing.unknown"), lang.Say("landing.unknown_text")}
}

func spentPage(lang i18n.Language) landingContent {
	return landingContent{"?", lang.Say("landing.spent"), lang.Say("landing.spent_text")}
}

func otherUserPage(lang i18n.Language) landingContent {
	return landingContent{"!", lang.Say("landing.other_user"), lang.Say("landing.other_user_text")}
}

func troublePage(lang i18n.Language) landingContent {
	return landingContent{"!", lang.Say("landing.trouble"), lang.Say("landing.trouble_text")}
}

func otherHostPage(lang i18n.Language) landingContent {
	return landingContent{"!", lang.Say("landing.other_host"), lang.Say("landing.other_host_text")}
}

func landingPage(lang i18n.Language, l Landing) landingContent {
	confirming := lang.Say("landing.confirming_text")
	if l.Asking != Asked {
		confirming = lang.Say("landing.recorded_text")
	}
	switch l.Claim {
	case ClaimsSigned:
		return landingContent{"✓", lang.Say("landing.signed"), confirming}
	case ClaimsRejected:
		return landingContent{"✕", lang.Say("landing.rejected"), lang.Say("landing.again_text")}
	case ClaimsCanceled:
		return landingContent{"–", lang.Say("landing.canceled"), lang.Say("landing.again_text")}
	case ClaimsFailed:
		return landingContent{"!", lang.Say("landing.failed"), lang.Say("landing.failed_text")}
	case ContradictsVisit:
		return landingContent{"!", lang.Say("landing.not_believed"), lang.Say("landing.not_believed_text")}
	}
	return unclearPage(lang, l)
}

// unclearPage returns the page after a return that does not say how the visit ended.
func unclearPage(lang i18n.Language, l Landing) landingContent {
	switch {
	case l.Unread && l.Asking == Asked:
		return landingContent{"…", lang.Say("landing.unread"), lang.Say("landing.unread_asked_text")}
	case l.Unread && l.Asking == CannotAsk:
		return landingContent{"?", lang.Say("landing.unread"), lang.Say("landing.unread_open_text")}
	case l.Unread:
		return landingContent{"…", lang.Say("landing.unread"), lang.Say("landing.unread_recorded_text")}
	case l.Asking == Asked:
		return landingContent{"…", lang.Say("landing.received"), lang.Say("landing.asked_text")}
	case l.Asking == CannotAsk:
		return landingContent{"?", lang.Say("landing.open"), lang.Say("landing.open_text")}
	}
	return landingContent{"…", lang.Say("landing.received"), lang.Say("landing.recorded_text")}
}

// writePage answers with a page. The page loads and runs nothing, is not cached, and sends no Referer, because its address has
// the ticket. writePage fails if the page cannot be sent, usually because the browser has gone.
func writePage(w http.ResponseWriter, status int, lang i18n.Language, content landingContent) error {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(lang))
	header.Set("Vary", "Accept-Language")
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	return pageTemplate.Execute(w, struct {
		landingContent
		Language i18n.Language
		Style    template.CSS
	}{content, lang, template.CSS(style)}) // #nosec G203 -- the style sheet is a constant of the program
}
