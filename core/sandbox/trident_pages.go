package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"countersign/core/sandbox/pades"
)

const (
	tridentName    = "TRIDENT eSignSP"
	askedToFail    = "the practice gateway was asked to fail"
	signerCanceled = "the signer canceled"
)

var errAskedToFail = errors.New(askedToFail)

// uiAddress is the browser task of a process.
func uiAddress(id string) string { return tridentUI + "?signerProcessId=" + url.QueryEscape(id) }

// showProcess is the browser task of a process. Which page it shows follows from how far the signer is, so a
// reload, a second tab or a restart goes on where it stopped.
func (g *gateway) showProcess(w http.ResponseWriter, r *http.Request) {
	v, p, list, ok := g.enterProcess(w, r)
	if ok {
		g.showStep(w, r, v, p, list, "")
	}
}

// enterProcess finds the visitor and the process; false means that the answer is given.
func (g *gateway) enterProcess(w http.ResponseWriter, r *http.Request) (visitor, process, []document, bool) {
	p, list, found, err := g.state.process(r.URL.Query().Get("signerProcessId"))
	var v visitor
	if err == nil && found {
		v, err = g.visitor(w, r, tridentCookie, tridentUI)
	}
	if err == nil && found {
		var struck bool
		_, struck, err = g.strike(callPage, tridentWords, p.ID)
		found = !struck
	}
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case !found:
		g.noSuchSigning(w, r, tridentName)
	}
	return v, p, list, err == nil && found
}

func (g *gateway) noSuchSigning(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.tell(w, r, http.StatusNotFound, gatewayName, "There is no such signing",
		"Its address is wrong, or the application has deleted it. You can close this page.")
}

// tridentStep is the content of the pages of a process.
type tridentStep struct {
	Hints     hints
	Documents []shownDocument
	Identity  string
	Agreement string // address of the agreement's text, where there is one
	Skipped   bool   // reading was waived: no way back to it
}

// showStep shows the page the process waits at, or takes the browser to the authorization server's.
func (g *gateway) showStep(w http.ResponseWriter, r *http.Request, v visitor, p process, list []document, problem string) {
	content := tridentStep{Hints: sampleHints, Identity: p.Identity}
	name, title, step := "identity", "Choose a signing identity", 2
	switch {
	case p.Result.Status != "":
		g.showOver(w, r, p)
		return
	case !v.mayEnter(p):
		g.beginTrip(w, r, v, p, listScope)
		return
	case p.Identity == "":
	case p.needsReading():
		name, title, step = "document", "Read the document", 3
		if len(list) > 1 {
			title = "Read the documents"
		}
		if len(p.Agreement) > 0 {
			content.Agreement = tridentUI + "/agreement/" + p.ID
		}
		var err error
		if content.Documents, err = g.shownDocuments(list); err != nil {
			g.failPage(w, r, tridentName, err)
			return
		}
	default:
		g.beginTrip(w, r, v, p, useScope)
		return
	}
	g.show(w, r, statusOf(problem), name, page{
		Title: title, Gateway: tridentName, Step: fmt.Sprintf("Step %d of 4", step), Problem: problem,
		Action: uiAddress(p.ID), Token: v.formToken(p.ID), target: formTarget(p.Callback), Cancel: true,
		Content: content, Practice: g.practiceForm(r, tridentWords, p.ID),
	})
}

// mayEnter reports whether the first trip of this browser for p is done.
func (v visitor) mayEnter(p process) bool {
	return v.signed != nil && slices.Contains(v.processes, p.ID)
}

// goOn takes the browser to where the process stands: back to the application when it is over.
func (g *gateway) goOn(w http.ResponseWriter, r *http.Request, id string) {
	p, _, found, err := g.state.process(id)
	var address string
	if err == nil && found && p.Result.Status != "" {
		address, err = g.processReturn(p, true)
	}
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case !found || p.Result.Status == "":
		http.Redirect(w, r, uiAddress(id), http.StatusSeeOther)
	case address == "":
		g.lose(w, r, tridentName)
	default:
		http.Redirect(w, r, address, http.StatusSeeOther)
	}
}

