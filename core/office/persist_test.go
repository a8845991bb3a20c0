package office

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/team"
)

// What was asked for may have been done although no answer came, so it is asked for again, for some seconds.
func TestAnAnswerThatWasLostIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		err := persist(t.Context(), func(context.Context) error {
			asked++
			return []error{team.ErrUnreachable, team.ErrBusy, team.ErrConflict}[asked-1]
		})
		if !errors.Is(err, team.ErrConflict) || asked != 3 {
			t.Errorf("asked %d times: %v", asked, err)
		}
		began := time.Now()
		err = persist(t.Context(), func(context.Context) error { return team.ErrUnreachable })
		if took := time.Since(began); !errors.Is(err, team.ErrUnreachable) || took != appendTime {
			t.Errorf("after %v: %v", took, err)
		}
	})
}
