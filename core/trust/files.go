package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"slices"
	"strings"

	"countersign/core/certificate"
	"countersign/core/input"
	"countersign/core/request"
)

var errLarge = errors.New("the file is too large")

// readFile returns the content of a file of at most maxFile bytes. It fails with errLarge for a larger one, and at once for
// folders, pipes and devices.
func readFile(path string) ([]byte, error) {
	source, size, err := input.Path(path).Open()
	if err != nil {
		return nil, err
	}
	defer source.Close()
	if size > maxFile {
		return nil, errLarge
	}
	return io.ReadAll(io.NewSectionReader(source, 0, size))
}

// fileProblem returns an error that tells people what is wrong with a file, and what to do about it. err is the error of
// readFile for this file.
func fileProblem(name string, err error) error {
	if errors.Is(err, errLarge) {
		return request.Errorf("anchor_large", "%s is larger than %d MB: remove it, or split it", label(name), maxFile>>20)
	}
	return request.Errorf("anchor_unreadable", "%s cannot be read: check that it is a file, and that you may read it", label(name))
}

// anchorsOf returns the anchors in the content of a file, and a problem for each certificate that cannot be an anchor, or
// for a file without certificates. The problems call the file name; file is the path that the anchors get.
func anchorsOf(name, file string, content []byte) (anchors []Anchor, problems []error) {
	n := 0
	for _, part := range partsOf(content) {
		for _, raw := range part.certificates {
			n++
			a, err := anchorOf(name, file, n, raw)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			anchors = append(anchors, a)
		}
	}
	if n == 0 {
		problems = append(problems, request.Errorf("anchor_no_certificate", "%s has no certificate: replace it with the certificate of an issuer, or remove it", label(name)))
	}
	return anchors, problems
}

// anchorOf returns the anchor that a certificate is, the nth one of a file. It fails if the certificate cannot be an anchor:
// chains are built by crypto/x509, which refuses some certificates that other programs read.
func anchorOf(name, file string, nth int, raw []byte) (Anchor, error) {
	cert, err := certificate.Parse(raw)
	if err != nil {
		return Anchor{}, request.Errorf("anchor_malformed", "certificate %d in %s is damaged: ask its issuer for a new copy", nth, label(name))
	}
	if cert.Standard == nil {
		return Anchor{}, request.Errorf("anchor_refused", "the certificate of %s in %s cannot be used as an anchor (%s): ask its issuer for a newer one", label(cert.Name()), label(name), refusal(raw))
	}
	sum := sha256.Sum256(cert.Raw)
	return Anchor{
		Name: label(cert.Name()), Issuer: label(cert.IssuerName()), NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		Fingerprint: hex.EncodeToString(sum[:]), File: label(file), certificate: cert.Standard, files: []string{file},
	}, nil
}

// part is a part of a file: a PEM block with the lines before it, or the whole file when it is in DER.
type part struct {
	content      []byte
	certificates [][]byte // in DER or BER
}

// PEM labels of certificates (RFC 7468, sections 5 and 8, and older ones that OpenSSL reads).
const (
	pemCertificate = "CERTIFICATE"
	pemPKCS7       = "PKCS7"
)

var pemCertificates = []string{pemCertificate, "X509 CERTIFICATE", "TRUSTED CERTIFICATE"}

// partsOf splits the content of a file into its parts. It finds out from the content whether this is PEM, DER or PKCS #7. It
// leaves out the certificates after the first maxCertificates.
func partsOf(content []byte) (parts []part) {
	rest := content
	// encoding/pem wants a block at the beginning of a line. Editors put a byte order mark before the first one.
	if i := bytes.Index(content, []byte("-----BEGIN ")); i > 0 && !bytes.Contains(content[:i], []byte("\n")) {
		rest = content[i:]
	}
	for {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		p := part{content: rest[:len(rest)-len(after)]}
		switch {
		case slices.Contains(pemCertificates, block.Type):
			// Behind a "TRUSTED CERTIFICATE", OpenSSL appends what it may be used for.
			if element, _, err := certificate.Element(block.Bytes); err == nil {
				p.certificates = [][]byte{element}
			} else {
				p.certificates = [][]byte{block.Bytes}
			}
		case block.Type == pemPKCS7, block.Type == "CMS":
			p.certificates = certificatesOfMessage(block.Bytes)
		}
		parts, rest = append(parts, p), after
	}
	if len(parts) > 0 {
		if len(rest) > 0 {
			parts = append(parts, part{content: rest})
		}
		return limit(parts)
	}
	p := part{content: content}
	if found := certificatesOfMessage(content); found != nil {
		p.certificates = found
	} else if element, _, err := certificate.Element(content); err == nil {
		if _, err := certificate.Parse(element); err == nil {
			p.certificates = [][]byte{element}
		}
	}
	return limit([]part{p})
}

// limit removes the certificates after the first maxCertificates from the parts of a file.
func limit(parts []part) []part {
	n := 0
	for i := range parts {
		parts[i].certificates = parts[i].certificates[:min(len(parts[i].certificates), maxCertificates-n)]
		n += len(parts[i].certificates)
	}
	return parts
}

var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// certificatesOfMessage returns the certificates in a SignedData (RFC 5652, section 5.1), which issuers hand out without
// content and signers as "PKCS #7". It returns nil for anything else.
func certificatesOfMessage(b []byte) [][]byte {
	der, _, err := certificate.DER(b)
	if err != nil {
		return nil
	}
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil || !outer.Type.Equal(oidSignedData) {
		return nil
	}
	var data asn1.RawValue
	if _, err := asn1.Unmarshal(outer.Content.Bytes, &data); err != nil {
		return nil
	}
	found := [][]byte{}
	for rest := data.Bytes; len(rest) > 0; {
		var field asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &field); err != nil {
			return found
		}
		if field.Class != asn1.ClassContextSpecific || field.Tag != 0 {
			continue
		}
		for set := field.Bytes; len(set) > 0 && len(found) < maxCertificates; {
			var one asn1.RawValue
			if set, err = asn1.Unmarshal(set, &one); err != nil {
				return found
			}
			if one.Class == asn1.ClassUniversal && one.Tag == asn1.TagSequence { // others are attribute certificates
				found = append(found, one.FullBytes)
			}
		}
	}
	return found
}

// refusal returns the reason for which crypto/x509 refuses a certificate, in English.
func refusal(raw []byte) string {
	_, err := x509.ParseCertificate(raw)
	if err == nil {
		return "it can be read in two ways"
	}
	return label(strings.TrimPrefix(err.Error(), "x509: "))
}
