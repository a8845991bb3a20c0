package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/zalando/go-keyring"

	"countersign/core/request"
)

// lockable is a keyring that says whether it is locked. A keyring that does not implement lockable unlocks itself during a call,
// and may ask its user for that.
type lockable interface {
	// Contains reports whether the keyring has an entry. It asks nobody, and also answers while the keyring is locked. It returns
	// [ErrNoKeyring] when there is no keyring, and also when there is only a service that has no collection to keep anything in.
	Contains(ctx context.Context, service, user string) (bool, error)
	// Unlock returns nil once the keyring can be used. If the keyring is locked, the system asks its user for the password when
	// ask is set; without ask, Unlock returns ErrLocked at once. The errors are [ErrNoKeyring], [ErrLocked], [ErrDismissed], the
	// error of ctx, or another one when the keyring fails.
	Unlock(ctx context.Context, ask bool) error
}

const (
	service        = "countersign"    // of all entries in the keyring
	keyringTimeout = 20 * time.Second // for a call that asks nobody
	promptTimeout  = time.Minute      // for a person to answer the system's question
	// quietTime is how long the system's question is not asked again after it was dismissed or not answered. A person who enters
	// or removes a secret is asked nevertheless.
	quietTime = 10 * time.Minute
)

// hasKeyring reports whether the system can have a keyring. On Linux that needs a session bus; without one, package keyring would
// start a bus that is never stopped.
func hasKeyring() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")) // #nosec G703 -- the user's own environment, and only whether the file is there
	return err == nil && os.Getenv("XDG_RUNTIME_DIR") != ""
}

// systemKeyring is the keyring of the operating system.
type systemKeyring struct{}

func (systemKeyring) Set(service, user, password string) error {
	return keyring.Set(service, user, password)
}
func (systemKeyring) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (systemKeyring) Delete(service, user string) error        { return keyring.Delete(service, user) }
func (systemKeyring) DeleteAll(service string) error           { return keyring.DeleteAll(service) }

// question keeps what is known about the system's question for the password of the keyring. At most one such question is open at a
// time.
type question struct {
	once      sync.Once
	turn      chan struct{} // has one value while nobody asks
	mu        sync.Mutex
	dismissed time.Time // when the last question was dismissed, or its time was over; the zero time if it was answered
}

// quiet reports whether the last question was not answered, and that was less than [quietTime] ago.
func (q *question) quiet() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.dismissed.IsZero() && time.Since(q.dismissed) < quietTime
}

func (q *question) answered(yes bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dismissed = time.Time{}
	if !yes {
		q.dismissed = time.Now()
	}
}

