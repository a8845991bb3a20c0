package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"countersign/core/sandbox/pades"
)

// Files in the sandbox's folder.
const (
	credentialsFile = "credentials.json"
	authorityFile   = "authority.pem"
)

// Credentials are what a client needs to speak to the practice gateways.
type Credentials struct {
	ClientID     string `json:"client_id"`     // TRIDENT: OAuth client, sent as HTTP Basic
	ClientSecret string `json:"client_secret"` //
	User         string `json:"user"`          // PortaSigma: integration API, HTTP Basic
	Password     string `json:"password"`      //
}

// openCredentials reads dir's credentials, or makes them.
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
		return Credentials{}, fmt.Errorf("%s is incomplete: remove it to have a new one made", credentialsFile)
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

// readOrCreate reads the file at path. Where there is none it writes what content gives, whole and synced,
// under a name of its own first: of several processes doing so at once one wins, and all read the winner's.
func readOrCreate(path string, content func() ([]byte, error)) ([]byte, error) {
	data, err := os.ReadFile(path)
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
	return os.ReadFile(path)
}

// writeTemporary writes data beside path, readable by the owner only, and gives the name. The caller removes it.
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
