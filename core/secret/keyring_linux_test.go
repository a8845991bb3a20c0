package secret

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// The tests of real keyrings run in processes of their own, each with its own session bus, home folder and keyring.
//
// password is that of the keyring.
const password = "open sesame"

// withoutServices is the configuration of a session bus that starts nothing by itself.
const withoutServices = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// TestKeyrings runs each of the tests whose names begin with TestSession on a session bus of its own.
func TestKeyrings(t *testing.T) {
	if os.Getenv(inSession) != "" {
		t.Skip("this is the process of one of them")
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("install %s (Debian: dbus, gnome-keyring) to try the real keyring", program)
		}
	}
	sessions := map[string]struct {
		bare    bool   // nothing on the bus offers a keyring
		display string // as in DISPLAY
	}{
		"TestSessionOpenKeyring":        {},
		"TestSessionLockedKeyring":      {},
		"TestSessionDismissedQuestion":  {display: ":99999"}, // where the question cannot be shown
		"TestSessionWithoutAKeyring":    {bare: true},
		"TestSessionWithoutACollection": {},
		"TestSessionQuestions":          {bare: true, display: ":99999"},
	}
	for name, session := range sessions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder, err := os.MkdirTemp("", "keyring") // short, for the sockets in it
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(folder) })
			args := []string{"--", os.Args[0], "-test.run=^" + name + "$", "-test.v"}
			if session.bare {
				bus := filepath.Join(folder, "bus.conf")
				if err := os.WriteFile(bus, []byte(withoutServices), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append([]string{"--config-file=" + bus}, args...)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			child := exec.CommandContext(ctx, "dbus-run-session", args...)
			child.Env = append(os.Environ(), inSession+"=1", "HOME="+folder, "XDG_RUNTIME_DIR="+folder, "XDG_DATA_HOME="+folder, "XDG_CACHE_HOME="+folder,
				"DISPLAY="+session.display, "WAYLAND_DISPLAY=", "GORACE=atexit_sleep_ms=0")
			child.WaitDelay = time.Second
			out, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// needSession skips a test outside of a process that [TestKeyrings] starts.
func needSession(t *testing.T) *Store {
	t.Helper()
	if os.Getenv(inSession) == "" {
		t.Skip("TestKeyrings runs it")
	}
	return Open(newHome(t))
}

// startKeyring starts the keyring of the session, with a collection that is not locked.
func startKeyring(t *testing.T) {
	t.Helper()
	daemon := exec.Command("gnome-keyring-daemon", "--unlock", "--components=secrets")
	daemon.Stdin = strings.NewReader(password)
	if out, err := daemon.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func mustConnect(t *testing.T) session {
	t.Helper()
	s, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func lockKeyring(t *testing.T) {
	t.Helper()
	s := mustConnect(t)
	if err := s.service().CallWithContext(t.Context(), serviceInterface+".Lock", 0, []dbus.ObjectPath{loginPath}).Err; err != nil {
		t.Fatal(err)
	}
	if locked, err := s.locked(t.Context(), loginPath); err != nil || !locked {
		t.Fatalf("it is not locked: %v", err)
	}
}

// unlockKeyring unlocks the keyring as its own program does.
func unlockKeyring(t *testing.T) {
	t.Helper()
	s := mustConnect(t)
	var ignored dbus.Variant
	var path dbus.ObjectPath
	if err := s.service().Call(serviceInterface+".OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&ignored, &path); err != nil {
		t.Fatal(err)
	}
	given := struct {
		Session           dbus.ObjectPath
		Parameters, Value []byte
		ContentType       string
	}{path, []byte{}, []byte(password), "text/plain"}
	const method = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.UnlockWithMasterPassword"
	if err := s.service().Call(method, 0, loginPath, given).Err; err != nil {
		t.Fatal(err)
	}
}

func expectNoFile(t *testing.T, s *Store) {
	t.Helper()
	if _, err := os.Stat(s.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

func TestSessionOpenKeyring(t *testing.T) {
	s := needSession(t)
	startKeyring(t)
	set(t, s, "a", value, Keyring)
	expect(t, s, "a", value)
	if place, err := s.Backend(t.Context(), "a"); place != Keyring || err != nil {
		t.Errorf("got %q, %v", place, err)
	}
	if place, err := s.Probe(t.Context()); place != Keyring || err != nil {
		t.Errorf("got %q, %v", place, err)
	}
	expectNoFile(t, s)
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoKeyring) {
		t.Errorf("got %v", err)
	}
}

func TestSessionLockedKeyring(t *testing.T) {
	s := needSession(t)
	startKeyring(t)
	set(t, s, "a", value, Keyring)
	lockKeyring(t)
	if place, err := s.Backend(t.Context(), "a"); place != Keyring || err != nil {
		t.Errorf("got %q, %v", place, err)
	}
	if _, err := s.Get(t.Context(), "a", origin); !errors.Is(err, ErrLocked) || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Get(t.Context(), "b", origin); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrNoKeyring) {
		t.Errorf("one that is not there: %v", err)
	}
	for _, name := range []string{"a", "(register)"} {
		if place, err := s.Set(t.Context(), name, origin, "new"); !errors.Is(err, ErrLocked) || place != "" {
			t.Errorf("%s: %q, %v", name, place, err)
		}
	}
	if place, err := s.Probe(t.Context()); !errors.Is(err, ErrLocked) || place != "" {
		t.Errorf("got %q, %v", place, err)
	}
	if err := s.Delete(t.Context(), "a"); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v", err)
	}
	expectNoFile(t, s)
	unlockKeyring(t)
	expect(t, s, "a", value)
	set(t, s, "a", "new", Keyring)
	expect(t, s, "a", "new")
}

func TestSessionDismissedQuestion(t *testing.T) {
	s := needSession(t)
	startKeyring(t)
	set(t, s, "a", value, Keyring)
	lockKeyring(t)
	if place, err := s.Set(t.Context(), "a", origin, "new"); !errors.Is(err, ErrDismissed) || place != "" {
		t.Errorf("got %q, %v", place, err)
	}
	expectNoFile(t, s)
	unlockKeyring(t)
	expect(t, s, "a", value)
}

func TestSessionWithoutAKeyring(t *testing.T) {
	s := needSession(t)
	if place, err := s.Probe(t.Context()); place != File || err != nil {
		t.Errorf("got %q, %v", place, err)
	}
	set(t, s, "a", value, File)
	expect(t, s, "a", value)
	useKeyring(t, s)
	if place, err := s.Set(t.Context(), "a", origin, "new"); !errors.Is(err, ErrNoKeyring) || place != "" {
		t.Errorf("got %q, %v", place, err)
	}
}

func TestSessionWithoutACollection(t *testing.T) {
	s := needSession(t)
	set(t, s, "a", value, File)
	// It may be another keyring than the one that has the secrets of this home.
	if _, err := s.Get(t.Context(), "b", origin); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("got %v", err)
	}
	useKeyring(t, s)
	if place, err := s.Set(t.Context(), "b", origin, value); !errors.Is(err, ErrNoKeyring) || place != "" {
		t.Errorf("got %q, %v", place, err)
	}
}

// fakeService is a Secret Service with one locked collection. A question for its password waits for what is sent to answers.
type fakeService struct {
	conn      *dbus.Conn
	asked     chan struct{}
	answers   chan bool // true for a password that was given
	dismissed chan struct{}
	locked    chan bool // has one value
}

const promptPath = secretsPath + "/prompt/p1"

func (f *fakeService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, promptPath, nil
}

func (f *fakeService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) { return loginPath, nil }

func (f *fakeService) Get(_, name string) (dbus.Variant, *dbus.Error) {
	if name == "Collections" {
		return dbus.MakeVariant([]dbus.ObjectPath{loginPath}), nil
	}
	locked := <-f.locked
	f.locked <- locked
	return dbus.MakeVariant(locked), nil
}

func (f *fakeService) Prompt(string) *dbus.Error {
	f.asked <- struct{}{}
	go func() {
		given, ok := <-f.answers
		if !ok {
			return
		}
		if given {
			<-f.locked
			f.locked <- false
		}
		_ = f.conn.Emit(promptPath, promptInterface+".Completed", !given, dbus.MakeVariant([]dbus.ObjectPath{}))
	}()
	return nil
}

func (f *fakeService) Dismiss() *dbus.Error {
	f.dismissed <- struct{}{}
	return nil
}

func startFake(t *testing.T) *fakeService {
	t.Helper()
	f := &fakeService{mustConnect(t).Conn, make(chan struct{}, 10), make(chan bool), make(chan struct{}, 10), make(chan bool, 1)}
	f.locked <- true
	for path, names := range map[dbus.ObjectPath][]string{
		secretsPath: {serviceInterface, "org.freedesktop.DBus.Properties"},
		loginPath:   {"org.freedesktop.DBus.Properties"},
		promptPath:  {promptInterface},
	} {
		for _, name := range names {
			if err := f.conn.Export(f, path, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.conn.RequestName(secretsName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSessionQuestions(t *testing.T) {
	s := needSession(t)
	f := startFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.unlock(ctx, false) }()
	<-f.asked
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("a question whose caller went away: %v", err)
	}
	<-f.dismissed // it is withdrawn
	for given, want := range map[bool]error{false: ErrDismissed, true: nil} {
		<-f.locked
		f.locked <- true
		go func() { ended <- s.unlock(t.Context(), true) }()
		<-f.asked
		f.answers <- given
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("given %t: %v", given, err)
		}
	}
}
