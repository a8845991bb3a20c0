package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// equal returns 1 when a and b are equal, else 0. It takes the same time for all strings of the same lengths.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// randomID returns 160 random bits as 32 characters of [0-9a-v], which is the form of ids in the newer samples of TRIDENT's vendor.
func randomID() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // crypto/rand.Read never returns an error
	return strings.ToLower(base32.HexEncoding.EncodeToString(b))
}

// fingerprint returns the SHA-256 of a secret, in hexadecimal. The database has it in place of the secret: it suffices to recognize the
// secret when a client sends it, but whoever reads the database cannot send the secret.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
