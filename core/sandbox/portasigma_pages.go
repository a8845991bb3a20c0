package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"countersign/core/sandbox/pades"
)

const portaSigmaName = "PortaSigma"

// notSignableError is returned when a document cannot be signed. Its reason is a sentence for the signer.
type notSignableError struct{ reason error }

func (e *notSignableError) Error() string { return "not signed: " + e.reason.Error() }

// showVisit is the page to which the application sends the browser.
func (g *gateway) showVisit(w http.ResponseWriter, r *http.Request, context string) {
	v, list, ok := g.loadVisit(w, r, context)
	if !ok {
		return
	}
	who, err := g.visitor(w, r, portaSigmaCookie, context)
	if err != nil {
		g.showFault(w, r, portaSigmaName, err)
		return
	}
	g.showRequests(w, r, v, who, list, "")
}

// loadVisit parses the address and returns the visit with its requests. When ok is false, it has already answered.
func (g *gateway) loadVisit(w http.ResponseWriter, r *http.Request, context string) (visit, []visitRequest, bool) {
	v, known, err := parseVisit(r, context)
	if err != nil {
		g.showMessage(w, r, http.StatusBadRequest, portaSigmaName, "This address cannot be opened",
			"Its urlreturn is missing or not allowed: "+err.Error()+".")
		return v, nil, false
	}
	var list []visitRequest
	if known {
		list, known, err = g.requests(v)
	}
	if err == nil && known {
		var misbehaves bool
		_, misbehaves, err = g.takeMisbehavior(callPage, callsAtPortaSigma, aboutVisit(list)...)
		known = !misbehaves
	}
	switch {
	case err != nil:
		g.showFault(w, r, portaSigmaName, err)
	case !known:
		g.sendBack(w, r, v, pageNotFound)
	}
	return v, list, err == nil && known
}

// sendBack returns the browser to the application before the signer was asked anything; result is the reason. A return address on another
// computer is only offered as a link on a page. With a redirect, anyone could make a link to the gateway that sends the browser anywhere.
func (g *gateway) sendBack(w http.ResponseWriter, r *http.Request, v visit, result string) {
	address := v.undecidedReturn(result)
	if u, err := parseReturn(address); err == nil && isLoopbackHost(u.Hostname()) {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return
	}
	g.show(w, r, http.StatusNotFound, "over", page{
		Title: "This request does not exist", Gateway: portaSigmaName,
		Content: message{Text: "The address names a request that does not exist, or that was deleted.", Return: address},
	})
}

// portaSigmaContent is the content of PortaSigma's pages.
type portaSigmaContent struct {
	Hints      hints
	Candidates []certificateChoice
	Requests   []requestInfo
	Signer     string
	View       bool
	Many       bool
}

// requestInfo is a request on the page where it is signed.
type requestInfo struct {
	documentInfo
	ID       int
	Title    string
	Comments string
	Status   string
	Missing  []string // the names of the others who have yet to sign
	Copies   []copyRecipient
}

// showRequests shows the page of the step that the signer has reached: identify, sign, or nothing left to do. problem is what was wrong
// with the form that was sent, or "".
func (g *gateway) showRequests(w http.ResponseWriter, r *http.Request, v visit, who visitor, list []visitRequest, problem string) {
	if allDecided(list) {
		address, err := g.visitReturn(v, list, false)
		if err != nil {
			g.showFault(w, r, portaSigmaName, err)
			return
		}
		g.show(w, r, http.StatusOK, "over", page{
			Title: "Nothing is left to sign", Gateway: portaSigmaName,
			Content: message{Text: "All requests of this address are already signed or rejected.", Return: address},
		})
		return
	}
	p := page{Gateway: portaSigmaName, Problem: problem, Action: v.address(), Token: who.formToken(v.address()), target: formTarget(v.returnURL)}
	p.Practice = g.practiceForm(r, callsAtPortaSigma, requestIDs(list)...)
	content := portaSigmaContent{Hints: sampleHints, View: v.view, Many: len(list) > 1}
	name := "requests"
	switch {
	case who.person != nil && allAddressedTo(list, *who.person):
		p.Title, p.Step, content.Signer = "Sign or reject", "Step 2 of 2", who.person.Name
		var err error
		if content.Requests, err = g.requestInfos(list); err != nil {
			g.showFault(w, r, portaSigmaName, err)
			return
		}
	case v.context == withPassword:
		name, p.Title, p.Step = "signin", "Sign in", "Step 1 of 2"
	default:
		name, p.Title, p.Step = "certificate", "Choose your certificate", "Step 1 of 2"
		content.Candidates = certificateChoices(list)
	}
	p.Content = content
	g.show(w, r, statusOf(problem), name, p)
}

