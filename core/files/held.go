package files

import (
	"errors"
	"os"
	"time"
)

// heldTime is how long [Rename] and [Remove] try. A virus scanner or an indexer that looks at a new file lets it go within
// milliseconds; a viewer or a backup that holds it for longer is for people to close.
const heldTime = 2 * time.Second

// The pause after the first try, and the longest one.
const (
	firstPause   = time.Millisecond
	longestPause = 100 * time.Millisecond
)

// Rename is [os.Rename], for a file that another program may have open for a moment: on Windows, such a file can be neither
// renamed nor replaced. Rename tries for heldTime. Its error is then that the file is held, which
// [countersign/core/request.IsHeld] recognizes.
func Rename(from, to string) error {
	return persist(func() error { return os.Rename(from, to) }, func() bool { return isHeldOpen(from) || isHeldOpen(to) })
}

// Remove is [os.Remove], for a file that another program may have open for a moment; see [Rename].
func Remove(path string) error {
	return persist(func() error { return os.Remove(path) }, func() bool { return isHeldOpen(path) })
}

// persist calls the function change until it returns no error, or one for which trying again is of no use, or until heldTime is over. Where Windows
// only says that access was denied, held reports whether the file is held.
func persist(change func() error, held func() bool) error {
	began := time.Now()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := change()
		if !isAnyOf(err, mayBeHeld) {
			return err
		}
		if time.Since(began)+pause > heldTime {
			if !isAnyOf(err, isHeld) && held() {
				return withCause(err, isHeld[0])
			}
			return err
		}
		time.Sleep(pause)
	}
}

func isAnyOf(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// withCause returns the error of a rename or a removal with another cause.
func withCause(err, cause error) error {
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return &os.LinkError{Op: link.Op, Old: link.Old, New: link.New, Err: cause}
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return &os.PathError{Op: path.Op, Path: path.Path, Err: cause}
	}
	return cause
}
