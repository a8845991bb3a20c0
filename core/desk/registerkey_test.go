package desk

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

func (r *rig) mustAudit(seal *Seal) Audited {
	r.Helper()
	a, err := r.Audit(r.Context(), seal, nil)
	r.must(err)
	return a
}

func (s *secrets) change(how func(*secrets)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s)
}

const keptKeyName = keyName + "|" + keyOrigin

func TestEveryWriteIsSignedWithOneKey(t *testing.T) {
	r := newRig(t)
	r.add("one")
	first := r.mustAudit(nil)
	if first.Fault != nil || first.Signed != 1 || first.Key == "" || first.Kept != InFile {
		t.Fatalf("audit: %+v", first)
	}
	r.restart()
	q := r.add("one")
	_, err := r.Withdraw(t.Context(), q.ID, "")
	r.must(err)
	again := r.mustAudit(nil)
	if again.Fault != nil || again.Signed != 3 || again.Key != first.Key {
		t.Errorf("audit: %+v", again)
	}
	fingerprint, place, err := r.RegisterKey(t.Context())
	if fingerprint != first.Key || place != InFile || err != nil {
		t.Errorf("key: %q, %q, %v", fingerprint, place, err)
	}
	excerpts, err := r.proof(t.Context(), q.ID)
	if public, keyErr := readKey(r.dir); err != nil || keyErr != nil || len(excerpts) != 1 || !excerpts[0].Signed.Holds(public) {
		t.Errorf("proof: %+v, %v", excerpts, err)
	}
	var b bytes.Buffer
	if err := r.ExportRegister(t.Context(), &b, func(int, int) {}); err != nil || strings.Count(b.String(), "\nentry ") != 3 {
		t.Errorf("export: %s, %v", b.String(), err)
	}
}

// What is shown of one request can be checked by whoever has nothing but common tools.
func TestAProofIsCheckedWithCommonTools(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s (Debian: openssl, coreutils) to check the register as its document says", tool)
		}
	}
	r := newRig(t)
	q := r.add("one")
	r.add("one")
	_, err := r.Withdraw(t.Context(), q.ID, "not needed")
	r.must(err)
	excerpts, err := r.proof(t.Context(), q.ID)
	r.must(err)
	var text bytes.Buffer
	for _, p := range excerpts {
		_, err := p.WriteTo(&text)
		r.must(err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		r.must(os.WriteFile(path, content, 0o600))
		return path
	}
	script, pub := write("check.sh", []byte(register.CheckScript)), r.dir.RegisterKey()
	for _, test := range []struct {
		text  string
		holds bool
	}{{text.String(), true}, {strings.Replace(text.String(), "not needed", "needed", 1), false}} {
		out, err := exec.CommandContext(t.Context(), "sh", script, write("register.txt", []byte(test.text)), pub).CombinedOutput()
		if (err == nil) != test.holds {
			t.Errorf("%v: %s\n%s", err, out, test.text)
		}
	}
}

