package sealing_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"countersign/core/desk/desktest"
	"countersign/core/desk/fake"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a desk with a signed register.
type rig struct{ *desktest.Rig }

func newRig(t *testing.T) *rig { return &rig{desktest.New(t)} }

func (r *rig) mustAudit(seal *register.Seal) sealing.Audited {
	r.Helper()
	a, err := r.Sealer.Audit(r.Context(), seal, nil)
	r.Must(err)
	return a
}

// process is a ledger and a sealer as another process of the home has them.
type process struct {
	ledger *ledger.Ledger
	sealer *sealing.Sealer
}

// another opens the home once more, as another process would.
func (r *rig) another() *process {
	cfg := r.Setup
	p := &process{sealer: sealing.New(sealing.Config{Home: r.Dir, Secrets: cfg.Secrets, Now: cfg.Now, Log: cfg.Log, Trouble: func(error) {}})}
	var err error
	p.ledger, err = ledger.Open(context.Background(), r.Dir.Path(), ledger.Options{Now: cfg.Now, Exclusive: r.Alone, Log: cfg.Log, Signer: p.sealer.Signer})
	if err != nil {
		panic(err)
	}
	p.sealer.Use(context.Background(), p.ledger)
	return p
}

func (p *process) addNamed(t *testing.T, id string) {
	t.Helper()
	_, err := p.ledger.Append(t.Context(), ledger.Change{ID: request.ID(id), Events: []request.Event{{Kind: request.KindAdded, Added: &request.Added{Title: id, Gateway: "one", RemoteID: id}}}})
	if err != nil {
		t.Error(err)
	}
}

func (p *process) close(t *testing.T) {
	t.Helper()
	p.sealer.Close()
	if err := p.ledger.Close(); err != nil {
		t.Error(err)
	}
}

func TestEveryWriteIsSignedWithOneKey(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	first := r.mustAudit(nil)
	if first.Fault != nil || first.Signed != 1 || first.Key == "" || first.Kept != secret.File {
		t.Fatalf("audit: %+v", first)
	}
	r.Restart()
	q := r.NewRequest("one")
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.Must(err)
	again := r.mustAudit(nil)
	if again.Fault != nil || again.Signed != 3 || again.Key != first.Key {
		t.Errorf("audit: %+v", again)
	}
	fingerprint, place, err := r.Sealer.Key(t.Context())
	if fingerprint != first.Key || place != secret.File || err != nil {
		t.Errorf("key: %q, %q, %v", fingerprint, place, err)
	}
	excerpts, err := r.Ledger.Excerpts(t.Context(), q.ID)
	if public, keyErr := sealing.ReadPublic(r.Dir); err != nil || keyErr != nil || len(excerpts) != 1 || !excerpts[0].Checkpoint.SignedBy(public) {
		t.Errorf("proof: %+v, %v", excerpts, err)
	}
	var b bytes.Buffer
	if err := r.Ledger.Export(t.Context(), &b, func(int, int) {}); err != nil || strings.Count(b.String(), "\nentry ") != 3 {
		t.Errorf("export: %s, %v", b.String(), err)
	}
}

// An excerpt about one request can be checked with common tools alone.
func TestAProofIsCheckedWithCommonTools(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s (Debian: openssl, coreutils) to check the register as its document says", tool)
		}
	}
	r := newRig(t)
	q := r.NewRequest("one")
	r.NewRequest("one")
	_, err := r.Withdraw(t.Context(), q.ID, "not needed")
	r.Must(err)
	excerpts, err := r.Ledger.Excerpts(t.Context(), q.ID)
	r.Must(err)
	var text bytes.Buffer
	for _, p := range excerpts {
		_, err := p.WriteTo(&text)
		r.Must(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		r.Must(os.WriteFile(path, content, 0o600))
		return path
	}
	script, pub := write("check.sh", []byte(register.CheckScript)), r.Dir.RegisterKey()
	for _, test := range []struct {
		text   string
		answer string
	}{
		{text.String(), "holds only in part: up to entry 3 "}, // the events of the other request are not shown
		{strings.Replace(text.String(), "not needed", "needed", 1), "DOES NOT HOLD, line "},
	} {
		out, err := exec.CommandContext(t.Context(), "sh", script, write("register.txt", []byte(test.text)), pub).CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.answer) {
			t.Errorf("%v: %s\n%s", err, out, test.text)
		}
	}
}

