package pdf

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"io"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// Options are what [Examine] is asked for beyond the signatures.
type Options struct {
	Anchors *x509.CertPool // the roots that are trusted; nil trusts nobody
	// SinceOffset is an earlier size of the file in bytes. [Report.Since] is then what was appended after it. Zero asks for nothing.
	SinceOffset int64

	limits limits
}

// Report is what a PDF file shows of itself.
type Report struct {
	Pages          int         // zero when they cannot be counted
	Encrypted      bool        // it is encrypted, and opens without a password
	Signatures     []Signature // in the order in which they were made
	UnsignedFields []string    // the fully qualified names of signature fields without a signature
	// OrphanedByteRanges is how many byte ranges the raw file has that belong to no signature field. A signature may have been removed.
	OrphanedByteRanges int
	AppendedSince      Appended // what was appended after [Options.Since]
}

// Signatures returns the signatures of the first size bytes of r in the order in which they were made: [Examine] with
// anchors alone. A file without signatures is no error.
func Signatures(r io.ReaderAt, size int64, anchors *x509.CertPool) ([]Signature, error) {
	report, err := Examine(r, size, Options{Anchors: anchors})
	return report.Signatures, err
}

// Examine verifies the signatures of the first size bytes of r, and compares the revisions of the file. It uses no network.
// Chains are built only from certificates in the file, and end only at the anchors.
//
// The error wraps one of [ErrEmpty], [ErrNotPDF], [ErrEncrypted], [ErrDamaged] and [ErrTooLarge], or
// an error of r. A signature that is not intact is no error.
func Examine(r io.ReaderAt, size int64, o Options) (Report, error) {
	d, err := openTolerant(r, size, o.limits.budget())
	if err != nil {
		return Report{}, err
	}
	report := Report{Encrypted: d.encrypted()}
	report.Pages, _ = d.countPages()
	var dicts []signatureDict
	if dicts, report.UnsignedFields, err = findSignatures(d); err != nil {
		return Report{}, err
	}
	extra, err := dssCertificates(d)
	if err != nil {
		return Report{}, err
	}
	validation, err := readValidationData(d)
	if err != nil {
		return Report{}, err
	}
	rights, err := usageRights(d)
	if err != nil {
		return Report{}, err
	}
	if report.OrphanedByteRanges, err = countOrphaned(r, size, len(dicts)+rights); err != nil {
		return Report{}, err
	}
	signatures, contents, err := verifyAll(newHashedFile(r), size, dicts, chainSources{anchors: o.Anchors, extra: extra})
	if err != nil {
		return Report{}, err
	}
	raiseLevels(signatures, contents, validation)
	report.Signatures = signatures
	return report, report.fillAppended(r, size, o)
}

// usageRights returns how many usage rights signatures the document has (ISO 32000-1, 12.8.2.3 and 12.8.4). They allow certain
// programs to do more with the file, say nothing about its content, and are in no field.
func usageRights(d *document) (count int, err error) {
	defer recoverDamaged(&err)
	permissions := d.dict(d.catalog()["Perms"])
	for _, key := range []string{"UR", "UR3"} {
		signature := d.dict(permissions[key])
		if signature["ByteRange"] == nil {
			continue
		}
		ok := false
		for _, o := range d.array(signature["Reference"]) {
			if method := d.name(d.dict(o)["TransformMethod"]); method == "UR" || method == "UR3" {
				ok = true
			}
		}
		// Without the method it may be another signature that was taken out of its field. That one leaves out its own value.
		if ok || !d.leavesOutItself(signature) {
			count++
		}
	}
	return count, nil
}

// leavesOutItself reports whether the gap in the /ByteRange of a signature is its value.
func (d *document) leavesOutItself(signature types.Dict) bool {
	w := fieldWalk{document: d}
	numbers, _ := d.resolve(signature["ByteRange"]).(types.Array)
	value, _ := d.resolve(signature["Contents"]).(types.HexLiteral)
	covered, err := newByteRange(w.integers(numbers), d.size)
	if err != nil || covered.gapEnd-covered.gapStart > 3*maxContents {
		return false
	}
	gap, err := readRange(d.raw, covered.gapStart, covered.gapEnd)
	if err != nil {
		return true
	}
	contents, ok := hexString(gap)
	own, _ := hex.DecodeString(value.Value())
	return ok && bytes.Equal(contents, own)
}

// countOrphaned returns how many times the raw file has the key /ByteRange beyond the signatures that were found.
func countOrphaned(r io.ReaderAt, size int64, found int) (int, error) {
	const block = 1 << 20
	key := []byte("/ByteRange")
	count := 0
	for start := int64(0); start < size; start += block {
		// Blocks overlap by one byte less than the key: no key is missed at a border, and none is counted twice.
		b, err := readRange(r, start, min(size, start+block+int64(len(key))-1))
		if err != nil {
			return 0, err
		}
		count += bytes.Count(b, key)
	}
	return max(0, count-found), nil
}

// fillAppended fills in what was appended after each intact signature, and after o.Since.
func (r *Report) fillAppended(file io.ReaderAt, size int64, o Options) error {
	first := size
	if o.SinceOffset > 0 {
		first = min(first, o.SinceOffset)
	}
	for _, s := range r.Signatures {
		if s.Intact() {
			first = min(first, s.CoveredEnd)
		}
	}
	if first >= size {
		return nil
	}
	// Where the header is not at the beginning, readers disagree about what offsets count from. They may then find different
	// objects in the same update, so nothing is compared.
	revs := &revisions{raw: file, size: size, unclear: true}
	if start, err := findHeader(file, size); err != nil {
		return err
	} else if start == 0 {
		if revs, err = readRevisions(file, size, first, o.limits.budget()); err != nil {
			return err
		}
	}
	var err error
	for i := range r.Signatures {
		s := &r.Signatures[i]
		if !s.Intact() {
			continue
		}
		if s.Appended, err = r.appendedAfter(revs, s.CoveredEnd); err != nil {
			return err
		}
		s.Violation = s.Permission.violation(s.Appended.Changes)
	}
	if o.SinceOffset > 0 {
		r.AppendedSince, err = r.appendedAfter(revs, o.SinceOffset)
	}
	return err
}

// appendedAfter returns what was appended after an offset. If any signature of the file is not intact, an added signature
// may be that one, so its update counts as [OtherChange] too.
func (r *Report) appendedAfter(revs *revisions, offset int64) (Appended, error) {
	appended, err := revs.appendedAfter(offset)
	if err != nil || appended.Bytes == 0 {
		return appended, err
	}
	signed := slices.Contains(appended.Changes, SignatureAdded) || slices.Contains(appended.Changes, TimestampAdded)
	notIntact := slices.ContainsFunc(r.Signatures, func(s Signature) bool { return !s.Intact() })
	if signed && notIntact {
		appended.Changes = bySeverity(append(appended.Changes, OtherChange))
	}
	return appended, nil
}
