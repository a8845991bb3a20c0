package trust

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/core/home"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
)

// issuers are certificates as OpenSSL makes them, by file name. They are made once for all tests.
var issuers = map[string][]byte{}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "issuers")
	if err == nil {
		err = makeIssuers(dir)
	}
	os.RemoveAll(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "certificates for the tests cannot be made (Debian: apt-get install openssl):", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func makeIssuers(dir string) error {
	for _, line := range []string{
		"req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout a.key -out a.pem -subj /CN=Root_A",
		"req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout b.key -out b.pem -subj /CN=Root_B",
		"req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout same.key -out same.pem -subj /CN=Root_A",
		"req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1 -keyout old.key -out brainpool.pem -subj /CN=Older_Root",
		"x509 -in a.pem -outform DER -out a.der",
		"x509 -in a.pem -trustout -addtrust emailProtection -out trusted.pem",
		"crl2pkcs7 -nocrl -certfile a.pem -certfile b.pem -out ab.p7b",
		"crl2pkcs7 -nocrl -certfile a.pem -certfile b.pem -outform DER -out ab.der.p7b",
	} {
		command := exec.Command("openssl", strings.Fields(line)...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	for _, name := range []string{"a.pem", "b.pem", "same.pem", "brainpool.pem", "a.der", "trusted.pem", "ab.p7b", "ab.der.p7b"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		issuers[name] = content
	}
	return nil
}

// newHome returns a home with files in its trust folder.
func newHome(t *testing.T, files map[string][]byte) home.Dir {
	t.Helper()
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		path := filepath.Join(dir.Trust(), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(set Set) (all []string) {
	for _, a := range set.Anchors {
		all = append(all, a.Name)
	}
	return all
}

// texts returns problems as one text, and fails for one without a code.
func texts(t *testing.T, problems []error) string {
	t.Helper()
	var all []string
	for _, p := range problems {
		if request.CauseOf(p).Code == "" {
			t.Errorf("%v has no code", p)
		}
		all = append(all, p.Error())
	}
	return strings.Join(all, "\n")
}

func TestCertificatesAreReadAsIssuersHandThemOut(t *testing.T) {
	pemA, pemB := issuers["a.pem"], issuers["b.pem"]
	both := slices.Concat(pemA, []byte("\nA line in between\n"), pemB)
	for name, test := range map[string]struct {
		content []byte
		want    []string
	}{
		"a.pem":              {pemA, []string{"Root_A"}},
		"A.PEM":              {pemA, []string{"Root_A"}},
		"a.crt":              {pemA, []string{"Root_A"}},
		"a.cer":              {issuers["a.der"], []string{"Root_A"}},
		"der.pem":            {issuers["a.der"], []string{"Root_A"}},
		"a.der":              {issuers["a.der"], []string{"Root_A"}},
		"agency/more/a.pem":  {pemA, []string{"Root_A"}},
		"bom.pem":            {append([]byte("\ufeff"), pemA...), []string{"Root_A"}},
		"bom as text.pem":    {append([]byte("ï»¿"), pemA...), []string{"Root_A"}},
		"trusted.pem":        {issuers["trusted.pem"], []string{"Root_A"}},
		"both.pem":           {both, []string{"Root_A", "Root_B"}},
		"both.p7b":           {issuers["ab.p7b"], []string{"Root_A", "Root_B"}},
		"both.der.P7B":       {issuers["ab.der.p7b"], []string{"Root_A", "Root_B"}},
		"both, a twice.pem":  {slices.Concat(both, pemA), []string{"Root_A", "Root_B"}},
		"two of a name.p7c":  {slices.Concat(pemA, issuers["same.pem"]), []string{"Root_A", "Root_A"}},
		"windows lines.pem":  {bytes.ReplaceAll(pemA, []byte("\n"), []byte("\r\n")), []string{"Root_A"}},
		"with its text.cer":  {slices.Concat([]byte("Certificate:\n    Data:\n"), pemA), []string{"Root_A"}},
		"with a request.pem": {slices.Concat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1}}), pemA), []string{"Root_A"}},
	} {
		set := Read(newHome(t, map[string][]byte{name: test.content}))
		if !slices.Equal(names(set), test.want) || len(set.Problems) > 0 || len(set.Unused) > 0 {
			t.Errorf("%s: got %q, problems %v, unused %q; want %q", name, names(set), set.Problems, set.Unused, test.want)
		}
	}
}

func TestWhatCannotBeUsedIsNamedAndStopsNothingElse(t *testing.T) {
	damaged := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("no certificate")})
	dir := newHome(t, map[string][]byte{
		"a.pem": issuers["a.pem"], "mixed.pem": slices.Concat(damaged, issuers["brainpool.pem"], issuers["b.pem"]),
		"agency/letter.cer": []byte("Dear Sir or Madam"), "empty.der": nil, "notes.txt": issuers["same.pem"], ".hidden.pem": []byte("x"),
		"large.pem": append(bytes.Repeat([]byte("\n"), maxFile), issuers["same.pem"]...),
	})
	if err := os.Symlink(filepath.Join(dir.Trust(), "nowhere"), filepath.Join(dir.Trust(), "link.pem")); err != nil {
		t.Fatal(err)
	}
	set := Read(dir)
	if !slices.Equal(names(set), []string{"Root_A", "Root_B"}) || !slices.Equal(set.Unused, []string{"notes.txt"}) {
		t.Errorf("got %q, unused %q", names(set), set.Unused)
	}
	want := "trust/agency/letter.cer has no certificate: replace it with the certificate of an issuer, or remove it\n" +
		"trust/empty.der has no certificate: replace it with the certificate of an issuer, or remove it\n" +
		"trust/large.pem is larger than 1 MB: remove it, or split it\n" +
		"trust/link.pem cannot be read: check that it is a file, and that you may read it\n" +
		"certificate 1 in trust/mixed.pem is damaged: ask its issuer for a new copy\n" +
		"the certificate of Older_Root in trust/mixed.pem cannot be used as an anchor (unsupported elliptic curve): ask its issuer for a newer one"
	if got := texts(t, set.Problems); got != want {
		t.Errorf("got\n%s", got)
	}
	if missing := Read(newHome(t, nil)); len(missing.Anchors)+len(missing.Problems)+len(missing.Unused) > 0 {
		t.Errorf("without a folder: %+v", missing)
	}
}

