package sealing

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

// Audited is what an audit found, and which key it used.
type Audited struct {
	ledger.Audit
	Key string `json:"key,omitempty"` // the fingerprint of the key that signatures were checked with
	// Kept is where the private key is. It is empty when the private key could not be had; then
	// register.pub was used without being checked itself.
	Kept secret.Backend `json:"key_kept,omitempty"`
}

// Audit checks the whole register and its signatures; see [ledger.Ledger.Audit]. It also checks
// seal unless that is nil, and records with the requests which of their stored files are damaged. The
// function progress, which may be nil, is called now and then. A fault is in the result and no error; see
// [Audited.Err]. The error is errKeyLost if what is stored as the private key is none; otherwise it is
// about reading, or that of ctx.
func (s *Sealer) Audit(ctx context.Context, seal *register.Seal, progress func(ledger.Progress)) (Audited, error) {
	return s.audit(ctx, ledger.AuditOptions{Seal: seal, OnProgress: progress})
}

// AuditAll is like [Sealer.Audit], but goes on after a fault, so that the result lists every fault.
func (s *Sealer) AuditAll(ctx context.Context, seal *register.Seal, progress func(ledger.Progress)) (Audited, error) {
	return s.audit(ctx, ledger.AuditOptions{Seal: seal, OnProgress: progress, All: true})
}

func (s *Sealer) audit(ctx context.Context, opts ledger.AuditOptions) (Audited, error) {
	var report Audited
	public, err := readPublic(s.cfg.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return withFault(ledger.Altered, request.SentenceOf(err)), nil
	}
	opts.Key = public
	switch key, err := s.privateKey(ctx); {
	case err == nil:
		opts.Key = key.Public().(ed25519.PublicKey)
		if opts.Pinned, err = s.checkpoint(ctx); err != nil {
			return Audited{}, err
		}
		if public != nil && !public.Equal(opts.Key) {
			return withFault(ledger.Foreign, request.Sentencef("audit_other_key", "register.pub does not belong to the desk's key")), nil
		}
		if report.Kept, err = s.keyPlace(ctx); err != nil {
			return Audited{}, err
		}
	case ctx.Err() != nil:
		return Audited{}, ctx.Err()
	case errors.Is(err, errKeyLost):
		return Audited{}, err
	case !errors.Is(err, secret.ErrNotFound):
		s.cfg.Log.Warn("the register is checked with register.pub alone", "error", err)
	}
	if opts.Key != nil {
		report.Key = register.Fingerprint(opts.Key)
	}
	opts.Record = true
	report.Audit, err = s.ledger.Audit(ctx, opts)
	return report, err
}

// AuditFile checks the ledger in a folder, one that this home had before, with the key of the home. It checks no documents, since they are not
// there, and records nothing. Otherwise it is like [Sealer.Audit].
func (s *Sealer) AuditFile(ctx context.Context, folder string, seal *register.Seal, progress func(ledger.Progress)) (Audited, error) {
	public, err := readPublic(s.cfg.Home)
	if err != nil {
		return Audited{}, err
	}
	if _, err := os.Stat(filepath.Join(folder, ledger.FileName)); err != nil {
		return Audited{}, request.Errorf("audit_no_ledger", "there is no ledger in %s: check the name of the folder", folder)
	}
	l, err := ledger.Open(ctx, folder, ledger.Options{Exclusive: true, Log: s.cfg.Log, CheckOfficeEvent: s.cfg.CheckOfficeEvent})
	if err != nil {
		return Audited{}, err
	}
	defer l.Close()
	report := Audited{Key: register.Fingerprint(public)}
	report.Audit, err = l.Audit(ctx, ledger.AuditOptions{Key: public, Seal: seal, OnProgress: progress, FileAlone: true})
	return report, err
}

func withFault(kind ledger.FaultKind, problem request.Sentence) Audited {
	return Audited{Audit: ledger.Audit{Fault: &ledger.Fault{Kind: kind, Problem: problem.Text, Cause: problem.Cause}}}
}

// sealedLinks is how many entries at the register's end are checked before a seal is given.
const sealedLinks = 10_000

