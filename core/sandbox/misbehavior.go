package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/sandbox/pades"
)

// Misbehavior: what a client must be able to live with, on demand. One table says which words there are, which calls
// of which gateway each of them strikes, and what it makes of them. It is applied around the handlers of the two APIs
// (misbehaving), and where a browser is sent back or shown a page (strike).

// The bounds of an answer that never ends.
const (
	endlessBytes = 256 << 20
	endlessTime  = 30 * time.Second
)

// callSet is a set of the ways a gateway is spoken to.
type callSet uint

const (
	callCreate    callSet = 1 << iota // TRIDENT: a process, or a document; PortaSigma: a document
	callAdd                           // PortaSigma: a signer, or who gets a copy
	callRead                          // a process, or a document
	callResult                        // TRIDENT: the result of a process
	callDocuments                     // TRIDENT: the documents of a process
	callContent                       // the bytes of a document
	callDelete                        //
	callReturn                        // the browser is sent back to the application
	callPage                          // the signer opens a page

	callAPI    = callCreate | callAdd | callRead | callResult | callDocuments | callContent | callDelete
	callListed = callCreate | callRead | callDocuments // answers that name documents
)

// misbehaviorKind is one way to misbehave.
type misbehaviorKind struct {
	name, label string
	// What it strikes at each gateway; nothing means that the gateway does not know the word.
	atTrident, atPortaSigma callSet
	// instead answers a call that is then not carried out.
	instead func(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior)
	// change sends another answer in place of a successful one.
	change func(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse)
}

// misbehaviorKinds are all there are. Those with neither function concern browsers only.
var misbehaviorKinds = []misbehaviorKind{
	{name: "slow-result", label: "no result yet, although it is over", atTrident: callResult, atPortaSigma: callContent, change: answerTooEarly},
	{name: lyingReturn, label: "the browser returns with the opposite", atTrident: callReturn, atPortaSigma: callReturn},
	{name: lostReturn, label: "the browser is not sent back", atTrident: callReturn, atPortaSigma: callReturn},
	{name: expiredToken, label: "the token has expired, once", atTrident: callAPI, atPortaSigma: callAPI, instead: answerExpired},
	{name: "unauthorized", label: "every call is unauthorized", atTrident: callAPI, atPortaSigma: callAPI, instead: answerUnauthorized},
	{name: "server-error", label: "every call ends in a server error", atTrident: callAPI, atPortaSigma: callAPI, instead: answerServerError},
	{name: "nonsense-json", label: "answers are broken", atTrident: callListed | callResult, atPortaSigma: callAPI &^ callDelete, change: answerNonsense},
	{
		name: unknownStatus, label: "a status nobody knows", atTrident: callResult | callReturn, atPortaSigma: callRead | callReturn,
		change: answerUnknownStatus,
	},
	{name: "endless-body", label: "answers never end", atTrident: callResult | callContent, atPortaSigma: callContent, change: answerEndlessly},
	{name: "truncated-download", label: "the document is cut off", atTrident: callContent, atPortaSigma: callContent, change: answerTruncated},
	{name: "foreign-content", label: "addresses on another machine", atTrident: callListed, atPortaSigma: callCreate | callAdd, change: answerForeign},
	{name: "redirect", label: "every call is redirected to another machine", atTrident: callAPI, atPortaSigma: callAPI, instead: answerRedirect},
	{name: "wrong-document", label: "another document than the one sent", atTrident: callContent, atPortaSigma: callContent, change: answerWrongDocument},
	{name: "gone", label: "everything is gone", atTrident: callAPI | callPage, atPortaSigma: callAPI | callPage, instead: answerGone},
	{name: "wrong-location", label: "the address of another process", atTrident: callCreate, atPortaSigma: callCreate, change: answerWrongLocation},
	{name: oldShape, label: "documents as in older samples", atTrident: callCreate | callRead | callDocuments, change: answerOldShape},
}

func kindNamed(word string) (misbehaviorKind, bool) {
	i := slices.IndexFunc(misbehaviorKinds, func(d misbehaviorKind) bool { return d.name == word })
	if i < 0 {
		return misbehaviorKind{}, false
	}
	return misbehaviorKinds[i], true
}

// gatewayCalls picks one gateway's column of the table.
type gatewayCalls func(misbehaviorKind) callSet

