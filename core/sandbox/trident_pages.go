package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	tridentName = "TRIDENT eSignSP"
	askedToFail = "the practice gateway was asked to fail"
)

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
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case !found:
		g.tell(w, r, http.StatusNotFound, tridentName, "There is no such signing",
			"Its address is wrong, or the application has deleted it. You can close this page.")
	}
	return v, p, list, err == nil && found
}

// tridentStep is the content of the pages of a process.
type tridentStep struct {
	Hints     hints
	Documents []shownDocument
	Identity  string
	Skipped   bool // reading was waived: no way back to it
}

func (g *gateway) showStep(w http.ResponseWriter, r *http.Request, v visitor, p process, list []document, problem string) {
	if p.Result.Status != "" {
		g.showOver(w, r, p)
		return
	}
	shown, err := g.shownDocuments(list)
	if err != nil {
		g.failPage(w, r, tridentName, err)
		return
	}
	name, title, step := "signin", "Sign in", 1
	switch {
	case v.signed == nil:
	case p.Identity == "":
		name, title, step = "identity", "Choose a signing identity", 2
	case p.needsReading():
		name, title, step = "document", "Read the document", 3
	default:
		name, title, step = "pin", "Sign with your PIN", 4
	}
	g.show(w, r, statusOf(problem), name, page{
		Title: title, Gateway: tridentName, Step: fmt.Sprintf("Step %d of 4", step), Problem: problem,
		Action: tridentUI + "?signerProcessId=" + url.QueryEscape(p.ID), Token: v.formToken(p.ID), target: formTarget(p.Callback), Cancel: true,
		Content: tridentStep{Hints: sampleHints, Documents: shown, Identity: p.Identity, Skipped: !p.HasRead},
	})
}

// showOver is the page of a process that has its result.
func (g *gateway) showOver(w http.ResponseWriter, r *http.Request, p process) {
	text := map[string]string{
		finished:        "The document was signed.",
		canceled:        "The signing was canceled; nothing was signed.",
		failed:          "The signing failed; nothing was signed.",
		failedDocuments: "Some of the documents were signed, but not all.",
	}[p.Result.Status]
	g.show(w, r, http.StatusOK, "over", page{
		Title: "This signing is over", Gateway: tridentName,
		Content: message{Text: text, Detail: p.Result.Message, Return: processReturn(p)},
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
			Name: d.Name, Size: len(data), Address: tridentUI + "/document/" + d.ID, Signatures: signaturesIn(data),
		})
	}
	return shown, nil
}

