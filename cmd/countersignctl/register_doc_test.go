package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"countersign/assets"
	"countersign/core/register"
)

// shown matches the commands and the files in a document.
var shown = regexp.MustCompile("(?ms)^```(sh)?\n(.*?)^```$")

// The commands in docs/register.md work on a home with a register.
func TestTheCommandsOfTheRegistersDocumentWork(t *testing.T) {
	for _, tool := range []string{"sh", "openssl", "sha256sum", "sed", "grep", "tail", "cut"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("install %s (Debian: openssl, coreutils) to check the register as its document says", tool)
		}
	}
	document, err := os.ReadFile("../../docs/register.md")
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	home := filepath.Join(work, "home")
	env := append(os.Environ(), "COUNTERSIGN_HOME="+home, "DBUS_SESSION_BUS_ADDRESS=", "XDG_RUNTIME_DIR=", "GORACE=atexit_sleep_ms=0")
	sh := func(commands string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), "sh", "-eu", "-c", commands)
		c.Dir, c.Env = work, env
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s\n%v\n%s%s", commands, err, out, errs.String())
		}
		return string(out)
	}
	sample := assets.Samples()[0]
	if err := os.WriteFile(filepath.Join(work, "a.pdf"), sample.Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	sh("countersignctl add --title 'C:\\new %s \"x\"' a.pdf; countersignctl add a.pdf; countersignctl audit")
	wants := []string{ // what the commands of each block print
		``, `^([0-9a-f]{64})\n([0-9a-f]{64})\n$`, `(?i)success`, `OK`, `^[0-9a-f]{16}\n$`, `(?s)^Entry 2 was signed at .*\nholds: up to entry 2 .* the last 0 are not signed\n$`,
		`(?s)^the seal holds\n[0-9a-f]{8}\nThe seal of \S+ holds at entry 2\.\n.*\nholds: .*The seal is valid: the first 2 entries`,
	}
	var prints []string
	for _, m := range shown.FindAllStringSubmatch(string(document), -1) {
		if m[1] == "" {
			if m[2] != register.CheckScript {
				t.Error("the script that is shown is not the one that there is")
			}
			continue
		}
		if strings.Contains(m[2], "check.sh") {
			if err := os.WriteFile(filepath.Join(work, "check.sh"), []byte(register.CheckScript), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		prints = append(prints, sh(m[2]))
	}
	if len(prints) != len(wants) {
		t.Fatalf("%d blocks of commands, and what %d of them print is known here", len(prints), len(wants))
	}
	for i, want := range wants {
		if !regexp.MustCompile(want).MatchString(prints[i]) {
			t.Errorf("block %d prints %q, not %s", i+1, prints[i], want)
		}
	}
	if lines := strings.Fields(prints[1]); len(lines) != 2 || lines[0] != lines[1] {
		t.Errorf("the first link by hand: %q", prints[1])
	}
	if key := sh("countersignctl register key"); !strings.HasPrefix(key, strings.TrimSpace(prints[4])) {
		t.Errorf("the fingerprint by hand: %q, and told: %q", prints[4], key)
	}
}
