package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/assets"
	"countersign/core/desk"
	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/settings"
)

// Indexes of the requests that the tour shows.
const (
	tourReady = 300 + iota
	tourOut
	tourConfirming
	tourLate
	tourFailed
	tourRejected
	tourCanceled
	tourPartial
	tourSigned
	tourRest // the first of the others
)

// tourScenes are the pictures of the guide, with a month of an office.
func tourScenes(t *testing.T) map[string]scene {
	seed := monthEnd(60)
	at := func(view fyne.KeyName, id int) func(*office) {
		return func(f *office) {
			f.ctrl(view)
			f.settle()
			f.chooseSeeded(id)
		}
	}
	return map[string]scene{
		"to-sign":         {kept: inBoth, seed: seed, play: at(fyne.Key1, tourReady)},
		"in-the-browser":  {kept: inLight, seed: seed, play: at(fyne.Key2, tourOut)},
		"no-answer":       {kept: inLight, seed: seed, play: at(fyne.Key3, tourLate)},
		"needs-attention": {kept: inBoth, seed: seed, play: at(fyne.Key4, tourFailed)},
		"due-soon":        {seed: seed, play: at(fyne.Key5, tourReady)},
		"signed":          {kept: inBoth, seed: seed, play: at(fyne.Key6, tourSigned)},
		"all":             {kept: inLight, seed: monthEnd(1200), play: func(f *office) { f.ctrl(fyne.Key7) }},
		"all-in-columns": {kept: inBoth, seed: monthEnd(1200), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.chooseSeeded(tourSigned)
		}},
		"empty-view": {kept: inLight, seed: []ledger.Change{seed[0]}, play: func(f *office) { f.ctrl(fyne.Key4) }},
		"empty-desk": {kept: inLight},

		"request-confirming": {kept: inLight, seed: seed, play: at(fyne.Key2, tourConfirming)},
		"request-rejected":   {kept: inLight, seed: seed, play: at(fyne.Key4, tourRejected)},
		"request-canceled":   {seed: seed, play: at(fyne.Key4, tourCanceled)},
		"request-partial":    {kept: inLight, seed: seed, play: at(fyne.Key4, tourPartial)},
		"request-history": {kept: inLight, seed: seed, play: func(f *office) {
			at(fyne.Key4, tourFailed)(f)
			f.requestScroll().ScrollToBottom()
		}},

		"new-request": {kept: inBoth, seed: seed, play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner = true })
			f.drop(folder(f.t, "Employment contract, A. Ferrer.pdf", "Employment contract, J. Novak.pdf", "Employment contract, P. Lindqvist.pdf"))
			f.read()
		}},
		"new-request-same-file": {kept: inLight, seed: append([]ledger.Change{signedInMay()}, seed...), play: func(f *office) {
			f.drop(write(f.t, "Lease.pdf", assets.Samples()[0].Bytes), write(f.t, "Scan 14.pdf", nil), write(f.t, "Salaries.pdf", pdftest.Encrypted(f.t)),
				write(f.t, "Board resolution.pdf", pdftest.Plain(f.t, "Board")))
			f.read()
			f.key(fyne.KeyUp)
		}},
		"select-many": {kept: inLight, seed: seed, play: func(f *office) {
			f.ctrl(fyne.Key1)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() > 5 })
		}},
		"edit-waiting": {seed: seed, play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner, g.can.CustomAppearance = true, true })
			at(fyne.Key1, tourReady)(f)
			f.ctrl(fyne.KeyE)
		}},
		"edit-many": {seed: seed, play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner, g.can.CustomAppearance = true, true })
			f.ctrl(fyne.Key1)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() > 5 })
			f.ctrl(fyne.KeyE)
		}},
		"template": {seed: seed, play: func(f *office) {
			at(fyne.Key1, tourReady)(f)
			f.ctrl(fyne.KeyM)
		}},
		"reminders": {seed: seed, play: func(f *office) {
			f.addDue("Lease, ground floor", "2026-11-20")
			f.addDue("Employment contract, M. Keller", "2026-11-21")
			f.ctrl(fyne.Key1)
		}},
		"sign-many": {kept: inBoth, seed: seed, play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.MaxDocuments = 1 })
			f.runQueue()
			var ids []request.ID
			for _, name := range []string{"A. Ferrer", "J. Novak", "P. Lindqvist", "S. Bianchi", "M. Keller"} {
				file := append(assets.Samples()[1].Bytes, "\n% "+name+"\n"...)
				r, err := f.desk.Workspace.Add(f.t.Context(), desk.New{Title: "Employment contract, " + name, Files: []input.File{input.Memory(name+".pdf", file)}})
				if err != nil {
					f.t.Fatal(err)
				}
				ids = append(ids, r.ID)
			}
			f.window.signAll(ids)
			f.wait("the browser to be out", f.waitsForSigner)
			f.ends(ids[0], request.Rejected)
			f.queueSays("J. Novak")
			f.wait("the browser to be out", f.waitsForSigner)
			f.ctrl(fyne.Key2)
			f.settle()
			f.window.choose(ids[1])
		}},
		"filters": {kept: inLight, seed: monthEnd(1200), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.ctrlShift(fyne.KeyF)
			f.wait("the choices", func() bool { return len(f.filter(0).Options) == 3 })
			f.filter(0).SetSelected("office")
			f.filter(2).SetSelectedIndex(3)
			f.search().SetText("contract")
			f.settle()
			f.window.list.Focus()
			f.key(fyne.KeyDown)
		}},
		"saved-views": {kept: inLight, seed: monthEnd(1200), play: func(f *office) {
			f.window.changeSaved(func(saved []settings.SavedView) []settings.SavedView {
				return append(saved, keptView("Employment contracts", "all", "search", "employment contract"), keptView("Signed this year", "signed", "changed", "year"))
			}, func() { f.window.setView(7, true) })
			f.saying("Employment")
		}},
		"check-this-desk": {kept: inBoth, seed: seed, desk: officeOptions{wrap: func(d *watchedDesk) { d.found = deskFindings() }}, play: func(f *office) {
			f.window.prefs.Diagnose()
			f.examined()
		}},
		"keyboard": {kept: inLight, seed: seed, play: func(f *office) { f.key(fyne.KeyF1) }},
	}
}