// showProcessDocument serves a document to a browser in which somebody has signed in.
func (g *gateway) showProcessDocument(w http.ResponseWriter, r *http.Request) {
	v, err := g.recognize(r, tridentCookie, tridentUI)
	var d document
	var found bool
	var data []byte
	if err == nil {
		d, found, err = g.state.document(r.PathValue("id"))
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
	problem, err := g.takeStep(w, r, &v, p, list)
	if err != nil {
		g.failPage(w, r, tridentName, err)
		return
	}
	if problem != "" {
		g.showStep(w, r, v, p, list, problem)
		return
	}
	p, _, found, err := g.state.process(p.ID)
	switch {
	case err != nil:
		g.failPage(w, r, tridentName, err)
	case found && p.Result.Status != "":
		http.Redirect(w, r, processReturn(p), http.StatusSeeOther)
	default:
		http.Redirect(w, r, tridentUI+"?signerProcessId="+url.QueryEscape(r.URL.Query().Get("signerProcessId")), http.StatusSeeOther)
	}
}

// takeStep does what the pressed button says. A problem is a sentence for the signer, who stays on the page.
func (g *gateway) takeStep(w http.ResponseWriter, r *http.Request, v *visitor, p process, list []document) (problem string, err error) {
	form := r.PostForm
	switch form.Get("action") {
	case "cancel":
		return "", g.state.endProcess(p.ID, verdict{Status: canceled, Message: "the signer canceled"}, nil)
	case "sign-in":
		if equal(form.Get("username"), SampleUser)&equal(form.Get("password"), SamplePassword) == 0 {
			return "The user name or the password is not right.", nil
		}
		return "", g.signIn(w, v, tridentCookie, tridentUI, person(SampleSigner))
	}
	if v.signed == nil {
		return "Sign in first.", nil
	}
	switch form.Get("action") {
	case "fail":
		return "", g.state.endProcess(p.ID, verdict{Status: failed, Message: askedToFail}, failAll(list, askedToFail))
	case "back":
		return "", g.state.changeProcess(p.ID, func(p *process) {
			if p.HasRead {
				p.HasRead = false
			} else {
				p.Identity = ""
			}
		})
	case "continue":
		return g.continueProcess(r, p)
	case "sign":
		return g.signProcess(r, p, v)
	}
	return "Use one of the buttons of this page.", nil
}

// continueProcess takes the choice of an identity, then the confirmation of having read.
func (g *gateway) continueProcess(r *http.Request, p process) (problem string, err error) {
	if p.Identity != "" {
		if r.PostForm.Get("read") == "" {
			return "Read the document, then tick the box that says so.", nil
		}
		return "", g.state.changeProcess(p.ID, func(p *process) { p.HasRead = true })
	}
	chosen := r.PostForm.Get("identity")
	if chosen != serverIdentity && chosen != mobileIdentity {
		return "Choose one of the signing identities.", nil
	}
	return "", g.state.changeProcess(p.ID, func(p *process) { p.Identity = chosen })
}

// signProcess is the second authorization (vendor page "Execute a document signature process") and what it authorizes.
func (g *gateway) signProcess(r *http.Request, p process, v *visitor) (problem string, err error) {
	switch {
	case p.Identity == "":
		return "Choose one of the signing identities.", nil
	case p.needsReading():
		return "Read the document, then tick the box that says so.", nil
	case equal(r.PostForm.Get("pin"), SamplePIN) == 0:
		return "The PIN is not right. Nothing was signed.", nil
	}
	g.signing.Lock()
	defer g.signing.Unlock()
	p, list, found, err := g.state.process(p.ID)
	if err != nil || !found || p.Result.Status != "" {
		return "", err // over or gone: the answer is where that leads
	}
	result, outcomes, err := g.signDocuments(p, list, *v.signed)
	if err != nil {
		return "", err
	}
	return "", g.state.endProcess(p.ID, result, outcomes)
}

// signDocuments signs every document of p. An error is the gateway's; a document that cannot be signed has
// its own verdict, and the process's follows from them all.
func (g *gateway) signDocuments(p process, list []document, signer person) (verdict, []outcome, error) {
	now := g.options.Now()
	id, err := g.authority.issue(signer, now)
	if err != nil {
		return verdict{}, nil, err
	}
	var outcomes []outcome
	var lost []string
	for _, d := range list {
		data, err := g.state.content(d.ID)
		if err != nil {
			return verdict{}, nil, err
		}
		signed, err := signPDF(data, p.Signature.at(now, signer), id)
		if err != nil {
			lost = append(lost, err.Error())
			outcomes = append(outcomes, outcome{Document: d.ID, Verdict: verdict{failed, err.Error()}})
			continue
		}
		outcomes = append(outcomes, outcome{Document: d.ID, Verdict: verdict{Status: finished}, Signed: signed})
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
func (s signatureSettings) at(now time.Time, signer person) signature {
	made := signature{Field: s.Field, Reason: s.Reason, Location: s.Location, Contact: s.Contact, At: now}
	if s.Box == nil {
		return made
	}
	box := *s.Box
	values := map[string]string{"subject": signer.Name, "date": now.UTC().Format(timeForPeople), "location": s.Location}
	for _, d := range s.Details {
		box.Lines = append(box.Lines, d.Title+values[d.Type])
	}
	if len(box.Lines) == 0 {
		box.Lines = []string{"Signed by " + signer.Name, values["date"]}
	}
	box.Lines = append(box.Lines, noValue)
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
