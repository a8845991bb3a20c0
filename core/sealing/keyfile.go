package sealing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"countersign/core/filename"
	"countersign/core/home"
	"countersign/core/request"
	"countersign/core/secret"
)

// KeyFile is what [Sealer.Key] returns as the place of a private key that is read from [Config.KeyFile].
const KeyFile secret.Backend = "key file"

// maxKeyFile is how many bytes a key file may have. One key has about 120.
const maxKeyFile = 16 << 10

// errKeyFile is wrapped by every error about a key file that cannot be used.
var errKeyFile = request.Errorf("key_file", "the file with the desk's key for the register cannot be used")

func keyFileError(because error) error {
	return request.Errorf("key_file_because", "%w: %w", errKeyFile, because)
}

// readKeyFile reads the private key from the key file at path. The errors wrap errKeyFile and quote nothing of what is in the
// file.
func readKeyFile(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, keyFileError(request.Errorf("key_file_missing", "%s does not exist", path))
	case err != nil:
		return nil, keyFileError(request.Errorf("key_file_unreadable", "%s cannot be read", path))
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, keyFileError(request.Errorf("key_file_other", "%s is not a file with one key", path))
	}
	f, err := os.Open(path) // #nosec G304 -- the file that the user named for the key
	if err != nil {
		return nil, keyFileError(request.Errorf("key_file_unreadable", "%s cannot be read", path))
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !isPrivate(path, info) { // of the file that was opened
		return nil, keyFileError(openToOthers(path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, keyFileError(request.Errorf("key_file_unreadable", "%s cannot be read", path))
	}
	key, err := parsePrivate(string(text))
	if err != nil {
		return nil, keyFileError(request.Errorf("key_file_other", "%s is not a file with one key", path))
	}
	return key, nil
}

// ExportKey writes the private key into a new file that only its owner can read, and returns the key's fingerprint. It fails if
// there is a file at path already, and if path is in the home: whoever can change the register there would have the key beside it.
func (s *Sealer) ExportKey(ctx context.Context, path string) (fingerprint string, err error) {
	inside, err := isInside(s.cfg.Home.Path(), path)
	if err != nil {
		return "", request.Errorf("key_export", "write the desk's key: %w", err)
	}
	if inside {
		return "", request.Errorf("key_export_inside", "the key must not be stored in the desk's own folder: choose another one")
	}
	key, err := s.privateKey(ctx)
	if errors.Is(err, secret.ErrNotFound) {
		err = errKeyLost
	}
	if err != nil {
		return "", err
	}
	public, err := readPublic(s.cfg.Home)
	if err != nil {
		return "", err
	}
	if !public.Equal(key.Public()) {
		return "", errKeyOther
	}
	text, err := formatPrivate(key)
	if err != nil {
		return "", err
	}
	if err := writeNew(path, text); err != nil {
		return "", request.Errorf("key_export", "write the desk's key: %w", err)
	}
	fingerprint, _, err = s.Key(ctx)
	return fingerprint, err
}

// writeNew creates a file that only its owner can read, and writes text into it. It fails if there is a file at path already. When
// writing fails, it removes the file.
func writeNew(path string, text []byte) error {
	if err := filename.Check(path); err != nil {
		return err
	}
	f, err := home.CreatePrivate(path)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// isInside reports whether a file at path would be in folder or below it. Links are followed. The folder in which the file would
// be has to exist.
func isInside(folder, path string) (bool, error) {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false, err
	}
	parent, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return false, err
	}
	if parent, err = filepath.EvalSymlinks(parent); err != nil {
		return false, err
	}
	relative, err := filepath.Rel(folder, parent)
	if err != nil {
		return false, nil // on another disk
	}
	return relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator)), nil
}
