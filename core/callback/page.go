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

// Landing is the landing page that a browser gets after its return. What a return claims, nobody has confirmed yet.
type Landing int

// The pages after a return.
const (
	Received         Landing = iota // the return is stored, and makes no claim that is understood
	ClaimsSigned                    // the return claims that the signer signed
	ClaimsRejected                  // the return claims that the signer rejected
	ClaimsCanceled                  // the return claims that the signer canceled
	ClaimsFailed                    // the return claims that signing failed
	ContradictsVisit                // the return contradicts what is known of the visit, and is not believed
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

func landingPage(lang i18n.Language, l Landing) landingContent {
	switch l {
	case ClaimsSigned:
		return landingContent{"✓", lang.Say("landing.signed"), lang.Say("landing.confirming_text")}
	case ClaimsRejected:
		return landingContent{"✕", lang.Say("landing.rejected"), lang.Say("landing.again_text")}
	case ClaimsCanceled:
		return landingContent{"–", lang.Say("landing.canceled"), lang.Say("landing.again_text")}
	case ClaimsFailed:
		return landingContent{"!", lang.Say("landing.failed"), lang.Say("landing.failed_text")}
	case ContradictsVisit:
		return landingContent{"!", lang.Say("landing.not_believed"), lang.Say("landing.not_believed_text")}
	}
	return landingContent{"…", lang.Say("landing.received"), lang.Say("landing.confirming_text")}
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
