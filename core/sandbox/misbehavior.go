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

// The gateways misbehave on demand, so that tests can show that a client copes with it. The table misbehaviorKinds lists the kinds of
// misbehavior. Each kind names the calls of each gateway that it affects, and the function that answers such a call instead of the
// handler, or changes the handler's response. withMisbehavior applies them to the handlers of both APIs. The handlers of pages and of
// the return to the application call takeMisbehavior themselves.

// Bounds of an endless response, so that it does not fill this computer's memory or disk.
const (
	endlessBytes = 256 << 20
	endlessTime  = 30 * time.Second
)

// callSet is a set of the kinds of calls to a gateway.
type callSet uint

const (
	callCreate    callSet = 1 << iota // TRIDENT: create a process or a document; PortaSigma: create a document
	callAdd                           // PortaSigma: add a signer, or a recipient of a copy
	callRead                          // read a process or a document
	callResult                        // TRIDENT: read the result of a process
	callDocuments                     // TRIDENT: list the documents of a process
	callContent                       // download a document
	callDelete                        // delete a process or a document
	callReturn                        // the browser returns to the application
	callPage                          // the signer opens a page

	callAPI    = callCreate | callAdd | callRead | callResult | callDocuments | callContent | callDelete
	callListed = callCreate | callRead | callDocuments // responses that contain documents
)

// misbehaviorKind is a kind of misbehavior. At most one of the functions instead and change is set. A kind with neither concerns
// browsers only.
type misbehaviorKind struct {
	name, description string
	// The calls that it affects at each gateway; 0 means that the gateway does not have it.
	atTrident, atPortaSigma callSet
	// instead answers a call in place of the handler, so the call has no effect.
	instead func(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior)
	// change answers a call after the handler has carried it out. a is the handler's response; change is called only when that is a
	// success.
	change func(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse)
}

// misbehaviorKinds are all kinds. docs/sandbox.md describes them.
var misbehaviorKinds = []misbehaviorKind{
	{name: "slow-result", description: "No result yet, although there is one", atTrident: callResult, atPortaSigma: callContent, change: answerTooEarly},
	{name: lyingReturn, description: "The return says the opposite", atTrident: callReturn, atPortaSigma: callReturn},
	{name: lostReturn, description: "The browser is not sent back", atTrident: callReturn, atPortaSigma: callReturn},
	{name: expiredToken, description: "The token has expired, once", atTrident: callAPI, atPortaSigma: callAPI, instead: answerExpired},
	{name: "unauthorized", description: "Every call is unauthorized", atTrident: callAPI, atPortaSigma: callAPI, instead: answerUnauthorized},
	{name: "server-error", description: "Every call ends in a server error", atTrident: callAPI, atPortaSigma: callAPI, instead: answerServerError},
	{name: "nonsense-json", description: "Responses are broken JSON", atTrident: callListed | callResult, atPortaSigma: callAPI &^ callDelete, change: answerNonsense},
	{
		name: unknownStatus, description: "An unknown status", atTrident: callResult | callReturn, atPortaSigma: callRead | callReturn,
		change: answerUnknownStatus,
	},
	{name: "endless-body", description: "Responses never end", atTrident: callResult | callContent, atPortaSigma: callContent, change: answerEndlessly},
	{name: "truncated-download", description: "The document is truncated", atTrident: callContent, atPortaSigma: callContent, change: answerTruncated},
	{name: "foreign-content", description: "Addresses on another computer", atTrident: callListed, atPortaSigma: callCreate | callAdd, change: answerForeign},
	{name: "redirect", description: "Every call is redirected to another computer", atTrident: callAPI, atPortaSigma: callAPI, instead: answerRedirect},
	{name: "wrong-document", description: "A different document from the one sent", atTrident: callContent, atPortaSigma: callContent, change: answerWrongDocument},
	{name: "gone", description: "Nothing exists any longer", atTrident: callAPI | callPage, atPortaSigma: callAPI | callPage, instead: answerGone},
	{name: "wrong-location", description: "Location names something that does not exist", atTrident: callCreate, atPortaSigma: callCreate, change: answerWrongLocation},
	{name: oldShape, description: "Documents as in older samples", atTrident: callCreate | callRead | callDocuments, change: answerOldShape},
}

func kindNamed(name string) (misbehaviorKind, bool) {
	i := slices.IndexFunc(misbehaviorKinds, func(k misbehaviorKind) bool { return k.name == name })
	if i < 0 {
		return misbehaviorKind{}, false
	}
	return misbehaviorKinds[i], true
}

// gatewayCalls returns the calls that a kind affects at one of the gateways.
type gatewayCalls func(misbehaviorKind) callSet

func callsAtTrident(k misbehaviorKind) callSet { return k.atTrident }

func callsAtPortaSigma(k misbehaviorKind) callSet { return k.atPortaSigma }