func TestTheTrustFolderIsBounded(t *testing.T) {
	files := map[string][]byte{strings.Repeat("f/", maxDepth+1) + "deep.pem": issuers["b.pem"], "0.pem": issuers["a.pem"]}
	for i := range maxFiles {
		files[fmt.Sprintf("%d.txt", i)] = nil
	}
	set := Read(newHome(t, files))
	if got := texts(t, set.Problems); !slices.Equal(names(set), []string{"Root_A"}) || !strings.HasPrefix(got, "the trust folder has too many files") || strings.Contains(got, "\n") {
		t.Errorf("got %q, %s", names(set), got)
	}
}

func TestAnAnchorIsAddedOnceInAFileOfItsOwn(t *testing.T) {
	dir := newHome(t, nil)
	f := NewFolder(dir)
	path := filepath.Join(t.TempDir(), "from the agency")
	write := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(issuers["ab.p7b"])
	added, err := f.AddAnchors(t.Context(), path)
	if err != nil || len(added) != 2 || !added[0].New || !added[1].New {
		t.Fatalf("got %+v, %v", added, err)
	}
	for _, a := range added {
		info, err := os.Stat(filepath.Join(dir.Trust(), a.File))
		if err != nil || info.Mode().Perm() != 0o600 || a.File != a.Fingerprint+".pem" {
			t.Errorf("%s: %v, %v", a.File, info, err)
		}
	}
	write(slices.Concat(issuers["b.pem"], issuers["brainpool.pem"], issuers["same.pem"]))
	added, err = f.AddAnchors(t.Context(), path)
	if len(added) != 2 || added[0].New || !added[1].New || err == nil || !strings.Contains(err.Error(), "Older_Root") || request.CauseOf(err).Code != "anchor_refused" {
		t.Errorf("got %+v, %v", added, err)
	}
	if set := Read(dir); len(set.Anchors) != 3 || len(set.Problems) > 0 {
		t.Errorf("got %+v", set)
	}
	write([]byte("Dear Sir or Madam"))
	if added, err := f.AddAnchors(t.Context(), path); len(added) > 0 || err == nil || !strings.Contains(err.Error(), "from the agency has no certificate") {
		t.Errorf("got %+v, %v", added, err)
	}
	if _, err := f.AddAnchors(t.Context(), path+".missing"); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.AddAnchors(ended, path); err == nil {
		t.Error("it is added after the context has ended")
	}
}

