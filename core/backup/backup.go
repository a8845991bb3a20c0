// Package backup writes a home into one archive while the desk is in use, and restores a home
// from such an archive, completely or not at all.
//
// The archive is a gzip-compressed tar file, so it can be opened without this program. Its
// first entry identifies it. Its last entry, SHA256SUMS, has the digest of every other entry
// in the form that sha256sum -c reads. Secrets and the private key of the register are not in
// it.
//
// An archive is untrusted input. Only names that a home can have are accepted, only regular
// files, and only as many bytes as the size of the archive justifies. The package decides
// nothing about requests and uses no network.
package backup

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Write writes the home dir, whose ledger is l, into a new file at out, readable only by its
// owner. It reads the file back and checks it before the file appears at out. It fails if
// there is a file at out already; if it fails for another reason, there is none.
func Write(ctx context.Context, dir home.Dir, l *ledger.Ledger, out string, opts Options) (Summary, error) {
	opts = opts.withDefaults()
	if err := filename.Check(out); err != nil {
		return Summary{}, err
	}
	if _, err := os.Lstat(out); err == nil {
		return Summary{}, fmt.Errorf("%s already exists: choose another name", out)
	}
	const prefix = ".countersign-backup-"
	removeLeftOver(filepath.Dir(out), prefix, opts.Now())
	work, err := os.MkdirTemp(filepath.Dir(out), prefix+"*") // made 0700
	if err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	defer os.RemoveAll(work)
	if err := home.MakePrivate(work); err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	w := &archiver{ctx: ctx, dir: dir, work: work, opts: opts}
	archive := filepath.Join(work, "archive")
	if err := w.writeArchive(l, archive); err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	info, err := os.Stat(archive)
	if err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	w.summary.Size = info.Size()
	back := &archiveReader{ctx: ctx, opts: opts, create: func(name string) (io.WriteCloser, error) {
		if opts.checkLedger && name == ledger.FileName {
			return createFile(filepath.Join(work, "back"), name)
		}
		return discard{}, nil
	}}
	if err := back.readFile(archive); err != nil {
		return Summary{}, fmt.Errorf("the backup was not written correctly, and was deleted: %w: try another disk", err)
	}
	if opts.checkLedger {
		if err := checkLedger(ctx, filepath.Join(work, "back")); err != nil {
			return Summary{}, fmt.Errorf("the backup would be of no use, and was deleted: %w", err)
		}
	}
	if back.summary.Files != w.summary.Files || back.summary.Bytes != w.summary.Bytes {
		return Summary{}, errors.New("the backup was not written correctly, and was deleted: try another disk")
	}
	if err := files.RenameNew(archive, out); err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	return w.summary, nil
}

// checkLedger opens the ledger in dir and checks every link of its register.
func checkLedger(ctx context.Context, dir string) error {
	l, err := ledger.Open(ctx, dir, ledger.Options{Exclusive: true})
	if err != nil {
		return err
	}
	health, err := l.QuickCheck(ctx, math.MaxInt)
	if f := health.Fault; err == nil && f != nil {
		err = request.Errorf("ledger_broken", "the register is not intact at entry %d: %s", request.Count(f.Number), f.Sentence())
	}
	return errors.Join(err, l.Close())
}

// archiver is a backup that is being written.
type archiver struct {
	ctx     context.Context
	dir     home.Dir
	work    string // a folder for temporary files
	opts    Options
	tar     *tar.Writer
	sums    *bufio.Writer // the lines of SHA256SUMS; nil when that entry itself is written
	summary Summary
}

