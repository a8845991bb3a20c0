package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
)

var (
	key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	now = func() time.Time { return time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC) }
)

// desk is a home with two documents, one of them in two requests, and files of all kinds.
type desk struct {
	testing.TB
	dir    home.Dir
	ledger *ledger.Ledger
	docs   []string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Now: now, Exclusive: true, Signer: func(context.Context) crypto.Signer { return key }})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, dir: dir, ledger: l}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	public, err := register.FormatPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"gateways.toml": "[gateways]\n", "settings.toml": "theme = \"dark\"\n", "queue.json": "{}", "copies.json": "{}", "register.pub": string(public),
		"secrets.json": "s3cr3t", "sandbox.port": "4000\n", "ledger.lock": "", "ledger.wanted.lock": "", ".gateways.toml-1": "x", "trust/Our CA.pem": "PEM", "trust/notes.txt": "x",
		"trust/..pem": "x", "sandbox/state.db": "state", "sandbox/credentials.json": "{}", "sandbox/authority.pem": "PEM", "sandbox/more": "x", "log/countersign.log": "x",
	} {
		d.write(name, text)
	}
	d.docs = []string{d.put("one document"), d.put("another document")}
	for i, doc := range []string{d.docs[0], d.docs[1], d.docs[0]} {
		d.add(fmt.Sprintf("r%d", i), doc)
	}
	return d
}

func (d *desk) write(name, text string) {
	d.Helper()
	path := filepath.Join(d.dir.Path(), name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) put(text string) string {
	d.Helper()
	digest, _, err := d.ledger.PutDocument(d.Context(), strings.NewReader(text), 1000)
	if err != nil {
		d.Fatal(err)
	}
	return digest
}

func (d *desk) add(id, digest string) {
	d.Helper()
	_, err := d.ledger.Append(d.Context(), ledger.Change{ID: request.ID(id), Events: []request.Event{{
		Kind: request.KindAdded, Added: &request.Added{Title: id, Gateway: "office", Documents: []request.Original{{Name: "a.pdf", SHA256: digest, Size: 1}}},
	}}})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) backup(opts Options) (string, Summary) {
	d.Helper()
	out := filepath.Join(d.TempDir(), "office.tar.gz")
	opts.Now = now
	s, err := Write(d.Context(), d.dir, d.ledger, out, opts)
	if err != nil {
		d.Fatal(err)
	}
	return out, s
}

// entry is an entry of an archive.
type entry struct {
	tar.Header
	text string
}

func unpack(t testing.TB, path string) (entries []entry) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(zip); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		text, readErr := io.ReadAll(archive)
		if err := errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{*header, string(text)})
	}
}

// pack makes an archive. With sums, SHA256SUMS is made to match the entries before it.
func pack(t testing.TB, entries []entry, sums bool) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	var list strings.Builder
	for _, e := range entries {
		if e.Name == sumsName && sums {
			e.text = list.String()
		}
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(e.text))
			fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256([]byte(e.text)), e.Name)
		}
		header := tar.Header{Typeflag: e.Typeflag, Name: e.Name, Linkname: e.Linkname, Size: e.Size, Mode: 0o600}
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// filesIn returns the content of all files below a folder, by their paths.
func filesIn(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestABackupHasTheWholeHomeButItsSecrets(t *testing.T) {
	d := newDesk(t)
	out, s := d.backup(Options{})
	if s.Events != 3 || s.Documents != 2 || len(s.Warnings) != 0 || s.Files != 14 {
		t.Errorf("summary: %+v", s)
	}
	info, err := os.Stat(out)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 || info.Size() != s.Size {
		t.Errorf("%v, %v", info, err)
	}
	var names []string
	for _, e := range unpack(t, out) {
		names = append(names, e.Name)
		if strings.Contains(e.text, "s3cr3t") {
			t.Errorf("%s has a secret", e.Name)
		}
	}
	want := []string{
		titleName, "ledger.db", "copies.json", "gateways.toml", "queue.json", "register.pub", "sandbox/authority.pem", "sandbox/credentials.json", "sandbox/state.db",
		"settings.toml", "trust/Our CA.pem",
	}
	docs := slices.Sorted(slices.Values(d.docs))
	want = append(want, "documents/"+docs[0]+".pdf", "documents/"+docs[1]+".pdf", sumsName)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
		t.Errorf("beside it: %v, %v", left, err)
	}
	if _, err := Write(t.Context(), d.dir, d.ledger, out, Options{}); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("a second time: %v", err)
	}
}

