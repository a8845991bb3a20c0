package ui

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// sealingDesk is a desk with a signing key.
func sealingDesk() officeOptions { return officeOptions{secrets: newMemorySecrets(secret.Keyring)} }

// sealed opens the seal of today and returns its line.
func (f *office) sealed() string {
	f.t.Helper()
	f.ctrl(fyne.KeyD)
	line := ""
	f.wait("the seal", func() bool {
		for said := range strings.Lines(f.says()) {
			if strings.HasPrefix(said, "Countersign seal v1:") {
				line = strings.TrimSpace(said)
			}
		}
		return line != ""
	})
	return line
}

// pasteSeal checks a text as a seal.
func (f *office) pasteSeal(text string) {
	f.t.Helper()
	f.window.modals.Close()
	f.sealed()
	f.press(f.window.lang.Say("seal.check"))
	f.window.window.Canvas().Focused().(*kit.Field).SetText(text)
	f.press(f.window.lang.Say("seal.check_it"))
	if _, err := register.ParseSeal(text); err == nil {
		f.examined()
	}
}

// lose deletes the stored document of a request.
func (f *office) lose(r request.Request) {
	f.t.Helper()
	if err := os.Remove(f.desk.DocumentPath(r.Documents[0].SHA256)); err != nil {
		f.t.Fatal(err)
	}
}

func TestTodaysSealIsShownCopiedAndChecked(t *testing.T) {
	f := newOffice(t, sealingDesk())
	f.add("Lease")
	line := f.sealed()
	f.saying("The seal of one entry")
	f.key(fyne.KeyReturn) // the copy button has the focus
	f.saying("The line was copied to the clipboard.")
	if got := f.app.Clipboard().Content(); got != line {
		t.Errorf("copied: %q, shown: %q", got, line)
	}
	f.escape()
	f.add("Minutes")
	f.pasteSeal("> " + line[:50] + "\n> " + line[50:])
	f.saying("The register is intact and the seal is valid.", "valid: the first entry is the same as on", "in the keyring")
}

func TestAnInvalidSealIsReportedWhereItIsPasted(t *testing.T) {
	f := newOffice(t, sealingDesk())
	f.add("Lease")
	line := f.sealed()
	for text, says := range map[string]string{
		"all is well": "The text has no complete seal",
		strings.Replace(line, "1 entries", "2 entries", 1): "is not as it was printed",
	} {
		f.pasteSeal(text)
		f.saying(says)
		f.press("Back")
		f.press("Discard")
		f.saying("The seal of one entry")
	}
}

func TestAnEmptyRegisterHasNoSeal(t *testing.T) {
	f := newOffice(t, sealingDesk())
	f.ctrl(fyne.KeyD)
	f.saying("there is nothing to seal yet")
	if b := f.button("Copy the line"); b == nil || !b.Disabled() {
		t.Error("it can be copied")
	}
}

func TestTheCheckOfTheRegisterShowsFaults(t *testing.T) {
	f := newOffice(t, sealingDesk())
	r := f.add("Lease")
	f.ctrlShift(fyne.KeyD)
	f.examined()
	f.saying("The register is intact. Nothing was changed.", "up to entry 1, on")
	f.lose(r)
	f.press("Check again")
	f.saying("Something was removed", "the document is missing")
}

// Each fault is listed with the title of its request, which it leads to.
func TestTheCheckOfTheRegisterListsEveryFault(t *testing.T) {
	f := newOffice(t, sealingDesk())
	first := f.add("Lease")
	f.add("Minutes")
	for i := range 60 {
		f.lose(f.add(fmt.Sprintf("Contract %d", i)))
	}
	f.lose(first)
	f.ctrlShift(fyne.KeyD)
	f.examined()
	f.saying("The check found 61 problems", "and 11 more", ".pdf: the document is missing.")
	f.press("Copy the list")
	f.saying("[Copied]")
	copied := f.app.Clipboard().Content()
	for _, line := range []string{fmt.Sprintf("Lease (%s): Lease.pdf: the document is missing.", first.ID), "Contract 59 ("} {
		if !strings.Contains(copied, line) {
			t.Errorf("%q is not copied:\n%s", line, copied)
		}
	}
	if strings.Contains(copied, "Minutes") || strings.Count(copied, "\n") != 60 {
		t.Errorf("copied:\n%s", copied)
	}
	var title string
	for _, l := range uitest.Find[*kit.Link](f.window.modals.Layer()) {
		title = strings.Join(uitest.Drawn(l), " ")
		uitest.Tap(l)
		break
	}
	f.wait("the request", func() bool { return f.window.detail.Shown().Title == title })
	if f.window.modals.Layer().Visible() && len(uitest.Find[*kit.Link](f.window.modals.Layer())) > 0 {
		t.Error("the check is still open")
	}
}

func TestTheCheckOfTheRegisterShowsUnsignedEntries(t *testing.T) {
	f := newOffice(t, officeOptions{}) // without a key
	f.add("Lease")
	f.ctrlShift(fyne.KeyD)
	f.saying("The last entry is not signed yet.")
}

func TestTheCheckOfTheRegisterShowsProgressAndCanBeStopped(t *testing.T) {
	f := newOffice(t, sealingDesk())
	f.add("Lease")
	more := make(chan struct{})
	f.desk.audit = func(ctx context.Context, tell func(ledger.Progress)) error {
		tell(ledger.Progress{Entries: 20_000, Total: 1_000_000})
		select {
		case <-more:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.ctrlShift(fyne.KeyD)
	f.saying("20,000 of 1,000,000", "[Stop]")
	f.press("Stop")
	f.saying("[Check again]")
	f.press("Check again")
	f.saying("[Stop]")
	f.escape() // closing the page ends the check
	f.ctrlShift(fyne.KeyD)
	f.saying("20,000 of 1,000,000")
	close(more)
	f.saying("The register is intact.")
}

func TestTheSealAndTheCheckFitInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		t.Run(string(lang), func(t *testing.T) {
			o := sealingDesk()
			o.lang = lang
			f := newOffice(t, o)
			r := f.add("Lease")
			line := f.sealed()
			f.fits("seal")
			f.pasteSeal("nothing")
			f.fits("no seal")
			f.pasteSeal(line)
			f.fits("check")
			f.lose(r)
			f.press(lang.Say("prefs.again"))
			f.examined()
			f.fits("what does not hold")
		})
	}
}

// What is wrong with a seal or the register, and what to do about it, is said in the language.
func TestTheCheckOfTheRegisterSpeaksTheLanguage(t *testing.T) {
	o := sealingDesk()
	o.lang = i18n.French
	f := newOffice(t, o)
	r := f.add("Bail")
	f.pasteSeal("rien")
	f.saying("Le texte n’a pas de sceau complet")
	f.window.modals.Close()
	f.lose(r)
	f.ctrlShift(fyne.KeyD)
	f.examined()
	f.saying("Quelque chose a été retiré", "le document manque", "restaurez une sauvegarde")
}
