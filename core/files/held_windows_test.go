package files

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// hold opens a file as a program does that lets nobody else rename it. release closes it.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ, syscall.FILE_SHARE_READ, nil, syscall.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = syscall.CloseHandle(handle) }
}

func TestAFileThatAnotherProgramHoldsIsReplacedOnceItIsClosed(t *testing.T) {
	dir, err := os.MkdirTemp("", "held")
	if err != nil {
		t.Fatal(err)
	}
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for _, path := range []string{from, to} {
		if err := os.WriteFile(path, []byte(path), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release := hold(t, to)
	if err := Rename(from, to); !isAnyOf(err, isHeld) {
		t.Errorf("a file that is held was replaced: %v", err)
	}
	if err := Remove(to); !isAnyOf(err, isHeld) {
		t.Errorf("a file that is held was removed: %v", err)
	}
	time.AfterFunc(heldTime/4, release)
	if err := Rename(from, to); err != nil {
		t.Errorf("after it was closed: %v", err)
	}
	if text, err := os.ReadFile(to); string(text) != from {
		t.Errorf("the file has %q, %v", text, err)
	}
	if err := Remove(to); err != nil {
		t.Error(err)
	}
}

// A folder of which the user may change nothing is not held.
func TestWhatIsForbiddenIsNotHeld(t *testing.T) {
	dir, err := os.MkdirTemp("", "held")
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "file"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Remove(folder); err == nil || errors.Is(err, isHeld[0]) {
		t.Errorf("a folder that is not empty: %v", err)
	}
}
