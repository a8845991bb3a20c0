package backup

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
)

// Restore makes a home of a backup, in a folder that is empty or not there. Everything is
// checked before the home gets its name: every digest, and the whole register. When it
// fails, nothing is there.
func Restore(ctx context.Context, in, to string, opts Options) (Summary, error) {
	opts = opts.withDefaults()
	if err := mustBeEmpty(to); err != nil {
		return Summary{}, err
	}
	to, err := filepath.Abs(to)
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(to), "."+filepath.Base(to)+"-restoring-*") // made 0700
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(work) // gone already when all went well
	r := &archiveReader{ctx: ctx, opts: opts, create: func(name string) (io.WriteCloser, error) { return createFile(work, name) }}
	if err := r.readFile(in); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	if err := r.audit(work); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	// An empty folder may be there; on some systems it would be in the way.
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(work, to); err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	return r.summary, nil
}

func mustBeEmpty(to string) error {
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("restore: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: choose a folder that is, or is not there yet, with --home", to)
	}
	return nil
}

// createFile makes a file of a home, whose name was checked.
func createFile(dir, name string) (io.WriteCloser, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return syncedFile{f}, nil
}

// syncedFile is a file that is on disk when it is closed.
type syncedFile struct{ *os.File }

func (d syncedFile) Close() error { return errors.Join(d.Sync(), d.File.Close()) }

// archiveReader is a backup while it is read: for a home, or to see whether it can be.
type archiveReader struct {
	ctx     context.Context
	opts    Options
	create  func(name string) (io.WriteCloser, error)
	summary Summary

	title        string
	seen         map[string]bool // besides documents
	lastDocument string          // the last one: they come in order
	sums         hash.Hash       // of the digests and names as they were met
	budget       int64           // how many bytes may still come
}

// The bytes of an archive may come to a hundred times as many, and to so many in any case.
const (
	maxRatio  = 100
	minBudget = 1 << 30
)

// errDamaged says that an archive does not go on as it began.
var errDamaged = errors.New("it is damaged, or was cut off")

// errNotABackup says that a file is something else.
var errNotABackup = errors.New("it is no backup of a desk")

// readFile reads an archive and checks everything that can be told of it alone.
func (r *archiveReader) readFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errNotABackup
	}
	r.summary.Size = info.Size()
	r.budget = max(minBudget, maxRatio*info.Size())
	return r.readArchive(f)
}

func (r *archiveReader) readArchive(from io.Reader) error {
	buffered := bufio.NewReaderSize(files.Reader(r.ctx, from), 1<<20)
	zip, err := gzip.NewReader(buffered)
	if err != nil {
		return r.orCanceled(errNotABackup)
	}
	zip.Multistream(false)
	r.seen, r.sums = map[string]bool{}, sha256.New()
	archive := tar.NewReader(zip)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.orCanceled(fmt.Errorf("%w: %w", errDamaged, err))
		}
		if err := r.readEntry(header, archive); err != nil {
			return r.orCanceled(err)
		}
	}
	if !r.seen[sumsName] {
		return errors.New("it was cut off: its end is missing")
	}
	// What follows the archive is checked by its sum, too, and there is little of it.
	if n, err := io.Copy(io.Discard, io.LimitReader(zip, maxPadding+1)); err != nil || n > maxPadding {
		return r.orCanceled(errors.New("it is damaged at its end"))
	}
	if _, err := buffered.ReadByte(); !errors.Is(err, io.EOF) {
		return r.orCanceled(errors.New("something was added to its end"))
	}
	return nil
}

const maxPadding = 1 << 20

// orCanceled prefers to say that it was stopped.
func (r *archiveReader) orCanceled(err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	return err
}

