package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/queue"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/queuebar"
	"countersign/ui/uitest"
)

// drop drops files on the window.
func (f *office) drop(paths ...string) {
	var dropped []fyne.URI
	for _, path := range paths {
		dropped = append(dropped, storage.NewFileURI(path))
	}
	f.window.onDropped(fyne.Position{}, dropped)
}

// read waits until the form has read all of its entries.
func (f *office) read() {
	f.t.Helper()
	f.wait("the sheet to be read", func() bool { return f.window.composer.IsShown() && f.queue.Idle() })
}

// closed waits until the form is closed and its background work has ended.
func (f *office) closed() {
	f.t.Helper()
	f.wait("the sheet to close", func() bool { return !f.window.modals.IsOpen() })
	f.settle()
}

// sheet returns the topmost modal.
func (f *office) sheet() fyne.CanvasObject {
	f.t.Helper()
	top := f.window.window.Canvas().Overlays().Top()
	if top == nil {
		f.t.Fatalf("nothing lies over the window, which says:\n%s", f.says())
	}
	return top
}

// field returns the field below the label with a catalog key, in the topmost modal; nil when it is hidden.
func (f *office) field(key string) *kit.Field {
	f.t.Helper()
	for _, box := range uitest.Find[*fyne.Container](f.sheet()) {
		if len(box.Objects) != 2 {
			continue
		}
		if name, is := box.Objects[0].(*kit.Text); is && name.Value() == f.label(key) {
			for _, found := range uitest.Find[*kit.Field](box.Objects[1]) {
				return found
			}
		}
	}
	return nil
}

// label returns the label above a field of the form for new requests.
func (f *office) label(key string) string {
	lang := f.window.lang
	return map[string]string{
		"sheet.name": lang.Say("sheet.name"), "sheet.reason": lang.Say("sheet.reason"), "sheet.reference": lang.Say("sheet.reference"), "sheet.due": lang.Say("sheet.due"),
		"sheet.signer_name": lang.Say("sheet.signer_name"), "sheet.signer_email": lang.Say("sheet.signer_email"), "sheet.signer_country": lang.Say("sheet.signer_country"),
		"sheet.signer_number": lang.Say("sheet.signer_number"), "win.field_name": lang.Say("win.field_name"), "win.page": lang.Say("win.page"), "win.left": lang.Say("win.left"),
		"win.bottom": lang.Say("win.bottom"), "win.width": lang.Say("win.width"), "win.height": lang.Say("win.height"),
	}[key]
}

// pathField returns the field for paths in the form for new requests.
func (f *office) pathField() *kit.Field {
	f.t.Helper()
	for _, found := range uitest.Find[*kit.Field](f.sheet()) {
		if found.PlaceHolder == f.window.lang.Say("sheet.path") {
			return found
		}
	}
	return nil
}

// entries returns the rows of the form that are drawn.
func (f *office) entries() []fyne.CanvasObject {
	f.t.Helper()
	for _, l := range uitest.Find[*kit.RecordList](f.sheet()) {
		return uitest.Rows(l)
	}
	return nil
}

// all returns the requests of the desk by title.
func (f *office) all() map[string]request.Request {
	f.t.Helper()
	page, err := f.desk.Workspace.Query(f.t.Context(), ledger.Query{Limit: 1000})
	if err != nil {
		f.t.Fatal(err)
	}
	byTitle := map[string]request.Request{}
	for _, r := range page.Requests {
		byTitle[r.Title] = r
	}
	return byTitle
}

// folder creates a folder with PDF files of these names.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), pdftest.Plain(t, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestADroppedFileIsAddedByEnter(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.key(fyne.KeyReturn) // the file is still being read
	f.closed()
	f.saying("Lease | office | To sign", "Added. Press Ctrl+Enter")
	f.wait("the new request to be shown", func() bool { return f.window.detail.Shown().Title == "Lease" })
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.list()) {
		t.Error("the list has not the keyboard")
	}
}

