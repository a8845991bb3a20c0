package ui

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/xuri/excelize/v2"

	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// monthEndList returns the path of a list with rows of all kinds.
func monthEndList(t *testing.T) string {
	return write(t, "month-end.csv", []byte("id,title,due,cost center\n12,Lease,,4711\n14,Will,soon,4711\n15,Gift,2026-12-24,4712\n16,\"Deed,\n17,Note,30.2.2026,\n12,Lease,,4711\n"))
}

// selects returns the selects of the sheet with that option.
func (f *office) selects(option string) []*kit.Select {
	var all []*kit.Select
	for _, c := range uitest.Find[*kit.Select](f.sheet()) {
		if slices.Contains(c.Options, option) {
			all = append(all, c)
		}
	}
	return all
}

func TestAListIsShownBeforeItIsImported(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	f.drop(monthEndList(t))
	f.saying("Import month-end.csv", "with headings in line 1", "Not read: cost center.", "2 · new", "3 · left out", "7 · already here",
		"Preview: 2 new requests · 1 already here · 3 rows left out. Nothing has been imported yet.", "Line 3, column 3 (due): \"soon\" is not a date")
	if len(f.all()) != 0 {
		t.Errorf("%d requests were added", len(f.all()))
	}
	f.press("Import 2 requests")
	f.saying("Imported: 2 new requests · 1 already here · 3 rows left out.", "Line 5")
	f.settle()
	if got := f.all(); len(got) != 2 || got["Gift"].RemoteID != "15" || got["Gift"].Due != "2026-12-24" {
		t.Errorf("got %+v", got)
	}
	f.press("Close")
	if f.settle(); f.window.modals.IsOpen() {
		t.Error("it is still open")
	}
	f.saying("Gift")
	f.drop(write(t, "again.csv", []byte("id,title\n12,Lease\n")))
	f.saying("[Import 0 requests]")
	f.key(fyne.KeyReturn)
	f.escape()
	if len(f.all()) != 2 || f.window.modals.IsOpen() {
		t.Error("Escape imports, or does not close it")
	}
}

func TestAColumnIsChosenAndRemembered(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	content := []byte("Case,What\n12,Lease\n13,Deed\n")
	f.drop(write(t, "cases.csv", content))
	f.wait("the columns", func() bool { return len(f.selects("Not read")) == 2 })
	f.settle()
	if f.saying("[Import]"); !f.button("Import").Disabled() {
		t.Error("a list without ids can be imported")
	}
	columns := f.selects("Not read")
	columns[0].SetSelected("ID at the gateway")
	f.saying("2 new requests", "[Import 2 requests]")
	columns[1].SetSelected("Title")
	f.wait("the titles", func() bool { return !strings.Contains(f.says(), "Not read: What") })
	if now := f.selects("Not read"); !slices.Equal(now, columns) {
		t.Error("the selects were made anew, and lost the focus")
	}
	f.saying("[Import 2 requests]")
	f.press("Import 2 requests")
	f.saying("Imported: 2 new requests.")
	f.press("Close")
	if got := f.all(); got["Lease"].RemoteID != "12" {
		t.Errorf("got %+v", got)
	}
	f.drop(write(t, "more.csv", append(content, "14,Gift\n"...)))
	f.saying("Preview: 1 new request · 2 already here.")
}

func TestAnImportCanBeStopped(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	var b strings.Builder
	b.WriteString("id,title\n")
	for i := range 900 {
		fmt.Fprintf(&b, "%d,Lease\n", 1000+i)
	}
	begun := make(chan struct{}, 1)
	f.desk.atImport = func(ctx context.Context) {
		begun <- struct{}{}
		<-ctx.Done()
	}
	f.drop(write(t, "long.csv", []byte(b.String())))
	f.saying("[Import 900 requests]")
	f.press("Import 900 requests")
	<-begun
	f.press("Stop")
	f.saying("Stopped. What was imported so far is in Countersign")
}

func TestListsAreShownOneAfterTheOther(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	f.drop(write(t, "june.csv", []byte("id\n12\n")), write(t, "no.csv", []byte("colour\nred\n")), write(t, "july.csv", []byte("id\n13\n")))
	f.saying("Import june.csv", "[Import 1 request]")
	f.press("Import 1 request")
	f.saying("[Next list]")
	f.press("Next list")
	f.saying("Import no.csv", "no row at the beginning names the columns")
	f.press("Cancel")
	f.saying("Import july.csv", "[Import 1 request]")
	f.escape()
	f.settle()
	if len(f.all()) != 1 || f.window.modals.IsOpen() {
		t.Errorf("%d requests", len(f.all()))
	}
}

// workbook returns the path of a workbook with two sheets, of which the second one is the list.
func workbook(t *testing.T) string {
	book := excelize.NewFile()
	defer book.Close()
	for cell, value := range map[string]string{"A1": "Notes", "A2": "of June"} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := book.NewSheet("Requests"); err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]any{"A1": "Id", "B1": "Título", "A2": 12, "B2": "Lease", "A3": 2470000000001.5, "B3": "Spoiled"} {
		if err := book.SetCellValue("Requests", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "june.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheSheetOfAWorkbookIsChosenByKey(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.AcceptsIDs = true })
	f.drop(workbook(t))
	f.wait("the sheets", func() bool { return len(f.selects("Requests")) == 1 })
	f.settle()
	f.tabTo("the sheets", func(o fyne.Focusable) bool { return o == fyne.Focusable(f.selects("Requests")[0]) })
	f.key(fyne.KeyRight)
	f.saying("Workbook (XLSX)", "2 · new", "3 · left out", "Preview: 1 new request · 1 row left out.")
	f.settle()
	if focused := f.window.window.Canvas().Focused(); focused != fyne.Focusable(f.selects("Requests")[0]) {
		t.Errorf("the focus is at %T", focused)
	}
	f.tabTo("a column", func(o fyne.Focusable) bool { return o == fyne.Focusable(f.selects("Not read")[1]) })
	f.key(fyne.KeyRight) // from title to reference
	f.wait("the reference", func() bool { return f.selects("Not read")[1].Selected == "Reference" && f.queue.Idle() })
	f.saying("1 new request")
	f.tabToButton("Import 1 request")
	f.key(fyne.KeyReturn)
	f.saying("Imported: 1 new request · 1 row left out.")
	f.key(fyne.KeyReturn)
	f.settle()
	if got := f.all()["office 12"]; got.Reference != "Lease" || f.window.modals.IsOpen() {
		t.Errorf("got %+v", f.all())
	}
}