// withMisbehavior returns a handler that calls next, unless one of the objects that the function about returns for the request has a
// misbehavior that affects the call. Then the misbehavior's kind answers instead of next, or changes the response of next. The
// parameter affects says which gateway it is. The handler must be behind the check of the client's credentials.
func (g *gateway) withMisbehavior(call callSet, affects gatewayCalls, about func(*http.Request) ([]string, error), next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		objects, err := about(r)
		var m misbehavior
		var misbehaves bool
		if err == nil {
			m, misbehaves, err = g.peekMisbehavior(call, affects, objects...)
		}
		if err != nil {
			g.writeFault(w, r, err)
			return
		}
		kind, _ := kindNamed(m.How)
		switch {
		case !misbehaves:
			next(w, r)
		case kind.instead != nil:
			misbehaves, err := g.state.countMisbehavior(m)
			switch {
			case err != nil:
				g.writeFault(w, r, err)
			case !misbehaves:
				next(w, r)
			default:
				kind.instead(g, w, r, m)
			}
		default:
			a := record(next, r)
			misbehaves := a.succeeded()
			if misbehaves {
				if misbehaves, err = g.state.countMisbehavior(m); err != nil {
					g.writeFault(w, r, err)
					return
				}
			}
			if !misbehaves {
				a.send(w)
				return
			}
			kind.change(g, w, r, m, a)
		}
	})
}

// takeMisbehavior returns the first misbehavior of the objects that affects the call, and counts that it happens once. The parameter
// affects says which gateway it is. misbehaves is false when there is no such misbehavior, or when it has ended meanwhile.
func (g *gateway) takeMisbehavior(call callSet, affects gatewayCalls, objects ...string) (m misbehavior, misbehaves bool, err error) {
	m, misbehaves, err = g.peekMisbehavior(call, affects, objects...)
	if err == nil && misbehaves {
		misbehaves, err = g.state.countMisbehavior(m)
	}
	return m, misbehaves, err
}

// peekMisbehavior is like takeMisbehavior, but does not count.
func (g *gateway) peekMisbehavior(call callSet, affects gatewayCalls, objects ...string) (m misbehavior, misbehaves bool, err error) {
	return g.state.findMisbehavior(objects, func(m misbehavior) bool {
		k, known := kindNamed(m.How)
		return known && affects(k)&call != 0
	})
}

// The about functions return the objects that a call is about. If several of them misbehave, the first one's misbehavior applies.

func aboutNextProcess(*http.Request) ([]string, error) { return []string{nextTrident}, nil }

func aboutNextDoc(*http.Request) ([]string, error) { return []string{nextPortaSigma}, nil }

func aboutProcess(r *http.Request) ([]string, error) { return []string{r.PathValue("id")}, nil }

// aboutDocument returns a document and its process.
func (g *gateway) aboutDocument(r *http.Request) ([]string, error) {
	d, _, err := g.state.document(r.PathValue("id"), g.options.Now())
	return []string{r.PathValue("id"), d.Process}, err
}

// aboutDoc returns a PortaSigma document and its requests.
func (g *gateway) aboutDoc(r *http.Request) ([]string, error) {
	_, list, _, err := g.state.doc(r.PathValue("doc"))
	objects := []string{"doc:" + r.PathValue("doc")}
	for _, s := range list {
		objects = append(objects, strconv.Itoa(s.ID))
	}
	return objects, err
}

// aboutVisit returns the requests of a visit and their documents.
func aboutVisit(list []visitRequest) []string {
	var objects []string
	for _, o := range list {
		objects = append(objects, strconv.Itoa(o.signer.ID), "doc:"+strconv.Itoa(o.doc.ID))
	}
	return objects
}

func isPortaSigma(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, PortaSigmaPath+"/") }

// The answer functions are the instead and change functions of misbehaviorKinds.

func answerTooEarly(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	if isPortaSigma(r) {
		writeError(w, http.StatusNotFound, "not_signed", notSignedYet)
		return
	}
	writeError(w, http.StatusNotFound, "not_finished", notFinishedYet)
}

// answerExpired also revokes the token, so that the client must request a new one.
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

// sendModified calls the function change with the JSON object that is the body of a, and sends a with the object as it is then. It sends
// a response without a body as it is.
func (g *gateway) sendModified(w http.ResponseWriter, r *http.Request, a *recordedResponse, change func(map[string]any)) {
	if a.body.Len() == 0 {
		a.send(w)
		return
	}
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

// answerEndlessly writes until the client disconnects or a bound is reached.
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
	panic(http.ErrAbortHandler) // closes the connection
}

func answerForeign(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	move := func(address string) string { return m.origin() + strings.TrimPrefix(address, baseURL(r)) }
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

// otherDocument returns a PDF of one empty page, which no client sent.
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

// answerWrongLocation replaces the header Location by the address of something that does not exist.
func answerWrongLocation(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	location := a.header.Get("Location")
	if isPortaSigma(r) {
		n, _ := strconv.Atoi(path.Base(location))
		location = fmt.Sprintf("%s%s/docs/%d/", baseURL(r), PortaSigmaAPIPath, n+1000)
	} else {
		location = location[:strings.LastIndex(location, "/")+1] + randomID()
	}
	a.header.Set("Location", location)
	a.send(w)
}

// answerOldShape removes the members id, content and name of documents, which leaves url and result.
func answerOldShape(g *gateway, w http.ResponseWriter, r *http.Request, m misbehavior, a *recordedResponse) {
	g.sendModified(w, r, a, func(body map[string]any) {
		eachDocument(body, func(document map[string]any) {
			for _, name := range []string{"id", "content", "name"} {
				delete(document, name)
			}
		})
	})
}
