package sandbox

import (
	"fmt"
	"net/http"
	"slices"

	"countersign/core/sandbox/pades"
)

// showProcess is the browser task of a process. Which page it shows follows from how far the signer is, so a
// reload, a second tab or a restart goes on where it stopped.
func (g *gateway) showProcess(w http.ResponseWriter, r *http.Request) {
	v, p, list, ok := g.loadProcess(w, r)
	if ok {
		g.showStep(w, r, v, p, list, "")
	}
}

// loadProcess finds the visitor and the process; false means that the answer is given.
func (g *gateway) loadProcess(w http.ResponseWriter, r *http.Request) (visitor, process, []document, bool) {
	p, list, found, err := g.state.process(r.URL.Query().Get("signerProcessId"))
	var v visitor
	if err == nil && found {
		v, err = g.visitor(w, r, tridentCookie, tridentUI)
	}
	if err == nil && found {
		var struck bool
		_, struck, err = g.takeMisbehavior(callPage, callsAtTrident, p.ID)
		found = !struck
	}
	switch {
	case err != nil:
		g.showFault(w, r, tridentName, err)
	case !found:
		g.showNoSuchProcess(w, r, tridentName)
	}
	return v, p, list, err == nil && found
}

// tridentContent is the content of the pages of a process.
type tridentContent struct {
	Hints     hints
	Documents []documentInfo
	Identity  string
	Agreement string // address of the agreement's text, where there is one
	Skipped   bool   // reading was waived: no way back to it
}

// showStep shows the page the process waits at, or takes the browser to the authorization server's.
func (g *gateway) showStep(w http.ResponseWriter, r *http.Request, v visitor, p process, list []document, problem string) {
	content := tridentContent{Hints: sampleHints, Identity: p.Identity}
	name, title, step := "identity", "Choose a signing identity", 2
	switch {
	case p.Result.Status != "":
		g.showOver(w, r, p)
		return
	case !v.mayOpen(p):
		g.requestAuthorization(w, r, v, p, identityScope)
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
		if content.Documents, err = g.documentInfos(list); err != nil {
			g.showFault(w, r, tridentName, err)
			return
		}
	default:
		g.requestAuthorization(w, r, v, p, useScope)
		return
	}
	g.show(w, r, statusOf(problem), name, page{
		Title: title, Gateway: tridentName, Step: fmt.Sprintf("Step %d of 4", step), Problem: problem,
		Action: uiAddress(p.ID), Token: v.formToken(p.ID), target: formTarget(p.Callback), Cancel: true,
		Content: content, Practice: g.practiceForm(r, callsAtTrident, p.ID),
	})
}

// mayOpen reports whether the first trip of this browser for p is done.
func (v visitor) mayOpen(p process) bool {
	return v.person != nil && slices.Contains(v.processes, p.ID)
}

// showOver is the page of a process that has its result.
func (g *gateway) showOver(w http.ResponseWriter, r *http.Request, p process) {
	address, err := g.processReturn(p, false)
	if err != nil {
		g.showFault(w, r, tridentName, err)
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

func (g *gateway) documentInfos(list []document) ([]documentInfo, error) {
	var shown []documentInfo
	for _, d := range list {
		data, err := g.state.content(d.ID)
		if err != nil {
			return nil, err
		}
		shown = append(shown, documentInfo{
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
		g.showFault(w, r, tridentName, err)
	case !found || !v.mayOpen(p) || len(p.Agreement) == 0:
		g.showNoSuchProcess(w, r, tridentName)
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
		g.showFault(w, r, tridentName, err)
	case v.person == nil || !found:
		g.showMessage(w, r, http.StatusNotFound, tridentName, "There is no such document here", "Sign in first, or open the signing again from the application.")
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
	v, p, list, ok := g.loadProcess(w, r)
	if !ok {
		return
	}
	if !v.sentForm(r, p.ID) {
		g.showStaleForm(w, r, tridentName)
		return
	}
	problem, err := g.handleStep(r, v, p, list)
	switch {
	case err != nil:
		g.showFault(w, r, tridentName, err)
	case problem != "":
		g.showStep(w, r, v, p, list, problem)
	default:
		g.redirectToStep(w, r, p.ID)
	}
}

// handleStep does what the pressed button says. A problem is a sentence for the signer, who stays on the page.
func (g *gateway) handleStep(r *http.Request, v visitor, p process, list []document) (problem string, err error) {
	if !v.mayOpen(p) {
		return "", nil // its session ended: the first trip begins again
	}
	switch r.PostForm.Get("action") {
	case "cancel":
		return "", g.state.endProcess(p.ID, processResult{Status: canceled, Message: signerCanceled}, nil)
	case "fail":
		return "", g.state.endProcess(p.ID, processResult{Status: failed, Message: askedToFail}, allFailed(list, askedToFail))
	case "back":
		return "", g.state.changeProcess(p.ID, (*process).stepBack)
	case "continue":
		return g.continueProcess(r, p, false)
	case "fail-some":
		return g.continueProcess(r, p, true)
	case setMisbehavior:
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
