package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/pending"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// undoOffice is an office in which what can be taken back is written when the test sends on over.
func undoOffice(t *testing.T) (f *office, over chan time.Time) {
	t.Helper()
	over = make(chan time.Time)
	f = newOffice(t, officeOptions{seed: officeDay(), options: func(o *Options) {
		o.After = func(d time.Duration) <-chan time.Time {
			if d == pending.UndoTime {
				return over
			}
			return nil
		}
	}})
	return f, over
}

// listing waits until the list has that many rows, and the chosen request is shown.
func (f *office) listing(n int) {
	f.t.Helper()
	f.wait("the list", func() bool {
		return f.listed() == n && f.window.chosen.id != "" && f.window.detail.Shown().ID == f.window.chosen.id
	})
}

func TestAReviewIsTakenBack(t *testing.T) {
	for how, undo := range map[string]func(*office){
		"by its button": func(f *office) { f.press("Undo") },
		"by key":        func(f *office) { f.shortcut(&fyne.ShortcutUndo{}) },
	} {
		t.Run(how, func(t *testing.T) {
			f, _ := undoOffice(t)
			f.ctrl(fyne.Key9)
			f.listing(8)
			first := f.window.chosen.id
			title := f.get(first).Title
			f.key(fyne.KeyA)
			f.saying("Accepted: " + title)
			undo(f)
			f.saying("Undone.")
			if r := f.get(first); r.Review != nil || f.window.chosen.id != first || f.window.jobs.byRequest[first] != nil {
				t.Errorf("review: %+v, and %s is chosen", r.Review, f.get(f.window.chosen.id).Title)
			}
		})
	}
}

func TestAReviewIsWrittenAfterItsTimeOrBeforeTheNext(t *testing.T) {
	f, over := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	first := f.window.chosen.id
	f.key(fyne.KeyA)
	second := f.window.chosen.id
	f.listing(8)
	if f.get(first).Review != nil {
		t.Error("it is written at once")
	}
	f.key(fyne.KeyA)
	f.wait("the first to be written", func() bool { return f.get(first).Decision() == request.Accepted })
	if f.get(second).Review != nil {
		t.Error("the second is written with the first")
	}
	f.saying("Accepted: " + f.get(second).Title)
	over <- noon
	f.wait("the second to be written", func() bool { return f.get(second).Decision() == request.Accepted })
	f.settle()
	if said := f.window.notices.text(); said != "" {
		t.Errorf("it still says %q", said)
	}
	f.shortcut(&fyne.ShortcutUndo{})
	f.settle()
	if f.get(second).Decision() != request.Accepted {
		t.Error("it is taken back after its time")
	}
}

func TestWhatWasDecidedIsWrittenWhenTheWindowCloses(t *testing.T) {
	f, _ := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	first := f.window.chosen.id
	f.key(fyne.KeyA)
	f.window.Close()
	f.window.Wait()
	if f.get(first).Decision() != request.Accepted {
		t.Error("the review is lost")
	}
}

