package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func unguarded(do func() error) error { return do() }

func count(n int) func(send func(int) error) error {
	return func(send func(int) error) error {
		for i := range n {
			if err := send(i); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestResultsComeInTheOrderOfTheItems(t *testing.T) {
	var got []int
	err := inOrder(t.Context(), unguarded, count(1000), func(i int) (int, error) { return 2 * i, nil }, func(i int) error {
		got = append(got, i)
		return nil
	})
	if err != nil || len(got) != 1000 || !slices.IsSorted(got) || got[999] != 1998 {
		t.Errorf("%d results, %v", len(got), err)
	}
}

// The first error ends all of it, wherever it comes from.
func TestAnErrorEndsTheWorkInOrder(t *testing.T) {
	broken := errors.New("broken")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	double := func(i int) (int, error) { return 2 * i, nil }
	accept := func(int) error { return nil }
	tests := map[string]struct {
		ctx     context.Context
		produce func(func(int) error) error
		work    func(int) (int, error)
		each    func(int) error
		want    error
	}{
		"no more items": {t.Context(), func(send func(int) error) error { return errors.Join(count(5)(send), broken) }, double, accept, broken},
		"no work": {t.Context(), count(1000), func(i int) (int, error) {
			if i == 500 {
				return 0, broken
			}
			return i, nil
		}, accept, broken},
		"no use":   {t.Context(), count(1000), double, func(int) error { return broken }, broken},
		"canceled": {canceled, count(1000), double, accept, context.Canceled},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := inOrder(test.ctx, unguarded, test.produce, test.work, test.each); !errors.Is(err, test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
