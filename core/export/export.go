// Package export writes files for use outside a home: tables of requests, evidence packs, the register,
// and copies of signed files, on demand or to the output folder of the settings. The system's umask decides
// who else may read these files. They get their names when they are complete, and replace no file unasked.
// The package also makes the read-only copies that viewers open, which stay in the home.
package export

import (
	"bufio"
	"context"
	"crypto"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/policy"
	"countersign/core/request"
)

// Ledger is the part of a ledger that exports are made from. [ledger.Ledger] implements it.
type Ledger interface {
	Get(ctx context.Context, id request.ID) (request.Request, error)
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
	QueryAll(ctx context.Context, q ledger.Query, work func(part []request.Request, total int) (inOrder func() error, err error)) error
	Events(ctx context.Context, id request.ID) ([]request.Event, error)
	Watch(ctx context.Context) (<-chan ledger.Notice, error)
	OpenDocument(ctx context.Context, digest string) (*os.File, error)
	Sign(ctx context.Context) error
	Excerpts(ctx context.Context, id request.ID) ([]ledger.Excerpt, error)
	Export(ctx context.Context, w io.Writer, tell func(entries, of int)) error
}

// Key signs evidence packs. Package sealing implements it.
type Key interface {
	Signer(ctx context.Context) crypto.Signer // the register key; nil while it is not available
	Problem() error                           // why the register key is not available, and what to do
}

// Config is what an exporter works with. All of it is needed but Person and FetchWitnesses.
type Config struct {
	Home   home.Dir
	Ledger Ledger
	// Gateways returns the profiles of the gateways.
	Gateways func() (gateway.Profiles, error)
	Key      Key
	Policy   policy.Policy
	Person   string // the outbox copies the signed files of requests that concern this person; those of all when empty
	Now      func() time.Time
	Log      *slog.Logger

	// FetchWitnesses has the ledger keep what desks of the office have signed of the entries after one number up to another. It is nil in a home of
	// its own.
	FetchWitnesses func(ctx context.Context, after, until int) error
}

// Exporter writes the exports of one home. It is safe for concurrent use.
type Exporter struct{ cfg Config }

// New returns an exporter for a home.
func New(cfg Config) *Exporter { return &Exporter{cfg: cfg} }

// SaveRegister writes the whole register as lines of text to a new file at path, which must be absolute.
// The format is described in docs/register.md. Now and then it calls the function progress with how many
// entries are written and how many there are. The error is [ErrTaken] when there is a file at path.
func (x *Exporter) SaveRegister(ctx context.Context, path string, progress func(entries, of int)) error {
	return x.write(path, false, func(w io.Writer) error { return x.cfg.Ledger.Export(ctx, w, progress) })
}

// ErrTaken is returned when there is a file of the chosen name already. The file is not changed.
var ErrTaken = request.Errorf("export_taken", "a file with this name already exists and was not overwritten: choose another name")

// errInside is returned for a path in the home.
var errInside = request.Errorf("export_inside", "this is in the desk's own folder, which is not for other files: choose another one")

// inHome reports whether a path is that of the home, or of something in it.
func (x *Exporter) inHome(path string) bool {
	inside, err := filepath.Rel(x.cfg.Home.Path(), path)
	return err == nil && filepath.IsLocal(inside)
}

// write creates a file at path with what the function content writes. The path must be absolute
// and outside the home. The file gets its name when it is complete, and nothing is left when an error is
// returned. Unless replace is set, an existing file stays as it is and the error is [ErrTaken].
func (x *Exporter) write(path string, replace bool, content func(io.Writer) error) error {
	if !filepath.IsAbs(path) {
		return request.Errorf("export_no_path", "a file needs a folder and a name: enter its full path")
	}
	if err := filename.Check(path); err != nil {
		return err
	}
	path = filepath.Clean(path)
	folder := filepath.Dir(path)
	if x.inHome(path) {
		return errInside
	}
	switch info, err := os.Lstat(path); {
	case err == nil && !replace:
		return ErrTaken
	case err == nil && !info.Mode().IsRegular():
		return request.Errorf("export_no_file", "this is the name of a folder, a link or something else that is not a file: choose another name")
	}
	f, err := files.CreateShared(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return request.Errorf("export_no_folder", "there is no folder %s: create it first, or choose another one", input.PathLabel(folder))
	}
	if err != nil {
		return notWritten(err)
	}
	defer files.Remove(f.Name()) // gone already when all went well
	out := bufio.NewWriterSize(f, 256<<10)
	err = content(out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return notWritten(err)
	}
	if replace {
		err = files.Rename(f.Name(), path)
	} else {
		err = files.RenameNew(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		return ErrTaken
	}
	if err != nil {
		return notWritten(err)
	}
	return nil
}

func notWritten(err error) error {
	if cause := files.WithoutPath(err); cause != err {
		return request.Errorf("export_failed", "the file could not be written: %w", cause)
	}
	return err
}
