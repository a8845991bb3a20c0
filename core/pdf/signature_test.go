package pdf_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/md5" // to make signatures that must be refused
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/core/pdf"
	"countersign/core/pdf/pdftest"
)

const detached = "adbe.pkcs7.detached"

func read(t testing.TB, file []byte) []pdf.Signature {
	t.Helper()
	signatures, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), pdftest.Anchors(t))
	if err != nil {
		t.Fatalf("the signatures cannot be read: %v", err)
	}
	return signatures
}

func only(t testing.TB, file []byte) pdf.Signature {
	t.Helper()
	signatures := read(t, file)
	if len(signatures) != 1 {
		t.Fatalf("%d signatures, want one: %+v", len(signatures), signatures)
	}
	return signatures[0]
}

// refused fails the test unless the signature is not intact, with that text in its problem.
func refused(t testing.TB, s pdf.Signature, reason string) {
	t.Helper()
	if s.Intact() || s.Trusted || !strings.Contains(s.Problem, reason) {
		t.Errorf("intact %t, trusted %t, problem %q; want it refused because %q", s.Intact(), s.Trusted, s.Problem, reason)
	}
}

// accepted fails the test unless the signature is intact.
func accepted(t testing.TB, s pdf.Signature) {
	t.Helper()
	if !s.Intact() || s.Problem != "" {
		t.Errorf("intact %t, problem %q; want an intact signature", s.Intact(), s.Problem)
	}
}

func TestAFileWithoutSignaturesHasNone(t *testing.T) {
	if got := read(t, pdftest.Plain(t, "Plain")); len(got) != 0 {
		t.Errorf("found %+v", got)
	}
}

func TestSignatureIsFullyDescribed(t *testing.T) {
	before := time.Now().Add(-2 * time.Second)
	got := only(t, pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example"))
	if got.SignedAt.Before(before) || got.SignedAt.After(time.Now()) {
		t.Errorf("signed at %v, want about now", got.SignedAt)
	}
	if got.ContentsOffset <= 0 || got.CoveredEnd <= got.ContentsOffset {
		t.Errorf("it is at %d and covers the bytes up to %d", got.ContentsOffset, got.CoveredEnd)
	}
	if range4 := [4]int64{0, got.ContentsOffset, got.ByteRange[2], got.CoveredEnd - got.ByteRange[2]}; got.ByteRange != range4 || got.ByteRange[2] <= got.ContentsOffset {
		t.Errorf("byte range %v", got.ByteRange)
	}
	if len(got.Certificates) != 2 || got.Certificates[0].Subject.CommonName != "Ann Example" || !bytes.Equal(got.Certificates[1].Raw, pdftest.Authority(t).Raw) {
		t.Errorf("certificates %v", got.Certificates)
	}
	if len(got.CMS) < 1000 || got.CMS[0] != 0x30 || got.CMS[len(got.CMS)-1] == 0 && got.CMS[len(got.CMS)-2] == 0 {
		t.Errorf("a message of %d bytes", len(got.CMS))
	}
	if c := got.TrustCoded; c == nil || c.Code != "trust_not_revoked" || len(c.Args) != 1 || c.Args[0].Problem.Code != "trust_anchor" || c.Args[0].Problem.Args[0].Text != "Test authority" {
		t.Errorf("the reason of the trust has the code %+v", c)
	}
	got.TrustCoded = nil
	got.SignedAt, got.ContentsOffset, got.CoveredEnd, got.ByteRange, got.CMS, got.Certificates = time.Time{}, 0, 0, [4]int64{}, nil, nil
	want := pdf.Signature{
		Field: "Signature 1", Signer: "Ann Example", State: pdf.Intact, CoversWholeFile: true, Trusted: true, Algorithm: "SHA-256, ECDSA P-256",
		Level:       "PKCS#7",
		TrustReason: "the certificate was issued under Test authority, which is trusted here; the file does not show whether it was revoked",
	}
	want.Revocation.State = pdf.RevocationNotTold
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(pdf.Signature{})); diff != "" {
		t.Error(diff)
	}
}