func TestADroppedFileIsSignedAtOnce(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	f.ctrl(fyne.KeyReturn)
	f.saying("[Open browser again]")
	f.closed()
	if got := f.all()["Lease"]; got.Status != request.Signing {
		t.Errorf("got %+v", got)
	}
	if notice := f.window.notices.text(); notice != "" {
		t.Errorf("the window still says %q", notice)
	}
}

func TestANoticeStaysUntilTheNextAction(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.key(fyne.KeyReturn)
	f.closed()
	f.saying("Added. Press Ctrl+Enter")
	f.wait("the new request to be shown", func() bool { return f.window.detail.Shown().Title == "Lease" })
	f.ctrl(fyne.KeyReturn)
	if notice := f.window.notices.text(); notice != "" {
		t.Errorf("the window still says %q", notice)
	}
	f.saying("[Open browser again]")
	f.settle()
	f.window.notices.fail("Something went wrong.")
	f.key(fyne.KeyF5)
	if f.window.notices.text() == "" {
		t.Error("what went wrong is gone before anybody dismissed it")
	}
}

func TestAPDFIsAddedByItsPath(t *testing.T) {
	f := newOffice(t, officeOptions{})
	path := write(t, "Lease.pdf", pdftest.Plain(t, "Lease"))
	f.ctrl(fyne.KeyO)
	f.saying("New request", "Drop PDF files")
	if !f.button("Add").Disabled() {
		t.Error("nothing can be added")
	}
	f.typeInto(path)
	f.key(fyne.KeyReturn)
	f.read()
	f.saying("1 page · ")
	f.field("sheet.reference").SetText("L-7")
	f.field("sheet.due").SetText("at Christmas")
	f.key(fyne.KeyReturn)
	f.saying("Not a date: enter it like 24/12/2026")
	if f.window.window.Canvas().Focused() != fyne.Focusable(f.field("sheet.due")) {
		t.Error("the date that is wrong does not get the keyboard")
	}
	f.field("sheet.due").SetText("24/12")
	f.saying("Thu, 24 Dec 2026")
	f.key(fyne.KeyReturn)
	f.closed()
	if got := f.all()["Lease"]; got.Reference != "L-7" || got.Due != "2026-12-24" || got.Gateway != "office" {
		t.Errorf("got %+v", got)
	}
}

