package office

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

// Audit is what an audit of the office's server found. Its JSON is part of the output of countersignctl audit.
type Audit struct {
	Office    string `json:"office"`          // what it calls itself
	Quick     bool   `json:"quick,omitempty"` // only the ends were compared
	Entries   int    `json:"entries"`         // of the server, up to the fault if there is one
	Head      string `json:"head"`            // the link of the last of them, in hex
	Desks     int    `json:"desks"`           // whose keys are those that they joined with
	Witnesses int    `json:"witnesses"`       // signatures of desks that hold
	Fault     *Fault `json:"fault,omitempty"` // the first one; nil if the server has what this desk has read, and all of it holds
	// Problem is why the server could not be asked. The other members then say nothing.
	Problem string `json:"problem,omitempty"`
}

// Fault says where the register at the server is not what it has to be.
type Fault struct {
	Kind    ledger.FaultKind `json:"kind"`
	Number  int              `json:"number"` // of the entry
	Request request.ID       `json:"request,omitempty"`
	Seq     int              `json:"seq,omitempty"`
	Desk    string           `json:"desk,omitempty"` // whose key or signature it is
	Problem string           `json:"problem"`        // an English sentence for the user

	request.Cause // of Problem
}

// Err returns the fault as an error that says what to do, or nil when there is none.
func (a Audit) Err() error {
	if a.Fault == nil {
		return nil
	}
	return request.Errorf("office_broken", "the office’s register is not intact at entry %d (%s): %s: keep this home as it is, and ask who runs the office’s server",
		request.Count(a.Fault.Number), a.Fault.Kind.Sentence(), request.Sentence{Text: a.Fault.Problem, Cause: a.Fault.Cause})
}

// Audited is the copy with which the server is compared. Package ledger implements it.
type Audited interface {
	Head(ctx context.Context) (register.Head, error)
	Entries(ctx context.Context, after, limit int) ([]register.Entry, error)
	Witnesses(ctx context.Context, after, until int) ([]register.Witness, error)
	KeepWitnesses(ctx context.Context, all []register.Witness) error
}

// auditedAtOnce is how many entries an audit asks for at a time.
const auditedAtOnce = 1000

// Audit reads the whole register of the office's server and compares it with the copy, which was audited before: each entry and its link, which it computes anew; the
// desks' keys, which have to be those of the entries by which they joined; and what desks have signed as witnesses, with these
// keys. A fault is in the result and no error: the error says why the server could not be asked. Signatures that hold are kept in the copy,
// and have to be there at the next audit. The function tell is called now and then.
func (l *Link) Audit(ctx context.Context, c Audited, tell func(entries, total int)) (Audit, error) {
	a := &auditor{link: l, copy: c, report: Audit{Office: l.member.Name}, desks: map[string]team.Desk{}}
	err := a.run(ctx, tell)
	a.report.Head = a.last.String()
	return a.report, err
}

// CompareHeads compares only the last entry of the copy with the same entry at the server. It fails as [Link.Audit] does.
func (l *Link) CompareHeads(ctx context.Context, c Audited) (Audit, error) {
	a := &auditor{link: l, copy: c, report: Audit{Office: l.member.Name, Quick: true}}
	own, err := c.Head(ctx)
	if err != nil {
		return Audit{}, err
	}
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		number, link, err := o.Head(ctx)
		if err != nil {
			return err
		}
		a.report.Entries, a.report.Head = number, link.String()
		if number < own.Count {
			a.fail(ledger.Truncated, number+1, missingAtEnd(number, own.Count))
			return nil
		}
		if own.Count == 0 {
			return nil
		}
		entries, err := o.Entries(ctx, own.Count-1, 1)
		if err == nil && (len(entries) == 0 || entries[0].Number != own.Count) {
			a.fail(ledger.Removed, own.Count, removed())
		} else if err == nil && entries[0].Link != own.Link {
			a.fail(ledger.Altered, own.Count, otherLink())
		}
		return err
	})
	return a.report, err
}

// auditor is the state of one audit.
type auditor struct {
	link   *Link
	copy   Audited
	report Audit

	chain register.Hasher
	last  register.Hash        // the link of the last entry
	desks map[string]team.Desk // as the entries up to the last one say
	held  []register.Witness   // the signatures of the part that hold
}