// Several processes make one key.
func TestDesksThatBeginAtOnceHaveOneKey(t *testing.T) {
	sampleFiles(t)
	r := newRig(t)
	r.config.Alone = false
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			d, err := Open(t.Context(), r.config)
			if err == nil {
				_, err = d.Add(t.Context(), New{Files: []File{MemoryFile("Lease.pdf", original)}})
				err = errors.Join(err, d.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if a := r.mustAudit(nil); a.Fault != nil || a.Signed != 4 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// slow is a keyring that is locked: it answers when somebody unlocks it, or gives up with
// whoever asks.
type slow struct {
	*secrets
	unlocked chan struct{}
}

func (s slow) Get(ctx context.Context, gateway, origin string) (string, error) {
	select {
	case <-s.unlocked:
		return s.secrets.Get(ctx, gateway, origin)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// unusable is a keyring that fails, beside a file that takes what it does not.
type unusable struct{ *secrets }

func (s unusable) Get(ctx context.Context, gateway, origin string) (string, error) {
	value, err := s.secrets.Get(ctx, gateway, origin)
	if err != nil {
		err = errors.New("no such service")
	}
	return value, err
}

// Where there is a keyring that cannot be used, the key is made and kept in the file; but never
// where there was one before.
func TestAKeyringThatCannotBeUsedKeepsNobodyFromSigning(t *testing.T) {
	r := newRig(t)
	r.close()
	r.config.Secrets = unusable{r.secrets}
	r.open()
	r.add("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	r.close()
	delete(r.secrets.kept, keptKeyName)
	r.open()
	r.add("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 {
		t.Errorf("audit without the key: %+v, %+v", a, a.Fault)
	}
	if _, kept := r.secrets.kept[keptKeyName]; kept {
		t.Error("another key was made")
	}
}

// A keyring that is locked delays the first write for a moment, and no other; what was
// written meanwhile is signed when it is unlocked.
func TestALockedKeyringLosesNoOutcome(t *testing.T) {
	r := newRig(t)
	r.add("one")
	r.close()
	synctest.Test(t, func(t *testing.T) {
		s := slow{r.secrets, make(chan struct{})}
		config := r.config
		config.Secrets = s
		d, err := Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		var last request.Request
		for range 2 {
			if last, err = d.Add(t.Context(), New{Files: []File{MemoryFile("Lease.pdf", original)}}); err != nil {
				t.Fatal(err)
			}
		}
		if state, err := d.ledger.State(t.Context()); err != nil || state.Count != 3 || state.Signed != 1 {
			t.Errorf("while it is locked: %+v, %v", state, err)
		}
		close(s.unlocked)
		synctest.Wait()
		if state, err := d.ledger.State(t.Context()); err != nil || state.Signed != 3 {
			t.Errorf("when it is unlocked: %+v, %v", state, err)
		}
		if _, err := d.Withdraw(t.Context(), last.ID, ""); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	})
	r.open()
	if a := r.mustAudit(nil); a.Fault != nil || a.Signed != 4 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
}

// The desk that is opened signs what another could not.
func TestTheNextThatOpensTheDeskSigns(t *testing.T) {
	r := newRig(t)
	r.add("one")
	r.close()
	kept := r.secrets.kept[keptKeyName]
	delete(r.secrets.kept, keptKeyName)
	var told []error
	r.config.Trouble = func(err error) { told = append(told, err) }
	r.open()
	r.add("one")
	r.add("one")
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 2 || a.Kept != "" {
		t.Errorf("without the key: %+v, %+v", a, a.Fault)
	}
	if f := r.lookAtLedger(t.Context()); f.Verdict != Warning || !strings.Contains(f.Detail, "the last 2 are not signed yet") {
		t.Errorf("looked at: %+v", f)
	}
	r.close()
	if len(told) != 1 || !errors.Is(told[0], errKeyLost) {
		t.Errorf("told: %v", told)
	}
	r.secrets.kept[keptKeyName] = kept
	r.open()
	r.close() // it waits, or breaks off; then the one after it signs
	r.open()
	_, err := r.Seal(t.Context())
	r.must(err)
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 0 {
		t.Errorf("with it: %+v, %+v", a, a.Fault)
	}
}

// Whoever changes the home and cannot change the keyring does not get the desk to sign it.
func TestTheDeskDoesNotSignOverWhatWasChanged(t *testing.T) {
	tests := map[string]struct {
		tamper func(r *rig, before []byte) error
		told   error
		kind   ledger.FaultKind
	}{
		"the ledger of before is put back": {func(r *rig, before []byte) error {
			return os.WriteFile(r.dir.Path()+"/ledger.db", before, 0o600)
		}, errKeyBack, ledger.Truncated},
		"the public key is another": {func(r *rig, _ []byte) error {
			return os.WriteFile(r.dir.RegisterKey(), []byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAioj4dTmJLJ4iN6nmW9j6gLuC3bKSjhMXhVN2v0eVW4k=\n-----END PUBLIC KEY-----\n"), 0o600)
		}, errKeyOther, ledger.Foreign},
		"the home is made anew": {func(r *rig, _ []byte) error {
			return errors.Join(os.Remove(r.dir.RegisterKey()), os.Remove(r.dir.Path()+"/ledger.db"))
		}, errKeyBack, ledger.Truncated},
		"the public key is none": {func(r *rig, _ []byte) error { return os.WriteFile(r.dir.RegisterKey(), []byte("x"), 0o600) }, errKeyOther, ledger.Altered},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.add("one")
			r.close()
			before, err := os.ReadFile(r.dir.Path() + "/ledger.db")
			r.must(err)
			r.open()
			r.add("one")
			r.close()
			r.must(test.tamper(r, before))
			var told []error
			r.config.Trouble = func(err error) { told = append(told, err) }
			r.open()
			if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != test.kind {
				t.Errorf("audit: %+v, %+v", a, a.Fault)
			}
			r.add("one")
			if a := r.mustAudit(nil); a.Fault == nil {
				t.Error("it holds when something was added")
			}
			state, err := r.ledger.State(t.Context())
			r.must(err)
			if state.Signed == state.Count {
				t.Error("it is signed")
			}
			r.close()
			if len(told) != 1 || !errors.Is(told[0], test.told) {
				t.Errorf("told: %v", told)
			}
		})
	}
}

// An older ledger that is put back is found also when it was put back under a desk that is open,
// and when that desk has gone on from there.
func TestALedgerThatIsPutBackUnderAnOpenDeskIsFound(t *testing.T) {
	for _, seen := range []bool{true, false} { // what was taken back
		r := newRig(t)
		r.config.Alone = false
		r.restart()
		r.add("one")
		before, err := os.ReadFile(r.dir.Path() + "/ledger.db")
		r.must(err)
		if seen {
			r.add("one")
		} else {
			other, err := Open(t.Context(), r.config)
			r.must(err)
			_, err = other.Add(t.Context(), New{Files: []File{MemoryFile("Lease.pdf", original)}})
			r.must(errors.Join(err, other.Close()))
		}
		r.must(os.WriteFile(r.dir.Path()+"/ledger.db", before, 0o600))
		r.add("one")
		r.add("one")
		if seen {
			state, err := r.ledger.State(t.Context())
			if err != nil || state.Signed != 1 {
				t.Errorf("up to %d it was signed, %v", state.Signed, err)
			}
		}
		r.close()
		var told []error
		r.config.Trouble = func(err error) { told = append(told, err) }
		r.open()
		if a := r.mustAudit(nil); a.Fault == nil || a.Fault.Kind != ledger.Altered {
			t.Errorf("seen %v: audit: %+v, %+v", seen, a, a.Fault)
		}
		r.add("one")
		r.close()
		if len(told) != 1 || !errors.Is(told[0], errKeyBack) {
			t.Errorf("seen %v: told: %v", seen, told)
		}
	}
}

func TestANewKeySignsOnlyWhatHolds(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	before := r.mustAudit(nil)
	delete(r.secrets.kept, keptKeyName)
	report, err := r.NewKey(t.Context(), nil)
	if err != nil || report.Fault != nil || report.Key == before.Key || report.Key == "" {
		t.Fatalf("%+v, %v", report, err)
	}
	r.add("one") // with the new one, though the one before was at hand
	if a := r.mustAudit(nil); a.Fault != nil || a.Key != report.Key || a.Unsigned != 0 {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	r.must(os.Remove(r.DocumentPath(q.Documents[0].SHA256)))
	if report, err := r.NewKey(t.Context(), nil); err != nil || report.Fault == nil || report.Fault.Kind != ledger.Removed {
		t.Errorf("%+v, %v", report, err)
	}
	if a := r.mustAudit(nil); a.Key != report.Key {
		t.Error("a key was made")
	}
}

func TestASealOfTheDesk(t *testing.T) {
	r := newRig(t)
	if _, err := r.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing to seal") {
		t.Errorf("of nothing: %v", err)
	}
	r.add("one")
	seal, err := r.Seal(t.Context())
	r.must(err)
	if noted, err := r.marked(t.Context()); err != nil || noted.Count != 1 {
		t.Errorf("noted: %d, %v", noted.Count, err)
	}
	r.add("one")
	if a := r.mustAudit(&seal); a.Fault != nil || !a.Seal.Holds || a.Seal.Count != 1 || a.Err("home") != nil {
		t.Errorf("audit: %+v", a)
	}
	later := seal
	later.Count = 3
	a := r.mustAudit(&later)
	if a.Seal.Holds || a.Err("home") == nil || !strings.Contains(a.Err("home").Error(), "the seal does not hold (truncated)") {
		t.Errorf("audit: %+v, %v", a.Seal, a.Err("home"))
	}
}

func TestWithoutAKeyringThatTakesItThereIsNoSeal(t *testing.T) {
	r := newRig(t)
	r.secrets.change(func(s *secrets) { s.failure = errors.New("the disk is full") })
	r.add("one")
	if _, err := r.Seal(t.Context()); err == nil || !strings.Contains(err.Error(), "not signed yet") {
		t.Errorf("seal: %v", err)
	}
	if a := r.mustAudit(nil); a.Fault != nil || a.Unsigned != 1 {
		t.Errorf("audit: %+v", a)
	}
	if _, err := os.Stat(r.dir.RegisterKey()); err == nil {
		t.Error("a key that is not kept was published")
	}
}

// The key in the file of the home's secrets is for its owner alone, and told to nobody.
func TestTheKeyIsKeptLikeOtherSecrets(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	r := newRig(t)
	r.close()
	r.config.Secrets = secret.Open(r.dir)
	r.open()
	r.add("one")
	if info, err := os.Stat(r.dir.Secrets()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if a := r.mustAudit(nil); a.Fault != nil || a.Kept != InFile {
		t.Errorf("audit: %+v, %+v", a, a.Fault)
	}
	r.must(os.WriteFile(r.dir.Secrets(), []byte(`{"(register)":{"origin":"register","secret":"s3cr3t"}}`), 0o600))
	if _, err := r.Audit(t.Context(), nil, nil); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("audit: %v", err)
	}
}

func TestPlacesOfFaultsAreNamed(t *testing.T) {
	for want, f := range map[string]ledger.Fault{
		"document d of request r": {Document: "d", Request: "r"}, "request r": {Request: "r"}, "its key": {},
		"entry 3 (event 2 of request r)": {Number: 3, Seq: 2, Request: "r"}, "entry 3": {Number: 3},
		"its list of words (request r)": {List: "words", Request: "r"}, "its list of counters": {List: "counters"},
	} {
		if got := Where(f); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	if err := (Audited{}).Err("home"); err != nil {
		t.Error(err)
	}
}
