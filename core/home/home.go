// Package home is the folder where a desk stores everything, and the only package that knows
// its layout. It also arbitrates between the processes that use a home at the same time: a
// process that holds a named lock does that job for all of them. The kernel releases the lock
// when the process ends, even if it was killed.
//
// The package stores no data of its own, and knows nothing of requests or gateways.
package home

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"countersign/core/filename"
	"countersign/core/files"
	"countersign/core/request"
)

// Env names the environment variable with the path of the home.
const Env = "COUNTERSIGN_HOME"

// Dir is an existing home; [Open] returns one. The zero value is not usable.
type Dir struct{ path string }

// systemFolders has how the folder for the data of programs is found on systems that name one. On Windows it is the one that stays on the
// computer (%LocalAppData%): a ledger must not be copied over a network whenever somebody logs on.
var systemFolders = map[string]func() (string, error){"windows": os.UserCacheDir, "darwin": os.UserConfigDir}

// Default returns the path of the home: the value of [Env], or else a folder in the user's
// data directory of the platform. It does not create the folder.
func Default() (string, error) {
	if dir := os.Getenv(Env); dir != "" {
		return dir, nil
	}
	if folder, ok := systemFolders[runtime.GOOS]; ok {
		dir, err := folder()
		if err != nil {
			return "", request.Errorf("home_find", "find a folder for the desk's data: %w: set %s to a folder", err, Env)
		}
		return filepath.Join(dir, "Countersign"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "countersign"), nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", request.Errorf("home_find", "find a folder for the desk's data: %w: set %s to a folder", err, Env)
	}
	return filepath.Join(user, ".local", "share", "countersign"), nil
}

// Open opens the home at path, and creates the folder if needed. It takes away the permissions of everybody but the owner, on Windows also of
// everybody but the system and the administrators.
// A home that cannot be written to is opened all the same, to be read; see [Dir.CheckWritable]. Open
// fails if there would be a new home on a network share: files are locked badly there, and two programs could write to
// the ledger at once. An existing home on a share is opened.
func Open(path string) (Dir, error) {
	return open(path, func(folder string) string { return files.DiskOf(folder).Network })
}

