package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/placement"
	"countersign/ui/uitest"
)

// follow taps the link with a label.
func (f *office) follow(words string) {
	f.t.Helper()
	l := uitest.FindLink(f.window.window.Canvas().Content(), words)
	if l == nil {
		f.t.Fatalf("there is no link %q; the window says:\n%s", words, f.says())
	}
	uitest.Tap(l)
}

// links returns the links of the detail pane.
func (f *office) links() []*kit.Link { return uitest.Find[*kit.Link](f.window.detail) }

// signed shows a signed request whose document already carried a signature.
func (f *office) signed(title string) request.Request {
	f.t.Helper()
	before := pdftest.Sign(f.t, pdftest.Plain(f.t, title), "Old Hand")
	r, err := f.desk.Workspace.Add(f.t.Context(), desk.New{Title: title, Files: []input.File{input.Memory(title+".pdf", before)}})
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.desk.Sign(f.t.Context(), r.ID); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.desk.Attach(f.t.Context(), r.ID, input.Memory("signed.pdf", pdftest.Sign(f.t, before, "Maria Example")), ""); err != nil {
		f.t.Fatal(err)
	}
	f.window.choose(r.ID)
	f.saying(title)
	f.settle()
	return f.get(r.ID)
}

func TestADocumentShowsItsEarlierAndItsNewSignatures(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.signed("Lease")
	said := f.says()
	before, since, found := strings.Cut(said, "Signed after it was sent")
	if !found || !strings.Contains(before, "Signed before it was added\nOld Hand") || strings.Contains(since, "Old Hand") || !strings.Contains(since, "Maria Example") {
		t.Errorf("it says:\n%s", said)
	}
	if strings.Count(said, "· intact") != 2 {
		t.Error("it does not say that both are intact")
	}
	f.show("Plain")
	f.saying("Not signed when it was added")
}