func callsAtTrident(d misbehaviorKind) callSet { return d.atTrident }

func callsAtPortaSigma(d misbehaviorKind) callSet { return d.atPortaSigma }

// withMisbehavior puts the misbehavior of what a call is about around its handler. It stands behind the check of the
// client: who may not ask learns nothing.
func (g *gateway) withMisbehavior(call callSet, words gatewayCalls, about func(*http.Request) ([]string, error), next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of, err := about(r)
		var m misbehavior
		var struck bool
		if err == nil {
			m, struck, err = g.peekMisbehavior(call, words, of...)
		}
		if err != nil {
			g.writeFault(w, r, err)
			return
		}
		deed, _ := kindNamed(m.How)
		switch {
		case !struck:
			next(w, r)
		case deed.instead != nil:
			struck, err := g.state.countMisbehavior(m)
			switch {
			case err != nil:
				g.writeFault(w, r, err)
			case !struck:
				next(w, r)
			default:
				deed.instead(g, w, r, m)
			}
		default:
			a := record(next, r)
			struck := a.succeeded()
			if struck {
				if struck, err = g.state.countMisbehavior(m); err != nil {
					g.writeFault(w, r, err)
					return
				}
			}
			if !struck {
				a.send(w)
				return
			}
			deed.change(g, w, r, m, a)
		}
	})
}

// takeMisbehavior tells whether something of these objects misbehaves in the given way, and counts it.
func (g *gateway) takeMisbehavior(call callSet, words gatewayCalls, of ...string) (m misbehavior, struck bool, err error) {
	m, struck, err = g.peekMisbehavior(call, words, of...)
	if err == nil && struck {
		struck, err = g.state.countMisbehavior(m)
	}
	return m, struck, err
}

// peekMisbehavior is strike without counting.
func (g *gateway) peekMisbehavior(call callSet, words gatewayCalls, of ...string) (m misbehavior, struck bool, err error) {
	return g.state.findMisbehavior(of, func(m misbehavior) bool {
		d, known := kindNamed(m.How)
		return known && words(d)&call != 0
	})
}

// What calls are about.

func aboutNextProcess(*http.Request) ([]string, error) { return []string{nextTrident}, nil }

func aboutNextDoc(*http.Request) ([]string, error) { return []string{nextPortaSigma}, nil }

func aboutProcess(r *http.Request) ([]string, error) { return []string{r.PathValue("id")}, nil }

// aboutDocument gives a document, and its process.
func (g *gateway) aboutDocument(r *http.Request) ([]string, error) {
	d, _, err := g.state.document(r.PathValue("id"), g.options.Now())
	return []string{r.PathValue("id"), d.Process}, err
}

// aboutDoc gives a PortaSigma document, and the requests to sign it.
func (g *gateway) aboutDoc(r *http.Request) ([]string, error) {
	_, list, _, err := g.state.doc(r.PathValue("doc"))
	of := []string{"doc:" + r.PathValue("doc")}
	for _, s := range list {
		of = append(of, strconv.Itoa(s.ID))
	}
	return of, err
}

// aboutVisit gives the requests of a visit, and their documents.
func aboutVisit(list []visitRequest) []string {
	var of []string
	for _, o := range list {
		of = append(of, strconv.Itoa(o.signer.ID), "doc:"+strconv.Itoa(o.doc.ID))
	}
	return of
}

func isPortaSigma(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, PortaSigmaPath+"/") }

// What the words make of an answer.

func answerTooEarly(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	if isPortaSigma(r) {
		writeError(w, http.StatusNotFound, "not_signed", notSignedYet)
		return
	}
	writeError(w, http.StatusNotFound, "not_finished", notFinishedYet)
}

// answerExpired really revokes the token, so that only a new one helps.
func answerExpired(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior) {
	if _, token, isBearer := strings.Cut(r.Header.Get("Authorization"), " "); isBearer && !isPortaSigma(r) {
		if err := g.state.revoke(token); err != nil {
			g.writeFault(w, r, err)
			return
		}
	}
	answerUnauthorized(g, w, r, m)
}

func answerUnauthorized(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior) {
	challenge := invalidToken
	if isPortaSigma(r) {
		challenge = servicePassword
	}
	w.Header().Set("WWW-Authenticate", challenge)
	w.WriteHeader(http.StatusUnauthorized)
}