func (g *gateway) requestInfos(list []visitRequest) ([]requestInfo, error) {
	var shown []requestInfo
	for _, o := range list {
		data, err := g.state.content(o.doc.ID)
		if err != nil {
			return nil, err
		}
		request := requestInfo{
			documentInfo: documentInfo{
				Name: o.doc.File, Size: len(data), Signatures: pades.Signatures(data),
				Address: PortaSigmaPath + "/document/" + strconv.Itoa(o.signer.ID),
			},
			ID: o.signer.ID, Title: o.doc.Title, Comments: o.doc.Comments, Status: o.signer.Status, Copies: o.doc.Copies,
		}
		for _, other := range o.all {
			if other.ID != o.signer.ID && other.Status == pending {
				request.Missing = append(request.Missing, other.Person.Name)
			}
		}
		shown = append(shown, request)
	}
	return shown, nil
}

// showRequestDocument serves the document of a request to a browser in which its signer is identified.
func (g *gateway) showRequestDocument(w http.ResponseWriter, r *http.Request) {
	signer, doc, _, found, err := g.state.signer(r.PathValue("signer"))
	allowed := false
	for _, context := range []string{withCertificate, withPassword} {
		var who visitor
		if err == nil && found && !allowed {
			who, err = g.recognize(r, portaSigmaCookie, context)
			allowed = who.person != nil && who.person.same(signer.Person)
		}
	}
	var data []byte
	if err == nil && allowed {
		data, err = g.state.content(doc.ID)
	}
	switch {
	case err != nil:
		g.showFault(w, r, portaSigmaName, err)
	case !allowed:
		g.showMessage(w, r, http.StatusNotFound, portaSigmaName, "This document cannot be shown", "It does not exist, or you have not identified yourself. Open the request again from the application.")
	default:
		inFrame(w)
		writePDF(w, r, "inline", doc.File, data)
	}
}

