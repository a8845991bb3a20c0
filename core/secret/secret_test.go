package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/zalando/go-keyring"
	"go.uber.org/goleak"

	"countersign/core/home"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	origin = "https://sign.example.org:443"
	value  = "s3cret \"with\" \\ and é"
)

// ring is a keyring in memory that can fail or hang.
type ring struct {
	mu      sync.Mutex
	entries map[string]string
	failure error
	hang    chan struct{}
}

// enter waits while the keyring hangs, and locks mu also when it returns an error.
func (r *ring) enter() error {
	if r.hang != nil {
		<-r.hang
	}
	r.mu.Lock()
	return r.failure
}

func (r *ring) Set(service, user, password string) error {
	defer r.mu.Unlock()
	if err := r.enter(); err != nil {
		return err
	}
	r.entries[service+"|"+user] = password
	return nil
}

func (r *ring) Get(service, user string) (string, error) {
	defer r.mu.Unlock()
	if err := r.enter(); err != nil {
		return "", err
	}
	found, ok := r.entries[service+"|"+user]
	if !ok {
		return "", keyring.ErrNotFound
	}
	return found, nil
}

func (r *ring) Delete(service, user string) error {
	defer r.mu.Unlock()
	if err := r.enter(); err != nil {
		return err
	}
	if _, ok := r.entries[service+"|"+user]; !ok {
		return keyring.ErrNotFound
	}
	delete(r.entries, service+"|"+user)
	return nil
}

func (r *ring) DeleteAll(string) error { return errors.New("unexpected call of DeleteAll") }

func (r *ring) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = err
}

func newHome(t *testing.T) home.Dir {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func newStore(t *testing.T, r keyring.Keyring) *Store {
	t.Helper()
	s := Open(newHome(t))
	s.keyring = r
	return s
}

func set(t *testing.T, s *Store, gateway, value string, want Backend) {
	t.Helper()
	place, err := s.Set(t.Context(), gateway, origin, value)
	if err != nil || place != want {
		t.Fatalf("got %q, %v", place, err)
	}
}

func expect(t *testing.T, s *Store, gateway, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), gateway, origin); err != nil || got != want {
		t.Errorf("%s: got %q, %v", gateway, got, err)
	}
}

func TestWithoutKeyring(t *testing.T) {
	s := newStore(t, nil)
	set(t, s, "a", value, File)
	set(t, s, "b", "other", File)
	expect(t, s, "a", value)
	expect(t, s, "b", "other")
	info, err := os.Stat(s.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v", info, err)
	}
	if place, err := s.Backend(t.Context(), "a"); err != nil || place != File {
		t.Errorf("got %q, %v", place, err)
	}
	// Another process finds the secrets too.
	other := Open(s.home)
	other.keyring = nil
	expect(t, other, "a", value)
}

// Only for the desk's own entries does it matter that a keyring of another session may have them.
func TestDeskEntryWithoutAKeyringMayBeElsewhere(t *testing.T) {
	s := newStore(t, nil)
	if _, err := s.Get(t.Context(), "(register)", "register"); !errors.Is(err, ErrNotFound) || !errors.Is(err, ErrNoKeyring) {
		t.Errorf("an entry of the desk: %v", err)
	}
	if _, err := s.Get(t.Context(), "one", origin); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoKeyring) {
		t.Errorf("a gateway: %v", err)
	}
	s.keyring = &ring{entries: map[string]string{}}
	if _, err := s.Get(t.Context(), "(register)", "register"); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoKeyring) {
		t.Errorf("with a keyring: %v", err)
	}
}

func TestFileIsReplacedAtomically(t *testing.T) {
	s := newStore(t, nil)
	set(t, s, "a", "first", File)
	before, err := os.Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	old, err := before.Stat()
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, "a", "second", File)
	now, err := os.Stat(s.path)
	if err != nil || os.SameFile(old, now) {
		t.Errorf("it is the same file: %v", err)
	}
	// A process that opened the old file still reads all of it.
	text := make([]byte, old.Size())
	if n, err := before.ReadAt(text, 0); err != nil || int64(n) != old.Size() || !strings.Contains(string(text), "first") {
		t.Errorf("got %q, %v", text, err)
	}
	left, err := os.ReadDir(s.home.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.Name() != "secrets.json" && entry.Name() != "secrets.lock" {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
}

func TestConcurrentSetKeepsAllSecrets(t *testing.T) {
	dir := newHome(t)
	var work sync.WaitGroup
	names := strings.Split("a b c d e f g h", " ")
	for _, name := range names {
		work.Go(func() {
			s := Open(dir) // each like a separate process
			s.keyring = nil
			if _, err := s.Set(t.Context(), name, origin, "of "+name); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	s := Open(dir)
	s.keyring = nil
	for _, name := range names {
		expect(t, s, name, "of "+name)
	}
}

func TestSecretIsForOneOrigin(t *testing.T) {
	for name, r := range map[string]keyring.Keyring{"in the file": nil, "in the keyring": &ring{entries: map[string]string{}}} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, r)
			if _, err := s.Set(t.Context(), "a", origin, value); err != nil {
				t.Fatal(err)
			}
			for _, other := range []string{"https://sign.example.org:8443", "http://sign.example.org:443", "https://evil.example:443", ""} {
				got, err := s.Get(t.Context(), "a", other)
				if !errors.Is(err, ErrOtherOrigin) || got != "" || !strings.Contains(err.Error(), "enter the secret again") {
					t.Errorf("%s: got %q, %v", other, got, err)
				}
				if strings.Contains(err.Error(), "s3cret") {
					t.Errorf("the secret is in: %v", err)
				}
			}
			if _, err := s.Get(t.Context(), "b", origin); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "gateway secret b") {
				t.Errorf("another gateway: %v", err)
			}
		})
	}
}

