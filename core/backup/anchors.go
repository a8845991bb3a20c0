package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/trust"
)

// Limits of the trust folder in a backup. They are those of package trust, which reads no more.
const (
	maxAnchorFiles   = 2000
	maxAnchorFolders = 8    // in each other
	maxAnchorName    = 1000 // bytes, with the folders
)

const trustDir = "trust"

// isAnchorName reports whether a name in an archive is that of a file with anchors: one in the trust folder or below it, with
// an ending that package trust reads. People choose these names, so each part of a name must be one that every system
// accepts, and must not lead out of the trust folder.
func isAnchorName(name string) bool {
	below, ok := strings.CutPrefix(name, trustDir+"/")
	parts := strings.Split(below, "/")
	return ok && len(below) <= maxAnchorName && len(parts) <= maxAnchorFolders+1 && utf8.ValidString(below) &&
		slices.Contains(trust.Extensions, strings.ToLower(path.Ext(below))) &&
		!slices.ContainsFunc(parts, isOdd) && filepath.IsLocal(filepath.FromSlash(below)) // on Windows, not a device either
}

// isOdd reports whether a part of a path is the name of a hidden file, or a name that some systems do not accept.
func isOdd(part string) bool {
	const longest = 250 // bytes
	return part == "" || len(part) > longest || part[0] == '.' || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") ||
		strings.ContainsAny(part, `\:*?"<>|`) || strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsPrint(r) })
}

// anchorFiles returns the names of the files of the trust folder that belong in a backup. It returns a warning for each other
// file that people would expect in the backup, and one if there are too many files.
func anchorFiles(dir home.Dir) (names, warnings []string, err error) {
	root, err := filepath.EvalSymlinks(dir.Trust()) // WalkDir would not enter a link
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	err = filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it was removed meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := path.Join(trustDir, filepath.ToSlash(below))
		switch {
		case e.IsDir() && below != "." && (strings.HasPrefix(e.Name(), ".") || strings.Count(name, "/") > maxAnchorFolders):
			return fs.SkipDir
		case !e.Type().IsRegular():
		case isAnchorName(name) && len(names) == maxAnchorFiles:
			warnings = append(warnings, fmt.Sprintf("the trust folder has more than %d files: the others are not in the backup", maxAnchorFiles))
			return fs.SkipAll
		case isAnchorName(name):
			names = append(names, name)
		case !strings.HasPrefix(e.Name(), ".") && slices.Contains(trust.Extensions, strings.ToLower(path.Ext(name))):
			warnings = append(warnings, fmt.Sprintf("%s is not in the backup: not every system can have that name", input.Label(name)))
		}
		return nil
	})
	return names, warnings, err
}

// chooseAnchors lists the anchors of the home that was unpacked in the summary, as taken or as left out. It removes the trust
// folder unless [Options] has WithTrust.
func (r *archiveReader) chooseAnchors(dir home.Dir) error {
	names, _, err := anchorFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := files.ReadRegular(filepath.Join(dir.Path(), filepath.FromSlash(name)), maxSmall)
		if err != nil {
			return err
		}
		r.note(r.opts.WithTrust, anchorsIn(strings.TrimPrefix(name, trustDir+"/"), content)...)
	}
	if r.opts.WithTrust {
		return nil
	}
	return os.RemoveAll(dir.Trust())
}
