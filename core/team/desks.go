package team

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"countersign/core/register"
)

// Desk is a desk of the office.
type Desk struct {
	Name   string
	Login  string            // whose desk it is
	Key    ed25519.PublicKey // of the desk's register, with which it signs as a witness
	Joined int               // the number of the entry by which it joined, or brought its present key

	// Here is set while the desk has its lease [HereLease], which it has until HereUntil. That is zero if it had none for a day.
	Here      bool
	HereUntil time.Time

	Witnessed   int       // the number of the last entry that it has signed as a witness; 0 for none
	WitnessedAt time.Time // when it did so
}

// Desks returns the desks of the office in the order of their names.
func (o *Office) Desks(ctx context.Context) ([]Desk, error) {
	return collect(ctx, o, func(row pgx.CollectableRow) (d Desk, err error) {
		var number *int
		var at, until *time.Time
		if err := row.Scan(&d.Name, &d.Login, (*[]byte)(&d.Key), &d.Joined, &number, &at, &until, &d.Here); err != nil {
			return d, err
		}
		if number != nil {
			d.Witnessed, d.WitnessedAt = *number, at.UTC()
		}
		if until != nil {
			d.HereUntil = until.UTC()
		}
		return d, nil
	}, `SELECT d.desk, d.login, d.key, d.number, w.number, w.at, l.leased_until, coalesce(l.leased_until > clock_timestamp(), false) FROM countersign.desks AS d
		LEFT JOIN LATERAL (SELECT number, at FROM countersign.witnesses WHERE desk = d.desk ORDER BY number DESC LIMIT 1) AS w ON true
		LEFT JOIN countersign.leases AS l ON l.what = 'here:' || encode(sha256(convert_to(d.desk, 'UTF8')), 'hex') AND l.desk = d.desk
		ORDER BY d.desk COLLATE "C"`)
}

// HereLease returns what a desk leases to say that it is at work.
func HereLease(desk string) string { return fmt.Sprintf("here:%x", sha256.Sum256([]byte(desk))) }

// Witness is a checkpoint that a desk has signed.
type Witness struct {
	Desk string
	register.Checkpoint
}

// PutWitness stores what a desk of this login has signed. It fails with [ErrConflict] if the entry with that number is not the one that
// the desk has signed: then the server's register and the desk's copy have parted.
func (o *Office) PutWitness(ctx context.Context, w Witness) error {
	return o.run(ctx, "SELECT countersign.witness($1, $2, $3, $4, $5)", w.Desk, w.Count, w.Link[:], w.At.UTC().Truncate(time.Second), w.Signature)
}

// PutLaterWitness does what PutWitness does, unless the desk has signed that entry or a later one, or did so less than d ago.
func (o *Office) PutLaterWitness(ctx context.Context, w Witness, d time.Duration) error {
	return o.run(ctx, `SELECT countersign.witness($1, $2, $3, $4, $5) WHERE NOT EXISTS (
		SELECT FROM (SELECT number, at FROM countersign.witnesses WHERE desk = $1 ORDER BY number DESC LIMIT 1) AS last
		WHERE last.number >= $2 OR last.at > clock_timestamp() - make_interval(secs => $6))`,
		w.Desk, w.Count, w.Link[:], w.At.UTC().Truncate(time.Second), w.Signature, d.Seconds())
}

// Witnesses returns what desks have signed of the entries after one number up to another, in the order of the entries and then of the desks. The
// caller checks the signatures.
func (o *Office) Witnesses(ctx context.Context, after, until int) ([]Witness, error) {
	return collect(ctx, o, func(row pgx.CollectableRow) (w Witness, err error) {
		w.Register = o.ID
		err = row.Scan(&w.Desk, &w.Count, hash(&w.Link), &w.At, &w.Signature)
		w.At = w.At.UTC()
		return w, err
	}, `SELECT desk, number, link, at, signature FROM countersign.witnesses WHERE number > $1 AND number <= $2 ORDER BY number, desk COLLATE "C"`, after, until)
}

// Lease reserves something for a desk of this login, such as the asking about one visit, and reports whether the desk has it: not if
// another desk does. It has it for the time d from now, also if it had it before. That is at most an hour, in whole seconds; with 0, the
// desk gives back what it has.
func (o *Office) Lease(ctx context.Context, what, desk string, d time.Duration) (bool, error) {
	var holder *string
	err := o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, "SELECT countersign.lease($1, $2, $3)", what, desk, int(d/time.Second)).Scan(&holder)
	})
	return holder != nil && *holder == desk, err
}
