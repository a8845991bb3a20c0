package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"countersign/core/sandbox/pades"
)

const stylePath = "/practice.css"

//go:embed pages
var pageFiles embed.FS

// pages returns the templates by name, each within the layout. They are parsed when the first page is shown: most processes show none.
var pages = sync.OnceValue(func() map[string]*template.Template {
	return parsePages("index", "message", "signin", "identity", "document", "pin", "over", "certificate", "requests")
})

func parsePages(names ...string) map[string]*template.Template {
	functions := template.FuncMap{"size": formatSize, "time": formatTime}
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", "pages/parts.html"))
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.Must(layout.Clone()).ParseFS(pageFiles, "pages/"+name+".html"))
	}
	return all
}

// page is the data of every template.
type page struct {
	Title   string
	Gateway string // the name above the title
	Step    string // such as "Step 1 of 4"; may be ""
	Problem string // what was wrong with the form that was sent; "" for nothing

	// The form: the address it is posted to, its token (see visitor.formToken), and the source expression of the address to which its
	// response may redirect (see formTarget).
	Action string
	Token  string
	target string
	// Cancel shows the button that leaves without signing.
	Cancel bool
	// Practice is the form that sets a misbehavior; nil means none.
	Practice *practiceForm

	Content any
}

// show renders a page. Its Content-Security-Policy forbids scripts and everything from elsewhere; only the style sheet and, in a frame,
// documents are loaded.
func (g *gateway) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var body bytes.Buffer
	if err := pages()[name].Execute(&body, p); err != nil {
		g.logFault(r, err)
		http.Error(w, "The page could not be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.TrimSpace("default-src 'none'; style-src 'self'; object-src 'self'; frame-src 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+p.target))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may have disconnected
}

// statusOf returns the HTTP status of a page: 422 when it shows a problem with the form that was sent, else 200.
func statusOf(problem string) int {
	if problem != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// message is the content of a page with a text only, and with a link back to the application unless Return is "".
type message struct {
	Text        string
	Return      string
	Detail      string
	NotSentBack bool // for tests of clients: the browser was to be sent back, but is not
}

// showNotSentBack shows the page on which the browser stays when a misbehavior keeps it from returning.
func (g *gateway) showNotSentBack(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.show(w, r, http.StatusOK, "over", page{Title: "This signing is over", Gateway: gatewayName, Content: message{
		Text: "For practice, you are not sent back to the application. You can close this page.", NotSentBack: true,
	}})
}

// showMessage shows a page with a title and a text.
func (g *gateway) showMessage(w http.ResponseWriter, r *http.Request, status int, gatewayName, title, text string) {
	g.show(w, r, status, "message", page{Title: title, Gateway: gatewayName, Content: message{Text: text}})
}

// showFault logs err, a fault of the gateway itself, and shows a page that says so.
func (g *gateway) showFault(w http.ResponseWriter, r *http.Request, gatewayName string, err error) {
	g.logFault(r, err)
	g.showMessage(w, r, http.StatusInternalServerError, gatewayName, "Something went wrong",
		"The practice gateway has failed; its log says why. Go back and try again.")
}

// showStaleForm answers a form whose token was not made for this browser's cookie; see visitor.formToken.
func (g *gateway) showStaleForm(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.showMessage(w, r, http.StatusForbidden, gatewayName, "This form is no longer valid",
		"It was opened in another browser, or before signing in. Open the signing again from the application.")
}

// parsePost parses a posted form. When it returns false, it has already answered.
func (g *gateway) parsePost(w http.ResponseWriter, r *http.Request, gatewayName string) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if r.ParseForm() == nil {
		return true
	}
	g.showMessage(w, r, http.StatusBadRequest, gatewayName, "This form could not be read", "Go back and try again.")
	return false
}

// hints are the sample signer's user name, password and PIN, which the pages show.
type hints struct{ User, Password, PIN string }

var sampleHints = hints{SampleUser, SamplePassword, SamplePIN}

// documentInfo is a document on a page.
type documentInfo struct {
	Name       string
	Size       int
	Address    string
	Signatures []pades.Found
}

// overviewName is the name of the overview above its title.
const overviewName = "Practice"

func (g *gateway) showIndex(w http.ResponseWriter, r *http.Request) {
	v, err := g.visitor(w, r, overviewCookie, overviewName)
	var set ruleSet
	if err == nil {
		set, err = g.state.rules()
	}
	if err != nil {
		g.showFault(w, r, overviewName, err)
		return
	}
	g.show(w, r, http.StatusOK, "index", page{Title: "Practice gateway", Action: overviewRulesPath, Token: v.formToken(overviewRulesPath), Content: struct {
		Root, Token, API, PortaSigma, PortaSigmaAPI, Misbehavior, RulesAddress string
		Hints                                                                  hints
		Rules                                                                  []ruleChoice
	}{
		baseURL(r) + TridentPath + "/", baseURL(r) + oauthPath + "/main/token", baseURL(r) + tridentAPI,
		baseURL(r) + PortaSigmaPath, baseURL(r) + PortaSigmaAPIPath, baseURL(r) + misbehaviorPath, baseURL(r) + rulesPath,
		sampleHints, ruleChoices(set),
	}})
}

func (g *gateway) serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/practice.css")
}

// inFrame allows a response to be shown in a frame of the gateway's own pages.
func inFrame(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
}

// formatSize formats a number of bytes for a page.
func formatSize(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	default:
		return fmt.Sprintf("%d B", n)
	}
}

// formatTime formats t, in UTC, for a page or a visible signature. For the zero time it returns "at an unknown time".
func formatTime(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
