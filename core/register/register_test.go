package register

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	key   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	other = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	at    = time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)
)

func TestHashesAreThoseOfLines(t *testing.T) {
	var c Hasher
	entry := c.Entry("0190-a", 3, []byte(`{"seq":3}`))
	if want := Hash(sha256.Sum256([]byte("0190-a 3 {\"seq\":3}\n"))); entry != want {
		t.Errorf("entry: %s, not %s", entry, want)
	}
	link := c.Link(Hash{}, entry)
	if want := Hash(sha256.Sum256(fmt.Appendf(nil, "%064d %x\n", 0, entry[:]))); link != want {
		t.Errorf("link: %s, not %s", link, want)
	}
	if back, err := ParseHash(link.String()); err != nil || back != link {
		t.Errorf("read back: %s, %v", back, err)
	}
	for _, bad := range []string{"", "00", strings.Repeat("g", 64), strings.ToUpper(link.String()), link.String() + "00"} {
		if _, err := ParseHash(bad); err == nil {
			t.Errorf("%q passes for a hash", bad)
		}
	}
}

func TestAHeadIsSignedAsDocumented(t *testing.T) {
	h := Head{Register: "0123456789abcdef", Count: 12, Link: Hash{1}, At: at.Add(900 * time.Millisecond).In(time.FixedZone("", 3600))}
	s, err := Sign(h, key)
	if err != nil {
		t.Fatal(err)
	}
	want := "countersign register v1 0123456789abcdef 12 01" + strings.Repeat("0", 62) + " 2026-11-22T10:20:30Z\n"
	if string(s.Statement()) != want || !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte(want), s.Signature) {
		t.Errorf("signed: %q", s.Statement())
	}
	if !s.SignedBy(key.Public().(ed25519.PublicKey)) || s.SignedBy(other.Public().(ed25519.PublicKey)) || s.SignedBy(nil) {
		t.Error("it holds for the wrong key, or not for its own")
	}
	for _, change := range []func(*Checkpoint){
		func(s *Checkpoint) { s.Count++ },
		func(s *Checkpoint) { s.Link[5] ^= 1 },
		func(s *Checkpoint) { s.Register = "0123456789abcdee" },
		func(s *Checkpoint) { s.At = s.At.Add(time.Second) },
		func(s *Checkpoint) { s.Signature = nil },
	} {
		changed := s
		change(&changed)
		if changed.SignedBy(key.Public().(ed25519.PublicKey)) {
			t.Errorf("it holds when it is changed: %s", changed.Statement())
		}
	}
	wrong, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(h, wrong); err == nil {
		t.Error("another kind of key signs")
	}
}

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	public := key.Public().(ed25519.PublicKey)
	text, err := FormatPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := ParsePublicKey(text); err != nil || !back.Equal(public) {
		t.Errorf("read back: %v, %v", back, err)
	}
	if f := Fingerprint(public); len(f) != 16 || f == Fingerprint(other.Public().(ed25519.PublicKey)) {
		t.Errorf("fingerprint %q", f)
	}
	for _, bad := range []string{"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", strings.ReplaceAll(string(text), "PUBLIC", "PRIVATE")} {
		if _, err := ParsePublicKey([]byte(bad)); err == nil {
			t.Errorf("%q passes for a key", bad)
		}
	}
}

var seal = Seal{At: at, Count: 1234, Link: Hash{0xab, 0xcd}, Register: "0123456789abcdef", Key: "fedcba9876543210"}

// wrap breaks a text as a mail program does.
func wrap(text string, width int, begin string) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(begin + text[:width] + "\r\n")
		text = text[width:]
	}
	return b.String() + begin + text
}

func TestASealIsReadHoweverItWasCarried(t *testing.T) {
	line := seal.String()
	for name, text := range map[string]string{
		"as it is":            line,
		"broken":              wrap(line, 72, ""),
		"broken short":        wrap(line, 11, "  "),
		"quoted":              wrap(line, 60, "> "),
		"quoted twice":        wrap(line, 60, ">> > "),
		"quoted-printable":    strings.ReplaceAll(wrap(line, 70, ""), "\r\n", "=\r\n"),
		"in a letter":         "Dear Ana,\n\nhere is the seal of 22 November 2026:\n\n" + line + ".\n\nKind regards\nNúria",
		"in capitals":         strings.ToUpper(line),
		"with other spaces":   strings.ReplaceAll(line, " ", "\u00a0\u200b "),
		"with a trailing dot": line + " . ",
		"twice":               line + "\n" + wrap(line, 30, "> "),
	} {
		if got, err := ParseSeal(text); err != nil || got != seal {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	without := seal
	without.Key = ""
	if got, err := ParseSeal(without.String()); err != nil || got != without {
		t.Errorf("without a key: %+v, %v", got, err)
	}
}

func TestWhatIsNoSealIsRefused(t *testing.T) {
	line := seal.String()
	second := seal
	second.Count++
	empty := seal
	empty.Count = 0
	for name, test := range map[string]struct {
		text     string
		mistyped bool
	}{
		"nothing":              {"", false},
		"a letter":             {"Dear Ana, we have sealed it.", false},
		"cut off":              {line[:len(line)-1], false},
		"another version":      {strings.Replace(line, "v1", "v2", 1), false},
		"another count":        {strings.Replace(line, "1234 entries", "1235 entries", 1), true},
		"another day":          {strings.Replace(line, "-22T", "-21T", 1), true},
		"no day":               {strings.Replace(line, "-22T", "-32T", 1), true},
		"a letter of the head": {strings.Replace(line, "abcd", "abce", 1), true},
		"another key":          {strings.Replace(line, "fedc", "fedd", 1), true},
		"another register":     {strings.Replace(line, "register 0", "register 1", 1), true},
		"another sum":          {line[:len(line)-8] + "00000000", true},
		"of nothing":           {empty.String(), true},
		"two of them":          {line + "\n" + second.String(), false},
		"a book":               {strings.Repeat(line, 1000), false},
	} {
		if got, err := ParseSeal(test.text); err == nil || errors.Is(err, ErrMistyped) != test.mistyped {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseSeal(f *testing.F) {
	f.Add(seal.String())
	f.Add(wrap(seal.String(), 20, "> "))
	f.Add("countersign seal v1:")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSeal(text)
		if err != nil {
			return
		}
		if again, err := ParseSeal(s.String()); err != nil || again != s {
			t.Errorf("%+v is read back as %+v, %v", s, again, err)
		}
	})
}

func publicPEM(t testing.TB, key ed25519.PrivateKey) string {
	t.Helper()
	public, err := FormatPublicKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}