func TestAHomeIsRestoredAsItWas(t *testing.T) {
	d := newDesk(t)
	out, written := d.backup(Options{})
	before := filesIn(t, d.dir.Path())
	d.add("later", d.put("a later document"))
	for name, make := range map[string]func(string) error{
		"not there": func(string) error { return nil },
		"empty":     func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		to := filepath.Join(t.TempDir(), "other")
		if err := make(to); err != nil {
			t.Fatal(err)
		}
		s, err := Restore(t.Context(), out, to, Options{WithTrust: true, WithGateways: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		written.Warnings, s.Warnings = nil, nil
		written.Taken = []Part{{Kind: anchorPart, Name: "Our CA.pem"}}
		if diff := cmp.Diff(written, s); diff != "" {
			t.Errorf("%s: summary (-written +restored):\n%s", name, diff)
		}
		want := maps.Clone(before)
		for _, left := range []string{"secrets.json", "sandbox.port", ".gateways.toml-1", "trust/notes.txt", "trust/..pem", "sandbox/more", "log/countersign.log"} {
			delete(want, left)
		}
		got := filesIn(t, to)
		if len(got["ledger.db"]) == 0 {
			t.Error("there is no ledger")
		}
		delete(got, "ledger.db") // the copy has other pages
		delete(want, "ledger.db")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: files (-want +got):\n%s", name, diff)
		}
		if info, err := os.Stat(to); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// People put a home on another disk by a link to it, which stays.
func TestAHomeIsRestoredToWhereALinkLeads(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	disk, link := t.TempDir(), filepath.Join(t.TempDir(), "home")
	if err := os.Symlink(disk, link); err != nil {
		t.Skip(err)
	}
	if to, err := os.Readlink(link); err != nil || to != disk {
		t.Skip("the system makes no links")
	}
	if _, err := Restore(t.Context(), out, link, Options{}); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != disk {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if len(filesIn(t, disk)["ledger.db"]) == 0 {
		t.Error("the home is not there")
	}
}

func TestOnlyAnEmptyFolderBecomesAHome(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	before := filesIn(t, d.dir.Path())
	if _, err := Restore(t.Context(), out, d.dir.Path(), Options{}); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(before, filesIn(t, d.dir.Path())); diff != "" {
		t.Errorf("it was changed:\n%s", diff)
	}
}

// mustFail restores a bad archive, checks that nothing is left behind and returns the error.
func mustFail(t *testing.T, archive []byte, opts Options) error {
	t.Helper()
	dir := t.TempDir()
	in, to := filepath.Join(dir, "in"), filepath.Join(dir, "to")
	if err := os.WriteFile(in, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Restore(t.Context(), in, to, opts)
	if err == nil {
		t.Fatal("it was restored")
	}
	if left, readErr := os.ReadDir(dir); readErr != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, readErr)
	}
	return err
}

func TestAMalformedArchiveIsNotRestored(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	good := unpack(t, out)
	file := func(name, text string) entry {
		return entry{tar.Header{Typeflag: tar.TypeReg, Name: name}, text}
	}
	place := func(name string) int { return slices.IndexFunc(good, func(e entry) bool { return e.Name == name }) }
	insert := func(at int, e entry) []entry { return slices.Insert(slices.Clone(good), at, e) }
	last := len(good) - 1
	document := place("documents/" + d.docs[0] + ".pdf")
	other := sha256.Sum256([]byte("an other one"))
	set := func(at int, change func(*entry)) []entry {
		all := slices.Clone(good)
		change(&all[at])
		return all
	}
	tests := []struct {
		name    string
		entries []entry
		sums    bool // SHA256SUMS is made to match
		says    string
	}{
		{"a name that leads out", insert(2, file("../evil", "x")), true, "does not belong in a backup"},
		{"a name that leads out of a folder", insert(2, file("trust/../../evil.pem", "x")), true, "does not belong in a backup"},
		{"a name that leads out of the documents", insert(last, file("documents/../../evil.pdf", "x")), true, "does not belong in a backup"},
		{"a name with a backslash", insert(2, file(`trust\..\evil.pem`, "x")), true, "does not belong in a backup"},
		{"a name from the root", insert(2, file("/etc/passwd", "x")), true, "does not belong in a backup"},
		{"a name of a disk", insert(2, file("C:gateways.toml", "x")), true, "does not belong in a backup"},
		{"a name with a zero", insert(2, file("gateways.toml\n", "x")), true, "does not belong in a backup"},
		{"secrets", insert(2, file("secrets.json", "{}")), true, "does not belong in a backup"},
		{"a lock", insert(2, file("ledger.lock", "")), true, "does not belong in a backup"},
		{"a link", insert(2, entry{tar.Header{Typeflag: tar.TypeSymlink, Name: "trust/a.pem", Linkname: "/etc/passwd"}, ""}), true, "does not belong in a backup"},
		{"a hard link", insert(2, entry{tar.Header{Typeflag: tar.TypeLink, Name: "trust/a.pem", Linkname: "/etc/passwd"}, ""}), true, "does not belong in a backup"},
		{"a folder", insert(2, entry{tar.Header{Typeflag: tar.TypeDir, Name: "trust/a.pem"}, ""}), true, "does not belong in a backup"},
		{"a device", insert(2, entry{tar.Header{Typeflag: tar.TypeChar, Name: "gateways.toml"}, ""}), true, "does not belong in a backup"},
		{"a file twice", insert(last, file("gateways.toml", "x")), true, "twice"},
		{"a document twice", insert(document, good[document]), true, "twice or in a wrong place"},
		{"a ledger twice", insert(last, good[1]), true, "twice"},
		{"a document with other bytes", set(document, func(e *entry) { e.text += "x" }), true, "document " + d.docs[0][:12] + " was changed"},
		{"a settings file with other bytes", set(place("settings.toml"), func(e *entry) { e.text += "x" }), false, "do not match SHA256SUMS"},
		{"a file that is not listed", insert(last, file("trust/evil.pem", "x")), false, "do not match SHA256SUMS"},
		{"a document that is not listed", insert(last, file(fmt.Sprintf("documents/%x.pdf", other), "an other one")), false, "do not match SHA256SUMS"},
		{"a file that is missing", slices.Delete(slices.Clone(good), 2, 3), false, "do not match SHA256SUMS"},
		{"a document that is missing", slices.Delete(slices.Clone(good), document, document+1), true, "is not intact (removed)"},
		{"no ledger", slices.Delete(slices.Clone(good), 1, 2), true, "the ledger is not the second entry"},
		{"no title", good[1:], true, "not a backup of a desk"},
		{"another title", set(0, func(e *entry) { e.text = "countersign backup v2\n" }), true, "not a backup of a desk"},
		{"a title of another register", set(0, func(e *entry) { e.text = titleText + "\nentries 7\n" }), true, "another number of entries"},
		{"no end", good[:last], true, "its end is missing"},
		{"something behind the end", append(slices.Clone(good), file("trust/evil.pem", "x")), true, "added at the end"},
		{"a large title", set(0, func(e *entry) { e.text += strings.Repeat(" ", maxSmall) }), true, "too large"},
		{"a large file", set(2, func(e *entry) { e.text = strings.Repeat("\x00", maxSmall+1) }), true, "too large"},
		{"a ledger that is none", set(1, func(e *entry) { e.text = strings.Repeat("no ledger ", 10_000) }), true, "not a ledger or is damaged"},
		{"an empty archive", nil, true, "its end is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := mustFail(t, pack(t, test.entries, test.sums), Options{}); !strings.Contains(err.Error(), test.says) {
				t.Errorf("error: %v", err)
			}
		})
	}
	// The unchanged archive is good.
	if _, err := Restore(t.Context(), out, filepath.Join(t.TempDir(), "to"), Options{}); err != nil {
		t.Error(err)
	}
}

// The ledger in an archive is untrusted, too, even if its digest matches.
func TestADamagedLedgerIsNotRestored(t *testing.T) {
	d := newDesk(t)
	for i := range 6 { // so that several pages hold something
		d.add(fmt.Sprint("more", i), d.docs[0])
	}
	out, _ := d.backup(Options{})
	good := unpack(t, out)
	page := os.Getpagesize()
	refused := map[string]int{} // by the kind of damage
	for n := 2 * page; n+page <= len(good[1].text); n += page {
		const head = 16 // bytes of the header of a page
		for what, junk := range map[string]string{"ones": "\xff", "letters": "A", "numbers": "\x01\x02\x00\x00", "positions": "\x00\x00\x00\x00\x00\xff\xff\x7f\x08\x00\x00\x00\x08\x00\x00\x00"} {
			from := n
			if what == "positions" {
				from += head // the header stays, and the positions lead out of the file
			}
			all := slices.Clone(good)
			all[1].text = good[1].text[:from] + strings.Repeat(junk, (n+page-from)/len(junk)) + good[1].text[n+page:]
			dir := t.TempDir()
			in, to := filepath.Join(dir, "in"), filepath.Join(dir, "to")
			if err := os.WriteFile(in, pack(t, all, true), 0o600); err != nil {
				t.Fatal(err)
			}
			// A page that is free may hold anything.
			if _, err := Restore(t.Context(), in, to, Options{}); err == nil {
				continue
			}
			refused[what]++
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("page %d of %s: left behind: %v, %v", n/page, what, left, err)
			}
		}
	}
	// So small a ledger needs few of the pages of its file.
	const used = 4
	for _, what := range []string{"ones", "letters", "numbers", "positions"} {
		if refused[what] < used {
			t.Errorf("of the pages with %s, only %d were refused", what, refused[what])
		}
	}
}

