package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/home"
)

const (
	socketName = "window.sock"
	// Where the socket is when the home's own path is too long for one.
	addressFile = "window.address"

	folderPrefix = "countersign-"

	// Systems take 104 bytes and more, with the zero at the end.
	maxSocketPath = 100
)

var errNotPrivate = errors.New("its folder can be reached by others")

// bind listens on the home's socket. Whoever calls it has the lock, so that nobody listens
// there. What it makes has to be removed after the listener is closed.
func bind(ctx context.Context, dir home.Dir) (l net.Listener, remove func(), err error) {
	path, remove := filepath.Join(dir.Path(), socketName), func() {}
	if len(path) > maxSocketPath {
		if path, remove, err = makeSocketFolder(dir); err != nil {
			return nil, nil, err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	var config net.ListenConfig
	l, err = config.Listen(ctx, "unix", path)
	if err != nil {
		remove()
		return nil, nil, err
	}
	// The folder lets nobody else in; this is for one whose folder was opened to others.
	if err := os.Chmod(path, 0o600); err != nil {
		remove()
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, remove, nil
}

// socketPath gives the path of the socket that the first listens on.
func socketPath(dir home.Dir) (string, error) {
	path := filepath.Join(dir.Path(), socketName)
	if len(path) <= maxSocketPath {
		return path, nil
	}
	return readAddress(dir)
}

// makeSocketFolder makes a folder of its own for the socket, with a name that nobody can
// take before, and notes it in the home.
func makeSocketFolder(dir home.Dir) (path string, remove func(), err error) {
	if left, err := readAddress(dir); err == nil {
		removeFolder(left) // of a process that was killed
	}
	folder, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), folderPrefix)
	if err != nil {
		folder, err = os.MkdirTemp("", folderPrefix)
	}
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(folder, socketName)
	remove = func() { removeFolder(path) }
	if len(path) > maxSocketPath {
		err = fmt.Errorf("%s is too long a path for a socket: choose a home with a shorter path", path)
	} else {
		err = home.WriteFile(filepath.Join(dir.Path(), addressFile), []byte(path+"\n"))
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}

// readAddress reads where the socket is, and believes it only where nobody but its owner
// could have put something there.
func readAddress(dir home.Dir) (string, error) {
	note, err := os.ReadFile(filepath.Join(dir.Path(), addressFile))
	if err != nil {
		return "", err
	}
	path := strings.TrimSpace(string(note))
	folder := filepath.Dir(path)
	if !filepath.IsAbs(path) || len(path) > maxSocketPath || filepath.Base(path) != socketName || !strings.HasPrefix(filepath.Base(folder), folderPrefix) {
		return "", fmt.Errorf("%s is damaged: remove it", filepath.Join(dir.Path(), addressFile))
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !isPrivate(info) {
		return "", errNotPrivate
	}
	return path, nil
}

// removeFolder takes the socket and its folder away; what else is in there stays.
func removeFolder(path string) {
	_ = os.Remove(path)
	_ = os.Remove(filepath.Dir(path))
}