// userFolders sets up, for the person of a test, the folders that the toolkit's file dialog looks for.
func userFolders(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("XDG_CONFIG_HOME", folder)
	var names strings.Builder
	for _, name := range []string{"Desktop", "Documents", "Downloads", "Music", "Pictures", "Videos"} {
		path := filepath.Join(folder, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&names, "XDG_%s_DIR=%q\n", strings.ToUpper(name), path)
	}
	if err := os.WriteFile(filepath.Join(folder, "user-dirs.dirs"), []byte(names.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheFileDialogOpensOverTheForm(t *testing.T) {
	userFolders(t)
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.KeyO)
	f.escape()
	if f.window.modals.IsOpen() {
		t.Fatal("Escape does not close the sheet")
	}
	f.ctrl(fyne.KeyO)
	f.press("Browse…")
	if overlays := f.window.window.Canvas().Overlays().List(); len(overlays) != 2 {
		t.Errorf("%d dialogs are open", len(overlays))
	}
	f.saying("Choose documents")
	f.escape()
	if !f.window.composer.IsShown() || len(f.window.window.Canvas().Overlays().List()) != 1 {
		t.Error("Escape does not close the dialog, or the sheet with it")
	}
	f.press("Folder…")
	f.saying("Choose a folder")
	if overlays := f.window.window.Canvas().Overlays().List(); len(overlays) != 2 {
		t.Errorf("%d dialogs are open", len(overlays))
	}
}

func TestGoodFilesOfAFolderAreAddedAndBadOnesListed(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key6)
	f.settle()
	f.search().SetText("lease")
	f.settle()
	dir := folder(t, "First.pdf", "Last.pdf")
	for name, content := range map[string][]byte{"Locked.pdf": pdftest.Encrypted(t), "Notes.pdf": []byte("not a pdf"), "First again.pdf": readFile(t, filepath.Join(dir, "First.pdf"))} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.drop(dir)
	f.read()
	f.saying("Locked.pdf needs a password", "Notes.pdf is not a PDF", "Duplicate", "2 to add · 1 not selected · 2 left out", "[Add 2]")
	more := write(t, "More.pdf", pdftest.Plain(t, "More"))
	f.drop(more, more)
	f.read()
	f.saying("[Add 3]")
	f.key(fyne.KeyReturn)
	f.closed()
	f.saying("More | office", "First again | office", "Last | office", "3 requests were added.")
	if f.search().Text != "" || f.window.arrangement.view != 0 {
		t.Error("what was added cannot be seen in the list")
	}
}

func TestAFileThatIsSignedAlreadyIsMarkedAndCanBeShown(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	f.press("Sign in browser")
	f.saying("[Open browser again]")
	f.settle()
	content := original(t, f, r)
	f.gateway.set(func(g *fakeGateway) {
		g.outcome = gateway.Outcome{Status: request.Signed, Code: "finished", Documents: []request.DocumentResult{{Code: "signed", Signed: true}}}
		g.signed = func(request.ID) []byte { return pdftest.Sign(t, content, "Maria Example") }
	})
	if err := f.desk.Refresh(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	f.show("Another")
	path := write(t, "Lease, again.pdf", content)
	f.drop(path)
	f.read()
	f.saying("Signed 21 Nov 2026", "Signed on 21 Nov 2026 as “Lease”.", "[Show it]")
	f.key(fyne.KeyReturn)
	f.queue.Drain()
	if len(f.all()) != 2 {
		t.Fatal("what is signed already was added without anybody saying so")
	}
	f.press("Show it")
	f.wait("the signed request to be shown", func() bool { return f.window.detail.Shown().ID == r.ID })
	if f.window.modals.IsOpen() {
		t.Error("the sheet is in the way")
	}
	// A person may include the file all the same.
	f.settle()
	f.ctrl(fyne.KeyO)
	f.saying("Lease, again.pdf")
	f.window.window.Canvas().Focus(uitest.Find[*kit.RecordList](f.sheet())[0])
	f.key(fyne.KeySpace)
	f.key(fyne.KeyReturn)
	f.closed()
	if _, added := f.all()["Lease, again"]; !added {
		t.Error("it was not added")
	}
}

func TestFilesGoTogetherWhereTheGatewayTakesThem(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(folder(t, "A.pdf", "B.pdf", "C.pdf"))
	f.read()
	f.saying("3 files as one request")
	test.Tap(uitest.Find[*kit.Check](f.sheet())[0])
	f.saying("[Add]")
	if got := f.field("sheet.name").Text; got != "A and 2 more" {
		t.Errorf("the title is %q", got)
	}
	f.press("Add")
	f.closed()
	if got := f.all()["A and 2 more"]; len(got.Documents) != 3 {
		t.Errorf("got %+v", got)
	}
	// The next form has the same choice.
	f.gateway.set(func(g *fakeGateway) { g.can.MaxDocuments = 2 })
	f.drop(folder(t, "D.pdf", "E.pdf", "F.pdf"))
	f.read()
	if together := uitest.Find[*kit.Check](f.sheet())[0]; !together.Checked || !together.Disabled() {
		t.Error("three go together where two fit")
	}
	f.saying("One by one: office accepts at most 2 documents per visit.", "[Add 3]")
	f.window.window.Canvas().Focus(uitest.Find[*kit.RecordList](f.sheet())[0])
	f.key(fyne.KeyDelete)
	f.saying("[Add]")
}

func TestASignerIsNamedWhereTheGatewayNeedsOne(t *testing.T) {
	f := newOffice(t, officeOptions{profiles: "[gateways.town]\nkind = \"fake\"\nurl = \"https://town.example.org\"\n"})
	f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner, g.can.CustomAppearance = true, true })
	lease := write(t, "Lease.pdf", pdftest.Plain(t, "Lease"))
	f.drop(lease)
	f.read()
	f.saying("Signer", "ID number", "Reason for signing")
	f.key(fyne.KeyReturn)
	f.saying("needs to know who signs")
	f.field("sheet.signer_name").SetText(" Ana Puig ")
	f.field("sheet.signer_email").SetText("ana@example.org")
	f.field("sheet.signer_country").SetText("es")
	f.field("sheet.signer_number").SetText("12345678Z")
	f.field("sheet.reason").SetText("Approval")
	uitest.Find[*kit.Select](f.sheet())[0].SetSelected("town")
	f.key(fyne.KeyReturn)
	f.closed()
	want := request.Signer{Name: "Ana Puig", Email: "ana@example.org", Country: "ES", Number: "12345678Z"}
	got := f.all()["Lease"]
	if got.Gateway != "town" || len(got.Signers) != 1 || got.Signers[0] != want || got.Signature == nil || got.Signature.Reason != "Approval" {
		t.Errorf("got %+v", got)
	}
	f.drop(write(t, "Next.pdf", pdftest.Plain(t, "Next")))
	f.read()
	offered := request.Signer{
		Name: f.field("sheet.signer_name").Text, Email: f.field("sheet.signer_email").Text, Country: f.field("sheet.signer_country").Text, Number: f.field("sheet.signer_number").Text,
	}
	if gateway := uitest.Find[*kit.Select](f.sheet())[0].Selected; offered != want || gateway != "town" {
		t.Errorf("the last choice is not offered: %+v for %s", offered, gateway)
	}
}

