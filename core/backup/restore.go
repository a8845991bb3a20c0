package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
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
	"time"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
)

// Restore makes a home from an archive. in is the path of the archive, and to is the path of the new home, a
// folder that must be empty or not exist, or a link to an empty one. All digests and the whole register are checked before the home
// appears at to. If Restore fails, nothing is left there.
//
// The archive may come from anybody, and a home that is restored has no register to compare the
// backup's with. So it counts as the backup of another home: its anchors, its gateways and its
// output folder stay out unless opts ask for them. The practice gateways, which run in this
// program, are there in any case. The summary lists what was taken along and what was not.
//
// A daily backup without documents gets them from the home in whose folder for backups it is. Those that are missing there, or no
// longer match their digests, are a fault of the register.
//
// The new home does not hear the returns of visits that began before the backup was made. The summary says for
// how many requests a browser was out.
func Restore(ctx context.Context, in, to string, opts Options) (Summary, error) {
	opts = opts.withDefaults()
	if err := mustBeEmpty(to); err != nil {
		return Summary{}, err
	}
	to, err := filepath.Abs(to)
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	to = files.BehindLinks(to)
	prefix := "." + filepath.Base(to) + "-restoring-"
	removeLeftOver(filepath.Dir(to), prefix, opts.Now())
	work, err := os.MkdirTemp(filepath.Dir(to), prefix+"*") // made 0700
	if err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(work) // after a success it does not exist any more
	if err := home.MakePrivate(work); err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	r := &archiveReader{ctx: ctx, opts: opts, create: func(name string) (io.WriteCloser, error) {
		f, err := createFile(work, name)
		return syncedFile{f}, err
	}}
	if err := r.readFile(in); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	if err := r.findDocuments(in, work); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	if err := r.audit(work); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	if err := r.chooseParts(work); err != nil {
		return Summary{}, fmt.Errorf("restore %s: %w", in, err)
	}
	// Some systems cannot rename over an empty folder.
	if err := files.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	if err := files.Rename(work, to); err != nil {
		return Summary{}, fmt.Errorf("restore: %w", err)
	}
	return r.summary, nil
}

// Bounds for removeLeftOver.
const (
	maxAge   = 24 * time.Hour // a folder that is younger may still be used
	maxNames = 10_000         // the most names that are read of the folder in which the temporary folders are
)

// removeLeftOver removes the temporary folders that this package has left in folder when it was killed: those
// whose names begin with prefix, if they are older than maxAge. Errors are ignored: nothing depends on it.
func removeLeftOver(folder, prefix string, now time.Time) {
	opened, err := os.Open(folder) // #nosec G304 -- a backup that the user named, or a file in the new home; names from the backup are checked before
	if err != nil {
		return
	}
	entries, _ := opened.ReadDir(maxNames)
	_ = opened.Close()
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), prefix)
		if !ours || !e.IsDir() || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().Before(now.Add(-maxAge)) {
			_ = os.RemoveAll(filepath.Join(folder, e.Name()))
		}
	}
}

func mustBeEmpty(to string) error {
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("restore: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: choose an empty folder, or one that does not exist yet, with --home", to)
	}
	return nil
}

// createFile creates a file in the folder dir, and the folders above it. The caller has checked the name.
func createFile(dir, name string) (*os.File, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- a backup that the user named, or a file in the new home; names from the backup are checked before
}

// syncedFile is a file that Close syncs to disk.
type syncedFile struct{ *os.File }

func (d syncedFile) Close() error { return errors.Join(d.Sync(), d.File.Close()) }

// archiveReader checks an archive while it reads it, either to restore a home or only to
// verify it.
type archiveReader struct {
	ctx     context.Context
	opts    Options
	create  func(name string) (io.WriteCloser, error) // makes the file that the content of an entry is written to
	summary Summary

	title        string          // the content of the first entry
	seen         map[string]bool // the names of all entries but documents
	lastDocument string          // documents must be sorted by name
	sums         hash.Hash       // of the lines that SHA256SUMS ought to have
	anchorFiles  int             // in the trust folder
	budget       int64           // how many more bytes are accepted
}

// The files of an archive may have maxRatio times as many bytes as the archive, and minBudget bytes in any
// case.
const (
	maxRatio  = 100
	minBudget = 1 << 30
)

// errDamaged is returned when an archive cannot be read to its end.
var errDamaged = errors.New("the backup is damaged or incomplete")

