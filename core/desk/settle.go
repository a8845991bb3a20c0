package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/pdf"
	"countersign/core/request"
)

// maxSigned is the largest signed file that is taken: a signature adds little to a
// document, but others may have signed before.
const maxSigned = MaxDocument + (50 << 20)

// settleVisit does what is owed to the requests of a visit, as far as it can be done now:
// ask the gateway, fetch and check signed files, delete the gateway's copies. It
// gives the most pressing step that is left and that doing it again could bring further.
// Running it twice at once, here or in another process, does no harm: what is written is
// checked against what was read.
func (d *Desk) settleVisit(ctx context.Context, ticket string) (left request.Step, err error) {
	visit, err := d.ledger.Visit(ctx, ticket)
	if err != nil {
		return request.Ask, err
	}
	s := &settling{desk: d, visit: visit}
	owed, err := s.owed(ctx)
	if err != nil || len(owed) == 0 {
		return request.Nothing, err
	}
	if s.gateway, err = d.open(ctx, visit.Gateway); err != nil {
		return pressing(owed, false), s.trouble(ctx, owed, err)
	}
	askErr := s.ask(ctx)
	cannotAsk := errors.Is(askErr, gateway.ErrCannotAsk)
	if cannotAsk {
		askErr = nil // only the browser, or a person, can tell
	}
	failure := errors.Join(askErr, s.fetch(ctx), s.discard(ctx))
	if owed, err = s.owed(ctx); err != nil {
		return request.Ask, errors.Join(failure, err)
	}
	return pressing(owed, cannotAsk && failure == nil), failure
}

// pressing is the step among those that are owed which people wait for the most.
func pressing(owed []request.Request, cannotAsk bool) request.Step {
	left := request.Nothing
	for _, step := range []request.Step{request.Discard, request.Fetch, request.Ask} {
		if step == request.Ask && cannotAsk {
			continue
		}
		if slices.ContainsFunc(owed, func(r request.Request) bool { return r.Next == step }) {
			left = step
		}
	}
	return left
}

// settling is one pass over one visit.
type settling struct {
	desk    *Desk
	visit   request.Visit
	gateway gateway.Gateway
}

// owed lists the requests that are still on this visit and need something, with what
// they need now.
func (s *settling) owed(ctx context.Context, steps ...request.Step) ([]request.Request, error) {
	var owed []request.Request
	for _, id := range s.visit.Requests {
		r, err := s.desk.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if s.current(r) && r.Next != request.Nothing && (len(steps) == 0 || r.Next == steps[0]) {
			owed = append(owed, r)
		}
	}
	return owed, nil
}

// current tells whether a request is still on this visit, and not on a later attempt.
func (s *settling) current(r request.Request) bool {
	return r.Visit != nil && r.Visit.Ticket == s.visit.Ticket
}

func (s *settling) ask(ctx context.Context) error {
	waiting, err := s.owed(ctx, request.Ask)
	if err != nil || len(waiting) == 0 {
		return err
	}
	verdicts, err := s.gateway.Ask(ctx, s.visit)
	if errors.Is(err, gateway.ErrCannotAsk) {
		return errors.Join(err, s.believe(ctx, waiting))
	}
	if err != nil {
		return s.trouble(ctx, waiting, err)
	}
	failures, untold := []error(nil), []request.Request(nil)
	for _, r := range waiting {
		verdict, told := verdicts[r.ID]
		switch {
		case !told:
			untold = append(untold, r)
		case verdict.Unproven:
			failures = append(failures, s.tryProof(ctx, r, verdict))
			untold = append(untold, r)
		default:
			failures = append(failures, s.answer(ctx, r.ID, verdict))
		}
	}
	return errors.Join(append(failures, s.believe(ctx, untold))...)
}

