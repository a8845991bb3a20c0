package home

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNoNewHomeIsMadeOnANetworkShare(t *testing.T) {
	defer func(before func(string) string) { shareOf = before }(shareOf)
	asked := ""
	shareOf = func(path string) string { asked = path; return "NFS" }
	folder := t.TempDir()
	path := filepath.Join(folder, "office", "home")
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "network share (NFS)") || asked != folder {
		t.Errorf("%v, after a look at %s", err, asked)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made:", err)
	}
	if _, err := Open(folder); err == nil {
		t.Error("a home was made in an empty folder of a share")
	}
	if err := os.WriteFile(filepath.Join(folder, "ledger.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(folder); err != nil {
		t.Error("a home that was there before:", err)
	}
	shareOf = func(string) string { return "" }
	if _, err := Open(path); err != nil {
		t.Error(err)
	}
}