// open does the work of [Open]. shareOf returns the kind of network share that a folder is on, and "" if it is on none.
func open(path string, shareOf func(folder string) string) (Dir, error) {
	if err := filename.Check(path); err != nil {
		return Dir{}, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return Dir{}, unusableError(path, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return Dir{}, request.Errorf("home_is_file", "home %s is a file, not a folder: choose another home", abs)
	}
	if isEmpty(abs) {
		if share := shareOf(nearest(abs)); share != "" {
			return Dir{}, request.Errorf("home_on_share", "no new home is made in %s: it is a network share (%s), where files are locked badly and a ledger can be destroyed: choose a folder on a disk of this computer, with --home or %s", abs, share, Env)
		}
	}
	if err := makeFolder(abs); err != nil {
		return Dir{}, unusableError(abs, err)
	}
	if _, err := os.Stat(abs); err != nil {
		return Dir{}, unusableError(abs, err)
	}
	if err := MakePrivate(abs); err != nil && (Dir{abs}).CheckWritable() == nil { // somebody else's folder, to which everybody could write
		return Dir{}, unusableError(abs, err)
	}
	return Dir{abs}, nil
}

// MakePrivate removes all rights to an existing folder, and to what is and will be in it, but those of its owner, and on Windows of the system
// and the administrators. It does what it can on a disk that keeps no permissions, and fails if this user is not allowed to.
func MakePrivate(folder string) error {
	if err := makePrivate(folder); errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// OpenToOthers returns the path of the home, or of a file in it, that others than its owner can open, and "" if it has found none. On Windows, the
// system and the administrators may open it, and a part of a large home is looked at. [Open] takes the rights of others away where it can.
func (d Dir) OpenToOthers() string { return openToOthers(d.path) }

// CheckPlace returns an error if the home is on a network share, which says how to move it. The home can be used all the same.
func (d Dir) CheckPlace() error { return checkPlace(d, files.DiskOf(d.path).Network) }

func checkPlace(d Dir, share string) error {
	if share == "" {
		return nil
	}
	return request.Errorf("home_share_move", "the home %s is on a network share (%s), where files are locked badly and a ledger can be destroyed: move it to a disk of this computer: countersignctl backup FILE, then countersignctl --home NEW restore --with-trust --with-gateways FILE", d.path, share)
}

// CheckWritable returns nil if a file can be written in the home; it writes a small one and removes it. The error says
// why that is not so and what to do; test it with [request.IsDiskFull] and [request.IsNotWritable].
func (d Dir) CheckWritable() error {
	probe, err := os.CreateTemp(d.path, ".probe-*")
	if err != nil {
		return writeError(d.path, files.WithoutPath(err))
	}
	_, err = probe.WriteString("probe")
	if err := errors.Join(err, probe.Close(), os.Remove(probe.Name())); err != nil {
		return writeError(d.path, files.WithoutPath(err))
	}
	return nil
}

// ExplainWrite returns err, with what to do about it if it is of a write in the home that failed because the disk is full or
// cannot be written to.
func (d Dir) ExplainWrite(err error) error {
	if request.IsDiskFull(err) || request.IsNotWritable(err) {
		return writeError(d.path, err)
	}
	return err
}

// writeError adds to the error of a write in a folder of the home that nothing was changed, and what to do about it.
func writeError(folder string, err error) error {
	switch {
	case request.IsDiskFull(err):
		return request.Errorf("home_full", "nothing can be stored in %s, because its disk is full: free space on it (%w)", folder, err)
	case request.IsNotWritable(err):
		return request.Errorf("home_read_only", "nothing can be stored in %s, so it can only be read: mount its disk writable, or give yourself permission to write there (%w)", folder, err)
	}
	return unusableError(folder, err)
}

// isEmpty reports whether a folder is empty or does not exist.
func isEmpty(folder string) bool {
	f, err := os.Open(folder) // #nosec G304 -- the folder that the user named for the home
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	names, err := f.Readdirnames(1)
	return len(names) == 0 && errors.Is(err, io.EOF)
}

// nearest returns path if there is something at it, and else the nearest folder above it that exists.
func nearest(path string) string {
	for {
		if _, err := os.Stat(path); err == nil || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// unusableError returns an error about the home at path with what the user can do about it.
func unusableError(path string, err error) error {
	return request.Errorf("home_unusable", "home %s cannot be used: choose a folder you may write to, with --home or %s (%w)", path, Env, err)
}

// Path returns the absolute path of the folder.
func (d Dir) Path() string { return d.path }

// Gateways returns the path of the gateway profiles, a TOML file that people may edit.
func (d Dir) Gateways() string { return filepath.Join(d.path, "gateways.toml") }

// Office returns the path of the file that has which office the home is a desk of. A home of its own has no such file.
func (d Dir) Office() string { return filepath.Join(d.path, "office.toml") }

// LeftOffice returns the path of a folder with a ledger that was set aside. The name is the id of an office's register for what was read
// of an office that the home has left, or "practice" for what was practiced before it joined one, with a number after it where there is one
// already.
func (d Dir) LeftOffice(name string) string {
	return filepath.Join(d.path, "offices", filename.Of(name))
}

// Settings returns the path of the desk's settings.
func (d Dir) Settings() string { return filepath.Join(d.path, "settings.toml") }

// Document returns the path of the document with that SHA-256 in hex.
func (d Dir) Document(digest string) string {
	return filepath.Join(d.path, "documents", digest+".pdf")
}

// Queue returns the path of the list of requests that wait to be signed one after the other.
func (d Dir) Queue() string { return filepath.Join(d.path, "queue.json") }

// Copies returns the path of the record of which signed files were copied to the output
// folder.
func (d Dir) Copies() string { return filepath.Join(d.path, "copies.json") }

// Learned returns the path of the file with what was found out about the gateways' servers by trying. It may vanish at any time.
func (d Dir) Learned() string { return filepath.Join(d.path, "learned.json") }

// Reminder returns the path of the file that has when a reminder was last said.
func (d Dir) Reminder() string { return filepath.Join(d.path, "reminder.json") }

// RegisterKey returns the path of the public key that verifies the register's checkpoints.
func (d Dir) RegisterKey() string { return filepath.Join(d.path, "register.pub") }

// Secrets returns the path of the file with the secrets that are not in a keyring: see package secret.
func (d Dir) Secrets() string { return filepath.Join(d.path, "secrets.json") }

// ClientCertificates returns the path of the file with the client certificates of this desk for gateways of its office.
func (d Dir) ClientCertificates() string { return filepath.Join(d.path, "certificates.json") }

// ProxyLogins is the file with the users of the proxies that want a login. Their passwords are with the secrets.
func (d Dir) ProxyLogins() string { return filepath.Join(d.path, "proxies.json") }

// Sandbox returns the path of the folder of the practice gateways.
func (d Dir) Sandbox() string { return filepath.Join(d.path, "sandbox") }

// Trust returns the path of the folder with the certificates that people added as trust
// anchors.
func (d Dir) Trust() string { return filepath.Join(d.path, "trust") }

// Opened returns the path of the folder with the copies of documents that were given to viewer programs.
func (d Dir) Opened() string { return filepath.Join(d.path, "opened") }

// BackupsName is the name of the folder [Dir.Backups] in a home.
const BackupsName = "backups"

// Backups returns the path of the folder with the daily backups.
func (d Dir) Backups() string { return filepath.Join(d.path, BackupsName) }

// Log returns the path of the folder with the window's log files.
func (d Dir) Log() string { return filepath.Join(d.path, "log") }

// LogFiles returns the paths of the window's log file, and of the one before it. Neither may exist.
func (d Dir) LogFiles() (newest, older string) {
	newest = filepath.Join(d.Log(), "countersign.log")
	return newest, newest + ".1"
}

// Lock is a held lock of a home. The caller must release it.
type Lock struct{ file *flock.Flock }

// TryLock takes the lock with that name. It returns nil, and no error, if the lock is taken.
func (d Dir) TryLock(name string) (*Lock, error) {
	l, err := d.lockFile(name)
	if err != nil {
		return nil, err
	}
	ok, err := l.TryLock()
	if err != nil {
		return nil, writeError(d.path, err)
	}
	if !ok {
		return nil, nil
	}
	return &Lock{l}, nil
}

// lockFile returns the file of the lock with that name, without taking the lock. It fails if there is something else than a
// regular file: opening a pipe would wait for ever.
func (d Dir) lockFile(name string) (*flock.Flock, error) {
	path := filepath.Join(d.path, name+".lock")
	if err := files.CheckKind(path); err != nil {
		return nil, fileError(path, err)
	}
	return flock.New(path, flock.SetPermissions(0o600)), nil
}

// lockPollInterval is the pause between two tries of WaitLock to take the lock.
const lockPollInterval = 100 * time.Millisecond

// WaitLock waits until the lock with that name is free and takes it. If ctx ends before, it
// returns the error of ctx.
func (d Dir) WaitLock(ctx context.Context, name string) (*Lock, error) {
	l, err := d.lockFile(name)
	if err != nil {
		return nil, err
	}
	if _, err := l.TryLockContext(ctx, lockPollInterval); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, writeError(d.path, err)
	}
	return &Lock{l}, nil
}

// Release releases the lock.
func (l *Lock) Release() error { return l.file.Unlock() }

// maxPort is how many bytes the file of a port may have: five digits, and spaces around them.
const maxPort = 64

// ReadPort returns the port that was last written for a service, or 0 if there is none.
func (d Dir) ReadPort(service string) int {
	b, err := ReadFile(filepath.Join(d.path, service+".port"), maxPort)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

// WritePort stores the port of a service, for the other processes and for its next start.
func (d Dir) WritePort(service string, port int) error {
	return WriteFile(filepath.Join(d.path, service+".port"), []byte(strconv.Itoa(port)+"\n"))
}

func (d Dir) removePort(service string) error {
	if err := RemoveFile(filepath.Join(d.path, service+".port")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// MaxFile is a limit for [ReadFile], in bytes, that is far above the size of every file that this program writes.
const MaxFile = 16 << 20

// ReadFile reads a small file of the home. The error wraps [fs.ErrNotExist] if there is none. It fails for a file of more
// than limit bytes, and for anything but a regular file, with an error that says what to do about it.
func ReadFile(path string, limit int64) ([]byte, error) {
	content, err := files.ReadRegular(path, limit)
	return content, fileError(path, err)
}

// fileError returns an error of package files about the file at path with what to do about it. It returns any other error,
// and nil, as it is.
func fileError(path string, err error) error {
	switch {
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return request.Errorf("home_file_kind", "%s cannot be read as a file: move it away (%w)", path, err)
	case errors.Is(err, files.ErrTooLarge):
		return request.Errorf("home_file_large", "%s is larger than the program ever makes it: move it away", path)
	}
	return err
}

// SetAside renames a file of the home that is damaged, so that what it has is not overwritten, and returns its new path. It
// replaces a file that was set aside before.
func SetAside(path string) (string, error) {
	aside := path + ".damaged"
	if err := files.Rename(path, aside); err != nil {
		return "", fmt.Errorf("set aside %s: %w", path, files.WithoutPath(err))
	}
	return aside, nil
}

// WriteFile writes a file of the home atomically, readable only by its owner: after a crash it
// has the old content or the new.
func WriteFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return writeError(filepath.Dir(path), err)
	}
	defer os.Remove(temporary.Name()) // fails, harmlessly, after the Rename below
	_, err = temporary.Write(content)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return writeError(filepath.Dir(path), err)
	}
	if err := files.Rename(temporary.Name(), path); err != nil {
		return changeError(path, err)
	}
	return nil
}

// RemoveFile removes a file of the home. The error wraps [fs.ErrNotExist] if there is none.
func RemoveFile(path string) error {
	if err := files.Remove(path); err != nil {
		return changeError(path, err)
	}
	return nil
}

// changeError adds to the error of a change to the file at path what to do about it.
func changeError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case request.IsHeld(err):
		return request.Errorf("home_held", "%s is open in another program, such as a virus scanner or a backup: close it there, or wait a moment, and try again (%w)", path, files.WithoutPath(err))
	}
	return writeError(filepath.Dir(path), err)
}

// IsNew reports whether there is no file for gateway profiles in the home yet. An empty file counts as one.
func (d Dir) IsNew() bool {
	_, err := os.Stat(d.Gateways())
	return errors.Is(err, fs.ErrNotExist)
}