// TestWhatIsBeingWrittenIsNotCutShort has the window close, and a person stop the job, after the time to undo is over.
func TestWhatIsBeingWrittenIsNotCutShort(t *testing.T) {
	window, closeWindow := context.WithCancel(t.Context())
	job, stop := context.WithCancel(window)
	over := make(chan time.Time, 2)
	over <- noon
	over <- noon
	closed, err := pending.NewDecision(over).Await(job, window)
	if err != nil {
		t.Fatal(err)
	}
	other, stopOther := context.WithCancel(t.Context())
	stopped, err := pending.NewDecision(over).Await(other, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closeWindow()
	stopOther()
	<-stopped.Done()
	if closed.Err() != nil {
		t.Error("the end of the window ends the writing")
	}
	stop()
}

func TestAWithdrawalIsTakenBack(t *testing.T) {
	f, over := undoOffice(t)
	f.ctrl(fyne.Key1)
	f.wait("a request", func() bool { return f.window.detail.Shown().Title == "Holiday request" })
	id := f.window.chosen.id
	f.press("Withdraw…")
	f.key(fyne.KeyReturn)
	f.saying("Withdrawn: Holiday request")
	f.press("Undo")
	f.saying("Undone.", "[Withdraw…]")
	if s := f.get(id).Status; s != request.Pending {
		t.Errorf("it is %s", s)
	}
	f.press("Withdraw…")
	f.key(fyne.KeyReturn)
	over <- noon
	f.wait("the withdrawal", func() bool { return f.get(id).Status == request.Withdrawn })
}

// While a withdrawal can be undone, the row, the request and the notice say the same.
func TestAWithdrawalThatCanBeUndoneIsShownAsDone(t *testing.T) {
	f, over := undoOffice(t)
	f.ctrl(fyne.Key1)
	f.wait("a request", func() bool { return f.window.detail.Shown().Title == "Holiday request" })
	f.press("Withdraw…")
	f.key(fyne.KeyReturn)
	badge := f.window.lang.Say("status.withdrawn")
	shown := func(row string) func() bool {
		return func() bool {
			pane := uitest.Texts(f.window.detail, nil)
			return slices.Contains(pane, badge) == (row == badge) && slices.Contains(pane, "[Undo]") == (row == badge) &&
				slices.ContainsFunc(uitest.Texts(f.list(), nil), func(s string) bool {
					return strings.HasPrefix(s, "Holiday request | ") && strings.Contains(s, "| "+row)
				})
		}
	}
	f.wait("the withdrawal to be shown", shown(badge))
	for _, not := range []string{"Withdrawing…", "[Stop]"} {
		if strings.Contains(f.says(), not) {
			t.Errorf("it says %s: %s", not, f.says())
		}
	}
	f.press("Undo")
	f.wait("the request as it was", shown(f.window.lang.Say("status.to_sign")))
	f.press("Withdraw…")
	f.key(fyne.KeyReturn)
	f.wait("the withdrawal to be shown", shown(badge))
	over <- noon
	f.wait("the end of the job", func() bool { return f.listed() == 0 && len(f.window.jobs.byRequest) == 0 })
	f.ctrl(fyne.Key7)
	f.wait("the withdrawal in the list of all", func() bool {
		return strings.Contains(f.says(), "Holiday request | ") && strings.Contains(f.says(), "Reopen")
	})
}

func TestManyReviewsAreTakenBack(t *testing.T) {
	f, _ := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() == 8 })
	f.key(fyne.KeyA)
	f.saying("8 requests will be changed in a moment.")
	f.press("Undo")
	f.saying("Undone.")
	if f.listed() != 8 || f.marked() != 8 || f.window.jobs.bulk != nil {
		t.Errorf("%d are left to review, %d selected", f.listed(), f.marked())
	}
}

// acceptTwoSelectThree accepts two of eight outcomes, and selects three others while that can be undone.
func (f *office) acceptTwoSelectThree() {
	f.ctrl(fyne.Key9)
	f.listing(8)
	f.clickAtOnce(0, 0)
	f.clickAtOnce(1, fyne.KeyModifierShortcutDefault)
	f.key(fyne.KeyA)
	f.saying("2 requests will be changed in a moment.")
	f.clickAtOnce(4, 0)
	f.clickAtOnce(5, fyne.KeyModifierShortcutDefault)
	f.clickAtOnce(6, fyne.KeyModifierShortcutDefault)
}

// TestTheEndOfManyReviewsTakesNothingFromAPerson has a person select other rows, and type, while many reviews can be taken back.
func TestTheEndOfManyReviewsTakesNothingFromAPerson(t *testing.T) {
	f, over := undoOffice(t)
	f.acceptTwoSelectThree()
	f.ctrl(fyne.KeyF)
	over <- noon
	f.listing(6)
	f.settle()
	if f.marked() != 3 || f.window.window.Canvas().Focused() != fyne.Focusable(f.search()) {
		t.Errorf("%d selected, and %T has the focus", f.marked(), f.window.window.Canvas().Focused())
	}
}

