// Package register is the form of the desk's register: how an event becomes a link of a
// chain, what the desk signs, and the line of a seal. What it computes can be computed
// with sha256sum and openssl alone; docs/register.md says how.
//
// It knows no file, no clock and no key of its own, and decides nothing: package ledger
// keeps the register and audits it.
package register

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// CheckScript is a shell script that checks the lines of a register with sha256sum and openssl
// alone. Its arguments are the file with the lines and the file with the public key.
//
//go:embed check.sh
var CheckScript string

// Hash is a SHA-256: of an entry, or the link up to one. The zero Hash is the link before
// the first entry.
type Hash [sha256.Size]byte

// String is the hash as sha256sum writes it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what [Hash.String] writes.
func ParseHash(text string) (Hash, error) {
	var h Hash
	if len(text) != hex.EncodedLen(len(h)) {
		return Hash{}, errors.New("a hash has 64 digits")
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil || h.String() != text {
		return Hash{}, errors.New("a hash has the digits 0 to 9 and a to f alone")
	}
	return h, nil
}

// Chain computes hashes. It is for one goroutine; its zero value is ready to use, and spares
// the memory of many calls.
type Chain struct{ text []byte }

// Entry is the hash of an event: of the line "ID SEQ EVENT" with its line feed, where EVENT is
// the bytes that are kept of the event.
func (c *Chain) Entry(id string, seq int, event []byte) Hash {
	text := append(append(c.text[:0], id...), ' ')
	text = append(strconv.AppendInt(text, int64(seq), 10), ' ')
	c.text = append(append(text, event...), '\n')
	return c.hash()
}

// Link is the hash of the line "PREVIOUS ENTRY" with its line feed: the link before, and the
// entry's own hash, in hexadecimal digits.
func (c *Chain) Link(previous, entry Hash) Hash {
	text := append(hex.AppendEncode(c.text[:0], previous[:]), ' ')
	c.text = append(hex.AppendEncode(text, entry[:]), '\n')
	return c.hash()
}

func (c *Chain) hash() Hash { return sha256.Sum256(c.text) }

// Head is the end of the register at a time, as the desk signs it.
type Head struct {
	Register string    `json:"register"` // the register's id
	Count    int       `json:"count"`    // the number of its last entry
	Link     Hash      `json:"-"`        // the link of that entry
	At       time.Time `json:"at"`       // when it was signed, to the second
}

// Statement is the line that is signed.
func (h Head) Statement() []byte {
	return fmt.Appendf(nil, "countersign register v1 %s %d %s %s\n", h.Register, h.Count, h.Link, stamp(h.At))
}

// Checkpoint is a head with the signature of a desk.
type Checkpoint struct {
	Head
	Signature []byte `json:"signature"` // Ed25519 over the statement: 64 bytes
}

// Sign signs a head with an Ed25519 key.
func Sign(h Head, key crypto.Signer) (Checkpoint, error) {
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return Checkpoint{}, errors.New("the register's key is no Ed25519 key")
	}
	h.At = h.At.UTC().Truncate(time.Second)
	signature, err := key.Sign(nil, h.Statement(), crypto.Hash(0))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign the register: %w", err)
	}
	return Checkpoint{Head: h, Signature: signature}, nil
}

// Holds tells whether the head was signed with that key.
func (s Checkpoint) Holds(key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, s.Statement(), s.Signature)
}

// stamp is a time as statements and seals write it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Fingerprint is a short name of a key: the first 16 digits of the SHA-256 of its DER form.
func Fingerprint(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}

const pemType = "PUBLIC KEY"

// FormatKey writes a public key as openssl reads it.
func FormatKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the register's public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParseKey reads what FormatKey writes.
func ParseKey(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("it is no public key in PEM form")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it is no public key: %w", err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("it is no Ed25519 key")
	}
	return key, nil
}

// The lines of a register as text, which check.sh reads. An export has all entries; what is
// handed out about one request has other entries by their hashes alone.

// WriteBegin writes the lines that all others follow: whose register it is, and the link
// that the first entry after it builds on. A piece from the middle begins with its own.
func WriteBegin(w io.Writer, register string, count int, link Hash) error {
	_, err := fmt.Fprintf(w, "register %s\nbefore %d %s\n", register, count, link)
	return err
}

// WriteEntry writes an entry with its event.
func WriteEntry(w io.Writer, n int, link Hash, id string, seq int, event []byte) error {
	_, err := fmt.Fprintf(w, "entry %d %s %s %d %s\n", n, link, id, seq, event)
	return err
}

// WriteEntryHash writes an entry without its event.
func WriteEntryHash(w io.Writer, n int, link, entry Hash) error {
	_, err := fmt.Fprintf(w, "other %d %s %s\n", n, link, entry)
	return err
}

// WriteCheckpoint writes a signed head, behind the entry that it counts last.
func WriteCheckpoint(w io.Writer, s Checkpoint) error {
	_, err := fmt.Fprintf(w, "signed %d %s %s %s\n", s.Count, s.Link, stamp(s.At), base64.StdEncoding.EncodeToString(s.Signature))
	return err
}
