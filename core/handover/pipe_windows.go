package handover

import (
	"context"
	"crypto/rand"
	"net"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"countersign/core/home"
	"countersign/core/request"
)

// pipePrefix is how the name of a pipe begins. The rest is random, so that no other user can take the name before.
const pipePrefix = `\\.\pipe\countersign-`

// bind listens on a new named pipe that this user alone may open, and stores its name in the home. The caller holds the lock, and calls
// remove after it has closed the listener. Older versions of Windows have no Unix sockets, and those of newer ones no access lists of
// their own.
func bind(_ context.Context, dir home.Dir) (l net.Listener, remove func(), err error) {
	owner, err := user.Current()
	if err != nil {
		return nil, nil, err
	}
	name := pipePrefix + rand.Text()
	// A protected access list with one entry: all rights for the user with that SID (Security Descriptor String Format).
	l, err = winio.ListenPipe(name, &winio.PipeConfig{SecurityDescriptor: "D:P(A;;GA;;;" + owner.Uid + ")"})
	if err != nil {
		return nil, nil, err
	}
	useUpFirst(name)
	if err := home.WriteFile(filepath.Join(dir.Path(), addressFile), []byte(name+"\n")); err != nil {
		_ = l.Close()
		return nil, nil, err
	}
	return l, func() {}, nil
}

// useUpFirst connects to the first instance of a pipe, which winio keeps to itself so that nobody else takes the name. Windows lets nobody connect to
// it, but Wine does, and a message would wait there for ever. It tries once, however long that takes: on Windows the pipe is busy.
func useUpFirst(name string) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return
	}
	if c, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0); err == nil {
		_ = windows.CloseHandle(c)
	}
}

// dial connects to the primary process.
func dial(ctx context.Context, dir home.Dir) (net.Conn, error) {
	note, err := home.ReadFile(filepath.Join(dir.Path(), addressFile), maxAddress)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(string(note))
	if rest, ok := strings.CutPrefix(name, pipePrefix); !ok || strings.ContainsAny(rest, `\/`) {
		return nil, request.Errorf("socket_damaged", "%s is damaged: delete it", filepath.Join(dir.Path(), addressFile))
	}
	c, err := winio.DialPipeContext(ctx, name)
	if err == nil {
		_, _, _ = allowForeground.Call(anyProcess) // it fails when this process may not be in front itself
	}
	return c, err
}

// allowForeground lets another process bring its window to the front. Windows grants that to the program that a person has just started,
// which is this one, and would only have the window of the primary process blink in the taskbar.
var allowForeground = syscall.NewLazyDLL("user32.dll").NewProc("AllowSetForegroundWindow")

const anyProcess = 0xffffffff // ASFW_ANY
