// Package sealing holds the key that a desk's register is signed with: it has the ledger sign what
// it writes, audits the register with the key, and gives seals. The private key is kept where the
// gateways' secrets are, or in a file that a person chose, the public one in the home;
// docs/register.md says what is signed.
package sealing

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"sync"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/lifetime"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
)

// Secrets stores the private key and the kept checkpoint. Package secret implements it.
type Secrets interface {
	Set(ctx context.Context, name, origin, value string) (secret.Backend, error)
	SetInFile(ctx context.Context, name, origin, value string) error
	Get(ctx context.Context, name, origin string) (string, error)
	Backend(ctx context.Context, name string) (secret.Backend, error)
}

// Ledger is the register that is signed. Package ledger implements it.
type Ledger interface {
	RegisterState(ctx context.Context) (ledger.RegisterState, error)
	Contains(ctx context.Context, h register.Head) (bool, error)
	VerifiedHead() register.Head
	Sign(ctx context.Context) error
	SignWithNewKey(ctx context.Context, key crypto.Signer, checked register.Head) error
	QuickCheck(ctx context.Context, links int) (ledger.Health, error)
	Audit(ctx context.Context, opts ledger.AuditOptions) (ledger.Audit, error)
}

// Config is what a sealer works with. All of it is needed but KeyFile and CheckOfficeEvent.
type Config struct {
	Home    home.Dir
	Secrets Secrets
	Now     func() time.Time
	Log     *slog.Logger
	// KeyFile is a file that a person chose for the private key, which is then used from there alone:
	// programs that nobody attends cannot ask a keyring. Empty for none.
	KeyFile string
	// CheckOfficeEvent is the field of [ledger.Options] for the ledgers that [Sealer.AuditFile] opens.
	CheckOfficeEvent func(content []byte) error
	// Trouble is called with the reason when the key turns out to be lost or replaced, cannot be reached
	// here, or is in a key file that cannot be used. It must not block.
	Trouble func(error)
}

// Sealer is the key of one home, and what is done with it. Its methods may be called from any
// goroutine.
//
// The key is loaded when it is first needed, in the background: a keyring that is locked may take
// as long as its user to answer, and what is written meanwhile is signed later.
type Sealer struct {
	cfg    Config
	ledger Ledger // set by Use
	life   *lifetime.Lifetime

	mu      sync.Mutex
	over    bool               // StartOver was called
	key     ed25519.PrivateKey // nil while there is none
	failure error              // of the last attempt to load the key; nil when it succeeded
	retryAt time.Time          // the key is not loaded again before that time
	loading chan struct{}      // closed when the attempt under way ends; nil when none is
}

// New returns a sealer for a home. The caller gives its [Sealer.Signer] to the ledger, then the
// ledger to [Sealer.Use], and calls [Sealer.Close] before it closes the ledger.
func New(cfg Config) *Sealer { return &Sealer{cfg: cfg, life: lifetime.New()} }

// Use sets the ledger that the key signs, and begins to load the key when something in the ledger
// waits to be signed. It is called once, before any other method.
func (s *Sealer) Use(ctx context.Context, l Ledger) {
	s.ledger = l
	if state, err := l.RegisterState(ctx); err == nil && state.Count > state.Signed {
		s.load()
	}
}

// Close waits for what goes on in the background, and stores the last checkpoint as the kept one. It
// gives up storing it after two seconds.
func (s *Sealer) Close() {
	s.life.End()
	s.noteSigned()
}

const (
	// keyTimeout is how long the first write of a process waits for the key, and how long Close waits to
	// store the checkpoint.
	keyTimeout = 2 * time.Second
	// retryAfter is the least time from a failure to the next attempt to load the key.
	retryAfter = time.Minute
)

// Signer returns the private key, or nil while it cannot be had. It is for [ledger.Options.Signer]. It
// waits up to two seconds for a key that is being loaded, unless the attempt before has failed.
func (s *Sealer) Signer(ctx context.Context) crypto.Signer {
	loading, failedBefore := s.load()
	if loading != nil && !failedBefore {
		enough := time.NewTimer(keyTimeout)
		defer enough.Stop()
		select {
		case <-loading:
		case <-enough.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == nil {
		return nil // and not an interface that holds a nil key
	}
	return s.key
}

// load begins to load the key in the background, unless this process has the key that register.pub
// belongs to, or an attempt failed less than [retryAfter] ago. It returns a channel that is closed at the
// end of the attempt under way, or nil when none is, and whether the last attempt that ended has failed.
func (s *Sealer) load() (loading <-chan struct{}, failedBefore bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		// Another process may have made a new one.
		if public, err := readPublic(s.cfg.Home); err == nil && public.Equal(s.key.Public()) {
			return nil, false
		}
		s.key, s.failure, s.retryAt = nil, nil, time.Time{}
	}
	if s.loading == nil && !s.cfg.Now().Before(s.retryAt) {
		ended := make(chan struct{})
		began := s.life.Go(func(ctx context.Context) {
			key, err := s.loadKey(ctx)
			s.loaded(ctx, key, err)
			close(ended)
			if err == nil {
				s.SignNow(ctx)
			}
		})
		if began {
			s.loading = ended
		}
	}
	return s.loading, s.failure != nil
}

func (s *Sealer) loaded(ctx context.Context, key ed25519.PrivateKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loading = nil
	known := s.failure != nil && err != nil && s.failure.Error() == err.Error()
	s.key, s.failure, s.retryAt = key, err, s.cfg.Now().Add(retryAfter)
	switch {
	case err == nil, known, ctx.Err() != nil:
	case errors.Is(err, errKeyLost), errors.Is(err, errKeyOther), errors.Is(err, errKeyBack), errors.Is(err, errUnreachable), errors.Is(err, errKeyFile):
		s.cfg.Log.Error("the register is not signed", "error", err)
		s.cfg.Trouble(err)
	default:
		s.cfg.Log.Warn("the register is not signed yet", "error", err)
	}
}

// SignNow signs what is not signed yet. It does nothing while the key cannot be had. A failure is logged.
func (s *Sealer) SignNow(ctx context.Context) {
	if err := s.ledger.Sign(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.Error("the register is not signed", "error", err)
	}
}

// Problem returns why nothing is signed, with what to do about it. That is the failure of the last
// attempt to load the key, or, if there is none, that the keyring may be locked. It never returns nil.
func (s *Sealer) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return s.failure
	}
	return request.Errorf("key_later", "the desk's key is not available yet: unlock the keyring, and try again")
}
