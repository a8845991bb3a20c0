package sealing

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"

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
// seal unless that is nil. A fault is in the result and no error; see [Audited.Err]. progress may
// be nil.
func (s *Sealer) Audit(ctx context.Context, seal *register.Seal, progress func(ledger.Progress)) (Audited, error) {
	opts := ledger.AuditOptions{Seal: seal, OnProgress: progress}
	var report Audited
	public, err := readPublic(s.cfg.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return withFault(ledger.Altered, err.Error()), nil
	}
	opts.Key = public
	switch key, err := s.privateKey(ctx); {
	case err == nil:
		opts.Key = key.Public().(ed25519.PublicKey)
		if opts.Pinned, err = s.checkpoint(ctx); err != nil {
			return Audited{}, err
		}
		if public != nil && !public.Equal(opts.Key) {
			return withFault(ledger.Foreign, "register.pub is not the public part of the desk's key"), nil
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
	report.Audit, err = s.ledger.Audit(ctx, opts)
	return report, err
}

func withFault(kind ledger.FaultKind, problem string) Audited {
	return Audited{Audit: ledger.Audit{Fault: &ledger.Fault{Kind: kind, Problem: problem}}}
}

// sealedLinks is how many entries at the register's end are checked before a seal is given.
const sealedLinks = 10_000

// Seal returns the seal of the register as it is now, after it has signed what was not signed yet.
// It fails when the register's end does not hold, when entries are missing that were noted as signed,
// and when the register is empty or nothing of it is signed.
func (s *Sealer) Seal(ctx context.Context) (register.Seal, error) {
	if err := s.ledger.Sign(ctx); err != nil {
		return register.Seal{}, err
	}
	h, err := s.ledger.QuickCheck(ctx, sealedLinks)
	if err != nil {
		return register.Seal{}, err
	}
	if f := h.Fault; f != nil {
		return register.Seal{}, request.Errorf("seal_broken", "the register does not hold at entry %d, so there is nothing to seal: check it with countersignctl audit", f.Number)
	}
	noted, has, err := s.hasNoted(ctx)
	if err != nil {
		return register.Seal{}, err
	}
	if !has {
		return register.Seal{}, fmt.Errorf("the desk signed entry %d, and the register does not have it as it was, so there is nothing to seal: check it with countersignctl audit", noted.Count)
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

// Reachable returns nil when the private key, or a keyring that would have it, can be asked here. An
// error says why that is not so.
func (s *Sealer) Reachable(ctx context.Context) error {
	if _, err := s.kept(ctx, keyName); err != nil && !errors.Is(err, secret.ErrNotFound) {
		return err
	}
	return nil
}

// Key returns the fingerprint of the desk's public key and where the private one is kept. The
// fingerprint is empty when there is no key yet, the place when the private key is not there.
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

// Err returns the fault as an error for people; nil when everything holds. folder is what they are
// told to keep a copy of; "the desk's folder" when empty.
func (a Audited) Err(folder string) error {
	folder = cmp.Or(folder, "the desk's folder")
	fault, seal := a.Fault, a.Audit.Seal
	if fault == nil {
		return nil
	}
	if seal != nil && !seal.Holds {
		return fmt.Errorf("the seal does not hold (%s): %s: keep a copy of %s and compare it with a backup", seal.Kind, seal.Problem, folder)
	}
	if fault.List != "" {
		return fmt.Errorf("the register does not hold in %s (%s): %s: keep a copy of %s first", Where(*fault), fault.Kind, fault.Problem, folder)
	}
	return fmt.Errorf("the register does not hold at %s (%s): %s: keep a copy of %s and restore a backup", Where(*fault), fault.Kind, fault.Problem, folder)
}

// Where describes where in the register a fault is.
func Where(f ledger.Fault) string {
	switch {
	case f.Document != "":
		return fmt.Sprintf("document %.12s of request %s", f.Document, f.Request)
	case f.List != "" && f.Request != "":
		return fmt.Sprintf("its list of %s (request %s)", f.List, f.Request)
	case f.List != "":
		return fmt.Sprintf("its list of %s", f.List)
	case f.Number == 0 && f.Request != "":
		return fmt.Sprintf("request %s", f.Request)
	case f.Number == 0:
		return "its key"
	case f.Request != "":
		return fmt.Sprintf("entry %d (event %d of request %s)", f.Number, f.Seq, f.Request)
	}
	return fmt.Sprintf("entry %d", f.Number)
}
