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

// Landing is which page a browser gets after its return. The claims are those of the browser, which nobody has confirmed.
type Landing int

// The pages after a return.
const (
	Received         Landing = iota // the return is stored, and makes no claim that is understood
	ClaimsSigned                    // it claims that the signer signed
	ClaimsRejected                  // it claims that the signer rejected
	ClaimsCanceled                  // it claims that the signer canceled
	ClaimsFailed                    // it claims that signing failed
	ContradictsVisit                // it contradicts the visit
)

// contentPolicy returns a Content-Security-Policy that allows only the style sheet in the page, by its hash.
func contentPolicy(style string) string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// landingContent is the content of a page.
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
// the ticket. The error is one of sending it, usually because the browser has gone.
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