// monthEnd returns a month of an office, with the given number of signed requests.
func monthEnd(signed int) []ledger.Change {
	const day = 24 * time.Hour
	var all []ledger.Change
	next := tourRest
	add := func(h *history, due, signer string) {
		h.change.Events[0].Added.Due = due
		if signer != "" {
			h.change.Events[0].Added.Signers = []request.Signer{{Name: signer}}
		}
		all = append(all, h.change)
	}
	of := func(id int, title, reference string, ago time.Duration, sizes ...int64) *history {
		if id == 0 {
			id = next
			next++
		}
		return newHistory(id, title, reference, "office", noon.Add(-ago), sizes...)
	}

	add(of(tourReady, "Supplier agreement", "SA-2026-031", 40*time.Minute, 96_120), "2026-11-24", "Ana Ferrer")
	add(of(0, "Data processing agreement, payroll", "DPA-2026-09", 2*time.Hour, 121_500), "2026-11-27", "Ana Ferrer")
	add(of(0, "Board minutes, 14 November", "BM-2026-11", 5*time.Hour, 77_000), "", "Jan Novak")
	add(of(0, "Maintenance of lifts, lots 1 to 7", "EXP-2026-0044", 26*time.Hour, 1_204_551, 88_100), "2026-11-20", "Pia Lindqvist")
	add(of(0, "Change order 3, school kitchen", "CO-2026-003", 2*day, 204_000), "2026-12-04", "Pia Lindqvist")
	add(of(0, "Internship agreement, spring term", "HR-2026-318", 2*day+time.Hour, 64_000), "", "Jan Novak")
	add(newHistory(299, "Holiday request", "HR-2026-207", "sandbox", noon.Add(-3*day), 41_200), "", "")

	add(of(tourOut, "Insurance of the fleet, 2027", "INS-2027-02", 30*time.Minute, 310_000).launched(26*time.Minute), "2026-11-30", "Ana Ferrer")
	add(of(tourConfirming, "Purchase order 88-1204", "PO-88-1204", 3*time.Hour, 55_000).launched(2*time.Hour+50*time.Minute).returned(8*time.Minute, "finished"), "", "Jan Novak")
	add(of(tourLate, "Grant agreement, youth centre", "GR-2026-17", 26*time.Hour, 180_300).launched(22*time.Hour), "2026-11-23", "Pia Lindqvist")

	add(of(tourFailed, "Tender for the school kitchen", "T-2026-50", 3*day, 402_000).
		launched(time.Hour).returned(5*time.Minute, "failed").answered(time.Second, request.Failed, request.ByGateway, "failed", "PIN blocked after three attempts").
		event(20*time.Hour, request.Event{Kind: request.KindReopened, By: "mara"}).
		launched(time.Minute).returned(3*time.Minute, "failed").
		answered(2*time.Second, request.Failed, request.ByGateway, "failed", "The signer's certificate was suspended by its issuer on 19 November 2026."), "2026-11-28", "Ana Ferrer")
	add(of(tourRejected, "Non-disclosure agreement", "NDA-2026-07", 4*day, 120_400).
		launched(time.Hour).returned(6*time.Minute, "rejected").answered(time.Second, request.Rejected, request.ByGateway, "rejected", "Clause 4 names the wrong company."), "", "Jan Novak")
	add(of(tourCanceled, "Rental car, week 47", "RC-2026-47", 5*day, 55_000).
		launched(time.Hour).returned(time.Minute, "canceled").answered(time.Second, request.Canceled, request.ByGateway, "canceled", ""), "", "Jan Novak")
	add(of(tourPartial, "Annual accounts", "AA-2025", 6*day, 900_000, 120_000).
		launched(time.Hour).returned(time.Minute, "failed_documents").answered(time.Second, request.Partial, request.ByGateway, "failed_documents", "",
		request.DocumentResult{Code: "signed", Signed: true}, request.DocumentResult{Code: "failed", Message: "damaged page tree"}).
		stored(time.Second, 0, ""), "", "Pia Lindqvist")

	add(of(tourSigned, "Lease of office premises", "L-2026-014", 26*time.Hour, 182_044).launched(time.Hour).
		returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true}).
		stored(2*time.Second, 0, ""), "2026-11-24", "Ana Ferrer")
	kinds := []string{"Purchase order", "Employment contract", "Delivery note", "Rental contract", "Minutes", "Permit", "Invoice approval", "Cleaning contract", "Travel request"}
	signers := []string{"Ana Ferrer", "Jan Novak", "Pia Lindqvist", "Sara Bianchi", "Max Keller"}
	for i := range signed {
		h := of(0, fmt.Sprintf("%s %d", kinds[i*7%len(kinds)], 4100-i), fmt.Sprintf("R-2026-%04d", 4100-i), 28*time.Hour+time.Duration(i)*97*time.Minute, int64(40_000+i*731%90_000)).launched(time.Minute)
		switch { // most have evidence by document, some only by gateway or browser
		case i%11 == 4:
			h.returned(4*time.Minute, "signed").answered(time.Second, request.Signed, request.ByBrowser, "signed", "")
		case i%7 == 3:
			h.returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "")
		default:
			h.returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true}).stored(time.Second, 0, "")
		}
		add(h, "", signers[i*3%len(signers)])
	}
	return all
}

