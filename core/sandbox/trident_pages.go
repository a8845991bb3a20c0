package sandbox

import (
	"fmt"
	"net/http"
	"slices"

	"countersign/core/sandbox/pades"
)

// showProcess is the page to which the application sends the browser. It shows the step that the signer has reached, so a reload, another
// tab and a restart continue there.
func (g *gateway) showProcess(w http.ResponseWriter, r *http.Request) {
	v, p, list, ok := g.loadProcess(w, r)
	if ok {
		g.showStep(w, r, v, p, list, "")
	}
}

// loadProcess returns the visitor and the process that r names. When ok is false, it has already answered.
func (g *gateway) loadProcess(w http.ResponseWriter, r *http.Request) (visitor, process, []document, bool) {
	p, list, found, err := g.state.process(r.URL.Query().Get("signerProcessId"))
	var v visitor
	if err == nil && found {
		v, err = g.visitor(w, r, tridentCookie, tridentUI)
	}
	if err == nil && found {
		var misbehaves bool
		_, misbehaves, err = g.takeMisbehavior(callPage, callsAtTrident, p.ID)
		found = !misbehaves
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
	Agreement string // the address of the agreement; "" when there is none
	Skipped   bool   // the page with the document was skipped, so there is no way back to it
}

// showStep shows the page of the step that p has reached, or redirects the browser to the authorization server when the signer has to sign
// in or to authorize the signature. problem is what was wrong with the form that was sent, or "".
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

// mayOpen reports whether the authorization server has let this browser open p.
func (v visitor) mayOpen(p process) bool {
	return v.person != nil && slices.Contains(v.processes, p.ID)
}

// showOver shows the page of a process that has ended.
func (g *gateway) showOver(w http.ResponseWriter, r *http.Request, p process) {
	address, err := g.processReturn(p, false)
	if err != nil {
		g.showFault(w, r, tridentName, err)
		return
	}
	text := map[string]string{
		finished:        "The document was signed.",
		canceled:        "The signing was canceled. Nothing was signed.",
		failed:          "The signing failed. Nothing was signed.",
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

// showAgreement serves the application's agreement, for the frame on the document page. The agreement is not trusted: its scripts do not
// run, and it loads nothing from elsewhere.
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
		_, _ = w.Write(p.Agreement) // the browser may have disconnected
	}
}

// showProcessDocument serves a document to a browser that may open its process.
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
		g.showMessage(w, r, http.StatusNotFound, tridentName, "This document cannot be shown", "It does not exist, or you have not signed in. Open the signing again from the application.")
	default:
		inFrame(w)
		writePDF(w, r, "inline", d.Name, data)
	}
}

// advanceProcess handles a form that was posted from any page of a process, and shows or redirects to what comes next.
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

// handleStep does what the pressed button stands for. problem is a sentence for the signer, who stays on the page; "" means that the
// process has advanced.
func (g *gateway) handleStep(r *http.Request, v visitor, p process, list []document) (problem string, err error) {
	if !v.mayOpen(p) {
		return "", nil // the session has ended: the authorization server is asked again
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

// continueProcess stores the identity that was chosen in the form, or, if the process has one already, that the documents were read.
// problem is a sentence for the signer, who stays on the page.
func (g *gateway) continueProcess(r *http.Request, p process, failSome bool) (problem string, err error) {
	if p.Identity != "" {
		if r.PostForm.Get("read") == "" {
			return "Read the document, then check the box.", nil
		}
		return "", g.state.changeProcess(p.ID, func(p *process) { p.HasRead, p.FailSome = true, failSome })
	}
	chosen := r.PostForm.Get("identity")
	if chosen != serverIdentity && chosen != mobileIdentity {
		return "Choose one of the signing identities.", nil
	}
	return "", g.state.changeProcess(p.ID, func(p *process) { p.Identity = chosen })
}
