package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
)

// maxSigned is the largest signed file that is taken: a signature adds little to a
// document, but others may have signed before.
const maxSigned = MaxDocument + (50 << 20)

// settleVisit does what is owed to the requests of a visit, as far as it can be done now:
// ask the gateway, fetch and check signed files, delete the gateway's copies. It
// tells whether nothing is left that asking again could bring. Running it twice at once,
// here or in another process, does no harm: what is written is checked against what
// was read.
func (d *Desk) settleVisit(ctx context.Context, ticket string) (done bool, err error) {
	visit, err := d.ledger.Visit(ctx, ticket)
	if err != nil {
		return false, err
	}
	s := &settling{desk: d, visit: visit}
	if owed, err := s.owed(ctx); err != nil || len(owed) == 0 {
		return err == nil, err
	}
	if s.gateway, err = d.open(ctx, visit.Gateway); err == nil {
		err = errors.Join(s.ask(ctx), s.fetch(ctx), s.discard(ctx))
	}
	if errors.Is(err, gateway.ErrCannotAsk) {
		return true, nil // only the browser, or a person, can tell
	}
	if err != nil {
		return false, errors.Join(err, s.trouble(ctx, err))
	}
	owed, err := s.owed(ctx)
	return err == nil && len(owed) == 0, err
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
	if err != nil {
		return err
	}
	var failures []error
	for _, r := range waiting {
		verdict, told := verdicts[r.ID]
		switch {
		case !told: // not yet
		case verdict.Unproven:
			failures = append(failures, s.tryProof(ctx, r, verdict))
		default:
			failures = append(failures, s.answer(ctx, r.ID, verdict))
		}
	}
	return errors.Join(failures...)
}

// answer keeps a verdict that the gateway itself gave.
func (s *settling) answer(ctx context.Context, id request.ID, v gateway.Verdict) error {
	_, err := s.desk.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if !s.current(r) || r.Next != request.Ask {
			return nil, nil
		}
		if v.Status == request.Signing && r.Outcome != nil && r.Outcome.Word == v.Word {
			return nil, nil // the same word that was not understood before
		}
		fetch := request.Nothing
		if s.gateway.Abilities().HandsOver {
			fetch = request.Fetch
		}
		return []request.Event{answerEvent(s.visit.Ticket, v, request.ByGateway, stepAfter(v, r, fetch))}, nil
	})
	return err
}

// tryProof looks for signed files that decide by themselves, where nobody vouches for an
// outcome. Files that prove nothing are not kept: the signer may not be done.
func (s *settling) tryProof(ctx context.Context, r request.Request, v gateway.Verdict) error {
	events := []request.Event{}
	for i := range r.Documents {
		file, err := s.get(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) {
			return nil
		}
		if err != nil {
			return err
		}
		if !file.Proves {
			return nil
		}
		file.Next = s.afterFetch(i == len(r.Documents)-1, true)
		v.Documents[i].Signed = true
		events = append(events, request.Event{Kind: request.KindStored, Stored: &file})
	}
	_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
		if !s.current(now) || now.Next != request.Ask {
			return nil, nil
		}
		return append([]request.Event{answerEvent(s.visit.Ticket, v, request.ByDocument, request.Fetch)}, events...), nil
	})
	return err
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
		file, err := s.get(ctx, r, i)
		if errors.Is(err, gateway.ErrNoFile) {
			return fmt.Errorf("%s: the gateway has no signed file to hand over yet: attach the file by hand if it has reached you in another way", r.Title)
		}
		if err != nil {
			return err
		}
		file.Next = s.afterFetch(len(missing) == 1, file.Proves)
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
// when all files are here and the last one is what it should be.
func (s *settling) afterFetch(last, proves bool) request.Step {
	switch {
	case !last:
		return request.Fetch
	case proves && s.gateway.Abilities().Discards:
		return request.Discard
	}
	return request.Nothing
}

// get fetches one signed file into the home and judges it.
func (s *settling) get(ctx context.Context, r request.Request, i int) (request.Stored, error) {
	body, err := s.gateway.Fetch(ctx, s.visit, r.ID, i)
	if err != nil {
		return request.Stored{}, err
	}
	defer body.Close()
	digest, size, err := s.desk.ledger.PutDocument(ctx, body, maxSigned)
	if errors.Is(err, ledger.ErrTooLarge) {
		return request.Stored{}, fmt.Errorf("gateway %s: the signed file does not end after %d MB: ask its operator", s.visit.Gateway, maxSigned>>20)
	}
	if err != nil {
		return request.Stored{}, fmt.Errorf("gateway %s: the signed file came incomplete: it will be fetched again (%w)", s.visit.Gateway, err)
	}
	file := request.Stored{Ticket: s.visit.Ticket, Document: i, SHA256: digest, Size: size}
	file.Problem, err = s.desk.judge(r.Documents[i].Original, digest)
	file.Proves = file.Problem == ""
	return file, err
}

// judge decides the evidence of a signed file: what keeps it from being a proof, in
// words; empty when it begins with the bytes that were sent and carries an intact
// signature made after them.
func (d *Desk) judge(sent request.Original, digest string) (problem string, err error) {
	original, err := d.ledger.OpenDocument(sent.SHA256)
	if err != nil {
		return "", err
	}
	defer original.Close()
	signed, err := d.ledger.OpenDocument(digest)
	if err != nil {
		return "", err
	}
	defer signed.Close()
	continues, err := pdf.Continues(original, signed)
	if err != nil {
		return "", err
	}
	if !continues {
		return "the file does not begin with the bytes that were sent", nil
	}
	return signedAfter(signed, sent.Size)
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
	if err != nil || len(owed) == 0 {
		return err
	}
	for _, r := range owed {
		if r.Next != request.Discard {
			return nil
		}
	}
	if s.gateway.Abilities().Discards {
		if err := s.gateway.Discard(ctx, s.visit); err != nil {
			return err
		}
	}
	for _, r := range owed {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next != request.Discard {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindDiscarded}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// trouble keeps why it did not go on, once for each reason.
func (s *settling) trouble(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return nil
	}
	owed, err := s.owed(ctx)
	if err != nil {
		return err
	}
	for _, r := range owed {
		_, err := s.desk.change(ctx, r.ID, func(now request.Request) ([]request.Event, error) {
			if !s.current(now) || now.Next == request.Nothing || now.Trouble == cause.Error() {
				return nil, nil
			}
			return []request.Event{{Kind: request.KindTrouble, Reason: cause.Error()}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