func TestAnAnchorIsRemovedByItsNameOrFingerprint(t *testing.T) {
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{5, 0}})
	dir := newHome(t, map[string][]byte{
		"a.pem": issuers["a.pem"], "agency/mixed.crt": slices.Concat([]byte("From the agency\n"), key, issuers["a.pem"], issuers["brainpool.pem"], issuers["same.pem"]),
		"both.p7b": issuers["ab.der.p7b"],
	})
	f := NewFolder(dir)
	for name, want := range map[string]string{
		"root_a": "several anchors are named root_a: use a fingerprint instead (", "Nobody": "no anchor is named Nobody", "": "no anchor is named",
	} {
		if _, err := f.RemoveAnchor(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) || request.CauseOf(err).Code == "" {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
	}
	before := Read(dir)
	block, _ := pem.Decode(issuers["a.pem"])
	i := slices.IndexFunc(before.Anchors, func(a Anchor) bool { return bytes.Equal(a.certificate.Raw, block.Bytes) })
	fingerprint := before.Anchors[i].Fingerprint
	if _, err := f.RemoveAnchor(t.Context(), fingerprint[:minPrefix-1]); err == nil {
		t.Error("it is removed by a short prefix of its fingerprint")
	}
	asOpenSSL := strings.ToUpper(fingerprint[:2] + ":" + fingerprint[2:4] + ":" + fingerprint[4:8])
	if removed, err := f.RemoveAnchor(t.Context(), asOpenSSL); err != nil || removed.Fingerprint != fingerprint {
		t.Fatalf("got %+v, %v", removed, err)
	}
	after := Read(dir)
	if !slices.Equal(names(after), []string{"Root_A", "Root_B"}) || texts(t, after.Problems) != texts(t, before.Problems) {
		t.Errorf("got %q, %v", names(after), after.Problems)
	}
	if _, err := os.Stat(filepath.Join(dir.Trust(), "a.pem")); err == nil {
		t.Error("a file without certificates stays")
	}
	mixed, err := os.ReadFile(filepath.Join(dir.Trust(), "agency/mixed.crt"))
	if want := slices.Concat([]byte("From the agency\n"), key, issuers["brainpool.pem"], issuers["same.pem"]); err != nil || !bytes.Equal(mixed, want) {
		t.Errorf("got %s, %v", mixed, err)
	}
	if removed, err := f.RemoveAnchor(t.Context(), "ROOT_A"); err != nil || removed.Fingerprint == fingerprint {
		t.Errorf("got %+v, %v", removed, err)
	}
	if _, err := f.RemoveAnchor(t.Context(), "Root_B"); err != nil || len(Read(dir).Anchors) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestAnAnchorHasItsValidity(t *testing.T) {
	authority := pdftest.Authority(t)
	set := Read(newHome(t, map[string][]byte{"authority.der": authority.Raw}))
	if len(set.Anchors) != 1 {
		t.Fatalf("got %+v", set)
	}
	a := set.Anchors[0]
	if a.Name != "Test authority" || a.Issuer != a.Name || !a.NotBefore.Equal(authority.NotBefore) || !a.NotAfter.Equal(authority.NotAfter) ||
		a.Expired(authority.NotAfter) || !a.Expired(authority.NotAfter.Add(time.Second)) || a.File != "authority.der" {
		t.Errorf("got %+v", a)
	}
}

func FuzzFile(f *testing.F) {
	for _, content := range issuers {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		anchors, problems := anchorsOf("file", "file", content)
		if len(anchors)+len(problems) == 0 {
			t.Error("a file says nothing")
		}
		for _, a := range anchors {
			if _, others := without(content, a.certificate.Raw); others && len(anchors)+len(problems) == 1 {
				t.Error("the only certificate is not removed")
			}
		}
	})
}