func TestASecondSignatureLeavesTheFirstIntact(t *testing.T) {
	one := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	got := read(t, pdftest.Sign(t, one, "Bob Example"))
	if len(got) != 2 {
		t.Fatalf("%d signatures, want two", len(got))
	}
	accepted(t, got[0])
	accepted(t, got[1])
	if got[0].Signer != "Ann Example" || got[1].Signer != "Bob Example" {
		t.Errorf("signers %q and %q, in the order of signing", got[0].Signer, got[1].Signer)
	}
	if got[0].CoversWholeFile || !got[1].CoversWholeFile {
		t.Error("the second signature alone covers the whole file")
	}
}

func TestTrustNeedsAnAnchor(t *testing.T) {
	// Go reads the roots of the system from this file on Unix. They must not be used.
	system := filepath.Join(t.TempDir(), "system.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pdftest.Authority(t).Raw})
	if err := os.WriteFile(system, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", system)
	file := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	for name, anchors := range map[string]pdf.Anchors{"nil": nil, "no anchors": pdftest.AnchorsOf(), "no pool": func([][]byte) *x509.CertPool { return nil }} {
		got, err := pdf.Signatures(bytes.NewReader(file), int64(len(file)), anchors)
		if err != nil {
			t.Fatal(err)
		}
		accepted(t, got[0])
		if got[0].Trusted {
			t.Errorf("trusted with %s", name)
		}
	}
}

func TestTrustUsesTheTimeOfSigning(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	plain := pdftest.Plain(t, "Lease")
	early := message{by: by, at: time.Now().AddDate(-5, 0, 0)}
	got := only(t, pdftest.Embed(t, plain, pdftest.SignatureField{SubFilter: detached}, early.make(t)))
	accepted(t, got)
	if got.Trusted {
		t.Error("trusted at a time before its certificate began")
	}
}

var rsaKeys = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func rsaIdentity(t testing.TB) pdftest.Identity {
	t.Helper()
	key, err := rsaKeys()
	if err != nil {
		t.Fatal(err)
	}
	return pdftest.NewIdentityFor(t, "Rita Example", key)
}

func TestWeakDigests(t *testing.T) {
	rsa := rsaIdentity(t)
	for name, c := range map[string]struct {
		m    message
		weak string
	}{
		"SHA-1":            {message{by: rsa, hash: crypto.SHA1}, "SHA-1"},
		"SHA-1 in RSA-PSS": {message{by: rsa, hash: crypto.SHA1, pss: true}, "SHA-1"},
		"MD5":              {message{by: rsa, hash: crypto.MD5}, "MD5"},
	} {
		t.Run(name, func(t *testing.T) {
			file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, c.m.make(t))
			got := only(t, file)
			accepted(t, got)
			if got.Weak != c.weak || got.Trusted || !strings.Contains(got.TrustReason, c.weak) {
				t.Errorf("weak %q, trusted %t because %q", got.Weak, got.Trusted, got.TrustReason)
			}
			if made := pdf.SignedAfter([]pdf.Signature{got}, 1); len(made) > 0 {
				t.Error("a weak signature counts as made after the document was sent")
			}
		})
	}
}

func TestAlgorithmsAndAttributes(t *testing.T) {
	ec, rsa := pdftest.NewIdentity(t, "Ann Example"), rsaIdentity(t)
	key384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := pdftest.NewIdentityFor(t, "Eddie Example", edKey)
	other := pdftest.NewIdentity(t, "Someone Else")
	withKeyID := ec
	copied := *ec.Certificate
	copied.SubjectKeyId = []byte("no such key")
	withKeyID.Certificate = &copied
	now := time.Now()
	for name, c := range map[string]struct {
		m       message
		refused string
	}{
		"an elliptic key":                               {message{by: ec, at: now}, ""},
		"a longer elliptic key and SHA-384":             {message{by: pdftest.NewIdentityFor(t, "Ann", key384), hash: crypto.SHA384}, ""},
		"RSA":                                           {message{by: rsa, at: now}, ""},
		"RSA and SHA-512":                               {message{by: rsa, hash: crypto.SHA512}, ""},
		"RSA and SHA-512/256":                           {message{by: rsa, hash: crypto.SHA512_256}, ""},
		"RSA and SHA-512/256 in one algorithm":          {message{by: rsa, hash: crypto.SHA512_256, method: sequence(oid(1, 2, 840, 113549, 1, 1, 16), null)}, ""},
		"RSA-PSS":                                       {message{by: rsa, pss: true}, ""},
		"no signed attributes, elliptic":                {message{by: ec, withoutAttributes: true}, ""},
		"no signed attributes, RSA":                     {message{by: rsa, withoutAttributes: true}, ""},
		"no signed attributes, RSA-PSS":                 {message{by: rsa, pss: true, withoutAttributes: true}, ""},
		"indefinite lengths":                            {message{by: ec, indefinite: true}, ""},
		"the certificate it was made for":               {message{by: ec, signingCertificate: ec.Certificate.Raw}, ""},
		"a certificate it was not made for":             {message{by: ec, signingCertificate: other.Certificate.Raw}, "different certificate"},
		"a key that is not the certificate's":           {message{by: pdftest.Identity{Certificate: ec.Certificate, Key: other.Key}}, "not made with the key"},
		"an RSA key that is not the certificate's":      {message{by: pdftest.Identity{Certificate: rsa.Certificate, Key: ec.Key}}, "does not match the key"},
		"an elliptic key that is not the certificate's": {message{by: pdftest.Identity{Certificate: ec.Certificate, Key: rsa.Key}}, "does not match the key"},
		"no signed attributes and two hashes":           {message{by: rsa, withoutAttributes: true, method: sequence(oid(1, 2, 840, 113549, 1, 1, 13), null)}, ""},
		"a hash as the algorithm":                       {message{by: rsa, method: sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), null)}, ""},
		"Ed25519":                                       {message{by: ed, at: now}, ""},
		"Ed25519, no signed attributes":                 {message{by: ed, withoutAttributes: true}, "cannot check"},
		"an Ed25519 key and a P-256 value":              {message{by: pdftest.Identity{Certificate: ed.Certificate, Key: ec.Key}}, "does not match the key"},
		"another Ed25519 signature":                     {message{by: pdftest.Identity{Certificate: ed.Certificate, Key: otherEdKey(t)}}, "not made with the key"},
		"version 1 of the attribute":                    {message{by: ec, namedInV1: ec.Certificate.Raw}, ""},
		"version 1, other certificate":                  {message{by: ec, namedInV1: other.Certificate.Raw}, "different certificate"},
		"an unknown algorithm":                          {message{by: rsa, method: sequence(oid(1, 2, 3))}, "cannot check"},
		"no digest among its attributes":                {message{by: ec, withoutDigest: true}, "all the attributes"},
		"two digests among its attributes":              {message{by: ec, twice: true}, "repeated or contradict"},
		"attributes for another kind of content":        {message{by: ec, attributeKind: tstInfo}, "repeated or contradict"},
		"attributes in another order":                   {message{by: ec, at: now, unsorted: true}, ""},
		"two signers":                                   {message{by: ec, signers: 2}, "exactly one signer"},
		"no certificate":                                {message{by: ec, withoutCertificate: true}, "does not include the certificate"},
		"a key identifier":                              {message{by: ec, byKey: true}, ""},
		"a key identifier of no certificate":            {message{by: withKeyID, byKey: true}, "does not include the certificate"},
		"content in the message":                        {message{by: ec, content: []byte("I owe you nothing")}, "for other content"},
		"a copy of the document in the message":         {message{by: ec, copies: true}, ""},
		"a copy, and no signed attributes":              {message{by: ec, copies: true, withoutAttributes: true}, ""},
		"no content, of another type":                   {message{by: ec, contentKind: tstInfo}, "for other content"},
	} {
		t.Run(name, func(t *testing.T) {
			file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached, Field: "F", Space: 8192}, c.m.make(t))
			got := only(t, file)
			if c.refused != "" {
				refused(t, got, c.refused)
				return
			}
			accepted(t, got)
			if !got.CoversWholeFile || !got.Trusted || got.Field != "F" {
				t.Errorf("got %+v", got)
			}
			at := bytes.Index(file, []byte("Lease"))
			file[at] ^= 1
			if changed := only(t, file); changed.Intact() {
				t.Error("still intact after the document was changed")
			}
		})
	}
}

func otherEdKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSubFilters(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	good := message{by: by}.make(t)
	for name, c := range map[string]struct{ subFilter, refused string }{
		"PKCS #7":         {"adbe.pkcs7.detached", ""},
		"CAdES":           {"ETSI.CAdES.detached", ""},
		"an older format": {"adbe.pkcs7.sha1", ""},
		"another format":  {"ETSI.XAdES", "cannot check"},
		"none":            {"", "does not state its format"},
		"no time-stamp":   {"ETSI.RFC3161", "not have the content of a timestamp"},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: c.subFilter}, good))
			if c.refused == "" {
				accepted(t, got)
				return
			}
			refused(t, got, c.refused)
		})
	}
}

func TestDocumentTimestamp(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 30, 0, int(250*time.Millisecond), time.UTC)
	stamp := timestamp(t, pdftest.NewIdentity(t, "Clock Example"), at)
	plain := pdftest.Plain(t, "Lease")
	file := pdftest.Embed(t, plain, pdftest.SignatureField{SubFilter: "ETSI.RFC3161", Field: "Stamp"}, stamp)
	got := only(t, file)
	accepted(t, got)
	if !got.DocTimestamp || !got.SignedAt.Equal(at) || got.Signer != "Clock Example" {
		t.Errorf("got %+v, want a time-stamp of %v", got, at)
	}
	if after := pdf.SignedAfter([]pdf.Signature{got}, int64(len(plain))); len(after) > 0 {
		t.Error("a time-stamp was taken for the signature of a person")
	}
	file[bytes.Index(file, []byte("Lease"))] ^= 1
	refused(t, only(t, file), "changed after")

	asSignature := pdftest.Embed(t, plain, pdftest.SignatureField{SubFilter: detached}, stamp)
	refused(t, only(t, asSignature), "for other content")
}

