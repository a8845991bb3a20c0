package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestAWindowExplainsWhyTheDeskCannotBeOpened(t *testing.T) {
	a := test.NewTempApp(t)
	w := ShowFailure(a, kit.LightLook, i18n.English, errors.New("another program is using the ledger: close it and try again"), nil)
	said := uitest.Texts(w.Content(), nil)
	for _, want := range []string{"Countersign cannot be opened", "Another program is using the ledger: close it and try again."} {
		if !slices.Contains(said, want) {
			t.Errorf("it does not say %q: %v", want, said)
		}
	}
	if w.Canvas().Focused() == nil {
		t.Error("the keyboard is nowhere")
	}
}

// recovering is a window that offers to restore a backup, and what it says and does.
type recovering struct {
	*uitest.Queue
	window  *Failure
	answers chan error // of Restore
}

func newRecovering(t *testing.T) *recovering {
	r := &recovering{Queue: uitest.NewQueue(), answers: make(chan error, 1)}
	restore := func(ctx context.Context) (string, error) {
		select {
		case err := <-r.answers:
			return "/data/desk.damaged-2026-11-22", err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	r.window = ShowFailure(test.NewTempApp(t), kit.LightLook, i18n.English, errors.New("the ledger is damaged"), &Recovery{
		Backup: "/data/desk/backups/daily-2026-11-22.tar.gz", Restore: restore, Dispatch: r.Dispatch,
	})
	return r
}

func (r *recovering) says(part string) bool {
	return strings.Contains(strings.Join(uitest.Texts(r.window.Content(), nil), "\n"), part)
}

func (r *recovering) press(t *testing.T, label string) {
	t.Helper()
	b := uitest.FindButton(r.window.Canvas(), label)
	if b == nil {
		t.Fatalf("there is no button %q", label)
	}
	uitest.Tap(b)
}

func (r *recovering) waitFor(t *testing.T, part string) {
	t.Helper()
	r.Wait(t, part, func() bool { return r.says(part) }, func() string { return strings.Join(uitest.Texts(r.window.Content(), nil), "\n") })
}

func TestADamagedDeskIsRestoredAfterAQuestion(t *testing.T) {
	r := newRecovering(t)
	r.press(t, "Restore…")
	if !r.says("daily-2026-11-22.tar.gz") || !r.says("is kept under another name") {
		t.Error("it does not ask")
	}
	r.press(t, "Restore")
	r.answers <- errors.New("no daily backup can be restored")
	r.waitFor(t, "Nothing was restored")
	if !r.says("No daily backup can be restored.") {
		t.Error("it does not say why")
	}
	r.press(t, "Restore…")
	r.press(t, "Restore")
	r.answers <- nil
	r.waitFor(t, "The damaged folder is now /data/desk.damaged-2026-11-22.")
	r.press(t, "Close")
	r.window.Wait()
}

func TestClosingTheWindowStopsTheRestoring(t *testing.T) {
	r := newRecovering(t)
	r.press(t, "Restore…")
	r.press(t, "Restore")
	r.press(t, "Close")
	r.window.Wait()
}

// TestADeskWhoseLedgerIsDamagedOffersToRestore checks that the window of a damaged ledger, which is only read, says so, asks before it
// restores, gives the desk up for it, and says what became of it.
func TestADeskWhoseLedgerIsDamagedOffersToRestore(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows()})
	answers := make(chan error, 1)
	f.window.OfferRestore(errors.New("the ledger is damaged"), &Recovery{
		Backup: "/data/desk/backups/daily-2026-11-22.tar.gz", Dispatch: f.queue.Dispatch,
		Restore: func(context.Context) (string, error) {
			f.window.Wait()
			return "/data/desk.damaged-2026-11-22", <-answers
		},
	})
	f.saying("The ledger is damaged.", "[Restore…]")
	f.press("Restore…")
	f.saying("daily-2026-11-22.tar.gz", "[Restore]")
	f.press("Not now")
	f.saying("[Restore…]")
	f.press("Restore…")
	f.press("Restore")
	if strings.Contains(f.says(), "Not now") || f.window.window.Canvas().Overlays().Top() != nil {
		t.Errorf("the question is still there:\n%s", f.says())
	}
	answers <- errors.New("no daily backup can be restored")
	f.saying("Nothing was restored", "No daily backup can be restored.")
	f.press("Restore…")
	f.press("Restore")
	answers <- nil
	f.saying("The damaged folder is now /data/desk.damaged-2026-11-22.")
}
