package export

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/desk"
	"countersign/core/desk/fake"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

// mustOpenCopy returns the path of a copy for a viewer, after it checked what the copy is.
func (o *outbox) mustOpenCopy(id request.ID, digest, name string, content []byte) string {
	o.Helper()
	path, err := o.OpenCopy(o.Context(), id, digest)
	o.Must(err)
	if want := filepath.Join(o.Dir.Opened(), name); path != want {
		o.Errorf("opened as %s, not %s", path, want)
	}
	got, err := os.ReadFile(path)
	o.Must(err)
	if !slices.Equal(got, content) {
		o.Errorf("%s has %d other bytes", name, len(got))
	}
	info, err := os.Stat(path)
	o.Must(err)
	if info.Mode().Perm()&0o222 != 0 || runtime.GOOS != "windows" && info.Mode() != 0o400 {
		o.Errorf("%s has the mode %v", name, info.Mode())
	}
	return path
}

func TestAViewerGetsAReadOnlyCopyWithTheNameOfTheDocument(t *testing.T) {
	o := newOutbox(t)
	samples := fake.Samples(t)
	q := o.sign("Lease: second/../floor")
	original, signed := q.Documents[0].SHA256, q.Documents[0].Signed.SHA256
	for range 2 { // the second time, the copy is there already
		o.mustOpenCopy(q.ID, signed, "Lease_ second_.._floor (signed).pdf", samples.Signed)
		o.mustOpenCopy(q.ID, original, "Lease.pdf", samples.Original)
	}
	// A viewer that saves over the copy changes nothing that is stored, and the next one gets another copy.
	path := filepath.Join(o.Dir.Opened(), "Lease.pdf")
	o.Must(os.Chmod(path, 0o600))
	o.Must(os.WriteFile(path, []byte("annotated"), 0o600))
	o.mustOpenCopy(q.ID, original, "Lease (2).pdf", samples.Original)
	o.Must(o.Ledger.CheckDocument(t.Context(), original))
	if left, err := os.ReadFile(path); err != nil || string(left) != "annotated" {
		t.Errorf("what was saved there is %q, %v", left, err)
	}
	info, err := os.Stat(o.Dir.Opened())
	o.Must(err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v", info.Mode())
	}
}

func TestACopyForAViewerHasANameThatEverySystemAllows(t *testing.T) {
	o := newOutbox(t)
	for name, want := range map[string]string{
		"../../etc/passwd.pdf": "_.._etc_passwd.pdf", "CON.pdf": "_CON.pdf", "a\x00b\n.pdf": "a b.pdf", ".pdf": "document.pdf",
		strings.Repeat("long ", 100) + ".pdf": strings.TrimSpace(strings.Repeat("long ", 24)) + ".pdf",
	} {
		q, err := o.Add(t.Context(), desk.New{Gateway: "one", Files: []input.File{input.Memory(name, fake.Samples(t).Original)}})
		o.Must(err)
		path, err := o.OpenCopy(t.Context(), q.ID, q.Documents[0].SHA256)
		o.Must(err)
		if filepath.Dir(path) != o.Dir.Opened() || filepath.Base(path) != want {
			t.Errorf("%q is opened as %q", name, path)
		}
		o.Must(os.Remove(path))
	}
}

func TestADamagedFileIsNotOpened(t *testing.T) {
	o := newOutbox(t)
	q := o.sign("Lease")
	signed := q.Documents[0].Signed.SHA256
	path := o.mustOpenCopy(q.ID, signed, "Lease (signed).pdf", fake.Samples(t).Signed)
	// The copy from before is intact, and is not what the desk has.
	o.Must(os.WriteFile(o.Ledger.DocumentPath(signed), fake.Flipped(fake.Samples(t).Signed), 0o600))
	if _, err := o.OpenCopy(t.Context(), q.ID, signed); !errors.Is(err, ledger.ErrAltered) {
		t.Errorf("altered: %v", err)
	}
	o.Must(os.Remove(o.Ledger.DocumentPath(signed)))
	if _, err := o.OpenCopy(t.Context(), q.ID, signed); !errors.Is(err, ledger.ErrMissing) {
		t.Errorf("missing: %v", err)
	}
	if now, err := o.Ledger.Get(t.Context(), q.ID); err != nil || now.Documents[0].Signed.Damage != request.Missing {
		t.Errorf("the request says %+v, %v", now.Documents[0].Signed, err)
	}
	if _, err := o.OpenCopy(t.Context(), q.ID, strings.Repeat("a", 64)); !errors.Is(err, ledger.ErrMissing) {
		t.Errorf("of another request: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestCopiesThatNobodyOpensAnyMoreAreRemoved(t *testing.T) {
	o := newOutbox(t)
	q := o.sign("Lease")
	path := o.mustOpenCopy(q.ID, q.Documents[0].Signed.SHA256, "Lease (signed).pdf", fake.Samples(t).Signed)
	folder := filepath.Join(o.Dir.Opened(), "folder")
	o.Must(os.Mkdir(folder, 0o700))
	old := o.Now().Add(-openedFor - time.Hour)
	temporary := filepath.Join(o.Dir.Opened(), ".countersign-1")
	o.Must(os.WriteFile(temporary, nil, 0o600))
	for _, name := range []string{folder, temporary} {
		o.Must(os.Chtimes(name, old, old))
	}
	exists := func(path string) bool { _, err := os.Stat(path); return err == nil }
	o.Must(os.Chtimes(path, o.Now(), o.Now().Add(-openedFor+time.Hour)))
	o.TidyOpened()
	if !exists(path) || !exists(folder) || exists(temporary) {
		t.Errorf("copy %v, folder %v, half a copy %v", exists(path), exists(folder), exists(temporary))
	}
	// Opening it again keeps it for longer.
	o.mustOpenCopy(q.ID, q.Documents[0].Signed.SHA256, "Lease (signed).pdf", fake.Samples(t).Signed)
	o.TidyOpened()
	if !exists(path) {
		t.Error("a copy that was just opened is gone")
	}
	o.Must(os.Chtimes(path, old, old))
	o.TidyOpened()
	if exists(path) {
		t.Error("an old copy is still there")
	}
}
