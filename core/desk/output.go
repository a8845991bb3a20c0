package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	maxOutputName = 120 // bytes of a title in a file's name; some systems take few more than 200 in all
	maxSameName   = 1000
)

// canWriteIn tells why a folder cannot be the output folder.
func canWriteIn(folder string, dir home.Dir) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such folder: make it first, or choose another one")
	case err != nil:
		return fmt.Errorf("the folder cannot be used: %w: choose another one", err)
	case !info.IsDir():
		return errors.New("this is a file: choose a folder")
	}
	if inside, err := filepath.Rel(dir.Path(), folder); err == nil && filepath.IsLocal(inside) {
		return errors.New("this is in the desk's own folder, where everything is kept already: choose another one")
	}
	f, err := os.CreateTemp(folder, ".countersign-*")
	if err != nil {
		return fmt.Errorf("nothing can be written in the folder: %w: choose another one", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// outputName is the name of a signed file, without its ending: the title, or the document's
// own name where the request has several.
func outputName(r request.Request, document int) string {
	title := r.Title
	if len(r.Documents) > 1 && document < len(r.Documents) {
		title = r.Documents[document].Name
	}
	return safeName(title) + " (signed)"
}

// safeName makes outside text a file name that every system takes, and that is in no other folder.
func safeName(text string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) {
			return '_'
		}
		return r
	}, label(text))
	if extension := filepath.Ext(name); strings.EqualFold(extension, ".pdf") {
		name = strings.TrimSuffix(name, extension)
	}
	for len(name) > maxOutputName {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	name = strings.TrimRight(strings.TrimLeft(name, ". "), ". ")
	if name == "" {
		return "document"
	}
	if isReserved(name) {
		return "_" + name
	}
	return name
}

// isReserved tells whether Windows takes a name for a device, whatever follows its first period.
func isReserved(name string) bool {
	name, _, _ = strings.Cut(strings.ToUpper(name), ".")
	name = strings.TrimRight(name, " ")
	switch name {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	prefix, number := name, ""
	if len(name) > 3 {
		prefix, number = name[:3], name[3:]
	}
	return (prefix == "COM" || prefix == "LPT") && utf8.RuneCountInString(number) == 1 && strings.Contains("0123456789¹²³", number)
}

// copyOut copies a kept document into a folder under a name, or that name with a number where
// others are in the way. A copy that is there already is enough.
func (d *Desk) copyOut(ctx context.Context, folder, name, digest string) error {
	temporary, err := d.copyInto(ctx, folder, digest)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) // gone already when all went well
	return giveName(ctx, temporary, filepath.Join(folder, name), digest)
}

// copyInto copies a kept document, after a look at whether it still is what it was, into a
// folder under a name that nobody looks for.
func (d *Desk) copyInto(ctx context.Context, folder, digest string) (temporary string, err error) {
	source, err := d.ledger.OpenDocument(digest)
	if errors.Is(err, ledger.ErrNotFound) {
		return "", errKeptMissing
	}
	if err != nil {
		return "", err
	}
	defer source.Close()
	f, err := os.CreateTemp(folder, ".countersign-*")
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, hash), files.Reader(ctx, source))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && hex.EncodeToString(hash.Sum(nil)) != digest {
		err = errors.New("the kept file is no longer what came from the gateway: restore the home from a backup")
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// giveName gives a file the first name that is free.
func giveName(ctx context.Context, temporary, name, digest string) error {
	for n := 1; n <= maxSameName; n++ {
		final := numbered(name, ".pdf", n)
		err := files.Name(temporary, final)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if same, err := hasDigest(ctx, final, digest); err != nil || same {
			return err
		}
	}
	return fmt.Errorf("there are %d files of the same name already: clear up the folder", maxSameName)
}

func numbered(name, ending string, n int) string {
	if n > 1 {
		return fmt.Sprintf("%s (%d)%s", name, n, ending)
	}
	return name + ending
}

// hasDigest tells whether there is a file with these bytes; what cannot be read is another one.
func hasDigest(ctx context.Context, path, digest string) (bool, error) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false, nil //nolint:nilerr // it is in the way, whatever it is
	}
	f, err := os.Open(path)
	if err != nil {
		return false, nil //nolint:nilerr // it is in the way, whatever it is
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, files.Reader(ctx, f)); err != nil {
		return false, ctx.Err()
	}
	return hex.EncodeToString(hash.Sum(nil)) == digest, nil
}
