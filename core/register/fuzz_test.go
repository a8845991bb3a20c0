package register

import (
	"bytes"
	"crypto/ed25519"
	"testing"
)

// FuzzParsePublicKey: what is read as a key is one of Ed25519, and is written and read as the same key again.
func FuzzParsePublicKey(f *testing.F) {
	good, err := FormatPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, good[:len(good)/2], bytes.Replace(good, []byte("PUBLIC"), []byte("PRIVATE"), 2), bytes.ToLower(good), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := ParsePublicKey(text)
		if err != nil {
			return
		}
		if len(parsed) != ed25519.PublicKeySize {
			t.Fatalf("a key of %d bytes", len(parsed))
		}
		written, err := FormatPublicKey(parsed)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParsePublicKey(written); err != nil || !again.Equal(parsed) {
			t.Errorf("%q becomes %q", text, written)
		}
	})
}

// FuzzParseHash: a hash has one spelling.
func FuzzParseHash(f *testing.F) {
	f.Add(Hash{1, 2, 3}.String())
	f.Add("0A")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := ParseHash(text); err == nil && h.String() != text {
			t.Errorf("%q is read as %s", text, h)
		}
	})
}