// Several processes that begin at once agree on one key.
func TestDesksThatBeginAtOnceHaveOneKey(t *testing.T) {
	r := newRig(t)
	r.Alone = false
	r.Restart()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			other := r.another()
			other.addNamed(t, fmt.Sprintf("other%d", i))
			other.close(t)
		})
	}
	all.Wait()
	if a := r.mustAudit(nil); a.Fault != nil || a.Signed != 4 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// slow is a locked keyring: a call waits until it is unlocked or its context ends.
type slow struct {
	*fake.Secrets
	unlocked chan struct{}
}

func (s slow) Get(ctx context.Context, gateway, origin string) (string, error) {
	select {
	case <-s.unlocked:
		return s.Secrets.Get(ctx, gateway, origin)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// failing is a keyring that fails with an error, beside a file that works.
type failing struct {
	*fake.Secrets
	err error
}

func (s failing) Get(ctx context.Context, gateway, origin string) (string, error) {
	value, err := s.Secrets.Get(ctx, gateway, origin)
	if err != nil {
		err = s.err
	}
	return value, err
}

func (s failing) Set(context.Context, string, string, string) (secret.Backend, error) {
	return "", s.err
}

// While the keyring cannot be used, no key is made and everything is written. A person may decide to keep the key in the file.
func TestAKeyIsKeptInTheFileOnlyWhenAPersonDecidesSo(t *testing.T) {
	for name, state := range map[string]error{"fails": errors.New("no such service"), "locked": secret.ErrLocked, "silent": secret.ErrKeyringTimeout} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.Close()
			r.Setup.Secrets = failing{r.Secrets, state}
			r.Open()
			r.NewRequest("one")
			if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 || len(r.Secrets.Kept) > 0 {
				t.Errorf("audit: %+v, %+v, %v", a, a.Fault, r.Secrets.Kept)
			}
			_, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{Yes: true, InFile: true}, nil)
			if name != "fails" {
				if err == nil || !strings.Contains(err.Error(), "unlock the keyring") || len(r.Secrets.Kept) > 0 {
					t.Errorf("a new key beside one that may be in the keyring: %v", err)
				}
				return
			}
			r.Must(err)
			r.Restart()
			r.NewRequest("one")
			if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 {
				t.Errorf("audit with the key: %+v, %+v", a, a.Fault)
			}
			r.Close()
			delete(r.Secrets.Kept, sealing.KeptKeyName)
			r.Open()
			r.NewRequest("one")
			if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 {
				t.Errorf("audit without the key: %+v, %+v", a, a.Fault)
			}
			if _, kept := r.Secrets.Kept[sealing.KeptKeyName]; kept {
				t.Error("another key was made")
			}
		})
	}
}

