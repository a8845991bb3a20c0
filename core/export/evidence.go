package export

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
	"countersign/core/trust"
)

// SaveEvidence writes the evidence pack of a request to path, which must be absolute. The report in the
// pack is in the language lang. The error is [ErrTaken] when there is a file at path and replace is not
// set. SaveEvidence also fails when the register cannot be signed up to the last event of the request.
func (x *Exporter) SaveEvidence(ctx context.Context, id request.ID, path string, replace bool, lang i18n.Language) error {
	pack, err := x.evidenceOf(ctx, id, lang)
	if err != nil {
		return err
	}
	return x.write(path, replace, func(out io.Writer) error { return pack.Write(ctx, out) })
}

func (x *Exporter) evidenceOf(ctx context.Context, id request.ID, lang i18n.Language) (evidence.Pack, error) {
	excerpts, err := x.excerpts(ctx, id)
	if err != nil {
		return evidence.Pack{}, err
	}
	// Events that were written after the excerpts were read stay out of the pack.
	events, err := x.cfg.Ledger.Events(ctx, id)
	if err != nil {
		return evidence.Pack{}, err
	}
	events = events[:min(len(events), countEvents(excerpts))]
	r, err := request.Fold(id, events)
	if err != nil {
		return evidence.Pack{}, request.Errorf("evidence_events", "the request's events are inconsistent: check the register with countersignctl audit (%w)", err)
	}
	key := x.cfg.Key.Signer(ctx)
	if key == nil {
		return evidence.Pack{}, request.Errorf("evidence_unsigned", "the evidence cannot be signed: %w", x.cfg.Key.Problem())
	}
	p := evidence.Pack{
		Request: r, Events: events, StatusText: explain.Request(r, lang).State, SigningKey: key, CreatedAt: x.cfg.Now().Local(), Language: lang,
	}
	x.withhold(&p, excerpts)
	var chain bytes.Buffer
	for _, excerpt := range excerpts {
		if excerpt.Checkpoint.Signature == nil {
			return evidence.Pack{}, request.Errorf("evidence_behind", "the register is not signed up to the last event: %w", x.cfg.Key.Problem())
		}
		p.Register = excerpt.Register
		for _, w := range excerpt.Witnesses {
			if !slices.ContainsFunc(p.WitnessKeys, func(known ed25519.PublicKey) bool { return known.Equal(w.Key) }) {
				p.WitnessKeys = append(p.WitnessKeys, w.Key)
			}
		}
		if _, err := excerpt.WriteTo(&chain); err != nil {
			return evidence.Pack{}, err
		}
	}
	p.RegisterExcerpt = chain.Bytes()
	p.GatewayText = x.describeGateway(r.Gateway)
	return p, x.addFiles(ctx, &p)
}

// countEvents returns how many entries of the excerpts contain an event. Other entries are only hashes.
func countEvents(excerpts []ledger.Excerpt) (n int) {
	for _, p := range excerpts {
		for _, e := range p.Entries {
			if e.ID != "" {
				n++
			}
		}
	}
	return n
}

// withhold removes from the excerpts every event whose reason contains the path of the home or of the
// person's home folder, and replaces the reason of that event in the pack. The excerpts keep the hashes of
// these events.
func (x *Exporter) withhold(p *evidence.Pack, excerpts []ledger.Excerpt) {
	var own [][]byte
	user, err := os.UserHomeDir()
	if err != nil {
		user = ""
	}
	for _, path := range []string{x.cfg.Home.Path(), user} {
		if text, err := json.Marshal(path); err == nil && len(path) > 1 {
			own = append(own, text[1:len(text)-1]) // as it is written in an event's JSON
		}
	}
	for _, excerpt := range excerpts {
		for i, e := range excerpt.Entries {
			if e.ID == "" || e.Seq < 1 || e.Seq > len(p.Events) {
				continue
			}
			event := &p.Events[e.Seq-1]
			hasReason := event.Kind == request.KindLaunchFailed || event.Kind == request.KindOpenFailed || event.Kind == request.KindTrouble
			if hasReason && slices.ContainsFunc(own, func(path []byte) bool { return bytes.Contains(e.Event, path) }) {
				excerpt.Entries[i].ID = ""
				event.Reason, event.Cause = p.Language.Say("pack.withheld"), request.Cause{}
			}
		}
	}
}

