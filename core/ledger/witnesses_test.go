package ledger

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/register"
	"countersign/core/request"
)

func TestWhatDesksHaveSignedIsKept(t *testing.T) {
	o := newOffice()
	o.add(asEvent(request.OfficeID, 1, `{"seq":1}`))
	o.add(asEvent(request.OfficeID, 2, `{"seq":2}`))
	l := mustJoin(t, o, "front")
	mustCatchUp(t, l)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	by := func(desk string, n int, link register.Hash) register.Witness {
		s, err := register.Sign(register.Head{Register: officeRegisterID, Count: n, Link: link, At: clock()()}, private)
		if err != nil {
			t.Fatal(err)
		}
		return register.Witness{Desk: desk, Key: public, Checkpoint: s}
	}
	back, first, floor := by("back", 2, o.entries[1].Link), by("back", 1, o.entries[0].Link), by("first floor", 2, o.entries[1].Link)
	for _, all := range [][]register.Witness{{back}, {floor, first}, {by("back", 2, o.entries[1].Link)}, nil} {
		if err := l.KeepWitnesses(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.KeepWitnesses(t.Context(), []register.Witness{by("front", 1, o.entries[0].Link), by("front", 2, register.Hash{7})}); !errors.Is(err, ErrParted) {
		t.Errorf("of another entry: %v", err)
	}
	for _, c := range []struct {
		after, until int
		want         []register.Witness
	}{{0, 2, []register.Witness{first, back, floor}}, {0, 1, []register.Witness{first}}, {1, 9, []register.Witness{back, floor}}, {2, 9, nil}} {
		if got, err := l.Witnesses(t.Context(), c.after, c.until); err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("%d to %d: got %+v, %v", c.after, c.until, got, err)
		}
	}
	if got, err := l.Entries(t.Context(), 1, 5); err != nil || !cmp.Equal(got, o.entries[1:]) {
		t.Errorf("got %+v, %v", got, err)
	}
	var text bytes.Buffer
	if err := l.Export(t.Context(), &text, func(int, int) {}); err != nil || strings.Count(text.String(), "\nwitness 2 ") != 2 || strings.Count(text.String(), "\nwitness 1 ") != 1 {
		t.Errorf("%v:\n%s", err, text.String())
	}
	own := mustOpen(t, t.TempDir(), Options{Now: clock(), Exclusive: true})
	if err := own.KeepWitnesses(t.Context(), []register.Witness{back}); !errors.Is(err, ErrOtherOffice) {
		t.Errorf("in a home of its own: %v", err)
	}
	if got, err := own.Witnesses(t.Context(), 0, 9); err != nil || got != nil {
		t.Errorf("in a home of its own: %v, %v", got, err)
	}
}