// fail puts a fault into the report. It always returns false.
func (a *auditor) fail(kind ledger.FaultKind, number int, problem request.Sentence) bool {
	a.report.Fault = &Fault{Kind: kind, Number: number, Problem: problem.Text, Cause: problem.Cause}
	return false
}

// failAt is like fail, for an entry that is there.
func (a *auditor) failAt(kind ledger.FaultKind, e register.Entry, problem request.Sentence) bool {
	a.fail(kind, e.Number, problem)
	a.report.Fault.Request, a.report.Fault.Seq = request.ID(e.Request), e.Seq
	return false
}

// failOf is like fail, for what a desk has signed, or for its key.
func (a *auditor) failOf(desk string, kind ledger.FaultKind, number int, problem request.Sentence) bool {
	a.fail(kind, number, problem)
	a.report.Fault.Desk = desk
	return false
}

func removed() request.Sentence {
	return request.Sentencef("office_audit_removed", "the server does not have this entry any more")
}

func otherLink() request.Sentence {
	return request.Sentencef("office_audit_other_link", "the server has another link for it than this desk has read")
}

func missingAtEnd(left, read int) request.Sentence {
	return request.Sentencef("office_audit_cut_off", "the server lacks the last entries (read by this desk: %d, left: %d)", request.Count(read), request.Count(left))
}

// part is a part of the register as the copy and the server have it. What is of the copy was read first, so the server must have all of it.
type part struct {
	own, entries []register.Entry
	kept         []register.Witness
	witnesses    []team.Witness
}

func (a *auditor) run(ctx context.Context, tell func(entries, total int)) error {
	began, link, err := a.head(ctx)
	if err != nil {
		return err
	}
	for {
		p, err := a.read(ctx)
		if err != nil {
			return err
		}
		if !a.check(p, began, link) {
			return nil
		}
		if err := a.keep(ctx, p); err != nil {
			return err
		}
		tell(a.report.Entries, max(began, a.report.Entries))
		if len(p.entries) < auditedAtOnce {
			return a.checkEnd(ctx, began)
		}
	}
}

// head asks the server for the last entry that it claims to have.
func (a *auditor) head(ctx context.Context) (number int, link register.Hash, err error) {
	err = a.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error { number, link, err = o.Head(ctx); return err })
	return number, link, err
}

// read reads the part that comes next.
func (a *auditor) read(ctx context.Context) (p part, err error) {
	after := a.report.Entries
	if p.own, err = a.copy.Entries(ctx, after, auditedAtOnce); err != nil {
		return p, err
	}
	if p.kept, err = a.copy.Witnesses(ctx, after, after+auditedAtOnce); err != nil {
		return p, err
	}
	err = a.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if p.entries, err = o.Entries(ctx, after, auditedAtOnce); err == nil && len(p.entries) > 0 {
			p.witnesses, err = o.Witnesses(ctx, after, after+len(p.entries))
		}
		return err
	})
	return p, err
}

// check checks a part. The server claimed at the beginning that the entry with the number began has that link. check returns false after a fault.
func (a *auditor) check(p part, began int, link register.Hash) bool {
	witnesses, kept := p.witnesses, p.kept
	for i, e := range p.entries {
		if !a.checkEntry(p, i) || !a.checkDesk(e) {
			return false
		}
		a.report.Entries, a.last = e.Number, e.Link
		if e.Number == began && e.Link != link {
			return a.failAt(ledger.Altered, e, request.Sentencef("office_audit_head", "the server names another link as its last one than the entry has"))
		}
		for ; len(witnesses) > 0 && witnesses[0].Count <= e.Number; witnesses = witnesses[1:] {
			if !a.checkWitness(witnesses[0]) {
				return false
			}
		}
		for ; len(kept) > 0 && kept[0].Count <= e.Number; kept = kept[1:] {
			if !a.checkKept(kept[0], p.witnesses) {
				return false
			}
		}
	}
	if len(p.own) > len(p.entries) {
		return a.fail(ledger.Truncated, a.report.Entries+1, missingAtEnd(a.report.Entries, p.own[len(p.own)-1].Number))
	}
	return true
}