func TestModifiedFiles(t *testing.T) {
	plain := pdftest.Plain(t, "Lease")
	file := pdftest.Sign(t, plain, "Ann Example")
	first := only(t, file)
	for name, c := range map[string]struct {
		file    []byte
		refused string
		whole   bool
	}{
		"nothing":                     {file, "", true},
		"a line end after it":         {appendText(file, "\n"), "", false},
		"a Windows line end after it": {appendText(file, "\r\n"), "", false},
		"two line ends after it":      {appendText(file, "\n\n"), "", false},
		"a comment after it":          {appendText(file, "\n% and more\n"), "", false},
		"a letter changed":            {replace(t, file, "Lease", "Least"), "changed after", true},
		"the name of the field":       {replace(t, file, "(Signature 1)", "(Signature 7)"), "changed after", true},
		"its value blanked":           {blankContents(file, first), "blank", true},
		"its value truncated":         {truncateContents(t, file, first), "cannot be read", true},
		"its bracket moved":           {shortenContents(t, file, first), "more or less of the file than itself", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, c.file)
			if c.refused == "" {
				accepted(t, got)
			} else {
				refused(t, got, c.refused)
			}
			if got.CoversWholeFile != c.whole {
				t.Errorf("covers the whole file: %t, want %t", got.CoversWholeFile, c.whole)
			}
		})
	}
}

