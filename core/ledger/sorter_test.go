package ledger

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestASorterSortsInAnyAmountOfMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := filepath.Join(t.TempDir(), "sorting")
		most := rapid.SampledFrom([]int{1, 6 * piledSize, 1 << 20}).Draw(rt, "most")
		s := &sorter{dir: dir, maxBytes: most}
		pairs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pair {
			return pair{[]byte(rapid.StringN(0, 2, 8).Draw(t, "key")), rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "value")}
		}), 0, 40).Draw(rt, "pairs")
		for _, p := range pairs {
			if err := s.add(p.key, p.value); err != nil {
				rt.Fatal(err)
			}
		}
		var got []pair
		err := s.each(func(k, v []byte) error { got = append(got, pair{k, v}); return nil })
		if err != nil {
			rt.Fatal(err)
		}
		want := slices.Clone(pairs)
		slices.SortStableFunc(want, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
		same := cmp.Comparer(func(a, b pair) bool { return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value) })
		if diff := cmp.Diff(want, got, same, emptyIsNil); diff != "" {
			rt.Fatalf("pairs (-want +got):\n%s", diff)
		}
		if spilled := s.file != nil; spilled != (most == 1 && len(pairs) > 0) && most != 6*piledSize {
			rt.Fatalf("%d pairs, at most %d bytes: spilled %t", len(pairs), most, spilled)
		}
		if err := s.close(); err != nil {
			rt.Fatal(err)
		}
		if left, err := os.ReadDir(dir); len(left) > 0 {
			rt.Fatalf("left behind: %v, %v", left, err)
		}
	})
}

// What goes wrong in the background is returned by a later call, at the latest by the last one.
func TestASorterReturnsTheErrorsOfItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &sorter{dir: file, maxBytes: 1}
	err := s.add([]byte("a"), nil)
	if err == nil {
		err = s.each(func([]byte, []byte) error { t.Error("there is a pair"); return nil })
	}
	if !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("error: %v", err)
	}
	if err := s.close(); err != nil {
		t.Errorf("closed: %v", err)
	}
	s = &sorter{dir: file, maxBytes: 1}
	if err := errors.Join(s.add([]byte("a"), nil), s.close()); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("closed without a look: %v", err)
	}
}