// A locked keyring delays only the first write. What was written meanwhile is signed when it is
// unlocked.
func TestALockedKeyringLosesNoOutcome(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	r.Close()
	synctest.Test(t, func(t *testing.T) {
		s := slow{r.Secrets, make(chan struct{})}
		r.Setup.Secrets = s
		p := r.another()
		p.addNamed(t, "a")
		p.addNamed(t, "b")
		if state, err := p.ledger.RegisterState(t.Context()); err != nil || state.Count != 3 || state.Signed != 1 {
			t.Errorf("while it is locked: %+v, %v", state, err)
		}
		close(s.unlocked)
		synctest.Wait()
		if state, err := p.ledger.RegisterState(t.Context()); err != nil || state.Signed != 3 {
			t.Errorf("when it is unlocked: %+v, %v", state, err)
		}
		p.addNamed(t, "c")
		p.close(t)
	})
	r.Setup.Secrets = r.Secrets
	r.Open()
	if a := r.mustAudit(nil); a.Fault != nil || a.Signed != 4 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// What could not be signed is signed when the home is next opened.
func TestTheNextThatOpensTheDeskSigns(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	r.Close()
	kept := r.Secrets.Kept[sealing.KeptKeyName]
	delete(r.Secrets.Kept, sealing.KeptKeyName)
	var told []error
	r.Trouble = func(err error) { told = append(told, err) }
	r.Open()
	r.NewRequest("one")
	r.NewRequest("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 2 || a.Kept != "" {
		t.Errorf("without the key: %+v, %+v", a, a.Fault)
	}
	r.Close()
	if len(told) != 1 || !errors.Is(told[0], sealing.ErrKeyLost) {
		t.Errorf("told: %v", told)
	}
	r.Secrets.Kept[sealing.KeptKeyName] = kept
	r.Open()
	r.Close() // loading the key may have been broken off; the next process signs
	r.Open()
	_, err := r.Sealer.Seal(t.Context())
	r.Must(err)
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 {
		t.Errorf("with it: %+v, %+v", a, a.Fault)
	}
}

// Two copies of one home that are used by turns at one location share the note beside the key. The one that comes
// back lacks what was signed last, and says that a copy may be the reason.
func TestACopyOfTheHomeThatIsUsedInItsPlaceIsNoticed(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	r.Close()
	path := filepath.Join(r.Dir.Path(), ledger.FileName)
	copied, err := os.ReadFile(path)
	r.Must(err)
	noted := maps.Clone(r.Secrets.Kept)
	r.Open()
	r.NewRequest("one")
	r.Close()
	notedHere := r.Secrets.Kept
	// The copy goes on elsewhere, with the same key.
	r.Must(os.WriteFile(path, copied, 0o600))
	r.Secrets.Kept = noted
	r.Open()
	for range 3 {
		r.NewRequest("two")
	}
	r.Close()
	// And comes to this location.
	r.Secrets.Kept = notedHere
	var told []error
	r.Trouble = func(err error) { told = append(told, err) }
	r.Open()
	r.NewRequest("one")
	a := r.mustAudit(nil)
	state, err := r.Ledger.RegisterState(t.Context())
	r.Must(err)
	r.Close()
	if len(told) != 1 || !errors.Is(told[0], sealing.ErrKeyBack) || !strings.Contains(told[0].Error(), "a copy of this home") {
		t.Errorf("told: %v", told)
	}
	if a.Fault == nil || a.Fault.Code != "audit_not_as_noted" || !strings.Contains(a.Fault.Problem, "a copy of this home") || state.Signed == state.Count {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// Somebody who can change the home but not the keyring cannot make the desk sign the change.
func TestTheDeskDoesNotSignOverWhatWasChanged(t *testing.T) {
	tests := map[string]struct {
		tamper func(r *rig, before []byte) error
		told   error
		kind   ledger.FaultKind
	}{
		"the ledger of before is put back": {func(r *rig, before []byte) error {
			return os.WriteFile(r.Dir.Path()+"/ledger.db", before, 0o600)
		}, sealing.ErrKeyBack, ledger.Truncated},
		"the public key is another": {func(r *rig, _ []byte) error {
			return os.WriteFile(r.Dir.RegisterKey(), []byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAioj4dTmJLJ4iN6nmW9j6gLuC3bKSjhMXhVN2v0eVW4k=\n-----END PUBLIC KEY-----\n"), 0o600)
		}, sealing.ErrKeyOther, ledger.Foreign},
		"the home is made anew": {func(r *rig, _ []byte) error {
			return errors.Join(os.Remove(r.Dir.RegisterKey()), os.Remove(r.Dir.Path()+"/ledger.db"))
		}, sealing.ErrKeyBack, ledger.Truncated},
		"the public key is none": {func(r *rig, _ []byte) error { return os.WriteFile(r.Dir.RegisterKey(), []byte("x"), 0o600) }, sealing.ErrKeyOther, ledger.Altered},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.NewRequest("one")
			r.Close()
			before, err := os.ReadFile(r.Dir.Path() + "/ledger.db")
			r.Must(err)
			r.Open()
			r.NewRequest("one")
			r.Close()
			r.Must(test.tamper(r, before))
			var told []error
			r.Trouble = func(err error) { told = append(told, err) }
			r.Open()
			if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != test.kind {
				t.Errorf("audit: %+v, %+v", a, a.Fault)
			}
			r.NewRequest("one")
			if a := r.mustAudit(nil); a.Fault == nil {
				t.Error("it holds when something was added")
			}
			state, err := r.Ledger.RegisterState(t.Context())
			r.Must(err)
			if state.Signed == state.Count {
				t.Error("it is signed")
			}
			r.Close()
			if len(told) != 1 || !errors.Is(told[0], test.told) {
				t.Errorf("told: %v", told)
			}
		})
	}
}

// An older ledger is also detected when it is put back while a desk is open and that desk goes on
// with it.
func TestALedgerThatIsPutBackUnderAnOpenDeskIsFound(t *testing.T) {
	for _, seen := range []bool{true, false} { // whether this process wrote what is undone
		r := newRig(t)
		r.Alone = false
		r.Restart()
		r.NewRequest("one")
		before, err := os.ReadFile(r.Dir.Path() + "/ledger.db")
		r.Must(err)
		if seen {
			r.NewRequest("one")
		} else {
			other := r.another()
			other.addNamed(t, "other")
			other.close(t)
		}
		r.Must(os.WriteFile(r.Dir.Path()+"/ledger.db", before, 0o600))
		r.NewRequest("one")
		r.NewRequest("one")
		if seen {
			state, err := r.Ledger.RegisterState(t.Context())
			if err != nil || state.Signed != 1 {
				t.Errorf("up to %d it was signed, %v", state.Signed, err)
			}
		}
		r.Close()
		var told []error
		r.Trouble = func(err error) { told = append(told, err) }
		r.Open()
		if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != ledger.Altered {
			t.Errorf("seen %v: audit: %+v, %+v", seen, a, a.Fault)
		}
		r.NewRequest("one")
		r.Close()
		if len(told) != 1 || !errors.Is(told[0], sealing.ErrKeyBack) {
			t.Errorf("seen %v: told: %v", seen, told)
		}
	}
}

func TestANewKeySignsOnlyWhatHolds(t *testing.T) {
	r := newRig(t)
	q := r.NewRequest("one")
	before := r.mustAudit(nil)
	delete(r.Secrets.Kept, sealing.KeptKeyName)
	report, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{}, nil)
	if err != nil || report.Fault != nil || report.Key == before.Key || report.Key == "" {
		t.Fatalf("%+v, %v", report, err)
	}
	r.NewRequest("one") // signed with the new key, although the old one was loaded
	if a := r.mustAudit(nil); a.Fault != nil || a.Key != report.Key || a.Unsigned != 0 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	r.Must(os.Remove(r.Ledger.DocumentPath(q.Documents[0].SHA256)))
	if report, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{}, nil); err != nil || report.Fault == nil || report.Fault.Kind != ledger.Removed {
		t.Errorf("%+v, %v", report, err)
	}
	if a := r.mustAudit(nil); a.Key != report.Key {
		t.Error("a key was made")
	}
}

