// Package trust keeps the anchors of a home: certificates that are trusted by themselves, in files that people put into the
// folder trust or add with a command. What cannot be used there is reported, and the rest is used all the same. Beside them, the
// package finds the certificates that the system trusts. It verifies no signature.
package trust

import (
	"cmp"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/request"
)

// Limits of a trust folder. What is beyond them is not used. All but maxCertificates are reported in [Set.Problems].
const (
	maxFile         = 1 << 20 // bytes
	maxFiles        = 2000    // files and folders
	maxDepth        = 8       // folders in folders
	maxCertificates = 2000    // of one file
	maxAnchors      = 5000
	maxProblems     = 50
)

// Extensions are the extensions of files that may contain certificates, in lower case. Files in the trust folder with other
// extensions are not read, so that people can disable an anchor by renaming its file.
var Extensions = []string{".pem", ".crt", ".cer", ".der", ".p7b", ".p7c"}

// Anchor is a certificate that is trusted by itself. Its texts are safe to show: see [input.Label].
type Anchor struct {
	Name                string // the name of its subject, see [certificate.Certificate.Name]
	Issuer              string // the same for its issuer
	NotBefore, NotAfter time.Time
	Fingerprint         string // SHA-256 of the certificate, 64 lower-case hexadecimal digits
	File                string // its path below the folder, with slashes; the first one if it is in several files

	certificate *x509.Certificate
	files       []string // the paths below the folder of all files that it is in, with slashes
}

// Expired reports whether the anchor is no longer valid at that time. Signatures that were made before its end stay
// trusted.
func (a Anchor) Expired(at time.Time) bool { return at.After(a.NotAfter) }

// Set is what [Read] found in a trust folder.
type Set struct {
	Anchors  []Anchor // each certificate once, sorted by name
	Problems []error  // what could not be used, and what to do about it; they have causes, see [request.CauseOf]
	Unused   []string // paths of files that are not read, because their names do not end like those of certificates
}

// Named returns a pool of the anchors that have one of these subjects, in DER: those of the folder together with those of the system.
// Others may be in the pool, too. It is a [countersign/core/pdf.Anchors].
func (s Set) Named(subjects [][]byte) *x509.CertPool {
	pool := systemNamed(subjects)
	for _, a := range s.Anchors {
		pool.AddCert(a.certificate)
	}
	return pool
}

// Read reads the trust folder of a home, with its sub-folders. It never fails: what goes wrong is in [Set.Problems].
func Read(dir home.Dir) Set {
	r := reader{root: dir.Trust(), at: map[string]int{}}
	r.folder("", 0)
	slices.SortStableFunc(r.set.Anchors, func(a, b Anchor) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	return r.set
}

// reader reads a trust folder into set.
type reader struct {
	root  string
	files int
	full  bool
	at    map[string]int // indexes in set.Anchors by fingerprint
	set   Set
}

func (r *reader) problem(err error) {
	switch n := len(r.set.Problems); {
	case n < maxProblems:
		r.set.Problems = append(r.set.Problems, err)
	case n == maxProblems:
		r.set.Problems = append(r.set.Problems, request.Errorf("anchor_more", "more files in the trust folder cannot be used: fix those named here first"))
	}
}

// shown returns a path in the trust folder as messages have it, beginning with "trust". name is the path below that folder.
func shown(name string) string { return path.Join("trust", name) }

// folder reads a folder and the folders in it, up to maxDepth. name is its path below the root, with slashes.
func (r *reader) folder(name string, depth int) {
	entries, err := readFolder(filepath.Join(r.root, filepath.FromSlash(name)))
	if err != nil && (name != "" || !errors.Is(err, fs.ErrNotExist)) {
		r.problem(request.Errorf("anchor_folder", "the folder %s cannot be read: ask its owner for permission", label(shown(name))))
	}
	for _, e := range entries {
		if r.files++; r.files > maxFiles {
			r.tooMany()
			return
		}
		below := path.Join(name, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && depth < maxDepth:
			r.folder(below, depth+1)
		case e.IsDir():
			r.tooMany()
		case !hasCertificates(e.Name()):
			r.set.Unused = append(r.set.Unused, label(below))
		default:
			r.file(below)
		}
	}
}

// readFolder returns up to maxFiles+1 entries of a folder, sorted by name. If it could read some of them, it returns these
// without an error.
func readFolder(name string) ([]fs.DirEntry, error) {
	f, err := os.Open(name) // #nosec G304 -- a file in the folder of trusted certificates, or one that the user named
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(maxFiles + 1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	if len(entries) > 0 || errors.Is(err, io.EOF) {
		return entries, nil
	}
	return nil, err
}

// hasCertificates reports whether a file name has one of the [Extensions].
func hasCertificates(name string) bool {
	return slices.Contains(Extensions, strings.ToLower(filepath.Ext(name)))
}

func (r *reader) tooMany() {
	if !r.full {
		r.full = true
		r.problem(request.Errorf("anchor_too_many", "the trust folder has too many files: remove what is not needed"))
	}
}

// file adds the anchors of a file, and what is wrong with it, to the set. name is its path below the root, with slashes.
func (r *reader) file(name string) {
	content, err := readFile(filepath.Join(r.root, filepath.FromSlash(name)))
	if err != nil {
		r.problem(fileProblem(shown(name), err))
		return
	}
	anchors, problems := anchorsOf(shown(name), name, content)
	for _, p := range problems {
		r.problem(p)
	}
	for _, a := range anchors {
		if i, known := r.at[a.Fingerprint]; known {
			if known := &r.set.Anchors[i]; !slices.Contains(known.files, name) {
				known.files = append(known.files, name)
			}
			continue
		}
		if len(r.set.Anchors) == maxAnchors {
			r.tooMany()
			return
		}
		r.at[a.Fingerprint] = len(r.set.Anchors)
		r.set.Anchors = append(r.set.Anchors, a)
	}
}

func label(text string) string { return input.Label(text) }
