package ui

import (
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"countersign/core/callback"
	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestSigningSendsTheBrowserAndTurnsTheRow(t *testing.T) {
	f := newOffice(t, officeOptions{})
	went := make(chan string, 1)
	f.browser = func(address string) error { went <- address; return nil }
	r := f.show("Lease")
	f.saying("[Sign in browser]")
	f.press("Sign in browser")
	if address := <-went; address != "https://sign.example.org/visit/1" {
		t.Errorf("the browser went to %s", address)
	}
	f.saying("[Open browser again]", "Open in the browser. The signer has not come back yet.", "Opened in the browser")
	f.wait("the counts to follow", func() bool { return f.count("To sign") == "0" && f.count("In the browser") == "1" })
	f.ctrl(fyne.Key2)
	f.saying("Lease | office | In browser")
	if got := f.get(r.ID).Status; got != request.Signing {
		t.Errorf("the request is %s", got)
	}
}

func TestTheOutcomeArrivesAndTheProofIsOpened(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Open browser again]")
	f.settle()

	// In another process: the browser returns, and the gateway reports the outcome and delivers the file.
	f.gateway.set(func(g *fakeGateway) {
		g.outcome = gateway.Outcome{Status: request.Signed, Code: "finished", Documents: []request.DocumentResult{{Code: "signed", Signed: true}}}
		g.signed = func(request.ID) []byte { return pdftest.Sign(t, original(t, f, r), "Maria Example") }
	})
	f.comesBack(r.ID)
	f.saying("The browser came back. The gateway has not confirmed the outcome yet.", "[Check now]")
	if err := f.desk.Refresh(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	f.saying("[Open signed PDF]", "Evidence: the signed document itself", "Signed PDF received", "Signed file received and checked")
	f.ctrl(fyne.Key6)
	f.saying("Lease | office | Signed | document | now")
	f.settle()
	f.press("Open signed PDF")
	if path := <-f.opened; f.copyOf(path) != f.get(r.ID).Documents[0].Signed.SHA256 {
		t.Errorf("opened %s", path)
	}
}

func TestAnUnprovenFileIsShownAsAProblem(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key6)
	f.saying("Non-disclosure agreement | NDA-7 · office | Signed, unproven")
	f.window.choose("01900000-0000-7000-8000-000000000015")
	f.saying("A file was received, but it does not prove the signature", "The file does not begin with the bytes that were sent.")
}

func TestAFailedLaunchIsSaidOnceAndStays(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) {
		g.refuse = errors.New("gateway office: the token was refused: check the client secret")
	})
	r := f.show("Lease")
	f.ctrl(fyne.KeyReturn)
	f.saying("Gateway office: the token was refused: check the client secret.", "Signing could not be prepared")
	f.settle()
	if said := f.window.notices.text(); said != "" {
		t.Errorf("a notice says again what the request says: %q", said)
	}
	if f.button("Sign in browser") == nil || f.get(r.ID).Status != request.Pending {
		t.Error("it cannot be tried again")
	}
}

func TestALostPortIsSaidAndAnotherVisitIsOffered(t *testing.T) {
	f := newOffice(t, officeOptions{})
	went := make(chan string, 2)
	f.browser = func(address string) error { went <- address; return nil }
	r := f.show("Lease")
	f.press("Sign in browser")
	<-went
	f.saying("[Open browser again]")
	f.settle()
	f.losePort(r.ID, 41873)
	f.saying("[Start over]", "Another program is using port 41873, so the browser’s return cannot be received.", "The browser’s return cannot be received")
	f.ctrl(fyne.Key2)
	f.saying("Lease | office | No return")
	f.settle()
	if f.button("Open browser again") != nil || f.button("Copy address") != nil {
		t.Errorf("the address is handed out:\n%s", f.says())
	}
	f.press("Start over")
	f.saying("A new visit to the gateway begins for “Lease”")
	f.settle()
	f.key(fyne.KeyReturn)
	if address := <-went; address != "https://sign.example.org/visit/2" {
		t.Errorf("the browser went to %s", address)
	}
	f.saying("[Open browser again]", "office · attempt 2")
	if got := f.get(r.ID); got.Status != request.Signing || !got.HearsReturn() {
		t.Errorf("got %+v", got)
	}
}