// What was cut off is neither sealed nor signed over with a new key, unless somebody confirms that.
func TestMissingEntriesAreNeitherSealedNorHidden(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	r.Close()
	before, err := os.ReadFile(r.Dir.Path() + "/ledger.db")
	r.Must(err)
	r.Open()
	r.NewRequest("one")
	r.Close()
	r.Must(os.WriteFile(r.Dir.Path()+"/ledger.db", before, 0o600))
	r.Open()
	if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != ledger.Truncated {
		t.Fatalf("audit: %+v, %+v", a, a.Fault)
	}
	if seal, err := r.Sealer.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing to seal") {
		t.Errorf("sealed: %v, %v", seal, err)
	}
	if _, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{}, nil); !errors.Is(err, sealing.ErrUnconfirmed) || !strings.Contains(err.Error(), "signed entry 2") {
		t.Errorf("not confirmed: %v", err)
	}
	if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != ledger.Truncated {
		t.Errorf("audit after it was not confirmed: %+v, %+v", a, a.Fault)
	}
	if _, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{Yes: true}, nil); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	if a := r.mustAudit(nil); a.Fault != nil {
		t.Errorf("audit of the new key: %+v, %+v", a, a.Fault)
	}
}

// remote has the secrets of a session without a keyring: what a keyring has cannot be asked for.
type remote struct{ *fake.Secrets }

