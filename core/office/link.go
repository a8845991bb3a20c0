package office

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"countersign/core/broadcast"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

// How long a call may take. The server itself waits for other writers for at most five seconds.
const (
	callTime     = 30 * time.Second
	documentTime = 15 * time.Minute
	// appendTime bounds all attempts to append the same events, and attemptTime each of them.
	appendTime  = 8 * time.Second
	attemptTime = 6 * time.Second
)

// The pauses between two attempts begin with firstPause and double.
const firstPause = 100 * time.Millisecond

// Link is a desk's connection to the server of its office. It connects when it is first needed, and again after it was lost. Its methods may
// be called by several goroutines. It implements [ledger.Server].
type Link struct {
	member   Membership
	secrets  Secrets
	now      func() time.Time
	log      *slog.Logger
	patience time.Duration

	connecting chan struct{} // has one value while nobody connects
	closing    sync.Once
	changed    broadcast.Signal

	mu     sync.Mutex
	office *team.Office // nil until the server has answered
	role   team.Role    // of the login, as the server last said it
	state  State
}

var _ ledger.Server = (*Link)(nil)

// Config is what a link works with. All of it but Patience is needed.
type Config struct {
	Secrets  Secrets
	Now      func() time.Time
	Log      *slog.Logger
	Patience time.Duration // see [Link.Patience], in whole seconds; a quarter of an hour when zero
}

// NewLink returns the connection of a desk. It connects to nothing yet. The caller calls [Link.Close].
func NewLink(m Membership, cfg Config) *Link {
	l := &Link{
		member: m, secrets: cfg.Secrets, now: cfg.Now, log: cfg.Log, patience: cmp.Or(cfg.Patience, defaultPatience),
		connecting: make(chan struct{}, 1), role: m.Role, state: State{Reach: CatchingUp},
	}
	if m.Rejoining != "" {
		l.state = State{Reach: Parted, Since: cfg.Now(), Problem: ErrRejoining}
	}
	l.connecting <- struct{}{}
	return l
}

// Membership returns what the home knew of its office when it was opened.
func (l *Link) Membership() Membership { return l.member }

// Role returns what the login may do, as the server last said it to this desk: when the desk connected or joined, or asked for the status.
func (l *Link) Role() team.Role {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.role
}

// Ledger returns what the ledger of the desk has to know of its office, for [ledger.Options].
func (l *Link) Ledger() *ledger.Office {
	return &ledger.Office{Register: l.member.ID, Desk: l.member.Desk, Login: l.member.Login, Server: l}
}

// Close closes the connection. It waits for calls that are under way, and nobody connects after it.
func (l *Link) Close() {
	l.closing.Do(func() {
		<-l.connecting
		if o := l.connected(); o != nil {
			o.Close()
		}
	})
}

// errAuditor is returned to a home that has no desk.
var errAuditor = request.Errorf("office_auditor", "%w: an auditor only reads", team.ErrRefused)

// Append implements [ledger.Server]. While the server does not answer or others write, it asks again with the same key, for some seconds: if the
// events were added and the answer was lost, the server says so then. A desk that has parted from its office appends nothing.
func (l *Link) Append(ctx context.Context, key uuid.UUID, read register.Head, events ...register.Event) (entries []register.Entry, err error) {
	if l.member.Desk == "" {
		return nil, errAuditor
	}
	if s := l.State(); s.Reach == Parted {
		return nil, s.Problem
	}
	err = persist(ctx, func(ctx context.Context) error {
		return l.call(ctx, attemptTime, func(ctx context.Context, o *team.Office) error {
			entries, err = o.Append(ctx, key, read, events...)
			return err
		})
	})
	if errors.Is(err, team.ErrParted) {
		err = ledger.PartedAt(read.Count)
		l.enter(Parted, err)
	}
	return entries, err
}

// persist asks until the answer is another one than that the server cannot be reached, or that others are writing, and for appendTime at most.
func persist(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, appendTime)
	defer cancel()
	for pause := firstPause; ; pause *= 2 {
		err := ask(ctx)
		if !errors.Is(err, team.ErrUnreachable) && !errors.Is(err, team.ErrBusy) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// Entries implements [ledger.Server].
func (l *Link) Entries(ctx context.Context, after, limit int) (entries []register.Entry, err error) {
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		entries, err = o.Entries(ctx, after, limit)
		return err
	})
	if err == nil && len(entries) == limit {
		l.enter(CatchingUp, nil)
	}
	return entries, err
}

