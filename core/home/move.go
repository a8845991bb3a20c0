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
	"strings"

	"github.com/gofrs/flock"

	"countersign/core/files"
	"countersign/core/request"
)

// Former is a home that is still where an earlier version of the program made it.
type Former struct {
	From string // where it is
	To   string // where the program looks for it now, and where there is no home yet
}

// earlierFolders has how earlier versions found the folder for the data of programs, on systems where this one finds another. On Windows it was the
// one that travels with a roaming profile (%AppData%).
var earlierFolders = map[string]func() (string, error){"windows": os.UserConfigDir}

// FindFormer reports whether there is a home where an earlier version made it by itself, and none where [Default] is now.
func FindFormer() (Former, bool) {
	earlier, moved := earlierFolders[runtime.GOOS]
	to, err := Default()
	if !moved || err != nil || os.Getenv(Env) != "" {
		return Former{}, false
	}
	from, err := earlier()
	if err != nil {
		return Former{}, false
	}
	f := Former{From: filepath.Join(from, filepath.Base(to)), To: to}
	return f, f.isLeft()
}

// isLeft reports whether there is a home where it was, and nothing where it is now. It also removes what an interrupted
// [Former.Move] has left of a home that was moved.
func (f Former) isLeft() bool {
	if !isEmpty(f.To) {
		_ = os.RemoveAll(f.aside()) // whatever stays is removed the next time
		return false
	}
	return !(Dir{f.From}).IsNew()
}

// aside returns the name that a home has once it was moved, until it is removed.
func (f Former) aside() string { return f.From + ".moved" }

// unfinished returns the name of the copy until it is whole.
func (f Former) unfinished() string {
	return filepath.Join(filepath.Dir(f.To), "."+filepath.Base(f.To)+".moving")
}

// Move moves the home from f.From to f.To, where nothing may be but an empty folder. It copies everything to a folder beside f.To, which gets its name
// when it is whole and on disk, and removes the former home after that. If it is interrupted, the home is at one of the two places, whole;
// a later Move begins anew. Move fails if another program uses the home, and if there is something in it that cannot be copied,
// such as a link. If f.From or f.To is reached by a link, the folder behind it is meant, and a link at f.From itself is removed with the home. The error is
// a [LeftError] if only the removal has failed.
func (f Former) Move(ctx context.Context) error {
	named := f.From
	f.From, f.To = files.BehindLinks(f.From), files.BehindLinks(f.To)
	if (Dir{f.From}).IsNew() {
		return request.Errorf("home_move_none", "there is no home in %s", f.From)
	}
	if !isEmpty(f.To) {
		return request.Errorf("home_move_taken", "there is something in %s already: a home is only moved to where there is nothing", f.To)
	}
	if inside, err := filepath.Rel(f.From, f.To); err == nil && filepath.IsLocal(inside) {
		return request.Errorf("home_move_inside", "%s is in the home %s itself: choose another folder", f.To, f.From)
	}
	release, err := lockAll(f.From)
	if err != nil {
		return err
	}
	defer release()
	if err := f.copy(ctx); err != nil {
		return errors.Join(err, os.RemoveAll(f.unfinished()))
	}
	// The home is at f.To now.
	if runtime.GOOS == "windows" { // where a folder is not renamed while a file in it is open
		release()
	}
	if err := os.RemoveAll(f.aside()); err != nil {
		return f.left(err)
	}
	if err := files.Rename(f.From, f.aside()); err != nil {
		return f.left(err)
	}
	if err := errors.Join(removeLink(named), files.SyncDir(filepath.Dir(f.From)), os.RemoveAll(f.aside())); err != nil {
		return f.left(err)
	}
	return nil
}

// removeLink removes a link that leads nowhere any more. It does nothing if there is something else at path, or nothing.
func removeLink(path string) error {
	if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return nil
	}
	return os.Remove(path)
}