// errNotABackup is returned when a file is not an archive that this package wrote.
var errNotABackup = errors.New("the file is not a backup of a desk")

// readFile reads an archive and checks everything but the ledger's register.
func (r *archiveReader) readFile(path string) error {
	f, size, err := files.OpenRegular(path)
	if errors.Is(err, files.ErrFolder) || errors.Is(err, files.ErrNotRegular) {
		return fmt.Errorf("%w: it is a folder, a pipe or a device", errNotABackup)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r.summary.Size = size
	r.budget = max(minBudget, maxRatio*size)
	return r.readArchive(f)
}

func (r *archiveReader) readArchive(from io.Reader) error {
	buffered := bufio.NewReaderSize(files.ContextReader(r.ctx, from), 1<<20)
	zip, err := newUnpacker(buffered)
	if err != nil {
		return r.orCanceled(errNotABackup)
	}
	defer zip.Close()
	r.seen, r.sums = map[string]bool{}, sha256.New()
	archive := tar.NewReader(zip)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, errDamaged) {
			return r.orCanceled(err)
		}
		if err != nil {
			return r.orCanceled(fmt.Errorf("%w: %w", errDamaged, err))
		}
		if err := r.readEntry(header, archive); err != nil {
			return r.orCanceled(err)
		}
	}
	if !r.seen[sumsName] {
		return errors.New("the backup is incomplete: its end is missing")
	}
	// Reading the padding after the archive verifies gzip's checksum. There is little of it.
	if n, err := io.Copy(onlyZeros{}, io.LimitReader(zip, maxPadding+1)); err != nil || n > maxPadding {
		return r.orCanceled(errors.New("the backup is damaged at its end"))
	}
	if _, err := buffered.ReadByte(); !errors.Is(err, io.EOF) {
		return r.orCanceled(errors.New("something was added at the end of the backup"))
	}
	return nil
}

// maxPadding is how many bytes may follow the last entry of the tar file.
const maxPadding = 1 << 20

// onlyZeros is what padding is written to: anything else fails.
type onlyZeros struct{}

func (onlyZeros) Write(p []byte) (int, error) {
	if i := bytes.IndexFunc(p, func(r rune) bool { return r != 0 }); i >= 0 {
		return i, errDamaged
	}
	return len(p), nil
}

// newUnpacker returns a reader of the tar file in an archive. Archives of earlier versions have one member alone, which says nothing of its size.
func newUnpacker(archive *bufio.Reader) (io.ReadCloser, error) {
	if begin, _ := archive.Peek(len(memberBegin)); hasMembers(begin) { // a shorter file is no archive at all
		return &memberReader{from: archive}, nil
	}
	zip, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	zip.Multistream(false)
	return zip, nil
}

// orCanceled returns the error of the context if that is done, and err if not.
func (r *archiveReader) orCanceled(err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	return err
}

// readEntry checks an entry, and writes its content to what r.create returns for its name. The title and
// SHA256SUMS are only read.
func (r *archiveReader) readEntry(header *tar.Header, content io.Reader) error {
	name := header.Name
	k := kindOf(name)
	switch {
	case k == notInBackup, header.Typeflag != tar.TypeReg:
		return fmt.Errorf("the backup contains %q, which does not belong in a backup", abbreviate(name))
	case (r.summary.Files == 0) != (k == titleFile):
		return errNotABackup
	case r.seen[sumsName]:
		return errors.New("something was added at the end of the backup")
	case r.seen[name], k == documentFile && name <= r.lastDocument:
		return fmt.Errorf("the backup contains %s twice or in a wrong place", name)
	case k == ledgerFile && r.summary.Files != 1, k != titleFile && k != ledgerFile && r.summary.Files < 2:
		return errors.New("the ledger is not the second entry of the backup")
	case isAnchorName(name) && r.anchorFiles == maxAnchorFiles:
		return errors.New("the backup has more certificates than a desk can trust")
	case header.Size < 0 || header.Size > maxSize(name) || header.Size > r.budget:
		return fmt.Errorf("%s is too large for a file of a desk", name)
	}
	r.budget -= header.Size
	if isAnchorName(name) {
		r.anchorFiles++
	}
	if k == documentFile {
		r.lastDocument = name
	} else {
		r.seen[name] = true
	}
	r.summary.Files++
	r.summary.Bytes += header.Size
	defer func() { r.opts.OnProgress(Progress{Files: r.summary.Files, Bytes: r.summary.Bytes}) }()
	switch k {
	case sumsFile:
		return r.checkSums(content, header.Size)
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
		if m := documentForm().FindStringSubmatch(name); m[1] != digest {
			return fmt.Errorf("document %.12s was changed", m[1])
		}
		r.summary.Documents++
	}
	r.addSum(digest, name)
	return nil
}

