package sealing

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	"countersign/core/register"
)

// FuzzKept: whatever the keyring returns, the key is a whole one, and an error does not quote what is there.
func FuzzKept(f *testing.F) {
	for _, seed := range []string{
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAB\n-----END PRIVATE KEY-----\n",
		"", "hush-hush", `{"count":3,"link":"` + strings.Repeat("0a", 32) + `"}`, `{"count":-1,"link":"00"}`, "null",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := parsePrivate(value)
		switch {
		case err == nil && len(key) != ed25519.PrivateKeySize:
			t.Errorf("a key of %d bytes", len(key))
		case err != nil && len(value) > 8 && strings.Contains(err.Error(), value):
			t.Errorf("%v quotes what is kept", err)
		}
		var m savedHead
		if json.Unmarshal([]byte(value), &m) == nil {
			if head := m.head(); head != (register.Head{}) && head.Link.String() != m.Link {
				t.Errorf("%q is read as %+v", value, head)
			}
		}
	})
}
