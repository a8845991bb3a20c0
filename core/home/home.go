// Package home is the folder where a desk keeps everything, and the one place that
// knows its layout. It also arbitrates between the processes that share a home: whoever
// holds a named lock does that job for all of them, and the kernel passes it on
// when the process ends, however it ends.
//
// It keeps no data itself and knows nothing of requests or gateways.
package home

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Env names the environment variable that chooses the home.
const Env = "COUNTERSIGN_HOME"

// Dir is a home that exists. The zero value is not usable; see [Open].
type Dir struct{ path string }

// Default is the platform's own per-user data directory for this program.
func Default() (string, error) {
	if dir := os.Getenv(Env); dir != "" {
		return dir, nil
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("find a place for the desk's data: %w: set %s", err, Env)
		}
		return filepath.Join(dir, "Countersign"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "countersign"), nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the desk's data: %w: set %s", err, Env)
	}
	return filepath.Join(user, ".local", "share", "countersign"), nil
}

// Open makes the folder if needed, for its owner alone (0700).
func Open(path string) (Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Dir{}, fmt.Errorf("home %s: %w", path, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return Dir{}, fmt.Errorf("home %s is a file, not a folder: choose another home", abs)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return Dir{}, unusableError(abs, err)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return Dir{}, unusableError(abs, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(abs, 0o700); err != nil { //nolint:gosec // a folder needs its x bit
			return Dir{}, unusableError(abs, err)
		}
	}
	return Dir{abs}, nil
}

func unusableError(path string, err error) error {
	return fmt.Errorf("home %s cannot be used: choose a folder you may write to, with --home or %s (%w)", path, Env, err)
}

// Path is the folder itself.
func (d Dir) Path() string { return d.path }

// Gateways is the file that people edit.
func (d Dir) Gateways() string { return filepath.Join(d.path, "gateways.toml") }

// Settings is the file of what was chosen for the desk.
func (d Dir) Settings() string { return filepath.Join(d.path, "settings.toml") }

// Document is the file of the document with that digest.
func (d Dir) Document(digest string) string {
	return filepath.Join(d.path, "documents", digest+".pdf")
}

// Queue is the file of the requests that are signed one visit after the other.
func (d Dir) Queue() string { return filepath.Join(d.path, "queue.json") }

// Copies is the file of which signed files were copied to the output folder.
func (d Dir) Copies() string { return filepath.Join(d.path, "copies.json") }

// RegisterKey is the file with the public key that the register is signed with.
func (d Dir) RegisterKey() string { return filepath.Join(d.path, "register.pub") }

// Secrets is the file for secrets where the system has no keyring.
func (d Dir) Secrets() string { return filepath.Join(d.path, "secrets.json") }

// Sandbox is the practice gateways' own folder.
func (d Dir) Sandbox() string { return filepath.Join(d.path, "sandbox") }

// Trust is the folder of certificates that people add as anchors.
func (d Dir) Trust() string { return filepath.Join(d.path, "trust") }

// Log is the folder of what the window tells about its work.
func (d Dir) Log() string { return filepath.Join(d.path, "log") }

// Lock is a job that one process at a time does for all on the home.
type Lock struct{ file *flock.Flock }

// TryLock takes the job if nobody has it; nil when somebody has.
func (d Dir) TryLock(job string) (*Lock, error) {
	l := flock.New(filepath.Join(d.path, job+".lock"), flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, unusableError(d.path, err)
	}
	if !ok {
		return nil, nil
	}
	return &Lock{l}, nil
}

// lockPollInterval is how long a process that waits for a job may take to notice that it is free.
const lockPollInterval = 100 * time.Millisecond

// WaitLock waits until the job is free and takes it.
func (d Dir) WaitLock(ctx context.Context, job string) (*Lock, error) {
	l := flock.New(filepath.Join(d.path, job+".lock"), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, lockPollInterval); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unusableError(d.path, err)
	}
	return &Lock{l}, nil
}

// Release gives the job up.
func (l *Lock) Release() error { return l.file.Unlock() }

// ReadPort reads the port that a job's holder last wrote; zero when there is none.
func (d Dir) ReadPort(job string) int {
	b, err := os.ReadFile(filepath.Join(d.path, job+".port"))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}

// WritePort notes the port of a job, for the next start and for the other processes.
func (d Dir) WritePort(job string, port int) error {
	return WriteFile(filepath.Join(d.path, job+".port"), []byte(strconv.Itoa(port)+"\n"))
}

func (d Dir) removePort(job string) error {
	if err := os.Remove(filepath.Join(d.path, job+".port")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unusableError(d.path, err)
	}
	return nil
}

// WriteFile replaces a file of the home, for its owner alone (0600): after a crash
// the old content is there or the new one, never a piece.
func WriteFile(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return unusableError(filepath.Dir(path), err)
	}
	defer os.Remove(temporary.Name()) // gone already when all went well
	_, err = temporary.Write(content)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// IsNew tells whether nothing was ever kept here.
func (d Dir) IsNew() bool {
	_, err := os.Stat(d.Gateways())
	return errors.Is(err, fs.ErrNotExist)
}
