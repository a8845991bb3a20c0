package handover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"countersign/core/home"
	"countersign/core/home/hometest"
)

// roles are the functions that a test can run in another process, by name. Their arguments are the home
// and the files.
var roles = map[string]hometest.Role{
	"start": startAndServe,
	"hang":  startAndHang,
	"dial":  func(_ context.Context, args []string) error { return dialPath(args[0]) },
}

func TestMain(m *testing.M) {
	// On Windows, go-winio has one goroutine for all pipes, which never ends.
	hometest.Main(m, roles, goleak.IgnoreAnyFunction("github.com/Microsoft/go-winio.ioCompletionProcessor"))
}

// startWith starts with the home and the files in args.
func startWith(args []string) (*Primary, error) {
	dir, err := home.Open(args[0])
	if err != nil {
		return nil, err
	}
	m, err := NewMessage(args[1:])
	if err != nil {
		return nil, err
	}
	return Start(context.Background(), dir, m, quiet)
}

var quiet = slog.New(slog.DiscardHandler)

func startAndServe(ctx context.Context, args []string) error {
	first, err := startWith(args)
	if err != nil {
		return err
	}
	if first == nil {
		fmt.Println("handed over")
		return nil
	}
	fmt.Println("first")
	err = first.Serve(ctx, func(_ context.Context, m Message) error {
		line, err := json.Marshal(m.Files)
		fmt.Println("received", string(line))
		return err
	})
	return errors.Join(err, first.Close())
}

// startAndHang becomes the primary process, but does not serve.
func startAndHang(ctx context.Context, args []string) error {
	first, err := startWith(args)
	if err != nil {
		return err
	}
	fmt.Println("hangs")
	<-ctx.Done()
	return first.Close()
}

func mustStart(t *testing.T, role string, dir home.Dir, files ...string) *hometest.Process {
	t.Helper()
	return hometest.MustStart(t, role, append([]string{dir.Path()}, files...)...)
}

func mustOpen(t *testing.T) home.Dir {
	t.Helper()
	return mustOpenAt(t, t.TempDir())
}

func mustOpenAt(t *testing.T, path string) home.Dir {
	t.Helper()
	dir, err := home.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// absolute returns a path from the root as this system writes it: on Windows, it begins with a drive.
func absolute(path string) string {
	abs, _ := filepath.Abs(path)
	return abs
}

// received returns what the primary process prints when it has received files.
func received(files ...string) string {
	var paths []string
	for _, path := range files {
		paths = append(paths, absolute(path))
	}
	line, _ := json.Marshal(paths)
	return "received " + strings.TrimSpace(string(line))
}

// dialPath connects to a socket.
func dialPath(path string) error {
	c, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	return c.Close()
}