func (remote) Get(context.Context, string, string) (string, error) {
	return "", fmt.Errorf("%w: %w", secret.ErrNotFound, secret.ErrNoKeyring)
}

func (r remote) Backend(ctx context.Context, name string) (secret.Backend, error) {
	_, err := r.Get(ctx, name, "")
	return "", err
}

// A key that cannot be reached is not reported as lost, and is not replaced.
func TestAKeyThatCannotBeReachedIsNotLost(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	key := r.mustAudit(nil).Key
	r.Close()
	r.Setup.Secrets = remote{r.Secrets}
	var told []error
	r.Trouble = func(err error) { told = append(told, err) }
	r.Open()
	r.NewRequest("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 || a.Key != key {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	if err := r.Sealer.Reachable(t.Context()); err == nil || !strings.Contains(err.Error(), "no keyring can be reached here") {
		t.Errorf("reachable: %v", err)
	}
	if _, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{}, nil); !errors.Is(err, sealing.ErrUnconfirmed) {
		t.Errorf("a new key: %v", err)
	}
	r.Close()
	if len(told) != 1 || errors.Is(told[0], sealing.ErrKeyLost) || strings.Contains(told[0].Error(), "new-key") {
		t.Errorf("told: %v", told)
	}
	r.Setup.Secrets = r.Secrets
	r.Open()
	r.Sealer.SignNow(t.Context())
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 || a.Key != key {
		t.Errorf("audit where the keyring is: %+v, %+v", a, a.Fault)
	}
}