func TestSignatureOfAnotherFileIsRefused(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	slot := pdftest.SignatureField{SubFilter: detached}
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), slot, message{by: by}.make(t))
	other := pdftest.Embed(t, pdftest.Plain(t, "Least"), slot, message{by: by}.make(t))
	copy(value(file, only(t, file)), value(other, only(t, other)))
	refused(t, only(t, file), "changed after")
}

func TestWrongByteRanges(t *testing.T) {
	good := message{by: pdftest.NewIdentity(t, "Ann Example")}.make(t)
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, good)
	s := only(t, file)
	gapEnd := s.ContentsOffset + 2*4096 + 2
	size := int64(len(file))
	for name, c := range map[string]struct{ numbers, refused string }{
		"does not begin at the start": {fmt.Sprintf("[1 %010d %010d %010d]", s.ContentsOffset-1, gapEnd, size-gapEnd), "leaving out only itself"},
		"leaves out more":             {fmt.Sprintf("[0 %010d %010d %010d]", s.ContentsOffset-9, gapEnd, size-gapEnd), "more or less of the file than itself"},
		"leaves out less":             {fmt.Sprintf("[0 %010d %010d %010d]", s.ContentsOffset+3, gapEnd, size-gapEnd), "more or less of the file than itself"},
		"ends before the end":         {fmt.Sprintf("[0 %010d %010d %010d]", s.ContentsOffset, gapEnd, size-gapEnd-7), "changed after"},
		"ends behind the end":         {fmt.Sprintf("[0 %010d %010d %010d]", s.ContentsOffset, gapEnd, size-gapEnd+7), "not in this file"},
		"overlaps":                    {fmt.Sprintf("[0 %010d %010d %010d]", gapEnd, s.ContentsOffset, size-s.ContentsOffset), "leaving out only itself"},
		"is negative":                 {fmt.Sprintf("[0 %010d %010d %010d]", s.ContentsOffset, gapEnd, -5), "leaving out only itself"},
		"overflows":                   {fmt.Sprintf("[0 %d %d 9223372036854775807]", s.ContentsOffset, gapEnd), "not in this file"},
		"has two numbers":             {fmt.Sprintf("[0 %010d]", s.ContentsOffset), "leaving out only itself"},
		"has six numbers":             {fmt.Sprintf("[0 %d %d 5 %d 5]", s.ContentsOffset, gapEnd, size-5), "leaving out only itself"},
		"has no numbers":              {"[]", "does not state which bytes"},
		"has names":                   {"[/A /B /C /D]", "does not state which bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			const space = len("[0 0000000000 0000000000 0000000000]")
			lying := bytes.Clone(file)
			at := bytes.LastIndex(lying, []byte("/ByteRange ")) + len("/ByteRange ")
			copy(lying[at:], fmt.Sprintf("%-*s", space, c.numbers))
			refused(t, only(t, lying), c.refused)
		})
	}
}

func TestGapMustBeTheContentsOfTheField(t *testing.T) {
	for name, c := range map[string]struct{ entry, refused string }{
		"the same digits under another key": {"/Cert <00000000>", "more or less of the file than itself"},
		"two values, and not the one read":  {"/Contents <11111111>", "a value that is not its own"},
	} {
		t.Run(name, func(t *testing.T) {
			slot := pdftest.SignatureField{SubFilter: detached + " " + c.entry, Space: 4}
			file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), slot, func([]byte) []byte { return nil })
			from := bytes.LastIndex(file, []byte(c.entry)) + strings.IndexByte(c.entry, '<')
			to := from + len("<00000000>")
			at := bytes.LastIndex(file, []byte("/ByteRange ")) + len("/ByteRange ")
			copy(file[at:], fmt.Sprintf("[0 %010d %010d %010d]", from, to, len(file)-to))
			refused(t, only(t, file), c.refused)
		})
	}
}

