package callback

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
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

// contentPolicy allows the one style sheet in the page, by its digest, and nothing else.
func contentPolicy(style string) string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// landingContent is what the landing landingContent says.
type landingContent struct {
	Symbol string // one sign beside the words, for those who do not read
	Title  string
	Text   string
}

func unknownPage(lang i18n.Language) landingContent {
	return landingContent{"?", lang.Say("landing.unknown"), lang.Say("landing.unknown_text")}
}

func troublePage(lang i18n.Language) landingContent {
	return landingContent{"!", lang.Say("landing.trouble"), lang.Say("landing.trouble_text")}
}

func landingPage(lang i18n.Language, l Landing) landingContent {
	switch l {
	case SaysSigned:
		return landingContent{"✓", lang.Say("landing.signed"), lang.Say("landing.confirming_text")}
	case SaysRejected:
		return landingContent{"✕", lang.Say("landing.rejected"), lang.Say("landing.again_text")}
	case SaysCanceled:
		return landingContent{"–", lang.Say("landing.canceled"), lang.Say("landing.again_text")}
	case SaysFailed:
		return landingContent{"!", lang.Say("landing.failed"), lang.Say("landing.failed_text")}
	case NotBelieved:
		return landingContent{"!", lang.Say("landing.not_believed"), lang.Say("landing.not_believed_text")}
	}
	return landingContent{"…", lang.Say("landing.received"), lang.Say("landing.confirming_text")}
}

// writePage writes the landing writePage in the language that was chosen for the browser. It is complete in itself, runs nothing, is not kept by the
// browser and tells no one where the browser comes from.
func (h *handler) writePage(w http.ResponseWriter, status int, lang i18n.Language, p landingContent) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(lang))
	header.Set("Vary", "Accept-Language")
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := pageTemplate.Execute(w, struct {
		landingContent
		Language i18n.Language
		Style    template.CSS
	}{p, lang, template.CSS(style)}); err != nil {
		h.log.Debug("the browser left before its page", "error", fmt.Errorf("write page: %w", err))
	}
}