// processReturn is where the browser goes when p is over, "" for nowhere: a misbehaviour may change it. It counts
// only when the browser really leaves.
func (g *gateway) processReturn(p process, leaves bool) (address string, err error) {
	strike := g.strike
	if !leaves {
		strike = g.wouldStrike
	}
	m, struck, err := strike(callReturn, tridentWords, p.ID)
	status := p.Result.Status
	switch {
	case err != nil || struck && m.How == lostReturn:
		return "", err
	case struck && m.How == unknownWord:
		status = postponed
	case struck && status == finished: // lying-return
		status = canceled
	case struck:
		status = finished
	}
	return processReturn(p, status), nil
}

// showOver is the page of a process that has its result.
func (g *gateway) showOver(w http.ResponseWriter, r *http.Request, p process) {
	address, err := g.processReturn(p, false)
	if err != nil {
		g.failPage(w, r, tridentName, err)
		return
	}
	text := map[string]string{
		finished:        "The document was signed.",
		canceled:        "The signing was canceled; nothing was signed.",
		failed:          "The signing failed; nothing was signed.",
		failedDocuments: "Some of the documents were signed, but not all.",
	}[p.Result.Status]
	if p.Result.Status == finished && len(p.Documents) > 1 {
		text = "The documents were signed."
	}
	g.show(w, r, http.StatusOK, "over", page{
		Title: "This signing is over", Gateway: tridentName,
		Content: message{Text: text, Detail: p.Result.Message, Return: address},
	})
}

func (g *gateway) shownDocuments(list []document) ([]shownDocument, error) {
	var shown []shownDocument
	for _, d := range list {
		data, err := g.state.content(d.ID)
		if err != nil {
			return nil, err
		}
		shown = append(shown, shownDocument{
			Name: d.Name, Size: len(data), Address: tridentUI + "/document/" + d.ID, Signatures: pades.Signatures(data),
		})
	}
	return shown, nil
}

// showAgreement serves the text the application wants agreed to. It is outside text: it may look like something, and
// do nothing.
func (g *gateway) showAgreement(w http.ResponseWriter, r *http.Request) {
	v, err := g.recognize(r, tridentCookie, tridentUI)
	var p process
	var found bool
	if err == nil {
		p, _, found, err = g.state.process(r.PathValue("id"))
	}
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case !found || !v.mayEnter(p) || len(p.Agreement) == 0:
		g.noSuchSigning(w, r, tridentName)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		_, _ = w.Write(p.Agreement) // the browser may be gone
	}
}

// showProcessDocument serves a document to a browser in which somebody has signed in.
func (g *gateway) showProcessDocument(w http.ResponseWriter, r *http.Request) {
	v, err := g.recognize(r, tridentCookie, tridentUI)
	var d document
	var found bool
	var data []byte
	if err == nil {
		d, found, err = g.state.document(r.PathValue("id"), g.options.Now())
		found = found && slices.Contains(v.processes, d.Process)
	}
	if err == nil && found {
		data, err = g.state.content(d.ID)
	}
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case v.signed == nil || !found:
		g.tell(w, r, http.StatusNotFound, tridentName, "There is no such document here", "Sign in first, or open the signing again from the application.")
	default:
		inFrame(w)
		writePDF(w, r, "inline", d.Name, data)
	}
}

// advanceProcess takes the form of any page of a process.
func (g *gateway) advanceProcess(w http.ResponseWriter, r *http.Request) {
	if !g.parsePost(w, r, tridentName) {
		return
	}
	v, p, list, ok := g.enterProcess(w, r)
	if !ok {
		return
	}
	if !v.sentForm(r, p.ID) {
		g.staleForm(w, r, tridentName)
		return
	}
	problem, err := g.takeStep(r, v, p, list)
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case problem != "":
		g.showStep(w, r, v, p, list, problem)
	default:
		g.goOn(w, r, p.ID)
	}
}

// takeStep does what the pressed button says. A problem is a sentence for the signer, who stays on the page.
func (g *gateway) takeStep(r *http.Request, v visitor, p process, list []document) (problem string, err error) {
	if !v.mayEnter(p) {
		return "", nil // its session ended: the first trip begins again
	}
	switch r.PostForm.Get("action") {
	case "cancel":
		return "", g.state.endProcess(p.ID, verdict{Status: canceled, Message: signerCanceled}, nil)
	case "fail":
		return "", g.state.endProcess(p.ID, verdict{Status: failed, Message: askedToFail}, failAll(list, askedToFail))
	case "back":
		return "", g.state.changeProcess(p.ID, (*process).stepBack)
	case "continue":
		return g.continueProcess(r, p, false)
	case "fail-some":
		return g.continueProcess(r, p, true)
	case setMisbehaviour:
		return g.misbehaveByForm(r, p.ID)
	}
	return "Use one of the buttons of this page.", nil
}

