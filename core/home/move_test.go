package home

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

// mustMakeFormer makes a home in a folder that a program moved from, and says what is in it.
func mustMakeFormer(t *testing.T) (Former, map[string]string) {
	t.Helper()
	root := t.TempDir()
	f := Former{From: filepath.Join(root, "roaming", "Countersign"), To: filepath.Join(root, "local", "deep", "Countersign")}
	d, err := Open(f.From)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := d.TryLock("window")
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{"gateways.toml": "version = 1\n", "ledger.db": strings.Repeat("ledger", 1000), "documents/ab.pdf": "document", "offices/practice/ledger.db": "older", "empty/": ""}
	for name, text := range content {
		path := filepath.Join(f.From, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if strings.HasSuffix(name, "/") {
			err = errors.Join(err, os.MkdirAll(path, 0o700))
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(text), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	return f, content
}

// contentOf returns the files of a folder with what they have, and its empty folders.
func contentOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	content := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if entry.IsDir() {
			if isEmpty(path) {
				content[filepath.ToSlash(name)+"/"] = ""
			}
			return err
		}
		text, readErr := os.ReadFile(path)
		content[filepath.ToSlash(name)] = string(text)
		return errors.Join(err, readErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestAFormerHomeIsMovedWhole(t *testing.T) {
	for _, empty := range []bool{false, true} {
		f, want := mustMakeFormer(t)
		if empty { // as a program leaves it that opened the new place and moved nothing
			if err := os.MkdirAll(f.To, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
		opened := filepath.Join(f.From, "documents", "ab.pdf")
		if err := errors.Join(os.Chtimes(opened, at, at), os.Chmod(opened, 0o400)); err != nil {
			t.Fatal(err)
		}
		if !f.isLeft() {
			t.Error("the home is not found where it was")
		}
		if err := f.Move(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, contentOf(t, f.To)); diff != "" {
			t.Error("what was moved (-want +got):\n" + diff)
		}
		info, err := os.Stat(filepath.Join(f.To, "documents", "ab.pdf"))
		if err != nil || !info.ModTime().Equal(at) || info.Mode().Perm()&0o200 != 0 {
			t.Error(info, err)
		}
		if others := (Dir{f.To}).OpenToOthers(); others != "" {
			t.Errorf("others can open %s", others)
		}
		for _, folder := range []string{filepath.Dir(f.From), filepath.Dir(f.To)} {
			entries, err := os.ReadDir(folder)
			if names := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return folder == filepath.Dir(f.To) && e.Name() == "Countersign" }); err != nil || len(names) > 0 {
				t.Errorf("%s is left in %s, %v", names, folder, err)
			}
		}
		if f.isLeft() {
			t.Error("the home is still found where it was")
		}
		if err := f.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no home in") {
			t.Errorf("it was moved again: %v", err)
		}
	}
}

// stopped is a context that ends after it was looked at some times.
type stopped struct {
	context.Context
	after int
}

func (s *stopped) Err() error {
	if s.after--; s.after < 0 {
		return context.Canceled
	}
	return nil
}

func TestAnInterruptedMoveLeavesTheHomeWhereItIs(t *testing.T) {
	f, want := mustMakeFormer(t)
	for after := 0; ; after++ {
		err := f.Move(&stopped{t.Context(), after})
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || !f.isLeft() {
			t.Fatalf("after %d steps: %v", after, err)
		}
		if got := contentOf(t, f.From); got["ledger.db"] != want["ledger.db"] {
			t.Fatalf("after %d steps the home has %v", after, got)
		}
		if after > 100 {
			t.Fatal("it never ends")
		}
	}
	if diff := cmp.Diff(want, contentOf(t, f.To)); diff != "" {
		t.Error("what was moved (-want +got):\n" + diff)
	}
}

// A program that is killed leaves half a copy, or a former home that is not removed yet.
func TestWhatAKilledMoveLeavesDoesNoHarm(t *testing.T) {
	f, want := mustMakeFormer(t)
	half := filepath.Join(f.unfinished(), "documents")
	if err := errors.Join(os.MkdirAll(half, 0o700), os.WriteFile(filepath.Join(half, "half.pdf"), []byte("ha"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if !f.isLeft() {
		t.Fatal("half a copy counts as the home")
	}
	if err := f.Move(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contentOf(t, f.To)); diff != "" {
		t.Error("what was moved (-want +got):\n" + diff)
	}
	if err := os.MkdirAll(filepath.Join(f.aside(), "documents"), 0o700); err != nil {
		t.Fatal(err)
	}
	if f.isLeft() {
		t.Error("a home that was moved is found where it was")
	}
	if _, err := os.Lstat(f.aside()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is not removed: %v", err)
	}
}

func TestAHomeThatIsUsedIsNotMoved(t *testing.T) {
	f, _ := mustMakeFormer(t)
	lock, err := (Dir{f.From}).TryLock("window")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "another program uses the home") {
		t.Errorf("error: %v", err)
	}
	if _, err := os.Lstat(f.unfinished()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was copied: %v", err)
	}
	if err := errors.Join(lock.Release(), f.Move(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestNoHomeIsMovedOverAnother(t *testing.T) {
	f, want := mustMakeFormer(t)
	d, err := Open(f.To)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(d.Gateways(), nil); err != nil {
		t.Fatal(err)
	}
	if f.isLeft() {
		t.Error("a former home is found although there is a new one")
	}
	if err := f.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "there is something in") {
		t.Errorf("error: %v", err)
	}
	if got := contentOf(t, f.From); got["ledger.db"] != want["ledger.db"] {
		t.Errorf("the former home has %v", got)
	}
}

func TestAHomeIsNotMovedIntoItself(t *testing.T) {
	f, want := mustMakeFormer(t)
	f.To = filepath.Join(f.From, "deep", "home")
	if err := f.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "in the home") {
		t.Errorf("error: %v", err)
	}
	if got := contentOf(t, f.From); got["ledger.db"] != want["ledger.db"] {
		t.Errorf("the home has %v", got)
	}
}

// makeLink makes a link. It skips the test on a system that makes none.
func makeLink(t *testing.T, to, link string) {
	t.Helper()
	if err := os.Symlink(to, link); err != nil {
		t.Skip(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Skip("the system makes no links")
	}
}

func TestALinkIsNotMoved(t *testing.T) {
	f, _ := mustMakeFormer(t)
	elsewhere := t.TempDir()
	link := filepath.Join(f.From, "backups")
	makeLink(t, elsewhere, link)
	err := f.Move(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cannot be moved") || request.SentenceOf(err).Cause.Code != "home_move_kind" {
		t.Errorf("error: %v", err)
	}
	if !f.isLeft() {
		t.Error("the home is gone")
	}
}

func TestAHomeThatAPersonNamesHasNoFormerOne(t *testing.T) {
	t.Setenv(Env, filepath.Join(t.TempDir(), "own"))
	if f, found := FindFormer(); found {
		t.Errorf("one was found: %+v", f)
	}
}

// People put a home on another disk by a link to it. What is moved is the home, and not the link.
func TestAHomeBehindALinkIsMovedWhole(t *testing.T) {
	f, want := mustMakeFormer(t)
	behind := f.From
	link := filepath.Join(t.TempDir(), "home")
	makeLink(t, behind, link)
	f.From = link
	inside := Former{From: link, To: filepath.Join(behind, "deep", "home")}
	if err := inside.Move(t.Context()); err == nil || !strings.Contains(err.Error(), "in the home") {
		t.Errorf("it was moved into itself: %.200v", err)
	}
	if err := f.Move(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contentOf(t, f.To)); diff != "" {
		t.Error("what was moved (-want +got):\n" + diff)
	}
	for _, folder := range []string{filepath.Dir(behind), filepath.Dir(link)} {
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%s is left in %s, %v", left, folder, err)
		}
	}
}

func TestAHomeIsMovedToWhereALinkLeads(t *testing.T) {
	f, want := mustMakeFormer(t)
	behind := t.TempDir()
	if err := os.MkdirAll(filepath.Dir(f.To), 0o700); err != nil {
		t.Fatal(err)
	}
	makeLink(t, behind, f.To)
	if err := f.Move(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, contentOf(t, behind)); diff != "" {
		t.Error("what was moved (-want +got):\n" + diff)
	}
	if to, err := os.Readlink(f.To); err != nil || to != behind {
		t.Errorf("the link leads to %q, %v", to, err)
	}
}