// checkEntry checks that the entry with the index i of the server is the next one, that it is the one that the copy has, and that its link follows
// from the one before. It returns false after a fault.
func (a *auditor) checkEntry(p part, i int) bool {
	e := p.entries[i]
	if e.Number != a.report.Entries+1 {
		return a.fail(ledger.Removed, a.report.Entries+1, removed())
	}
	seen := i < len(p.own)
	if seen && !sameEvent(e, p.own[i]) {
		kind, problem := compare(p, i)
		return a.failAt(kind, p.own[i], problem)
	}
	link := a.chain.Link(a.last, a.chain.Entry(e.Request, e.Seq, e.Content))
	switch {
	case seen && e.Link != p.own[i].Link:
		return a.failAt(ledger.Altered, e, otherLink())
	case e.Link != link:
		return a.failAt(ledger.Altered, e, request.Sentencef("office_audit_link", "its link does not follow from the entry and the link before"))
	}
	return true
}

func sameEvent(e, other register.Entry) bool {
	return e.Request == other.Request && e.Seq == other.Seq && string(e.Content) == string(other.Content)
}

// compare says how the entry with the index i of the server differs from that of the copy.
func compare(p part, i int) (ledger.FaultKind, request.Sentence) {
	find := func(e register.Entry, among []register.Entry) int {
		at := slices.IndexFunc(among, func(other register.Entry) bool { return sameEvent(e, other) })
		if at < 0 {
			return 0
		}
		return among[at].Number
	}
	stands, moved := find(p.entries[i], p.own[i:]), find(p.own[i], p.entries[i:])
	switch {
	case stands > 0 && moved > 0:
		return ledger.Reordered, request.Sentencef("office_audit_reordered", "the server has it as entry %d, and in its place the one that this desk has read as entry %d", request.Count(moved), request.Count(stands))
	case stands > 0:
		return ledger.Removed, request.Sentencef("office_audit_replaced", "the server does not have this entry any more, and in its place the one that this desk has read as entry %d", request.Count(stands))
	case moved > 0:
		return ledger.Foreign, request.Sentencef("office_audit_inserted", "the server has it as entry %d, and in its place one that this desk has not read", request.Count(moved))
	}
	return ledger.Altered, request.Sentencef("office_audit_altered", "the server has another event than this desk has read")
}

// checkDesk checks that an event is of a desk that had joined, and of the login whose desk that is. The functions of the server add no other. A
// desk that joins is noted. checkDesk returns false after a fault. An event that cannot be read is none: it does not fit, and changes nothing.
func (a *auditor) checkDesk(e register.Entry) bool {
	var event officeEvent
	if json.Unmarshal(e.Content, &event) != nil {
		return true
	}
	known, joined := a.desks[event.Desk]
	switch {
	case e.Request != string(request.OfficeID):
		if !joined || event.By != "" && event.By != known.Login {
			return a.failAt(ledger.Foreign, e, request.Sentencef("office_audit_foreign", "it was not added as the server adds entries: %s had no desk %s then", said(event.By), said(event.Desk)))
		}
	case event.Kind == kindJoined && event.Joined != nil:
		if joined && event.By != known.Login {
			return a.failAt(ledger.Foreign, e, request.Sentencef("office_audit_taken", "it was not added as the server adds entries: the desk %s is one of %s", event.Desk, known.Login))
		}
		a.desks[event.Desk] = team.Desk{Name: event.Desk, Login: event.By, Key: event.Joined.Key, Joined: e.Number}
	}
	return true
}

// said returns a name, or a dash where an event has none.
func said(name string) string {
	if name == "" {
		return "–"
	}
	return name
}

// checkWitness checks what a desk has signed of the last entry. It returns false after a fault.
func (a *auditor) checkWitness(w team.Witness) bool {
	number := a.report.Entries
	switch {
	case w.Count != number || !w.SignedBy(a.desks[w.Desk].Key):
		return a.failOf(w.Desk, ledger.Foreign, number, request.Sentencef("office_audit_forged", "the signature of the desk %s was not made with the key that it had then", w.Desk))
	case w.Link != a.last:
		return a.failOf(w.Desk, ledger.Altered, number, request.Sentencef("office_audit_not_signed", "the desk %s has signed another entry than the server has", w.Desk))
	}
	a.report.Witnesses++
	a.held = append(a.held, register.Witness{Desk: w.Desk, Key: a.desks[w.Desk].Key, Checkpoint: w.Checkpoint})
	return true
}

