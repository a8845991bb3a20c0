package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/assets"
	"countersign/core/desk"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/workspace"
)

var drawn = []request.SignaturePosition{{Page: "1", Rectangle: &request.Rectangle{X: 1, Y: 2, Width: 3, Height: 4}}}

// The window gives single documents positions of their own, which count before the one for all of them.
func TestAPositionThatIsTypedCountsForEachDocument(t *testing.T) {
	rectangle, reason := "5,6,7,8", "seen"
	details := request.SigningDetails{Positions: drawn}
	change, err := (&editCommand{Reason: &reason}).detailsChange()
	if err != nil {
		t.Fatal(err)
	}
	if change(&details); details.Positions == nil {
		t.Error("another reason removes the positions")
	}
	if change, err = (&editCommand{Rectangle: &rectangle}).detailsChange(); err != nil {
		t.Fatal(err)
	}
	if change(&details); details.Positions != nil || details.Signature.Rectangle.Width != 7 {
		t.Errorf("got %+v", details)
	}
}

// Positions belong to the documents for which they were drawn.
func TestOtherDocumentsDoNotGetThePositionsOfThoseThatTheyReplace(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // secrets are in the home's own file
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "Other.pdf")
	if err := os.WriteFile(other, assets.Samples()[1].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	term := &terminal{dir: dir, log: slog.New(slog.DiscardHandler), out: &out, err: &out}
	err = term.withWorkspace(t.Context(), func(w *workspace.Workspace) error {
		r, err := w.Desk.Add(t.Context(), desk.New{Files: []input.File{input.Memory("Lease.pdf", assets.Samples()[0].Bytes)}, Positions: drawn})
		if err != nil {
			return err
		}
		if err := term.details(w, r); err != nil || !strings.Contains(out.String(), "page 1, rectangle 1,2,3,4") {
			t.Errorf("%v; the details are\n%s", err, out.String())
		}
		if _, err := w.Desk.Withdraw(t.Context(), r.ID, ""); err != nil {
			return err
		}
		for want, c := range map[int]addCommand{1: {}, 0: {Files: []string{other}}} {
			n, err := positionsAfter(t.Context(), w, r.ID, c)
			if err != nil || n != want {
				t.Errorf("%d positions instead of %d, %v", n, want, err)
			}
		}
		n, err := positionsAfter(t.Context(), w, r.ID, addCommand{Rectangle: "5,6,7,8"})
		if n != 0 {
			t.Error("the position that was typed does not count")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// positionsAfter returns how many positions a request gets that a command adds in place of another one.
func positionsAfter(ctx context.Context, w *workspace.Workspace, replaced request.ID, c addCommand) (int, error) {
	c.Replaces = string(replaced)
	base, err := c.base()
	n, failure := c.replacement(ctx, w, base)
	return len(n.Positions), errors.Join(err, failure)
}
