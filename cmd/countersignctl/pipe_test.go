//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/assets"
)

// TestAPipeInPlaceOfAFileDoesNotHang puts a pipe in the place of each file of a home, and of files that are named to a command. Opening
// a pipe waits until another program opens its other end, so a command that does it never ends.
func TestAPipeInPlaceOfAFileDoesNotHang(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // secrets are in the home's own file
	dir := filepath.Join(t.TempDir(), "home")
	document := filepath.Join(t.TempDir(), "lease.pdf")
	if err := os.WriteFile(document, assets.Samples()[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) (code int, said string) {
		t.Helper()
		var out bytes.Buffer
		ended := make(chan int, 1)
		go func() {
			ended <- run(t.Context(), append([]string{"--home", dir}, args...), strings.NewReader("secret\n"), &out, &out)
		}()
		select {
		case code = <-ended:
			return code, out.String()
		case <-time.After(time.Minute):
			t.Fatalf("%q does not end", args)
			return 0, ""
		}
	}
	if code, said := command("add", document); code != exitDone {
		t.Fatal(said)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"settings.toml", "secrets.json", "register.pub", "queue.json", "copies.json", "learned.json", "trust/office.pem", "import.lock", "settings.lock"}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		before, err := os.ReadFile(path)
		there := err == nil
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		_ = os.Remove(path)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		backup := filepath.Join(t.TempDir(), "backup.tar.gz")
		for _, args := range [][]string{{"list"}, {"doctor"}, {"audit"}, {"gateway", "list"}, {"trust", "list"}, {"backup", backup}, {"import", os.DevNull}} {
			if code, said := command(args...); code != exitDone && !strings.Contains(said, ": ") {
				t.Errorf("%s, %q: exit code %d: %q", name, args, code, said)
			}
		}
		_ = os.Remove(path)
		if there {
			if err := os.WriteFile(path, before, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"add", pipe},
		{"attach", "x", pipe},
		{"import", pipe},
		{"verify", pipe},
		{"trust", "add", pipe},
		{"restore", pipe},
		{"gateway", "add", "--kind", "trident", "--url", "https://gateway.example", "--ca-file", pipe, "office"},
	} {
		if code, said := command(args...); code == exitDone {
			t.Errorf("%q: %s", args, said)
		}
	}
	if code, said := command("list"); code != exitDone {
		t.Error("at the end:", said)
	}
}
