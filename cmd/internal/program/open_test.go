package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// openPage opens a web page as a program at a terminal does, says so on its terminal, and waits until it is ended.
func openPage(context.Context, []string) error {
	startTime = time.Millisecond // the browser of the test ends late
	if err := OpenURL("https://sign.example.org/"); err != nil {
		return err
	}
	fmt.Println("opened")
	select {}
}

// spy puts programs with these names first in PATH that write down how they were called, and end with an exit code.
func spy(t *testing.T, code int, names ...string) (calls func() string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("what opens an address there is not in PATH")
	}
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	for _, name := range names {
		script := fmt.Sprintf("#!/bin/sh\nprintf '%%s|' \"$@\" >>%s\nexit %d\n", log, code)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return func() string {
		b, _ := os.ReadFile(log)
		return string(b)
	}
}

// An address in a ledger may come from a hostile backup. The system's opener would start programs for some of these.
func TestOnlyWebAddressesAreOpened(t *testing.T) {
	calls := spy(t, 0, openers...)
	for _, address := range []string{
		"", "/bin/sh", "--help", "-h", "file:///bin/sh", "file:/etc/passwd", "ms-settings:", "ms-msdt:/id", "javascript:alert(1)", "data:text/html,x", "mailto:ana@example.org",
		"ftp://example.org/", "http://example.org/", "http://127.0.0.1.example.org/", "https:", "https:///path", "https:example.org", "https://ana@example.org/", " https://example.org/", "https://example.org/\x00",
		"https://example.org/\n--help", "\thttps://example.org/", "smb://example.org/share", `\\example.org\share`, "vbscript:x", "http://localhost@example.org/", "https://example.org/\u202e",
	} {
		if err := OpenURL(address); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
	if called := calls(); called != "" {
		t.Fatalf("the system was asked to open %s", called)
	}
	for _, address := range []string{"https://sign.example.org/visit/1?a=b#c", "http://127.0.0.1:8080/x", "http://localhost:1/", "http://[::1]:8080/"} {
		if err := OpenURL(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if got := strings.Count(calls(), "|"); got != 4 {
		t.Errorf("the system was asked to open %s", calls())
	}
	const hostile = `https://sign.example.org/"--gpu-launcher="x?a="b`
	if err := OpenURL(hostile); err != nil || strings.Contains(calls(), `"`) || !strings.HasSuffix(calls(), "|https://sign.example.org/%22--gpu-launcher=%22x?a=%22b|") {
		t.Errorf("%v; the system was asked to open %s", err, calls())
	}
}

func TestOnlyFilesAreOpened(t *testing.T) {
	calls := spy(t, 0, openers...)
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Join(dir, "a.pdf")
	for _, path := range []string{file, filepath.Join(dir, "--help")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"", "a.pdf", "--help", dir, filepath.Join(dir, "missing.pdf"), "https://example.org/", os.DevNull} {
		if OpenFile(path) == nil || ShowInFolder(path) == nil {
			t.Errorf("%q was opened", path)
		}
	}
	if called := calls(); called != "" {
		t.Fatalf("the system was asked to open %s", called)
	}
	if err := OpenFile(file); err != nil || calls() != "file://"+file+"|" {
		t.Errorf("%v; the system was asked to open %s", err, calls())
	}
}

// A name in a file URL must be the name of the file, and nothing in it may be taken for an escape or a fragment.
func TestFilesAreOpenedByTheirWholeName(t *testing.T) {
	calls := spy(t, 0, openers...)
	file := filepath.Join(t.TempDir(), "100% of #1 \xff?.pdf")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := OpenFile(file); err != nil {
		t.Fatal(err)
	}
	if got := calls(); !strings.HasSuffix(got, "/100%25%20of%20%231%20%FF%3F.pdf|") {
		t.Errorf("the system was asked to open %s", got)
	}
}

func TestWhichProgramOpensAnAddress(t *testing.T) {
	const address = "https://sign.example.org/?a=%20"
	for name, test := range map[string]struct {
		browser   string   // the variable BROWSER
		installed []string // besides those, nothing is in PATH
		code      int      // exit code of what is called
		called    string
		err       string // empty if it is opened
	}{
		"the desktop's opener":                   {"", []string{"xdg-open", "x-www-browser"}, 0, address + "|", ""},
		"the desktop's opener knows BROWSER":     {"lynx", []string{"xdg-open", "lynx"}, 0, address + "|", ""},
		"BROWSER, without an opener":             {"gone:fox --new %s:lynx", []string{"fox", "lynx", "x-www-browser"}, 0, "--new|" + address + "|", ""},
		"BROWSER without a place for it":         {"fox -p office", []string{"fox"}, 0, "-p|office|" + address + "|", ""},
		"BROWSER that is not there":              {"gone: :", []string{"www-browser"}, 0, address + "|", ""},
		"nothing":                                {"gone", nil, 0, "", "no program for opening a web page was found"},
		"an opener that finds no browser":        {"", []string{"xdg-open"}, 3, address + "|", "no program for opening a web page was found"},
		"an opener that fails":                   {"", []string{"xdg-open"}, 4, address + "|", "xdg-open failed: exit status 4"},
		"a browser that ends with the same code": {"fox", []string{"fox"}, 3, address + "|", "fox failed: exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			calls := spy(t, test.code, test.installed...)
			t.Setenv(browserVariable, test.browser)
			err := OpenURL(address)
			if got := calls(); got != test.called {
				t.Errorf("called with %s", got)
			}
			if said := fmt.Sprint(err); test.err == "" && err != nil || test.err != "" && said != test.err {
				t.Errorf("got %v", err)
			}
		})
	}
}