// checkKept checks that the server still has a signature that was kept here. It returns false after a fault.
func (a *auditor) checkKept(kept register.Witness, witnesses []team.Witness) bool {
	for _, w := range witnesses {
		if w.Desk == kept.Desk && w.Count == kept.Count {
			if string(w.Signature) == string(kept.Signature) {
				return true
			}
			return a.failOf(kept.Desk, ledger.Altered, kept.Count, request.Sentencef("office_audit_resigned", "the server has another signature of the desk %s than this desk has read", kept.Desk))
		}
	}
	return a.failOf(kept.Desk, ledger.Removed, kept.Count, request.Sentencef("office_audit_unsigned", "the server does not have the signature of the desk %s any more", kept.Desk))
}

// keep keeps the signatures of a part without a fault, as far as the copy has their entries.
func (a *auditor) keep(ctx context.Context, p part) error {
	held := slices.DeleteFunc(a.held, func(w register.Witness) bool {
		return w.Count > a.report.Entries-len(p.entries)+len(p.own) || slices.ContainsFunc(p.kept, func(k register.Witness) bool { return k.Desk == w.Desk && k.Count == w.Count })
	})
	a.held = nil
	return a.copy.KeepWitnesses(ctx, held)
}

// checkEnd checks what the server has besides entries: nothing may be about entries that are not there, and its desks have to be those that the entries name.
func (a *auditor) checkEnd(ctx context.Context, began int) error {
	var beyond []team.Witness
	var desks []team.Desk
	err := a.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) (err error) {
		if beyond, err = o.Witnesses(ctx, a.report.Entries, math.MaxInt64); err == nil {
			desks, err = o.Desks(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	now, link, err := a.head(ctx) // asked last: others go on
	if err != nil {
		return err
	}
	n := a.report.Entries
	switch {
	case began > n:
		a.fail(ledger.Truncated, n+1, request.Sentencef("office_audit_head_beyond", "the server says that it has more entries than are there (said: %d, there: %d)", request.Count(began), request.Count(n)))
		return nil
	case now < n:
		a.fail(ledger.Foreign, now+1, request.Sentencef("office_audit_appended", "it was not added as the server adds entries: its last one is said to be entry %d", request.Count(now)))
		return nil
	case now == n && link != a.last:
		a.fail(ledger.Altered, n, request.Sentencef("office_audit_head", "the server names another link as its last one than the entry has"))
		return nil
	}
	for _, w := range beyond {
		if w.Count > now {
			a.failOf(w.Desk, ledger.Truncated, now+1, request.Sentencef("office_audit_signed_beyond", "the desk %s has signed entry %d, which the server does not have", w.Desk, request.Count(w.Count)))
			return nil
		}
	}
	a.checkDesks(desks, now)
	return nil
}

// checkDesks compares the server's list of desks with what the entries say of them. Of a desk that has joined since, up to entry number now, nothing is said.
func (a *auditor) checkDesks(desks []team.Desk, now int) {
	left := maps.Clone(a.desks)
	for _, d := range desks {
		joined, known := left[d.Name]
		delete(left, d.Name)
		if d.Joined > a.report.Entries && d.Joined <= now {
			continue
		}
		switch {
		case !known:
			a.failOf(d.Name, ledger.Foreign, d.Joined, request.Sentencef("office_audit_desk_foreign", "the server has a desk %s, which no entry names as joined", d.Name))
			return
		case !ed25519.PublicKey.Equal(joined.Key, d.Key):
			a.failOf(d.Name, ledger.Altered, joined.Joined, request.Sentencef("office_audit_desk_key", "the server has another key for the desk %s than the one with which it joined", d.Name))
			return
		case d.Login != joined.Login || d.Joined != joined.Joined:
			a.failOf(d.Name, ledger.Altered, joined.Joined, request.Sentencef("office_audit_desk_changed", "the server does not have the desk %s as it joined", d.Name))
			return
		}
		a.report.Desks++
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		a.failOf(name, ledger.Removed, left[name].Joined, request.Sentencef("office_audit_desk_removed", "the server does not have the desk %s any more", name))
		return
	}
}
