package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
)

// Limits of one call of [Desk.Look]. For a person who drops a whole disk, it returns the first files,
// and a note.
const (
	maxIntake  = 2000    // files in the result
	maxDepth   = 16      // levels of folders
	maxEntries = 200_000 // files and folders of any kind that are met in folders
	maxSame    = 10      // requests with the same document, for each file
)

// Intake is what was found in the files that a person wants signed.
type Intake struct {
	Files []Candidate
	Notes []request.Sentence // for the person: folders without a PDF, and what was left out
}

// Candidate is a file that a person wants signed, with what [Desk.Look] found out about it.
type Candidate struct {
	Path        string
	Name        string // the name of the file, in the form of input.Label
	Size        int64
	Pages       int
	Protected   bool // it opens for everybody, but is locked against changes: only some gateways sign it
	SHA256      string
	Signatures  []Signature      // in the order in which they were made
	Problem     request.Sentence // why it cannot be used, and what to do; the zero value when it can
	DuplicateOf string           // the path of an earlier file with the same bytes; empty when there is none
	Same        []Same           // requests with the same document, last changed first; at most ten
}

// Signature is a signature that a file has already.
type Signature struct {
	Signer   string
	SignedAt time.Time // as the signer claims
	Intact   bool
	Broken   bool   // the signed bytes or the signature value do not fit
	Problem  string // why it is not intact, in English; empty when it is
}

// Same is a request of this desk that has the document of a [Candidate], or the id of a [Named].
type Same struct {
	ID      request.ID
	Title   string
	Status  request.Status
	Changed time.Time
}

// Look examines files that a person wants signed, and the PDF files in folders: what they are, why
// they cannot be used, and which requests have the same document. It stores nothing. In folders it
// follows no links and skips hidden files. It looks at each path once.
//
// If each is not nil, Look calls it with every file as soon as the file is examined. A file that
// cannot be used is a [Candidate] with a Problem; it causes no error. When ctx ends, Look returns what it
// has found so far with the error of ctx.
func (d *Desk) Look(ctx context.Context, paths []string, each func(Candidate)) (Intake, error) {
	l := &looking{desk: d, each: each, paths: map[string]bool{}, digests: map[string]string{}}
	for _, path := range paths {
		if err := l.at(ctx, path); errors.Is(err, errEnough) {
			break
		} else if err != nil {
			return l.found, err
		}
	}
	return l.found, ctx.Err()
}

// looking is the state of one call of [Desk.Look].
type looking struct {
	desk    *Desk
	each    func(Candidate)
	found   Intake
	entries int               // how many files and folders were met in folders
	paths   map[string]bool   // the files that were examined
	digests map[string]string // by SHA-256: the path of the first file that has it
}

// errEnough ends a call of [Desk.Look] that has reached one of its limits.
var errEnough = errors.New("there are more files than are looked at")

func (l *looking) note(s request.Sentence) { l.found.Notes = append(l.found.Notes, s) }

// at looks at a path that a person named. It follows a link.
func (l *looking) at(ctx context.Context, path string) error {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return l.folder(ctx, path)
	}
	return l.file(ctx, path)
}

func (l *looking) folder(ctx context.Context, root string) error {
	if target, err := filepath.EvalSymlinks(root); err == nil {
		root = target // WalkDir does not follow a link
	}
	before := len(l.paths)
	deep := false
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if l.entries++; l.entries > maxEntries {
			return l.enough()
		}
		below, _ := filepath.Rel(root, path)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.note(request.SentenceOf(input.Explain(input.Name(path), err)))
			return nil
		case path != root && strings.HasPrefix(entry.Name(), "."):
			return skip(entry)
		case entry.IsDir() && strings.Count(below, string(filepath.Separator)) >= maxDepth:
			deep = true
			return fs.SkipDir
		case !entry.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), ".pdf"):
			return nil
		}
		return l.file(ctx, path)
	})
	if deep {
		l.note(request.Sentencef("folder_deep", "%s has more than %d levels of folders: deeper ones were not searched", input.Name(root), maxDepth))
	}
	if err == nil && len(l.paths) == before {
		l.note(request.Sentencef("folder_without_pdf", "%s contains no PDF file that is not hidden", input.Name(root)))
	}
	return err
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func (l *looking) enough() error {
	l.note(request.Sentencef("too_many_files", "there are too many files to list together: only the first ones are listed (%d)", len(l.found.Files)))
	return errEnough
}

