package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"countersign/core/export"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/workspace"
)

type auditCommand struct {
	Rebuild bool   `help:"First rebuild what is derived from the events: requests, indexes and counters."`
	Ledger  string `help:"Check the ledger in this folder, such as one that team join --bring, team rejoin or team leave has kept, with the key of this home and without documents." type:"existingdir" placeholder:"FOLDER"`
	Quick   bool   `help:"In an office, compare only the last entry with the server, and do not read everything there."`
	Seal    string `help:"Also check that nothing before this seal was changed. With -, the seal is read from standard input; it may be in a letter." placeholder:"LINE"`
}

// maxLetter is how many bytes of a letter on standard input are searched for a seal.
const maxLetter = 1 << 20

func (c *auditCommand) seal(t *terminal) (*register.Seal, error) {
	text := c.Seal
	if text == "" {
		return nil, nil
	}
	if text == "-" {
		letter, err := io.ReadAll(io.LimitReader(t.in, maxLetter))
		if err != nil {
			return nil, fmt.Errorf("read the seal: %w", err)
		}
		if text, err = input.Text(letter); err != nil {
			return nil, fmt.Errorf("read the seal: %w", err)
		}
	}
	seal, err := register.ParseSeal(text)
	if err != nil {
		return nil, err
	}
	return &seal, nil
}

func (c *auditCommand) Run(ctx context.Context, t *terminal) error {
	seal, err := c.seal(t)
	if err != nil {
		return err
	}
	if c.Ledger != "" {
		if c.Rebuild || c.Quick {
			return usageError("--ledger: it goes with neither --rebuild nor --quick")
		}
		return t.withHome(ctx, func(w *workspace.Workspace) error {
			report, err := w.Sealer.AuditFile(ctx, c.Ledger, seal, t.progress())
			if err != nil {
				return err
			}
			return t.audited(audited{Audited: report})
		})
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if c.Quick && w.Office == nil {
			return office.ErrNoMember
		}
		if c.Rebuild {
			if err := w.Ledger.Rebuild(ctx); err != nil {
				return err
			}
		}
		report, err := w.Sealer.Audit(ctx, seal, t.progress())
		if err != nil {
			return err
		}
		all := audited{Audited: report}
		var unasked error
		if report.Fault == nil && w.Office != nil {
			if all.Office, unasked = c.askOffice(ctx, t, w); ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if err := t.audited(all); err != nil {
			return err
		}
		if unasked != nil {
			return fmt.Errorf("what this desk has read is intact, but the office's server could not be asked whether it still has it: %w", unasked)
		}
		return nil
	})
}

// audited is what an audit found in the home and, in an office, at the server.
type audited struct {
	sealing.Audited
	Office *office.Audit `json:"office,omitempty"`
}

// askOffice compares what the home has with the server of its office. The error, which is in the result, too, says why that could not be done.
func (c *auditCommand) askOffice(ctx context.Context, t *terminal, w *workspace.Workspace) (*office.Audit, error) {
	var found office.Audit
	var err error
	if c.Quick {
		found, err = w.Office.CompareHeads(ctx, w.Ledger)
	} else {
		read := seldom(func(p [2]int) { printf(t.err, "entries of the office: %d of %d\n", p[0], p[1]) })
		found, err = w.Office.Audit(ctx, w.Ledger, func(n, of int) { read([2]int{n, of}) })
	}
	if err != nil {
		found.Problem = oneLine(err)
	}
	return &found, err
}

