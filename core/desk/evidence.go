package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
)

// ErrOut says that no evidence is given while a browser is out: the events have the address to
// which it comes back, and whoever has that address could come back in its place.
var ErrOut = errors.New("the signing is under way, and its evidence would give away the address to which the browser comes back: wait for the outcome, or withdraw it")

// SaveEvidence writes everything about a request to a ZIP file that can be checked without this
// program. It takes the name when it is whole, and a file of that name is replaced only when
// that is said: see [ErrTaken]. It fails with [ErrOut] while the signing is under way.
func (d *Desk) SaveEvidence(ctx context.Context, id request.ID, path string, replace bool, lang i18n.Language) error {
	pack, err := d.evidenceOf(ctx, id, lang)
	if err != nil {
		return err
	}
	return d.writeOut(path, replace, func(out io.Writer) error { return pack.Write(ctx, out) })
}

func (d *Desk) evidenceOf(ctx context.Context, id request.ID, lang i18n.Language) (evidence.Pack, error) {
	excerpts, err := d.proof(ctx, id)
	if err != nil {
		return evidence.Pack{}, err
	}
	// As it was when the excerpts were read: what was written since is not in the pack.
	events, err := d.ledger.Events(ctx, id)
	if err != nil {
		return evidence.Pack{}, err
	}
	events = events[:min(len(events), shown(excerpts))]
	r, err := request.Fold(id, events)
	if err != nil {
		return evidence.Pack{}, fmt.Errorf("the events of the request do not fit together: check the register with countersignctl audit (%w)", err)
	}
	if err := d.isOver(ctx, r, events); err != nil {
		return evidence.Pack{}, err
	}
	key := d.key.signer(ctx)
	if key == nil {
		return evidence.Pack{}, fmt.Errorf("the evidence cannot be signed: %w", d.key.reason())
	}
	p := evidence.Pack{
		Request: r, Events: events, State: Explain(r, lang).State, Key: key, At: d.cfg.Now().Local(), Language: lang,
	}
	d.withhold(&p, excerpts)
	var chain bytes.Buffer
	for _, excerpt := range excerpts {
		if excerpt.Signed.Signature == nil {
			return evidence.Pack{}, fmt.Errorf("the register is not signed up to the last event: %w", d.key.reason())
		}
		p.Register = excerpt.Register
		if _, err := excerpt.WriteTo(&chain); err != nil {
			return evidence.Pack{}, err
		}
	}
	p.Chain = chain.Bytes()
	p.Gateway, p.Practice = d.describeGateway(r.Gateway)
	return p, d.addPapers(&p)
}

// shown is how many events are in the excerpts.
func shown(excerpts []ledger.Excerpt) (n int) {
	for _, p := range excerpts {
		for _, e := range p.Entries {
			if e.ID != "" {
				n++
			}
		}
	}
	return n
}

// withhold leaves out events that name a path of this machine: what went wrong with a file of the
// desk's own is nobody else's. The register's part has their hashes.
func (d *Desk) withhold(p *evidence.Pack, excerpts []ledger.Excerpt) {
	var own [][]byte
	user, err := os.UserHomeDir()
	if err != nil {
		user = ""
	}
	for _, path := range []string{d.cfg.Home.Path(), user} {
		if text, err := json.Marshal(path); err == nil && len(path) > 1 {
			own = append(own, text[1:len(text)-1]) // as it stands in an event
		}
	}
	for _, excerpt := range excerpts {
		for i, e := range excerpt.Entries {
			if e.ID == "" || e.Seq < 1 || e.Seq > len(p.Events) {
				continue
			}
			event := &p.Events[e.Seq-1]
			tells := event.Kind == request.KindLaunchFailed || event.Kind == request.KindOpenFailed || event.Kind == request.KindTrouble
			if tells && slices.ContainsFunc(own, func(path []byte) bool { return bytes.Contains(e.Event, path) }) {
				excerpt.Entries[i].ID = ""
				event.Reason = p.Language.Say("pack.withheld")
			}
		}
	}
}

// isOver fails with [ErrOut] when an address in the events is one that a browser may still come back
// to: that of the request, or of another one of the same visit.
func (d *Desk) isOver(ctx context.Context, r request.Request, events []request.Event) error {
	if r.Status == request.Signing {
		return ErrOut
	}
	for _, e := range events {
		if e.Visit == nil {
			continue
		}
		for _, id := range e.Visit.Requests {
			if id == r.ID {
				continue
			}
			other, err := d.ledger.Get(ctx, id)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				return err
			}
			if other.Status == request.Signing && other.Visit != nil && other.Visit.Ticket == e.Visit.Ticket {
				return fmt.Errorf("%s was sent on the same visit: %w", label(other.Title), ErrOut)
			}
		}
	}
	return nil
}

// describeGateway says where a gateway is, as far as it still is set up.
func (d *Desk) describeGateway(name string) (described string, practice bool) {
	profiles, err := d.Gateways()
	if err != nil {
		return name, false
	}
	for _, p := range profiles.List {
		if p.Name != name {
			continue
		}
		if p.Practice {
			return fmt.Sprintf("%s (%s)", p.Name, p.Kind), true
		}
		return fmt.Sprintf("%s (%s, %s)", p.Name, p.Kind, p.URL), false
	}
	return name, false
}

// addPapers adds the files of the request, with the signatures in those that came back.
func (d *Desk) addPapers(p *evidence.Pack) error {
	anchors, err := Anchors(d.cfg.Home)
	if err != nil {
		return err
	}
	signed := func(f request.SignedFile) (evidence.Paper, error) {
		paper := d.paper(f.SHA256, f.Size)
		file, err := d.ledger.OpenDocument(f.SHA256)
		if err != nil {
			return paper, missing(err)
		}
		defer file.Close()
		// A file that cannot be read as a PDF has no signatures; what is wrong with it is told already.
		paper.Signatures, err = pdf.Signatures(file, f.Size, anchors)
		if err != nil {
			d.cfg.Log.Info("the signatures of a kept file cannot be read", "error", err)
		}
		return paper, nil
	}
	for _, doc := range p.Request.Documents {
		p.Originals = append(p.Originals, d.paper(doc.SHA256, doc.Size))
		var back evidence.Paper
		if doc.Signed != nil {
			if back, err = signed(*doc.Signed); err != nil {
				return err
			}
		}
		p.Signed = append(p.Signed, back)
	}
	for _, f := range p.Request.Attached {
		paper, err := signed(f)
		if err != nil {
			return err
		}
		p.Attached = append(p.Attached, paper)
	}
	return nil
}

func (d *Desk) paper(digest string, size int64) evidence.Paper {
	return evidence.Paper{SHA256: digest, Size: size, Open: func() (io.ReadCloser, error) {
		f, err := d.ledger.OpenDocument(digest)
		return f, missing(err)
	}}
}

// missing says of a document that is not there what to do.
func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return errKeptMissing
	}
	return err
}

// SuggestEvidence gives the path of a pack that is free now: in a folder, or in the usual one where
// none is given.
func (d *Desk) SuggestEvidence(ctx context.Context, id request.ID, folder string) (path string, err error) {
	r, err := d.ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return d.freeName(ctx, folder, safeName(r.Title)+" (evidence)", ".zip")
}
