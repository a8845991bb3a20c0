package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// A virus scanner that looks at a new file holds it for a moment.
func TestAFileThatIsHeldForAMomentIsRenamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, tries := time.Now(), 0
		err := persist(func() error {
			if tries++; time.Since(began) < time.Second {
				return &os.LinkError{Op: "rename", Old: "a", New: "b", Err: isHeld[0]}
			}
			return nil
		}, func() bool { t.Error("who holds it is asked although it was renamed"); return true })
		if err != nil || time.Since(began) > time.Second+longestPause {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if tries < 10 || tries > 30 {
			t.Errorf("%d tries", tries)
		}
	})
}

func TestAFileThatStaysHeldIsGivenUp(t *testing.T) {
	for _, held := range mayBeHeld {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			err := persist(func() error { return &os.LinkError{Op: "rename", Old: "a", New: "b", Err: held} }, func() bool { return true })
			if !isAnyOf(err, isHeld) || time.Since(began) > heldTime || time.Since(began) < heldTime-longestPause {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			if link, ok := errors.AsType[*os.LinkError](err); !ok || link.New != "b" {
				t.Errorf("the error does not name the files: %v", err)
			}
		})
	}
}

func TestOtherErrorsAreReturnedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		missing := filepath.Join(t.TempDir(), "missing")
		for what, err := range map[string]error{"rename": Rename(missing, missing+"2"), "remove": Remove(missing)} {
			if !errors.Is(err, fs.ErrNotExist) || time.Since(began) != 0 {
				t.Errorf("%s: after %v: %v", what, time.Since(began), err)
			}
		}
	})
}
