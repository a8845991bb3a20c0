package register

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"countersign/core/request"
)

// Seal is the state of the register at some time, as a line that can be printed or mailed.
// Whoever has it can later find out whether an entry up to it was changed.
type Seal struct {
	At       time.Time // when it was made, in whole seconds
	Count    int       // the number of the last entry
	Link     Hash      // the link of that entry
	Register string    // the register's id
	Key      string    // the fingerprint of the register key; empty if there was none
}

const noKey = "none"

// String returns the seal as a line. Its last word is a checksum of what comes before, which
// distinguishes a typing error from a register that was changed.
func (s Seal) String() string {
	key := s.Key
	if key == "" {
		key = noKey
	}
	text := fmt.Sprintf("Countersign seal v1: %s, %d entries, head %s, register %s, key %s", formatTime(s.At), s.Count, s.Link, s.Register, key)
	return text + ", check " + checksum(text)
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// maxSeal is the size of the longest text that is searched for a seal, in bytes.
const maxSeal = 64 << 10

// sealForm matches a seal in lower case and without white space, since mail programs break lines.
var sealForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`countersignsealv1:(\d{4}-\d\d-\d\dt\d\d:\d\d:\d\dz),(\d{1,15})entries,head([0-9a-f]{64}),register([0-9a-f]{16}),key([0-9a-f]{16}|none),check([0-9a-f]{8})`)
})

// quoting matches what a mail program puts at the beginning of quoted lines, and at the end of
// lines that it broke.
var quoting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^[ \t>|]+|=\r?$`) })

// ErrMistyped is returned when the checksum of a seal is wrong.
var ErrMistyped = request.Errorf("seal_mistyped", "the seal is not as it was printed: compare it character by character, especially the numbers")

// ParseSeal finds the one seal in a text. It accepts a line that was broken, quoted or
// indented by a mail program or a person, and any text around it. It fails if the text has no
// seal or different ones, and with [ErrMistyped] if the checksum of a seal is wrong.
func ParseSeal(text string) (Seal, error) {
	if len(text) > maxSeal {
		return Seal{}, request.Errorf("seal_long", "the text is too long: enter only the line of the seal")
	}
	text = strings.ToLower(quoting().ReplaceAllString(text, ""))
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, text)
	found := map[Seal]bool{}
	var seal Seal
	for _, m := range sealForm().FindAllStringSubmatch(text, -1) {
		s, err := parseMatch(m)
		if err != nil {
			return Seal{}, err
		}
		seal, found[s] = s, true
	}
	switch len(found) {
	case 0:
		return Seal{}, request.Errorf("seal_none", "the text has no complete seal: a seal begins with %q and ends with %q and eight characters", "Countersign seal v1:", "check")
	case 1:
		return seal, nil
	}
	return Seal{}, request.Errorf("seal_several", "the text contains several seals: enter only one")
}

// parseMatch returns the seal that sealForm has found, or ErrMistyped. m is the match with its
// groups.
func parseMatch(m []string) (Seal, error) {
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