// advanceVisit handles a form that was posted from any page of a visit, and shows or redirects to what comes next.
func (g *gateway) advanceVisit(w http.ResponseWriter, r *http.Request, context string) {
	if !g.parsePost(w, r, portaSigmaName) {
		return
	}
	v, list, ok := g.loadVisit(w, r, context)
	if !ok {
		return
	}
	who, err := g.visitor(w, r, portaSigmaCookie, context)
	if err != nil {
		g.showFault(w, r, portaSigmaName, err)
		return
	}
	if !who.sentForm(r, v.address()) {
		g.showStaleForm(w, r, portaSigmaName)
		return
	}
	to, problem, err := g.handleAction(w, r, v, &who, list)
	switch {
	case err != nil:
		g.showFault(w, r, portaSigmaName, err)
	case problem != "":
		g.showRequests(w, r, v, who, list, problem)
	case to == "":
		g.showNotSentBack(w, r, portaSigmaName)
	default:
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// handleAction does what the pressed button stands for, and returns the address to which the browser goes next, or "" when it is to stay.
// problem is a sentence for the signer, who stays on the page.
func (g *gateway) handleAction(w http.ResponseWriter, r *http.Request, v visit, who *visitor, list []visitRequest) (to, problem string, err error) {
	action := r.PostForm.Get("action")
	switch action {
	case "sign-in", "continue":
		p, problem := identify(r, v.context, list)
		if problem != "" {
			return "", problem, nil
		}
		if !allAddressedTo(list, p) {
			// No session is opened: the next visit begins with the same question.
			return v.undecidedReturn(accessDenied), "", nil
		}
		return v.address(), "", g.signIn(w, who, portaSigmaCookie, v.context, p)
	case "fail":
		return v.undecidedReturn(accessDenied), "", nil
	case "fail-not-found":
		return v.undecidedReturn(pageNotFound), "", nil
	case setMisbehavior:
		problem, err = g.misbehaveByForm(r, requestIDs(list)...)
		return v.address(), problem, err
	}
	if who.person == nil || !allAddressedTo(list, *who.person) {
		return "", "Identify yourself first.", nil
	}
	switch action {
	case "sign", "reject":
		problem, err = g.decideRequests(r, v, *who.person, action == "sign")
	default:
		problem = "Use one of the buttons of this page."
	}
	if err != nil || problem != "" {
		return "", problem, err
	}
	if v.logout {
		if err := g.state.endSession(who.cookie); err != nil {
			return "", "", err
		}
	}
	list, found, err := g.requests(v)
	if err != nil || !found {
		return v.undecidedReturn(pageNotFound), "", err
	}
	to, err = g.visitReturn(v, list, true)
	return to, "", err
}

// visitReturn returns the address to which the browser returns once all requests are decided. A misbehavior may change the address; it is
// "" when the misbehavior keeps the browser from returning. leaves says that the browser leaves now: only then the misbehavior is counted.
func (g *gateway) visitReturn(v visit, list []visitRequest, leaves bool) (address string, err error) {
	find := g.takeMisbehavior
	if !leaves {
		find = g.peekMisbehavior
	}
	m, misbehaves, err := find(callReturn, callsAtPortaSigma, aboutVisit(list)...)
	switch {
	case err != nil || misbehaves && m.How == lostReturn:
		return "", err
	case misbehaves && m.How == lyingReturn:
		return v.decidedReturn(list, true, ""), nil
	case misbehaves:
		return v.decidedReturn(list, false, postponed), nil
	}
	return v.decidedReturn(list, false, ""), nil
}

func requestIDs(list []visitRequest) []string {
	var ids []string
	for _, o := range list {
		ids = append(ids, strconv.Itoa(o.signer.ID))
	}
	return ids
}

// identify returns the person who signs in by the posted form, or whose certificate was chosen in it. problem is a sentence for the
// signer when there is no such person, or "".
func identify(r *http.Request, context string, list []visitRequest) (p person, problem string) {
	if context == withCertificate {
		chosen := r.PostForm.Get("identity")
		for _, c := range certificateChoices(list) {
			if c.Value == chosen {
				return c.Person, ""
			}
		}
		return p, "Choose one of the certificates."
	}
	user := strings.TrimSpace(r.PostForm.Get("username"))
	if equal(r.PostForm.Get("password"), SamplePassword) == 1 {
		for _, c := range certificateChoices(list) {
			if c.Value == "sample" && user == SampleUser || user != "" && strings.EqualFold(user, c.Person.Email) {
				return c.Person, ""
			}
		}
	}
	return p, "The user name or the password is wrong."
}

// decideRequests signs the pending requests, except those that the signer refuses in the form: it rejects these. If sign is false, it
// rejects all of them. problem is a sentence for the signer when consent is missing or a document cannot be signed; then nothing is
// stored.
func (g *gateway) decideRequests(r *http.Request, v visit, signer person, sign bool) (problem string, err error) {
	g.signing.Lock()
	defer g.signing.Unlock()
	list, found, err := g.requests(v) // they may have been decided before the lock was free
	if err != nil || !found {
		return "", err
	}
	refused := r.PostForm["refuse"]
	statuses := map[int]string{}
	var toSign []visitRequest
	for _, o := range list {
		switch {
		case o.signer.Status != pending:
		case !sign || slices.Contains(refused, strconv.Itoa(o.signer.ID)):
			statuses[o.signer.ID] = rejected
		default:
			statuses[o.signer.ID] = signed
			toSign = append(toSign, o)
		}
	}
	if len(toSign) > 0 {
		if problem := checkConsent(r.PostForm, v); problem != "" {
			return problem, nil
		}
	}
	data, err := g.signRequests(toSign, signer)
	var notSignable *notSignableError
	if errors.As(err, &notSignable) {
		return "Nothing was signed: " + notSignable.reason.Error() + ".", nil
	}
	if err != nil {
		return "", err
	}
	return "", g.state.storeDecisions(statuses, data)
}

// checkConsent returns what is missing for a signature, as a sentence for the signer: the confirmation of having read, unless the address
// waives it, or the right PIN. It returns "" when nothing is missing.
func checkConsent(form url.Values, v visit) (problem string) {
	if v.view && form.Get("read") == "" {
		return "Read what you sign, then check the box."
	}
	if equal(form.Get("pin"), SamplePIN) == 0 {
		return "The PIN is wrong. Nothing was signed."
	}
	return ""
}

// signRequests signs the document of each request and returns the new bytes by document id. A document of several requests gets several
// signatures. The error is a *notSignableError if a document cannot be signed. Nothing is stored.
func (g *gateway) signRequests(list []visitRequest, signer person) (map[int][]byte, error) {
	now := g.options.Now()
	key, err := g.authority.Issue(signer.subject(), now)
	if err != nil {
		return nil, err
	}
	data := map[int][]byte{}
	for _, o := range list {
		if data[o.doc.ID] == nil {
			if data[o.doc.ID], err = g.state.content(o.doc.ID); err != nil {
				return nil, err
			}
		}
		done, err := key.Sign(data[o.doc.ID], pades.Signature{Time: now})
		if err != nil {
			return nil, &notSignableError{err}
		}
		data[o.doc.ID] = done
	}
	return data, nil
}

// redirectDeprecated redirects request/view.html, the deprecated address for signing a single request, to the present one; see "Signature
// Gateway" (PortaSigma).
func (g *gateway) redirectDeprecated(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	to := url.Values{"id": q["id"], "urlreturn": q["url"]}
	http.Redirect(w, r, PortaSigmaPath+"/"+withCertificate+"/sign.html?"+to.Encode(), http.StatusSeeOther)
}