func answerServerError(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, "<!doctype html>\n<html><head><title>500 Internal Server Error</title></head>"+
		"<body><h1>Internal Server Error</h1><p>The server met a problem &amp; could not go on.</p></body></html>\n")
}

func answerNonsense(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	status := a.status
	if isPortaSigma(r) {
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"id": [1, 2, "status": finished`)
}

func answerUnknownStatus(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	g.sendModified(w, r, a, func(body map[string]any) { body["status"] = postponed })
}

// sendModified sends a JSON object after change.
func (g *gateway) sendModified(w http.ResponseWriter, r *http.Request, a *recordedResponse, change func(map[string]any)) {
	var body map[string]any
	err := json.Unmarshal(a.body.Bytes(), &body)
	var data []byte
	if err == nil {
		change(body)
		data, err = json.Marshal(body)
	}
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	a.body.Reset()
	a.body.Write(append(data, '\n'))
	a.send(w)
}

// answerEndlessly writes until the client hangs up, or the bounds are reached: this computer is not to be filled.
func answerEndlessly(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	begin, chunk := "%PDF-1.7\n%", bytes.Repeat([]byte("endless "), 4<<10)
	if a.header.Get("Content-Type") == "application/json" {
		begin = `{"status":"finished","details":{"message":"`
	}
	a.sendHeader(w)
	_, err := io.WriteString(w, begin)
	ctx, cancel := context.WithTimeout(r.Context(), endlessTime)
	defer cancel()
	for sent := len(begin); err == nil && ctx.Err() == nil && sent+len(chunk) <= endlessBytes; sent += len(chunk) {
		_, err = w.Write(chunk)
	}
}

func answerTruncated(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	a.header.Set("Content-Length", strconv.Itoa(a.body.Len()))
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()[:a.body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // cuts the connection
}

func answerForeign(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	move := func(address string) string { return m.origin() + strings.TrimPrefix(address, root(r)) }
	if isPortaSigma(r) {
		a.header.Set("Location", move(a.header.Get("Location")))
		a.send(w)
		return
	}
	moveAll := func(document map[string]any) {
		for _, name := range []string{"url", "content"} {
			if address, ok := document[name].(string); ok {
				document[name] = move(address)
			}
		}
	}
	g.sendModified(w, r, a, func(body map[string]any) {
		moveAll(body)
		eachDocument(body, moveAll)
	})
}

func eachDocument(body map[string]any, change func(map[string]any)) {
	list, _ := body["documents"].([]any)
	for _, element := range list {
		if document, ok := element.(map[string]any); ok {
			change(document)
		}
	}
}

func answerRedirect(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior) {
	w.Header().Set("Location", m.origin()+r.URL.RequestURI())
	w.WriteHeader(http.StatusTemporaryRedirect)
}

// otherDocument is a whole PDF that nobody sent: one empty page.
func otherDocument() []byte {
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.4\n")
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f\r\n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n\r\n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}

func answerWrongDocument(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	now := g.options.Now()
	signer, err := g.authority.Issue(person(SampleSigner).subject(), now)
	var data []byte
	if err == nil {
		data, err = signer.Sign(otherDocument(), pades.Signature{Time: now})
	}
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	a.body.Reset()
	a.body.Write(data)
	a.send(w)
}

func answerGone(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior) {
	if !isPortaSigma(r) && strings.HasSuffix(r.URL.Path, "/result") {
		writeError(w, http.StatusGone, "gone", noSuchProcess)
		return
	}
	writeNotFound(w)
}

// answerWrongLocation names something that does not exist.
func answerWrongLocation(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	location := a.header.Get("Location")
	if isPortaSigma(r) {
		n, _ := strconv.Atoi(path.Base(location))
		location = fmt.Sprintf("%s%s/docs/%d/", root(r), PortaSigmaAPIPath, n+1000)
	} else {
		location = location[:strings.LastIndex(location, "/")+1] + randomID()
	}
	a.header.Set("Location", location)
	a.send(w)
}

// answerOldShape leaves an address and a result of each document.
func answerOldShape(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	g.sendModified(w, r, a, func(body map[string]any) {
		eachDocument(body, func(document map[string]any) {
			for _, name := range []string{"id", "content", "name"} {
				delete(document, name)
			}
		})
	})
}
