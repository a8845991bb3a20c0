package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
	"go.uber.org/goleak"

	"countersign/core/home"
)

func TestMain(m *testing.M) {
	if os.Getenv(inSession) != "" { // the library never closes its connection to the bus
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

// inSession is set in a test process that has a session bus of its own.
const inSession = "COUNTERSIGN_TEST_SESSION"

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
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
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

// Where no keyring can be asked, one of another session may have the secret.
func TestASecretThatCannotBeAskedForIsNotMissing(t *testing.T) {
	s := newStore(t, nil)
	for _, name := range []string{"(register)", "one"} {
		if _, err := s.Get(t.Context(), name, origin); !errors.Is(err, ErrNotFound) || !errors.Is(err, ErrNoKeyring) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.keyring = &ring{entries: map[string]string{}}
	for _, name := range []string{"(register)", "one"} {
		if _, err := s.Get(t.Context(), name, origin); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoKeyring) {
			t.Errorf("%s with a keyring: %v", name, err)
		}
	}
}

// useKeyring makes the home one that has its register key in a keyring.
func useKeyring(t *testing.T, s *Store) {
	t.Helper()
	if err := os.WriteFile(s.home.RegisterKey(), []byte("public"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAHomeWithAKeyringElsewhereStoresNothingInTheFileUnasked(t *testing.T) {
	s := newStore(t, nil)
	useKeyring(t, s)
	for _, name := range []string{"(register)", "one"} {
		if place, err := s.Set(t.Context(), name, origin, value); !errors.Is(err, ErrNoKeyring) || place != "" {
			t.Errorf("%s: %q, %v", name, place, err)
		}
	}
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
	if err := s.SetInFile(t.Context(), "one", origin, value); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "one", value)
	// With the register's key in the file, this is a home without a keyring.
	if err := s.SetInFile(t.Context(), "(register)", origin, value); err != nil {
		t.Fatal(err)
	}
	set(t, s, "two", value, File)
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

func TestASecretMovesToAnotherOriginWhereItIs(t *testing.T) {
	for name, r := range map[string]keyring.Keyring{"in the file": nil, "in the keyring": &ring{entries: map[string]string{}}} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, r)
			place, err := s.Set(t.Context(), OfficePrefix+"a", "https://old.example:443", value)
			if err != nil {
				t.Fatal(err)
			}
			if before, err := s.Origin(t.Context(), OfficePrefix+"a"); err != nil || before != "https://old.example:443" {
				t.Errorf("it is for %q, %v", before, err)
			}
			if err := s.Move(t.Context(), OfficePrefix+"a", origin); err != nil {
				t.Fatal(err)
			}
			expect(t, s, OfficePrefix+"a", value)
			if now, err := s.Backend(t.Context(), OfficePrefix+"a"); err != nil || now != place {
				t.Errorf("it is in the %s, not in the %s: %v", now, place, err)
			}
			if _, err := s.Get(t.Context(), OfficePrefix+"a", "https://old.example:443"); !errors.Is(err, ErrOtherOrigin) || !strings.Contains(err.Error(), "gateway secret a") {
				t.Errorf("its earlier address: %v", err)
			}
			if err := s.Move(t.Context(), "a", origin); !errors.Is(err, ErrNotFound) {
				t.Errorf("one that is not there: %v", err)
			}
			if _, err := s.Origin(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
				t.Errorf("one that is not there: %v", err)
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

func TestAKeyringThatFailsChangesNothing(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", "old", Keyring)
	r.fail(errors.New("broken, and the password is hush"))
	if place, err := s.Set(t.Context(), "a", origin, "new"); err == nil || place != "" || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %q, %v", place, err)
	}
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
	_, err := s.Get(t.Context(), "a", origin)
	if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "--in-file") || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	// A person may choose the file.
	if err := s.SetInFile(t.Context(), "a", origin, "new"); err != nil {
		t.Fatal(err)
	}
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
}

// lockedRing is a keyring that can be locked. A question for its password waits for what is sent to answers.
type lockedRing struct {
	ring
	locked  atomic.Bool
	asked   atomic.Int32
	answers chan error
}

func (r *lockedRing) Contains(_ context.Context, service, user string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.entries[service+"|"+user]
	return ok, nil
}

func (r *lockedRing) Unlock(ctx context.Context, ask bool) error {
	switch {
	case !r.locked.Load():
		return nil
	case !ask:
		return ErrLocked
	}
	r.asked.Add(1)
	select {
	case err := <-r.answers:
		r.locked.Store(err != nil)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newLockedStore(t *testing.T) (*Store, *lockedRing) {
	r := &lockedRing{ring: ring{entries: map[string]string{}}, answers: make(chan error, 1)}
	s := newStore(t, r)
	set(t, s, "a", value, Keyring)
	r.locked.Store(true)
	return s, r
}

func TestAQuestionThatIsDismissedIsNotRepeatedUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newLockedStore(t)
		r.answers <- ErrDismissed
		for range 3 { // in the background
			if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrLocked) || errors.Is(err, ErrNotFound) {
				t.Errorf("got %v", err)
			}
			if _, err := s.Set(t.Context(), "(register)", origin, value); !errors.Is(err, ErrLocked) {
				t.Errorf("got %v", err)
			}
		}
		if n := r.asked.Load(); n != 1 {
			t.Errorf("%d questions", n)
		}
		// A person who enters a secret is asked, and what is stored then is in the keyring.
		r.answers <- nil
		set(t, s, "a", "new", Keyring)
		expect(t, s, "a", "new")
		// Once it was unlocked, the next lock may be asked about at once, and after a dismissal later.
		r.locked.Store(true)
		r.answers <- ErrDismissed
		if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrDismissed) {
			t.Errorf("got %v", err)
		}
		time.Sleep(quietTime)
		r.answers <- nil
		expect(t, s, "a", "new")
	})
}

func TestALockedKeyringIsUnlockedLater(t *testing.T) {
	s, r := newLockedStore(t)
	r.answers <- ErrDismissed
	if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrDismissed) {
		t.Errorf("got %v", err)
	}
	r.locked.Store(false) // by its own program
	expect(t, s, "a", value)
}

