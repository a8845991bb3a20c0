// Package secret stores the passwords and client secrets of gateways: in the keyring of the operating system, or, without
// one, in a file of the home that only its owner can read. A keyring that is locked, or that belongs to another session, is not
// a missing one: then nothing is stored in the file unless a person decides so.
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
	"strings"

	"github.com/zalando/go-keyring"

	"countersign/core/home"
	"countersign/core/request"
)

// The errors that callers distinguish, beside those of the keyring. They are wrapped: compare with errors.Is.
var (
	// ErrNotFound is returned when no secret is stored for the gateway.
	ErrNotFound = request.Errorf("secret_none", "no secret is stored for this gateway")
	// ErrOtherOrigin is returned when the secret was stored for another origin.
	ErrOtherOrigin = request.Errorf("secret_other_address", "the secret was entered for another address")
)

// Backend is where a secret is stored.
type Backend string

// The values of [Backend]: the keyring of the operating system, and the file of the home.
const (
	Keyring Backend = "keyring"
	File    Backend = "file"
)

// Entered is a secret that a person entered.
type Entered struct {
	Value  string // empty for none
	InFile bool   // the person decided that it is stored in the file, whether there is a keyring or not
}

// Store has the secrets of one home. It is safe for concurrent use, also by several processes: a lock file guards every change,
// and the secret file is replaced atomically. Each method waits up to 20 seconds for the keyring; [Store.Set], [Store.Get] and
// [Store.Delete] wait up to a minute more where the system asks a person to unlock it.
type Store struct {
	home    home.Dir
	path    string          // of the file
	prefix  string          // stands before each name in the keyring; different for each home
	keyring keyring.Keyring // nil without one
	asked   question
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

// entry is a stored secret with the origin that it may be sent to.
type entry struct {
	Origin string `json:"origin"`
	Secret string `json:"secret"`
}

// Set stores the secret of a gateway for one origin in the keyring, in place of the earlier one, and returns where it is now. Only a
// home that has never used a keyring, on a system without one, stores it in the file. In every other case in which the keyring
// cannot store it, nothing changes, and the error is [ErrNoKeyring], [ErrLocked], [ErrDismissed], [ErrKeyringTimeout] or that the
// keyring fails: whether the secret goes to the file is a person's decision, see [Store.SetInFile].
func (s *Store) Set(ctx context.Context, gateway, origin, secret string) (Backend, error) {
	err := s.setInKeyring(ctx, gateway, entry{origin, secret})
	if err == nil {
		// The file may have an older secret, from when a person chose it.
		return Keyring, s.update(ctx, func(all map[string]entry) { delete(all, gateway) })
	}
	if errors.Is(err, ErrNoKeyring) {
		used, readErr := s.usesKeyring()
		if readErr != nil {
			return "", readErr
		}
		if !used {
			return File, s.SetInFile(ctx, gateway, origin, secret)
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if errors.Is(err, ErrNoKeyring) {
		return "", request.Errorf("secret_keyring_elsewhere", "nothing was stored: %w, and this desk has used one: enter the secret where that keyring is, or have it kept in a file that only you can read (--in-file)", err)
	}
	return "", request.Errorf("secret_not_stored", "nothing was stored: %w: unlock it and try again, or have the secret kept in a file that only you can read (--in-file)", err)
}

func (s *Store) setInKeyring(ctx context.Context, name string, e entry) error {
	value, err := json.Marshal(e) // #nosec G117 -- this is what the keyring keeps
	if err != nil {
		return request.Errorf("secret_unstored", "the secret cannot be stored")
	}
	// A person who enters a secret is there to answer; the desk's own entries are written in the background.
	if err := s.unlock(ctx, !isDeskEntry(name)); err != nil {
		return err
	}
	return keyringCause(ctx, call(ctx, keyringTimeout, func(context.Context) error { return s.keyring.Set(service, s.prefix+name, string(value)) }))
}

// usesKeyring reports whether this home has ever used a keyring: there is a register key, and its private part is not in the file.
// It fails if the file cannot be read.
func (s *Store) usesKeyring() (bool, error) {
	if _, err := os.Stat(s.home.RegisterKey()); err != nil {
		return false, nil
	}
	all, err := s.read()
	if err != nil {
		return false, err
	}
	for name := range all {
		if isDeskEntry(name) {
			return false, nil
		}
	}
	return true, nil
}

// SetInFile stores the secret of a gateway for one origin in the file of the home, in place of an earlier one there. The file is
// not encrypted: other packages call SetInFile only if a person has decided so. For a gateway, the file takes precedence over the
// keyring.
func (s *Store) SetInFile(ctx context.Context, gateway, origin, secret string) error {
	return s.update(ctx, func(all map[string]entry) { all[gateway] = entry{origin, secret} })
}

// Get returns the secret of a gateway for an origin. It fails with [ErrNotFound], with [ErrOtherOrigin] if the secret was stored
// for another origin, with an error of the keyring (see [IsKeyringError]), or with one that says why the file cannot be read.
func (s *Store) Get(ctx context.Context, gateway, origin string) (string, error) {
	k, _, err := s.lookUp(ctx, gateway)
	if err != nil {
		return "", err
	}
	if k.Origin != origin {
		return "", request.Errorf("secret_other_origin", "gateway %s: %w than %s: if the new address is right, enter the secret again with countersignctl gateway secret %s", shown(gateway), ErrOtherOrigin, origin, shown(gateway))
	}
	return k.Secret, nil
}

// Backend returns where the secret of a gateway is stored, with the errors of [Store.Get] except [ErrOtherOrigin]. Where the
// keyring says what it has while it is locked, nobody is asked to unlock it.
func (s *Store) Backend(ctx context.Context, gateway string) (Backend, error) {
	all, err := s.read()
	if err != nil {
		return "", err
	}
	if _, ok := all[gateway]; !ok || isDeskEntry(gateway) {
		if has, err := s.contains(ctx, gateway); err == nil && has {
			return Keyring, nil
		}
	}
	_, place, err := s.lookUp(ctx, gateway)
	return place, err
}

// lookUp returns the entry of a gateway and where it is. The file takes precedence, because it has an entry only when a person
// chose it, or when there was no keyring; see isDeskEntry for the exception.
func (s *Store) lookUp(ctx context.Context, gateway string) (k entry, place Backend, err error) {
	all, err := s.read()
	if err != nil {
		return entry{}, "", err
	}
	inFile, isInFile := all[gateway]
	if isInFile && !isDeskEntry(gateway) {
		return inFile, File, nil
	}
	value, err := s.fromKeyring(ctx, gateway)
	if err == nil && json.Unmarshal([]byte(value), &k) == nil {
		return k, Keyring, nil
	}
	switch {
	case err == nil, errors.Is(err, keyring.ErrNotFound), errors.Is(err, ErrNoKeyring):
	case ctx.Err() != nil:
		return entry{}, "", ctx.Err()
	case isInFile && errors.Is(err, errKeyringFailed): // older versions stored in the file what a failing keyring refused
	default:
		return entry{}, "", keyringError(gateway, err)
	}
	switch {
	case isInFile:
		return inFile, File, nil
	case errors.Is(err, ErrNoKeyring):
		return entry{}, "", request.Errorf("secret_none_here", "gateway %s: %w in this home, and %w that may have it, as over ssh or in a scheduled job: use the desk where its keyring is, or enter the secret with countersignctl gateway secret %s --in-file", shown(gateway), ErrNotFound, ErrNoKeyring, shown(gateway))
	}
	return entry{}, "", request.Errorf("secret_enter", "gateway %s: %w: enter it with countersignctl gateway secret %s", shown(gateway), ErrNotFound, shown(gateway))
}

func keyringError(gateway string, err error) error {
	return request.Errorf("keyring_unlock", "gateway %s: %w: unlock it and try again, or enter the secret again with countersignctl gateway secret %s --in-file, which keeps it in a file", shown(gateway), err, shown(gateway))
}

// isDeskEntry reports whether a name is that of an entry of the desk itself, such as the register key: these names are in
// parentheses, and no gateway has such a name. For these entries the keyring takes precedence over the file. Otherwise somebody who
// can write the home but not the keyring could replace the register key.
func isDeskEntry(name string) bool { return strings.HasPrefix(name, "(") }

// Origin returns the origin for which the secret of a gateway was stored. It asks nobody to unlock the keyring: then the error is [ErrLocked]. Its other errors
// are those of [Store.Get].
func (s *Store) Origin(ctx context.Context, gateway string) (string, error) {
	all, err := s.read()
	if err != nil {
		return "", err
	}
	if _, inFile := all[gateway]; !inFile {
		if lock, ok := s.keyring.(lockable); ok {
			if err := keyringCause(ctx, call(ctx, keyringTimeout, func(ctx context.Context) error { return lock.Unlock(ctx, false) })); err != nil {
				return "", err
			}
		}
	}
	k, _, err := s.lookUp(ctx, gateway)
	return k.Origin, err
}

// Move has the secret of a gateway, which stays where it is, belong to another origin. It fails as [Store.Get] does, and as [Store.Set].
func (s *Store) Move(ctx context.Context, gateway, origin string) error {
	k, place, err := s.lookUp(ctx, gateway)
	if err != nil || k.Origin == origin {
		return err
	}
	if place == File {
		return s.SetInFile(ctx, gateway, origin, k.Secret)
	}
	_, err = s.Set(ctx, gateway, origin, k.Secret)
	return err
}

// OfficePrefix begins the names under which the secrets of gateways of the office are stored, since a gateway of the home may have the same name.
const OfficePrefix = "office/"

// shown returns the name of a gateway as people know it.
func shown(name string) string { return strings.TrimPrefix(name, OfficePrefix) }

// Delete removes the secret of a gateway from the keyring and the file. A missing secret is no error, and neither is a keyring that
// cannot be reached. Delete fails if the keyring may still have the secret; the file has been changed by then.
func (s *Store) Delete(ctx context.Context, gateway string) error {
	if err := s.update(ctx, func(all map[string]entry) { delete(all, gateway) }); err != nil || s.keyring == nil {
		return err
	}
	if has, err := s.contains(ctx, gateway); errors.Is(err, ErrNoKeyring) || err == nil && !has {
		return nil
	}
	err := s.unlock(ctx, true)
	if err == nil {
		err = keyringCause(ctx, call(ctx, keyringTimeout, func(context.Context) error { return s.keyring.Delete(service, s.prefix+gateway) }))
	}
	if err == nil || errors.Is(err, keyring.ErrNotFound) || errors.Is(err, ErrNoKeyring) {
		return nil
	}
	return request.Errorf("secret_left", "the secret of gateway %s is still in the keyring: %w: remove it there", shown(gateway), err)
}

// Probe returns where a secret would be stored now: in the file if there is no keyring. It asks nobody to unlock the keyring. It
// tests a keyring that is not locked with an entry that it removes again. The errors are [ErrLocked], [ErrKeyringTimeout], and one
// for a keyring that does not store what it is given.
func (s *Store) Probe(ctx context.Context) (Backend, error) {
	if s.keyring == nil {
		return File, nil
	}
	if lock, ok := s.keyring.(lockable); ok {
		err := keyringCause(ctx, call(ctx, keyringTimeout, func(ctx context.Context) error { return lock.Unlock(ctx, false) }))
		if errors.Is(err, ErrNoKeyring) {
			return File, nil
		}
		if err != nil {
			return "", err
		}
	}
	user := s.prefix + "(probe)" // not a possible name of a gateway
	back, err := withTimeout(ctx, keyringTimeout, func(context.Context) (string, error) {
		if err := s.keyring.Set(service, user, "probe"); err != nil {
			return "", err
		}
		found, err := s.keyring.Get(service, user)
		return found, errors.Join(err, s.keyring.Delete(service, user))
	})
	if err != nil || back != "probe" {
		return "", request.Errorf("keyring_no_store", "the keyring does not answer, or does not store secrets")
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

// update calls f with the entries of the file, and writes them back as f has changed them. It holds a lock over all processes
// meanwhile, so that no concurrent change is lost.
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
	text, err := json.MarshalIndent(all, "", "  ") // #nosec G117 -- this is what the keyring, or the file for the owner alone, keeps
	if err != nil {
		return request.Errorf("secrets_unstored", "the secrets cannot be stored")
	}
	return home.WriteFile(s.path, append(text, '\n'))
}