func TestADamagedArchiveIsNotRestored(t *testing.T) {
	d := newDesk(t)
	out, _ := d.backup(Options{})
	good, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for name, archive := range map[string][]byte{
		"nothing":           nil,
		"a letter":          []byte("Dear Ana,"),
		"cut in the middle": good[:len(good)/2],
		"cut at the end":    good[:len(good)-1],
		"something added":   append(slices.Clone(good), "x"...),
		"another zip added": append(slices.Clone(good), good...),
		"a byte of its sum": slices.Replace(slices.Clone(good), len(good)-6, len(good)-5, good[len(good)-6]^1),
		"a byte in it":      slices.Replace(slices.Clone(good), len(good)/2, len(good)/2+1, good[len(good)/2]^0x55),
	} {
		t.Run(name, func(t *testing.T) { mustFail(t, archive, Options{}) })
	}
}

// zeros is a file of zeros that compresses to almost nothing.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

func TestAZipBombIsNotUnpacked(t *testing.T) {
	const size = minBudget + 1
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(zip)
	for _, e := range []struct {
		name string
		size int64
		from io.Reader
	}{{titleName, int64(len(titleText)), strings.NewReader(titleText)}, {"ledger.db", size, io.LimitReader(&zeros{size}, 1<<20)}} {
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: e.size, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(archive, e.from); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mustFail(t, b.Bytes(), Options{}); !strings.Contains(err.Error(), "too large") {
		t.Errorf("error: %v", err)
	}
}

func TestDamagedDocumentsAreLeftOutOnlyOnRequest(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"missing":            os.Remove,
		"not a regular file": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"changed":            func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if err := damage(d.dir.Document(d.docs[1])); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "x.tar.gz")
			if _, err := Write(t.Context(), d.dir, d.ledger, out, Options{}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("error: %v", err)
			}
			if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			out, s := d.backup(Options{AllowDamaged: true})
			if s.Documents != 1 || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], name) {
				t.Errorf("summary: %+v", s)
			}
			archive, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if err := mustFail(t, archive, Options{}); !strings.Contains(err.Error(), "is not intact (removed)") {
				t.Errorf("error: %v", err)
			}
			s, err = Restore(t.Context(), out, filepath.Join(t.TempDir(), "to"), Options{AllowDamaged: true})
			if err != nil || len(s.Warnings) != 1 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
}

