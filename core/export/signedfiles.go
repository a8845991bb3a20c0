package export

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

// SignedFiles describes the signed files of many requests, to be saved at once.
type SignedFiles struct {
	// Path is absolute. If its extension is .zip, it is the new file that gets all of them, otherwise the folder that
	// gets them, which must exist.
	Path    string
	Pattern string       // of their names, see [CheckPattern]; [DefaultPattern] when empty
	Query   ledger.Query // which requests; Limit, Skip and After are ignored
	IDs     []request.ID // unless nil, the files of these requests are saved, and Query is ignored
}

// SavedFiles counts what [Exporter.SaveSigned] did.
type SavedFiles struct {
	Saved    int     // files
	Present  int     // files that were in the folder already, with the same bytes and name
	Unsigned int     // requests that have no signed file
	Damaged  int     // files that are altered or missing in the home, and were left out
	Problems []error // why the first of the damaged files were left out
	Path     string  // of the ZIP file, or of one of the files in the folder; empty if there is none
}

const (
	// DefaultPattern begins with the reference, by which offices sort.
	DefaultPattern = "{reference} {title}"
	maxPattern     = 200 // characters
	savedStep      = 20  // requests after which progress is reported
	maxProblems    = 5
	separators     = " -_,;·" // between the parts of a pattern
	emptyPart      = "\x00"   // stands for a part that is empty while a name is made
)

// The parts of a pattern. Each stands for something of the request.
const (
	partReference = "{reference}"
	partTitle     = "{title}" // of the request, or the name of the document if there are several
	partDate      = "{date}"  // of the outcome, such as 2026-11-21
	partGateway   = "{gateway}"
	partID        = "{id}"
)

// PatternParts are the parts that a pattern may have.
var PatternParts = []string{partReference, partTitle, partDate, partGateway, partID}

// errNothingToSave keeps a ZIP file without files from being made.
var errNothingToSave = errors.New("nothing to save")

// Errors of [CheckPattern].
var (
	errPatternLong = request.Errorf("pattern_long", "the pattern for names is too long: use %d characters at most", maxPattern)
	errPatternPart = request.Errorf("pattern_part", "a pattern for names needs at least one of these parts, and has no other braces: %s", strings.Join(PatternParts, ", "))
)

// CheckPattern returns an error that says what is wrong with a pattern for the names of files, and nil if it can be used. A
// pattern has at least one of the parts {reference}, {title}, {date}, {gateway} and {id}; all else stands for itself. The
// extension is added.
func CheckPattern(pattern string) error {
	if len([]rune(pattern)) > maxPattern {
		return errPatternLong
	}
	rest := pattern
	for _, part := range PatternParts {
		rest = strings.ReplaceAll(rest, part, "")
	}
	if strings.ContainsAny(rest, "{}") || rest == pattern {
		return errPatternPart
	}
	return nil
}

// NameBy returns the name, without extension, that a pattern makes for the signed file of a document. document is an index
// into the request's documents. The name is allowed on every system. A part that is empty is left out with the
// separators before it, or those behind it if it is the first.
func NameBy(pattern string, r request.Request, document int) string {
	title := r.Title
	if len(r.Documents) > 1 && document < len(r.Documents) {
		title = r.Documents[document].Name
	}
	if extension := filepath.Ext(title); strings.EqualFold(extension, ".pdf") {
		title = strings.TrimSuffix(title, extension)
	}
	at := r.UpdatedAt
	if r.Outcome != nil {
		at = r.Outcome.At
	}
	name := strings.NewReplacer(
		partReference, cmp.Or(r.Reference, emptyPart), partTitle, cmp.Or(title, emptyPart), partDate, at.Local().Format(time.DateOnly),
		partGateway, cmp.Or(r.Gateway, emptyPart), partID, string(r.ID),
	).Replace(pattern)
	for before, after, found := strings.Cut(name, emptyPart); found; before, after, found = strings.Cut(name, emptyPart) {
		if strings.TrimRight(before, separators) != before {
			after = strings.TrimLeft(after, separators)
		}
		name = before + after
	}
	return safeName(strings.Trim(strings.Join(strings.Fields(name), " "), separators))
}

