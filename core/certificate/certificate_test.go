package certificate

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const signedText = "a lease of 900 a month"

type vector struct{ certificate, signature []byte }

// vectors returns what another program made, by name.
func vectors(t testing.TB) map[string]vector {
	t.Helper()
	text, err := os.ReadFile("testdata/openssl.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]vector{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		decode := func(text string) []byte {
			b, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "-"))
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		all[f[0]] = vector{decode(f[1]), decode(f[2])}
	}
	return all
}

func parse(t testing.TB, der []byte) *Certificate {
	t.Helper()
	c, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pssWith returns a scheme for RSASSA-PSS.
func pssWith(mask crypto.Hash, salt int) Scheme {
	return Scheme{Hash: crypto.SHA256, family: rsaPSS, pss: PSS{Hash: crypto.SHA256, Mask: mask, Salt: salt}}
}

func TestVerifyWhatAnotherProgramSigned(t *testing.T) {
	schemes := map[string]Scheme{
		"exponent":                 {Hash: crypto.SHA256, family: rsaPKCS1},
		"exponent-pss":             pssWith(crypto.SHA256, 32),
		"pss":                      pssWith(crypto.SHA256, 32),
		"mgf":                      pssWith(crypto.SHA1, 20),
		"nosalt":                   pssWith(crypto.SHA256, 0),
		"explicit-brainpoolP384r1": {Hash: crypto.SHA512, family: ecdsaDER},
	}
	for name, v := range vectors(t) {
		if len(v.signature) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			c := parse(t, v.certificate)
			s, ok := schemes[name]
			if !ok {
				s = Scheme{Hash: crypto.SHA256, family: ecdsaDER}
			}
			if err := s.Verify(c, []byte(signedText), v.signature); err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(c, []byte("a lease of 90 a month"), v.signature); !errors.Is(err, ErrForged) {
				t.Errorf("another text: %v", err)
			}
			for i := 0; i < len(v.signature); i += 9 {
				changed := bytes.Clone(v.signature)
				changed[i] ^= 1
				if err := s.Verify(c, []byte(signedText), changed); !errors.Is(err, ErrForged) {
					t.Fatalf("byte %d changed: %v", i, err)
				}
			}
			if !c.SignedBy(c) {
				t.Error("it does not verify its own signature")
			}
			if name == "pss" && (Scheme{Hash: crypto.SHA256, family: rsaPKCS1}).Verify(c, []byte(signedText), v.signature) != ErrMismatch {
				t.Error("a key for RSASSA-PSS alone is used with PKCS #1 v1.5")
			}
		})
	}
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		serial   int64
		standard bool
		key      string
	}{
		"serial":          {-5559876543210, true, "ECDSA P-256"},
		"mail":            {0, false, "ECDSA P-256"},
		"uri":             {0, false, "ECDSA P-256"},
		"brainpoolP256r1": {0, false, "ECDSA brainpoolP256r1"},
		"explicit-P-256":  {0, false, "ECDSA P-256"},
		"exponent":        {0, true, "RSA 1024"},
		"pss":             {0, true, "RSA 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			v := vectors(t)[name]
			got := parse(t, v.certificate)
			if got.Name() != "Signer "+name || got.IssuerName() != got.Name() || !got.IsSelfIssued() || got.KeyName() != c.key {
				t.Errorf("name %q, issuer %q, key %q", got.Name(), got.IssuerName(), got.KeyName())
			}
			if c.serial != 0 && got.SerialNumber.Int64() != c.serial {
				t.Errorf("serial number %v", got.SerialNumber)
			}
			if (got.Standard != nil) != c.standard || len(got.SubjectKeyID) == 0 || got.NotAfter.Before(got.NotBefore) {
				t.Errorf("standard %t, key id % x, valid %v to %v", got.Standard != nil, got.SubjectKeyID, got.NotBefore, got.NotAfter)
			}
			if !bytes.Equal(got.Raw, v.certificate) || !bytes.Contains(got.Raw, got.RawTBS) {
				t.Error("the bytes are not those of the certificate")
			}
			if _, err := Parse(append(bytes.Clone(v.certificate), 0)); err == nil {
				t.Error("bytes after the certificate are accepted")
			}
			for n := range v.certificate {
				if _, err := Parse(v.certificate[:n]); err == nil {
					t.Fatalf("its first %d bytes are a certificate", n)
				}
			}
		})
	}
}

// element returns a DER element.
func element(tag byte, content ...[]byte) []byte {
	return appendElement([]byte{tag}, bytes.Join(content, nil))
}