// TestManyReviewsFollowOthers decides about other rows while the first decision can be taken back.
func TestManyReviewsFollowOthers(t *testing.T) {
	f, over := undoOffice(t)
	f.acceptTwoSelectThree()
	f.key(fyne.KeyA)
	f.saying("6 in this view", "3 requests will be changed in a moment.")
	over <- noon
	f.saying("3 in this view")
}

// TestWhatIsDecidedWithOthersWaits has a decision about one of many that can still be undone: the many would be written over it.
func TestWhatIsDecidedWithOthersWaits(t *testing.T) {
	f, over := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	first := f.window.chosen.id
	f.window.onSelectAll()
	f.wait("the selection", func() bool { return f.marked() == 8 })
	f.key(fyne.KeyA)
	f.saying("8 requests will be changed in a moment.", "[Undo]")
	if said := f.says(); strings.Contains(said, "Saving the decision") || strings.Contains(said, "Reviewing") {
		t.Errorf("what can still be undone is said to be under way: %s", said)
	}
	f.window.do(status.SendBack)
	if f.window.modals.IsOpen() {
		t.Error("one of them can be returned")
	}
	over <- noon
	f.wait("the reviews", func() bool { return f.get(first).Decision() == request.Accepted && f.window.jobs.bulk == nil })
	f.settle()
	f.window.showRequest(first, f.get(first).Status)
	f.saying("Accepted: mara", "[Reopen]")
}

// TestManyReviewsAreThoseThatWereSelected changes the selection while the reviews can be taken back.
func TestManyReviewsAreThoseThatWereSelected(t *testing.T) {
	f, over := undoOffice(t)
	f.ctrl(fyne.Key9)
	f.listing(8)
	f.clickAtOnce(0, 0)
	f.clickAtOnce(1, fyne.KeyModifierShortcutDefault)
	ids := slices.Clone(f.window.list.Selected())
	f.key(fyne.KeyA)
	f.saying("2 requests will be changed in a moment.")
	f.clickAtOnce(1, fyne.KeyModifierShortcutDefault)
	f.clickAtOnce(4, fyne.KeyModifierShortcutDefault)
	other := f.window.list.Selected()[1]
	over <- noon
	f.listing(6)
	if f.get(ids[0]).Decision() != request.Accepted || f.get(ids[1]).Decision() != request.Accepted || f.get(other).Review != nil {
		t.Errorf("accepted: %s, %s; and another one: %v", f.get(ids[0]).Decision(), f.get(ids[1]).Decision(), f.get(other).Review)
	}
}

func TestANoticeGoesWithWhatItSpeaksOf(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	f.ctrl(fyne.Key7)
	f.settle()
	first := f.window.chosen.id
	f.window.start(first, "", failing)
	f.saying("Nothing answers.")
	f.key(fyne.KeyDown)
	f.settle()
	if said := f.window.notices.text(); said != "" {
		t.Errorf("the next request says %q", said)
	}
	f.window.start(first, "", failing) // it is not shown
	f.saying("Nothing answers.")
	f.window.choose(first)
	f.settle()
	f.window.start(first, "", failing)
	f.saying("Nothing answers.")
	f.window.start(first, "", succeeding)
	f.settle()
	if said := f.window.notices.text(); said != "" {
		t.Errorf("what is mended says %q", said)
	}
}

func TestANoticeDoesNotMoveThePage(t *testing.T) {
	f := newOffice(t, officeOptions{seed: officeDay()})
	top := func() float32 { return fyne.CurrentApp().Driver().AbsolutePositionForObject(f.list()).Y }
	before, height := top(), f.list().Size().Height
	f.window.notices.fail(strings.Repeat("The gateway is down. ", 20))
	if top() != before || f.list().Size().Height != height {
		t.Errorf("the list was moved by %.0f", top()-before)
	}
	f.fits("a long notice")
}

func failing(context.Context) error { return errors.New("nothing answers") }

func succeeding(context.Context) error { return nil }
