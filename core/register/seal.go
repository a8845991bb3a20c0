package register

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Seal is a line that can be printed or mailed: what the register was at a time. Who has it
// can tell later whether anything before it was changed.
type Seal struct {
	At       time.Time // when it was made, to the second
	Count    int       // the number of the last entry
	Link     Hash      // its link
	Register string    // the register's id
	Key      string    // the fingerprint of the desk's key; empty when it had none
}

const noKey = "none"

// String is the seal as a line. Its last word is a sum over what comes before, by which an
// error of typing is told from a register that was changed.
func (s Seal) String() string {
	key := s.Key
	if key == "" {
		key = noKey
	}
	text := fmt.Sprintf("Countersign seal v1: %s, %d entries, head %s, register %s, key %s", stamp(s.At), s.Count, s.Link, s.Register, key)
	return text + ", check " + checkOf(text)
}

func checkOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// maxSeal bounds the text in which a seal is looked for, in bytes.
const maxSeal = 64 << 10

// The white space is gone when this is looked for: mail breaks lines where it likes.
var sealForm = regexp.MustCompile(
	`countersignsealv1:(\d{4}-\d\d-\d\dt\d\d:\d\d:\d\dz),(\d{1,15})entries,head([0-9a-f]{64}),register([0-9a-f]{16}),key([0-9a-f]{16}|none),check([0-9a-f]{8})`)

// quoted begins a line of a letter that was answered, or ends one that mail broke.
var quoted = regexp.MustCompile(`(?m)^[ \t>|]+|=\r?$`)

// ErrMistyped says that a seal's own sum does not fit: the line is not as it was printed.
var ErrMistyped = errors.New("the line of the seal is not as it was printed: compare it letter by letter, above all its numbers")

// ParseSeal finds the seal in a text: a line as it was printed, however mail or a person has
// broken, quoted or indented it, and whatever is written around it.
func ParseSeal(text string) (Seal, error) {
	if len(text) > maxSeal {
		return Seal{}, errors.New("that is too long for a seal: give its line alone")
	}
	text = strings.ToLower(quoted.ReplaceAllString(text, ""))
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, text)
	found := map[Seal]bool{}
	var seal Seal
	for _, m := range sealForm.FindAllStringSubmatch(text, -1) {
		s, err := sealOf(m)
		if err != nil {
			return Seal{}, err
		}
		seal, found[s] = s, true
	}
	switch len(found) {
	case 0:
		return Seal{}, errors.New(`there is no whole seal in it: it begins with "Countersign seal v1:" and ends with "check" and eight signs`)
	case 1:
		return seal, nil
	}
	return Seal{}, errors.New("there are several seals in it: give one")
}

func sealOf(m []string) (Seal, error) {
	at, err := time.Parse(time.RFC3339, strings.ToUpper(m[1]))
	if err != nil {
		return Seal{}, ErrMistyped
	}
	count, err := strconv.Atoi(m[2])
	if err != nil {
		return Seal{}, ErrMistyped
	}
	link, err := ParseHash(m[3])
	if err != nil {
		return Seal{}, ErrMistyped
	}
	s := Seal{At: at.UTC(), Count: count, Link: link, Register: m[4], Key: m[5]}
	if s.Key == noKey {
		s.Key = ""
	}
	if line := s.String(); count < 1 || line[len(line)-8:] != m[6] {
		return Seal{}, ErrMistyped
	}
	return s, nil
}
