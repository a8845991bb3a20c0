package desk

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"countersign/core/gateway"
	"countersign/core/request"
)

// fetch fetches the missing signed files of all requests of the visit, and stores them. When one
// fails, it still fetches the rest, and returns the joined errors.
func (s *settling) fetch(ctx context.Context) error {
	open, err := s.unfinished(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range s.waiting(open, request.StepFetch) {
		failures = append(failures, s.fetchFiles(ctx, r))
	}
	return errors.Join(failures...)
}

// fetchFiles fetches the missing signed files of one request, and stores them. When one fails, it
// still fetches the rest, and records the failure as the trouble of the request.
func (s *settling) fetchFiles(ctx context.Context, r request.Request) error {
	var failure error
	for _, i := range r.MissingFiles() {
		file, err := s.get(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) {
			err = newFileFault("no_signed_file", "%s: the gateway has no signed file to return yet: attach the file yourself if you received it in another way", r.Title)
		}
		if err != nil {
			failure = errors.Join(failure, err)
			continue
		}
		r, err = s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.NextStep != request.StepFetch || !slices.Contains(now.MissingFiles(), i) || !replaces(file, now.Documents[i].Signed) {
				return nil, nil
			}
			return []request.Event{storedEvent(now, file, s.gateway.Capabilities())}, nil
		})
		if err != nil {
			return err
		}
	}
	if failure == nil {
		return nil
	}
	return s.trouble(ctx, []request.Request{r}, failure)
}

// replaces reports whether file may be stored in the place of the file old, which is nil if none is
// stored. A file that proved the signature when it was stored is only replaced by a proof, even if it is
// damaged now.
func replaces(file request.Stored, old *request.SignedFile) bool {
	return old == nil || file.Proves || !old.Proves
}

// storedEvent returns the event that stores a signed file for r, with the next step that r has then.
func storedEvent(r request.Request, file request.Stored, can gateway.Capabilities) request.Event {
	file.NextStep = stepWith(r, file, can)
	return request.Event{Kind: request.KindStored, Stored: &file}
}

// stepWith returns the next step of r once file is stored for it. It is fetching while another signed
// file is missing. Then it is deleting the copies at the gateway, if every signed file is a proof, there
// is one signer at most and no copy recipient, and the gateway wants its copies deleted.
func stepWith(r request.Request, file request.Stored, can gateway.Capabilities) request.Step {
	missing, doubtful := false, false
	for i, d := range r.Documents {
		proves := d.Signed != nil && d.Signed.IsProof()
		switch {
		case i == file.Document:
			proves = file.Proves
		case r.Status == request.Partial && !d.ReportedSigned:
			continue
		case d.Signed == nil || d.Signed.Damage != "":
			missing = true
		}
		doubtful = doubtful || !proves
	}
	switch {
	case missing && can.ReturnsSigned:
		return request.StepFetch
	case doubtful || !can.DeleteAfterFetch || len(r.Documents) == 0 || len(r.Signers) > 1 || len(r.CopyRecipients) > 0:
		return request.StepNone
	}
	return request.StepDiscard
}

// tryProof fetches the files of a request whose outcome the gateway does not state. If each of them is
// a proof, it records outcome with the document as evidence. If one of them cannot be checked here and
// the others are proofs, it records outcome with the gateway as evidence: what the gateway handed over
// may well be the signed file, and nothing more can be known. If a file is missing or is known to prove
// nothing, it records nothing, since the signer may not be done. It does nothing for a request of which
// one document was refused: the files of the others prove nothing about that one.
func (s *settling) tryProof(ctx context.Context, r request.Request, outcome gateway.Outcome) error {
	if r.Status == request.Partial {
		return nil
	}
	var files []request.Stored
	evidence := request.ByDocument
	outcome.Documents = make([]request.DocumentResult, len(r.Documents))
	for i := range r.Documents {
		file, err := s.getProof(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) || errors.Is(err, errNoProof) {
			return nil
		}
		if err != nil {
			return s.trouble(ctx, []request.Request{r}, err)
		}
		outcome.Documents[i].Signed = true
		if file.Unchecked {
			evidence = request.ByGateway
		}
		files = append(files, file)
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || now.Status == request.Partial || now.NextStep != request.StepAsk && !byBrowserAlone(now) {
			return nil, nil
		}
		if evidence != request.ByDocument && now.Status != request.Signing && now.Status != request.Signed {
			return nil, nil // only a proof overrules what the browser said
		}
		events := []request.Event{answerEvent(s.visit.ID, outcome, evidence, request.StepFetch)}
		return withFiles(now, events, files, s.gateway.Capabilities())
	})
	return err
}

