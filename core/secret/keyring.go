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

// lockable is a keyring that can be locked, and says so. A keyring that does not implement it unlocks itself during a call.
type lockable interface {
	// Contains reports whether the keyring has an entry. It asks nobody, and also answers while the keyring is locked. It returns
	// [ErrNoKeyring] when there is none, also when there is only a service that has never kept anything.
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
	// quietTime is how long nothing but a person's own action brings up the question again that somebody dismissed.
	quietTime = 10 * time.Minute
)

// hasKeyring reports whether the system can have a keyring. On Linux that needs a session bus; without one, the library would
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

// question is the system's question for the password of a keyring. One is open at a time, whoever waits for it.
type question struct {
	once      sync.Once
	turn      chan struct{} // has one value while nobody asks
	mu        sync.Mutex
	dismissed time.Time // when the last question was not answered; the zero time when it was
}

// quiet reports whether the last question was not answered within the last [quietTime].
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

// wait waits until no other question is open. The caller has to call the function that it returns.
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
// [ErrKeyringTimeout], errKeyringFailed, or that of ctx when its caller ended it. Without insist, a question that was dismissed a
// short time ago is not asked again.
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

// keyringCause returns the error of this package for that of a call of the keyring; err itself when ctx is done. Any other error
// may contain a secret, and is left out.
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

// contains reports whether the keyring has the entry of a name, and asks nobody. It returns [ErrNoKeyring], or another error when
// that is not known.
func (s *Store) contains(ctx context.Context, name string) (bool, error) {
	lock, ok := s.keyring.(lockable)
	if !ok {
		return false, errUnknown
	}
	return withTimeout(ctx, keyringTimeout, func(ctx context.Context) (bool, error) { return lock.Contains(ctx, service, s.prefix+name) })
}

// fromKeyring returns the value of a name, with the errors of unlock and [keyring.ErrNotFound]. Nobody is asked for a password when
// the keyring says that it has no such entry.
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

// withTimeout returns what f returns, or the error of its context after a time. Not every call of a keyring can be canceled: f may
// go on in its goroutine until the keyring answers, and its result is then discarded.
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

// call is [withTimeout] for what returns nothing but an error.
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

// IsKeyringError reports whether an error means that the keyring cannot be used now, whatever its state. A person may then decide
// to store a secret in the file.
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
