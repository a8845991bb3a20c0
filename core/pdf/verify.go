package pdf

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"slices"

	"countersign/core/certificate"
)

// verifyAll verifies the signatures of a file. It returns them by the end of their byte ranges, which is the order in which
// they were made. An error is one of reading the file; problems are in the signatures.
func verifyAll(r io.ReaderAt, size int64, dicts []signatureDict, c chainSources) ([]Signature, error) {
	all := make([]Signature, 0, len(dicts))
	intactAt := map[int64]bool{}
	for i, d := range dicts {
		s := Signature{Field: d.field, SignedAt: d.claimedTime, ZoneUnknown: d.zoneUnknown, DocTimestamp: d.subFilter == subFilterTimestamp}
		if len(d.otherFields) > 0 {
			s.Fields = append([]string{d.field}, d.otherFields...)
		}
		err := errTooManySignatures
		if i < maxSignatures {
			err = s.verify(r, size, d, c)
		}
		if errors.Is(err, errRead) {
			return nil, err
		}
		if err == nil && intactAt[s.ContentsOffset] {
			err = errDuplicateSignature
		}
		if err == nil {
			s.State, intactAt[s.ContentsOffset] = Intact, true
		} else {
			s.reject(err)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Signature) int {
		switch {
		case a.CoveredEnd == 0 && b.CoveredEnd != 0: // it is not known what they cover: they come last
			return 1
		case a.CoveredEnd != 0 && b.CoveredEnd == 0:
			return -1
		}
		return cmp.Compare(a.CoveredEnd, b.CoveredEnd)
	})
	return all, nil
}

// reject records why a signature is not intact, and clears the fields that only intact ones have.
func (s *Signature) reject(problem error) {
	s.State, s.Problem, s.Coded = stateOf(problem), problem.Error(), codeOf(problem)
	s.Revocation, s.evidence = Revocation{State: RevocationNotTold}, evidence{}
	s.Trusted, s.TrustReason, s.TrustCoded, s.Level, s.SignatureTimestamp, s.Permission, s.Weak = false, "", nil, "", nil, NotCertified, ""
}

// verify fills in a signature, and returns the problem of one that is not intact.
func (s *Signature) verify(r io.ReaderAt, size int64, d signatureDict, c chainSources) error {
	if len(d.contents) > maxContents {
		return errSignatureTooLarge
	}
	c.extra = slices.Concat(d.certificates(), c.extra) // some programs write the certificates there for the newer forms, too
	m, messageErr := parseMessage(d.contents, c.extra)
	if d.subFilter == subFilterPKCS1 {
		m, messageErr = readPKCS1(d)
	}
	s.describe(m)
	s.CMS = trimPadding(d.contents)
	covered, err := newByteRange(d.byteRange, size)
	if err != nil {
		return err
	}
	s.ContentsOffset, s.CoveredEnd = covered.gapStart, covered.end
	s.ByteRange = [4]int64{0, covered.gapStart, covered.gapEnd, covered.end - covered.gapEnd}
	if err := covered.checkGap(r, size, d); err != nil {
		return err
	}
	s.CoversWholeFile = covered.coversWholeFile(size)
	if len(bytes.Trim(d.contents, "\x00")) == 0 {
		return errBlank
	}
	document := func(h crypto.Hash) ([]byte, error) { return covered.digest(r, h) }
	switch d.subFilter {
	case subFilterPKCS7, subFilterCAdES:
		if messageErr != nil {
			return messageErr
		}
		if err := s.verifySignature(r, m, document, c); err != nil {
			return err
		}
		s.Level, s.Permission = m.baselineLevel(d.subFilter, s.SignatureTimestamp), d.permission
		return nil
	case subFilterSHA1, subFilterPKCS1:
		if messageErr != nil {
			return messageErr
		}
		s.Permission = d.permission
		return s.verifyOldForm(r, m, d.subFilter, document, c)
	case subFilterTimestamp:
		if messageErr != nil {
			return messageErr
		}
		s.Level = LevelDocTimestamp
		return s.verifyDocTimestamp(m, document, c)
	case "":
		return errNoSubFilter
	}
	return unknownSubFilter(d.subFilter)
}

// describe fills in what the message claims.
func (s *Signature) describe(m message) {
	if m.certificate == nil {
		return
	}
	s.Signer, s.Certificates, s.Algorithm = m.certificate.Name(), m.chain(), m.describeAlgorithm()
	if !m.signingTime.IsZero() {
		s.SignedAt, s.ZoneUnknown = m.signingTime, m.zoneUnknown
	}
}

// verifySignature fills in a signature of one of the present forms, and returns the problem of one
// that is not intact.
func (s *Signature) verifySignature(r io.ReaderAt, m message, document digester, c chainSources) error {
	if !m.contentType.Equal(oidData) {
		return errNotDetached
	}
	if err := m.checkContent(document, s.ByteRange[1]+s.ByteRange[3]); err != nil {
		return err
	}
	if len(m.signer.Attributes.FullBytes) == 0 {
		if err := checkSignedHead(r); err != nil {
			return err
		}
	}
	var err error
	if s.Weak, err = m.verify(document); err != nil {
		return err
	}
	s.SignatureTimestamp = m.signatureTimestamp(c)
	found := m.trust(c.anchors, s.SigningTime(), x509.ExtKeyUsageAny, s.Weak)
	s.Trusted, s.TrustReason, s.TrustCoded = found.trusted, found.text(), found.reason
	s.evidence = m.evidence()
	return nil
}

// checkSignedHead returns an error unless the file begins like a PDF. Without signed attributes, any bytes may have been
// signed, even the signed attributes of another signature, passed off as a document.
func checkSignedHead(r io.ReaderAt) error {
	head, err := readRange(r, 0, int64(len(headerStart)))
	if err == nil && string(head) != headerStart {
		err = errSignedBytesNotPDF
	}
	return err
}

// verifyDocTimestamp fills in a document time-stamp, and returns the problem of one that is not intact.
func (s *Signature) verifyDocTimestamp(m message, document digester, c chainSources) error {
	info, at, err := readTSTInfo(m)
	if err != nil {
		return err
	}
	s.SignedAt, s.ZoneUnknown = at, false
	if s.Weak, err = verifyTimestamp(m, info, document); err != nil {
		return err
	}
	found := m.trust(c.anchors, at, x509.ExtKeyUsageTimeStamping, s.Weak)
	s.Trusted, s.TrustReason, s.TrustCoded = found.trusted, found.text(), found.reason
	s.evidence = m.evidence()
	return nil
}

// trimPadding removes the zeros after a message.
func trimPadding(contents []byte) []byte {
	if element, _, err := certificate.Element(contents); err == nil {
		return element
	}
	return contents
}