// PutDocument implements [ledger.Server].
func (l *Link) PutDocument(ctx context.Context, r io.Reader) (digest register.Hash, err error) {
	if l.member.Desk == "" {
		return digest, errAuditor
	}
	err = l.call(ctx, documentTime, func(ctx context.Context, o *team.Office) error {
		digest, err = o.PutDocument(ctx, r)
		return err
	})
	return digest, err
}

// Document implements [ledger.Server].
func (l *Link) Document(ctx context.Context, digest register.Hash, w io.Writer) error {
	return l.call(ctx, documentTime, func(ctx context.Context, o *team.Office) error { return o.Document(ctx, digest, w) })
}

// Status is what the server says of the office and of this connection.
type Status struct {
	team.Server
	Role    team.Role // of the login now
	Format  int       // of the office's register; its owner can raise one that is lower than [team.CurrentFormat]
	Entries int       // of the office's register
	// Ahead is how far the clock of this computer is ahead of that of the server. It is negative if it is behind.
	Ahead time.Duration
}

// Status asks the server for its status.
func (l *Link) Status(ctx context.Context) (s Status, err error) {
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if s.Role, err = l.askRole(ctx, o); err != nil {
			return err
		}
		s.Format = o.Format()
		if s.Entries, _, err = o.Head(ctx); err == nil {
			asked := l.now()
			s.Server, err = o.Server(ctx)
			s.Ahead = asked.Add(l.now().Sub(asked) / 2).Sub(s.Time)
		}
		return err
	})
	return s, err
}

func (l *Link) askRole(ctx context.Context, o *team.Office) (team.Role, error) {
	role, err := o.AskRole(ctx)
	if err == nil {
		l.mu.Lock()
		l.role = role
		l.mu.Unlock()
	}
	return role, err
}

// Desks returns the desks of the office, in the order of their names.
func (l *Link) Desks(ctx context.Context) (desks []team.Desk, err error) {
	err = l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		desks, err = o.Desks(ctx)
		return err
	})
	return desks, err
}

// call asks the server, which has limit as its time, and notes whether it was in reach.
func (l *Link) call(ctx context.Context, limit time.Duration, ask func(context.Context, *team.Office) error) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	o, err := l.connect(bounded)
	if err == nil {
		err = ask(bounded, o)
	}
	switch {
	case ctx.Err() != nil: // what nobody waits for any more says nothing about the server
	case o == nil, team.IsKeptOut(err):
		l.enter(OutOfReach, err)
	default:
		l.enterFrom(OutOfReach, CatchingUp)
	}
	return explain(err)
}

// explain returns an error of package team as one that package ledger knows, if there is one.
func explain(err error) error {
	switch {
	case errors.Is(err, team.ErrConflict):
		return request.Errorf("office_changed", "%w (%w)", ledger.ErrConflict, err)
	case errors.Is(err, team.ErrNoDocument), errors.Is(err, team.ErrForgotten):
		return request.Errorf("office_document", "%w: %w", ledger.ErrNotFound, err)
	}
	return err
}

// connect returns the connection, which it makes if there is none. One goroutine does so at a time.
func (l *Link) connect(ctx context.Context) (*team.Office, error) {
	if o := l.connected(); o != nil {
		return o, nil
	}
	select {
	case <-l.connecting:
	case <-ctx.Done():
		return nil, request.Errorf("office_silent", "%w: it does not answer", team.ErrUnreachable)
	}
	defer func() { l.connecting <- struct{}{} }()
	if o := l.connected(); o != nil {
		return o, nil
	}
	value, err := password(ctx, l.secrets, l.member)
	if err != nil {
		return nil, err
	}
	o, err := team.Open(ctx, l.member.DSN, value, l.member.Desk)
	if err != nil {
		return nil, err
	}
	if o.ID != l.member.ID || o.Login != l.member.Login {
		o.Close()
		return nil, request.Errorf("office_replaced", "%w: that database has another office now, or knows this person by another login", ledger.ErrOtherOffice)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.office, l.role = o, o.Role
	return o, nil
}

func (l *Link) connected() *team.Office {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.office
}