// Seal signs what is not signed yet, checks the end of the register, and returns the seal of the
// register as it is then. It fails when the end has a fault, when the register lacks the entry of the
// kept checkpoint, and when the register is empty or nothing of it is signed.
func (s *Sealer) Seal(ctx context.Context) (register.Seal, error) {
	if err := s.ledger.Sign(ctx); err != nil {
		return register.Seal{}, err
	}
	h, err := s.ledger.QuickCheck(ctx, sealedLinks)
	if err != nil {
		return register.Seal{}, err
	}
	if f := h.Fault; f != nil {
		return register.Seal{}, request.Errorf("seal_broken", "the register is not intact at entry %d, so there is nothing to seal: check it with countersignctl audit", request.Count(f.Number))
	}
	noted, has, err := s.hasNoted(ctx)
	if err != nil {
		return register.Seal{}, err
	}
	if !has {
		return register.Seal{}, request.Errorf("seal_signed_gone", "the desk signed entry %d, and the register does not have it as it was, so there is nothing to seal: check it with countersignctl audit", request.Count(noted.Count))
	}
	state, err := s.ledger.RegisterState(ctx)
	switch {
	case err != nil:
		return register.Seal{}, err
	case state.Count == 0:
		return register.Seal{}, request.Errorf("seal_empty", "the register is empty: there is nothing to seal yet")
	case state.Register == "":
		return register.Seal{}, request.Errorf("seal_unsigned", "the register is not signed yet, so there is nothing to seal: %w", s.Problem())
	}
	seal := register.Seal{At: s.cfg.Now(), Count: state.Count, Link: state.Link, Register: state.Register}
	if key, err := readPublic(s.cfg.Home); err == nil {
		seal.Key = register.Fingerprint(key)
	}
	s.noteSigned()
	return register.ParseSeal(seal.String()) // so that it is exactly what is read back from paper
}

// Reachable returns nil if it can be read now whether the desk has a private key, even if it has none.
// Otherwise the error says why not: no keyring can be reached, or the keyring is locked or fails.
func (s *Sealer) Reachable(ctx context.Context) error {
	if _, err := s.kept(ctx, keyName); err != nil && !errors.Is(err, secret.ErrNotFound) {
		return err
	}
	return nil
}

// Key returns the fingerprint of the desk's public key and where the private key is kept. Both are
// empty when there is no public key yet. Only the place is empty when the private key is not there.
func (s *Sealer) Key(ctx context.Context) (fingerprint string, place secret.Backend, err error) {
	key, err := readPublic(s.cfg.Home)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	place, err = s.keyPlace(ctx)
	return register.Fingerprint(key), place, err
}

// Err returns the fault as an error that says what to do, or nil when there is none. folder is what
// people are told to keep a copy of; "" stands for the words "the desk's folder".
func (a Audited) Err(folder string) error {
	kept := request.Sentence{Text: folder}
	if folder == "" {
		kept = request.Sentencef("desk_folder", "the desk's folder")
	}
	fault, seal := a.Fault, a.Audit.Seal
	if fault == nil {
		return nil
	}
	if seal != nil && !seal.Holds {
		return request.Errorf("seal_changed", "the seal is not valid (%s): %s: keep a copy of %s and compare it with a backup", seal.Kind.Sentence(), seal.Sentence(), kept)
	}
	if fault.List != "" {
		return request.Errorf("register_list", "the register is not intact in %s (%s): %s: keep a copy of %s first", Where(*fault), fault.Kind.Sentence(), fault.Sentence(), kept)
	}
	return request.Errorf("register_broken", "the register is not intact at %s (%s): %s: keep a copy of %s and restore a backup", Where(*fault), fault.Kind.Sentence(), fault.Sentence(), kept)
}

// Where describes where in the register a fault is.
func Where(f ledger.Fault) request.Sentence {
	switch {
	case f.Document != "":
		return request.Sentencef("where_document", "document %s of request %s", shortDigest(f.Document), f.Request)
	case f.List != "" && f.Request != "":
		return request.Sentencef("where_list_request", "its list of %s (request %s)", f.List, f.Request)
	case f.List != "":
		return request.Sentencef("where_list", "its list of %s", f.List)
	case f.Number == 0 && f.Request != "":
		return request.Sentencef("where_request", "request %s", f.Request)
	case f.Number == 0:
		return request.Sentencef("where_key", "its key")
	case f.Request != "":
		return request.Sentencef("where_event", "entry %d (event %d of request %s)", request.Count(f.Number), request.Count(f.Seq), f.Request)
	}
	return request.Sentencef("where_entry", "entry %d", request.Count(f.Number))
}

// shortDigest returns the first 12 digits of a digest, which are enough to find a document by.
func shortDigest(digest string) string { return digest[:min(12, len(digest))] }