// Whoever practiced last is offered a real gateway for the next request.
func TestARealGatewayIsOfferedAfterPractice(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	uitest.Find[*kit.Select](f.sheet())[0].SetSelected("sandbox (practice)")
	f.key(fyne.KeyReturn)
	f.closed()
	if r := f.all()["Lease"]; !r.Practice {
		t.Errorf("it is no practice request: %+v", r)
	}
	f.drop(write(t, "Next.pdf", pdftest.Plain(t, "Next")))
	f.read()
	if gateway := uitest.Find[*kit.Select](f.sheet())[0].Selected; gateway != "office" {
		t.Errorf("%s is offered", gateway)
	}
}

func TestAGatewayThatTakesNoFilesIsReported(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsFiles = false })
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.read()
	f.saying("office does not accept files")
	f.key(fyne.KeyReturn)
	f.queue.Drain()
	if !f.window.composer.IsShown() || len(f.all()) != 0 {
		t.Error("it was added all the same")
	}
}

func TestASigningLinkIsPasted(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	paste := func(text string) {
		f.app.Clipboard().SetContent(text)
		f.paste()
	}
	paste("lunch?")
	f.saying("The clipboard contains neither a file nor a signing link.")
	paste("https://sign.example.org/sign?ids=12,27")
	f.read()
	f.saying("Request 12", "Request 27", "Already exists at gateway office", "[Add 2]")
	if len(uitest.Find[*kit.Select](f.sheet())) > 0 {
		t.Error("the gateway can be chosen, which is settled")
	}
	f.press("Add 2")
	f.closed()
	if got := f.all()["office 12"]; got.RemoteID != "12" || got.Gateway != "office" {
		t.Errorf("got %+v", got)
	}
	paste("https://sign.example.org/sign?ids=12,28")
	f.read()
	f.saying("Already added as “office 12” and not signed yet; last changed on 21 Nov 2026.", "[Add]", "1 to add · 1 not selected")
	paste("https://elsewhere.example.org/sign?ids=1")
	f.read()
	f.saying("No gateway of this desk is at elsewhere.example.org")
}

// paste types Ctrl+V, which the menu handles first.
func (f *office) paste() {
	f.t.Helper()
	f.shortcut(&fyne.ShortcutPaste{})
}

