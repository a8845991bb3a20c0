//go:build unix

package backup

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// Opening a pipe would wait until somebody writes to it.
func TestAPipeIsNotABackup(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), pipe, filepath.Join(dir, "home"), Options{}); !errors.Is(err, errNotABackup) {
		t.Errorf("error: %v", err)
	}
}