// readTitle reads the first entry, whose first line must be titleText. If it is not, readTitle fails with
// errNotABackup.
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

// copyExactly copies content to the writer, and returns its digest in hex. It fails with errDamaged if content
// has another number of bytes than size.
func (r *archiveReader) copyExactly(content io.Reader, to io.Writer, size int64) (string, error) {
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), content)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || err == nil && n != size {
		err = errDamaged
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}

// addSum adds the line that SHA256SUMS ought to have for an entry to the hash r.sums.
func (r *archiveReader) addSum(digest, name string) { fmt.Fprintf(r.sums, "%s  %s\n", digest, name) }

// checkSums compares the content of SHA256SUMS with the lines that it ought to have, by their hashes.
func (r *archiveReader) checkSums(content io.Reader, size int64) error {
	digest, err := r.copyExactly(content, io.Discard, size)
	if err != nil {
		return err
	}
	if digest != hex.EncodeToString(r.sums.Sum(nil)) {
		return fmt.Errorf("the files do not match %s: something was changed, removed or added", sumsName)
	}
	return nil
}

// audit checks the register of the home that was unpacked into dir, and calls closeReturns. A fault is an
// error; see checkAudit.
func (r *archiveReader) audit(dir string) error {
	l, err := ledger.Open(r.ctx, dir, ledger.Options{Exclusive: true, NoOlder: true})
	if err != nil {
		return err
	}
	found, err := r.auditLedger(l, dir)
	return errors.Join(err, r.closeReturns(l), l.Close(), r.checkAudit(found, err == nil))
}

// closeReturns makes the new home stop hearing the returns of all visits, and puts the number of requests
// whose browser was out into the summary. A backup has no addresses of visits, but the events of schemas
// before 7 have them, and a migration takes them from there.
func (r *archiveReader) closeReturns(l *ledger.Ledger) error {
	if _, err := l.CloseReturns(r.ctx); err != nil {
		return err
	}
	counts, err := l.CountByStatus(r.ctx, ledger.Both, ledger.Both)
	r.summary.Out = counts[request.Signing]
	return err
}

func (r *archiveReader) auditLedger(l *ledger.Ledger, dir string) (ledger.Audit, error) {
	d, err := home.Open(dir)
	if err != nil {
		return ledger.Audit{}, err
	}
	var key ed25519.PublicKey
	switch text, err := home.ReadFile(d.RegisterKey(), home.MaxFile); {
	case err == nil:
		if key, err = register.ParsePublicKey(text); err != nil {
			return ledger.Audit{}, fmt.Errorf("register.pub: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return ledger.Audit{}, err
	}
	return l.Audit(r.ctx, ledger.AuditOptions{Key: key, OnProgress: func(p ledger.Progress) {
		r.opts.OnProgress(Progress{Files: r.summary.Files, Bytes: r.summary.Bytes})
	}})
}

// checkAudit puts the number of entries and the last link into the summary. It returns an error if the audit
// found a fault, or another number of entries than the archive states; with Options.AllowDamaged it adds a
// warning to the summary instead. If audited is false, there is no result, and it does nothing.
func (r *archiveReader) checkAudit(found ledger.Audit, audited bool) error {
	if !audited {
		return nil
	}
	r.summary.Events, r.summary.Head = found.Events, found.Head
	problem := ""
	if f := found.Fault; f != nil {
		problem = fmt.Sprintf("the register is not intact (%s): %s", f.Kind, f.Problem)
	} else if !strings.Contains(r.title, fmt.Sprintf("\nentries %d\n", found.Events)) {
		problem = "the register has another number of entries than the backup states"
	}
	switch {
	case problem == "":
		return nil
	case r.opts.AllowDamaged:
		r.summary.Warnings = append(r.summary.Warnings, problem)
		return nil
	}
	return errors.New(problem + ": nothing was restored; try an earlier backup, or restore this one as it is with --damaged")
}

// abbreviate shortens a name for an error message.
func abbreviate(name string) string {
	const most = 80
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}
