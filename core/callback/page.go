package callback

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
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

var (
	unknownPage = page{"?", "This address is not known here", "It belongs to no signing of this desk. You can close this tab and look at the request in Countersign."}
	troublePage = page{"!", "This could not be recorded", "Reload this page in a moment, so that Countersign hears how it went."}
)

func landingPage(l Landing) page {
	const confirm = "Countersign is asking the gateway to confirm it."
	switch l {
	case SaysSigned:
		return page{"✓", "Signed. You can close this tab", confirm}
	case SaysRejected:
		return page{"✕", "Rejected. You can close this tab", "The request stays on the desk and can be opened again."}
	case SaysCanceled:
		return page{"–", "Canceled. You can close this tab", "The request stays on the desk and can be opened again."}
	case SaysFailed:
		return page{"!", "Not signed. You can close this tab", "Countersign shows what went wrong and can open the request again."}
	case NotBelieved:
		return page{"!", "This return does not fit", "It names another signing than the one it came back for. Nothing was changed; look at the request in Countersign."}
	}
	return page{"…", "You are back. You can close this tab", confirm}
}

// page writes the landing page. It is complete in itself, runs nothing, is not kept by the
// browser and tells no one where the browser comes from.
func (h *handler) page(w http.ResponseWriter, status int, p page) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := pageTemplate.Execute(w, struct {
		page
		Style template.CSS
	}{p, template.CSS(style)}); err != nil {
		h.log.Debug("the browser left before its page", "error", fmt.Errorf("write page: %w", err))
	}
}
