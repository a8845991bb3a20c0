package trust

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/core/certificate"
	"countersign/core/home"
	"countersign/core/request"
)

// Folder is the trust folder of a home. Its methods may be used by several goroutines and processes at once.
type Folder struct{ dir home.Dir }

// NewFolder returns the trust folder of a home. It need not exist.
func NewFolder(dir home.Dir) *Folder { return &Folder{dir} }

// Anchors returns what [Read] returns. The error is that of ctx.
func (f *Folder) Anchors(ctx context.Context) (Set, error) { return Read(f.dir), ctx.Err() }

// Added is what [Folder.AddAnchors] did with one certificate.
type Added struct {
	Anchor
	New bool // false when the home had it already
}

// AddAnchors copies the certificates of a file into the trust folder, each into a file of its own that only its owner may
// read. The file may be in any form that [Read] reads, whatever its name. When some certificates cannot be used, it
// returns an error about those, and still copies and returns the others.
func (f *Folder) AddAnchors(ctx context.Context, path string) (added []Added, err error) {
	content, err := readFile(path)
	if err != nil {
		return nil, fileProblem(path, err)
	}
	anchors, problems := anchorsOf(filepath.Base(path), "", content)
	err = f.locked(ctx, func() error {
		known := Read(f.dir).Anchors
		for _, a := range anchors {
			i := slices.IndexFunc(known, func(k Anchor) bool { return k.Fingerprint == a.Fingerprint })
			if i >= 0 {
				added = append(added, Added{known[i], false})
				continue
			}
			if len(known) >= maxAnchors {
				return request.Errorf("anchor_full", "no more than %d certificates can be trusted: remove some first", maxAnchors)
			}
			a.File = a.Fingerprint + ".pem"
			a.files = []string{a.File}
			if err := home.WriteFile(filepath.Join(f.dir.Trust(), a.File), encode(a.certificate.Raw)); err != nil {
				return err
			}
			known, added = append(known, a), append(added, Added{a, true})
		}
		return nil
	})
	return added, errors.Join(append([]error{err}, problems...)...)
}

// locked creates the trust folder if necessary, calls the function change while it holds the lock for that folder, and
// returns the error of change.
func (f *Folder) locked(ctx context.Context, change func() error) error {
	lock, err := f.dir.WaitLock(ctx, "trust")
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := os.MkdirAll(f.dir.Trust(), 0o700); err != nil {
		return fmt.Errorf("create the trust folder: %w", f.dir.ExplainWrite(err))
	}
	return change()
}

func encode(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: raw})
}

// minPrefix is the least number of digits of a fingerprint by which an anchor can be named.
const minPrefix = 6

// RemoveAnchor removes an anchor from all files in which it is; other certificates in these files stay. name is the name of
// the anchor, or at least minPrefix digits from the beginning of its fingerprint, with or without colons. It fails when name
// fits several anchors or none.
func (f *Folder) RemoveAnchor(ctx context.Context, name string) (removed Anchor, err error) {
	err = f.locked(ctx, func() error {
		set := Read(f.dir)
		found := find(set.Anchors, name)
		switch len(found) {
		case 0:
			return request.Errorf("anchor_unknown", "no anchor is named %s, and no fingerprint begins like that: list the anchors to see their names", label(name))
		case 1:
		default:
			var prefixes []string
			for _, a := range found {
				prefixes = append(prefixes, a.Fingerprint[:16])
			}
			return request.Errorf("anchor_several", "several anchors are named %s: use a fingerprint instead (%s)", label(name), strings.Join(prefixes, ", "))
		}
		removed = found[0]
		return f.remove(removed)
	})
	return removed, err
}

// find returns the anchors that are called name, or whose fingerprint begins with it, as in [Folder.RemoveAnchor].
func find(anchors []Anchor, name string) (found []Anchor) {
	prefix := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(name))
	for _, a := range anchors {
		if strings.EqualFold(a.Name, strings.TrimSpace(name)) || len(prefix) >= minPrefix && strings.HasPrefix(a.Fingerprint, prefix) {
			found = append(found, a)
		}
	}
	return found
}

// remove removes an anchor from all files in which it is. It deletes a file in which no other certificate remains.
func (f *Folder) remove(a Anchor) error {
	for _, name := range a.files {
		path := filepath.Join(f.dir.Trust(), filepath.FromSlash(name))
		content, err := readFile(path)
		if err != nil {
			return fileProblem(shown(name), err)
		}
		rest, others := without(content, a.certificate.Raw)
		if others {
			err = home.WriteFile(path, rest)
		} else {
			err = home.RemoveFile(path)
		}
		if err != nil {
			return fmt.Errorf("change the file %s in the trust folder: %w", label(name), err)
		}
	}
	return nil
}

// without returns the content of a file without the certificate raw, and whether other certificates remain. Parts of a PEM
// file that do not contain raw stay as they are. The remaining certificates of other parts are written as PEM.
func without(content, raw []byte) (rest []byte, others bool) {
	isIt := func(other []byte) bool {
		cert, err := certificate.Parse(other)
		return err == nil && bytes.Equal(cert.Raw, raw)
	}
	for _, p := range partsOf(content) {
		if !slices.ContainsFunc(p.certificates, isIt) {
			rest = append(rest, p.content...)
			others = others || len(p.certificates) > 0
			continue
		}
		for _, other := range p.certificates {
			if !isIt(other) {
				rest, others = append(rest, encode(other)...), true
			}
		}
	}
	return rest, others
}
