//go:build unix

package desk

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countersign/core/input"
)

func TestImportingAPipeFails(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "june.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newListRig(t)
	if _, err := r.Import(t.Context(), input.Path(pipe), ImportOptions{}, nil); err == nil || !strings.Contains(err.Error(), "june.csv cannot be read as a file") {
		t.Error(err)
	}
}
