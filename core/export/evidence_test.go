package export

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"countersign/core/callback"
	"countersign/core/desk/fake"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
)

// packed returns the content of a file in a pack.
func packed(t testing.TB, path, name string) string {
	t.Helper()
	r, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestTheEvidenceHasTheFilesAndTheEvents(t *testing.T) {
	r := newRig(t)
	folder := t.TempDir()
	path := filepath.Join(folder, "proof.zip")
	q, visit := r.Launch("one")
	q, err := r.attach(q.ID, fake.Samples(t).Signed)
	r.Must(err)
	r.Must(r.SaveEvidence(t.Context(), q.ID, path, false, i18n.Spanish))
	if packed(t, path, "original-1.pdf") != string(fake.Samples(t).Original) || packed(t, path, "signed-1.pdf") != string(fake.Samples(t).Signed) {
		t.Error("the files are not those of the request")
	}
	chain := packed(t, path, "register.txt")
	if strings.Count(chain, "entry ") != q.Version || !strings.Contains(chain, string(visit.ID)) || !strings.Contains(chain, "\nsigned ") {
		t.Errorf("the part of the register is\n%s", chain)
	}
	if report := packed(t, path, "report.html"); !strings.Contains(report, `lang="es"`) || strings.Contains(report, string(visit.ID)) || strings.Contains(report, r.Dir.Path()) {
		t.Errorf("the report is\n%s", report)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != umasked {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	if err := r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
	suggested, err := r.SuggestEvidence(t.Context(), q.ID, folder)
	if err != nil || filepath.Base(suggested) != "Lease (evidence).zip" {
		t.Errorf("suggested %s, %v", suggested, err)
	}
	if _, err := r.SuggestEvidence(t.Context(), "nobody", folder); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	if err := r.SaveEvidence(t.Context(), "nobody", filepath.Join(folder, "x.zip"), false, i18n.English); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
}

// Whoever gets the evidence while a browser is out, or after a failure that only the browser reported, could come
// back instead of the browser if the evidence had the address.
func TestTheEvidenceHasNoAddressOfAVisit(t *testing.T) {
	for _, query := range []string{"", "status=failed", "status=signed"} {
		r := newRig(t)
		r.One.Set(func(f *fake.Gateway) { f.ByBrowser = true })
		q, visit := r.Launch("one")
		ticket := filepath.Base(visit.ReturnURL)
		if query != "" {
			values, err := url.ParseQuery(query + "&from=" + visit.ReturnURL) // as a gateway may repeat it
			r.Must(err)
			_, err = r.HandleReturn(t.Context(), callback.Return{Ticket: ticket, Query: values})
			r.Must(err)
		}
		path := filepath.Join(t.TempDir(), "proof.zip")
		r.Must(r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English))
		zipped, err := zip.OpenReader(path)
		r.Must(err)
		for _, f := range zipped.File {
			if content := packed(t, path, f.Name); strings.Contains(content, ticket) || strings.Contains(content, visit.URL) {
				t.Errorf("after %q, %s has the address of the visit", query, f.Name)
			}
		}
		r.Must(zipped.Close())
		// The visit goes on.
		_, err = r.HandleReturn(t.Context(), callback.Return{Ticket: ticket, Query: url.Values{"status": {"rejected"}}})
		if now := r.Request(q.ID); err != nil || query != "status=signed" && now.Status != request.Rejected {
			t.Errorf("after %q: %s, %v", query, now.Status, err)
		}
	}
}

func TestAnEventThatNamesAPathOfThisMachineIsThereByItsHashAlone(t *testing.T) {
	r := newRig(t)
	q := r.NewRequest("one")
	r.One.Set(func(f *fake.Gateway) {
		f.PrepareErr = errors.New("cannot read " + filepath.Join(r.Dir.Path(), "anchor.pem"))
	})
	if _, err := r.Sign(t.Context(), q.ID); err == nil {
		t.Fatal("it was sent")
	}
	path := filepath.Join(t.TempDir(), "proof.zip")
	r.Must(r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English))
	for _, name := range []string{"register.txt", "report.html"} {
		if content := packed(t, path, name); strings.Contains(content, r.Dir.Path()) {
			t.Errorf("%s has the path:\n%s", name, content)
		}
	}
	if chain := packed(t, path, "register.txt"); !strings.Contains(chain, "other 2 ") {
		t.Errorf("the part of the register is\n%s", chain)
	}
	if report := packed(t, path, "report.html"); !strings.Contains(report, "it names a path on this computer") {
		t.Errorf("the report is\n%s", report)
	}
}

func TestWhatIsMissingOrCannotBeSignedIsNoEvidence(t *testing.T) {
	r := newRig(t)
	q, _ := r.Launch("one")
	q, err := r.attach(q.ID, fake.Samples(t).Signed)
	r.Must(err)
	path := filepath.Join(t.TempDir(), "proof.zip")
	for _, digest := range []string{q.Documents[0].SHA256, q.Documents[0].Signed.SHA256} {
		kept, err := os.ReadFile(r.Ledger.DocumentPath(digest))
		r.Must(err)
		changed := bytes.Clone(kept)
		changed[len(changed)/2] ^= 1
		r.Must(os.WriteFile(r.Ledger.DocumentPath(digest), changed, 0o600))
		if err := r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English); err == nil || !strings.Contains(err.Error(), "from a backup") {
			t.Errorf("of a changed file: %v", err)
		}
		r.Must(os.Remove(r.Ledger.DocumentPath(digest)))
		if err := r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English); !errors.Is(err, ledger.ErrMissing) {
			t.Errorf("of a missing file: %v", err)
		}
		r.Must(os.WriteFile(r.Ledger.DocumentPath(digest), kept, 0o600))
	}
	r.restart() // so that the key is not in memory
	r.Secrets.Change(func(s *fake.Secrets) { s.Kept, s.Failure = map[string]string{}, secret.ErrNotFound })
	if err := r.SaveEvidence(t.Context(), q.ID, path, false, i18n.English); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("without the key: %v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

// A pack describes the request as the events in the pack make it.
func TestTheEvidenceIsOfTheRequestAsItsEventsMakeIt(t *testing.T) {
	r := newRig(t)
	q := r.NewRequest("one")
	excerpts, err := r.excerpts(t.Context(), q.ID)
	r.Must(err)
	_, err = r.Edit(t.Context(), q.ID, "Another title", "", "")
	r.Must(err)
	if n := countEvents(excerpts); n != 1 {
		t.Errorf("%d events are shown", n)
	}
	pack, err := r.evidenceOf(t.Context(), q.ID, i18n.English)
	r.Must(err)
	if pack.Request.Version != 2 || pack.Request.Title != "Another title" || pack.Request.Status != request.Pending {
		t.Errorf("it is %+v", pack.Request)
	}
}
