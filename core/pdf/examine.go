package pdf

import (
	"io"
	"slices"
)

// Options are what [Examine] is asked for beyond the signatures.
type Options struct {
	Anchors Anchors // the roots that are trusted; nil trusts nobody
	// SinceOffset is an earlier size of the file in bytes. [Report.AppendedSince] is then what was appended after it. Zero
	// asks for nothing.
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
	AppendedSince      Appended // what was appended after [Options.SinceOffset]
}

// Signatures returns the signatures of the first size bytes of r in the order in which they were made. It calls [Examine]
// with these anchors and no other options, and returns its error. A file without signatures is no error.
func Signatures(r io.ReaderAt, size int64, anchors Anchors) ([]Signature, error) {
	report, err := Examine(r, size, Options{Anchors: anchors})
	return report.Signatures, err
}

// SignatureFields returns the fully qualified names of all signature fields in the first size bytes of r, signed or not. The
// errors are those of [Examine].
func SignatureFields(r io.ReaderAt, size int64) ([]string, error) {
	d, err := openTolerant(r, size, limits{}.budget())
	if err != nil {
		return nil, err
	}
	signed, names, err := findSignatures(d, false)
	for _, s := range signed {
		names = append(append(names, s.field), s.otherFields...)
	}
	return names, err
}

// Examine verifies the signatures of the first size bytes of r, and compares the revisions of the file. It uses no network.
// Chains are built only from certificates in the file, and end only at the anchors.
//
// The error wraps one of [ErrEmpty], [ErrNotPDF], [ErrEncrypted] (it needs a password), [ErrDamaged] and [ErrTooLarge], or
// an error of r. A signature that is not intact is no error.
func Examine(r io.ReaderAt, size int64, o Options) (Report, error) {
	report, err := examine(r, size, o)
	if err == nil && slices.ContainsFunc(report.Signatures, isBroken) {
		err = report.examineWithoutLead(r, size, o)
	}
	return report, err
}

// examineWithoutLead examines a file without the bytes before its header, which some programs put there. The bytes are not
// covered, so signatures that are intact without them cannot be checked with them. If all signatures are, it sets those of r
// to unchecked, with errBytesBefore.
func (r *Report) examineWithoutLead(file io.ReaderAt, size int64, o Options) error {
	lead, err := findHeader(file, size)
	if err != nil || lead <= 0 {
		return err
	}
	without, err := examine(io.NewSectionReader(file, lead, size-lead), size-lead, o)
	if err != nil || len(without.Signatures) != len(r.Signatures) || slices.ContainsFunc(without.Signatures, func(s Signature) bool { return !s.Intact() }) {
		return nil
	}
	for i := range r.Signatures {
		r.Signatures[i].reject(errBytesBefore)
	}
	return nil
}

func isBroken(s Signature) bool { return s.State == Broken }

// examine is Examine without a second look at files with bytes before their header.
func examine(r io.ReaderAt, size int64, o Options) (Report, error) {
	d, err := openTolerant(r, size, o.limits.budget())
	if err != nil {
		return Report{}, err
	}
	report := Report{Encrypted: d.encrypted()}
	report.Pages, _ = d.countPages()
	var dicts []signatureDict
	if dicts, report.UnsignedFields, report.OrphanedByteRanges, err = findAllSignatures(d); err != nil {
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
	signatures, err := verifyAll(newHashedFile(r), size, dicts, chainSources{anchors: o.Anchors, extra: extra})
	if err != nil {
		return Report{}, err
	}
	fillRevocation(signatures, validation)
	raiseLevels(signatures, validation)
	report.Signatures = signatures
	return report, report.fillAppended(r, size, o)
}

// fillAppended fills in what was appended after each intact signature, and after o.SinceOffset.
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
		s.Forbidden = s.Permission.forbidden(s.Appended.Changes)
		s.Violation = s.Permission.violation(s.Forbidden)
	}
	if o.SinceOffset > 0 {
		r.AppendedSince, err = r.appendedAfter(revs, o.SinceOffset)
	}
	return err
}

// appendedAfter returns what was appended after an offset. An added signature counts as [OtherChange] too when it may be a
// broken one, or when no signature was made after the offset: then a field was given the value of an earlier one. If it may
// be one that cannot be checked, it counts as [NotCompared].
func (r *Report) appendedAfter(revs *revisions, offset int64) (Appended, error) {
	appended, err := revs.appendedAfter(offset)
	if err != nil || appended.Bytes == 0 {
		return appended, err
	}
	signed := slices.Contains(appended.Changes, SignatureAdded) || slices.Contains(appended.Changes, TimestampAdded)
	if !signed {
		return appended, nil
	}
	has := func(state State) bool {
		return slices.ContainsFunc(r.Signatures, func(s Signature) bool { return s.State == state })
	}
	made := func(timestamp bool) bool {
		return slices.ContainsFunc(r.Signatures, func(s Signature) bool { return s.DocTimestamp == timestamp && s.CoveredEnd > offset })
	}
	switch {
	case has(Broken):
		appended.Changes = bySeverity(append(appended.Changes, OtherChange))
	case has(Unchecked):
		appended.Changes = bySeverity(append(appended.Changes, NotCompared))
		if appended.NotComparedAt == 0 {
			appended.NotComparedAt = offset
		}
	case slices.Contains(appended.Changes, SignatureAdded) && !made(false), slices.Contains(appended.Changes, TimestampAdded) && !made(true):
		appended.Changes = bySeverity(append(appended.Changes, OtherChange))
	}
	return appended, nil
}
