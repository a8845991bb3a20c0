// Package secret keeps the passwords and client secrets of gateways: in the system's
// keyring, or, where there is none, in a file of the home that only its owner can read.
//
// A secret belongs to one gateway and one origin. It is never given out for another,
// so nobody gets it by changing an address in a configuration file. Nothing here
// logs, prints or wraps a secret into an error.
package secret

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"countersign/core/home"
)

// Errors that callers tell apart.
var (
	// ErrNotFound says that no secret is kept for the gateway.
	ErrNotFound = errors.New("no secret is kept for this gateway")
	// ErrOtherOrigin says that the secret was given for another address.
	ErrOtherOrigin = errors.New("the secret was given for another address")
	// ErrNoAnswer says that there is a keyring that did not answer in time: it may be waiting
	// for its user.
	ErrNoAnswer = errors.New("the keyring does not answer")
)

const (
	service = "countersign"

	// A keyring may ask its user to unlock it; who does not answer by then has none.
	keyringTimeout = 20 * time.Second
)

// Place is where secrets are kept.
type Place string

// The places.
const (
	Keyring Place = "keyring"
	File    Place = "file"
)

// Store keeps the secrets of one home. Its methods may be called from any goroutine, and
// by several processes: a secret file is replaced as a whole.
type Store struct {
	home    home.Dir
	path    string // of the file
	prefix  string // tells homes apart in the keyring
	keyring keyring.Keyring
}

// Open gives the store of a home. It asks the keyring for nothing yet.
func Open(dir home.Dir) *Store {
	sum := sha256.Sum256([]byte(dir.Path()))
	s := &Store{home: dir, path: dir.Secrets(), prefix: hex.EncodeToString(sum[:8]) + "/"}
	if hasKeyring() {
		s.keyring = systemKeyring{}
	}
	return s
}

// hasKeyring tells whether it makes sense to ask. On Linux, asking without a session
// bus would start one and leave it behind.
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

// systemKeyring is the keyring that the library finds on this system.
type systemKeyring struct{}

func (systemKeyring) Set(service, user, password string) error {
	return keyring.Set(service, user, password)
}
func (systemKeyring) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (systemKeyring) Delete(service, user string) error        { return keyring.Delete(service, user) }
func (systemKeyring) DeleteAll(service string) error           { return keyring.DeleteAll(service) }

// entry is a secret together with where it may go.
type entry struct {
	Origin string `json:"origin"`
	Secret string `json:"secret"`
}

// Set keeps a gateway's secret for one origin and tells where it is now. What was kept
// before is replaced.
func (s *Store) Set(ctx context.Context, gateway, origin, secret string) (Place, error) {
	value, err := json.Marshal(entry{origin, secret})
	if err != nil {
		return "", errors.New("the secret cannot be stored")
	}
	if s.keyring != nil {
		err := withTimeout(ctx, func() error { return s.keyring.Set(service, s.prefix+gateway, string(value)) })
		if err == nil {
			// A copy from a time without a keyring would be forgotten there.
			return Keyring, s.update(ctx, func(all map[string]entry) { delete(all, gateway) })
		}
	}
	return File, s.update(ctx, func(all map[string]entry) { all[gateway] = entry{origin, secret} })
}

// Get gives a gateway's secret for an origin. It fails with [ErrNotFound] when there is
// none, and with [ErrOtherOrigin] when it was given for another place.
func (s *Store) Get(ctx context.Context, gateway, origin string) (string, error) {
	k, _, err := s.lookUp(ctx, gateway)
	if err != nil {
		return "", err
	}
	if k.Origin != origin {
		return "", fmt.Errorf("gateway %s: %w than %s: if the new address is right, enter the secret again with countersignctl gateway secret %s", gateway, ErrOtherOrigin, origin, gateway)
	}
	return k.Secret, nil
}

// Where tells the place of a gateway's secret.
func (s *Store) Where(ctx context.Context, gateway string) (Place, error) {
	_, place, err := s.lookUp(ctx, gateway)
	return place, err
}

func (s *Store) lookUp(ctx context.Context, gateway string) (k entry, place Place, err error) {
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
			return entry{}, "", fmt.Errorf("gateway %s: %w: unlock it and try again, or enter the secret again with countersignctl gateway secret %s", gateway, ErrNoAnswer, gateway)
		case !isInFile: // where the keyring fails, what could not be kept there is in the file
			return entry{}, "", fmt.Errorf("gateway %s: the keyring does not answer: unlock it and try again, or enter the secret again with countersignctl gateway secret %s", gateway, gateway)
		}
	}
	if isInFile {
		return inFile, File, nil
	}
	return entry{}, "", fmt.Errorf("gateway %s: %w: enter it with countersignctl gateway secret %s", gateway, ErrNotFound, gateway)
}

// isDeskEntry tells the desk's own entries, whose names are in parentheses, from those of gateways.
// What the keyring has of them counts before what the file has: else whoever can write the
// home, and not the keyring, could put another key in the place of the desk's.
func isDeskEntry(name string) bool { return strings.HasPrefix(name, "(") }

// Delete forgets a gateway's secret. There being none is no error.
func (s *Store) Delete(ctx context.Context, gateway string) error {
	if s.keyring != nil {
		// Whatever goes wrong: there is none, or a keyring that cannot be used
		// now could not be used to keep one either.
		_ = withTimeout(ctx, func() error { return s.keyring.Delete(service, s.prefix+gateway) })
	}
	return s.update(ctx, func(all map[string]entry) { delete(all, gateway) })
}

// Probe tells where a secret would be kept now, by keeping an entry of its own for a moment. It
// fails when there is a keyring that cannot be used.
func (s *Store) Probe(ctx context.Context) (Place, error) {
	if s.keyring == nil {
		return File, nil
	}
	user := s.prefix + "(probe)" // no gateway has such a name
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
		return File, errors.New("the keyring does not answer, or does not keep what it is given")
	}
	return Keyring, nil
}

func (s *Store) read() (map[string]entry, error) {
	all := map[string]entry{}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the secrets: %w", err)
	}
	if json.Unmarshal(text, &all) != nil {
		return nil, fmt.Errorf("%s is damaged: move it away and enter the secrets again", s.path)
	}
	return all, nil
}

// update rewrites the file, one at a time over all processes, so that no secret is lost
// to another one that is kept in the same moment.
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
		return errors.New("the secrets cannot be stored")
	}
	return home.WriteFile(s.path, append(text, '\n'))
}

// withTimeout gives up on a keyring that does not answer. The call itself cannot be
// stopped; it ends with its own dialog, and what it brings is dropped.
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