// losePort records that another program has the port of the return address of a request, as another process of the home does.
func (f *office) losePort(id request.ID, port int) {
	f.t.Helper()
	r := f.get(id)
	lost := request.Event{Kind: request.KindReturnLost, VisitID: r.Visit.ID, Port: port, Reason: "another program has it"}
	if _, err := f.desk.Ledger.Append(f.t.Context(), ledger.Change{ID: id, Version: r.Version, Events: []request.Event{lost}}); err != nil {
		f.t.Fatal(err)
	}
}

func TestABrowserThatDoesNotStartLeavesTheAddress(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.browser = func(string) error { return errors.New("no browser on this machine") }
	f.show("Lease")
	f.ctrl(fyne.KeyReturn)
	f.saying("https://sign.example.org/visit/1", "The browser did not start (no browser on this machine)")
	f.settle()
	f.press("Copy")
	if got := f.app.Clipboard().Content(); got != "https://sign.example.org/visit/1" {
		t.Errorf("the clipboard has %q", got)
	}
	entry := uitest.Find[*kit.ReadOnlyEntry](f.window.detail)[0]
	entry.TypedRune('x')
	f.window.window.Canvas().Focus(entry)
	f.key(fyne.KeyBackspace)
	if entry.Text != "https://sign.example.org/visit/1" {
		t.Errorf("the address was changed to %q", entry.Text)
	}

	f.browser = func(string) error { return nil }
	f.ctrl(fyne.KeyReturn)
	f.wait("the address to go", func() bool { return len(uitest.Find[*kit.ReadOnlyEntry](f.window.detail)) == 0 })
}

func TestAJobCanBeStopped(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.hold = make(chan struct{}) })
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Preparing to sign…]")
	if b := f.button("Preparing to sign…"); b == nil || !b.Disabled() {
		t.Error("it could be started twice")
	}
	f.press("Stop")
	f.saying("Stopped.", "[Sign in browser]")
	if got := f.get(r.ID); got.Status != request.Pending || got.Trouble != "" {
		t.Errorf("after stopping it is %s with %q", got.Status, got.Trouble)
	}
}

// Ctrl+Enter right after an arrow key is for the row that is chosen now, even while the detail pane still shows
// the previous one.
func TestTheNextStepIsNeverForAnotherRequest(t *testing.T) {
	f := newOffice(t, officeOptions{})
	first := f.show("First")
	second := f.show("Second")
	f.window.list.Focus()
	f.key(fyne.KeyDown)
	f.ctrl(fyne.KeyReturn)
	f.saying("[Open browser again]")
	if f.get(first.ID).Status != request.Signing || f.get(second.ID).Status != request.Pending {
		t.Errorf("first is %s, second is %s", f.get(first.ID).Status, f.get(second.ID).Status)
	}
	f.settle()

	// The other row has another next step, and the question names its title.
	if _, err := f.desk.Withdraw(t.Context(), first.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.ctrl(fyne.Key7)
	f.saying("[Reopen]", "2 in this view")
	f.window.list.Focus()
	f.key(fyne.KeyDown)
	f.settle()
	f.key(fyne.KeyUp)
	f.ctrl(fyne.KeyReturn)
	f.wait("the first to be reopened", func() bool { return f.get(first.ID).Status == request.Pending })
	f.settle()
	f.key(fyne.KeyDown)
	f.key(fyne.KeyDelete)
	f.saying("“Second” will not be signed")
}

func TestReopeningShowsTheEarlierAttempt(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key4)
	f.saying("Employment contract")
	f.window.choose("01900000-0000-7000-8000-000000000011")
	f.saying("The signer refused to sign.", "The salary does not match the offer.", "Evidence: the browser only")
	f.ctrl(fyne.KeyR)
	f.saying("[Sign in browser]", "ATTEMPTS", "1. Rejected", "2. To sign, now", "attempt 2")
}