func TestPathsArePasted(t *testing.T) {
	f := newOffice(t, officeOptions{})
	lease, deed := write(t, "The lease.pdf", pdftest.Plain(t, "Lease")), write(t, "Deed.pdf", pdftest.Plain(t, "Deed"))
	f.app.Clipboard().SetContent(storage.NewFileURI(lease).String() + "\r\n\"" + deed + "\"\n")
	f.window.window.Canvas().Focus(f.search())
	f.paste()
	if f.window.composer.IsShown() || !strings.Contains(f.search().Text, "Deed.pdf") {
		t.Fatal("the text was taken from the entry that has the keyboard")
	}
	f.window.window.Canvas().Unfocus()
	f.paste()
	f.read()
	f.saying("The lease.pdf", "Deed.pdf", "[Add 2]")
	// Pasting also works while the form is open, and in its path field.
	f.app.Clipboard().SetContent(write(t, "Will.pdf", pdftest.Plain(t, "Will")))
	f.paste()
	f.read()
	f.saying("[Add 3]")
	f.app.Clipboard().SetContent(write(t, "One.pdf", pdftest.Plain(t, "One")) + "\n" + write(t, "Two.pdf", pdftest.Plain(t, "Two")))
	f.window.window.Canvas().Focus(f.pathField())
	f.paste()
	f.read()
	f.saying("[Add 5]")
}

func TestEntriesThatFailStayInTheForm(t *testing.T) {
	f := newOffice(t, officeOptions{})
	dir := folder(t, "A.pdf", "B.pdf", "C.pdf")
	f.drop(dir)
	f.read()
	for _, name := range []string{"A.pdf", "C.pdf"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	f.key(fyne.KeyReturn)
	f.saying("2 could not be added. The list shows why.", "There is no file A.pdf", "Not added")
	f.settle()
	if len(f.all()) != 1 || len(f.entries()) != 2 {
		t.Errorf("%d are added, %d are left", len(f.all()), len(f.entries()))
	}
}

func TestAddingShowsProgressAndCanBeStopped(t *testing.T) {
	f := newOffice(t, officeOptions{})
	second, going := make(chan struct{}), make(chan struct{})
	calls := 0
	f.desk.beforeAdd = func(ctx context.Context) {
		if calls++; calls == 2 {
			close(second)
			select {
			case <-ctx.Done():
			case <-going:
			}
		}
	}
	f.drop(folder(t, "A.pdf", "B.pdf", "C.pdf"))
	f.read()
	f.key(fyne.KeyReturn)
	f.saying("1 of 3 added")
	<-second
	f.key(fyne.KeyEscape) // the first Escape stops, and the remaining entries stay
	f.saying("Stopped. What was added so far is in Countersign; the rest is still here.", "[Add 2]")
	f.settle()
	if len(f.all()) != 1 {
		t.Errorf("%d are added", len(f.all()))
	}
	f.key(fyne.KeyReturn)
	f.closed()
	if len(f.all()) != 3 {
		t.Errorf("%d are added in the end", len(f.all()))
	}
}

func TestFilesAreShownWhileTheRestIsRead(t *testing.T) {
	f := newOffice(t, officeOptions{})
	more := make(chan struct{})
	f.desk.look = func(ctx context.Context, each func(desk.Candidate)) (desk.Intake, error) {
		each(desk.Candidate{Path: "/a.pdf", Name: "a.pdf", Size: 2000, Pages: 2})
		select {
		case <-more:
			return desk.Intake{Notes: []request.Sentence{{Text: "there is more here than is looked at together"}}}, nil
		case <-ctx.Done():
			return desk.Intake{}, ctx.Err()
		}
	}
	f.drop("/a.pdf", "/b.pdf")
	f.saying("a.pdf", "2 pages · 2 kB", "Reading… 1 file so far", "[Stop]")
	f.press("Stop")
	f.read()
	f.saying("[Add]")
	f.drop("/c.pdf")
	close(more)
	f.read()
	f.saying("There is more here than is looked at together.")
	if len(f.entries()) != 1 {
		t.Error("a file is listed twice")
	}
}

func TestTheFormReportsThatTheGatewaysCannotBeRead(t *testing.T) {
	f := newOffice(t, officeOptions{})
	good := readFile(t, f.dir.Gateways())
	if err := os.WriteFile(f.dir.Gateways(), []byte("[gateways"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")))
	f.saying("gateways.toml")
	f.settle()
	if err := os.WriteFile(f.dir.Gateways(), good, 0o600); err != nil {
		t.Fatal(err)
	}
	f.key(fyne.KeyReturn)
	f.closed()
}

func TestAClosedFormAddsNothing(t *testing.T) {
	f := newOffice(t, officeOptions{})
	ended := make(chan struct{})
	f.desk.look = func(ctx context.Context, each func(desk.Candidate)) (desk.Intake, error) {
		defer close(ended)
		each(desk.Candidate{Path: write(t, "Lease.pdf", pdftest.Plain(t, "Lease")), Name: "Lease.pdf", Pages: 1})
		<-ctx.Done()
		return desk.Intake{}, ctx.Err()
	}
	f.drop("/a.pdf")
	f.key(fyne.KeyReturn)
	f.saying("Lease.pdf")
	f.escape()
	<-ended
	f.settle()
	if len(f.all()) != 0 || f.window.composer.IsShown() {
		t.Error("it goes on")
	}
}

func TestTheSheetAndTheQueueFitInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			f := newOffice(t, officeOptions{lang: lang})
			f.add("Lease")
			f.gateway.set(func(g *fakeGateway) {
				g.can = gateway.Capabilities{MaxDocuments: 1, AcceptsFiles: true, AcceptsIDs: true, NeedsSigner: true, CustomAppearance: true}
			})
			f.ctrl(fyne.KeyO)
			f.fits("the empty sheet")
			f.drop(write(t, "Lease.pdf", pdftest.Plain(t, "Lease")), write(t, "Scan.pdf", nil), write(t, "Will.pdf", pdftest.Sign(t, pdftest.Plain(t, "Will"), "Maria Example")))
			f.read()
			f.fits("one good file")
			f.drop(folder(t, "A.pdf", "B.pdf"))
			f.read()
			f.fits("several files")
			for _, badge := range uitest.Find[*kit.BadgeWidget](f.sheet()) {
				if width := badge.MinSize().Width; width > 200 { // else there is no room for the name
					t.Errorf("%q takes %.0f", uitest.Drawn(badge), width)
				}
			}
			f.desk.beforeAdd = func(ctx context.Context) { <-ctx.Done() }
			f.key(fyne.KeyReturn)
			f.wait("the adding", func() bool { return f.button(lang.Say("act.stop")) != nil })
			f.fits("adding")
			f.escape()
			f.settle()
			f.escape()
			for _, q := range []queue.State{
				{Here: true, Out: []request.ID{"a", "b"}, Visit: &request.Visit{}, Late: true, Done: 38, Total: 200},
				{Here: true, Paused: true, Waiting: make([]request.ID, 37), Done: 163, Total: 200},
				{Here: true, Paused: true, Waiting: make([]request.ID, 37), Done: 163, Total: 200, Reason: "gateway office: the token was refused: check the client secret"},
			} {
				f.window.chrome.queue.Set(queuebar.NewModel(lang, q, "Employment contract of Maria Example"))
				f.fits("the queue")
			}
		})
	}
}