// SaveSigned saves a copy of each signed file, and replaces no file: a name that is taken gets a number. It calls the function
// progress now and then with how many requests are done and how many there are; total is -1 while that is not known. A file
// that is damaged is left out and counted. Without any file there is no ZIP file. If saving fails or ctx ends, the ZIP file is not made, and the folder has the complete
// files that were copied before; SaveSigned counts them, and finds them again the next time. How much memory it takes does not
// depend on the size of the files.
func (x *Exporter) SaveSigned(ctx context.Context, s SignedFiles, progress func(done, total int)) (saved SavedFiles, err error) {
	if s.Pattern == "" {
		s.Pattern = DefaultPattern
	}
	if err := CheckPattern(s.Pattern); err != nil {
		return SavedFiles{}, err
	}
	w := &signedWriter{pattern: s.Pattern, names: newNames()}
	if strings.EqualFold(filepath.Ext(s.Path), ".zip") {
		err = x.write(s.Path, false, func(out io.Writer) error {
			archive := zip.NewWriter(out)
			w.save = func(name, digest string, at time.Time) (bool, error) {
				return true, x.addTo(ctx, archive, name, digest, at)
			}
			_, err := x.readAll(ctx, s.IDs, s.Query, savedStep, nil, w.add, progress)
			if err == nil && w.saved.Saved == 0 {
				err = errNothingToSave
			}
			return errors.Join(err, archive.Close())
		})
		switch {
		case errors.Is(err, errNothingToSave):
			return w.saved, nil
		case err != nil:
			return SavedFiles{}, err
		}
		w.saved.Path = s.Path
		return w.saved, nil
	}
	if err := x.checkFolder(s.Path); err != nil {
		return SavedFiles{}, err
	}
	w.names.taken = func(name string) (bool, string, error) { return isTaken(ctx, filepath.Join(s.Path, name)) }
	w.save = func(name, digest string, _ time.Time) (bool, error) {
		path := filepath.Join(s.Path, name)
		done, err := x.addToFolder(ctx, path, digest)
		if done {
			w.saved.Path = path
		}
		return done, err
	}
	_, err = x.readAll(ctx, s.IDs, s.Query, savedStep, nil, w.add, progress)
	return w.saved, err
}

// checkFolder returns an error unless path is an absolute path of a folder outside the home.
func (x *Exporter) checkFolder(path string) error {
	if !filepath.IsAbs(path) {
		return request.Errorf("export_no_path", "a file needs a folder and a name: enter its full path")
	}
	if x.inHome(path) {
		return errInside
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return request.Errorf("export_no_folder", "there is no folder %s: create it first, or choose another one", input.PathLabel(path))
	}
	return nil
}

// signedWriter saves the signed files of one request after the other.
type signedWriter struct {
	pattern string
	names   *names
	saved   SavedFiles
	// save saves a file under a name, with its time. It returns false if something else has the name meanwhile.
	save func(name, digest string, at time.Time) (bool, error)
}

// add saves the signed files of a request.
func (w *signedWriter) add(found *request.Request, _ []byte) error {
	r := *found
	files := signedFiles(r)
	if len(files) == 0 {
		w.saved.Unsigned++
	}
	for _, f := range files {
		switch err := w.addFile(r, f); {
		case errors.Is(err, ledger.ErrAltered), errors.Is(err, ledger.ErrMissing):
			w.saved.Damaged++
			if len(w.saved.Problems) < maxProblems {
				w.saved.Problems = append(w.saved.Problems, request.Errorf("of_title", "%s: %w", input.Label(r.Title), err))
			}
		case err != nil:
			return err
		}
	}
	return nil
}

func (w *signedWriter) addFile(r request.Request, f request.FileCheck) error {
	base := NameBy(w.pattern, r, f.Document)
	for {
		name, present, err := w.names.next(base, f.SHA256)
		if err != nil {
			return err
		}
		if present {
			w.saved.Present++
			return nil
		}
		at := r.UpdatedAt
		if r.Outcome != nil {
			at = r.Outcome.At
		}
		if done, err := w.save(name, f.SHA256, at); err != nil || done {
			if err == nil {
				w.saved.Saved++
			}
			return err
		}
	}
}

// signedFiles returns the signed files of a request: those of its documents, or else the file that was attached last.
func signedFiles(r request.Request) (signed []request.FileCheck) {
	var attached []request.FileCheck
	for _, f := range r.Files() {
		switch f.Role {
		case request.RoleSigned:
			signed = append(signed, f)
		case request.RoleAttached:
			attached = []request.FileCheck{{SHA256: f.SHA256, Role: f.Role}}
		}
	}
	if len(signed) > 0 {
		return signed
	}
	return attached
}

// addTo adds a stored file to an archive. PDF files are compressed already, so it is stored as it is.
func (x *Exporter) addTo(ctx context.Context, archive *zip.Writer, name, digest string, at time.Time) error {
	source, err := x.cfg.Ledger.OpenDocument(ctx, digest)
	if err != nil {
		return err
	}
	defer source.Close()
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: at})
	if err != nil {
		return err
	}
	hash := sha256.New()
	if _, err = io.Copy(io.MultiWriter(entry, hash), files.ContextReader(ctx, source)); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != digest {
		// It was checked when it was opened. What is in the archive now cannot be taken back.
		return request.Errorf("copy_failed", "the copy could not be saved: %w", errChangedMeanwhile)
	}
	return nil
}

