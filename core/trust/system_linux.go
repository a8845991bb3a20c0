package trust

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Where distributions keep the certificates that the system trusts, as crypto/x509 knows it. The first of the files that can be read
// is used, and all of the folders.
const (
	systemFiles = "/etc/ssl/certs/ca-certificates.crt:/etc/pki/tls/certs/ca-bundle.crt:/etc/ssl/ca-bundle.pem:" +
		"/etc/pki/tls/cacert.pem:/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem:/etc/ssl/cert.pem"
	systemFolders = "/etc/ssl/certs:/etc/pki/tls/certs"
)

// systemNamed returns a pool of the certificates with these subjects, in DER, that the system trusts. It reads the system's
// certificates once in the life of the process.
func systemNamed(subjects [][]byte) *x509.CertPool { return system().named(subjects) }

var system = sync.OnceValue(readSystem)

// readSystem returns the certificates that [x509.SystemCertPool] returns. The variables SSL_CERT_FILE and SSL_CERT_DIR stand for
// other places than those of the system.
func readSystem() index {
	x, known, used := index{}, pemTexts{}, ""
	memory := bytes.NewBuffer(make([]byte, 0, 256<<10)) // of one file after the other: a large one, and hundreds of small ones
	add := func(name string) error {
		memory.Reset()
		file, err := os.Open(name) // #nosec G304 -- a file of the system's, or that whoever started the program chose
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := memory.ReadFrom(file); err != nil {
			return err
		}
		if content := memory.Bytes(); !known.has(content) {
			maps.Copy(known, x.addPEM(content))
		}
		return nil
	}
	files := filepath.SplitList(systemFiles)
	if other := os.Getenv("SSL_CERT_FILE"); other != "" {
		files = []string{other}
	}
	for _, name := range files {
		if add(name) == nil {
			used = name
			break
		}
	}
	for _, folder := range strings.Split(cmp.Or(os.Getenv("SSL_CERT_DIR"), systemFolders), ":") {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			name := folder + "/" + e.Name()
			if name != used && !linksBeside(name, e) {
				_ = add(name) // as crypto/x509, which passes what cannot be read
			}
		}
	}
	return x
}

// linksBeside reports whether an entry of a folder is a link to another entry there. OpenSSL finds certificates by such links.
func linksBeside(name string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return false
	}
	target, err := os.Readlink(name)
	return err == nil && !strings.Contains(target, "/")
}