// believe reads what browsers brought back once more, for requests that came back while
// the gateway's profile could not be read: for some gateways it is the only word there is.
func (s *settling) believe(ctx context.Context, waiting []request.Request) error {
	for _, r := range waiting {
		if r.Returned == nil || r.Outcome != nil {
			continue
		}
		events, err := s.desk.ledger.Events(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Kind != request.KindReturned || e.Return.Ticket != s.visit.Ticket || e.Return.Refuse != "" {
				continue
			}
			verdict, told := s.gateway.ReadReturn(s.visit, e.Return.Query).Verdicts[r.ID]
			if !told || verdict.Status == request.Signing {
				continue
			}
			if err := s.write(ctx, r.ID, verdict, request.ByBrowser); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer keeps a verdict that the gateway itself gave.
func (s *settling) answer(ctx context.Context, id request.ID, v gateway.Verdict) error {
	return s.write(ctx, id, v, request.ByGateway)
}

func (s *settling) write(ctx context.Context, id request.ID, v gateway.Verdict, evidence request.Evidence) error {
	_, err := s.desk.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !s.current(r) || r.Next != request.Ask && !byBrowserAlone(r) {
			return nil, nil
		}
		if v.Status == request.Signing && r.Outcome != nil && r.Outcome.Word == v.Word {
			return nil, nil // the same word that was not understood before
		}
		fetch := request.Nothing
		if s.gateway.Abilities().HandsOver {
			fetch = request.Fetch
		}
		return []request.Event{answerEvent(s.visit.Ticket, v, evidence, stepAfter(v, r, fetch))}, nil
	})
	return err
}

// tryProof looks for signed files that decide by themselves, where nobody vouches for an
// outcome. Files that prove nothing are not kept: the signer may not be done.
func (s *settling) tryProof(ctx context.Context, r request.Request, v gateway.Verdict) error {
	events := []request.Event{}
	v.Documents = make([]request.DocumentResult, len(r.Documents))
	for i := range r.Documents {
		file, err := s.get(ctx, r, i, onlyProof)
		if errors.Is(err, gateway.ErrNoFile) || errors.Is(err, errNoProof) {
			return nil
		}
		if err != nil {
			return s.trouble(ctx, []request.Request{r}, err)
		}
		file.Next = s.afterFetch(r, i == len(r.Documents)-1, true)
		v.Documents[i].Signed = true
		events = append(events, request.Event{Kind: request.KindStored, Stored: &file})
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || now.Next != request.Ask && !byBrowserAlone(now) {
			return nil, nil
		}
		return append([]request.Event{answerEvent(s.visit.Ticket, v, request.ByDocument, request.Fetch)}, events...), nil
	})
	return err
}

// Doubtful tells whether asking the gateway again may show that what is known of a request
// is not so: the browser alone says it, or the file that was handed over proves nothing.
func Doubtful(r request.Request) bool {
	return r.Next == request.Nothing && (byBrowserAlone(r) || r.Status == request.Signed && hasProblem(r))
}

func byBrowserAlone(r request.Request) bool {
	return r.Outcome != nil && r.Status != request.Withdrawn && r.Status != request.Signing && !r.Outcome.Confirmed()
}

// recheck asks again about a request that is doubtful.
func (d *Desk) recheck(ctx context.Context, r request.Request) error {
	s := &settling{desk: d, visit: *r.Visit}
	var err error
	if s.gateway, err = d.open(ctx, r.Gateway); err != nil {
		return err
	}
	if byBrowserAlone(r) {
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
	for i, doc := range r.Documents {
		if doc.Signed == nil || doc.Signed.Proves {
			continue
		}
		file, err := s.get(ctx, r, i, anyFile)
		if err != nil || file.SHA256 == doc.Signed.SHA256 {
			return err
		}
		file.Next = s.afterFetch(r, true, file.Proves)
		_, err = d.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || !Doubtful(now) || now.Documents[i].Signed.Proves {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindStored, Stored: &file}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fetch gets the signed files that are missing.
func (s *settling) fetch(ctx context.Context) error {
	waiting, err := s.owed(ctx, request.Fetch)
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range waiting {
		failures = append(failures, s.fetchFiles(ctx, r))
	}
	return errors.Join(failures...)
}

func (s *settling) fetchFiles(ctx context.Context, r request.Request) error {
	for missing := r.MissingFiles(); len(missing) > 0; missing = r.MissingFiles() {
		i := missing[0]
		file, err := s.get(ctx, r, i, anyFile)
		if errors.Is(err, gateway.ErrNoFile) {
			err = fmt.Errorf("%s: the gateway has no signed file to hand over yet: attach the file by hand if it has reached you in another way", r.Title)
		}
		if err != nil {
			return s.trouble(ctx, []request.Request{r}, err)
		}
		file.Next = s.afterFetch(r, len(missing) == 1, file.Proves)
		r, err = s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next != request.Fetch || i >= len(now.Documents) || now.Documents[i].Signed != nil {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindStored, Stored: &file}}, nil
		})
		if err != nil {
			return err
		}
		if r.Next != request.Fetch {
			return nil
		}
	}
	return nil
}