// composeScenes are states of the form for new requests and of the queue.
func composeScenes(t *testing.T) map[string]scene {
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("Employment contract %02d.pdf", i+1))
	}
	return map[string]scene{
		"sheet-empty": {seed: threeRows(), play: func(f *office) { f.ctrl(fyne.KeyO) }},
		"sheet-one": {seed: threeRows(), play: func(f *office) {
			f.drop(write(t, "Supplier agreement 2026.pdf", pdftest.Plain(t, "Supplier")))
			f.read()
		}},
		"sheet-forty": {seed: threeRows(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner = true })
			f.drop(folder(t, names...))
			f.read()
		}},
		"sheet-bad": {seed: threeRows(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.CustomAppearance = true })
			f.add("Lease")
			f.drop(write(t, "Lease 4, Harbour Street.pdf", pdftest.Plain(t, "Lease")), write(t, "Scan 14.pdf", nil), write(t, "Salaries.pdf", pdftest.Encrypted(t)),
				write(t, "Minutes of the board meeting.docx", []byte("hello")), write(t, "Board resolution.pdf", pdftest.Sign(t, pdftest.Plain(t, "Board"), "Maria Example")))
			f.read()
		}},
		"sheet-link": {seed: threeRows(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
			f.app.Clipboard().SetContent("https://sign.example.org/sign?ids=12,27")
			f.paste()
			f.read()
		}},
		"sheet-list": {seed: threeRows(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
			f.drop(monthEndList(t))
			f.settle()
		}},
		"sheet-list-done": {seed: threeRows(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
			f.drop(monthEndList(t))
			f.settle()
			f.press(f.window.lang.Count("import.do", 2))
			f.settle()
		}},
		"queue": {seed: threeRows(), play: func(f *office) {
			f.runQueue()
			f.window.signAll([]request.ID{f.add("Supplier agreement").ID, f.add("Lease").ID})
			f.wait("the browser to be out", f.waitsForSigner)
			f.ctrl(fyne.Key2)
		}},
		"queue-stopped": {seed: threeRows(), play: func(f *office) {
			f.runQueue()
			f.gateway.set(func(g *fakeGateway) {
				g.refuse = errors.New("gateway office: sign.example.org does not answer (connection refused): check the network, then try again")
			})
			f.window.signAll([]request.ID{f.add("Supplier agreement").ID, f.add("Lease").ID})
			f.queueSays("does not answer")
		}},
	}
}

