//go:build walk

package walk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"countersign/core/request"
)

// checkFiles checks the signed file of each document of r; see [walk.checkFile].
func (w *walk) checkFiles(name string, r request.Request) {
	w.Helper()
	for i, d := range r.Documents {
		if len(r.Documents) > 1 {
			w.checkFile(fmt.Sprintf("%s-%d", name, i+1), d)
		} else {
			w.checkFile(name, d)
		}
	}
}

// checkFile fails the test unless the signed file of d begins with the bytes of its original, and is found valid by programs that share
// no code with this one: pdfsig (poppler) and openssl. It saves a copy of the file as name.pdf.
func (w *walk) checkFile(name string, d request.Document) {
	w.Helper()
	if d.Signed == nil {
		w.Fatalf("%s: %s has no signed file", name, d.Name)
	}
	original, err := os.ReadFile(filepath.Join(w.home, "documents", d.SHA256+".pdf"))
	w.must(err)
	signed, err := os.ReadFile(filepath.Join(w.home, "documents", d.Signed.SHA256+".pdf"))
	w.must(err)
	if !bytes.HasPrefix(signed, original) {
		w.Fatal("the signed file does not begin with the bytes of the original")
	}
	path := filepath.Join(w.out, name+".pdf")
	w.must(os.WriteFile(path, signed, 0o644))
	said, err := w.run("pdfsig", path)
	w.must(err)
	for _, want := range []string{"Signature is Valid", "Total document signed"} {
		if !strings.Contains(said, want) {
			w.Fatalf("pdfsig does not say %q:\n%s", want, said)
		}
	}
	w.checkCMS(signed)
	w.step("%s: according to pdfsig and openssl, the signature is valid and covers all of %s", name, path)
}

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

// checkCMS verifies the CMS of the signature with openssl, against the certificate of the practice authority.
func (w *walk) checkCMS(signed []byte) {
	w.Helper()
	found := byteRange.FindSubmatch(signed)
	if found == nil {
		w.Fatal("the signed file has no byte range")
	}
	var r [4]int
	for i := range r {
		n, err := strconv.Atoi(string(found[i+1]))
		w.must(err)
		r[i] = n
	}
	content := append(append([]byte{}, signed[r[0]:r[0]+r[1]]...), signed[r[2]:r[2]+r[3]]...)
	text := bytes.Trim(signed[r[0]+r[1]:r[2]], "<>")
	cms := make([]byte, len(text)/2)
	_, err := hex.Decode(cms, text)
	w.must(err)
	folder := w.TempDir()
	contentPath, cmsPath := filepath.Join(folder, "content"), filepath.Join(folder, "cms.der")
	w.must(errors.Join(os.WriteFile(contentPath, content, 0o600), os.WriteFile(cmsPath, cms, 0o600)))
	authority := filepath.Join(w.home, "sandbox", "authority.pem")
	verify := exec.CommandContext(w.ctx, "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", cmsPath,
		"-content", contentPath, "-CAfile", authority, "-purpose", "any", "-out", os.DevNull)
	if output, err := verify.CombinedOutput(); err != nil {
		w.Fatalf("openssl rejects the signature: %v\n%s", err, output)
	}
}
