package pdf

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"io"
	"slices"
)

// Options say what a file is examined for. The zero value asks for its signatures alone.
type Options struct {
	Anchors *x509.CertPool // whom to trust; nobody when nil
	// Since is how long the file was at an earlier time, in bytes, to be told what was added since; zero asks for nothing.
	Since int64
}

// Report is what a file says of itself.
type Report struct {
	Pages      int         // zero when they cannot be counted
	Encrypted  bool        // it opens without a password all the same
	Signatures []Signature // in the order in which they were made
	Waiting    []string    // the fields that are there for a signature and have none
	// Hidden counts what looks like a signature in the raw file and belongs to no field: one may have been taken out.
	Hidden int
	Since  Appended // what was added since [Options.Since]
}

// Examine tells all that can be told of a file without asking anyone. An error means that it cannot be read as a PDF.
func Examine(r io.ReaderAt, size int64, o Options) (Report, error) {
	d, err := open(r, size)
	if err != nil {
		return Report{}, err
	}
	report := Report{Encrypted: d.Encrypt != nil}
	if report.Pages, err = countPages(d); errors.Is(err, errRead) {
		return Report{}, err
	}
	var claims []signatureDict
	if claims, report.Waiting, err = findSignatures(d); err != nil {
		return Report{}, err
	}
	beside, err := dssCertificates(d)
	if err != nil {
		return Report{}, err
	}
	validation, err := readValidationData(d)
	if err != nil {
		return Report{}, err
	}
	if report.Hidden, err = countOrphaned(r, size, len(claims)); err != nil {
		return Report{}, err
	}
	signatures, contents, err := verifyAll(r, size, claims, chainSources{anchors: o.Anchors, extra: beside})
	if err != nil {
		return Report{}, err
	}
	raiseLevels(signatures, contents, validation)
	report.Signatures = signatures
	return report, report.fillAppended(r, size, o.Since)
}

// verifyAll checks what the fields claim.
func verifyAll(r io.ReaderAt, size int64, claims []signatureDict, t chainSources) ([]Signature, [][]byte, error) {
	type found struct {
		Signature
		contents []byte
	}
	all := make([]found, 0, len(claims))
	places := map[int64]bool{}
	for i, c := range claims {
		s := Signature{Field: c.field, SignedAt: c.claimedTime, Timestamp: c.subFilter == subFilterTimestamp}
		err := errTooManySignatures
		if i < maxSignatures {
			err = s.verify(r, size, c, t)
		}
		if errors.Is(err, errRead) {
			return nil, nil, err
		}
		if err == nil && places[s.At] {
			err = errDuplicateSignature
		}
		if err == nil {
			s.Intact, places[s.At] = true, true
		} else {
			s.reject(err)
		}
		all = append(all, found{s, c.contents})
	}
	slices.SortStableFunc(all, func(a, b found) int {
		// Those of which it is not known what they sign come last.
		return cmp.Or(compareBool(a.End == 0, b.End == 0), cmp.Compare(a.End, b.End))
	})
	var signatures []Signature
	var contents [][]byte
	for _, f := range all {
		signatures, contents = append(signatures, f.Signature), append(contents, f.contents)
	}
	return signatures, contents, nil
}

// reject says why a signature is not intact, and takes back what is only told of one that is.
func (s *Signature) reject(err error) {
	s.Problem = err.Error()
	s.Trusted, s.Trust, s.Level, s.Stamp, s.Permits = false, "", "", nil, NotCertified
}

// countOrphaned counts the places in the raw file that say which bytes are signed, beyond those that fields refer to.
func countOrphaned(r io.ReaderAt, size int64, claims int) (int, error) {
	const block = 1 << 20
	key := []byte("/ByteRange")
	count := 0
	for at := int64(0); at < size; at += block {
		// Each block is read with the beginning of the next, so that no key is cut, and none is counted twice.
		b, err := readRange(r, at, min(size, at+block+int64(len(key))-1))
		if err != nil {
			return 0, err
		}
		count += bytes.Count(b, key)
	}
	return max(0, count-claims), nil
}

// fillAppended tells what came after each intact signature, and after a place that was asked for.
func (r *Report) fillAppended(file io.ReaderAt, size, since int64) error {
	first := size
	if since > 0 {
		first = min(first, since)
	}
	for _, s := range r.Signatures {
		if s.Intact {
			first = min(first, s.End)
		}
	}
	if first >= size {
		return nil
	}
	h := revisions{raw: file, size: size}
	if err := h.read(first); err != nil {
		return err
	}
	for i := range r.Signatures {
		s := &r.Signatures[i]
		if !s.Intact {
			continue
		}
		var err error
		if s.Added, err = r.appendedAfter(&h, s.End); err != nil {
			return err
		}
		s.Breach = s.Permits.violation(s.Added.Changes)
	}
	var err error
	if since > 0 {
		r.Since, err = r.appendedAfter(&h, since)
	}
	return err
}

// appendedAfter tells what came after a place. A signature that is not intact is none, whatever it looks like: in a file with one of
// these, what came with a signature may be something else.
func (r *Report) appendedAfter(h *revisions, from int64) (Appended, error) {
	added, err := h.appendedAfter(from)
	if err != nil || added.Bytes == 0 {
		return added, err
	}
	signed := slices.Contains(added.Changes, SignatureAdded) || slices.Contains(added.Changes, TimestampAdded)
	forged := slices.ContainsFunc(r.Signatures, func(s Signature) bool { return !s.Intact })
	if signed && forged {
		added.Changes = bySeverity(append(added.Changes, SomethingElse))
	}
	return added, nil
}
