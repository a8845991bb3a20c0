//go:build !windows

package handover

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A primary process that is killed leaves its socket behind, or the folder of its socket.
func TestAfterTheFirstWasKilledTheNextIsFirst(t *testing.T) {
	for name, path := range homes(t) {
		t.Run(name, func(t *testing.T) {
			dir := mustOpenAt(t, path)
			killed := mustStart(t, "start", dir)
			killed.MustExpect("first")
			left, err := socketPath(dir)
			if err != nil {
				t.Fatal(err)
			}
			killed.MustKill()
			if _, err := os.Lstat(left); err != nil {
				t.Fatalf("the killed process left no socket: %v", err)
			}
			next := mustStart(t, "start", dir)
			next.MustExpect("first")
			mustStart(t, "start", dir, "/x.pdf").MustExpect("handed over")
			next.MustExpect(received("/x.pdf"))
			now, err := socketPath(dir)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(now); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the socket: %v, %v", info.Mode(), err)
			}
			if _, err := os.Lstat(filepath.Dir(left)); left != now && err == nil {
				t.Error("the folder of the one that was killed is still there")
			}
			next.MustStop()
			if _, err := os.Lstat(now); err == nil {
				t.Error("the socket is still there after the end")
			}
		})
	}
}

// The address in the home is ignored if others could have put a socket there.
func TestASocketThatOthersCouldHaveMadeIsNotUsed(t *testing.T) {
	dir := mustOpenAt(t, filepath.Join(t.TempDir(), strings.Repeat("deep/", 30)))
	first, err := Start(t.Context(), dir, Message{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	path, err := socketPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), dir, Message{}, quiet); !errors.Is(err, errNotPrivate) {
		t.Errorf("error: %v", err)
	}
	for _, note := range []string{"", "relative/window.sock", "/etc/passwd", "/tmp/window.sock", "/" + strings.Repeat("a", 200) + "/countersign-1/window.sock"} {
		if err := os.WriteFile(filepath.Join(dir.Path(), addressFile), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		if path, err := socketPath(dir); err == nil {
			t.Errorf("%q is accepted as %s", note, path)
		}
	}
	if err := os.Chmod(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
}

// A file from an old archive or from a share with other characters has a name that is not UTF-8.
func TestEachByteOfAPathArrives(t *testing.T) {
	want := []string{"/contrato_a\xf1o.pdf", "/año.pdf", "/\xff\xfe/\xed\xa0\x80.pdf", "/\ufffd.pdf"}
	line, err := Message{Files: want}.marshal()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := parse(line); err != nil || !slices.Equal(m.Files, want) {
		t.Errorf("%q arrives as %q, %v", want, m.Files, err)
	}
	if !strings.Contains(string(line), `"/año.pdf"`) {
		t.Errorf("a path in UTF-8 is sent in a form that older windows do not know: %s", line)
	}
}