// errChangedMeanwhile is the cause when a stored file changes after it was checked.
var errChangedMeanwhile = request.Errorf("copy_changed", "a stored file changed while it was copied")

// addToFolder copies a stored file to a path. It returns false if something is at the path.
func (x *Exporter) addToFolder(ctx context.Context, path, digest string) (bool, error) {
	temporary, err := copyInto(ctx, x.cfg.Ledger, filepath.Dir(path), digest, files.CreateShared)
	switch {
	case err == nil:
	case errors.Is(err, ledger.ErrAltered), errors.Is(err, ledger.ErrMissing), ctx.Err() != nil:
		return false, err
	default:
		return false, notSaved(err)
	}
	defer files.Remove(temporary) // gone already when all went well
	switch err := files.RenameNew(temporary, path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, notSaved(err)
	}
	return true, nil
}

// isTaken reports whether there is something at a path. If that is a file, it returns the SHA-256 digest of the file.
func isTaken(ctx context.Context, path string) (taken bool, digest string, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false, "", nil
	}
	digest, err = digestOf(ctx, path)
	return true, digest, err
}

// names makes names of files that differ from each other on every system; see [filename.Key]. It keeps the hashes of
// names only: a hundred thousand take a few megabytes.
type names struct {
	seed  maphash.Seed
	used  map[uint64]struct{}
	after map[uint64]int // by the name without number: the number that was tried last
	// passed has the numbers of files that were there before and were not the one that was looked for, by the name without number
	// and the digest. They may be looked for later: the requests need not come in the order of the last time.
	passed map[uint64]int
	// taken reports whether a name is taken by something that was there before. If that is a file, it returns its digest.
	taken func(name string) (taken bool, digest string, err error)
}

func newNames() *names {
	return &names{
		seed: maphash.MakeSeed(), used: map[uint64]struct{}{}, after: map[uint64]int{}, passed: map[uint64]int{},
		taken: func(string) (bool, string, error) { return false, "", nil },
	}
}

// next returns the next name that is free: base with the extension, or with a number before it. present is true if a file with
// the digest has that name already.
func (n *names) next(base, digest string) (name string, present bool, err error) {
	base = strings.TrimSpace(base)
	key, wanted := n.hash(base), n.hash(base+"/"+digest)
	if number, passed := n.passed[wanted]; passed {
		delete(n.passed, wanted)
		name = numbered(base, ".pdf", number)
		n.used[n.hash(name)] = struct{}{}
		return name, true, nil
	}
	for {
		n.after[key]++
		name = numbered(base, ".pdf", n.after[key])
		if _, used := n.used[n.hash(name)]; used {
			continue
		}
		taken, found, err := n.taken(name)
		if err != nil {
			return "", false, err
		}
		if taken && found != digest {
			n.passed[n.hash(base+"/"+found)] = n.after[key]
			continue
		}
		n.used[n.hash(name)] = struct{}{}
		return name, taken, nil
	}
}

func (n *names) hash(name string) uint64 { return maphash.String(n.seed, filename.Key(name)) }

// SuggestSigned returns the path of a ZIP file, at which there is no file yet, for the signed files of what name says. If folder
// is "", it chooses the folder as [Exporter.SuggestCopy] does.
func (x *Exporter) SuggestSigned(ctx context.Context, name, folder string) (path string, err error) {
	return x.freePath(ctx, folder, safeName(name), ".zip")
}

// SignedNames returns the names that a pattern makes for the signed files of the first requests that are to be saved, at most
// the given number of them, as a preview.
func (x *Exporter) SignedNames(ctx context.Context, s SignedFiles, atMost int) ([]string, error) {
	if err := CheckPattern(s.Pattern); err != nil {
		return nil, err
	}
	var all []string
	unique := newNames()
	errEnough := errors.New("enough")
	_, err := x.readAll(ctx, s.IDs, s.Query, savedStep, nil, func(found *request.Request, _ []byte) error {
		r := *found
		for _, f := range signedFiles(r) {
			if len(all) == atMost {
				return errEnough
			}
			name, _, err := unique.next(NameBy(s.Pattern, r, f.Document), f.SHA256)
			if err != nil {
				return err
			}
			all = append(all, name)
		}
		return nil
	}, func(int, int) {})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return all, err
}