func TestARequestIsTheTemplateOfAnother(t *testing.T) {
	f := newOffice(t, officeOptions{profiles: "[gateways.notary]\nkind = \"fake\"\nurl = \"https://notary.example.org\"\n"})
	f.gateway.set(func(g *fakeGateway) {
		g.can.NeedsSigner, g.can.CustomAppearance, g.can.CopyRecipients = true, true, true
	})
	signers := []request.Signer{{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "1"}, {Name: "Bea", Email: "bea@example.org", Country: "ES", Number: "2"}}
	before, err := f.desk.Add(t.Context(), desk.New{
		Gateway: "notary", Title: "Lease, first floor", Reference: "32-EE", Due: "2026-11-20", Files: []input.File{input.Memory("Lease.pdf", pdftest.Plain(t, "Lease"))},
		Signers: signers, Copies: []request.CopyRecipient{{Name: "Carl", Email: "carl@example.org"}}, Signature: &request.SignatureOptions{Reason: "agreed", Page: "last"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.saying("Lease, first floor")
	f.window.choose(before.ID)
	f.settle()
	f.ctrl(fyne.KeyM)
	f.saying("Set up like “Lease, first floor”. Choose the documents.")
	f.read()
	f.escape()
	if f.window.modals.IsOpen() {
		t.Fatal("what the template filled in counts as typed")
	}
	for _, open := range []func(){func() { f.ctrl(fyne.KeyM) }, func() { f.ctrlShift(fyne.KeyR) }} {
		open()
		f.saying("Set up like")
		f.read()
		f.drop(write(t, "Minutes.pdf", pdftest.Plain(t, "Minutes")))
		f.read()
		if due := f.window.composer; due == nil || f.field("sheet.due").Text != "" || f.field("sheet.reference").Text != "32-EE" {
			t.Error("the due date is over, and was kept")
		}
		f.press("Add")
		f.closed()
		added := f.window.detail.Shown().ID
		after := f.get(added)
		if after.Title != "Minutes" || after.Reference != "32-EE" || !after.SigningDetails().Equal(before.SigningDetails()) || after.Replaces != "" || after.Documents[0].Name != "Minutes.pdf" {
			t.Errorf("got %+v", after)
		}
		if _, err := f.desk.Withdraw(t.Context(), added, ""); err != nil {
			t.Fatal(err)
		}
		f.window.choose(before.ID)
		f.settle()
	}
}

func TestNothingIsRepeatedBeforeSomethingWasAdded(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrlShift(fyne.KeyR)
	f.saying("You have not added a request with documents yet")
}

func TestATemplateDoesNotReplaceWhatIsInTheForm(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.show("Lease")
	f.ctrl(fyne.KeyO)
	f.read()
	f.typeInto("/somewhere")
	f.window.composer.RepeatLast()
	f.saying("Add or discard this new request first.")
	if f.pathField().Text != "/somewhere" {
		t.Error("what was typed is gone")
	}
}