// readEntry takes one readEntry, unless it is not what a backup has in its place.
func (r *archiveReader) readEntry(header *tar.Header, content io.Reader) error {
	name := header.Name
	k := kindOf(name)
	switch {
	case k == notInBackup, header.Typeflag != tar.TypeReg:
		return fmt.Errorf("it has %q, which is in no backup of a desk", abbreviate(name))
	case (r.summary.Files == 0) != (k == titleFile):
		return errNotABackup
	case r.seen[sumsName]:
		return errors.New("something was added to its end")
	case r.seen[name], k == documentFile && name <= r.lastDocument:
		return fmt.Errorf("it has %s twice, or not in order", name)
	case k == ledgerFile && r.summary.Files != 1, k != titleFile && k != ledgerFile && r.summary.Files < 2:
		return errors.New("it has no ledger in its place")
	case header.Size < 0 || header.Size > maxSize(name) || header.Size > r.budget:
		return fmt.Errorf("%s is too large for a file of a desk", name)
	}
	r.budget -= header.Size
	if k == documentFile {
		r.lastDocument = name
	} else {
		r.seen[name] = true
	}
	r.summary.Files++
	r.summary.Bytes += header.Size
	defer func() { r.opts.Tell(Progress{Files: r.summary.Files, Bytes: r.summary.Bytes}) }()
	switch k {
	case sumsFile:
		return r.checkSums(content)
	case titleFile:
		return r.readTitle(header, content)
	}
	sink, err := r.create(name)
	if err != nil {
		return err
	}
	digest, err := r.copyExactly(content, sink, header.Size)
	if err := errors.Join(err, sink.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if k == documentFile {
		if m := documentForm.FindStringSubmatch(name); m[1] != digest {
			return fmt.Errorf("document %.12s has other bytes", m[1])
		}
		r.summary.Documents++
	}
	r.addSum(digest, name)
	return nil
}

func (r *archiveReader) readTitle(header *tar.Header, content io.Reader) error {
	var text strings.Builder
	digest, err := r.copyExactly(content, &text, header.Size)
	if err != nil {
		return err
	}
	if first, _, _ := strings.Cut(text.String(), "\n"); first != titleText {
		return errNotABackup
	}
	r.title = text.String()
	r.addSum(digest, header.Name)
	return nil
}

// copyExactly copies exactly as much as was announced, and gives its digest.
func (r *archiveReader) copyExactly(content io.Reader, to io.Writer, size int64) (string, error) {
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), content)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || err == nil && n != size {
		err = errDamaged
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

func (r *archiveReader) addSum(digest, name string) { fmt.Fprintf(r.sums, "%s  %s\n", digest, name) }

// checkSums compares the list of digests with what was met: the same lines, in the same order.
func (r *archiveReader) checkSums(content io.Reader) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return err
	}
	if string(sum.Sum(nil)) != string(r.sums.Sum(nil)) {
		return fmt.Errorf("its files are not those of %s: something was altered, removed or added", sumsName)
	}
	return nil
}

// audit checks the register of a home that was just unpacked.
func (r *archiveReader) audit(dir string) error {
	l, err := ledger.Open(r.ctx, dir, ledger.Options{Private: true})
	if err != nil {
		return err
	}
	found, err := r.auditLedger(l, dir)
	return errors.Join(err, l.Close(), r.checkAudit(found, err == nil))
}

func (r *archiveReader) auditLedger(l *ledger.Ledger, dir string) (ledger.Audit, error) {
	d, err := home.Open(dir)
	if err != nil {
		return ledger.Audit{}, err
	}
	var key ed25519.PublicKey
	switch text, err := os.ReadFile(d.RegisterKey()); {
	case err == nil:
		if key, err = register.ParseKey(text); err != nil {
			return ledger.Audit{}, fmt.Errorf("register.pub: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return ledger.Audit{}, err
	}
	return l.Audit(r.ctx, ledger.AuditOptions{Key: key, Tell: func(p ledger.Progress) {
		r.opts.Tell(Progress{Files: r.summary.Files, Bytes: r.summary.Bytes})
	}})
}

func (r *archiveReader) checkAudit(found ledger.Audit, audited bool) error {
	if !audited {
		return nil
	}
	r.summary.Events, r.summary.Head = found.Events, found.Head
	problem := ""
	if f := found.Fault; f != nil {
		problem = fmt.Sprintf("its register does not hold (%s): %s", f.Kind, f.Problem)
	} else if !strings.Contains(r.title, fmt.Sprintf("\nentries %d\n", found.Events)) {
		problem = "its register is not the one that it says it has"
	}
	switch {
	case problem == "":
		return nil
	case r.opts.Damaged:
		r.summary.Warnings = append(r.summary.Warnings, problem)
		return nil
	}
	return errors.New(problem + ": nothing was restored; try an earlier backup, or take it as it is with --damaged")
}

// abbreviate shortens a name from outside.
func abbreviate(name string) string {
	const most = 80
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}
