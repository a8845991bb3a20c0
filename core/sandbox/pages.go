package sandbox

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"countersign/core/sandbox/pades"
)

const stylePath = "/practice.css"

//go:embed pages
var pageFiles embed.FS

// pages are the templates by name, each inside the layout.
var pages = parsePages("index", "message", "signin", "identity", "document", "pin", "over", "certificate", "requests")

func parsePages(names ...string) map[string]*template.Template {
	functions := template.FuncMap{"size": sizeForPeople, "time": timeForPeople}
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", "pages/parts.html"))
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.Must(layout.Clone()).ParseFS(pageFiles, "pages/"+name+".html"))
	}
	return all
}

// page is what every template gets.
type page struct {
	Title   string
	Gateway string // the name in the head of the page
	Step    string // "Step 1 of 4", or ""
	Problem string // what was wrong with the form that was sent, or ""

	// The form: where it goes, its token, and the address its answer may redirect to.
	Action string
	Token  string
	target string
	// Cancel offers to leave without signing, where the gateway has such an end.
	Cancel bool
	// Practice offers to let the gateway misbehave.
	Practice *practiceForm

	Content any
}

// show renders a page. Nothing in it may run or be loaded except the style and, in a frame, the document.
func (g *gateway) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var body bytes.Buffer
	if err := pages[name].Execute(&body, p); err != nil {
		g.logFault(r, err)
		http.Error(w, "The page could not be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.TrimSpace("default-src 'none'; style-src 'self'; object-src 'self'; frame-src 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+p.target))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}

// statusOf is the answer to a form: 422 where something in it was wrong.
func statusOf(problem string) int {
	if problem != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// message is the content of a page that only says something, with an address to go on to where there is one.
type message struct {
	Text        string
	Return      string
	Detail      string
	NotSentBack bool // the browser should have been sent back
}

// showNotSentBack is where a browser ends that is not sent back.
func (g *gateway) showNotSentBack(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.show(w, r, http.StatusOK, "over", page{Title: "This signing is over", Gateway: gatewayName, Content: message{
		Text: "For practice, you are not sent back to the application. You can close this page.", NotSentBack: true,
	}})
}

// showMessage shows a page that only says something.
func (g *gateway) showMessage(w http.ResponseWriter, r *http.Request, status int, gatewayName, title, text string) {
	g.show(w, r, status, "message", page{Title: title, Gateway: gatewayName, Content: message{Text: text}})
}

// showFault answers a fault of the gateway itself.
func (g *gateway) showFault(w http.ResponseWriter, r *http.Request, gatewayName string, err error) {
	g.logFault(r, err)
	g.showMessage(w, r, http.StatusInternalServerError, gatewayName, "Something went wrong here",
		"The practice gateway could not do this. Go back and try again; its log says why.")
}

// showStaleForm answers a form whose token is not this browser's.
func (g *gateway) showStaleForm(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.showMessage(w, r, http.StatusForbidden, gatewayName, "This form is no longer valid",
		"It was opened by another browser, or before signing in. Open the signing again from the application.")
}

// parsePost reads a posted form of bounded size; false means that the answer is given.
func (g *gateway) parsePost(w http.ResponseWriter, r *http.Request, gatewayName string) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if r.ParseForm() == nil {
		return true
	}
	g.showMessage(w, r, http.StatusBadRequest, gatewayName, "This form could not be read", "Go back and try again.")
	return false
}

// hints are the sample signer's data, shown on the pages that ask for them.
type hints struct{ User, Password, PIN string }

var sampleHints = hints{SampleUser, SamplePassword, SamplePIN}

// documentInfo is a document on a page.
type documentInfo struct {
	Name       string
	Size       int
	Address    string
	Signatures []pades.Found
}

func (g *gateway) showIndex(w http.ResponseWriter, r *http.Request) {
	g.show(w, r, http.StatusOK, "index", page{Title: "Practice gateway", Content: struct {
		Root, Token, API, PortaSigma, PortaSigmaAPI, Misbehavior string
		Hints                                                     hints
	}{
		root(r) + TridentPath + "/", root(r) + oauthPath + "/main/token", root(r) + tridentAPI,
		root(r) + PortaSigmaPath, root(r) + PortaSigmaAPIPath, root(r) + misbehaviorPath, sampleHints,
	}})
}

func (g *gateway) serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "pages/practice.css")
}

// inFrame lets a document be shown inside a page of the gateway, and nowhere else.
func inFrame(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
}

// sizeForPeople writes a number of bytes.
func sizeForPeople(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}

// timeForPeople formats t for a page, or for a visible signature. The zero time is an unknown one.
func timeForPeople(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}