// build returns a certificate with that name of the subject and SubjectPublicKeyInfo, and with the length of the whole in
// four bytes more than it needs when long.
func build(name, key []byte, long bool) []byte {
	algorithm := element(0x30, []byte("\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"))
	validity := element(0x30, element(0x17, []byte("2601010000Z")), element(0x18, []byte("20360101000000+0100")))
	tbs := element(0x30, element(0x02, []byte{7}), algorithm, element(0x30), validity, name, key)
	body := bytes.Join([][]byte{tbs, algorithm, element(0x03, []byte{0, 1})}, nil)
	if !long {
		return element(0x30, body)
	}
	return append([]byte{0x30, 0x84, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}

func commonName(tag byte, value string) []byte {
	return element(0x30, element(0x31, element(0x30, []byte("\x06\x03\x55\x04\x03"), element(tag, []byte(value)))))
}

func rsaInfo(n, e []byte) []byte {
	key := element(0x30, element(0x02, n), element(0x02, e))
	return element(0x30, element(0x30, element(0x06, keyRSA), []byte{5, 0}), element(0x03, []byte{0}, key))
}

func TestParseWhatOthersWrite(t *testing.T) {
	modulus := append([]byte{0xc1}, bytes.Repeat([]byte{0x55}, 127)...)
	c := parse(t, build(commonName(20, "I\xf1aki"), rsaInfo(modulus, []byte{3}), true))
	if c.Name() != "Iñaki" {
		t.Errorf("name %q", c.Name())
	}
	key, ok := c.PublicKey.(*RSAKey)
	if !ok || key.N.Sign() <= 0 || key.N.BitLen() != 1024 {
		t.Errorf("key %+v", c.PublicKey)
	}
	if !c.NotBefore.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || !c.NotAfter.Equal(time.Date(2035, 12, 31, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("valid from %v to %v", c.NotBefore, c.NotAfter)
	}
	if c.Standard != nil {
		t.Error("crypto/x509 reads it")
	}
	if c = parse(t, build(commonName(30, "\x00I\x00\xf1"), rsaInfo(modulus, []byte{3}), false)); c.Name() != "Iñ" {
		t.Errorf("name %q", c.Name())
	}
}

func TestSameName(t *testing.T) {
	a := commonName(0x13, "EC-ACC  Catalunya")
	for name, c := range map[string]struct {
		other []byte
		want  bool
	}{
		"another string type":     {commonName(0x0c, "EC-ACC  Catalunya"), true},
		"other case and spaces":   {commonName(0x0c, " ec-acc catalunya "), true},
		"sixteen bits a letter":   {commonName(30, "\x00E\x00C\x00-\x00A\x00C\x00C\x00 \x00C\x00a\x00t\x00a\x00l\x00u\x00n\x00y\x00a"), true},
		"another name":            {commonName(0x0c, "EC-ACC Catalunyb"), false},
		"one more attribute":      {element(0x30, Content(a), Content(commonName(0x0c, "x"))), false},
		"the same, not as string": {commonName(0x04, "EC-ACC  Catalunya"), false},
		"a long name":             {commonName(0x0c, "EC-ACC  Catalunya"+strings.Repeat(" ", maxName)), false},
		"nothing":                 {nil, false},
		"an empty name":           {element(0x30), false},
	} {
		if SameName(a, c.other) != c.want || SameName(c.other, a) != c.want {
			t.Errorf("%s: want %t", name, c.want)
		}
	}
}

func TestUselessKeys(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(signedText))
	info := element(0x30, element(0x30, hashOIDs[crypto.SHA256], []byte{5, 0}), element(0x04, digest[:]))
	padded := append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 256-3-len(info))...), 0)
	padded = append(padded, info...)
	s := Scheme{Hash: crypto.SHA256, family: rsaPKCS1}
	for name, c := range map[string]struct {
		key   *RSAKey
		value []byte
		want  error
	}{
		"an exponent of one":                       {&RSAKey{key.N, big.NewInt(1)}, padded, ErrUselessKey},
		"an exponent of zero":                      {&RSAKey{key.N, big.NewInt(0)}, padded, ErrUselessKey},
		"an even exponent":                         {&RSAKey{key.N, big.NewInt(65536)}, padded, ErrUselessKey},
		"an even modulus":                          {&RSAKey{new(big.Int).Add(key.N, big.NewInt(1)), big.NewInt(3)}, padded, ErrUselessKey},
		"a short modulus":                          {&RSAKey{big.NewInt(187), big.NewInt(3)}, []byte{1}, ErrUselessKey},
		"an exponent of the length of the modulus": {&RSAKey{key.N, new(big.Int).SetBit(big.NewInt(1), 2000, 1)}, padded, ErrUselessKey},
		"a modulus of a megabit":                   {&RSAKey{new(big.Int).SetBit(big.NewInt(1), 1<<20, 1), big.NewInt(3)}, padded, ErrUselessKey},
		"the padding as value":                     {&RSAKey{key.N, big.NewInt(65537)}, padded, ErrForged},
		"a value above the modulus":                {&RSAKey{key.N, big.NewInt(65537)}, bytes.Repeat([]byte{0xff}, 256), ErrForged},
	} {
		if err := s.VerifyDigest(&Certificate{PublicKey: c.key}, digest[:], c.value); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// With an exponent of three, a cube whose beginning looks like the padding passes wherever the rest is not compared.
func TestCubeRootForgery(t *testing.T) {
	n := new(big.Int).SetBit(big.NewInt(1), 3071, 1)
	for _, e := range []*big.Int{big.NewInt(3), new(big.Int).SetBit(big.NewInt(1), 40, 1)} {
		key := &RSAKey{n, e}
		digest := sha256.Sum256([]byte(signedText))
		info := element(0x30, element(0x30, hashOIDs[crypto.SHA256], []byte{5, 0}), element(0x04, digest[:]))
		head := append([]byte{0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}, info...)
		block := new(big.Int).SetBytes(append(head, bytes.Repeat([]byte{0xff}, 384-len(head))...))
		root := cubeRoot(block)
		opened := new(big.Int).Exp(root, big.NewInt(3), nil).FillBytes(make([]byte, 384))
		if !bytes.HasPrefix(opened, head) {
			t.Fatal("the forgery does not even begin like the padding")
		}
		if key.verifyPKCS1v15(crypto.SHA256, digest[:], root.FillBytes(make([]byte, 384))) {
			t.Error("a forgery is accepted")
		}
	}
}

// cubeRoot returns the largest number whose cube is not above n.
func cubeRoot(n *big.Int) *big.Int {
	low, high := big.NewInt(0), new(big.Int).SetBit(big.NewInt(1), n.BitLen()/3+1, 1)
	for {
		middle := new(big.Int).Add(low, high)
		if middle.Rsh(middle, 1); middle.Cmp(low) == 0 {
			return low
		}
		if new(big.Int).Exp(middle, big.NewInt(3), nil).Cmp(n) > 0 {
			high = middle
		} else {
			low = middle
		}
	}
}

// With a generator of his own, anybody has a private key for any public one: the key itself, when the factor is 1
// (CVE-2020-0601).
func TestExplicitParametersMustBeThoseOfACurve(t *testing.T) {
	good := vectors(t)["explicit-P-256"].certificate
	curve := standardCurve(t, "P-256")
	c := parse(t, good)
	key, ok := c.PublicKey.(*ECKey)
	if !ok || key.Curve != curve {
		t.Fatalf("key %+v", c.PublicKey)
	}
	generator := append(curve.x.FillBytes(make([]byte, 32)), curve.y.FillBytes(make([]byte, 32))...)
	point := append(key.X.FillBytes(make([]byte, 32)), key.Y.FillBytes(make([]byte, 32))...)
	for name, replaced := range map[string][2][]byte{
		"a generator of one's own": {generator, point},
		"another order":            {curve.n.Bytes(), new(big.Int).Sub(curve.n, big.NewInt(2)).Bytes()},
		"another prime":            {curve.p.Bytes(), new(big.Int).Sub(curve.p, big.NewInt(2)).Bytes()},
		"another coefficient":      {curve.b.Bytes(), new(big.Int).Sub(curve.b, big.NewInt(1)).Bytes()},
	} {
		at := bytes.Index(good, replaced[0])
		if at < 0 {
			t.Fatalf("%s: nothing to replace", name)
		}
		evil := bytes.Clone(good)
		copy(evil[at:], replaced[1])
		if got := parse(t, evil); got.PublicKey != nil || got.Standard != nil {
			t.Errorf("%s: key %+v", name, got.PublicKey)
		} else if err := (Scheme{Hash: crypto.SHA256, family: ecdsaDER}).Verify(got, []byte(signedText), vectors(t)["explicit-P-256"].signature); !errors.Is(err, ErrUnsupportedKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range curves {
		if !c.onCurve(c.x, c.y) || c.combine(c.n, big.NewInt(0), affine{c.x, c.y}).x != nil {
			t.Errorf("%s: the generator is not on the curve, or has another order", c.Name)
		}
	}
}

func standardCurve(t *testing.T, name string) *Curve {
	t.Helper()
	for _, c := range curves {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no curve %s", name)
	return nil
}

func TestTime(t *testing.T) {
	for text, want := range map[string]string{
		"260101101500Z":           "2026-01-01T10:15:00Z",
		"2601011015Z":             "2026-01-01T10:15:00Z",
		"260101101500+0100":       "2026-01-01T10:15:00+01:00",
		"2601011015-0330":         "2026-01-01T10:15:00-03:30",
		"500101101500Z":           "1950-01-01T10:15:00Z",
		"20260101101500Z":         "2026-01-01T10:15:00Z",
		"20260101101500.123+0200": "2026-01-01T10:15:00+02:00",
		"20260101101500,5Z":       "2026-01-01T10:15:00Z",
		"202601011015Z":           "2026-01-01T10:15:00Z",
		"20260101101500":          "",
		"20261301101500Z":         "",
		"":                        "",
	} {
		tag := asn1.TagUTCTime
		if strings.HasPrefix(text, "20") {
			tag = asn1.TagGeneralizedTime
		}
		got, ok := Time(tag, []byte(text))
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
	}
}

func TestHashes(t *testing.T) {
	sha1WithRSA := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
	if h, err := HashOf(sha1WithRSA); err != nil || h != crypto.SHA1 || Weak(h) != "SHA-1" || HashName(sha1WithRSA) != "SHA-1" {
		t.Errorf("%v, %v", h, err)
	}
	md2 := asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 2}
	if _, err := HashOf(md2); !errors.Is(err, ErrUnsupported) || HashName(md2) != "MD2" {
		t.Error("MD2 is supported")
	}
	if Weak(crypto.SHA256) != "" || Weak(0) != "" {
		t.Error("SHA-256 is weak")
	}
	if _, err := NewScheme(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 3}}, crypto.SHA256); !errors.Is(err, ErrUnsupported) {
		t.Error("an unknown algorithm is supported")
	}
}

// A hash where a signature algorithm belongs leaves the rest to the key.
func TestAHashInsteadOfASignatureAlgorithm(t *testing.T) {
	sha256 := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	for _, name := range []string{"exponent", "brainpoolP256r1"} {
		v := vectors(t)[name]
		s, err := NewScheme(pkix.AlgorithmIdentifier{Algorithm: sha256}, crypto.SHA512)
		if err != nil || s.Hash != crypto.SHA256 {
			t.Fatalf("%v, %v", s.Hash, err)
		}
		if err := s.Verify(parse(t, v.certificate), []byte(signedText), v.signature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for oid, want := range map[string]string{"1.3.101.113": "Ed448", "1.2.3": "1.2.3", "2.16.840.1.101.3.4.2.1": "SHA-256"} {
		if got := AlgorithmName(parseOID(t, oid)); got != want {
			t.Errorf("%s: %s, want %s", oid, got, want)
		}
	}
}

func parseOID(t *testing.T, text string) (oid asn1.ObjectIdentifier) {
	t.Helper()
	for arc := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(arc)
		if err != nil {
			t.Fatal(err)
		}
		oid = append(oid, n)
	}
	return oid
}

func TestSortedSet(t *testing.T) {
	set := element(0x31, element(0x04, []byte("b")), element(0x02, []byte{1}), element(0x04, []byte("a")))
	want := element(0x31, element(0x02, []byte{1}), element(0x04, []byte("a")), element(0x04, []byte("b")))
	if got := SortedSet(set); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
	if got := SortedSet(want); !bytes.Equal(got, want) {
		t.Errorf("a sorted set became % x", got)
	}
}

// The hash in the encoding does not cover the zeros and the one before the salt.
func TestPSSPaddingIsCompared(t *testing.T) {
	v := vectors(t)["mgf"]
	key := parse(t, v.certificate).PublicKey.(*RSAKey)
	digest := sha256.Sum256([]byte(signedText))
	p, bits := PSS{crypto.SHA256, crypto.SHA1, 20}, key.N.BitLen()-1
	encoded := key.open(v.signature)
	if !verifyPSSEncoding(p, digest[:], encoded, bits) {
		t.Fatal("the encoding is refused")
	}
	for i := range encoded {
		changed := bytes.Clone(encoded)
		changed[i] ^= 2
		if verifyPSSEncoding(p, digest[:], changed, bits) {
			t.Errorf("byte %d can be changed", i)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.certificate)
	}
	f.Add(build(commonName(20, "I\xf1aki"), rsaInfo([]byte{0xc1, 1}, []byte{3}), true))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Raw, raw) || c.SerialNumber == nil {
			t.Error("the certificate is not what was read")
		}
		_, _, _ = c.Name(), c.IssuerName(), c.KeyName()
		_ = c.SignedBy(c)
		if std, err := x509.ParseCertificate(raw); err == nil {
			if c.Standard == nil || !bytes.Equal(c.RawSubject, std.RawSubject) || c.SerialNumber.Cmp(std.SerialNumber) != 0 {
				t.Error("crypto/x509 reads other values")
			}
		}
	})
}
