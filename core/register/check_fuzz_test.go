package register

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// checkText verifies a register in Go. It returns the exit code that check.sh must have.
func checkText(text []byte, key ed25519.PrivateKey, seal *Seal) int {
	c := checker{key: key.Public().(ed25519.PublicKey), seal: seal}
	if len(text) == 0 || bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return broken
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		if err := c.line(line); err != nil {
			return broken
		}
	}
	if c.incomplete || c.signatures == 0 || c.header || c.open || c.unsigned > 0 || c.seal != nil && !c.sealed {
		return partly
	}
	return holds
}

// checker is a second implementation of check.sh.
type checker struct {
	key  ed25519.PublicKey
	seal *Seal

	hasher               Hasher
	register             *string
	number               int
	link                 Hash
	header, open         bool // after a register line; before the first entry of a part
	incomplete, sealed   bool
	unsigned, signatures int
	afterWitness         bool
}

var (
	errLine    = errors.New("not a line of a register, or not here")
	errForeign = errors.New("a signature of another key")
)

func (c *checker) line(text string) error {
	kind, rest, ok := strings.Cut(text, " ")
	fields := strings.Split(rest, " ")
	if !ok || c.header != (kind == "before") {
		return errLine
	}
	switch kind {
	case "register":
		if c.open || c.unsigned > 0 || c.register != nil && (*c.register != rest || c.signatures == 0) || rest != "" && !regexp.MustCompile(`\A[0-9a-f]{16}\z`).MatchString(rest) {
			return errLine
		}
		c.register, c.header = &rest, true
		if c.seal != nil && c.seal.Register != rest {
			return errLine
		}
		return nil
	case "before", "entry", "other", "signed", "witness":
	default:
		return errLine
	}
	if c.register == nil || len(fields) < 2 {
		return errLine
	}
	n, err := strconv.Atoi(fields[0])
	link, linkErr := ParseHash(fields[1])
	if err != nil || linkErr != nil || strconv.Itoa(n) != fields[0] || n < 0 || n > 999_999_999_999_999 {
		return errLine
	}
	switch kind {
	case "before":
		if len(fields) != 2 || n < c.number || n == c.number && link != c.link {
			return errLine
		}
		c.incomplete = c.incomplete || n > c.number
		c.number, c.link, c.header, c.open = n, link, false, true
		return nil
	case "signed":
		if c.unsigned == 0 || c.afterWitness {
			return errLine
		}
		return c.signed(n, link, fields)
	case "witness":
		if c.open || len(fields) < 6 || fields[5] == "" || len(strings.Join(fields[5:], " ")) > 256 || !regexp.MustCompile(`\A[0-9a-f]{16}\z`).MatchString(fields[4]) {
			return errLine
		}
		err := c.signed(n, link, fields[:4])
		c.afterWitness = true
		if fields[4] != Fingerprint(c.key) && errors.Is(err, errForeign) {
			return nil
		}
		return err
	}
	c.afterWitness = false
	return c.entry(kind, n, link, strings.SplitN(rest, " ", 5))
}

func (c *checker) entry(kind string, n int, link Hash, fields []string) error {
	var entry Hash
	switch {
	case kind == "other" && len(fields) == 3:
		var err error
		if entry, err = ParseHash(fields[2]); err != nil {
			return err
		}
		c.incomplete = true
	case kind == "entry" && len(fields) == 5 && strings.HasPrefix(fields[4], "{") && strings.HasSuffix(fields[4], "}") && fields[4] != "{":
		seq, err := strconv.Atoi(fields[3])
		if err != nil || strconv.Itoa(seq) != fields[3] || seq < 1 || seq > 999_999_999 || !regexp.MustCompile(`\A[0-9A-Za-z-]{1,64}\z`).MatchString(fields[2]) {
			return errLine
		}
		entry = c.hasher.Entry(fields[2], seq, []byte(fields[4]))
	default:
		return errLine
	}
	if err := c.compareSeal(); err != nil {
		return err
	}
	c.link = c.hasher.Link(c.link, entry)
	if n != c.number+1 || link != c.link {
		return errLine
	}
	c.number, c.open = n, false
	c.unsigned++
	return c.compareSeal()
}

func (c *checker) signed(n int, link Hash, fields []string) error {
	if len(fields) != 4 || n != c.number || link != c.link {
		return errLine
	}
	when, err := time.Parse(time.RFC3339, fields[2])
	signature, sigErr := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || sigErr != nil || formatTime(when) != fields[2] {
		return errLine
	}
	s := Checkpoint{Head: Head{Register: *c.register, Count: n, Link: link, At: when}, Signature: signature}
	if !s.SignedBy(c.key) {
		return errForeign
	}
	c.unsigned = 0
	c.signatures++
	return nil
}

// compareSeal compares the seal with the entry that was reached.
func (c *checker) compareSeal() error {
	if c.seal == nil || c.seal.Count != c.number {
		return nil
	}
	if c.seal.Link != c.link {
		return errLine
	}
	c.sealed = true
	return nil
}

// FuzzScript compares check.sh with a verification in Go, beginning with registers in which one line was dropped, repeated,
// moved or cut.
func FuzzScript(f *testing.F) {
	all := installedShells(f)
	for _, good := range []string{
		whole(f),
		text(f, part{first: 2, last: 3, hashes: []int{3}, signed: []int{3}}, part{first: 4, last: 5, signed: []int{5}}, part{first: 7, last: 8}),
	} {
		lines := strings.SplitAfter(strings.TrimSuffix(good, "\n"), "\n")
		f.Add([]byte(good))
		for i, line := range lines {
			add := func(replacement ...string) {
				f.Add([]byte(strings.Join(slices.Concat(lines[:i], replacement, lines[i+1:]), "")))
			}
			add()
			add(line, line)
			add(line[:len(line)/2])
			add(line[:len(line)/2] + "\n")
			if i > 0 {
				f.Add([]byte(strings.Join(lines[:i], "")))
				f.Add([]byte(strings.Join(lines[i:], "")))
				moved := slices.Clone(lines)
				moved[i-1], moved[i] = moved[i], moved[i-1]
				f.Add([]byte(strings.Join(moved, "")))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		seal := testSeal(4)
		run := newCheckRun(t, string(text), key)
		shell := all[int(crc32.ChecksumIEEE(text))%len(all)]
		var given *Seal
		if len(text)%2 == 0 {
			run.args, given = append(run.args, seal.String()), &seal
		}
		if code, output := run.in(t, shell); code != checkText(text, key, given) {
			t.Errorf("%s: exit code %d, want %d:\n%s%s", shell, code, checkText(text, key, given), output, text)
		}
	})
}