// The covered bytes stay where they are, and an update has a copy of the signature dictionary that refers to them.
func TestCopiedSignatureIsRefused(t *testing.T) {
	good := message{by: pdftest.NewIdentity(t, "Ann Example")}.make(t)
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached, Field: "A"}, good)
	first := only(t, file)
	copied := pdftest.Embed(t, file, pdftest.SignatureField{SubFilter: detached, Field: "B"}, func([]byte) []byte { return nil })
	numbers := func(b []byte) []byte {
		at := bytes.LastIndex(b, []byte("/ByteRange ")) + len("/ByteRange ")
		return b[at : at+len("[0 0000000000 0000000000 0000000000]")]
	}
	second := read(t, copied)[1]
	copy(numbers(copied), numbers(file))
	copy(copied[second.ContentsOffset:], file[first.ContentsOffset:first.ContentsOffset+2*4096+2])
	got := read(t, copied)
	accepted(t, got[0])
	refused(t, got[1], "a value that is not its own")
	if after := pdf.SignedAfter(got, int64(len(file))); len(after) > 0 {
		t.Error("a copy of the first signature was taken for a second one")
	}
}

func TestSignedAttributesAreNoDocument(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	file := pdftest.Embed(t, append([]byte("x"), pdftest.Plain(t, "Lease")...), pdftest.SignatureField{SubFilter: detached},
		message{by: by, withoutAttributes: true}.make(t))
	refused(t, only(t, file), "not a PDF")
}

func TestSignedAfter(t *testing.T) {
	plain := pdftest.Plain(t, "Lease")
	one := pdftest.Sign(t, plain, "Ann Example")
	two := pdftest.Sign(t, one, "Bob Example")
	for name, c := range map[string]struct {
		file   []byte
		length int
		want   string
	}{
		"the first signature of a plain file": {one, len(plain), "Ann Example"},
		"both are new":                        {two, len(plain), "Ann Example"},
		"the file sent was signed already":    {two, len(one), "Bob Example"},
		"nothing was signed since":            {two, len(two), ""},
		"the length is not known":             {two, 0, ""},
		"the new signature was broken":        {blankContents(one, only(t, one)), len(plain), ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := ""
			if after := pdf.SignedAfter(read(t, c.file), int64(c.length)); len(after) > 0 {
				first = after[0].Signer
			}
			if first != c.want {
				t.Errorf("got %q; want %q", first, c.want)
			}
		})
	}
}

func TestSignedAfterComparesOffsets(t *testing.T) {
	const length = 50
	for name, c := range map[string]struct {
		s    pdf.Signature
		want bool
	}{
		"behind the first bytes":            {pdf.Signature{State: pdf.Intact, ContentsOffset: 50, CoveredEnd: 100}, true},
		"among them, speaking for more":     {pdf.Signature{State: pdf.Intact, ContentsOffset: 49, CoveredEnd: 100}, false},
		"behind them, speaking for no more": {pdf.Signature{State: pdf.Intact, ContentsOffset: 60, CoveredEnd: 50}, false},
	} {
		if after := pdf.SignedAfter([]pdf.Signature{c.s}, length); (len(after) > 0) != c.want {
			t.Errorf("%s: %v, want %t", name, after, c.want)
		}
	}
}

func TestOneSignatureInTwoFieldsCountsOnce(t *testing.T) {
	good := message{by: pdftest.NewIdentity(t, "Ann Example")}.make(t)
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached, Field: "A"}, good)
	_, value, _ := strings.Cut(string(file), "/V ")
	value, _, _ = strings.Cut(value, " ")
	again := fmt.Sprintf("900 0 obj\n<< /FT /Sig /T (B) /V %s 0 R >>\nendobj\n", value)
	got := read(t, update(t, file, "["+fieldNumber(file)+" 0 R 900 0 R]", again))
	if len(got) != 1 || !slices.Equal(got[0].Fields, []string{"A", "B"}) {
		t.Fatalf("got %+v, want one signature with two fields", got)
	}
	accepted(t, got[0])
}

