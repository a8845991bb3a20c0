// Package desk holds the use cases: look at files, add them or a list or a link, sign one or
// many, settle, refresh, attach, edit, re-open, withdraw; gateways, settings, and a diagnosis.
// It is the only package that the window and the terminal drive.
//
// What happened is written to the ledger first and shown afterwards; whoever shows it
// follows [Desk.Watch]. Effects on the world outside (the clock, the browser,
// ids, the practice gateways) are given in [Config]. The package draws nothing
// and parses no protocol.
//
// Several processes may work on one home. Two jobs are done by one of them for
// all: hearing browsers return, and asking gateways for outcomes ([Desk.Run]). Who has a
// job holds its lock; the others stand by and take over when it is free.
package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
)

// Config is what a desk works with. Home and Kinds are needed; the rest has defaults.
type Config struct {
	Home    home.Dir
	Kinds   []gateway.Kind
	Secrets Secrets // the home's own store when nil

	// Practice completes the profile of a built-in gateway with its address and
	// gives its secret. Without it, practice gateways cannot be used.
	Practice func(ctx context.Context, p gateway.Profile) (complete gateway.Profile, secret string, err error)
	// OpenURL sends the person's browser to an address. It returns when the
	// browser has taken it, or with the reason why it did not.
	OpenURL func(address string) error
	// Browser names what OpenURL would use, without starting it, or tells why there is
	// nothing. Only [Desk.Diagnose] asks; nil leaves that out.
	Browser func(ctx context.Context) (string, error)

	// Trouble is told, in a sentence, of what went wrong in the background and no
	// request tells. It must not block.
	Trouble func(error)

	Now    func() time.Time
	NewID  func() request.ID
	Person string // who works here, for the events; the account's name when empty
	Log    *slog.Logger

	// Alone says that no other process uses the home.
	Alone bool
}

// Secrets keeps the gateways' secrets; see package secret.
type Secrets interface {
	Set(ctx context.Context, gateway, origin, value string) (secret.Place, error)
	Get(ctx context.Context, gateway, origin string) (string, error)
	Where(ctx context.Context, gateway string) (secret.Place, error)
	Delete(ctx context.Context, gateway string) error
	Probe(ctx context.Context) (secret.Place, error)
}

// Desk is one home at work. Its methods may be called from any goroutine; none of them
// may be called on a goroutine that draws, since they read files and ask gateways.
type Desk struct {
	cfg    Config
	ledger *ledger.Ledger

	life context.Context // ends with Close
	end  context.CancelFunc

	mu        sync.Mutex
	gateways  map[string]opened        // by name
	listeners map[string]*home.Service // by name
	asking    bool                     // AskNow is under way
	askedAt   time.Time                // when it began

	settingsChanged *signal
	copiesFrom      atomic.Pointer[time.Time] // when an output folder was chosen here; nil once that was acted on
	queue           *Queue
	key             *registerKey

	running sync.WaitGroup // calls of Run and its like; begun under mu, while life lasts
}