func TestALockedKeyringSaysWhatItHas(t *testing.T) {
	s, r := newLockedStore(t)
	if place, err := s.Backend(t.Context(), "a"); place != Keyring || err != nil {
		t.Errorf("got %q, %v", place, err)
	}
	if _, err := s.Backend(t.Context(), "b"); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrLocked) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := s.Origin(t.Context(), "a"); !errors.Is(err, ErrLocked) {
		t.Errorf("its origin: %v", err)
	}
	if _, err := s.Probe(t.Context()); !errors.Is(err, ErrLocked) {
		t.Errorf("the probe: %v", err)
	}
	if n := r.asked.Load(); n != 0 {
		t.Errorf("%d questions", n)
	}
}

func TestAQuestionWithoutAnAnswerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newLockedStore(t)
		start := time.Now()
		var work sync.WaitGroup
		for range 5 {
			work.Go(func() {
				if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrKeyringTimeout) && !errors.Is(err, ErrLocked) {
					t.Errorf("got %v", err)
				}
			})
		}
		work.Wait()
		if waited := time.Since(start); waited > promptTimeout {
			t.Errorf("it took %s", waited)
		}
		if n := r.asked.Load(); n != 1 {
			t.Errorf("%d questions", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := s.Set(ctx, "a", origin, "new"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("there is a file: %v", err)
		}
	})
}

func TestDeleteNamesWhatALockedKeyringKeeps(t *testing.T) {
	s, r := newLockedStore(t)
	r.answers <- ErrDismissed
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "remove it there") {
		t.Errorf("got %v", err)
	}
	if err := s.Delete(t.Context(), "b"); err != nil {
		t.Errorf("one that is not there: %v", err)
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
	// Older versions stored them in the file when the keyring failed.
	r.fail(errors.New("no such service"))
	if err := s.SetInFile(t.Context(), "(own)", origin, "in the file"); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "(own)", "in the file")
	if _, err := s.Get(t.Context(), "(other)", origin); err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrKeyringTimeout) {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestAHangingKeyringIsATimeoutAndStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &ring{entries: map[string]string{}, hang: make(chan struct{})}
		s := newStore(t, r)
		if err := s.SetInFile(t.Context(), "(own)", origin, value); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "(own)", origin); !errors.Is(err, ErrKeyringTimeout) {
			t.Errorf("got %v", err)
		}
		if place, err := s.Set(context.Background(), "a", origin, value); !errors.Is(err, ErrKeyringTimeout) || place != "" {
			t.Errorf("got %q, %v", place, err)
		}
		if text, err := os.ReadFile(s.path); err != nil || strings.Contains(string(text), `"a"`) {
			t.Errorf("got %q, %v", text, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Get(ctx, "b", origin); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(r.hang)
	})
}

func TestDeleteRemovesFromKeyringAndFile(t *testing.T) {
	r := &ring{entries: map[string]string{}}
	s := newStore(t, r)
	set(t, s, "a", value, Keyring)
	for name, value := range map[string]string{"a": value, "b": "stays"} {
		if err := s.SetInFile(t.Context(), name, origin, value); err != nil {
			t.Fatal(err)
		}
	}
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