func TestFieldTrees(t *testing.T) {
	good := message{by: pdftest.NewIdentity(t, "Ann Example")}.make(t)
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached, Field: "leaf"}, good)
	number := fieldNumber(file)
	for name, c := range map[string]struct{ catalog, objects, want string }{
		"kind and name from above":    {"[900 0 R]", "900 0 obj\n<< /T (top) /FT /Sig /Kids [" + number + " 0 R] >>\nendobj\n", "top.leaf"},
		"a tree that contains itself": {"[900 0 R]", "900 0 obj\n<< /T (top) /FT /Sig /Kids [900 0 R 900 0 R " + number + " 0 R] >>\nendobj\n", "top.leaf"},
		"the same field twice":        {"[" + number + " 0 R " + number + " 0 R]", "", "leaf"},
		"objects that are no fields":  {"[null 7 (x) 901 0 R " + number + " 0 R]", "", "leaf"},
	} {
		t.Run(name, func(t *testing.T) {
			got := only(t, update(t, file, c.catalog, c.objects))
			accepted(t, got)
			if got.Field != c.want {
				t.Errorf("field %q, want %q", got.Field, c.want)
			}
		})
	}
}

func TestCertificateFromTheDSS(t *testing.T) {
	by := pdftest.NewIdentity(t, "Ann Example")
	bare := message{by: by, withoutCertificate: true, at: time.Now()}.make(t)
	file := pdftest.Embed(t, pdftest.Plain(t, "Lease"), pdftest.SignatureField{SubFilter: detached}, bare)
	refused(t, only(t, file), "does not include the certificate")
	store := fmt.Sprintf("[%s 0 R] >> /DSS << /Certs [null 900 0 R]", fieldNumber(file))
	for name, c := range map[string]struct {
		certificate []byte
		signer      string
	}{
		"its own":          {by.Certificate.Raw, "Ann Example"},
		"of someone else":  {pdftest.NewIdentity(t, "Someone Else").Certificate.Raw, ""},
		"not one":          {[]byte("a certificate"), ""},
		"its own, damaged": {by.Certificate.Raw[:100], ""},
	} {
		stream := fmt.Sprintf("900 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(c.certificate), c.certificate)
		got := only(t, update(t, file, store, stream))
		if got.Signer != c.signer || got.Intact() != (c.signer != "") || got.Trusted != got.Intact() {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestReadErrorsAreReturned(t *testing.T) {
	file := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	broken := errors.New("the disk went away")
	passedOn := false
	for n := 0; ; n++ {
		got, err := pdf.Signatures(&failingReader{file: file, reads: n, err: broken}, int64(len(file)), nil)
		if err == nil {
			if n < 5 || len(got) != 1 {
				t.Fatalf("after %d reads: %+v", n, got)
			}
			accepted(t, got[0])
			break
		}
		passedOn = passedOn || errors.Is(err, broken)
		if !errors.Is(err, broken) && !errors.Is(err, pdf.ErrDamaged) || len(got) > 0 {
			t.Errorf("after %d reads: %+v, %v", n, got, err)
		}
	}
	if !passedOn {
		t.Error("the error of the reader was never returned")
	}
}

// failingReader fails after some reads.
type failingReader struct {
	file  []byte
	reads int
	err   error
}

func (f *failingReader) ReadAt(p []byte, off int64) (int, error) {
	if f.reads--; f.reads < 0 {
		return 0, f.err
	}
	return bytes.NewReader(f.file).ReadAt(p, off)
}

func TestNoCoveredByteCanBeChanged(t *testing.T) {
	file := pdftest.Sign(t, pdftest.Plain(t, "Lease"), "Ann Example")
	s := only(t, file)
	gapEnd := s.ContentsOffset + int64(bytes.IndexByte(file[s.ContentsOffset:], '>')) + 1
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.Int64Range(0, s.CoveredEnd-1-(gapEnd-s.ContentsOffset)).Draw(r, "at")
		if at >= s.ContentsOffset {
			at += gapEnd - s.ContentsOffset
		}
		changed := bytes.Clone(file)
		changed[at] ^= rapid.ByteRange(1, 255).Draw(r, "by")
		signatures, err := pdf.Signatures(bytes.NewReader(changed), int64(len(changed)), nil)
		if err != nil {
			return
		}
		for _, got := range signatures {
			if got.Intact() {
				r.Fatalf("intact after byte %d was changed from %q to %q", at, file[at], changed[at])
			}
		}
	})
}

// fieldNumber returns the object number of the only form field of a file made by pdftest.Embed.
func fieldNumber(file []byte) string {
	_, list, _ := strings.Cut(string(file), "/Fields [")
	number, _, _ := strings.Cut(list, " ")
	return number
}

func appendText(file []byte, more string) []byte { return append(bytes.Clone(file), more...) }

func replace(t testing.TB, file []byte, old, with string) []byte {
	t.Helper()
	if !bytes.Contains(file, []byte(old)) || len(old) != len(with) {
		t.Fatalf("%q cannot be changed to %q", old, with)
	}
	return bytes.Replace(file, []byte(old), []byte(with), 1)
}

// value returns the hexadecimal digits of a signature in a file. Changing them changes the file.
func value(file []byte, s pdf.Signature) []byte {
	return file[s.ContentsOffset+1 : s.ContentsOffset+int64(bytes.IndexByte(file[s.ContentsOffset:], '>'))]
}

// blankContents returns the file with zeros for the value of a signature.
func blankContents(file []byte, s pdf.Signature) []byte {
	out := bytes.Clone(file)
	copy(value(out, s), bytes.Repeat([]byte("0"), len(value(out, s))))
	return out
}

// truncateContents returns the file with zeros for all but the first 200 bytes of a signature.
func truncateContents(t testing.TB, file []byte, s pdf.Signature) []byte {
	t.Helper()
	out := bytes.Clone(file)
	v := value(out, s)
	copy(v[400:], bytes.Repeat([]byte("0"), len(v)-400))
	return out
}

// shortenContents returns the file with the closing bracket of a signature one digit earlier.
func shortenContents(t testing.TB, file []byte, s pdf.Signature) []byte {
	t.Helper()
	out := bytes.Clone(file)
	v := value(out, s)
	v[len(v)-1] = '>'
	return out
}

// update appends objects and a new array of form fields to a file made by pdftest.Embed.
func update(t testing.TB, file []byte, fields, objects string) []byte {
	t.Helper()
	var root, prev int
	at := bytes.LastIndex(file, []byte("/Root "))
	if _, err := fmt.Sscanf(string(file[at:]), "/Root %d", &root); err != nil {
		t.Fatal(err)
	}
	at = bytes.LastIndex(file, []byte("startxref\n"))
	if _, err := fmt.Sscanf(string(file[at:]), "startxref\n%d", &prev); err != nil {
		t.Fatal(err)
	}
	start := fmt.Sprintf("\n%d 0 obj\n", root)
	catalog := string(file[bytes.LastIndex(file, []byte(start))+1:])
	catalog = catalog[:strings.Index(catalog, "endobj")]
	list := strings.Index(catalog, "/Fields [") + len("/Fields ")
	catalog = catalog[:list] + fields + catalog[list+strings.Index(catalog[list:], "]")+1:] + "endobj\n"
	out := bytes.Clone(file)
	rootAt := len(out)
	out = append(out, catalog...)
	objectAt := len(out)
	out = append(out, objects...)
	xref := len(out)
	out = fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \n", root, rootAt)
	if objects != "" {
		out = fmt.Appendf(out, "900 1\n%010d 00000 n \n", objectAt)
	}
	return fmt.Appendf(out, "trailer\n<< /Size 902 /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n", root, prev, xref)
}