// continueProcess takes the choice of an identity, then the confirmation of having read.
func (g *gateway) continueProcess(r *http.Request, p process, failSome bool) (problem string, err error) {
	if p.Identity != "" {
		if r.PostForm.Get("read") == "" {
			return "Read the document, then tick the box that says so.", nil
		}
		return "", g.state.changeProcess(p.ID, func(p *process) { p.HasRead, p.FailSome = true, failSome })
	}
	chosen := r.PostForm.Get("identity")
	if chosen != serverIdentity && chosen != mobileIdentity {
		return "Choose one of the signing identities.", nil
	}
	return "", g.state.changeProcess(p.ID, func(p *process) { p.Identity = chosen })
}

// signProcess does what the second trip authorized. Where the process has changed meanwhile, in another tab, nothing
// is done: the signer comes to the page where it stands now.
func (g *gateway) signProcess(authorized grant) error {
	g.signing.Lock()
	defer g.signing.Unlock()
	p, list, found, err := g.state.process(authorized.Process)
	if err != nil || !found || p.Result.Status != "" || p.Identity != authorized.Identity || p.needsReading() {
		return err
	}
	result, outcomes, err := g.signDocuments(p, list, authorized)
	if err != nil {
		return err
	}
	return g.state.endProcess(p.ID, result, outcomes)
}

// signDocuments signs every document of p. An error is the gateway's; a document that cannot be signed has
// its own verdict, and the process's follows from them all.
func (g *gateway) signDocuments(p process, list []document, authorized grant) (verdict, []outcome, error) {
	now := g.options.Now()
	signer, err := g.authority.Issue(authorized.Person.subject(), now)
	if err != nil {
		return verdict{}, nil, err
	}
	var outcomes []outcome
	var lost []string
	for i, d := range list {
		data, err := g.state.content(d.ID)
		if err != nil {
			return verdict{}, nil, err
		}
		settings := d.Signatures
		if len(settings) == 0 {
			settings = []signatureSettings{p.Signature}
		}
		if (authorized.FailSome || p.FailSome) && i > 0 {
			err = errAskedToFail
		}
		for _, s := range settings {
			if err == nil {
				data, err = signer.Sign(data, s.at(now, authorized.Person))
			}
		}
		if err != nil {
			lost = append(lost, err.Error())
			outcomes = append(outcomes, outcome{Document: d.ID, Verdict: verdict{failed, err.Error()}})
			continue
		}
		outcomes = append(outcomes, outcome{Document: d.ID, Verdict: verdict{Status: finished}, Signed: data})
	}
	switch {
	case len(list) == 0:
		return verdict{failed, "the document was deleted before it was signed"}, nil, nil
	case len(lost) == 0:
		return verdict{Status: finished}, outcomes, nil
	case len(lost) < len(list):
		return verdict{failedDocuments, fmt.Sprintf("%d of %d documents were not signed: %s", len(lost), len(list), lost[0])}, outcomes, nil
	default:
		return verdict{failed, lost[0]}, outcomes, nil
	}
}

// at completes the settings for the moment of signing.
func (s signatureSettings) at(now time.Time, signer person) pades.Signature {
	made := pades.Signature{Field: s.Field, Reason: s.Reason, Location: s.Location, Contact: s.Contact, Time: now}
	if s.Box == nil {
		return made
	}
	box := *s.Box
	values := map[string]string{"subject": signer.Name, "date": timeForPeople(now), "location": s.Location}
	for _, d := range s.Details {
		box.Lines = append(box.Lines, d.Title+values[d.Type])
	}
	if len(box.Lines) == 0 {
		box.Lines = []string{"Signed by " + signer.Name, values["date"]}
	}
	made.Box = &box
	return made
}

func failAll(list []document, why string) []outcome {
	var all []outcome
	for _, d := range list {
		all = append(all, outcome{Document: d.ID, Verdict: verdict{failed, why}})
	}
	return all
}