func TestAFileThatIsTooLargeIsLeftOutWithAWarning(t *testing.T) {
	d := newDesk(t)
	d.write("trust/large.pem", strings.Repeat("x", maxSmall+1))
	_, s := d.backup(Options{})
	if s.Files != 14 || len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "trust/large.pem is not in the backup: it is larger") {
		t.Errorf("summary: %+v", s)
	}
}

func TestAFileThatChangesWithEachReadIsNotCopied(t *testing.T) {
	const restless = "/proc/sys/kernel/random/uuid"
	if _, err := os.Stat(restless); err != nil {
		t.Skip("only Linux with /proc (proc(5)) has a file that is another one at each read")
	}
	w := &archiver{ctx: t.Context(), work: t.TempDir()}
	if _, err := w.copyStable(restless, 100); !errors.Is(err, errChanging) {
		t.Errorf("a file that is written to all the time: %v", err)
	}
}

// endsAfter is a context that is canceled once Err was called more than most times.
type endsAfter struct {
	context.Context
	asked atomic.Int64
	most  int
}

func (c *endsAfter) Err() error {
	if c.asked.Add(1) > int64(c.most) {
		return context.Canceled
	}
	return nil
}

func TestACanceledRunLeavesNothing(t *testing.T) {
	d := newDesk(t)
	good, _ := d.backup(Options{})
	for what, do := range map[string]func(ctx context.Context, dir string) error{
		"backup": func(ctx context.Context, dir string) error {
			_, err := Write(ctx, d.dir, d.ledger, filepath.Join(dir, "x"), Options{})
			return err
		},
		"restore": func(ctx context.Context, dir string) error {
			_, err := Restore(ctx, good, filepath.Join(dir, "x"), Options{})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			for most := 0; ; most += 3 {
				dir := t.TempDir()
				err := do(&endsAfter{Context: t.Context(), most: most}, dir)
				if err == nil {
					if most < 6 {
						t.Errorf("it ended after %d looks", most)
					}
					return
				}
				if left, readErr := os.ReadDir(dir); !errors.Is(err, context.Canceled) || readErr != nil || len(left) > 0 {
					t.Fatalf("after %d looks: %v, left behind: %v", most, err, left)
				}
			}
		})
	}
}

