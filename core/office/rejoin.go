package office

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"sort"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

// Rejoined is what came of joining anew.
type Rejoined struct {
	Folder   string     // with the ledger as it was before, which can be read
	Common   int        // the number of the last entry that the office's register and that ledger have in common
	Lost     int        // entries of that ledger behind it whose events the office did not have when Rejoin was called
	HandedIn int        // how many of them were of this desk and are in the register again
	Others   int        // how many are of other desks, which hand them in themselves
	Unfit    []Unhanded // those of this desk that could not be handed in
}

// Unhanded is an event that could not be handed in again, because the office's register has gone on without it.
type Unhanded struct {
	Number  int        `json:"number"` // of its entry in the ledger as it was before
	Request request.ID `json:"request"`
	Seq     int        `json:"seq"`
	Kind    string     `json:"kind"`
	Problem string     `json:"problem"` // an English sentence

	request.Cause // of Problem
}

// deskRejoins is the content of desk_rejoined: that entries were lost, which nobody could see in the register otherwise.
type deskRejoins struct {
	Common   int    `json:"common"`
	Lost     int    `json:"lost"`
	HandedIn int    `json:"handed_in"`
	Head     string `json:"head"` // the link of the last entry that the desk had read before, in hex
	Count    int    `json:"count"`
}

// ErrNotParted is returned by [Joiner.Rejoin] for a desk that has the same register as its office.
var ErrNotParted = request.Errorf("office_not_parted", "this desk has read the same register as the office has: there is nothing to join anew")

// ErrRejoining is the problem of a desk that has begun to join its office anew and is not done. It wraps [ledger.ErrParted].
var ErrRejoining = request.Errorf("office_rejoining", "%w: joining anew has begun and is not done, so join anew once more", ledger.ErrParted)

// Rejoin has a desk join its office anew whose register is not the one that the desk has read ([ledger.ErrParted]), for example because
// the database was restored from a backup. It keeps the ledger as it was, reads the register from its beginning, hands in the events of this desk that the
// office lost, and appends an event about the loss. It is a person's decision, since somebody may have rewritten the register. If it fails, it
// can be called again and goes on where it was; until then the desk appends nothing.
func (j *Joiner) Rejoin(ctx context.Context) (result Rejoined, err error) {
	release, err := j.takeAlone()
	if err != nil {
		return Rejoined{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	m, err := Read(j.Home)
	if err != nil {
		return Rejoined{}, err
	}
	if m == nil {
		return Rejoined{}, ErrNoMember
	}
	if m.Rejoining == "" {
		err := j.Ledger.CatchUp(ctx)
		if err == nil {
			return Rejoined{}, ErrNotParted
		}
		if !errors.Is(err, ledger.ErrParted) {
			return Rejoined{}, err
		}
		m.Rejoining = filepath.Base(j.freeFolder(m.ID))
		if err := m.write(j.Home); err != nil {
			return Rejoined{}, err
		}
	}
	folder := j.Home.LeftOffice(m.Rejoining)
	if !j.Ledger.IsAside(folder) {
		if err := j.Key.StartOver(ctx); err != nil {
			return Rejoined{}, err
		}
		if err := j.Ledger.BeginAnew(ctx, folder); err != nil {
			return Rejoined{}, err
		}
	}
	if result, err = j.handIn(ctx, *m, folder); err != nil {
		j.Link.enter(Parted, ErrRejoining)
		return Rejoined{}, err
	}
	m.Rejoining = ""
	if m.Bringing != nil { // what was lost of it was handed in behind the common entries
		m.Bringing.After = min(m.Bringing.After, result.Common)
	}
	return result, m.write(j.Home)
}

// handIn has the copy read the register from its beginning, and hands in what the office lost of the ledger in a folder.
func (j *Joiner) handIn(ctx context.Context, m Membership, folder string) (Rejoined, error) {
	j.Link.startOver()
	if err := j.Ledger.CatchUp(ctx); err != nil {
		return Rejoined{}, err
	}
	before, err := ledger.Open(ctx, folder, ledger.Options{Exclusive: true})
	if err != nil {
		return Rejoined{}, err
	}
	defer before.Close()
	h := handingIn{joiner: j, link: j.Link, desk: m.Desk, before: before, result: Rejoined{Folder: folder}}
	err = h.run(ctx)
	return h.result, err
}

// handingIn hands in what the office lost.
type handingIn struct {
	joiner *Joiner
	link   *Link
	desk   string // empty for an auditor, who has nothing to hand in
	before *ledger.Ledger
	result Rejoined
}

func (h *handingIn) run(ctx context.Context) error {
	head, err := h.before.Head(ctx)
	if err != nil {
		return err
	}
	if h.result.Common, err = h.common(ctx, head.Count); err != nil {
		return err
	}
	if err := h.ensureDesk(ctx); err != nil {
		return err
	}
	for after := h.result.Common; after < head.Count; {
		entries, err := h.before.Entries(ctx, after, entriesAtOnce)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := h.handIn(ctx, e); err != nil {
				return err
			}
		}
		after += len(entries)
	}
	if h.desk == "" {
		return nil
	}
	loss := &deskRejoins{Common: h.result.Common, Lost: h.result.Lost, HandedIn: h.result.HandedIn, Head: head.Link.String(), Count: head.Count}
	err = h.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		return untilFirst(ctx, func() error {
			return appendForOffice(ctx, o, officeEvent{At: h.joiner.Now(), Kind: "desk_rejoined", Desk: h.desk, Rejoined: loss})
		})
	})
	if err != nil {
		return err
	}
	return h.joiner.Ledger.CatchUp(ctx)
}

