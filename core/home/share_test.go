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
	asked := ""
	share := func(path string) string { asked = path; return "NFS" }
	folder := t.TempDir()
	path := filepath.Join(folder, "office", "home")
	if _, err := open(path, share); err == nil || !strings.Contains(err.Error(), "network share (NFS)") || asked != folder {
		t.Errorf("%v, after a look at %s", err, asked)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made:", err)
	}
	if _, err := open(folder, share); err == nil {
		t.Error("a home was made in an empty folder of a share")
	}
	if err := os.WriteFile(filepath.Join(folder, "ledger.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(folder, share); err != nil {
		t.Error("a home that was there before:", err)
	}
	if _, err := open(path, func(string) string { return "" }); err != nil {
		t.Error(err)
	}
}

func TestAHomeOnANetworkShareSaysHowToMoveIt(t *testing.T) {
	d := mustOpen(t)
	if err := d.CheckPlace(); err != nil {
		t.Error(err)
	}
	if err := checkPlace(d, "NFS"); err == nil || !strings.Contains(err.Error(), "(NFS)") || !strings.Contains(err.Error(), "countersignctl backup FILE") {
		t.Errorf("got %v", err)
	}
}