// witnessTime is how long the server of an office has to say what desks have signed. A pack is made without that, too.
const witnessTime = 2 * time.Second

// excerpts has the ledger sign the entries that are not signed yet, and returns the excerpts of the
// register that contain the events of a request, with what desks of the office have signed of them.
func (x *Exporter) excerpts(ctx context.Context, id request.ID) ([]ledger.Excerpt, error) {
	if err := x.cfg.Ledger.Sign(ctx); err != nil {
		return nil, err
	}
	excerpts, err := x.cfg.Ledger.Excerpts(ctx, id)
	if err != nil || x.cfg.FetchWitnesses == nil {
		return excerpts, err
	}
	fetching, cancel := context.WithTimeout(ctx, witnessTime)
	defer cancel()
	for _, e := range excerpts {
		if err := x.cfg.FetchWitnesses(fetching, e.First-1, e.First+len(e.Entries)-1); err != nil {
			x.cfg.Log.Info("an evidence pack has only the signatures of desks that are kept here", "error", err)
			break
		}
	}
	return x.cfg.Ledger.Excerpts(ctx, id)
}

// describeGateway returns the name, the kind and the address of a gateway as one text. It has no address for
// a practice gateway, and only the name for a gateway without a profile.
func (x *Exporter) describeGateway(name string) string {
	profiles, err := x.cfg.Gateways()
	if err != nil {
		return name
	}
	for _, p := range profiles.List {
		if p.Name != name {
			continue
		}
		if p.Practice {
			return fmt.Sprintf("%s (%s)", p.Name, p.Kind)
		}
		return fmt.Sprintf("%s (%s, %s)", p.Name, p.Kind, p.URL)
	}
	return name
}

// addFiles adds the originals, the signed files and the attached files of the request to the pack. It
// reads the signatures in the signed and the attached files.
func (x *Exporter) addFiles(ctx context.Context, p *evidence.Pack) error {
	anchors := trust.Read(x.cfg.Home).Named
	signed := func(f request.SignedFile) (evidence.PDFFile, error) {
		paper := x.file(ctx, f.SHA256, f.Size)
		file, err := x.cfg.Ledger.OpenDocument(ctx, f.SHA256)
		if err != nil {
			return paper, err
		}
		defer file.Close()
		// A file that cannot be read as a PDF has no signatures. Its problem is in the events.
		paper.Signatures, err = pdf.Signatures(file, f.Size, anchors)
		if err != nil {
			x.cfg.Log.Info("the signatures of a kept file cannot be read", "error", err)
		}
		return paper, nil
	}
	for _, doc := range p.Request.Documents {
		p.Originals = append(p.Originals, x.file(ctx, doc.SHA256, doc.Size))
		var back evidence.PDFFile
		if doc.Signed != nil {
			var err error
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

func (x *Exporter) file(ctx context.Context, digest string, size int64) evidence.PDFFile {
	return evidence.PDFFile{SHA256: digest, Size: size, Open: func() (io.ReadCloser, error) {
		f, err := x.cfg.Ledger.OpenDocument(ctx, digest)
		if err != nil {
			return nil, err // and not an interface that holds a nil file
		}
		return f, nil
	}}
}

// SuggestEvidence returns a path in folder at which there is no file yet, for the evidence pack of a
// request. If folder is "", it chooses the folder as [Exporter.SuggestCopy] does.
func (x *Exporter) SuggestEvidence(ctx context.Context, id request.ID, folder string) (path string, err error) {
	r, err := x.cfg.Ledger.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return x.freePath(ctx, folder, safeName(r.Title)+" (evidence)", ".zip")
}