// The desk is in use during a backup. What is added meanwhile is not in it, not even in part.
func TestABackupIsOfOneMoment(t *testing.T) {
	d := newDesk(t)
	n := 0
	out, s := d.backup(Options{OnProgress: func(Progress) {
		n++
		d.add(fmt.Sprintf("meanwhile%03d", n), d.put(fmt.Sprintf("meanwhile %d", n)))
		d.write("queue.json", fmt.Sprint(n))
	}})
	if s.Events != 3 || s.Documents != 2 {
		t.Errorf("summary: %+v", s)
	}
	if _, err := Restore(t.Context(), out, filepath.Join(t.TempDir(), "to"), Options{}); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	d := newDesk(f)
	out, _ := d.backup(Options{})
	good, err := os.ReadFile(out)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(pack(f, []entry{{tar.Header{Typeflag: tar.TypeReg, Name: titleName}, titleText + "\n"}, {tar.Header{Typeflag: tar.TypeReg, Name: "../x"}, ""}}, true))
	f.Fuzz(func(t *testing.T, archive []byte) {
		r := &archiveReader{ctx: t.Context(), opts: Options{}.withDefaults(), budget: 1 << 20, create: func(name string) (io.WriteCloser, error) {
			if !filepath.IsLocal(name) || strings.Contains(name, "..") {
				t.Errorf("a file is made at %q", name)
			}
			return discard{}, nil
		}}
		_ = r.readArchive(bytes.NewReader(archive))
		if r.summary.Bytes > 1<<20 {
			t.Errorf("%d bytes were taken", r.summary.Bytes)
		}
	})
}
