//go:build !windows

package handover

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/home"
	"countersign/core/request"
)

const (
	socketName = "window.sock"

	folderPrefix = "countersign-"

	// maxSocketPath is below the smallest limit of any system: macOS and the BSDs have 104 bytes,
	// including a zero at the end; see unix(4).
	maxSocketPath = 100
)

// bind listens on the socket of the home, and replaces a socket that a killed process left behind.
// The caller holds the lock, and calls remove after it has closed the listener.
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
	// Normally the permissions of the folder suffice. This is for a home that was opened to others.
	if err := os.Chmod(path, 0o600); err != nil {
		remove()
		return nil, nil, errors.Join(err, l.Close())
	}
	return l, remove, nil
}

// dial connects to the primary process. It has the errors of readAddress.
func dial(ctx context.Context, dir home.Dir) (net.Conn, error) {
	path, err := socketPath(dir)
	if err != nil {
		return nil, err
	}
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", path)
}

// socketPath returns the path of the socket of the primary process: in the home, or what addressFile
// says. It has the errors of readAddress.
func socketPath(dir home.Dir) (string, error) {
	path := filepath.Join(dir.Path(), socketName)
	if len(path) <= maxSocketPath {
		return path, nil
	}
	return readAddress(dir)
}

// makeSocketFolder makes a private folder with a random name for the socket, and stores the path of
// the socket in the home. It returns this path, and a function that removes the socket and the
// folder.
func makeSocketFolder(dir home.Dir) (path string, remove func(), err error) {
	if left, err := readAddress(dir); err == nil {
		removeFolder(left) // left behind by a process that was killed
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
		err = request.Errorf("socket_long", "%s is too long for the path of a socket: choose a home with a shorter path", path)
	} else {
		err = home.WriteFile(filepath.Join(dir.Path(), addressFile), []byte(path+"\n"))
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, nil
}

// readAddress reads the path of the socket from the home. It fails with errNotPrivate if
// others could have put a socket there.
func readAddress(dir home.Dir) (string, error) {
	note, err := home.ReadFile(filepath.Join(dir.Path(), addressFile), maxAddress)
	if err != nil {
		return "", err
	}
	path := strings.TrimSpace(string(note))
	folder := filepath.Dir(path)
	if !filepath.IsAbs(path) || len(path) > maxSocketPath || filepath.Base(path) != socketName || !strings.HasPrefix(filepath.Base(folder), folderPrefix) {
		return "", request.Errorf("socket_damaged", "%s is damaged: delete it", filepath.Join(dir.Path(), addressFile))
	}
	info, err := os.Lstat(folder) // #nosec G703 -- the path is checked by readAddress, or made by this program
	if err != nil {
		return "", err
	}
	if !info.IsDir() || !isPrivate(info) {
		return "", errNotPrivate
	}
	return path, nil
}

// removeFolder removes a socket, and its folder if that is empty then.
func removeFolder(path string) {
	_ = os.Remove(path)               // #nosec G703 -- the path is checked by readAddress, or made by this program
	_ = os.Remove(filepath.Dir(path)) // #nosec G703 -- the path is checked by readAddress, or made by this program
}