// withFiles returns the given events of r, followed by an event for each of files that stores it. The
// next step in such an event is decided on the request as it is after all events before. The error is
// that of [request.Request.Apply].
func withFiles(r request.Request, events []request.Event, files []request.Stored, can gateway.Capabilities) ([]request.Event, error) {
	apply := func(e request.Event) (err error) {
		e.Seq = r.Version + 1
		r, err = r.Apply(e)
		return err
	}
	for _, e := range events {
		if err := apply(e); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		e := storedEvent(r, file, can)
		if err := apply(e); err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Doubtful reports whether asking the gateway again may change what is known of a request: only the
// browser says how it ended, a file that was fetched proves nothing, or a signed file is damaged here
// and may still be at the gateway. A request that has a next step is not doubtful: the gateway is asked
// anyway.
func Doubtful(r request.Request) bool {
	return r.NextStep == request.StepNone && (byBrowserAlone(r) || r.Status == request.Signed && r.FileState() == request.FilesDisproved || lostSigned(r))
}

// lostSigned reports whether r is signed, or partly so, and one of its signed files is damaged.
func lostSigned(r request.Request) bool {
	return r.Visit != nil && (r.Status == request.Signed || r.Status == request.Partial) && r.FileState() == request.FilesDamaged
}

// byBrowserAlone reports whether only the browser says how the request ended, and a signed file could
// prove it. No file can prove a rejection: a signature in it may be another person's.
func byBrowserAlone(r request.Request) bool {
	switch r.Status {
	case request.Withdrawn, request.Signing, request.Rejected:
		return false
	}
	// A damaged file is no reason to doubt the outcome that it proved when it came.
	return r.Outcome != nil && !r.Outcome.Confirmed() && !lostSigned(r)
}

// recheck does what may change a request that is [Doubtful]. If only the browser says how the request
// ended, recheck asks the gateway. Otherwise it calls fetchAgain. It returns nil if the gateway fails with
// [gateway.ErrCannotAsk] or says nothing about the request.
func (d *Desk) recheck(ctx context.Context, r request.Request) error {
	s := &settling{desk: d, visit: *r.Visit}
	s.visit.Desk = r.Desk
	var err error
	if s.gateway, err = d.gateways.Open(ctx, r.Gateway); err != nil {
		return err
	}
	if !byBrowserAlone(r) {
		return s.fetchAgain(ctx, r)
	}
	outcomes, err := s.gateway.Ask(ctx, s.visit)
	outcome, answered := outcomes[r.ID]
	switch {
	case errors.Is(err, gateway.ErrCannotAsk):
		return nil
	case err != nil || !answered:
		return err
	case outcome.NeedsProof:
		return s.tryProof(ctx, r, outcome)
	}
	return s.answer(ctx, r.ID, outcome)
}

// fetchAgain fetches once more the signed files of r that prove nothing or are damaged. It stores those
// that differ from the stored file, and those that take the place of a damaged one.
func (s *settling) fetchAgain(ctx context.Context, r request.Request) error {
	var files []request.Stored
	var failure error
	for i, doc := range r.Documents {
		if doc.Signed == nil || doc.Signed.IsProof() {
			continue
		}
		file, err := s.get(ctx, r, i)
		failure = errors.Join(failure, err)
		if err == nil && (file.SHA256 != doc.Signed.SHA256 || doc.Signed.Damage != "") && replaces(file, doc.Signed) {
			files = append(files, file)
		}
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || !Doubtful(now) || len(files) == 0 {
			return nil, nil
		}
		return withFiles(now, nil, files, s.gateway.Capabilities())
	})
	return errors.Join(failure, err)
}

var errNoProof = errors.New("the file proves nothing")

// getProof fetches the signed file of document i of r, and stores it only when it is a proof or
// cannot be checked here. Otherwise it fails with errNoProof, and for a visit of another desk also if the file cannot be checked here.
func (s *settling) getProof(ctx context.Context, r request.Request, i int) (request.Stored, error) {
	return s.fetchAndKeep(ctx, r, i, func(file request.Stored) error {
		if !file.Proves && !(file.Unchecked && s.isOurs()) {
			return errNoProof
		}
		return nil
	})
}

// get fetches the signed file of document i of r, judges it, and stores it whatever the judgment. For a visit of another desk it
// stores only a proof, since this desk's gateway may be another one of the same name. An answer that is no PDF is an error and is not stored.
func (s *settling) get(ctx context.Context, r request.Request, i int) (request.Stored, error) {
	return s.fetchAndKeep(ctx, r, i, func(file request.Stored) error {
		if !file.Proves && !s.isOurs() {
			return newFileFault("other_desk_file", "the file that gateway %s of this desk returned does not prove the signature of %s: it is left to the desk %s, where the visit began", s.visit.Gateway, r.Title, s.visit.Desk)
		}
		return nil
	})
}

// fetchAndKeep fetches the signed file of document i of r, judges it, and calls the function accept with
// what it found, which has no digest and size yet. It stores the file if accept returns nil, and returns
// the error of accept otherwise. A file that is no PDF, is incomplete or is too large is a [fileFault].
func (s *settling) fetchAndKeep(ctx context.Context, r request.Request, i int, accept func(request.Stored) error) (request.Stored, error) {
	body, err := s.gateway.Fetch(ctx, s.visit, r.ID, i)
	if err != nil {
		return request.Stored{}, err
	}
	defer body.Close()
	in, err := s.desk.receive(body)
	switch {
	case errors.Is(err, errIncomplete):
		return request.Stored{}, newFileFault("file_incomplete", "gateway %s: the signed file was incomplete: it will be downloaded again (%w)", s.visit.Gateway, err)
	case errors.Is(err, errEndless):
		return request.Stored{}, newFileFault("file_endless", "gateway %s: the signed file is larger than %d MB: ask the gateway's operator", s.visit.Gateway, maxSigned>>20)
	case err != nil:
		return request.Stored{}, err
	}
	defer in.remove()
	if !looksLikePDF(in.File) {
		return request.Stored{}, newFileFault("file_no_pdf", "gateway %s: the file that it returned is not a PDF: it will be downloaded again; if this continues, look at the document there", s.visit.Gateway)
	}
	file := request.Stored{VisitID: s.visit.ID, Document: i}
	judged, err := s.desk.judge(ctx, r.Documents[i].Original, in, wantedSignatures(r, s.gateway.Capabilities()))
	if err != nil {
		return request.Stored{}, err
	}
	file.Proves, file.Problem, file.Cause, file.Changes = judged.Problem == "", judged.Problem, judged.Cause, judged.Changed
	file.Unchecked = judged.Unchecked
	if err := accept(file); err != nil {
		return request.Stored{}, err
	}
	file.SHA256, file.Size, err = s.desk.ledger.PutDocument(ctx, in.content(), maxSigned)
	return file, err
}

// fileFault is the error for a signed file that the gateway did not hand over properly: it is
// missing, incomplete, too large or no PDF.
type fileFault struct{ error }

func newFileFault(code, format string, args ...any) error {
	return &fileFault{request.Errorf(code, format, args...)}
}

func (f *fileFault) Unwrap() error { return f.error }

// Answered reports whether failure, an error of [Desk.Refresh], is due to the answers of gateways
// alone, such as a refusal or a missing signed file. It returns false if a gateway could not be reached,
// did not answer in time, is not trusted or did not accept the credentials, and if something failed on
// this machine. It returns true for nil.
func Answered(failure error) bool {
	if failure == nil || failure == gateway.ErrNoFile { // each error of a joined one is looked at by itself, below
		return true
	}
	switch err := failure.(type) {
	case *gateway.Error:
		switch err.Fault {
		case gateway.Unreachable, gateway.TimedOut, gateway.Blocked, gateway.Untrusted, gateway.Unauthorized:
			return false
		}
		return true
	case *fileFault:
		_, local := errors.AsType[*fs.PathError](err.error) // it could not be written here
		cause, remote := errors.AsType[*gateway.Error](err.error)
		return !local && (!remote || Answered(cause))
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(one error) bool { return !Answered(one) })
	case interface{ Unwrap() error }:
		return err.Unwrap() != nil && Answered(err.Unwrap())
	}
	return false
}
