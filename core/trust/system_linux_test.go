package trust

import (
	"crypto/x509"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// crypto/x509 reads the system's certificates once in the life of a process, so each case has a process of its own: this test itself.
func TestTheSystemTrustsWhatCryptoX509SaysItDoes(t *testing.T) {
	const child = "COUNTERSIGN_TEST_SYSTEM"
	if os.Getenv(child) != "" {
		compareWithStandard(t)
		return
	}
	dir := t.TempDir()
	write := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	a, b, same := string(issuers["a.pem"]), string(issuers["b.pem"]), string(issuers["same.pem"])
	one, both := write("one.pem", a), write("both.pem", a+b)
	write("folder/both.pem", a+b)
	write("folder/text", "nothing")
	write("folder/below/b.pem", b)
	link("both.pem", "folder/11111111.0")
	link(write("elsewhere.pem", same), "folder/22222222.0")
	link("nothing", "folder/33333333.0")
	folder := filepath.Join(dir, "folder")
	for name, env := range map[string][]string{
		"as it is":      nil,
		"a file":        {"SSL_CERT_FILE=" + one, "SSL_CERT_DIR=" + filepath.Join(dir, "none")},
		"a folder":      {"SSL_CERT_FILE=" + filepath.Join(dir, "none"), "SSL_CERT_DIR=" + folder},
		"folders":       {"SSL_CERT_FILE=" + both, "SSL_CERT_DIR=" + dir + "::" + folder + ":/proc/none"},
		"file in there": {"SSL_CERT_FILE=" + filepath.Join(folder, "both.pem"), "SSL_CERT_DIR=" + folder},
		"nothing":       {"SSL_CERT_FILE=/none", "SSL_CERT_DIR=/none"},
		"no file":       {"SSL_CERT_FILE=" + one},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+strings.Split(t.Name(), "/")[0]+"$")
			command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "SSL_CERT_") }), env...)
			command.Env = append(command.Env, child+"=1")
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func compareWithStandard(t *testing.T) {
	want, err := x509.SystemCertPool()
	if err != nil {
		want = x509.NewCertPool()
	}
	var subjects [][]byte
	for subject := range readSystem() {
		subjects = append(subjects, []byte(subject))
	}
	if got := systemNamed(subjects); !got.Equal(want) {
		t.Errorf("crypto/x509 finds other certificates than those of %d subjects", len(subjects))
	}
}

// A later version of Go may learn of further places.
func TestTheSystemsCertificatesAreWhereCryptoX509LooksForThem(t *testing.T) {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(root)), "src/crypto/x509/root_linux.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	ast.Inspect(file, func(n ast.Node) bool {
		if value, ok := n.(*ast.BasicLit); ok && value.Kind == token.STRING {
			if place, err := strconv.Unquote(value.Value); err == nil && strings.HasPrefix(place, "/") && !strings.Contains(place, "/cacerts") && !strings.Contains(place, "/misc/") { // those are Android's
				want = append(want, place)
			}
		}
		return true
	})
	if got := strings.Split(systemFiles+":"+systemFolders, ":"); !slices.Equal(got, want) {
		t.Errorf("%q, and crypto/x509 has %q", got, want)
	}
}

// Debian has each certificate in one file for all, and again in a file of its own.
func TestFilesOfCertificatesThatAreKnownAreNotDecoded(t *testing.T) {
	folder := t.TempDir()
	all := strings.Repeat("# a comment\n"+string(issuers["a.pem"])+"\n", 3) + string(issuers["b.pem"])
	file := filepath.Join(t.TempDir(), "all.pem")
	t.Setenv("SSL_CERT_FILE", file)
	t.Setenv("SSL_CERT_DIR", folder)
	write := func(name string, content []byte) {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, []byte(all))
	allocations := func(content func(nth int) []byte) float64 {
		for i := range 100 {
			write(filepath.Join(folder, strconv.Itoa(i)), content(i))
		}
		return testing.AllocsPerRun(5, func() { readSystem() }) / 100
	}
	known := allocations(func(int) []byte { return issuers["b.pem"] })
	others := allocations(func(nth int) []byte { return append([]byte(strconv.Itoa(nth)+"\n"), issuers["same.pem"]...) })
	if known > 8 || others < 11 {
		t.Errorf("a file takes %.1f allocations with a certificate that is known, and %.1f with another", known, others)
	}
	if x := readSystem(); len(x) != 2 {
		t.Errorf("%d subjects", len(x))
	}
}

// What a start costs is the number of certificates that are parsed, whatever is installed.
func TestCertificatesThatNobodyAsksForAreNotParsed(t *testing.T) {
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	file := filepath.Join(t.TempDir(), "many.pem")
	t.Setenv("SSL_CERT_FILE", file)
	allocations := func(certificates int) float64 {
		if err := os.WriteFile(file, []byte(strings.Repeat(string(issuers["a.pem"])+"\n", certificates)), 0o600); err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(5, func() { readSystem().named(nil) })
	}
	if each := (allocations(220) - allocations(20)) / 200; each > 5 { // parsing takes dozens
		t.Errorf("each certificate takes %.0f allocations", each)
	}
}