// file examines one file and adds it to what is found, unless it has done so for that path before.
func (l *looking) file(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.paths[path] {
		return nil
	}
	if len(l.found.Files) == maxIntake {
		return l.enough()
	}
	l.paths[path] = true
	c := Candidate{Path: path, Name: input.Name(path)}
	err := l.examine(ctx, &c)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.Problem = request.SentenceOf(err)
	}
	l.found.Files = append(l.found.Files, c)
	if l.each != nil {
		l.each(c)
	}
	return nil
}

// examine fills in c from the file at c.Path. The error says why the file cannot be used.
func (l *looking) examine(ctx context.Context, c *Candidate) error {
	if info, err := os.Stat(c.Path); err == nil {
		if c.Size = info.Size(); !info.Mode().IsRegular() {
			return request.Errorf("file_not_regular", "%s is not a regular file: name the PDF file itself", c.Name) // opening a pipe would wait forever
		}
	}
	f, err := check(input.Path(c.Path), 0)
	if err != nil {
		return err
	}
	defer f.source.Close()
	c.Size, c.Pages, c.Protected = f.size, f.Pages, f.Protected
	hash := sha256.New()
	n, err := io.Copy(hash, files.ContextReader(ctx, io.NewSectionReader(f.source, 0, f.size)))
	if err == nil && n != f.size {
		err = input.ErrChanged
	}
	if err != nil {
		return input.Explain(c.Name, err)
	}
	c.SHA256 = hex.EncodeToString(hash.Sum(nil))
	c.Signatures = signaturesIn(f)
	if c.DuplicateOf = l.digests[c.SHA256]; c.DuplicateOf == "" {
		l.digests[c.SHA256] = c.Path
	}
	c.Same, err = l.desk.same(ctx, c.SHA256)
	return err
}

// signaturesIn returns the signatures that people made in a file, or nil if they cannot be read.
func signaturesIn(f *checkedFile) []Signature {
	signatures, err := pdf.Signatures(f.source, f.size, nil)
	if err != nil {
		return nil
	}
	return madeByPeople(signatures)
}

// madeByPeople returns the signatures except document time-stamps, which no person makes.
func madeByPeople(signatures []pdf.Signature) []Signature {
	var all []Signature
	for _, s := range signatures {
		if !s.DocTimestamp {
			all = append(all, Signature{Signer: input.Label(s.Signer), SignedAt: s.SignedAt, Intact: s.Intact(), Broken: s.State == pdf.Broken, Problem: s.Problem})
		}
	}
	return all
}

// same returns the newest maxSame requests that have the document with that SHA-256, last changed first.
func (d *Desk) same(ctx context.Context, digest string) ([]Same, error) {
	ids, err := d.ledger.FindByDocument(ctx, digest)
	if err != nil {
		return nil, err
	}
	return d.sameOf(ctx, ids)
}

// sameOf describes the last maxSame of the requests, which are sorted from the oldest on, and returns
// them with the last changed first.
func (d *Desk) sameOf(ctx context.Context, ids []request.ID) ([]Same, error) {
	var all []Same
	for _, id := range ids[max(0, len(ids)-maxSame):] {
		r, err := d.ledger.Get(ctx, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Same{ID: r.ID, Title: r.Title, Status: r.Status, Changed: r.UpdatedAt})
	}
	slices.SortStableFunc(all, func(a, b Same) int { return b.Changed.Compare(a.Changed) })
	return all, nil
}