func TestWithdrawingAsksFirst(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.window.list.Focus()
	f.key(fyne.KeyDelete)
	f.saying("Withdraw this request?", "“Lease” will not be signed")
	f.escape()
	if f.window.modals.IsOpen() || f.get(r.ID).Status != request.Pending {
		t.Fatal("Escape does not keep it")
	}
	f.key(fyne.KeyDelete)
	f.key(fyne.KeyReturn)
	f.saying("[Reopen]", "Withdrawn")
	f.wait("the counts to follow", func() bool { return f.count("To sign") == "0" && f.count("All") == "1" })
}

func TestCopyingAnAddressIsRecorded(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Copy address]")
	f.settle()
	f.press("Copy address")
	f.saying("Its address was shown to a person", "https://sign.example.org/visit/1")
}

// Such a request is in a home that was restored from a backup.
func TestAVisitThatIsNotHeardHereHasNoAddressToGiveAway(t *testing.T) {
	h := newHistory(1, "Lease", "", "office", time.Now().Add(-time.Hour), 1000).launched(time.Minute)
	for _, e := range h.change.Events {
		if e.Visit != nil {
			e.Visit.URL, e.Visit.ReturnURL = "", ""
		}
	}
	f := newOffice(t, officeOptions{seed: []ledger.Change{h.change}})
	f.ctrl(fyne.Key2)
	f.window.choose(h.change.ID)
	f.saying("No return", "[Start over]", "Open in the browser, but its return cannot be received here.", "Wait for the gateway’s answer")
	for _, action := range []string{"[Copy address]", "[Open browser again]"} {
		if strings.Contains(f.says(), action) {
			t.Errorf("%s is offered", action)
		}
	}
}

// comesBack records the return of the browser from the visit of a request.
func (f *office) comesBack(id request.ID) {
	f.t.Helper()
	if _, err := f.desk.HandleReturn(f.t.Context(), callback.Return{Ticket: path.Base(f.get(id).Visit.ReturnURL), Query: url.Values{"status": {"finished"}}}); err != nil {
		f.t.Fatal(err)
	}
}

func original(t *testing.T, f *office, r request.Request) []byte {
	t.Helper()
	return readFile(t, f.desk.DocumentPath(r.Documents[0].SHA256))
}

// A file dropped on a request without its signed file is attached to it; a file dropped elsewhere becomes a new
// request.
func TestTheSignedFileIsDroppedOnItsRequest(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	signed := write(t, "Lease-signed.pdf", pdftest.Sign(t, original(t, f, r), "Maria Example"))
	dropOn := func(o fyne.CanvasObject, path string) {
		t.Helper()
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o).AddXY(20, 20)
		f.window.onDropped(at, []fyne.URI{storage.NewFileURI(path)})
	}
	f.press("Sign in browser")
	f.saying("[Open browser again]", "[Attach signed PDF…]")
	f.settle()

	dropOn(f.window.detail, write(t, "Other.pdf", pdftest.Sign(t, pdftest.Plain(t, "Other"), "Maria Example")))
	f.saying("Other.pdf is not the signed version of Lease: the file does not begin with the bytes that were sent")
	f.settle()
	dropOn(f.window.detail, signed)
	f.saying("[Open signed PDF]", "Evidence: the signed document itself", "Signed PDF received")
	f.settle()
	if now := f.get(r.ID); now.Status != request.Signed || now.Outcome.Evidence != request.ByDocument {
		t.Fatalf("got %+v", now)
	}
	dropOn(f.window.detail, signed) // the request has its signed file now, so this one is a new request
	f.saying("New request", "Lease-signed.pdf")
	f.escape()
	dropOn(f.window.list.Content(), write(t, "Elsewhere.pdf", pdftest.Plain(t, "Elsewhere")))
	f.saying("New request", "Elsewhere.pdf")
}

func TestTheGatewayIsAskedWhenSomebodyComesBackToTheWindow(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Open browser again]")
	f.settle()
	f.gateway.set(func(g *fakeGateway) { g.outcome = gateway.Outcome{Status: request.Canceled, Code: "canceled"} })
	f.window.askNow()
	f.saying("[Reopen]", "The signer canceled.")
}