func TestKeyringIsPreferred(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", value, Keyring)
	expect(t, s, "a", value)
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
	if place, err := s.Backend(t.Context(), "a"); err != nil || place != Keyring {
		t.Errorf("got %q, %v", place, err)
	}
	// Two homes with the same keyring have separate secrets.
	other := newStore(t, r)
	if _, err := other.Get(t.Context(), "a", origin); !errors.Is(err, ErrNotFound) {
		t.Errorf("another home: %v", err)
	}
	for key := range r.entries {
		if !strings.HasPrefix(key, "countersign|") || strings.Contains(key, s.home.Path()) {
			t.Errorf("it is kept as %s", key)
		}
	}
}

func TestFailingKeyringFallsBackToTheFile(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", "old", Keyring)
	r.fail(errors.New("locked, and the password is hush"))
	set(t, s, "a", "new", File)
	expect(t, s, "a", "new")
	// The keyring still has the older secret.
	r.fail(nil)
	expect(t, s, "a", "new")
	// Storing in the keyring removes the secret from the file.
	set(t, s, "a", "newest", Keyring)
	expect(t, s, "a", "newest")
	if text, err := os.ReadFile(s.path); err != nil || strings.Contains(string(text), "new") {
		t.Errorf("got %q, %v", text, err)
	}
	r.fail(errors.New("locked, and the password is hush"))
	_, err := s.Get(t.Context(), "a", origin)
	if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "unlock it") || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
}

// Somebody who can write the home but not the keyring must not be able to replace the key of the desk.
func TestDeskEntriesInTheKeyringTakePrecedence(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "(own)", value, Keyring)
	planted := []byte(`{"(own)": {"origin": "` + origin + `", "secret": "planted"}, "a": {"origin": "` + origin + `", "secret": "a's"}}`)
	if err := os.WriteFile(s.path, planted, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "(own)", value)
	expect(t, s, "a", "a's")
	// With a keyring that cannot be used, they are in the file.
	r.fail(errors.New("no such service"))
	set(t, s, "(own)", "in the file", File)
	expect(t, s, "(own)", "in the file")
	if _, err := s.Get(t.Context(), "(other)", origin); err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrKeyringTimeout) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestHangingKeyringIsErrNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &ring{entries: map[string]string{}, hang: make(chan struct{})}
		s := newStore(t, r)
		set(t, s, "(own)", value, File)
		if _, err := s.Get(t.Context(), "(own)", origin); !errors.Is(err, ErrKeyringTimeout) {
			t.Errorf("got %v", err)
		}
		close(r.hang)
	})
}

func TestHangingKeyringFallsBackToTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &ring{entries: map[string]string{}, hang: make(chan struct{})}
		s := newStore(t, r)
		if place, err := s.Set(context.Background(), "a", origin, value); err != nil || place != File {
			t.Errorf("got %q, %v", place, err)
		}
		expect(t, s, "a", value) // from the file, which is read first
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Get(ctx, "b", origin); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v", err)
		}
		close(r.hang)
	})
}

func TestDeleteRemovesFromKeyringAndFile(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", value, Keyring)
	r.fail(errors.New("locked"))
	set(t, s, "a", value, File)
	set(t, s, "b", "stays", File)
	r.fail(nil)
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	expect(t, s, "b", "stays")
	if text, err := os.ReadFile(s.path); err != nil || strings.Contains(string(text), "s3cret") || len(r.entries) != 0 {
		t.Errorf("something is left: %q, %v, %v", text, r.entries, err)
	}
	for range 2 { // a missing secret is no error
		if err := s.Delete(t.Context(), "nobody"); err != nil {
			t.Error(err)
		}
	}
}

func TestDamagedFileIsNotChanged(t *testing.T) {
	s := newStore(t, nil)
	const damaged = `{"a": {"secret": "s3cret`
	if err := os.WriteFile(s.path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	_, getErr := s.Get(t.Context(), "a", origin)
	_, setErr := s.Set(t.Context(), "a", origin, value)
	for _, err := range []error{getErr, setErr, s.Delete(t.Context(), "a")} {
		if err == nil || !strings.Contains(err.Error(), "move it away") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v", err)
		}
	}
	if text, err := os.ReadFile(s.path); err != nil || string(text) != damaged {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestMalformedKeyringEntryIsIgnored(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	r.entries["countersign|"+s.prefix+"a"] = "s3cret without an origin"
	if got, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrNotFound) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNoKeyringWithoutSessionBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if Open(newHome(t)).keyring != nil {
		t.Error("a keyring would be used")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	if Open(newHome(t)).keyring == nil {
		t.Error("no keyring would be used")
	}
}

func TestProbe(t *testing.T) {
	if place, err := newStore(t, nil).Probe(t.Context()); place != File || err != nil {
		t.Errorf("without a keyring: %q, %v", place, err)
	}
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", value, Keyring)
	if place, err := s.Probe(t.Context()); place != Keyring || err != nil {
		t.Errorf("with one: %q, %v", place, err)
	}
	if len(r.entries) != 1 {
		t.Errorf("%d entries", len(r.entries))
	}
	expect(t, s, "a", value)
	r.fail(errors.New("locked: " + value))
	if _, err := s.Probe(t.Context()); err == nil || strings.Contains(err.Error(), value) {
		t.Errorf("with one that fails: %v", err)
	}
}
