package export

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/desk/fake"
	"countersign/core/filename"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// signedOffice signs three requests, of which two have the same title on some systems, and adds one that is not signed.
func signedOffice(t *testing.T) *outbox {
	o := newOutbox(t)
	for _, title := range []string{"Lease: second floor.pdf", "lease: Second floor", "Offer"} {
		q := o.sign(title)
		_, err := o.Edit(t.Context(), q.ID, title, "32/EE", "")
		o.Must(err)
	}
	o.Launch("one")
	return o
}

func TestSignedFilesAreSavedUnderNamesThatDiffer(t *testing.T) {
	o := signedOffice(t)
	o.Must(os.WriteFile(filepath.Join(o.folder, "32_EE Offer.pdf"), []byte("mine"), 0o600))
	var steps []int
	saved, err := o.SaveSigned(t.Context(), SignedFiles{Path: o.folder, Query: ledger.Query{Order: ledger.ByCreated, Reverse: true}}, func(done, _ int) { steps = append(steps, done) })
	o.Must(err)
	if saved.Saved != 3 || saved.Unsigned != 1 || saved.Present+saved.Damaged != 0 || !slices.Contains(steps, 4) {
		t.Errorf("%+v, %v", saved, steps)
	}
	want := []string{"32_EE Lease_ second floor.pdf", "32_EE Offer (2).pdf", "32_EE Offer.pdf", "32_EE lease_ Second floor (2).pdf"}
	if got := o.files(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if mine, err := os.ReadFile(filepath.Join(o.folder, "32_EE Offer.pdf")); err != nil || string(mine) != "mine" {
		t.Errorf("a file was replaced: %.10q, %v", mine, err)
	}
	file, err := os.ReadFile(filepath.Join(o.folder, "32_EE Offer (2).pdf"))
	if err != nil || !bytes.Equal(file, fake.Samples(t).Signed) {
		t.Errorf("it is not the signed file: %v", err)
	}
	again, err := o.SaveSigned(t.Context(), SignedFiles{Path: o.folder, Query: ledger.Query{Order: ledger.ByCreated, Reverse: true}}, silently)
	o.Must(err)
	if again.Saved != 0 || again.Present != 3 || len(o.files()) != len(want) {
		t.Errorf("again: %+v, %q", again, o.files())
	}
}

// TestSignedFilesAreFoundAgainInAnotherOrder saves two files of one name, once with the oldest first and once with the newest, as a list
// is sorted.
func TestSignedFilesAreFoundAgainInAnotherOrder(t *testing.T) {
	o := newOutbox(t)
	o.sign("Lease")
	q, _ := o.Launch("one")
	_, err := o.Edit(t.Context(), q.ID, "Lease", "", "")
	o.Must(err)
	_, err = o.Attach(t.Context(), q.ID, input.Memory("signed.pdf", pdftest.Sign(t, fake.Samples(t).Original, "Bea")), "")
	o.Must(err)
	for _, newest := range []bool{false, true} {
		saved, err := o.SaveSigned(t.Context(), SignedFiles{Path: o.folder, Query: ledger.Query{Order: ledger.ByCreated, Reverse: !newest}}, silently)
		o.Must(err)
		if newest && (saved.Saved != 0 || saved.Present != 2) {
			t.Errorf("%+v", saved)
		}
	}
	if got := o.files(); !slices.Equal(got, []string{"Lease (2).pdf", "Lease.pdf"}) {
		t.Errorf("%q", got)
	}
}

func TestSignedFilesAreSavedInOneZIPFile(t *testing.T) {
	o := signedOffice(t)
	path := filepath.Join(o.folder, "November.ZIP")
	s := SignedFiles{Path: path, Pattern: "{date} {title} ({gateway})", Query: ledger.Query{Order: ledger.ByCreated, Reverse: true}}
	saved, err := o.SaveSigned(t.Context(), s, silently)
	o.Must(err)
	if saved.Saved != 3 || saved.Unsigned != 1 {
		t.Errorf("%+v", saved)
	}
	archive, err := zip.OpenReader(path)
	o.Must(err)
	defer archive.Close()
	var names []string
	for _, f := range archive.File {
		names = append(names, f.Name)
		entry, err := f.Open()
		o.Must(err)
		if content, err := io.ReadAll(entry); err != nil || !bytes.Equal(content, fake.Samples(t).Signed) {
			t.Errorf("%s is not the signed file: %v", f.Name, err)
		}
	}
	day := o.Advance(0).Local().Format(time.DateOnly)
	if want := []string{day + " Lease_ second floor (one).pdf", day + " lease_ Second floor (one) (2).pdf", day + " Offer (one).pdf"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	preview, err := o.SignedNames(t.Context(), s, 2)
	if err != nil || !slices.Equal(preview, names[:2]) {
		t.Errorf("the preview has %q, %v", preview, err)
	}
	if _, err := o.SaveSigned(t.Context(), s, silently); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
}

func TestNothingHalfIsLeftOfSavingThatIsStopped(t *testing.T) {
	o := newOutbox(t)
	for range savedStep + 1 {
		o.sign("Lease")
	}
	for _, path := range []string{filepath.Join(o.folder, "all.zip"), o.folder} {
		ctx, cancel := context.WithCancel(t.Context())
		saved, err := o.SaveSigned(ctx, SignedFiles{Path: path}, func(int, int) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
		if left := len(o.files()); left != saved.Saved || path != o.folder && left > 0 || path == o.folder && left != savedStep {
			t.Errorf("%d files, and %+v", left, saved)
		}
		entries, err := os.ReadDir(o.folder)
		o.Must(err)
		for _, e := range entries {
			if file, err := os.ReadFile(filepath.Join(o.folder, e.Name())); err != nil || !bytes.Equal(file, fake.Samples(t).Signed) {
				t.Errorf("%s is left, %v", e.Name(), err)
			}
		}
	}
}

// endsAfterCopy is a context that ends when a file has been copied, and has its temporary name still.
type endsAfterCopy struct {
	context.Context
	folder string
	size   int64
	seen   int // how often the file was complete
}

func (c *endsAfterCopy) Err() error {
	entries, _ := os.ReadDir(c.folder)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Size() == c.size {
			c.seen++
		}
	}
	if c.seen > 1 { // the first time, the end of the stored file is still to be read
		return context.Canceled
	}
	return nil
}

func TestNoTemporaryFileIsLeftOfSavingThatIsStoppedAfterACopy(t *testing.T) {
	o := newOutbox(t)
	o.sign("Lease")
	ctx := &endsAfterCopy{Context: t.Context(), folder: o.folder, size: int64(len(fake.Samples(t).Signed))}
	if _, err := o.SaveSigned(ctx, SignedFiles{Path: o.folder}, silently); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(o.folder); err != nil || len(entries) > 1 || len(entries) == 1 && strings.HasPrefix(entries[0].Name(), ".") {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestADamagedFileIsLeftOutAndSaid(t *testing.T) {
	o := signedOffice(t)
	digest := o.sign("Broken").Documents[0].Signed.SHA256
	o.Must(os.WriteFile(o.Ledger.DocumentPath(digest), []byte("%PDF something else"), 0o600))
	saved, err := o.SaveSigned(t.Context(), SignedFiles{Path: filepath.Join(o.folder, "all.zip")}, silently)
	o.Must(err)
	if saved.Saved != 0 || saved.Damaged != 4 || len(saved.Problems) != 4 || !strings.HasPrefix(saved.Problems[0].Error(), "Broken: ") {
		t.Errorf("%+v", saved) // all of them have the same file
	}
	if left := o.files(); len(left) > 0 || saved.Path != "" {
		t.Errorf("a ZIP file without files was made: %q, %q", left, saved.Path)
	}
}

func TestSignedFilesAreSavedWhereTheyMayBe(t *testing.T) {
	o := signedOffice(t)
	file := filepath.Join(o.folder, "file")
	o.Must(os.WriteFile(file, nil, 0o600))
	for name, s := range map[string]SignedFiles{
		"no path":     {Path: "all.zip"},
		"no folder":   {Path: filepath.Join(o.folder, "nowhere")},
		"a file":      {Path: file},
		"the home":    {Path: o.Dir.Path()},
		"in the home": {Path: filepath.Join(o.Dir.Path(), "all.zip")},
		"a pattern":   {Path: o.folder, Pattern: "{name}"},
	} {
		if saved, err := o.SaveSigned(t.Context(), s, silently); err == nil || saved.Saved > 0 {
			t.Errorf("%s: %+v, %v", name, saved, err)
		}
	}
}

func TestPatternsOfNames(t *testing.T) {
	r := request.Request{
		ID: "0190", Title: "Lease.PDF", Reference: "32-EE", Gateway: "office", Outcome: &request.Outcome{At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)},
		Documents: make([]request.Document, 1),
	}
	for pattern, want := range map[string]string{
		"{reference} {title}":             "32-EE Lease",
		"{date}_{title}":                  "2026-11-21_Lease",
		"signed {id} at {gateway}":        "signed 0190 at office",
		"../{title}":                      "_Lease",
		"{title}/{reference}":             "Lease_32-EE",
		" {title} ":                       "Lease",
		strings.Repeat("x", 190) + "{id}": strings.Repeat("x", filename.MaxName),
	} {
		if err := CheckPattern(pattern); err != nil {
			t.Errorf("%s: %v", pattern, err)
		}
		if got := NameBy(pattern, r, 0); got != want {
			t.Errorf("%s becomes %q", pattern, got)
		}
	}
	r.Documents[0].Name = "a.pdf"
	r.Reference, r.Title = "", "CON"
	r.Documents = append(r.Documents, request.Document{})
	r.Documents[1].Name = "NUL.pdf"
	for pattern, want := range map[string]string{"{reference} - {title}": "a", "{title}, {reference}": "a", "{title} - {reference} - {id}": "a - 0190", "{title}{reference} {id}": "a 0190", "{reference}, {title}_{id}": "a_0190"} {
		if got := NameBy(pattern, r, 0); got != want {
			t.Errorf("%s becomes %q", pattern, got)
		}
	}
	if got := NameBy("{title}", r, 1); got != "_NUL" {
		t.Errorf("a reserved name becomes %q", got)
	}
	for _, pattern := range []string{"", "name", "{title", "{name} {title}", "{title}}", strings.Repeat("x", maxPattern) + "{title}"} {
		if CheckPattern(pattern) == nil {
			t.Errorf("%q can be used", pattern)
		}
	}
}

// With a search for each name from the first number on, this would take five billion steps.
func TestAHundredThousandFilesOfOneTitleHaveNames(t *testing.T) {
	n := newNames()
	last := ""
	for range 100_000 {
		name, present, err := n.next("Lease", "")
		if err != nil || present {
			t.Fatal(present, err)
		}
		last = name
	}
	if last != "Lease (100000).pdf" {
		t.Errorf("the last one is %s", last)
	}
	if name, _, _ := n.next("lease (7)", ""); name != "lease (7) (2).pdf" {
		t.Errorf("a name that looks numbered becomes %s", name)
	}
}
