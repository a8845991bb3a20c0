package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2/theme"

	"countersign/core/printout"
)

func TestAPrintoutIsSavedAndOpened(t *testing.T) {
	o := newOutbox(t)
	d := printout.Document{Title: "Review", At: o.Advance(0), Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content()}
	saved := filepath.Join(o.folder, "Review.pdf")
	o.Must(o.SavePrintout(t.Context(), d, saved))
	if err := o.SavePrintout(t.Context(), d, saved); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
	opened, err := o.PrintoutForViewer(t.Context(), d, "Review: 2026/11")
	o.Must(err)
	if opened != filepath.Join(o.Dir.Opened(), "Review_ 2026_11.pdf") {
		t.Errorf("it is opened as %s", opened)
	}
	want, err := os.ReadFile(saved)
	o.Must(err)
	if got, err := os.ReadFile(opened); err != nil || !bytes.HasPrefix(got, []byte("%PDF-")) || !bytes.Equal(got, want) {
		t.Errorf("another file is opened than saved: %v", err)
	}
	if info, err := os.Stat(opened); err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("a viewer could change it: %v", err)
	}
	o.Must(os.Chtimes(opened, d.At, d.At))
	later := o.Advance(openedFor - time.Hour)
	again, err := o.PrintoutForViewer(t.Context(), d, "Review: 2026/11")
	o.Must(err)
	if info, err := os.Stat(again); err != nil || again != opened || info.ModTime().Before(later) {
		t.Errorf("what is opened again is not kept for longer: %s, %v", again, err)
	}
}
