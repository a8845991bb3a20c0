// Package register defines the form of the desk's register: how the hash of an event and the
// link of an entry are computed, what the desk signs, and the line of a seal. Everything can
// be recomputed with sha256sum and openssl alone; docs/register.md shows how.
//
// The package has no file, no clock and no key of its own, and it judges nothing. Package
// ledger stores the register and audits it.
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

	"countersign/core/request"
)

// CheckScript is a shell script that checks the text form of a register with sha256sum and
// openssl alone. Its arguments are the file with the text, the file with the public key and,
// optionally, the line of a seal. The script itself lists its exit codes.
//
//go:embed check.sh
var CheckScript string

// Hash is a SHA-256 value: an entry hash, or a link of the chain. The zero Hash is the link
// before the first entry.
type Hash [sha256.Size]byte

// String returns the hash as sha256sum writes it.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash parses what [Hash.String] returns: 64 hexadecimal digits in lower case.
func ParseHash(text string) (Hash, error) {
	var h Hash
	if len(text) != hex.EncodedLen(len(h)) {
		return Hash{}, errors.New("a hash must have 64 digits")
	}
	if _, err := hex.Decode(h[:], []byte(text)); err != nil || h.String() != text {
		return Hash{}, errors.New("a hash must have only the digits 0 to 9 and a to f")
	}
	return h, nil
}

// Event is an event as a register has it.
type Event struct {
	Request string // id of the request that it is about
	Seq     int    // its position in the history of the request, from 1; it is in Content, too
	Content []byte // JSON on one line, which is hashed as it is
}

// Entry is an entry of a register with its event.
type Entry struct {
	Number int // from 1 without gaps
	Event
	Link Hash
}

// Hasher computes the hashes of the register. The zero value is ready to use. It reuses a
// buffer, so it must not be used by several goroutines at the same time.
type Hasher struct{ buffer []byte }

// Entry returns the entry hash of an event: the SHA-256 of the line "ID SEQ EVENT\n", where EVENT
// is the stored bytes of the event.
func (c *Hasher) Entry(id string, seq int, event []byte) Hash {
	text := append(append(c.buffer[:0], id...), ' ')
	text = append(strconv.AppendInt(text, int64(seq), 10), ' ')
	c.buffer = append(append(text, event...), '\n')
	return c.hash()
}

// Link returns the link of an entry: the SHA-256 of the line "PREVIOUS ENTRY\n", where PREVIOUS
// is the link of the entry before and ENTRY the entry hash, both in hex.
func (c *Hasher) Link(previous, entry Hash) Hash {
	text := append(hex.AppendEncode(c.buffer[:0], previous[:]), ' ')
	c.buffer = append(hex.AppendEncode(text, entry[:]), '\n')
	return c.hash()
}

func (c *Hasher) hash() Hash { return sha256.Sum256(c.buffer) }

// Head names the entry that was the last one of the register at some time.
type Head struct {
	Register string    `json:"register"` // the register's id, 16 hexadecimal digits
	Count    int       `json:"count"`    // the number of the entry, which is also the number of entries up to it
	Link     Hash      `json:"-"`        // the link of that entry
	At       time.Time `json:"at"`       // when it was signed, in whole seconds
}

// Statement returns the line that is signed in a checkpoint of this head, with its line feed.
func (h Head) Statement() []byte {
	return fmt.Appendf(nil, "countersign register v1 %s %d %s %s\n", h.Register, h.Count, h.Link, formatTime(h.At))
}

// Checkpoint is a head with its signature by the register key.
type Checkpoint struct {
	Head
	Signature []byte `json:"signature"` // Ed25519 over the statement: 64 bytes
}

// Sign signs h with an Ed25519 key, and fails for a key of another kind. In the checkpoint, the
// time is in UTC and cut to whole seconds.
func Sign(h Head, key crypto.Signer) (Checkpoint, error) {
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return Checkpoint{}, request.Errorf("register_key_kind", "the register's key is not an Ed25519 key")
	}
	h.At = h.At.UTC().Truncate(time.Second)
	signature, err := key.Sign(nil, h.Statement(), crypto.Hash(0))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("sign the register: %w", err)
	}
	return Checkpoint{Head: h, Signature: signature}, nil
}

// SignedBy reports whether the checkpoint was signed with that key. For a key of a wrong length
// it reports false.
func (s Checkpoint) SignedBy(key ed25519.PublicKey) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, s.Statement(), s.Signature)
}

// Witness is a checkpoint of an office's register that one of its desks has signed.
type Witness struct {
	Desk string            // its name
	Key  ed25519.PublicKey // of the desk, as the register had it at that entry
	Checkpoint
}

// formatTime formats a time for statements and seals.
func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Fingerprint returns a short name of a key: the first 16 hexadecimal digits of the SHA-256 of
// its PKIX DER form. It returns "" for a malformed key.
func Fingerprint(key ed25519.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:8])
}

const pemType = "PUBLIC KEY"

// FormatPublicKey encodes a public key in PEM form, as openssl reads it.
func FormatPublicKey(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the register's public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParsePublicKey parses what [FormatPublicKey] returns. It fails for a key that is not an Ed25519
// key.
func ParsePublicKey(text []byte) (ed25519.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, request.Errorf("register_key_pem", "not a public key in PEM form")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a public key: %w", err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, request.Errorf("register_key_other", "not an Ed25519 key")
	}
	return key, nil
}

// The functions below write the text form of a register, which check.sh reads. An export has
// every entry with its event. An excerpt has the events of one request, and only the hashes of
// other events.

// WriteHeader writes the first two lines: the id of the register, and the number and link of
// the entry before the first that follows. They are 0 and the zero Hash for a whole register.
func WriteHeader(w io.Writer, register string, count int, link Hash) error {
	_, err := fmt.Fprintf(w, "register %s\nbefore %d %s\n", register, count, link)
	return err
}

// WriteEntry writes entry number n with its event, in the stored bytes, which must be one line.
func WriteEntry(w io.Writer, n int, link Hash, id string, seq int, event []byte) error {
	_, err := fmt.Fprintf(w, "entry %d %s %s %d %s\n", n, link, id, seq, event)
	return err
}

// WriteEntryHash writes entry number n with its entry hash in place of its event.
func WriteEntryHash(w io.Writer, n int, link, entry Hash) error {
	_, err := fmt.Fprintf(w, "other %d %s %s\n", n, link, entry)
	return err
}

// WriteCheckpoint writes a checkpoint. The caller calls it right after writing the entry that the
// checkpoint is of.
func WriteCheckpoint(w io.Writer, s Checkpoint) error {
	_, err := fmt.Fprintf(w, "signed %s\n", s.text())
	return err
}

// WriteWitness writes what a desk has signed. The caller calls it after writing the entry and, if there is one, its checkpoint.
func WriteWitness(w io.Writer, s Witness) error {
	_, err := fmt.Fprintf(w, "witness %s %s %s\n", s.text(), Fingerprint(s.Key), s.Desk)
	return err
}

func (s Checkpoint) text() string {
	return fmt.Sprintf("%d %s %s %s", s.Count, s.Link, formatTime(s.At), base64.StdEncoding.EncodeToString(s.Signature))
}