// entriesAtOnce is how many entries are in memory at a time.
const entriesAtOnce = 1000

// common returns the number of the last entry that both ledgers have. Where the links of two entries are the same, all before them are, too.
func (h *handingIn) common(ctx context.Context, count int) (int, error) {
	var failure error
	differs := func(i int) bool {
		before, err := h.before.Entries(ctx, i, 1)
		now, nowErr := h.joiner.Ledger.Entries(ctx, i, 1)
		failure = errors.Join(failure, err, nowErr)
		return len(before) == 0 || len(now) == 0 || before[0].Link != now[0].Link
	}
	return sort.Search(count, differs), failure
}

// ensureDesk makes this home a desk again if the office has lost that it is one.
func (h *handingIn) ensureDesk(ctx context.Context) error {
	if h.desk == "" {
		return nil
	}
	return h.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		desks, err := o.Desks(ctx)
		for _, d := range desks {
			if d.Name == h.desk && d.Login == o.Login {
				return err
			}
		}
		if err != nil {
			return err
		}
		return h.joiner.register(ctx, o, h.desk, false)
	})
}

// handIn hands in one entry, unless the office has its event or it is one of another desk.
func (h *handingIn) handIn(ctx context.Context, e register.Entry) error {
	has, err := h.joiner.Ledger.HasEvent(ctx, e.Event)
	if err != nil || has {
		return err
	}
	h.result.Lost++
	var content struct {
		Desk string `json:"desk"`
		Kind string `json:"kind"`
	}
	_ = json.Unmarshal(e.Content, &content) // one that cannot be read is of no desk
	switch {
	case content.Desk != h.desk || h.desk == "":
		h.result.Others++
		return nil
	case e.Request == string(request.OfficeID) && !handedInAnew[content.Kind]:
		return nil // see ensureDesk
	}
	handIn := h.joiner.Ledger.HandIn
	if e.Request == string(request.OfficeID) {
		handIn = h.sayAgain
	}
	switch err := handIn(ctx, e.Event); {
	case err == nil:
		h.result.HandedIn++
		return nil
	case errors.Is(err, ledger.ErrConflict), errors.Is(err, team.ErrRefused):
		h.result.Unfit = append(h.result.Unfit, Unhanded{Number: e.Number, Request: request.ID(e.Request), Seq: e.Seq, Kind: content.Kind, Problem: err.Error(), Cause: request.CauseOf(err)})
		return nil
	default:
		return err
	}
}

// handedInAnew are the kinds of events of an office that the office is told again when it has lost them.
var handedInAnew = map[string]bool{kindShared: true, kindRemoved: true, kindBrought: true}

// sayAgain appends what an event of the office says at the present end of these events. If it is called twice, the second event changes nothing.
func (h *handingIn) sayAgain(ctx context.Context, e register.Event) error {
	var event officeEvent
	if err := json.Unmarshal(e.Content, &event); err != nil {
		return err
	}
	err := h.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		return untilFirst(ctx, func() error { return appendForOffice(ctx, o, event) })
	})
	if err != nil {
		return err
	}
	return h.joiner.Ledger.CatchUp(ctx)
}