// LeftError is returned when a home was moved, and can be used, but something of it is left where it was.
type LeftError struct{ error }

// Unwrap returns the error with what to do.
func (e LeftError) Unwrap() error { return e.error }

func (f Former) left(err error) error {
	return LeftError{request.Errorf("home_move_left", "the home was moved to %s and can be used there, but something is left in %s: delete that when no program uses it (%w)", f.To, filepath.Dir(f.From), files.WithoutPath(err))}
}

// copy copies the home to f.To.
func (f Former) copy(ctx context.Context) error {
	work := f.unfinished()
	if err := os.RemoveAll(work); err != nil { // of a move that was interrupted
		return unusableError(f.To, err)
	}
	if err := makeFolder(work); err != nil {
		return writeError(filepath.Dir(f.To), err)
	}
	if err := MakePrivate(work); err != nil {
		return unusableError(f.To, err)
	}
	if err := copyFolder(ctx, f.From, work); err != nil {
		return err
	}
	// Some systems cannot rename over an empty folder.
	if err := files.Remove(f.To); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return changeError(f.To, err)
	}
	if err := files.Rename(work, f.To); err != nil {
		return changeError(f.To, err)
	}
	return files.SyncDir(filepath.Dir(f.To))
}

// lockAll locks a home with all of its locks, so that no program works on it. It fails if one does. release releases them, and may be called again.
func lockAll(path string) (release func(), err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unusableError(path, err)
	}
	var held []*flock.Flock
	release = func() {
		for _, lock := range held {
			_ = lock.Unlock() // the kernel releases it in any case when the program ends
		}
		held = nil
	}
	for _, entry := range entries {
		if !isLock(entry.Name()) {
			continue
		}
		lock, err := (Dir{path}).lockFile(strings.TrimSuffix(entry.Name(), lockEnd))
		free := false
		if err == nil {
			free, err = lock.TryLock()
		}
		if err == nil && !free {
			err = request.Errorf("home_move_used", "another program uses the home %s: close all windows and commands of the desk, and try again", path)
		}
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, lock)
	}
	return release, nil
}

// lockEnd ends the name of the file of each lock.
const lockEnd = ".lock"

func isLock(name string) bool { return strings.HasSuffix(name, lockEnd) }

// copyFolder copies what is in a folder into another one, and syncs it to disk. It leaves out locks and sockets, which are of no use to another
// process.
func copyFolder(ctx context.Context, from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return unusableError(from, err)
	}
	for _, entry := range entries {
		source, target := filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())
		switch kind := entry.Type(); {
		case kind.IsDir():
			if err := os.Mkdir(target, 0o700); err != nil {
				return writeError(to, err)
			}
			err = copyFolder(ctx, source, target)
		case kind.IsRegular() && isLock(entry.Name()), kind&fs.ModeSocket != 0:
		case kind.IsRegular():
			err = copyFile(ctx, source, target)
		default:
			err = request.Errorf("home_move_kind", "%s is a link or something else that cannot be moved: move it away, or use the home where it is, with --home %s", source, from)
		}
		if err != nil {
			return err
		}
	}
	return files.SyncDir(to)
}

// copyFile copies a file with its permissions and its time, and syncs it to disk.
func copyFile(ctx context.Context, from, to string) error {
	in, size, err := files.OpenRegular(from)
	if err != nil {
		return fileError(from, err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- a name of the home
	if err != nil {
		return writeError(filepath.Dir(to), err)
	}
	copied, err := io.Copy(out, files.ContextReader(ctx, in))
	if err == nil && copied != size {
		err = fmt.Errorf("%d of %d bytes of it were there", copied, size)
	}
	if err := errors.Join(err, out.Sync(), out.Close(), os.Chtimes(to, info.ModTime(), info.ModTime()), os.Chmod(to, info.Mode().Perm())); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return writeError(filepath.Dir(to), err)
	}
	return nil
}
