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

	pageTemplate = template.Must(template.New("page").Parse(pageText))
	policy       = contentPolicy(style)
)

// contentPolicy allows the one style sheet in the page, by its digest, and nothing else.
func contentPolicy(style string) string {
	digest := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// page is what the landing page says.
type page struct {
	Mark  string // one sign beside the words, for those who do not read
	Title string
	Text  string
}

func unknownPage(lang i18n.Language) page {
	return page{"?", lang.Say("landing.unknown"), lang.Say("landing.unknown_text")}
}

func troublePage(lang i18n.Language) page {
	return page{"!", lang.Say("landing.trouble"), lang.Say("landing.trouble_text")}
}

func landingPage(lang i18n.Language, l Landing) page {
	switch l {
	case SaysSigned:
		return page{"✓", lang.Say("landing.signed"), lang.Say("landing.confirming_text")}
	case SaysRejected:
		return page{"✕", lang.Say("landing.rejected"), lang.Say("landing.again_text")}
	case SaysCanceled:
		return page{"–", lang.Say("landing.canceled"), lang.Say("landing.again_text")}
	case SaysFailed:
		return page{"!", lang.Say("landing.failed"), lang.Say("landing.failed_text")}
	case NotBelieved:
		return page{"!", lang.Say("landing.not_believed"), lang.Say("landing.not_believed_text")}
	}
	return page{"…", lang.Say("landing.received"), lang.Say("landing.confirming_text")}
}

// page writes the landing page in the language that was chosen for the browser. It is complete in itself, runs nothing, is not kept by the
// browser and tells no one where the browser comes from.
func (h *handler) page(w http.ResponseWriter, status int, lang i18n.Language, p page) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", string(lang))
	header.Set("Vary", "Accept-Language")
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := pageTemplate.Execute(w, struct {
		page
		Language i18n.Language
		Style    template.CSS
	}{p, lang, template.CSS(style)}); err != nil {
		h.log.Debug("the browser left before its page", "error", fmt.Errorf("write page: %w", err))
	}
}
