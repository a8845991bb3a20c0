package home

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
)

// proofKey is the file with the key of [Dir.Prove], 256 random bits in hexadecimal.
const proofKey = "listener.key"

const proofKeySize = 32 // bytes

// Prove returns what proves that the process that listens on a port of this computer works on this home: the HMAC-SHA256 of the port
// and the challenge, in hexadecimal, with a key that the home's owner alone can read. Whoever asks chooses the challenge, which must
// not repeat. The port is part of it, so that a program on another port cannot pass on an answer that it got from here.
func (d Dir) Prove(challenge string, port int) (string, error) {
	key, err := d.proofKey()
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d %s", port, challenge)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// proofKey returns the key of [Dir.Prove] from its file, and makes a new one if there is no file, or one that is not a key. When two
// processes make one at the same time, the last one counts for both, because the key is read again for each proof.
func (d Dir) proofKey() ([]byte, error) {
	path := filepath.Join(d.path, proofKey)
	if key := readProofKey(path); key != nil {
		return key, nil
	}
	key := make([]byte, proofKeySize)
	rand.Read(key) // never fails
	if err := WriteFile(path, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return nil, err
	}
	return key, nil
}

// readProofKey reads the key from the file at path. It returns nil if the file is missing or not a key.
func readProofKey(path string) []byte {
	const size = 2*proofKeySize + 1 // hexadecimal digits, and the end of the line
	text, err := ReadFile(path, size)
	if err != nil || len(text) != size {
		return nil
	}
	key, err := hex.DecodeString(string(text[:2*proofKeySize]))
	if err != nil {
		return nil
	}
	return key
}
