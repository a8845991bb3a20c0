// Package desk contains the use cases of the program: it adds requests from files, lists and links,
// has them signed at their gateways, settles them, and takes signed files, reviews and edits from
// people. It draws nothing and parses no protocol.
//
// What happened is written to the ledger first and shown afterwards, by whoever watches the ledger.
// Effects on the outside world (the clock, the browser, ids, the gateways) are given in [Config].
//
// Several operating-system processes may work on one home. Two jobs are done by one of them for
// all: listening for browsers that return, and asking gateways for outcomes ([Desk.Run]). The
// process that does a job holds the lock for it; the other processes wait and take over when the
// lock is free.
package desk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"countersign/core/broadcast"
	"countersign/core/callback"
	"countersign/core/gateways"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/lifetime"
	"countersign/core/policy"
	"countersign/core/request"
)

// Config is what a desk works with. All fields are needed, except Office, Policy, OpenURL and Person.
type Config struct {
	Home     home.Dir
	Ledger   *ledger.Ledger     // the caller has to close it, after the desk
	Gateways *gateways.Gateways // likewise
	Office   Office             // nil for a home of its own, and for one that only reads
	Policy   policy.Policy

	// OpenURL opens an address in the person's browser: a one-time address of this computer, which
	// leads on to the gateway. It returns nil when a browser has taken the address, and otherwise an
	// error that says why none did. When nil, no browser is opened.
	OpenURL func(address string) error

	Now    func() time.Time
	NewID  func() request.ID
	Person string // who works here, for the events; may be empty
	Log    *slog.Logger
}

// Desk carries out the use cases of the program on one home. Its methods may be called from any
// goroutine. They read files and call gateways, so they must not be called on a goroutine that
// draws.
type Desk struct {
	cfg      Config
	ledger   *ledger.Ledger
	gateways *gateways.Gateways
	life     *lifetime.Lifetime

	reloads reloads
	opener  *callback.Opener // answers the one-time addresses that browsers are started with

	returnKept broadcast.Signal // sent when a return was put into the outbox
	portServed broadcast.Signal // sent when this process begins to listen on a port for returns

	mu        sync.Mutex
	openPort  int                      // on which opener answers; 0 while it does not
	listeners map[string]*home.Service // by the name of the service
	asking    bool                     // a call of AskNow is under way
	askedAt   time.Time                // when the last round of AskNow began
}

// Open returns the desk of a home, and removes files there that a program left half-written more than an hour ago. The caller has to
// call [Desk.Close].
func Open(cfg Config) *Desk {
	sweep(cfg)
	return &Desk{
		cfg: cfg, ledger: cfg.Ledger, gateways: cfg.Gateways, life: lifetime.New(), opener: callback.NewOpener(cfg.Now, cfg.Log),
		listeners: map[string]*home.Service{},
	}
}

// leftOver matches the temporary files of this program in a home: signed files that were being received,
// and new versions of the home's own files.
var leftOver = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(incoming-|\.(probe|gateways\.toml|settings\.toml|office\.toml|queue\.json|copies\.json|learned\.json|reminder\.json|proxies\.json|certificates\.json|secrets\.json|register\.pub|listener\.key|[a-z0-9-]+\.port)-)[0-9]+$`)
})

// leftDocument matches the temporary files of documents that were being stored.
var leftDocument = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^incoming-[0-9]+$`) })

// maxSwept is how many files of a folder sweep looks at, at most, so that a large folder does not delay
// the start.
const maxSwept = 100_000

// sweep removes the temporary files of this program that are older than an hour, since nobody
// writes them any more. Failures are only logged.
func sweep(cfg Config) {
	sweepFolder(cfg, cfg.Home.Path(), leftOver())
	sweepFolder(cfg, filepath.Dir(cfg.Home.Document("")), leftDocument())
}

func sweepFolder(cfg Config, folder string, form *regexp.Regexp) {
	opened, err := os.Open(folder) // #nosec G304 -- a folder of the home
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var files []fs.DirEntry
	if err == nil {
		files, err = opened.ReadDir(maxSwept)
		_ = opened.Close()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		cfg.Log.Info("a folder of the home cannot be searched for temporary files", "error", err)
	}
	for _, f := range files {
		if !form.MatchString(f.Name()) || !f.Type().IsRegular() {
			continue
		}
		info, err := f.Info()
		if err == nil && info.ModTime().Before(cfg.Now().Add(-time.Hour)) {
			err = os.Remove(filepath.Join(folder, f.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			cfg.Log.Info("a temporary file cannot be removed", "error", err)
		}
	}
}

// Close ends the desk's background work and waits for it. What is still to be done for a request is
// resumed at the next start.
func (d *Desk) Close() {
	d.life.End()
	d.mu.Lock()
	listeners := maps.Clone(d.listeners)
	d.mu.Unlock()
	for _, l := range listeners {
		l.Wait()
	}
}

// Find returns the request whose id begins with prefix, which may be in upper or lower case. If prefix
// is the whole id of a request, it returns that one. It returns an error if prefix is empty, or if no
// id or more than one begins with it.
func (d *Desk) Find(ctx context.Context, prefix string) (request.Request, error) {
	prefix = strings.ToLower(prefix)
	ids, err := d.ledger.FindByPrefix(ctx, prefix, 2)
	switch {
	case err != nil:
		return request.Request{}, err
	case prefix == "" || len(ids) == 0:
		return request.Request{}, request.Errorf("request_unknown", "there is no request %q: check its id in the list", prefix)
	case len(ids) > 1 && string(ids[0]) != prefix:
		return request.Request{}, request.Errorf("request_ambiguous", "several request ids begin with %q: enter more of the id", prefix)
	}
	return d.ledger.Get(ctx, ids[0])
}

// maxRetries is how many times [Desk.change] and [Desk.SignAnew] try at most to write a change, when
// somebody else changes the request at the same moment each time.
const maxRetries = 20

// change reads a request, calls the function decide with it, and writes the events that decide
// returns. When the request changed in between, it reads it again and calls decide again, up to
// maxRetries times; then the error wraps [ledger.ErrConflict]. When decide returns no events or an
// error, it writes nothing. It returns the request as it is afterwards, and the error of decide.
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
	return request.Request{}, request.Errorf("changed_too_often", "request %s: %w too often: try again", id, ledger.ErrConflict)
}

// getAll returns the requests with the given ids, in the order of ids.
func (d *Desk) getAll(ctx context.Context, ids []request.ID) ([]request.Request, error) {
	var all []request.Request
	for _, id := range ids {
		r, err := d.ledger.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