// afterFetch is what comes after a file was stored. A gateway's copy is deleted only
// when all files are here and the last one is what it should be, and when nobody else is
// to sign or to receive it.
func (s *settling) afterFetch(r request.Request, last, proves bool) request.Step {
	switch {
	case !last:
		return request.Fetch
	case proves && s.gateway.Abilities().Discards && len(r.Signers) < 2 && len(r.Copies) == 0:
		return request.Discard
	}
	return request.Nothing
}

// What is kept of the files that are fetched.
const (
	anyFile   = false // what proves nothing is kept and shown with its problem
	onlyProof = true  // what proves nothing leaves no trace, however often it is fetched
)

var errNoProof = errors.New("the file proves nothing")

// get fetches one signed file into the home and judges it. An answer that is no PDF at
// all is a failed call, and no file.
func (s *settling) get(ctx context.Context, r request.Request, i int, onlyProof bool) (request.Stored, error) {
	body, err := s.gateway.Fetch(ctx, s.visit, r.ID, i)
	if err != nil {
		return request.Stored{}, err
	}
	defer body.Close()
	incoming, err := s.desk.receive(body)
	switch {
	case errors.Is(err, errIncomplete):
		return request.Stored{}, fmt.Errorf("gateway %s: the signed file came incomplete: it will be fetched again (%w)", s.visit.Gateway, err)
	case errors.Is(err, errEndless):
		return request.Stored{}, fmt.Errorf("gateway %s: the signed file does not end after %d MB: ask its operator", s.visit.Gateway, maxSigned>>20)
	case err != nil:
		return request.Stored{}, err
	}
	defer incoming.remove()
	if !looksLikePDF(incoming.File) {
		return request.Stored{}, fmt.Errorf("gateway %s: what it handed over is not a PDF: it will be fetched again; look at the document there if that goes on", s.visit.Gateway)
	}
	file := request.Stored{Ticket: s.visit.Ticket, Document: i}
	if file.Problem, err = s.desk.judge(r.Documents[i].Original, incoming.File); err != nil {
		return request.Stored{}, err
	}
	if file.Proves = file.Problem == ""; onlyProof && !file.Proves {
		return request.Stored{}, errNoProof
	}
	file.SHA256, file.Size, err = s.desk.ledger.PutDocument(ctx, incoming.content(), maxSigned)
	return file, err
}

// incoming is a signed file on its way into the home: nobody has judged it yet.
type incoming struct {
	*os.File
	size int64
}

var (
	errIncomplete = errors.New("it broke off")
	errEndless    = errors.New("it is too large")
)

// receive copies a signed file into the home, bounded. The caller removes it.
func (d *Desk) receive(body io.Reader) (*incoming, error) {
	f, err := os.CreateTemp(d.cfg.Home.Path(), "incoming-*") // made 0600
	if err != nil {
		return nil, fmt.Errorf("keep the signed file: %w: make room in the home, or let this program write there", err)
	}
	in := &incoming{File: f}
	in.size, err = io.Copy(f, io.LimitReader(body, maxSigned+1))
	if err == nil && in.size <= maxSigned {
		return in, nil
	}
	in.remove()
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errIncomplete, err)
	}
	return nil, errEndless
}

func (in *incoming) content() io.Reader { return io.NewSectionReader(in.File, 0, in.size) }

func (in *incoming) remove() {
	in.Close()
	os.Remove(in.Name())
}

// looksLikePDF tells whether a file begins as PDF files do.
func looksLikePDF(f *os.File) bool {
	head := make([]byte, 1024)
	n, err := f.ReadAt(head, 0)
	return (err == nil || errors.Is(err, io.EOF)) && bytes.Contains(head[:n], []byte("%PDF-"))
}

