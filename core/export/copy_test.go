package export

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"countersign/core/desk/fake"
)

func TestACopyIsSavedAndNeverInThePlaceOfAnything(t *testing.T) {
	o := newOutbox(t)
	q := o.sign("Lease: second floor")
	digest := q.Documents[0].Signed.SHA256
	path, err := o.SuggestCopy(t.Context(), q.ID, 0, o.folder)
	o.Must(err)
	if want := filepath.Join(o.folder, "Lease_ second floor (signed).pdf"); path != want {
		t.Fatalf("suggested %s, not %s", path, want)
	}
	o.Must(o.SaveCopy(t.Context(), digest, path))
	saved, err := os.ReadFile(path)
	o.Must(err)
	if !bytes.Equal(saved, fake.Samples(t).Signed) {
		t.Error("the copy is not the signed file")
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != umasked {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	next, err := o.SuggestCopy(t.Context(), q.ID, 0, o.folder)
	o.Must(err)
	if filepath.Base(next) != "Lease_ second floor (signed) (2).pdf" {
		t.Errorf("suggested %s", next)
	}

	o.Must(os.WriteFile(path, []byte("mine"), 0o600))
	if err := o.SaveCopy(t.Context(), digest, path); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
	if left, err := os.ReadFile(path); err != nil || string(left) != "mine" {
		t.Errorf("it holds %.10q, %v", left, err)
	}
	for what, bad := range map[string]string{
		"no folder": filepath.Join(o.folder, "nowhere", "a.pdf"), "no whole path": "a.pdf",
	} {
		if err := o.SaveCopy(t.Context(), digest, bad); err == nil || errors.Is(err, ErrTaken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if files := o.files(); !slices.Equal(files, []string{filepath.Base(path)}) {
		t.Errorf("left behind: %q", files)
	}
}

func TestACopyOfAKeptFileThatIsDamagedOrGoneIsNotMade(t *testing.T) {
	o := newOutbox(t)
	digest := o.sign("Lease").Documents[0].Signed.SHA256
	path := filepath.Join(o.folder, "Lease.pdf")
	o.Must(os.WriteFile(o.Ledger.DocumentPath(digest), []byte("%PDF something else"), 0o600))
	if err := o.SaveCopy(t.Context(), digest, path); err == nil || !strings.Contains(err.Error(), "from a backup") {
		t.Errorf("damaged: %v", err)
	}
	o.Must(os.Remove(o.Ledger.DocumentPath(digest)))
	if err := o.SaveCopy(t.Context(), digest, path); err == nil || !strings.Contains(err.Error(), "from a backup") {
		t.Errorf("gone: %v", err)
	}
	if files := o.files(); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

func TestACopyGoesToTheOutputFolderUnlessAnotherIsNamed(t *testing.T) {
	o := newOutbox(t)
	q := o.sign("Lease")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", os.Getenv("HOME"))
	folder := func() string {
		path, err := o.SuggestCopy(t.Context(), q.ID, 0, "")
		o.Must(err)
		return filepath.Dir(path)
	}
	if got := folder(); got != os.Getenv("HOME") {
		t.Errorf("without anything: %s", got)
	}
	documents := filepath.Join(os.Getenv("HOME"), "Documents")
	o.Must(os.Mkdir(documents, 0o700))
	if got := folder(); got != documents {
		t.Errorf("with a folder for documents: %s", got)
	}
	o.turn(o.folder)
	if got := folder(); got != o.folder {
		t.Errorf("with an output folder: %s", got)
	}
}
