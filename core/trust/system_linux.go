package trust

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
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
	memory := make([]byte, 256<<10) // of one file after the other: a large one, and hundreds of small ones
	add := func(name string) error {
		content, err := readAll(name, &memory)
		if err == nil && !known.has(content) {
			maps.Copy(known, x.addPEM(content))
		}
		return err
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
	var memory [256]byte
	n, err := syscall.Readlink(name, memory[:])
	if err == nil && n < len(memory) {
		return bytes.IndexByte(memory[:n], '/') < 0
	}
	target, err := os.Readlink(name)
	return err == nil && !strings.Contains(target, "/")
}

// readAll reads a file into memory, which it makes larger as needed, and returns the content. It asks the system for nothing but that: [os.Open]
// makes six calls more, of which most are in vain for a file of a disk, and there are hundreds of files.
func readAll(name string, memory *[]byte) (content []byte, err error) {
	var file int
	if err := again(func() (err error) { file, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0); return err }); err != nil {
		return nil, err
	}
	defer func() { _ = syscall.Close(file) }()
	for size := 0; ; {
		if size == len(*memory) {
			*memory = append(*memory, make([]byte, size)...)
		}
		var n int
		if err := again(func() (err error) { n, err = syscall.Read(file, (*memory)[size:]); return err }); err != nil {
			return nil, err
		}
		if n == 0 {
			return (*memory)[:size], nil
		}
		size += n
	}
}

// again calls a function until it is not interrupted by a signal.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
