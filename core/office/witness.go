package office

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

// A desk signs as a witness each witnessStep entries, and at most once in witnessPause.
const (
	witnessStep  = 1000
	witnessPause = time.Minute
)

// witness signs what the copy has while the desk follows its office: it stores the desk's own checkpoints at the server.
type witness struct {
	link  *Link
	copy  Copy
	count int       // of the last checkpoint that was stored
	at    time.Time // when it was
}

// sign stores the newest checkpoint if it is at least step entries further than the last one, or has passed a multiple of step since.
func (w *witness) sign(ctx context.Context, step int) {
	l := w.link
	if l.member.Desk == "" || !w.at.IsZero() && l.now().Before(w.at.Add(witnessPause)) {
		return
	}
	last, err := w.copy.LastCheckpoint(ctx)
	if err != nil || last.Count/step == w.count/step {
		return
	}
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if has, err := l.hasKeyOf(ctx, o, last); !has {
			return err
		}
		return o.PutWitness(ctx, team.Witness{Desk: l.member.Desk, Checkpoint: last})
	})
	if err != nil {
		l.log.Warn("this desk could not sign as a witness", "error", err)
		return
	}
	w.count, w.at = last.Count, l.now()
}

// hasKeyOf reports whether a checkpoint was signed with the key that the office has for this desk since an entry before it. Audits would take any other
// for forged. That is so until a new key was brought ([Joiner.BringKey]) and has signed something.
func (l *Link) hasKeyOf(ctx context.Context, o *team.Office, c register.Checkpoint) (bool, error) {
	desks, err := o.Desks(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(desks, func(d team.Desk) bool {
		return d.Name == l.member.Desk && c.Count >= d.Joined && c.SignedBy(d.Key)
	}), nil
}

// end stores the newest checkpoint of all, for which it has little time.
func (w *witness) end(ctx context.Context) {
	if w.link.State().Reach != Online {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	w.sign(ctx, 1)
}

// SignOff signs as a witness what the copy has, for a program that does not follow the office: unless this desk has signed as much, or did so within
// the last minute. It asks the server twice. While that is out of reach, it does nothing.
func (l *Link) SignOff(ctx context.Context, c Copy) error {
	if l.member.Desk == "" || l.State().Reach != Online {
		return nil
	}
	last, err := c.LastCheckpoint(ctx)
	if err != nil || last.Count == 0 {
		return err
	}
	return l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if has, err := l.hasKeyOf(ctx, o, last); !has {
			return err
		}
		return o.PutLaterWitness(ctx, team.Witness{Desk: l.member.Desk, Checkpoint: last}, witnessPause)
	})
}

// FetchWitnesses keeps in the copy what desks have signed of the entries after one number up to another, so that evidence has it before the first audit.
// It keeps only what was signed with the key with which the desk joined last, as the copy has the entry of that. It fails with [ledger.ErrParted] if a desk has signed another
// entry than the copy has.
func (l *Link) FetchWitnesses(ctx context.Context, c Audited, after, until int) error {
	head, err := c.Head(ctx)
	if err != nil {
		return err
	}
	var signed []team.Witness
	var desks []team.Desk
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if signed, err = o.Witnesses(ctx, after, min(until, head.Count)); err != nil || len(signed) == 0 {
			return err
		}
		desks, err = o.Desks(ctx)
		return err
	})
	if err != nil {
		return err
	}
	desks = slices.DeleteFunc(desks, func(d team.Desk) bool {
		return !slices.ContainsFunc(signed, func(w team.Witness) bool { return w.Desk == d.Name }) || !joined(ctx, c, d)
	})
	var held []register.Witness
	for _, w := range signed {
		i := slices.IndexFunc(desks, func(d team.Desk) bool { return d.Name == w.Desk })
		if i >= 0 && w.Count >= desks[i].Joined && w.SignedBy(desks[i].Key) {
			held = append(held, register.Witness{Desk: w.Desk, Key: desks[i].Key, Checkpoint: w.Checkpoint})
		}
	}
	return c.KeepWitnesses(ctx, held)
}

// joined reports whether the copy has the entry with which a desk joined, as the server says.
func joined(ctx context.Context, c Audited, d team.Desk) bool {
	entries, err := c.Entries(ctx, d.Joined-1, 1)
	if err != nil || len(entries) != 1 || entries[0].Number != d.Joined || entries[0].Request != string(request.OfficeID) {
		return false
	}
	var event officeEvent
	return json.Unmarshal(entries[0].Content, &event) == nil && event.Kind == kindJoined && event.Desk == d.Name && event.Joined != nil && d.Key.Equal(event.Joined.Key)
}