// A job that nobody attends signs with the key in a file that a person chose, and is refused one that others may read.
func TestAKeyFileSignsWhereNoKeyringIs(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	key := r.mustAudit(nil).Key
	path := filepath.Join(t.TempDir(), "register.key")
	if got, err := r.Sealer.ExportKey(t.Context(), path); err != nil || got != key {
		t.Fatalf("got %q, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := r.Sealer.ExportKey(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	if _, err := r.Sealer.ExportKey(t.Context(), filepath.Join(r.Dir.Path(), "log", "..", "k")); err == nil || !strings.Contains(err.Error(), "own folder") {
		t.Errorf("into the home: %v", err)
	}
	r.Close()
	r.Setup.Secrets, r.KeyFile = remote{r.Secrets}, path
	var told []error
	r.Trouble = func(err error) { told = append(told, err) }
	r.Open()
	r.NewRequest("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 || a.Key != key || a.Kept != sealing.KeyFile {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	if _, err := r.Sealer.NewKey(t.Context(), sealing.Confirmed{Yes: true}, nil); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a new key: %v", err)
	}
	r.Close()
	if len(told) > 0 {
		t.Errorf("told: %v", told)
	}
	// Where the keyring is, what the job signed is taken as the desk's own.
	r.Setup.Secrets, r.KeyFile = r.Secrets, ""
	r.Open()
	r.NewRequest("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 || a.Key != key {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

func TestAKeyFileThatCannotBeTrustedIsNotUsed(t *testing.T) {
	r := newRig(t)
	r.NewRequest("one")
	dir := t.TempDir()
	file := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		f, err := home.CreatePrivate(path)
		r.Must(err)
		_, err = f.WriteString(text)
		r.Must(errors.Join(err, f.Close(), os.Chmod(path, mode)))
		return path
	}
	good := filepath.Join(dir, "good")
	_, err := r.Sealer.ExportKey(t.Context(), good)
	r.Must(err)
	text, err := os.ReadFile(good)
	r.Must(err)
	_, other, err := ed25519.GenerateKey(nil)
	r.Must(err)
	der, err := x509.MarshalPKCS8PrivateKey(other)
	r.Must(err)
	theirs := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	unsigned := 0
	untrusted := map[string]string{
		file("garbage", "s3cr3t", 0o600):                       "is not a file with one key",
		file("large", strings.Repeat("s3cr3t", 10_000), 0o600): "is not a file with one key",
		dir:                           "is not a file with one key",
		filepath.Join(dir, "missing"): "does not exist",
		file("other", theirs, 0o600):  "register.pub does not belong to",
	}
	if runtime.GOOS != "windows" { // where modes say nothing
		untrusted[file("group", string(text), 0o640)] = "chmod 600"
	}
	for path, want := range untrusted {
		r.Close()
		r.KeyFile = path
		r.Open()
		r.NewRequest("one")
		unsigned++
		if state, err := r.Ledger.RegisterState(t.Context()); err != nil || state.Count-state.Signed != unsigned {
			t.Errorf("%s: %+v, %v", path, state, err)
		}
		if err := r.Sealer.Problem(); !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestASealOfTheDesk(t *testing.T) {
	r := newRig(t)
	if _, err := r.Sealer.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing to seal") {
		t.Errorf("of nothing: %v", err)
	}
	r.NewRequest("one")
	seal, err := r.Sealer.Seal(t.Context())
	r.Must(err)
	if noted, err := r.Sealer.Checkpoint(t.Context()); err != nil || noted.Count != 1 {
		t.Errorf("noted: %d, %v", noted.Count, err)
	}
	r.NewRequest("one")
	if a := r.mustAudit(&seal); a.Fault != nil || !a.Seal.Holds || a.Seal.Count != 1 || a.Err("home") != nil {
		t.Errorf("audit: %+v", a)
	}
	later := seal
	later.Count = 3
	a := r.mustAudit(&later)
	if a.Seal.Holds || a.Err("home") == nil || !strings.Contains(a.Err("home").Error(), "the seal is not valid (truncated)") {
		t.Errorf("audit: %+v, %v", a.Seal, a.Err("home"))
	}
}

func TestWithoutAKeyringThatTakesItThereIsNoSeal(t *testing.T) {
	r := newRig(t)
	r.Secrets.Change(func(s *fake.Secrets) { s.Failure = errors.New("the disk is full") })
	r.NewRequest("one")
	if _, err := r.Sealer.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "not signed yet") {
		t.Errorf("seal: %v", err)
	}
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 {
		t.Errorf("audit: %+v", a)
	}
	if _, err := os.Stat(r.Dir.RegisterKey()); err == nil {
		t.Error("a key that is not kept was published")
	}
}

// The key in the home's secrets file is readable for its owner alone, and is never in an error.
func TestTheKeyIsKeptLikeOtherSecrets(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	r := newRig(t)
	r.Close()
	r.Setup.Secrets = secret.Open(r.Dir)
	r.Open()
	r.NewRequest("one")
	if info, err := os.Stat(r.Dir.Secrets()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if a := r.mustAudit(nil); a.Fault != nil || a.Kept != secret.File {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	r.Must(os.WriteFile(r.Dir.Secrets(), []byte(`{"(register)":{"origin":"register","secret":"s3cr3t"}}`), 0o600))
	if _, err := r.Sealer.Audit(t.Context(), nil, nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("audit: %v", err)
	}
}

func TestPlacesOfFaultsAreNamed(t *testing.T) {
	for want, f := range map[string]ledger.Fault{
		"document d of request r": {Document: "d", Request: "r"}, "request r": {Request: "r"}, "its key": {},
		"entry 3 (event 2 of request r)": {Number: 3, Seq: 2, Request: "r"}, "entry 3": {Number: 3},
		"its list of words (request r)": {List: "words", Request: "r"}, "its list of counters": {List: "counters"},
	} {
		if got := sealing.Where(f).Text; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if err := (sealing.Audited{}).Err("home"); err != nil {
		t.Error(err)
	}
}