// judge decides the evidence of a signed file: what keeps it from being a proof, in
// words; empty when it begins with the bytes that were sent and carries an intact
// signature made after them.
func (d *Desk) judge(sent request.Original, signed *os.File) (problem string, err error) {
	original, err := d.ledger.OpenDocument(sent.SHA256)
	if err != nil {
		return "", err
	}
	defer original.Close()
	if _, err := signed.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return "", err
	}
	if !continues {
		return whyNot(original, signed)
	}
	return signedAfter(signed, sent.Size)
}

const notContinued = "the file does not begin with the bytes that were sent"

// whyNot tells a file that is just what was sent from one that is something else.
func whyNot(original, signed *os.File) (problem string, err error) {
	before, err := original.Stat()
	if err != nil {
		return "", err
	}
	after, err := signed.Stat()
	if err != nil {
		return "", err
	}
	if before.Size() == after.Size() {
		// The same size: the same bytes continue themselves by one more.
		_, originalErr := original.Seek(0, io.SeekStart)
		_, signedErr := signed.Seek(0, io.SeekStart)
		same, err := pdf.Continues(original, io.MultiReader(signed, strings.NewReader("\n")))
		if err := errors.Join(originalErr, signedErr, err); err != nil {
			return "", err
		}
		if same {
			return "the file is just what was sent, without a signature", nil
		}
	}
	return notContinued, nil
}

func signedAfter(signed *os.File, length int64) (problem string, err error) {
	size, err := signed.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	signatures, err := pdf.Signatures(signed, size, nil)
	if err != nil {
		return "the file cannot be read as a PDF", nil //nolint:nilerr // that is the verdict
	}
	if _, ok := pdf.SignedAfter(signatures, length); !ok {
		return "the file carries no intact signature made after it was sent", nil
	}
	return "", nil
}

// discard deletes the gateway's copies once no request of the visit needs them.
func (s *settling) discard(ctx context.Context) error {
	owed, err := s.owed(ctx)
	if err != nil {
		return err
	}
	done := slices.DeleteFunc(slices.Clone(owed), func(r request.Request) bool { return r.Next != request.Discard })
	reason := ""
	if len(done) == 0 {
		return nil
	}
	if s.gateway.Abilities().Discards {
		if len(done) < len(owed) {
			return nil
		}
		err := s.gateway.Discard(ctx, s.visit)
		switch fault, ok := errors.AsType[*gateway.Error](err); {
		case ok && fault.Fault == gateway.Refused:
			// It would be refused again and again: somebody else has to do it there.
			reason = fault.Error()
		case err != nil && !s.isOverdue(done):
			return s.trouble(ctx, done, err)
		case err != nil:
			reason = "given up: " + err.Error()
		}
	}
	owed = done
	for _, r := range owed {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next != request.Discard {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindDiscarded, Reason: reason}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// discardWithin is how long the gateway's copies are tried to be deleted. After that, whoever runs
// the gateway has to do it.
const discardWithin = 48 * time.Hour

// isOverdue tells whether nothing has happened to the requests for so long.
func (s *settling) isOverdue(requests []request.Request) bool {
	limit := s.desk.cfg.Now().Add(-discardWithin)
	return !slices.ContainsFunc(requests, func(r request.Request) bool {
		since := r.UpdatedAt
		if r.Outcome != nil && r.Status != request.Withdrawn {
			since = r.Outcome.At // trouble on the way is no news
		}
		return since.After(limit)
	})
}

// trouble keeps why it did not go on with the requests, once for each reason, and gives
// the cause back. A request that somebody else brought further meanwhile has no
// trouble: its gateway's copy may just have been fetched and deleted.
func (s *settling) trouble(ctx context.Context, stuck []request.Request, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	overtaken := 0
	for _, r := range stuck {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next != r.Next || len(now.MissingFiles()) != len(r.MissingFiles()) {
				overtaken++
				return nil, nil
			}
			if now.Trouble == cause.Error() {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindTrouble, Reason: cause.Error()}}, nil
		})
		if err != nil {
			return errors.Join(cause, err)
		}
	}
	if overtaken == len(stuck) {
		return nil
	}
	return cause
}
