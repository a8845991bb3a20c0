package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"countersign/core/files"
	"countersign/core/sandbox/pades"
)

// Names of files in the sandbox's folder.
const (
	credentialsFile = "credentials.json"
	authorityFile   = "authority.pem"
)

// maxFile is the largest size in bytes of these files that is read. They have a few thousand bytes.
const maxFile = 1 << 20

// Credentials are the user names and passwords of the clients of the practice gateways: of one client at TRIDENT, and of one at PortaSigma.
type Credentials struct {
	ClientID     string `json:"client_id"`     // TRIDENT: OAuth client id and secret (RFC 6749, 2.3.1)
	ClientSecret string `json:"client_secret"` //
	User         string `json:"user"`          // PortaSigma: service user of the integration API, for HTTP Basic (RFC 7617)
	Password     string `json:"password"`      //
}

// openCredentials reads dir's credentials, or creates them.
func openCredentials(dir string) (Credentials, error) {
	data, err := readOrCreate(filepath.Join(dir, credentialsFile), func() ([]byte, error) {
		return json.MarshalIndent(Credentials{
			ClientID: "practice-client", ClientSecret: randomID(),
			User: "practice-service", Password: randomID(),
		}, "", "  ")
	})
	if err != nil {
		return Credentials{}, err
	}
	var c Credentials
	if err := json.Unmarshal(data, &c); err != nil {
		return Credentials{}, fmt.Errorf("read %s: %w", credentialsFile, err)
	}
	if c.ClientID == "" || c.ClientSecret == "" || c.User == "" || c.Password == "" {
		return Credentials{}, fmt.Errorf("%s is incomplete: delete it, and new credentials will be created", credentialsFile)
	}
	return c, nil
}

// openAuthority reads dir's practice authority, or creates it. Certificate and key are in one file, so that two processes that start
// together cannot end up with the certificate of one and the key of the other.
func openAuthority(dir string, now time.Time) (*pades.Authority, error) {
	data, err := readOrCreate(filepath.Join(dir, authorityFile), func() ([]byte, error) { return pades.NewAuthority(now) })
	if err != nil {
		return nil, err
	}
	authority, err := pades.ParseAuthority(data)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", authorityFile, err)
	}
	return authority, nil
}

// readOrCreate returns the content of the file at path. When the file is missing, it is created with what the function content
// returns: written under a temporary name, synced, then linked. Of several processes that do so at once, one creates the file, and all
// return what that one wrote.
func readOrCreate(path string, content func() ([]byte, error)) ([]byte, error) {
	data, err := files.ReadRegular(path, maxFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	data, err = content()
	if err != nil {
		return nil, err
	}
	temporary, err := writeTemporary(path, data)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create %s: %w", filepath.Base(path), err)
	}
	return files.ReadRegular(path, maxFile)
}

// writeTemporary writes data to a new file in the folder of path, readable by the owner only, syncs it and returns its name. The caller
// removes the file. After an error there is no file.
func writeTemporary(path string, data []byte) (name string, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if _, err := file.Write(data); err != nil {
		return "", err
	}
	return file.Name(), file.Sync()
}