// copyOf returns the SHA-256 of a read-only copy that was made for a viewer. For a file elsewhere, it fails.
func (f *office) copyOf(path string) string {
	f.t.Helper()
	content := readFile(f.t, path)
	if info, err := os.Stat(path); err != nil || filepath.Dir(path) != f.dir.Opened() || info.Mode().Perm()&0o222 != 0 {
		f.t.Errorf("%s is not a read-only copy: %v, %v", path, info.Mode(), err)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// A signed file that was altered is called so when its request is shown, and is not opened. So is one that is missing.
func TestADamagedFileIsSaidAtOnceAndForGood(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r, other := f.signed("Lease"), f.add("Minutes")
	f.saying("Evidence: the signed document itself, the strongest proof.")
	f.ctrl(fyne.Key6)
	path := f.desk.DocumentPath(r.Documents[0].Signed.SHA256)
	kept := readFile(t, path)
	changed := bytes.Clone(kept)
	changed[len(changed)/2] ^= 1
	put := func(content []byte) {
		f.window.choose(other.ID)
		f.settle()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f.window.choose(r.ID)
		f.settle()
	}
	put(changed)
	f.saying("Lease | office | File damaged", "The signed file was altered after it was stored here", "A stored file was altered", "It was verified when it was received", "[Check now]")
	if strings.Contains(f.says(), "the strongest proof") {
		t.Error("it is still called a proof")
	}
	f.ctrlShift(fyne.KeyP)
	f.saying("The file could not be opened: the stored file was altered: put it back from a backup")
	f.settle()
	if len(f.opened) > 0 {
		t.Errorf("opened %s", <-f.opened)
	}
	put(kept)
	f.saying("Lease | office | Signed", "A damaged file was restored", "the strongest proof")
}

func TestAMissingStoredFileIsReported(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r, other := f.signed("Lease"), f.add("Minutes")
	f.window.choose(other.ID)
	f.settle()
	if err := os.Remove(f.desk.DocumentPath(r.Documents[0].SHA256)); err != nil {
		t.Fatal(err)
	}
	f.window.choose(r.ID)
	f.saying("The original is missing.", "Evidence: the signed document itself, the strongest proof.")
}

// painter draws previews only when the test allows it, and records what was asked for.
type painter struct {
	asked chan string
	may   chan struct{}
	err   error
}

func newPainter() *painter {
	return &painter{asked: make(chan string, 100), may: make(chan struct{}, 100)}
}

func (p *painter) draw(ctx context.Context, path string, number, width int) (placement.Page, error) {
	p.asked <- path
	select {
	case <-p.may:
	case <-ctx.Done():
		return placement.Page{}, ctx.Err()
	}
	if p.err != nil {
		return placement.Page{}, p.err
	}
	return placement.Page{Image: image.NewRGBA(image.Rect(0, 0, width, width)), Number: number, Pages: 12}, nil
}

// asks waits until a preview is asked for, and returns the digest of its file.
func (f *office) asks(p *painter) string {
	f.t.Helper()
	deadline := time.After(uitest.Patience)
	for {
		f.queue.Drain()
		select {
		case path := <-p.asked:
			return path
		case <-f.queue.News():
		case <-deadline:
			f.t.Fatal("no page is drawn")
		}
	}
}

// firstPage returns the thumbnail of the first document.
func (f *office) firstPage() fyne.Tappable {
	f.t.Helper()
	for _, o := range uitest.Find[fyne.CanvasObject](f.window.detail) {
		if page, ok := o.(fyne.Tappable); ok && o.MinSize() == fyne.NewSize(76, 108) {
			return page
		}
	}
	f.t.Fatal("no page is shown")
	return nil
}

// picture returns the picture of the first document; nil before it is drawn.
func (f *office) picture() image.Image {
	f.t.Helper()
	for _, drawn := range uitest.Find[*canvas.Image](f.firstPage().(fyne.CanvasObject)) {
		if drawn.Resource == nil && drawn.Image != nil {
			return drawn.Image
		}
	}
	return nil
}

func TestTheFirstPageComesWhenItIsDrawn(t *testing.T) {
	p := newPainter()
	f := newOffice(t, officeOptions{preview: p.draw})
	r := f.add("Lease")
	f.window.choose(r.ID)
	if path := f.asks(p); path != f.desk.DocumentPath(r.Documents[0].SHA256) {
		t.Errorf("drawn: %s", path)
	}
	f.saying("Not signed when it was added")
	if f.picture() != nil {
		t.Fatal("there is a picture before it is drawn")
	}
	p.may <- struct{}{}
	f.saying("1 kB · 12 pages")
	if picture := f.picture(); picture == nil || picture.Bounds().Dx() != 76 {
		t.Errorf("the picture is %v", picture)
	}
	f.settle()
	test.Tap(f.firstPage())
	if got := <-f.opened; f.copyOf(got) != r.Documents[0].SHA256 {
		t.Errorf("a tap opened %s", got)
	}

	// A new version of the request keeps the picture.
	if _, err := f.desk.Edit(t.Context(), r.ID, "Lease, new", "", ""); err != nil {
		t.Fatal(err)
	}
	f.saying("Lease, new")
	f.settle()
	if f.picture() == nil || len(p.asked) > 0 {
		t.Error("the first page was drawn again")
	}
}

func TestAPageThatIsDrawnTooLateIsNotShown(t *testing.T) {
	p := newPainter()
	f := newOffice(t, officeOptions{preview: p.draw})
	first, second := f.add("First"), f.add("Second")
	f.window.choose(first.ID)
	f.asks(p)
	f.window.choose(second.ID)
	if path := f.asks(p); path != f.desk.DocumentPath(second.Documents[0].SHA256) {
		t.Fatalf("drawn: %s", path)
	}
	f.saying("Second.pdf")
	p.may <- struct{}{} // for the second request; the first is no longer awaited
	f.saying("12 pages")
	f.settle()
	if f.picture() == nil || len(p.asked) > 0 {
		t.Error("a page of another request is kept")
	}
}

func TestAPageThatCannotBeShownSaysWhy(t *testing.T) {
	p := newPainter()
	p.err = errors.New("the first page is damaged")
	p.may <- struct{}{}
	f := newOffice(t, officeOptions{preview: p.draw})
	f.show("Lease")
	f.saying("No preview of the first page: the first page is damaged")
}

func TestWhyAPageCannotBeShownIsSaidInTheLanguage(t *testing.T) {
	p := newPainter()
	p.err = request.Errorf("preview_not_drawn", "in English")
	p.may <- struct{}{}
	f := newOffice(t, officeOptions{preview: p.draw, lang: i18n.French})
	f.show("Lease")
	f.saying("cette page ne peut pas être affichée ici")
}

func TestARequestIsEdited(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.ctrl(fyne.KeyE)
	f.saying("Edit this request")
	c := f.window.window.Canvas()
	retype := func(content string) {
		f.t.Helper()
		c.Focused().(*kit.Field).SetText("")
		f.typeInto(content)
	}
	retype(" ")
	f.key(fyne.KeyReturn)
	f.saying("A request needs a title.")
	retype("Lease, second floor")
	c.FocusNext()
	retype("L-7")
	c.FocusNext()
	retype("at Christmas")
	f.key(fyne.KeyReturn)
	f.saying("Not a date: enter it like 24/12/2026")
	retype("24 December")
	f.saying("Thu, 24 Dec 2026")
	f.key(fyne.KeyReturn)
	f.saying("Lease, second floor", "L-7 · office", "Due 24 Dec 2026", "Details changed")
	f.settle()
	if now := f.get(r.ID); now.Title != "Lease, second floor" || now.Reference != "L-7" || now.Due != "2026-12-24" || f.window.modals.IsOpen() {
		t.Errorf("got %+v", now)
	}
	f.follow("Edit…")
	if got := c.Focused().(*kit.Field).Text; got != "Lease, second floor" {
		t.Errorf("the title begins as %q", got)
	}
	f.escape()
	if f.window.modals.IsOpen() {
		t.Error("Escape does not close it")
	}
}

func TestTheReasonOfAWithdrawalIsStored(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.key(fyne.KeyDelete)
	f.saying("Withdraw this request?")
	f.typeInto("replaced by another one")
	f.key(fyne.KeyReturn)
	f.saying("Replaced by another one.")
	f.settle()
	if got := f.get(r.ID).Status; got != request.Withdrawn {
		t.Errorf("it is %s", got)
	}
}

func TestACopyOfTheSignedFileIsSavedAndReplacesNothing(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", os.Getenv("HOME"))
	f := newOffice(t, officeOptions{})
	f.signed("Lease")
	c := f.window.window.Canvas()
	folder := t.TempDir()
	f.ctrlShift(fyne.KeyS)
	f.saying("Save a copy of the signed PDF")
	entry := c.Focused().(*kit.Field)
	if want := filepath.Join(os.Getenv("HOME"), "Lease (signed).pdf"); entry.Text != want {
		t.Errorf("suggested %s, not %s", entry.Text, want)
	}
	mine := filepath.Join(folder, "mine.pdf")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	entry.SetText(filepath.Join(folder, "mine"))
	f.key(fyne.KeyReturn)
	f.saying("A file with this name already exists")
	if left, err := os.ReadFile(mine); err != nil || string(left) != "mine" {
		t.Fatalf("it was replaced: %v", err)
	}
	c.Focused().(*kit.Field).SetText(filepath.Join(folder, "theirs.pdf"))
	f.key(fyne.KeyReturn)
	f.saying("Saved as " + filepath.Join(folder, "theirs.pdf"))
	if _, err := os.Stat(filepath.Join(folder, "theirs.pdf")); err != nil {
		t.Error(err)
	}
	f.press("Save a copy…")
	f.saying("Save a copy of the signed PDF")
	if got := c.Focused().(*kit.Field).Text; filepath.Dir(got) != folder {
		t.Errorf("the next one would go to %s", got)
	}
}

func TestFilesAreOpenedAndShownAsCopies(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.signed("Lease")
	original, signed := r.Documents[0].SHA256, r.Documents[0].Signed.SHA256
	for what, do := range map[string]struct {
		do   func()
		told chan string
		want string
	}{
		"the key of the signed file":  {func() { f.ctrlShift(fyne.KeyP) }, f.opened, signed},
		"the key of the original":     {func() { f.ctrlShift(fyne.KeyO) }, f.opened, original},
		"the key of the folder":       {func() { f.ctrlShift(fyne.KeyL) }, f.folders, signed},
		"the link to the original":    {func() { f.follow("Open original") }, f.opened, original},
		"the link that shows a place": {func() { f.follow("Show in folder") }, f.folders, signed},
	} {
		do.do()
		if got := <-do.told; f.copyOf(got) != do.want {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func TestALinkIsReachedAndPressedByKey(t *testing.T) {
	f := newOffice(t, officeOptions{size: fyne.NewSize(1100, 420)})
	r := f.signed("Lease")
	last := uitest.FindLink(f.window.detail, f.window.lang.Say("request.folder"))
	c := f.window.window.Canvas()
	c.Focus(last)
	top := fyne.CurrentApp().Driver().AbsolutePositionForObject(last).Y
	if top < 0 || top+last.Size().Height > c.Size().Height {
		t.Errorf("it has the keyboard at %.0f of %.0f, where nobody sees it", top, c.Size().Height)
	}
	f.key(fyne.KeyReturn)
	if got := <-f.folders; f.copyOf(got) != r.Documents[0].Signed.SHA256 {
		t.Errorf("shown: %s", got)
	}
	f.key(fyne.KeyF1)
	f.saying("Keyboard shortcuts", "Copy the gateway’s answer")
}

func TestTheAnswerOfTheGatewayIsCopied(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.chooseSeeded(11)
	f.follow("Copy answer")
	got := f.app.Clipboard().Content()
	for _, want := range []string{"Employment contract, K. Okafor", "HR-2026-311 · office", "8f2c", "rejected\nThe salary does not match the offer.", "browser only"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func TestAFileThatWasMeantToBeSignedIsOfferedAsANewRequest(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Attach signed PDF…]")
	f.settle()
	drop := func(path string) {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(f.window.detail).AddXY(20, 20)
		f.window.onDropped(at, []fyne.URI{storage.NewFileURI(path)})
	}
	path := write(t, "Minutes.pdf", pdftest.Plain(t, "Minutes"))
	drop(path)
	f.saying("This is not the signed file", "“Minutes.pdf” is not a signed version of what was sent for “Lease”")
	f.settle()
	f.press("Do not add")
	if f.count("All") != "1" || f.window.modals.IsOpen() {
		t.Error("it was added all the same")
	}
	drop(path)
	f.saying("[Add as a new request]")
	f.press("Add as a new request")
	f.saying("Minutes.pdf", "1 page", "[Add]")
	f.press("Add")
	f.wait("the new request to be shown", func() bool { return f.window.detail.Shown().Title == "Minutes" })
}

func TestTroubleIsShown(t *testing.T) {
	f := newOffice(t, officeOptions{seed: requestDay()})
	for id, want := range map[int][]string{
		16: {"The outcome could not be determined yet", "does not answer (connection refused): check the network, then try again. Countersign tries again automatically"},
		50: {"The browser came back with an answer that was not accepted", "It names the process 91ab", "name different processes.\n"},
		51: {"Signing could not be prepared", "the token was refused"},
	} {
		f.chooseSeeded(id)
		f.saying(want...)
	}
	f.chooseSeeded(1)
	if strings.Contains(f.says(), f.window.lang.Say("prefs.diagnose")) {
		t.Error("there is trouble where none is")
	}
}

func TestTheOtherAttemptsSayWhatHappened(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.chooseSeeded(11)
	f.ctrl(fyne.KeyR)
	f.saying("1. Rejected, ", "rejected · The salary does not match the offer.", "2. To sign, now")
}

func TestAnUnprovenFileIsNotShownAsSignedSince(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Check now]")
	f.settle()
	f.gateway.set(func(g *fakeGateway) {
		g.outcome = gateway.Outcome{Status: request.Signed, Code: "finished", Documents: []request.DocumentResult{{Code: "signed", Signed: true}}}
		g.signed = func(request.ID) []byte { return pdftest.Sign(t, pdftest.Plain(t, "Other"), "Maria Example") }
	})
	if err := f.desk.Refresh(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	f.saying("A file was received, but it does not prove the signature", "Signatures in the received file", "Maria Example")
	f.settle()
	if said := f.says(); strings.Contains(said, "Signed after it was sent") {
		t.Errorf("it says:\n%s", said)
	}
}

// A file that cannot be checked is shown as such, and a person can vouch for it, by keyboard alone too.
func TestAPersonVouchesForAFileThatCannotBeChecked(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Check now]")
	f.settle()
	original, err := os.ReadFile(f.desk.DocumentPath(r.Documents[0].SHA256))
	if err != nil {
		t.Fatal(err)
	}
	f.gateway.set(func(g *fakeGateway) {
		g.outcome = gateway.Outcome{Status: request.Signed, Code: "finished", Documents: []request.DocumentResult{{Code: "signed", Signed: true}}}
		g.signed = func(request.ID) []byte {
			return pdftest.Embed(t, original, pdftest.SignatureField{SubFilter: "example.signature"}, func([]byte) []byte { return []byte("a signature") })
		}
	})
	if err := f.desk.Refresh(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	f.saying("Signed, unchecked", "A file was received, but it cannot be checked here", "[Vouch for the file…]")
	f.settle()
	f.ctrlShift(fyne.KeyV)
	f.saying("Vouch for this file?")
	f.key(fyne.KeyReturn) // without a note, nothing happens
	f.saying("Vouch for this file?")
	f.typeInto("Ana showed it to me")
	f.key(fyne.KeyReturn)
	f.saying("Signed, vouched for", "vouches for this file: Ana showed it to me.", "Vouched for the signed file")
	f.settle()
	if got := f.get(r.ID); got.Outcome.Evidence != request.ByGateway || got.FileState() != request.FilesVouched {
		t.Errorf("it is %+v", got)
	}
	if strings.Contains(f.says(), "[Vouch for the file…]") {
		t.Error("it asks for another word")
	}
}

func TestFilesCanBeOpenedDuringAJob(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.hold = make(chan struct{}) })
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Preparing to sign…]")
	f.ctrlShift(fyne.KeyO)
	if got := <-f.opened; f.copyOf(got) != r.Documents[0].SHA256 {
		t.Errorf("opened %s", got)
	}
	f.press("Stop")
	f.saying("Stopped.")
}

// The file in the home is not what the digest says, so its first page would be that of another document.
func TestTheFirstPageOfADamagedFileIsNotDrawn(t *testing.T) {
	p := newPainter()
	f := newOffice(t, officeOptions{preview: p.draw})
	r, other := f.add("Lease"), f.add("Minutes")
	f.window.choose(other.ID)
	f.asks(p)
	p.may <- struct{}{}
	f.settle()
	if err := os.WriteFile(f.desk.DocumentPath(r.Documents[0].SHA256), []byte("%PDF-1.7 another one"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.window.choose(r.ID)
	f.saying("File damaged", "The original was altered after it was stored here.", "No preview of the first page: the stored file was altered")
	f.settle()
	if len(p.asked) > 0 || f.picture() != nil {
		t.Error("the first page of the altered file was drawn")
	}
}

// TestWhatAClerkDoesStandsAboveWhatAnAuditorDoes holds the order of the parts of a request, and that nothing is said twice.
func TestWhatAClerkDoesStandsAboveWhatAnAuditorDoes(t *testing.T) {
	f := newOffice(t, officeOptions{seed: requestDay()})
	for id, order := range map[int][]string{
		1:  {"[Open signed PDF]", "[Save a copy…]", "DOCUMENT", "DETAILS", "REVIEW", "<Save evidence…>", "GATEWAY’S ANSWER", "TIMELINE"},
		10: {"[Reopen]", "GATEWAY’S ANSWER", "2 DOCUMENTS", "DETAILS", "REVIEW", "<Save evidence…>", "TIMELINE"},
	} {
		f.chooseSeeded(id)
		said := uitest.Texts(f.window.detail, nil)
		last := -1
		for _, part := range order {
			at := slices.Index(said, part)
			if at <= last {
				t.Errorf("request %d: %s is at %d, and what stands above it at %d: %q", id, part, at, last, said)
			}
			last = at
		}
		if slices.Contains(said, "<Save a copy…>") {
			t.Errorf("request %d offers to save a copy twice: %q", id, said)
		}
		if slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "Signed. ") }) {
			t.Errorf("request %d repeats its badge: %q", id, said)
		}
	}
}
