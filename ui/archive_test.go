package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/ui/report"
	"countersign/ui/status"
)

// archivedIDs returns the requests that are archived.
func (f *office) archivedIDs() []request.ID {
	f.t.Helper()
	ids, err := f.desk.IDs(f.t.Context(), ledger.Query{Archived: ledger.Only}, 100)
	if err != nil {
		f.t.Fatal(err)
	}
	return ids
}

func TestAnArchivedRequestLeavesTheListsAndIsFoundBySearch(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key6)
	f.saying("Lease of office premises")
	f.wait("the lease to be shown", func() bool { return f.window.detail.Shown().Title == "Lease of office premises" })
	f.ctrlShift(fyne.KeyY)
	f.wait("the lease to be archived", func() bool { return len(f.archivedIDs()) == 1 })
	f.wait("the list without it", func() bool {
		return f.listed() == 0 && f.count("Signed") == "0" && f.count("Archived") == "1" && f.count("All") == "2"
	})

	f.ctrl(fyne.Key7)
	f.wait("the others", func() bool { return f.listed() == 2 })
	f.search().SetText("lease")
	f.wait("what the search finds", func() bool { return f.listed() == 1 && strings.Contains(f.says(), "| archived |") })
	f.search().SetText("")

	f.ctrl(fyne.KeyH)
	f.wait("the archive", func() bool {
		m := f.window.detail.Shown()
		return f.listed() == 1 && m.ID == f.window.chosen.id && m.Allows(status.Unarchive)
	})
	f.saying("Archived on 21 Nov 2026")
	f.ctrlShift(fyne.KeyU)
	f.wait("the request to be back", func() bool { return len(f.archivedIDs()) == 0 && f.count("Archived") == "0" && f.count("All") == "3" })
}

func TestArchivingIsTakenBack(t *testing.T) {
	f, _ := undoOffice(t)
	f.ctrl(fyne.Key6)
	f.wait("a signed request", func() bool { m := f.window.detail.Shown(); return m.ID != "" && m.Allows(status.Archive) })
	title := f.window.detail.Shown().Title
	f.ctrlShift(fyne.KeyY)
	f.saying("Archived: " + title)
	f.press("Undo")
	f.saying("Undone.")
	if ids := f.archivedIDs(); len(ids) != 0 {
		t.Errorf("archived: %v", ids)
	}
}

func TestWhatIsOpenIsNotArchivedWithTheOthers(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	f.ctrl(fyne.Key7)
	f.settle()
	f.window.onSelectAll()
	f.saying("3 selected")
	f.press("More…")
	f.choose("Archive 1 of 3")
	f.saying("1 request was archived.")
	if ids := f.archivedIDs(); len(ids) != 1 {
		t.Errorf("archived: %v", ids)
	}
}

func TestEverythingThatEndedBeforeADayIsArchived(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	ended, err := f.desk.IDs(t.Context(), ledger.Query{EndedTo: noon.AddDate(0, 0, -6)}, 100)
	if err != nil || len(ended) == 0 {
		t.Fatalf("%v, %v", ended, err)
	}
	f.ctrlShift(fyne.KeyJ)
	f.saying("Archive older requests")
	f.window.modals.Focused().(fyne.Shortcutable).TypedShortcut(&fyne.ShortcutSelectAll{})
	f.typeInto(noon.AddDate(0, 0, -6).Format("2006-01-02"))
	f.saying(f.window.lang.Count("archive.found", len(ended)))
	f.key(fyne.KeyReturn)
	f.wait("all to be archived", func() bool { return len(f.archivedIDs()) == len(ended) })
	if got := f.archivedIDs(); !slices.ContainsFunc(ended, func(id request.ID) bool { return id == got[0] }) {
		t.Errorf("archived: %v instead of %v", got, ended)
	}
}

func TestPracticeRequestsAreHiddenWhereThereIsARealGateway(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), hidesPractice: true})
	f.ctrl(fyne.Key7)
	f.wait("what is real", func() bool { return f.listed() == 2 && f.count("All") == "2" && f.count("To sign") == "0" })
	item := f.window.arrangement.practice
	if item.Checked {
		t.Error("the menu says that practice requests are shown")
	}
	f.ctrlShift(fyne.KeyW)
	f.wait("practice requests", func() bool { return f.listed() == 3 && f.count("All") == "3" && f.count("To sign") == "1" })
	f.saying("Practice requests are shown")
	if !item.Checked {
		t.Error("the menu does not say that practice requests are shown")
	}
	f.ctrlShift(fyne.KeyW)
	f.wait("what is real", func() bool { return f.listed() == 2 })
	f.saying("View → Show practice requests")
}

// No number of the Review page counts what is practice, and neither does what a number leads to.
func TestTheReviewPageIsWithoutPractice(t *testing.T) {
	seed := threeRows()
	for i := range seed {
		seed[i].Events[0].Added.Practice = new(true)
	}
	f := newOffice(t, officeOptions{seed: seed})
	f.ctrl(fyne.Key8)
	f.saying("3 practice requests are not counted")
	for _, tile := range []report.Tile{report.WaitingTile, report.AttentionTile, report.DueTile, report.SignedTile} {
		f.window.onTile(tile)
		f.wait("nothing behind the number", func() bool { return f.listed() == 0 && f.window.list.ShowsDrillDown() })
	}
	f.window.listUnreviewed()
	f.wait("nothing to review", func() bool { return f.listed() == 0 && f.window.list.ListsReviews() })
	f.ctrl(fyne.Key7)
	f.wait("all in the view", func() bool { return f.listed() == 3 })
}
