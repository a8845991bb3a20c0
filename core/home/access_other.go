//go:build !windows

package home

import "os"

// makeFolder makes the folder of a home, for its owner alone, if there is none.
func makeFolder(folder string) error { return os.MkdirAll(folder, 0o700) }

// makePrivate removes the permissions of everybody but the owner. Nobody else reaches what is in the folder then.
func makePrivate(folder string) error {
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(folder, 0o700) // #nosec G302 -- a folder needs its x bit; for the owner alone
}

// CreatePrivate creates a file for writing that only its owner can open, on Windows also the system and the administrators. It fails with [fs.ErrExist] if there
// is something at path already.
func CreatePrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the file that a person named
}

// openToOthers does the work of [Dir.OpenToOthers].
func openToOthers(folder string) string {
	if info, err := os.Stat(folder); err == nil && info.Mode().Perm()&0o077 != 0 {
		return folder
	}
	return ""
}
