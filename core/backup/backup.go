// Package backup writes a whole home into one file while the desk is in use, and makes a
// home of such a file again: whole, or not at all.
//
// The file is a gzip-compressed tar archive, so that it can be opened without this
// program. Its first entry says what it is, its last, SHA256SUMS, has the digest of
// every other, as sha256sum -c reads it. Secrets are not in it, and neither is the
// private key of the register.
//
// What is read comes from outside: only names that a home has are taken, only regular
// files, and only so much as the archive's size allows for. The package decides nothing
// about requests, and asks no network.
package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
)

const (
	titleName = "countersign-backup"
	titleText = "countersign backup v1"
	sumsName  = "SHA256SUMS"

	documentsDir = "documents"
	sandboxDir   = "sandbox"
	trustDir     = "trust"
)

// Options adjust a backup or its restoring. The zero value is what is usual.
type Options struct {
	// Damaged goes on where the register does not hold or a document is missing or has
	// other bytes, and tells of it in the summary.
	Damaged bool
	Tell    func(Progress) // told how far it is, now and then; must not block
	Now     func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Tell == nil {
		o.Tell = func(Progress) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Progress is how far it is.
type Progress struct {
	Files int
	Bytes int64 // of these, not compressed
}

// Summary is what was written or restored.
type Summary struct {
	Files     int      `json:"files"`
	Documents int      `json:"documents"`
	Bytes     int64    `json:"bytes"`              // of these, not compressed
	Size      int64    `json:"size"`               // of the archive
	Events    int      `json:"events"`             // of the register
	Head      string   `json:"head,omitempty"`     // its last link
	Warnings  []string `json:"warnings,omitempty"` // what is not as it should be, in words
}

// Write writes a home into a file that must not be there: whole and for its owner alone, or not
// at all. The file is read back and checked before it gets its name.
func Write(ctx context.Context, dir home.Dir, l *ledger.Ledger, out string, opts Options) (Summary, error) {
	opts = opts.withDefaults()
	if _, err := os.Lstat(out); err == nil {
		return Summary{}, fmt.Errorf("%s is there already: choose another name", out)
	}
	work, err := os.MkdirTemp(filepath.Dir(out), ".countersign-backup-*") // made 0700
	if err != nil {
		return Summary{}, fmt.Errorf("write the backup: %w", err)
	}
	defer os.RemoveAll(work)
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
	back := &archiveReader{ctx: ctx, opts: opts, create: func(string) (io.WriteCloser, error) { return discard{}, nil }}
	if err := back.readFile(archive); err != nil {
		return Summary{}, fmt.Errorf("the backup is not as it was written, and is not kept: %w: try another disk", err)
	}
	if back.summary.Files != w.summary.Files || back.summary.Bytes != w.summary.Bytes {
		return Summary{}, errors.New("the backup is not as it was written, and is not kept: try another disk")
	}
	return w.summary, files.Name(archive, out)
}

// archiver is a backup while it is written.
type archiver struct {
	ctx     context.Context
	dir     home.Dir
	work    string // a folder for what is needed on the way
	opts    Options
	tar     *tar.Writer
	sums    *bufio.Writer
	summary Summary
}

// writeArchive writes the archive.
func (w *archiver) writeArchive(l *ledger.Ledger, archive string) error {
	if err := l.Snapshot(w.ctx, filepath.Join(w.work, ledger.FileName)); err != nil {
		return err
	}
	// What the copy names is in the home: documents come before the events that name them.
	snapshot, err := ledger.Open(w.ctx, w.work, ledger.Options{Private: true})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(archive, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return errors.Join(err, snapshot.Close())
	}
	buffered := bufio.NewWriterSize(f, 1<<20)
	zip, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed) // PDF files are compressed already
	if err != nil {
		return errors.Join(err, f.Close(), snapshot.Close())
	}
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
	state, err := snapshot.State(w.ctx)
	if err != nil {
		return err
	}
	w.summary.Events = state.Count
	if state.Count > 0 {
		w.summary.Head = state.Link.String()
	}
	title := fmt.Sprintf("%s\nmade %s\nentries %d\nhead %s\n", titleText, w.opts.Now().UTC().Format(time.RFC3339), state.Count, state.Link)
	if _, err := w.writeEntry(titleName, strings.NewReader(title), int64(len(title))); err != nil {
		return err
	}
	if err := w.writeFile(ledger.FileName, filepath.Join(w.work, ledger.FileName)); err != nil {
		return err
	}
	if err := w.writeSmallFiles(); err != nil {
		return err
	}
	if err := snapshot.EachDocument(w.ctx, func(digest string) error { return w.writeDocument(digest, w.dir.Document(digest)) }); err != nil {
		return err
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
	w.sums = nil // it does not have itself
	_, err = w.writeEntry(sumsName, sums, size)
	return err
}

// writeSmallFiles writes the home's other files, in the order of their names.
func (w *archiver) writeSmallFiles() error {
	names, err := smallFiles(w.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		copied, err := w.copyStable(filepath.Join(w.dir.Path(), filepath.FromSlash(name)), maxSize(name))
		switch {
		case errors.Is(err, fs.ErrNotExist): // or taken away meanwhile
		case errors.Is(err, errChanging), errors.Is(err, errLarge):
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

// smallFiles lists the files of a home that are in a backup besides ledger and documents.
func smallFiles(dir home.Dir) ([]string, error) {
	var names []string
	for _, path := range []string{dir.Gateways(), dir.Settings(), dir.Queue(), dir.Copies(), dir.RegisterKey()} {
		names = append(names, filepath.Base(path))
	}
	for _, folder := range []string{dir.Trust(), dir.Sandbox()} {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if name := filepath.Base(folder) + "/" + e.Name(); e.Type().IsRegular() && kindOf(name) == smallFile {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// Why a file is left out.
var (
	errChanging = errors.New("it is written to all the time; end what writes to it, and make the backup again")
	errLarge    = errors.New("it is larger than such a file of a desk is")
)

// maxCopyTries is how often a file is read before it is given up.
const maxCopyTries = 5

// copyStable copies a file that others may write to: what it is when it is read twice and nothing
// came between. The copy is good until the next one is made.
func (w *archiver) copyStable(path string, limit int64) (string, error) {
	to := filepath.Join(w.work, "quiet")
	for range maxCopyTries {
		first, err := w.copyFile(path, to, limit)
		if err != nil {
			return "", err
		}
		again, err := w.copyFile(path, os.DevNull, limit)
		if err != nil {
			return "", err
		}
		if first == again {
			return to, nil
		}
	}
	return "", errChanging
}

// copyFile copies a file of at most so many bytes, and gives the digest of what was copied.
func (w *archiver) copyFile(path, to string, limit int64) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	into, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	digest, size, err := digestOf(w.ctx, io.TeeReader(io.LimitReader(from, limit+1), into))
	if err == nil && size > limit {
		err = errLarge
	}
	return digest, errors.Join(err, into.Close())
}

// writeFile writes a file that nobody changes meanwhile.
func (w *archiver) writeFile(name, path string) error {
	f, err := os.Open(path)
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

// writeDocument writes a writeDocument, whose bytes have to be those of its digest.
func (w *archiver) writeDocument(digest, path string) error {
	problem := ""
	var f *os.File
	info, err := os.Stat(path)
	isFile := err == nil && info.Mode().IsRegular()
	if isFile { // to open a pipe may take for ever
		f, err = os.Open(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = fmt.Sprintf("document %.12s is missing", digest)
	case err == nil && !isFile:
		problem = fmt.Sprintf("document %.12s is no file", digest)
	case err != nil:
		return err
	default:
		defer f.Close()
		// Looked at before it is written: an entry cannot be taken back.
		if sum, size, err := digestOf(w.ctx, f); err != nil {
			return err
		} else if sum != digest || size > maxDocument {
			problem = fmt.Sprintf("document %.12s has other bytes", digest)
		}
	}
	if problem != "" {
		if !w.opts.Damaged {
			return fmt.Errorf("%s: put it back from an earlier backup, or make the backup without it with --damaged", problem)
		}
		w.summary.Warnings = append(w.summary.Warnings, problem+", and is not in the backup")
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if info, err = f.Stat(); err != nil {
		return err
	}
	sum, err := w.writeEntry(documentsDir+"/"+filepath.Base(path), f, info.Size())
	if err == nil && sum != digest {
		err = fmt.Errorf("document %.12s changed while it was read", digest)
	}
	w.summary.Documents++
	return err
}

func digestOf(ctx context.Context, r io.Reader) (string, int64, error) {
	sum := sha256.New()
	size, err := io.Copy(sum, files.Reader(ctx, r))
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// writeEntry writes one writeEntry, of exactly so many bytes, and gives its digest.
func (w *archiver) writeEntry(name string, r io.Reader, size int64) (string, error) {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.opts.Now().Truncate(time.Second)}
	if err := w.tar.WriteHeader(header); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.New()
	if n, err := io.Copy(io.MultiWriter(w.tar, sum), io.LimitReader(files.Reader(w.ctx, r), size)); err != nil || n != size {
		return "", errors.Join(err, fmt.Errorf("%s could not be read to its end", name))
	}
	w.summary.Files++
	w.summary.Bytes += size
	w.opts.Tell(Progress{Files: w.summary.Files, Bytes: w.summary.Bytes})
	digest := hex.EncodeToString(sum.Sum(nil))
	if w.sums == nil {
		return digest, nil
	}
	_, err := fmt.Fprintf(w.sums, "%s  %s\n", digest, name)
	return digest, err
}

// discard is where nothing is kept.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