// Open opens the desk of a home and makes the home's files when they are not there.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = newID
	}
	if cfg.Person == "" {
		cfg.Person = person()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Secrets == nil {
		cfg.Secrets = secret.Open(cfg.Home)
	}
	if cfg.Trouble == nil {
		cfg.Trouble = func(error) {}
	}
	key := &registerKey{}
	store, err := ledger.Open(ctx, cfg.Home.Path(), ledger.Options{Now: cfg.Now, Private: cfg.Alone, Log: cfg.Log, Signer: key.signer})
	if err != nil {
		return nil, err
	}
	if cfg.Home.IsNew() {
		if err := home.WriteFile(cfg.Home.Gateways(), []byte(gateway.Initial)); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	sweep(cfg)
	d := &Desk{cfg: cfg, ledger: store, gateways: map[string]opened{}, listeners: map[string]*home.Service{}, settingsChanged: newSignal()}
	d.queue = &Queue{desk: d, changed: newSignal()}
	d.life, d.end = context.WithCancel(context.Background())
	d.key, key.desk = key, d
	key.takeUp(ctx)
	return d, nil
}

// leftOver are the names of files that a program which ended in the middle of writing left
// in the home: signed files on their way in, and new versions of the home's own files.
var leftOver = regexp.MustCompile(`^(incoming-|\.(gateways\.toml|secrets\.json|register\.pub|[a-z0-9-]+\.port)-)[0-9]+$`)

// sweep takes away what is left over from long ago: whoever writes one now is done sooner.
func sweep(cfg Config) {
	files, err := os.ReadDir(cfg.Home.Path())
	if err != nil {
		cfg.Log.Info("the home cannot be looked through", "error", err)
	}
	for _, f := range files {
		if !leftOver.MatchString(f.Name()) || !f.Type().IsRegular() {
			continue
		}
		info, err := f.Info()
		if err == nil && info.ModTime().Before(cfg.Now().Add(-time.Hour)) {
			err = os.Remove(filepath.Join(cfg.Home.Path(), f.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			cfg.Log.Info("a file that is left over cannot be removed", "error", err)
		}
	}
}

// Close stops what the desk does in the background and waits for it. What is still
// owed to a request is taken up at the next start.
func (d *Desk) Close() error {
	d.mu.Lock()
	d.end()
	listeners, names := maps.Clone(d.listeners), slices.Collect(maps.Keys(d.gateways))
	d.mu.Unlock()
	d.running.Wait()
	for _, l := range listeners {
		l.Wait()
	}
	for _, name := range names {
		d.forget(name)
	}
	d.key.note()
	return d.ledger.Close()
}

// newID makes ids that sort by time.
func newID() request.ID { return request.ID(uuid.Must(uuid.NewV7()).String()) }

func person() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return filepath.Base(filepath.ToSlash(u.Username)) // without a Windows domain
}

// Get gives one request.
func (d *Desk) Get(ctx context.Context, id request.ID) (request.Request, error) {
	return d.ledger.Get(ctx, id)
}

// Find gives the one request whose id begins with prefix.
func (d *Desk) Find(ctx context.Context, prefix string) (request.Request, error) {
	prefix = strings.ToLower(prefix)
	ids, err := d.ledger.Match(ctx, prefix, 2)
	switch {
	case err != nil:
		return request.Request{}, err
	case prefix == "" || len(ids) == 0:
		return request.Request{}, fmt.Errorf("there is no request %q: check its id in the list", prefix)
	case len(ids) > 1 && string(ids[0]) != prefix:
		return request.Request{}, fmt.Errorf("several requests begin with %q: give more of the id", prefix)
	}
	return d.ledger.Get(ctx, ids[0])
}

// View lists requests.
func (d *Desk) View(ctx context.Context, q ledger.Query) (ledger.Page, error) {
	return d.ledger.View(ctx, q)
}

// Counts tells how many requests there are of each status.
func (d *Desk) Counts(ctx context.Context) (map[request.Status]int, error) {
	return d.ledger.Counts(ctx)
}

// Count tells how many rows a query has, counting to atMost; more says that there are
// more, or may be. See [ledger.Ledger.Count].
func (d *Desk) Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error) {
	return d.ledger.Count(ctx, q, atMost)
}

// IDs lists the first rows of a query by their ids, in its order.
func (d *Desk) IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error) {
	return d.ledger.IDs(ctx, q, limit)
}

// People lists who added requests.
func (d *Desk) People(ctx context.Context) ([]string, error) { return d.ledger.People(ctx) }

// GatewaysUsed lists the gateways that requests were added for, whether they still are
// set up or not.
func (d *Desk) GatewaysUsed(ctx context.Context) ([]string, error) { return d.ledger.GatewaysUsed(ctx) }

// WithDocument lists the requests that were added with a document of that digest, oldest
// first.
func (d *Desk) WithDocument(ctx context.Context, sha256 string) ([]request.ID, error) {
	return d.ledger.WithDocument(ctx, sha256)
}

// Events gives a request's history, oldest first.
func (d *Desk) Events(ctx context.Context, id request.ID) ([]request.Event, error) {
	return d.ledger.Events(ctx, id)
}

// Watch tells of everything that is written from now on, here or by another process.
func (d *Desk) Watch(ctx context.Context) (<-chan ledger.Notice, error) { return d.ledger.Watch(ctx) }

// Rebuild makes everything that is derived from the events anew.
func (d *Desk) Rebuild(ctx context.Context) error { return d.ledger.Rebuild(ctx) }

// DocumentPath is where a document with that digest is kept.
func (d *Desk) DocumentPath(digest string) string { return d.ledger.DocumentPath(digest) }

// Home is the folder the desk works in.
func (d *Desk) Home() home.Dir { return d.cfg.Home }

// maxRetries bounds how often a change is decided anew because somebody else was
// faster. Each time, somebody else got something done.
const maxRetries = 20

// change reads a request, has decide say what is to be written, and writes it; when the
// request changed in between, it decides anew. No events means nothing to do.
func (d *Desk) change(ctx context.Context, id request.ID, decide func(request.Request) ([]request.Event, error)) (request.Request, error) {
	for range maxRetries {
		r, err := d.ledger.Get(ctx, id)
		if err != nil {
			return request.Request{}, err
		}
		events, err := decide(r)
		if err != nil || len(events) == 0 {
			return r, err
		}
		after, err := d.ledger.Append(ctx, ledger.Change{ID: id, Version: r.Version, Events: events})
		if errors.Is(err, ledger.ErrConflict) {
			continue
		}
		if err != nil {
			return request.Request{}, err
		}
		return after[0], nil
	}
	return request.Request{}, fmt.Errorf("request %s: %w too often: try again", id, ledger.ErrConflict)
}