// wait waits until no other question is open, or returns the error of ctx. The caller has to call done when its own question is
// over.
func (q *question) wait(ctx context.Context) (done func(), err error) {
	q.once.Do(func() {
		q.turn = make(chan struct{}, 1)
		q.turn <- struct{}{}
	})
	select {
	case <-q.turn:
		return func() { q.turn <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// unlock returns nil once the keyring can be used. Its errors are [ErrNoKeyring], [ErrLocked], [ErrDismissed],
// [ErrKeyringTimeout], errKeyringFailed, or that of ctx if ctx is done. If the system's question was dismissed or not answered
// less than [quietTime] ago, unlock returns ErrLocked without asking, unless insist is set.
func (s *Store) unlock(ctx context.Context, insist bool) error {
	if s.keyring == nil {
		return ErrNoKeyring
	}
	lock, ok := s.keyring.(lockable)
	if !ok {
		return nil
	}
	err := call(ctx, keyringTimeout, func(ctx context.Context) error { return lock.Unlock(ctx, false) })
	if !errors.Is(err, ErrLocked) {
		if err == nil {
			s.asked.answered(true)
		}
		return keyringCause(ctx, err)
	}
	done, err := s.asked.wait(ctx)
	if err != nil {
		return err
	}
	defer done()
	if s.asked.quiet() && !insist {
		return ErrLocked
	}
	err = call(ctx, promptTimeout, func(ctx context.Context) error { return lock.Unlock(ctx, true) })
	if ctx.Err() == nil {
		s.asked.answered(err == nil)
	}
	return keyringCause(ctx, err)
}

// keyringCause returns the error of this package that stands for err, the error of a call of the keyring. It returns nil,
// [ErrNoKeyring], [ErrLocked] and [keyring.ErrNotFound] as they are, the error of ctx if ctx is done, and [ErrKeyringTimeout]
// after the time limit of the call. Any other error may contain a secret: errKeyringFailed stands for it.
func keyringCause(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, ErrNoKeyring), errors.Is(err, ErrLocked), errors.Is(err, keyring.ErrNotFound):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return ErrKeyringTimeout
	}
	return errKeyringFailed
}

// errUnknown is returned when a keyring cannot say what it has before it is unlocked.
var errUnknown = errors.New("the keyring does not say what it has")

// contains reports whether the keyring has the entry of a name. It asks nobody for a password. It returns [ErrNoKeyring] if there
// is no keyring, and another error if the keyring does not say what it has.
func (s *Store) contains(ctx context.Context, name string) (bool, error) {
	lock, ok := s.keyring.(lockable)
	if !ok {
		return false, errUnknown
	}
	return withTimeout(ctx, keyringTimeout, func(ctx context.Context) (bool, error) { return lock.Contains(ctx, service, s.prefix+name) })
}

// fromKeyring returns the value that the keyring has for a name. Its errors are those of unlock, and [keyring.ErrNotFound]. Nobody
// is asked for a password when the keyring says that it has no such entry.
func (s *Store) fromKeyring(ctx context.Context, name string) (string, error) {
	switch has, err := s.contains(ctx, name); {
	case errors.Is(err, ErrNoKeyring):
		return "", ErrNoKeyring
	case err == nil && !has:
		return "", keyring.ErrNotFound
	}
	if err := s.unlock(ctx, false); err != nil {
		return "", err
	}
	value, err := withTimeout(ctx, keyringTimeout, func(context.Context) (string, error) { return s.keyring.Get(service, s.prefix+name) })
	return value, keyringCause(ctx, err)
}

// withTimeout calls f and returns its results, or the error of the context when f has not returned within limit or ctx is done
// before. Not every call of a keyring can be canceled: f may go on in its goroutine until the keyring answers, and its result is
// then discarded.
func withTimeout[T any](ctx context.Context, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// call is [withTimeout] for a function that returns nothing but an error.
func call(ctx context.Context, limit time.Duration, f func(context.Context) error) error {
	_, err := withTimeout(ctx, limit, func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) })
	return err
}

// The states of a keyring that are not that of an open one.
var (
	// ErrNoKeyring is returned when there is no keyring to ask, as in a session over ssh or a scheduled job. It comes with
	// [ErrNotFound] from methods that look for a secret: a keyring of another session may have it.
	ErrNoKeyring = request.Errorf("keyring_out_of_reach", "no keyring can be reached here")
	// ErrLocked is returned when the keyring is locked and its user cannot be asked here, or was asked a short time ago.
	ErrLocked = request.Errorf("keyring_locked", "the keyring is locked")
	// ErrDismissed is returned when the system asked for the password of the keyring and got none. It wraps [ErrLocked].
	ErrDismissed = request.Errorf("keyring_dismissed", "%w, and its password was not given", ErrLocked)
	// ErrKeyringTimeout is returned when the keyring did not answer in time, or its user did not answer the system's question.
	ErrKeyringTimeout = request.Errorf("keyring_silent", "the keyring does not answer")
)

// IsKeyringError reports whether an error means that the keyring cannot be used now, because there is none, or it is locked, does
// not answer or fails. A person may then decide to store a secret in the file.
func IsKeyringError(err error) bool {
	for _, state := range []error{ErrNoKeyring, ErrLocked, ErrKeyringTimeout, errKeyringFailed} {
		if errors.Is(err, state) {
			return true
		}
	}
	return false
}

// errKeyringFailed is returned when the keyring fails at once. Its own error is left out: it may contain a secret.
var errKeyringFailed = request.Errorf("keyring_unreadable", "the keyring cannot be read")
