package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

// write writes a file and makes its folders.
func (r *rig) write(path string, content []byte) string {
	r.Helper()
	r.must(os.MkdirAll(filepath.Dir(path), 0o700))
	r.must(os.WriteFile(path, content, 0o600))
	return path
}

func TestLookTellsWhatTheFilesAre(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	dir := t.TempDir()
	lease := r.write(filepath.Join(dir, "Lease.pdf"), original)
	again := r.write(filepath.Join(dir, "Lease (copy).pdf"), original)
	done := r.write(filepath.Join(dir, "Signed.pdf"), signed)
	notes := r.write(filepath.Join(dir, "notes\u202e.txt"), []byte("hello"))
	q, _ := r.launch("one")
	var seen []string
	found, err := r.Look(t.Context(), []string{lease, again, done, notes, filepath.Join(dir, "nowhere.pdf"), lease}, func(c Candidate) { seen = append(seen, c.Path) })
	r.must(err)
	if len(found.Files) != 5 || len(found.Notes) != 0 {
		t.Fatalf("got %+v", found)
	}
	now := r.get(q.ID)
	want := Candidate{
		Path: lease, Name: "Lease.pdf", Size: int64(len(original)), Pages: 1, SHA256: q.Documents[0].SHA256,
		Same: []Same{{ID: q.ID, Title: "Lease.pdf", Status: request.Signing, Changed: now.UpdatedAt}},
	}
	if diff := cmp.Diff(want, found.Files[0]); diff != "" {
		t.Error(diff)
	}
	if c := found.Files[1]; c.DuplicateOf != lease || c.Problem.Text != "" || len(c.Same) != 1 {
		t.Errorf("got %+v", c)
	}
	if c := found.Files[2]; len(c.Signatures) != 1 || c.Signatures[0].Signer != "Ana" || !c.Signatures[0].Intact || c.Same != nil {
		t.Errorf("got %+v", c)
	}
	if c := found.Files[3]; c.Problem.Text != "notes .txt is not a PDF: save or print it as a PDF first" || c.Size != 5 || c.SHA256 != "" {
		t.Errorf("got %+v", c)
	}
	if c := found.Files[4]; c.Problem.Text != "there is no file nowhere.pdf: check the name" {
		t.Errorf("got %+v", c)
	}
	var all []string
	for _, c := range found.Files {
		all = append(all, c.Path)
	}
	if diff := cmp.Diff(all, seen); diff != "" {
		t.Error(diff)
	}
}

func TestTheRequestsWithADocumentComeLastChangedFirst(t *testing.T) {
	r := newRig(t)
	for range maxSame + 2 {
		r.add("one")
	}
	_, err := r.Withdraw(t.Context(), "r5", "")
	r.must(err)
	found, err := r.Look(t.Context(), []string{r.write(filepath.Join(t.TempDir(), "Lease.pdf"), original)}, nil)
	r.must(err)
	same := found.Files[0].Same
	if len(same) != maxSame || same[0].ID != "r5" || same[0].Status != request.Withdrawn || same[1].ID != "r12" {
		t.Errorf("got %+v", same)
	}
}

func TestLookGoesThroughFolders(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	r.must(err)
	outside := r.write(filepath.Join(t.TempDir(), "outside.pdf"), original)
	root := filepath.Join(dir, "root")
	for _, name := range []string{"b.PDF", "a/deep/er.pdf", "a/.hidden.pdf", ".git/x.pdf", "readme.txt"} {
		r.write(filepath.Join(root, name), original)
	}
	r.write(filepath.Join(root, strings.Repeat("d/", maxDepth+1), "too deep.pdf"), original)
	r.must(os.Symlink(outside, filepath.Join(root, "link.pdf")))
	r.must(os.Symlink(filepath.Dir(outside), filepath.Join(root, "folder")))
	r.must(os.Symlink(root, filepath.Join(root, "a", "round")))
	r.must(os.Mkdir(filepath.Join(root, "folder.pdf"), 0o700))
	named := filepath.Join(dir, "named")
	r.must(os.Symlink(root, named))
	empty := filepath.Join(dir, "empty")
	r.must(os.Mkdir(empty, 0o700))
	// A link that a person named is followed; links in folders are not.
	found, err := r.Look(t.Context(), []string{named, empty}, nil)
	r.must(err)
	var got []string
	for _, c := range found.Files {
		got = append(got, strings.TrimPrefix(c.Path, root+"/"))
	}
	if diff := cmp.Diff([]string{"a/deep/er.pdf", "b.PDF"}, got); diff != "" {
		t.Error(diff)
	}
	if len(found.Notes) != 2 || !strings.Contains(found.Notes[0].Text, "more than 16 levels") || found.Notes[1].Text != "empty contains no PDF file that is not hidden" {
		t.Errorf("got %q", found.Notes)
	}
}

func TestLookIsBoundedAndCanBeStopped(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	for i := range maxIntake + 1 {
		r.must(os.WriteFile(filepath.Join(dir, strings.Repeat("x", 1+i/100)+string(rune('a'+i%100))+".pdf"), nil, 0o600))
	}
	found, err := r.Look(t.Context(), []string{dir, "more.pdf"}, nil)
	r.must(err)
	if len(found.Files) != maxIntake || len(found.Notes) != 1 || !strings.Contains(found.Notes[0].Text, "only the first ones are listed (2000)") {
		t.Errorf("%d files, %q", len(found.Files), found.Notes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	found, err = r.Look(ctx, []string{dir}, func(Candidate) { cancel() })
	if !errors.Is(err, context.Canceled) || len(found.Files) != 1 {
		t.Errorf("%d files, %v", len(found.Files), err)
	}
}
