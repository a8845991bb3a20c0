package office

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"countersign/core/team"
)

// defaultPatience is how long a desk may say nothing before others do what it has left undone.
const defaultPatience = 15 * time.Minute

// Patience returns how long a desk may say nothing before it counts as away.
func (l *Link) Patience() time.Duration { return l.patience }

// StayHere has the office know that this desk is at work. It counts as away unless it says so again within the patience.
func (l *Link) StayHere(ctx context.Context) error {
	_, err := l.lease(ctx, team.HereLease(l.member.Desk))
	return err
}

// Away returns the names of the other desks that count as away.
func (l *Link) Away(ctx context.Context) (names []string, err error) {
	desks, err := l.Desks(ctx)
	for _, d := range desks {
		if !d.Here && d.Name != l.member.Desk {
			names = append(names, d.Name)
		}
	}
	return names, err
}

// TakeOver reserves for this desk, for as long as the patience, what is left to be done at a gateway for the visits that began at another desk. It
// reports whether this desk has it now.
func (l *Link) TakeOver(ctx context.Context, desk, gateway string) (bool, error) {
	return l.lease(ctx, fmt.Sprintf("visits:%x", sha256.Sum256([]byte(desk+"\n"+gateway))))
}

func (l *Link) lease(ctx context.Context, what string) (has bool, err error) {
	if l.member.Desk == "" {
		return false, errAuditor
	}
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		has, err = o.Lease(ctx, what, l.member.Desk, l.patience)
		return err
	})
	return has, err
}

// LastSeen returns when a desk last said that it is at work, or signed as a witness. It is zero if that is not known.
func (l *Link) LastSeen(d team.Desk) time.Time {
	seen := d.WitnessedAt
	if said := d.HereUntil.Add(-l.patience); !d.HereUntil.IsZero() && said.After(seen) {
		seen = said
	}
	return seen
}