// audited prints what an audit found. It returns an error when something does not hold.
func (t *terminal) audited(report audited) error {
	if t.json {
		if err := t.value(report); err != nil {
			return err
		}
	} else if report.Fault == nil {
		printf(t.out, "%s, all chained, %s, %s: the register is intact.", many(report.Events, "event"), many(report.Requests, "request"), many(report.Documents, "document"))
		if report.Events > 0 {
			printf(t.out, " Head: %s", report.Head)
		}
		printf(t.out, "\n")
		t.signatures(report.Audited)
		for _, u := range report.Unfit {
			printf(t.out, "Entry %d (event %d of request %s, desk %s, login %s) cannot have happened, and changes nothing: %s\n", u.Number, u.Seq, u.Request, orDash(u.Desk), orDash(u.By), u.Problem)
		}
	}
	if s := report.Seal; s != nil && s.Holds && !t.json {
		printf(t.out, "The seal is valid: %s the same as on %s.\n", counted(s.Count, "the first entry is", "the first %d entries are"), s.At.Format(time.RFC3339))
		if s.OtherKey {
			printf(t.out, "The desk's key has changed since then.\n")
		}
	}
	if err := report.Err(t.dir.Path()); err != nil || report.Office == nil {
		return err
	}
	if o := report.Office; !t.json && o.Problem == "" && o.Fault == nil {
		if o.Quick {
			printf(t.out, "The server of the office %s still has the last entry that this desk has read. Whether it has all that is before, an audit without --quick shows.\n", o.Office)
		} else {
			printf(t.out, "The server of the office %s has all of this, too: %s, %s, %s, each as it has to be.\n", o.Office, counted(o.Entries, "1 entry", "%d entries"), many(o.Desks, "desk"), many(o.Witnesses, "signature"))
		}
	}
	return report.Office.Err()
}

func (t *terminal) signatures(report sealing.Audited) {
	if report.Signed > 0 {
		printf(t.out, "Signed up to entry %d with the key %s, since %s.\n", report.Signed, report.Key, report.SignedSince.Format(time.RFC3339))
	}
	if before := report.Migrated; before != nil {
		printf(t.out, "%s taken over on %s from a register without signatures.\n", counted(before.Entries, "The first entry was", "The first %d entries were"), before.At.Format(time.DateOnly))
	}
	if report.Signed > 0 && report.Kept == "" {
		printf(t.err, "countersignctl: the key itself was not available: signatures were checked with register.pub in the home\n")
	}
	if report.Unsigned > 0 {
		printf(t.err, "countersignctl: %s\n", counted(report.Unsigned, "the last entry is not signed yet: the next command that has the desk's key signs it", "the last %d entries are not signed yet: the next command that has the desk's key signs them"))
	}
}

// progress returns a function that prints the progress of an audit on standard error, at most every
// [progressEvery].
func (t *terminal) progress() func(ledger.Progress) {
	return seldom(func(p ledger.Progress) {
		switch {
		case p.Documents > 0:
			printf(t.err, "%s, %d MB\n", many(p.Documents, "document"), p.Bytes>>20)
		case p.Requests > 0:
			printf(t.err, "%s\n", many(p.Requests, "request"))
		default:
			printf(t.err, "entries: %d of %d\n", p.Entries, p.Total)
		}
	})
}

type sealCommand struct{}

type sealJSON struct {
	Seal  string    `json:"seal"`
	At    time.Time `json:"at"`
	Count int       `json:"count"`
	Head  string    `json:"head"`
}

func (c *sealCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		seal, err := w.Sealer.Seal(ctx)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(sealJSON{seal.String(), seal.At, seal.Count, seal.Link.String()})
		}
		return printf(t.out, "%s\n", seal.String())
	})
}

type registerCommand struct {
	Export    exportRegisterCommand `cmd:"" help:"Write the whole register as text, to be checked with sha256sum and openssl alone."`
	Key       keyCommand            `cmd:"" help:"Show which key the register is signed with, and where it is kept."`
	ExportKey exportKeyCommand      `cmd:"" help:"Write the private key into a file, for unattended jobs: they use it with --register-key."`
	NewKey    newKeyCommand         `cmd:"" help:"Check the register and sign it with a new key, after the old one was lost or the home was restored."`
}

type exportRegisterCommand struct {
	Out string `arg:"" help:"The file to write, which must not exist yet; - for standard output."`
}

