package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/request"
)

// fetch gets the signed files that are missing.
func (s *settling) fetch(ctx context.Context) error {
	waiting, err := s.waiting(ctx, request.Fetch)
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range waiting {
		failures = append(failures, s.fetchFiles(ctx, r))
	}
	return errors.Join(failures...)
}

// fetchFiles gets what is missing of one request. A file that cannot be had keeps the
// others from nothing.
func (s *settling) fetchFiles(ctx context.Context, r request.Request) error {
	var failure error
	for _, i := range r.MissingFiles() {
		file, err := s.get(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) {
			err = noFile("%s: the gateway has no signed file to hand over yet: attach the file by hand if it has reached you in another way", r.Title)
		}
		if err != nil {
			failure = errors.Join(failure, err)
			continue
		}
		r, err = s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next != request.Fetch || i >= len(now.Documents) || now.Documents[i].Signed != nil {
				return nil, nil
			}
			return []request.Event{storedEvent(now, file, s.gateway.Abilities())}, nil
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

// storedEvent is a file that a request takes, with what is to be done after it.
func storedEvent(r request.Request, file request.Stored, can gateway.Abilities) request.Event {
	file.Next = stepWith(r, file, can)
	return request.Event{Kind: request.KindStored, Stored: &file}
}

// stepWith is what is to be done once a request has a file: fetch what is missing, and
// then delete the gateway's copies, if every file is what it should be and nobody else is
// to sign or to receive them.
func stepWith(r request.Request, file request.Stored, can gateway.Abilities) request.Step {
	missing, doubtful := false, false
	for i, d := range r.Documents {
		proves := d.Signed != nil && d.Signed.Proves
		switch {
		case i == file.Document:
			proves = file.Proves
		case r.Status == request.Partial && !d.Expected:
			continue
		case d.Signed == nil:
			missing = true
		}
		doubtful = doubtful || !proves
	}
	switch {
	case missing && can.HandsOver:
		return request.Fetch
	case doubtful || !can.Discards || len(r.Documents) == 0 || len(r.Signers) > 1 || len(r.Copies) > 0:
		return request.Nothing
	}
	return request.Discard
}

// tryProof looks for signed files that decide by themselves, where nobody vouches for an
// outcome. Files that prove nothing are not kept: the signer may not be done. Where one of
// several documents was refused, they do not speak for that one.
func (s *settling) tryProof(ctx context.Context, r request.Request, v gateway.Verdict) error {
	if r.Status == request.Partial {
		return nil
	}
	var files []request.Stored
	v.Documents = make([]request.DocumentResult, len(r.Documents))
	for i := range r.Documents {
		file, err := s.getProof(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) || errors.Is(err, errNoProof) {
			return nil
		}
		if err != nil {
			return s.trouble(ctx, []request.Request{r}, err)
		}
		v.Documents[i].Signed = true
		files = append(files, file)
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || now.Status == request.Partial || now.Next != request.Ask && !byBrowserAlone(now) {
			return nil, nil
		}
		events := []request.Event{answerEvent(s.visit.Ticket, v, request.ByDocument, request.Fetch)}
		return withFiles(now, events, files, s.gateway.Abilities())
	})
	return err
}

// withFiles adds to events those by which a request takes files, each decided on what the
// request is after the ones before it.
func withFiles(r request.Request, events []request.Event, files []request.Stored, can gateway.Abilities) ([]request.Event, error) {
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

// Doubtful tells whether asking the gateway again may show that what is known of a request
// is not so: the browser alone says it, or the file that was handed over proves nothing.
func Doubtful(r request.Request) bool {
	return r.Next == request.Nothing && (byBrowserAlone(r) || r.Status == request.Signed && explain.HasUnprovenFile(r))
}

// byBrowserAlone leaves out what the signer refused: a signature in the file may be another
// person's, and nothing there tells whose it is. A person can hand the file in, or re-open it.
func byBrowserAlone(r request.Request) bool {
	switch r.Status {
	case request.Withdrawn, request.Signing, request.Rejected:
		return false
	}
	return r.Outcome != nil && !r.Outcome.Confirmed()
}

// recheck asks again about a request that is doubtful.
func (d *Desk) recheck(ctx context.Context, r request.Request) error {
	s := &settling{desk: d, visit: *r.Visit}
	var err error
	if s.gateway, err = d.open(ctx, r.Gateway); err != nil {
		return err
	}
	if !byBrowserAlone(r) {
		return s.fetchAgain(ctx, r)
	}
	verdicts, err := s.gateway.Ask(ctx, s.visit)
	verdict, told := verdicts[r.ID]
	switch {
	case errors.Is(err, gateway.ErrCannotAsk):
		return nil
	case err != nil || !told:
		return err
	case verdict.Unproven:
		return s.tryProof(ctx, r, verdict)
	}
	return s.answer(ctx, r.ID, verdict)
}

// fetchAgain gets the files once more that prove nothing, and keeps those that are others now.
func (s *settling) fetchAgain(ctx context.Context, r request.Request) error {
	var files []request.Stored
	var failure error
	for i, doc := range r.Documents {
		if doc.Signed == nil || doc.Signed.Proves {
			continue
		}
		file, err := s.get(ctx, r, i)
		failure = errors.Join(failure, err)
		if err == nil && file.SHA256 != doc.Signed.SHA256 {
			files = append(files, file)
		}
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || !Doubtful(now) || len(files) == 0 {
			return nil, nil
		}
		return withFiles(now, nil, files, s.gateway.Abilities())
	})
	return errors.Join(failure, err)
}

var errNoProof = errors.New("the file proves nothing")

// getProof is get for a file that decides by itself. One that proves nothing leaves no
// trace, however often it is fetched.
func (s *settling) getProof(ctx context.Context, r request.Request, i int) (request.Stored, error) {
	return s.take(ctx, r, i, func(file request.Stored) error {
		if !file.Proves {
			return errNoProof
		}
		return nil
	})
}

// get fetches one signed file into the home and judges it. What proves nothing is kept,
// and shown with its problem; an answer that is no PDF at all is a failed call, and no file.
func (s *settling) get(ctx context.Context, r request.Request, i int) (request.Stored, error) {
	return s.take(ctx, r, i, func(request.Stored) error { return nil })
}

func (s *settling) take(ctx context.Context, r request.Request, i int, accept func(request.Stored) error) (request.Stored, error) {
	body, err := s.gateway.Fetch(ctx, s.visit, r.ID, i)
	if err != nil {
		return request.Stored{}, err
	}
	defer body.Close()
	in, err := s.desk.receive(body)
	switch {
	case errors.Is(err, errIncomplete):
		return request.Stored{}, noFile("gateway %s: the signed file came incomplete: it will be fetched again (%w)", s.visit.Gateway, err)
	case errors.Is(err, errEndless):
		return request.Stored{}, noFile("gateway %s: the signed file does not end after %d MB: ask its operator", s.visit.Gateway, maxSigned>>20)
	case err != nil:
		return request.Stored{}, err
	}
	defer in.remove()
	if !looksLikePDF(in.File) {
		return request.Stored{}, noFile("gateway %s: what it handed over is not a PDF: it will be fetched again; look at the document there if that goes on", s.visit.Gateway)
	}
	file := request.Stored{Ticket: s.visit.Ticket, Document: i}
	v, err := s.desk.judge(r.Documents[i].Original, in, wantedSignatures(r, s.gateway.Abilities()))
	if err != nil {
		return request.Stored{}, err
	}
	file.Proves, file.Problem, file.Changed = v.Problem == "", v.Problem, v.Changed
	if err := accept(file); err != nil {
		return request.Stored{}, err
	}
	file.SHA256, file.Size, err = s.desk.ledger.PutDocument(ctx, in.content(), maxSigned)
	return file, err
}

// fileFault is a signed file that is not here because of what the gateway answered.
type fileFault struct{ error }

func noFile(format string, args ...any) error { return &fileFault{fmt.Errorf(format, args...)} }

func (f *fileFault) Unwrap() error { return f.error }

// Answered tells whether a failure of [Desk.Refresh] is about what gateways answered alone:
// every one of them could be asked, and nothing went wrong on this machine.
func Answered(failure error) bool {
	if failure == nil || failure == gateway.ErrNoFile { //nolint:errorlint // each error of a joined one is looked at by itself
		return true
	}
	switch err := failure.(type) { //nolint:errorlint // as above
	case *gateway.Error:
		switch err.Fault {
		case gateway.Unreachable, gateway.TimedOut, gateway.Untrusted, gateway.Unauthorized:
			return false
		}
		return true
	case *fileFault:
		_, local := errors.AsType[*fs.PathError](err.error) // it could not be written down here
		cause, told := errors.AsType[*gateway.Error](err.error)
		return !local && (!told || Answered(cause))
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(err.Unwrap(), func(one error) bool { return !Answered(one) })
	case interface{ Unwrap() error }:
		return err.Unwrap() != nil && Answered(err.Unwrap())
	}
	return false
}
