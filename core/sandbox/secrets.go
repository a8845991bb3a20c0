package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// equal compares in constant time, whatever the lengths; it gives 1 or 0.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// randomID gives 160 random bits as 32 characters of [0-9a-v], the form of the ids in TRIDENT's newer samples.
func randomID() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return strings.ToLower(base32.HexEncoding.EncodeToString(b))
}

// fingerprint is what is stored of a secret that comes back: enough to recognise it, not to use it.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