func (c *exportRegisterCommand) Run(ctx context.Context, t *terminal) error {
	written := seldom(func(p [2]int) { printf(t.err, "entries: %d of %d\n", p[0], p[1]) })
	tell := func(n, of int) { written([2]int{n, of}) }
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if c.Out == "-" {
			out := bufio.NewWriter(t.out)
			return errors.Join(w.Ledger.Export(ctx, out, tell), out.Flush())
		}
		path, err := filepath.Abs(c.Out)
		if err != nil {
			return fmt.Errorf("find %s: %w", c.Out, err)
		}
		err = w.Exporter.SaveRegister(ctx, path, tell)
		if errors.Is(err, export.ErrTaken) {
			return fmt.Errorf("%s already exists: choose another name", c.Out)
		}
		return err
	})
}

type keyCommand struct{}

type keyJSON struct {
	Key    string         `json:"key,omitempty"`
	Kept   secret.Backend `json:"kept,omitempty"`
	Public string         `json:"public,omitempty"` // the path of the file with the public key
}

func (c *keyCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		fingerprint, place, err := w.Sealer.Key(ctx)
		if err != nil {
			return err
		}
		if t.json {
			j := keyJSON{Key: fingerprint, Kept: place}
			if fingerprint != "" {
				j.Public = t.dir.RegisterKey()
			}
			return t.value(j)
		}
		switch {
		case fingerprint == "":
			return printf(t.out, "There is no key yet: it is created with the first event.\n")
		case place == "":
			if err := w.Sealer.Reachable(ctx); err != nil {
				return printf(t.out, "%s: %v\n", fingerprint, err)
			}
			return printf(t.out, "%s: the key itself is missing: countersignctl register new-key makes a new one\n", fingerprint)
		}
		where := "the " + string(place)
		if place == sealing.KeyFile {
			where = t.keyFile
		}
		return printf(t.out, "%s: its private part is in %s, its public part in %s\n", fingerprint, where, t.dir.RegisterKey())
	})
}

type exportKeyCommand struct {
	Out string `arg:"" help:"The file to write, which must not exist yet, and not in the home."`
}

func (c *exportKeyCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		fingerprint, err := w.Sealer.ExportKey(ctx, c.Out)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s already exists: choose another name", c.Out)
		}
		if err != nil {
			return err
		}
		printf(t.err, "countersignctl: warning: whoever can read %s and change the home can write another register that nobody can tell from this one: "+
			"keep it outside of backups and shared folders, readable for the job's user alone\n", c.Out)
		if t.json {
			return t.value(struct {
				Key  string `json:"key"`
				File string `json:"file"`
			}{fingerprint, c.Out})
		}
		return printf(t.out, "The private part of the key %s is in %s. A job uses it with --register-key, or with COUNTERSIGN_REGISTER_KEY set to its path.\n", fingerprint, c.Out)
	})
}

type newKeyCommand struct {
	Yes    bool `help:"Make the key even if that hides missing entries, or if the old key may be in a keyring that cannot be reached here."`
	InFile bool `help:"Keep the key in a file of the home that only you can read, not in the keyring."`
}

func (c *newKeyCommand) Run(ctx context.Context, t *terminal) error {
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		if w.Office != nil { // which has to know the key: it is asked first whether it can be reached
			if err := w.Office.CatchUp(ctx, w.Ledger); err != nil {
				return fmt.Errorf("no new key was made, since the office has to know it: %w", err)
			}
		}
		report, err := w.Sealer.NewKey(ctx, sealing.Confirmed{Yes: c.Yes, InFile: c.InFile}, t.progress())
		if errors.Is(err, sealing.ErrUnconfirmed) {
			return fmt.Errorf("%w: where that is right, give --yes", err)
		}
		if err != nil {
			return err
		}
		if err := report.Err(t.dir.Path()); err != nil {
			return err
		}
		if w.Office != nil {
			if err := w.Joiner.BringKey(ctx); err != nil {
				return fmt.Errorf("the register here is signed with the new key %s, but the office does not know it yet: run the command again (%w)", report.Key, err)
			}
		}
		if t.json {
			return t.value(keyJSON{Key: report.Key, Public: t.dir.RegisterKey()})
		}
		return printf(t.out, "The register is intact, and %s now signed with the key %s.\n", counted(report.Events, "its entry is", "its %d entries are"), report.Key)
	})
}
