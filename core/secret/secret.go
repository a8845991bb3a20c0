// Package secret stores the passwords and client secrets of gateways: in the keyring of the operating system, or, without
// one, in a file of the home that only its owner can read.
//
// A secret is for one gateway and one origin. It is never returned for another origin, so nobody can obtain it by changing an
// address in a configuration file. The package never logs a secret or includes it in an error.
package secret

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"countersign/core/home"
	"countersign/core/request"
)

// The errors that callers distinguish. They are wrapped: compare with errors.Is.
var (
	// ErrNotFound is returned when no secret is stored for the gateway.
	ErrNotFound = request.Errorf("secret_none", "no secret is stored for this gateway")
	// ErrNoKeyring is returned for an entry of the desk itself that is not in the file where there is no keyring to ask, as in a
	// session over ssh or a scheduled job. It comes with ErrNotFound: a keyring of another session may have the entry.
	ErrNoKeyring = request.Errorf("keyring_out_of_reach", "no keyring can be reached here")
	// ErrOtherOrigin is returned when the secret was stored for another origin.
	ErrOtherOrigin = request.Errorf("secret_other_address", "the secret was entered for another address")
	// ErrKeyringTimeout is returned when the keyring did not answer in time. It may be waiting for its user to unlock it.
	ErrKeyringTimeout = request.Errorf("keyring_silent", "the keyring does not answer")
)

// errKeyringFailed is returned when the keyring fails at once. Its own error is left out: it may contain a secret.
var errKeyringFailed = request.Errorf("keyring_unreadable", "the keyring cannot be read")

const (
	service        = "countersign"    // of all entries in the keyring
	keyringTimeout = 20 * time.Second // a keyring may ask its user to unlock it
)

// Backend is where a secret is stored.
type Backend string

// The places.
const (
	Keyring Backend = "keyring"
	File    Backend = "file"
)

// Store has the secrets of one home. It is safe for concurrent use, also by several processes: a lock file guards every change,
// and the secret file is replaced atomically. Each method waits up to 20 seconds for the keyring.
type Store struct {
	home    home.Dir
	path    string          // of the file
	prefix  string          // of the names in the keyring, different for each home
	keyring keyring.Keyring // nil without one
}

// Open returns the store of a home. It does not access the keyring yet, and need not be closed.
func Open(dir home.Dir) *Store {
	sum := sha256.Sum256([]byte(dir.Path()))
	s := &Store{home: dir, path: dir.Secrets(), prefix: hex.EncodeToString(sum[:8]) + "/"}
	if hasKeyring() {
		s.keyring = systemKeyring{}
	}
	return s
}