// signedInMay returns a lease whose document is the first sample.
func signedInMay() ledger.Change {
	h := newHistory(200, "Lease of office premises", "L-2026-001", "office", time.Date(2026, 5, 12, 9, 30, 0, 0, time.Local), 11_000)
	sum := sha256.Sum256(assets.Samples()[0].Bytes)
	h.change.Events[0].Added.Documents[0].SHA256 = hex.EncodeToString(sum[:])
	return h.launched(time.Minute).returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true}).stored(time.Second, 0, "").change
}

// deskFindings are findings of a check of the desk.
func deskFindings() []diagnosis.Finding {
	about := func(part gateway.Part, detail request.Sentence) diagnosis.Finding {
		return diagnosis.Finding{Name: string(part), Part: part, Verdict: diagnosis.Well, Detail: detail.Text, Cause: detail.Cause}
	}
	findings := []diagnosis.Finding{
		about(diagnosis.PartDisk, request.Sentencef("disk_space", "%s can be written to; %s GB are free", "~/Countersign", "212.0")),
		about(diagnosis.PartKeyring, request.Sentencef("keyring_works", "it stores and returns secrets")),
		about(gateway.PartProxy, request.Sentencef("proxy_none", "none is set in the environment")),
		about(diagnosis.PartBrowser, request.Sentencef("browser_found", "addresses are opened by %s", "xdg-open")),
		about(diagnosis.PartLedger, request.Sentencef("ledger_signed", "schema %d, events: %d, intact at the end of the chain: %d, all signed", 5, 8412, 1000)),
		about(gateway.PartReturn, request.Sentencef("return_heard", "browsers come back to port %d of this computer, and it answers", 41873)),
	}
	for _, r := range someFindings() {
		f := about(r.Name, request.Sentence{Text: r.Detail, Cause: r.Cause})
		f.Name, f.Subject, f.Advice, f.AdviceCause = "gateway office: "+f.Name, "office", r.Advice, r.AdviceCause
		if f.Advice != "" {
			f.Verdict = diagnosis.Warning
		}
		if !r.OK {
			f.Verdict = diagnosis.Bad
		}
		findings = append(findings, f)
	}
	return findings
}
