package desk

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"countersign/core/backup"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

// Seal is the line of a seal; see package register.
type Seal = register.Seal

// ParseSeal finds a seal in a text.
func ParseSeal(text string) (Seal, error) { return register.ParseSeal(text) }

// Audited is what an audit found, and with what it was checked.
type Audited struct {
	ledger.Audit
	Key  string `json:"key,omitempty"`      // the fingerprint of the key that signatures were checked with
	Kept Place  `json:"key_kept,omitempty"` // where its private part is; empty when that could not be had, and register.pub was taken as it is
}

// Audit walks the register; see [ledger.Ledger.Audit]. A seal that is given is checked too. What
// does not hold is no error.
func (d *Desk) Audit(ctx context.Context, seal *Seal, tell func(ledger.Progress)) (Audited, error) {
	opts := ledger.AuditOptions{Seal: seal, Tell: tell}
	var report Audited
	public, err := readKey(d.cfg.Home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return faulty(ledger.Altered, err.Error()), nil
	}
	opts.Key = public
	switch key, err := d.privateKey(ctx); {
	case err == nil:
		opts.Key = key.Public().(ed25519.PublicKey)
		if opts.Kept, err = d.marked(ctx); err != nil {
			return Audited{}, err
		}
		if public != nil && !public.Equal(opts.Key) {
			return faulty(ledger.Foreign, "register.pub is not the public part of the desk's key"), nil
		}
		if report.Kept, err = d.keyPlace(ctx); err != nil {
			return Audited{}, err
		}
	case ctx.Err() != nil:
		return Audited{}, ctx.Err()
	case errors.Is(err, errKeyLost):
		return Audited{}, err
	case !errors.Is(err, secret.ErrNotFound):
		d.cfg.Log.Warn("the register is checked with register.pub alone", "error", err)
	}
	if opts.Key != nil {
		report.Key = register.Fingerprint(opts.Key)
	}
	report.Audit, err = d.ledger.Audit(ctx, opts)
	return report, err
}

func faulty(kind ledger.FaultKind, problem string) Audited {
	return Audited{Audit: ledger.Audit{Fault: &ledger.Fault{Kind: kind, Problem: problem}}}
}

// sealedLinks is how much of the register's end is looked at before a seal is given.
const sealedLinks = 10_000

// Seal gives today's seal. It signs first what is not signed yet, where it can.
func (d *Desk) Seal(ctx context.Context) (Seal, error) {
	if err := d.ledger.Sign(ctx); err != nil {
		return Seal{}, err
	}
	h, err := d.ledger.Look(ctx, sealedLinks)
	if err != nil {
		return Seal{}, err
	}
	if f := h.Fault; f != nil {
		return Seal{}, fmt.Errorf("the register does not hold at entry %d, so there is nothing to seal: check it with countersignctl audit", f.Number)
	}
	state, err := d.ledger.State(ctx)
	switch {
	case err != nil:
		return Seal{}, err
	case state.Count == 0:
		return Seal{}, errors.New("the register is empty: there is nothing to seal yet")
	case state.Register == "":
		return Seal{}, fmt.Errorf("the register is not signed yet, so there is nothing to seal: %w", d.key.reason())
	}
	seal := Seal{At: d.cfg.Now(), Count: state.Count, Link: state.Link, Register: state.Register}
	if key, err := readKey(d.cfg.Home); err == nil {
		seal.Key = register.Fingerprint(key)
	}
	d.key.note()
	// As it is read back.
	return ParseSeal(seal.String())
}

// reason tells why nothing is signed.
func (k *registerKey) reason() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failure != nil {
		return k.failure
	}
	return errors.New("the desk's key cannot be had yet: unlock the keyring, and try again")
}

// ExportRegister writes the whole register as lines; see docs/register.md. It tells how many
// entries it has written.
func (d *Desk) ExportRegister(ctx context.Context, w io.Writer, tell func(entries, of int)) error {
	return d.ledger.Export(ctx, w, tell)
}

// SaveRegister writes the whole register as lines to a file that is not there yet: see [ErrTaken]. It has its
// name when it is whole.
func (d *Desk) SaveRegister(ctx context.Context, path string, tell func(entries, of int)) error {
	return d.writeOut(path, false, func(w io.Writer) error { return d.ExportRegister(ctx, w, tell) })
}

// proof gives the parts of the register that show that a request's events are in it. It signs first
// what is not signed yet, where it can.
func (d *Desk) proof(ctx context.Context, id request.ID) ([]ledger.Excerpt, error) {
	if err := d.ledger.Sign(ctx); err != nil {
		return nil, err
	}
	return d.ledger.Proof(ctx, id)
}

// RegisterKey tells the fingerprint of the desk's key, and where its private part is; an empty
// place says that it is not there.
func (d *Desk) RegisterKey(ctx context.Context) (fingerprint string, place Place, err error) {
	key, err := readKey(d.cfg.Home)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	place, err = d.keyPlace(ctx)
	return register.Fingerprint(key), place, err
}

// Err tells what does not hold, for people: nil when everything does. Home is the folder that
// they are to keep a copy of; the desk's, without a name, when empty.
func (a Audited) Err(home string) error {
	home = cmp.Or(home, "the desk's folder")
	f, s := a.Fault, a.Seal
	if f == nil {
		return nil
	}
	if s != nil && !s.Holds {
		return fmt.Errorf("the seal does not hold (%s): %s: keep a copy of %s and compare it with a backup", s.Kind, s.Problem, home)
	}
	if f.List != "" {
		return fmt.Errorf("the register does not hold in %s (%s): %s: keep a copy of %s first", Where(*f), f.Kind, f.Problem, home)
	}
	return fmt.Errorf("the register does not hold at %s (%s): %s: keep a copy of %s and restore a backup", Where(*f), f.Kind, f.Problem, home)
}

// Where names the place of a fault.
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

// Backup writes the whole home, but for its secrets, into a file that must not be there; see
// package backup. The desk may be in use.
func (d *Desk) Backup(ctx context.Context, out string, opts backup.Options) (backup.Summary, error) {
	opts.Now = d.cfg.Now
	d.signNow(ctx)
	return backup.Write(ctx, d.cfg.Home, d.ledger, out, opts)
}
