package office_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"countersign/core/home"
	"countersign/core/register"
	"countersign/core/workspace"
)

// checkScript runs check.sh on a text with the keys of desks, and returns its exit code and what it prints.
func checkScript(t *testing.T, text string, keys ...*workspace.Workspace) (int, string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string][]byte{"check.sh": []byte(register.CheckScript), "register.txt": []byte(text)}
	args := []string{"check.sh", "register.txt"}
	for _, w := range keys {
		name := w.Office.Membership().Desk + ".pub"
		args, files[name] = append(args, name), mustPEM(t, w.Home)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		return exited.ExitCode(), string(out)
	} else if err != nil {
		t.Fatal(err)
	}
	return 0, string(out)
}

func TestTheTextOfAnOfficesRegisterHasTheSignaturesOfItsDesks(t *testing.T) {
	for _, tool := range []string{"openssl", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	f, front, floor := newWitnessed(t)
	if got := f.audit(floor); got.Fault != nil {
		t.Fatalf("%+v", got.Fault)
	}
	var b bytes.Buffer
	if err := floor.Ledger.Export(t.Context(), &b, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if strings.Count(text, "\nwitness 6 ") != 2 {
		t.Fatalf("it is\n%s", text)
	}
	code, said := checkScript(t, text, floor, front)
	if code != 0 || strings.Contains(said, "Not checked") || strings.Count(said, "signed up to entry 6") != 2 {
		t.Errorf("with the keys of both desks: %d: %s", code, said)
	}
	if code, said := checkScript(t, text, floor); code != 0 || !strings.Contains(said, "Not checked: 1 signatures") {
		t.Errorf("with one key: %d: %s", code, said)
	}
	var signature string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); fields[0] == "witness" && fields[6] == "front" {
			signature = fields[4]
		}
	}
	for what, altered := range map[string]string{
		"a witness": strings.Replace(text, signature, map[bool]string{true: "B", false: "A"}[signature[0] == 'A']+signature[1:], 1),
		"an entry":  strings.Replace(text, "Lease", "Grant", 1),
	} {
		if code, said := checkScript(t, altered, floor, front); code != 1 || !strings.Contains(said, "DOES NOT HOLD") {
			t.Errorf("%s is altered: %d: %s", what, code, said)
		}
	}

	if pem := keyByHand(t, text); pem != string(mustPEM(t, front.Home)) {
		t.Errorf("by the commands of the document, the key is\n%s", pem)
	}

	excerpts, err := floor.Ledger.Excerpts(t.Context(), "r-4")
	if err != nil || len(excerpts) != 1 || len(excerpts[0].Witnesses) != 2 {
		t.Fatalf("got %+v, %v", excerpts, err)
	}
	key := excerpts[0].Witnesses[1].Key
	if own := mustKey(t, front.Home); excerpts[0].Witnesses[1].Desk != "front" || !key.Equal(own) {
		t.Errorf("got %+v", excerpts[0].Witnesses[1])
	}
	if err := floor.Ledger.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, err := floor.Ledger.Witnesses(t.Context(), 0, 6); err != nil || len(kept) != 2 {
		t.Errorf("after a rebuild: %+v, %v", kept, err)
	}
}

// keyByHand returns the key of the desk front as the commands in docs/register.md take it from a text.
func keyByHand(t *testing.T, text string) string {
	t.Helper()
	document, err := os.ReadFile("../../docs/register.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    key=.*\n    printf .*\n`).Find(document)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "register.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", string(commands))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || commands == nil {
		t.Fatalf("%s: %v: %s", commands, err, out)
	}
	pem, err := os.ReadFile(filepath.Join(dir, "front.pub"))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem)
}

func mustPEM(t *testing.T, dir home.Dir) []byte {
	t.Helper()
	pem, err := os.ReadFile(dir.RegisterKey())
	if err != nil {
		t.Fatal(err)
	}
	return pem
}

func mustKey(t *testing.T, dir home.Dir) ed25519.PublicKey {
	t.Helper()
	key, err := register.ParsePublicKey(mustPEM(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return key
}