func (w *archiver) writeArchive(l *ledger.Ledger, archive string) error {
	if err := l.Snapshot(w.ctx, filepath.Join(w.work, ledger.FileName)); err != nil {
		return err
	}
	// The documents that the copy names are in the home: each is stored before the event that
	// names it, and none is ever deleted.
	snapshot, err := ledger.Open(w.ctx, w.work, ledger.Options{Exclusive: true})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(archive, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- a file of the home, or one that the user named
	if err != nil {
		return errors.Join(err, snapshot.Close())
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	zip := &memberWriter{to: buffered}
	w.tar = tar.NewWriter(zip)
	err = w.writeEntries(snapshot)
	return errors.Join(err, w.tar.Close(), zip.Close(), buffered.Flush(), f.Sync(), f.Close(), snapshot.Close())
}

func (w *archiver) writeEntries(snapshot *ledger.Ledger) error {
	sums, err := os.OpenFile(filepath.Join(w.work, sumsName), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer sums.Close()
	w.sums = bufio.NewWriter(sums)
	state, err := snapshot.RegisterState(w.ctx)
	if err != nil {
		return err
	}
	w.summary.Events = state.Count
	if state.Count > 0 {
		w.summary.Head = state.Link.String()
	}
	title := fmt.Sprintf("%s\nmade %s\nentries %d\nhead %s\n", titleText, w.opts.Now().UTC().Format(time.RFC3339), state.Count, state.Link)
	if w.opts.withoutDocuments {
		title += withoutDocumentsLine + "\n"
	}
	if _, err := w.writeEntry(titleName, strings.NewReader(title), int64(len(title))); err != nil {
		return err
	}
	if err := w.writeFile(ledger.FileName, filepath.Join(w.work, ledger.FileName)); err != nil {
		return err
	}
	if err := w.writeSmallFiles(); err != nil {
		return err
	}
	if !w.opts.withoutDocuments {
		if err := snapshot.EachDocument(w.ctx, func(digest string) error { return w.writeDocument(digest, w.dir.Document(digest)) }); err != nil {
			return err
		}
	}
	if err := w.sums.Flush(); err != nil {
		return err
	}
	size, err := sums.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := sums.Seek(0, io.SeekStart); err != nil {
		return err
	}
	w.sums = nil // SHA256SUMS does not list itself
	_, err = w.writeEntry(sumsName, sums, size)
	return err
}

// writeSmallFiles writes the files that are neither ledger nor documents, sorted by name. A
// file that keeps changing, is too large or is no regular file stays out, with a warning in
// the summary.
func (w *archiver) writeSmallFiles() error {
	names, warnings, err := smallFiles(w.dir)
	if err != nil {
		return err
	}
	w.summary.Warnings = append(w.summary.Warnings, warnings...)
	for _, name := range names {
		copied, err := w.copyStable(filepath.Join(w.dir.Path(), filepath.FromSlash(name)), maxSize(name))
		switch {
		case errors.Is(err, fs.ErrNotExist): // there never was one, or it was deleted meanwhile
		case errors.Is(err, errChanging), errors.Is(err, errKind), errors.Is(err, errLarge):
			w.summary.Warnings = append(w.summary.Warnings, fmt.Sprintf("%s is not in the backup: %v", name, err))
		case err != nil:
			return err
		default:
			if err := w.writeFile(name, copied); err != nil {
				return err
			}
		}
	}
	return nil
}

// smallFiles returns the names of the files that belong in a backup of a home besides the
// ledger and the documents, sorted. Some of them may not exist. The warnings are those of
// anchorFiles.
func smallFiles(dir home.Dir) (names, warnings []string, err error) {
	names, warnings, err = anchorFiles(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range []string{dir.Gateways(), dir.Settings(), dir.Queue(), dir.Copies(), dir.RegisterKey()} {
		names = append(names, filepath.Base(path))
	}
	entries, err := os.ReadDir(dir.Sandbox())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for _, e := range entries {
		if name := sandboxDir + "/" + e.Name(); e.Type().IsRegular() && kindOf(name) == smallFile {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, warnings, nil
}

// The reasons to leave a file out of a backup. Each becomes a warning.
var (
	errChanging = errors.New("another program writes to it all the time; close that program and make the backup again")
	errKind     = errors.New("it is a folder, a pipe or a device; move it away")
	errLarge    = errors.New("it is larger than such a file of a desk ever is")
)

// maxCopyTries is how often copyStable tries to copy a file that keeps changing.
const maxCopyTries = 5

// copyStable copies a file that others may write to, again until two reads in a row have the
// same digest, at most maxCopyTries times; then it fails with errChanging. It returns the
// path of the copy, which the next call overwrites.
func (w *archiver) copyStable(path string, limit int64) (string, error) {
	to := filepath.Join(w.work, "quiet")
	for range maxCopyTries {
		first, err := w.copyFile(path, to, limit)
		if err != nil {
			return "", err
		}
		again, err := w.read(path, io.Discard, limit)
		if err != nil {
			return "", err
		}
		if first == again {
			return to, nil
		}
	}
	return "", errChanging
}

// copyFile copies a file, and returns the digest of the copy. It fails as read does.
func (w *archiver) copyFile(path, to string, limit int64) (string, error) {
	into, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // #nosec G304 -- a file of this process alone
	if err != nil {
		return "", err
	}
	digest, err := w.read(path, into, limit)
	return digest, errors.Join(err, into.Close())
}

// read writes the content of a file to into, and returns its digest. It fails with errLarge if the file has more than limit bytes, and with
// errKind if it is no regular file.
func (w *archiver) read(path string, into io.Writer, limit int64) (string, error) {
	from, _, err := files.OpenRegular(path)
	switch {
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return "", errKind
	case err != nil:
		return "", err
	}
	defer from.Close()
	digest, size, err := digestOf(w.ctx, io.TeeReader(io.LimitReader(from, limit+1), into))
	if err == nil && size > limit {
		err = errLarge
	}
	return digest, err
}

// writeFile adds the file at path to the archive under a name. Nobody may change the file
// meanwhile.
func (w *archiver) writeFile(name, path string) error {
	f, err := os.Open(path) // #nosec G304 -- a file of the home, or one that the user named
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = w.writeEntry(name, f, info.Size())
	return err
}

// writeDocument adds the document at path to the archive. If it is missing or does not match
// its digest, writeDocument fails; with Options.AllowDamaged it leaves the document out
// instead, and adds a warning to the summary.
func (w *archiver) writeDocument(digest, path string) error {
	problem := ""
	f, size, err := files.OpenRegular(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = fmt.Sprintf("document %.12s is missing", digest)
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		problem = fmt.Sprintf("document %.12s is not a regular file", digest)
	case err != nil:
		return err
	default:
		defer f.Close()
		// Check it before writing: an entry cannot be removed from the archive again.
		if sum, read, err := digestOf(w.ctx, f); err != nil {
			return err
		} else if sum != digest || read != size || size > maxDocument {
			problem = fmt.Sprintf("document %.12s was changed", digest)
		}
	}
	if problem != "" {
		if !w.opts.AllowDamaged {
			return fmt.Errorf("%s: put it back from an earlier backup, or make the backup without it with --damaged", problem)
		}
		w.summary.Lost++
		w.summary.Warnings = append(w.summary.Warnings, problem+", and is not in the backup")
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum, err := w.writeEntry(documentsDir+"/"+filepath.Base(path), f, size)
	if err == nil && sum != digest {
		err = fmt.Errorf("document %.12s changed while it was read: make the backup again", digest)
	}
	w.summary.Documents++
	return err
}

// digestOf reads r to its end, and returns the SHA-256 in hex and the size in bytes.
func digestOf(ctx context.Context, r io.Reader) (string, int64, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, files.ContextReader(ctx, r))
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// writeEntry writes an entry with the first size bytes of r, and returns its digest. It fails
// if r has fewer. It also adds the line of the entry to SHA256SUMS, except for that entry
// itself.
func (w *archiver) writeEntry(name string, r io.Reader, size int64) (string, error) {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.opts.Now().Truncate(time.Second)}
	if err := w.tar.WriteHeader(header); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.New()
	if n, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(files.ContextReader(w.ctx, r), size)); err != nil || n != size {
		return "", errors.Join(err, fmt.Errorf("%s could not be read to its end", name))
	}
	w.summary.Files++
	w.summary.Bytes += size
	w.opts.OnProgress(Progress{Files: w.summary.Files, Bytes: w.summary.Bytes})
	digest := hex.EncodeToString(sum.Sum(nil))
	if w.sums == nil {
		return digest, nil
	}
	_, err := fmt.Fprintf(w.sums, "%s  %s\n", digest, name)
	return digest, err
}

// discard is what an archiveReader that only verifies an archive writes to: it stores
// nothing.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