// hasKeyring reports whether the system can have a keyring. On Linux that needs a session bus; without one, the library would
// start a bus that is never stopped.
func hasKeyring() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	_, err := os.Stat(filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus"))
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

// entry is a stored secret with the origin that it may be sent to.
type entry struct {
	Origin string `json:"origin"`
	Secret string `json:"secret"`
}

// Set stores the secret of a gateway for one origin, in place of the earlier one, and returns where it is now. When the keyring
// cannot be used, that is the file.
func (s *Store) Set(ctx context.Context, gateway, origin, secret string) (Backend, error) {
	value, err := json.Marshal(entry{origin, secret})
	if err != nil {
		return "", request.Errorf("secret_unstored", "the secret cannot be stored")
	}
	if s.keyring != nil {
		err := withTimeout(ctx, func() error { return s.keyring.Set(service, s.prefix+gateway, string(value)) })
		if err == nil {
			// The file may have an older secret, from when the keyring could not be used.
			return Keyring, s.update(ctx, func(all map[string]entry) { delete(all, gateway) })
		}
	}
	return File, s.update(ctx, func(all map[string]entry) { all[gateway] = entry{origin, secret} })
}

// Get returns the secret of a gateway for an origin. It returns [ErrNotFound], [ErrOtherOrigin], [ErrKeyringTimeout], or an error
// that says why the keyring or the file cannot be read.
func (s *Store) Get(ctx context.Context, gateway, origin string) (string, error) {
	k, _, err := s.lookUp(ctx, gateway)
	if err != nil {
		return "", err
	}
	if k.Origin != origin {
		return "", request.Errorf("secret_other_origin", "gateway %s: %w than %s: if the new address is right, enter the secret again with countersignctl gateway secret %s", gateway, ErrOtherOrigin, origin, gateway)
	}
	return k.Secret, nil
}

// Backend returns where the secret of a gateway is stored, with the errors of [Store.Get] except [ErrOtherOrigin].
func (s *Store) Backend(ctx context.Context, gateway string) (Backend, error) {
	_, place, err := s.lookUp(ctx, gateway)
	return place, err
}

// lookUp returns the entry of a gateway and where it is. The file takes precedence, because it has an entry only when the
// keyring could not store it; see isDeskEntry for the exception.
func (s *Store) lookUp(ctx context.Context, gateway string) (k entry, place Backend, err error) {
	all, err := s.read()
	if err != nil {
		return entry{}, "", err
	}
	inFile, isInFile := all[gateway]
	if isInFile && !isDeskEntry(gateway) {
		return inFile, File, nil
	}
	if s.keyring != nil {
		var value string
		err := withTimeout(ctx, func() (err error) {
			value, err = s.keyring.Get(service, s.prefix+gateway)
			return err
		})
		if err == nil && json.Unmarshal([]byte(value), &k) == nil {
			return k, Keyring, nil
		}
		switch {
		case err == nil, errors.Is(err, keyring.ErrNotFound):
		case errors.Is(err, context.DeadlineExceeded):
			return entry{}, "", keyringError(gateway, ErrKeyringTimeout)
		case !isInFile: // Set stores in the file what the keyring refuses
			return entry{}, "", keyringError(gateway, errKeyringFailed)
		}
	}
	if isInFile {
		return inFile, File, nil
	}
	if s.keyring == nil && isDeskEntry(gateway) {
		return entry{}, "", request.Errorf("secret_none_here", "%w: %w", ErrNotFound, ErrNoKeyring)
	}
	return entry{}, "", request.Errorf("secret_enter", "gateway %s: %w: enter it with countersignctl gateway secret %s", gateway, ErrNotFound, gateway)
}

func keyringError(gateway string, err error) error {
	return request.Errorf("keyring_unlock", "gateway %s: %w: unlock it and try again, or enter the secret again with countersignctl gateway secret %s", gateway, err, gateway)
}

// isDeskEntry reports whether a name is that of an entry of the desk itself, like its signing key: those are in parentheses.
// For them the keyring takes precedence over the file. Otherwise somebody who can write the home but not the keyring could
// replace the key of the desk.
func isDeskEntry(name string) bool { return strings.HasPrefix(name, "(") }

// Delete removes the secret of a gateway from the keyring and the file. A missing secret is no error.
func (s *Store) Delete(ctx context.Context, gateway string) error {
	if s.keyring != nil {
		// Errors are ignored: usually there is no entry. A keyring that cannot be used now may keep its entry.
		_ = withTimeout(ctx, func() error { return s.keyring.Delete(service, s.prefix+gateway) })
	}
	return s.update(ctx, func(all map[string]entry) { delete(all, gateway) })
}

// Probe returns where a secret would be stored now. It tests the keyring with an entry that it removes again, and returns an
// error and [File] when the keyring cannot be used.
func (s *Store) Probe(ctx context.Context) (Backend, error) {
	if s.keyring == nil {
		return File, nil
	}
	user := s.prefix + "(probe)" // not a possible name of a gateway
	var back string
	err := withTimeout(ctx, func() error {
		if err := s.keyring.Set(service, user, "probe"); err != nil {
			return err
		}
		found, err := s.keyring.Get(service, user)
		back = found
		return errors.Join(err, s.keyring.Delete(service, user))
	})
	if err != nil || back != "probe" {
		return File, request.Errorf("keyring_no_store", "the keyring does not answer, or does not store secrets")
	}
	return Keyring, nil
}

func (s *Store) read() (map[string]entry, error) {
	all := map[string]entry{}
	text, err := home.ReadFile(s.path, home.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, request.Errorf("secrets_read", "read the secrets: %w", err)
	}
	if json.Unmarshal(text, &all) != nil {
		return nil, request.Errorf("secrets_damaged", "%s is damaged: move it away and enter the secrets again", s.path)
	}
	return all, nil
}

// update changes the entries of the file under a lock over all processes, so that no concurrent change is lost.
func (s *Store) update(ctx context.Context, f func(map[string]entry)) error {
	lock, err := s.home.WaitLock(ctx, "secrets")
	if err != nil {
		return err
	}
	return errors.Join(s.rewrite(f), lock.Release())
}

func (s *Store) rewrite(f func(map[string]entry)) error {
	all, err := s.read()
	if err != nil {
		return err
	}
	before := len(all)
	f(all)
	if len(all) == 0 && before == 0 {
		return nil
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return request.Errorf("secrets_unstored", "the secrets cannot be stored")
	}
	return home.WriteFile(s.path, append(text, '\n'))
}

// withTimeout returns the error of f, or that of its context after keyringTimeout. A call of the keyring cannot be
// canceled: f goes on in its goroutine until the keyring answers, and its result is discarded.
func withTimeout(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, keyringTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
