// Package workspace opens a home and connects the parts of the program that work on it: the ledger,
// the key that signs the register, the gateways, the desk, statistics, checks, exports and the queue. It decides
// nothing itself. The programs open a workspace, and so do the tests of the window.
package workspace

import (
	"context"
	"errors"
	"log/slog"
	"os/user"
	"time"

	"github.com/google/uuid"

	"countersign/core/backup"
	"countersign/core/desk"
	"countersign/core/diagnosis"
	"countersign/core/export"
	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/policy"
	"countersign/core/proof"
	"countersign/core/queue"
	"countersign/core/reminder"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/core/support"
	"countersign/core/trust"
)

// Config is what a workspace is opened with. Home and Kinds are needed; the rest has defaults.
type Config struct {
	Home    home.Dir
	Kinds   []gateway.Kind
	Policy  policy.Policy // of the computer
	Secrets Secrets       // the home's own store when nil
	KeyFile string        // the field of that name of [sealing.Config]

	// Practice is the field of that name of [gateways.Config], and OpenURL that of [desk.Config].
	Practice func(ctx context.Context, p gateway.Profile) (complete gateway.Profile, secret string, err error)
	OpenURL  func(address string) error
	// Browser and ReadPolicy are the fields of these names of [diagnosis.Config].
	Browser    func(ctx context.Context) (request.Sentence, error)
	ReadPolicy func() (policy.Policy, error)
	// Trouble is called with errors of background work that are in no request's history. It must
	// not block. When nil, such errors are dropped.
	Trouble func(error)

	Now    func() time.Time  // time.Now when nil
	NewID  func() request.ID // ids that sort by time when nil
	Person string            // who works here, for the events; the account's name when empty. At a desk of an office it is the login
	Log    *slog.Logger      // discards when nil

	// Alone is set when no other process uses the home.
	Alone bool
}

// Secrets stores the secrets of a home. Package secret implements it.
type Secrets interface {
	gateways.Secrets
	Probe(ctx context.Context) (secret.Backend, error)
}

// Reader is the reading side of the ledger.
type Reader interface {
	Get(ctx context.Context, id request.ID) (request.Request, error)
	Events(ctx context.Context, id request.ID) ([]request.Event, error)
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
	Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error)
	CountByStatus(ctx context.Context, archived, practice ledger.Among) (map[request.Status]int, error)
	IDs(ctx context.Context, q ledger.Query, limit int) ([]request.ID, error)
	People(ctx context.Context) ([]string, error)
	GatewaysUsed(ctx context.Context) ([]string, error)
	DesksUsed(ctx context.Context) ([]string, error)
	KeptReturns(ctx context.Context) ([]ledger.KeptReturn, error)
	DocumentPath(digest string) string
	CheckDocument(ctx context.Context, digest string) error
	CheckFiles(ctx context.Context, id request.ID) (request.Request, error)
	Watch(ctx context.Context) (<-chan ledger.Notice, error)
}

// Workspace is an open home. The parts that work on the home are embedded, so that a Workspace has
// the methods of all of them and implements interfaces with a few methods of each. Code that wants
// one part only names its field.
type Workspace struct {
	Home   home.Dir
	Ledger *ledger.Ledger
	Reader // of Ledger

	*desk.Desk
	*gateways.Gateways
	*diagnosis.Examiner
	*export.Exporter
	*proof.Checker
	*trust.Folder
	*sealing.Sealer
	*settings.Store
	*stats.Counter
	*reminder.Reminder

	// Office is the connection to the office that the home is a desk of, and nil for a home of its own. Joiner has the home join an
	// office, join it anew, and leave it.
	Office *office.Link
	Joiner *office.Joiner

	// Unwritable is why nothing can be stored in the home, so that it is only read; nil if it could be written to when it
	// was opened. See [home.Dir.CheckWritable].
	Unwritable error

	Outbox *export.Outbox
	Daily  backup.Daily
	queue  *queue.Queue
	policy policy.Policy
	person settings.Person
}

// Open opens a home and all that works on it, and creates the home's files when they are not there. A home that cannot
// be written to is opened for reading if it has a ledger of the current schema; see [Workspace.Unwritable].
// Fields of cfg that are nil or empty get the defaults that [Config] states. The caller has to call
// [Workspace.Close].
func Open(ctx context.Context, cfg Config) (*Workspace, error) {
	cfg = cfg.withDefaults()
	sealer := sealing.New(sealing.Config{
		Home: cfg.Home, Secrets: cfg.Secrets, KeyFile: cfg.KeyFile, CheckOfficeEvent: gateways.CheckOfficeEvent, Now: cfg.Now, Log: cfg.Log, Trouble: cfg.Trouble,
	})
	opts := ledger.Options{
		Now: cfg.Now, Exclusive: cfg.Alone, Log: cfg.Log, Signer: sealer.Signer, CheckOfficeEvent: gateways.CheckOfficeEvent,
		NewestBackup: func() string { return newestBackup(cfg.Home, cfg.Now()) },
	}
	member, err := office.Read(cfg.Home)
	if err != nil {
		return nil, err
	}
	var link *office.Link
	var others desk.Office
	var sharing gateways.Office
	login := "" // of the person, in an office
	if member != nil {
		link = office.NewLink(*member, office.Config{Secrets: cfg.Secrets, Now: cfg.Now, Log: cfg.Log})
		login, opts.Office, cfg.Person = member.Login, link.Ledger(), member.Login
		if member.Desk != "" {
			others, sharing = link, link
		}
	}
	l, err := ledger.Open(ctx, cfg.Home.Path(), opts)
	if err != nil {
		return nil, err
	}
	all, err := gateways.Open(gateways.Config{
		Home: cfg.Home, Ledger: l, Kinds: cfg.Kinds, Secrets: cfg.Secrets, Office: sharing, Policy: cfg.Policy, Practice: cfg.Practice, Now: cfg.Now, Log: cfg.Log,
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	d := desk.Open(desk.Config{
		Home: cfg.Home, Ledger: l, Gateways: all, Office: others, Policy: cfg.Policy, OpenURL: cfg.OpenURL, Now: cfg.Now, NewID: cfg.NewID, Person: cfg.Person, Log: cfg.Log,
	})
	sealer.Use(ctx, l)
	store := settings.NewStore(cfg.Home, all.Profiles, cfg.Now, cfg.Log)
	store.Given = cfg.Policy.Settings
	exporting := export.Config{Home: cfg.Home, Ledger: l, Gateways: all.Profiles, Key: sealer, Policy: cfg.Policy, Person: login, Now: cfg.Now, Log: cfg.Log}
	if link != nil {
		exporting.FetchWitnesses = func(ctx context.Context, after, until int) error { return link.FetchWitnesses(ctx, l, after, until) }
	}
	exporter := export.New(exporting)
	exporter.TidyOpened()
	return &Workspace{
		Home: cfg.Home, Ledger: l, Reader: l, Unwritable: cfg.Home.CheckWritable(),
		Desk:     d,
		Gateways: all,
		Examiner: diagnosis.New(diagnosisConfig(cfg, link), all, d, l),
		Exporter: exporter,
		Checker:  proof.NewChecker(cfg.Home, l),
		Folder:   trust.NewFolder(cfg.Home),
		Sealer:   sealer,
		Store:    store,
		Counter:  stats.NewCounter(l, cfg.Now),
		Reminder: reminder.New(cfg.Home, l, store, login, cfg.Now),
		Office:   link,
		Joiner:   &office.Joiner{Home: cfg.Home, Ledger: l, Link: link, Key: sealer, Secrets: cfg.Secrets, CheckEvent: gateways.CheckOfficeEvent, Now: cfg.Now},
		Outbox:   export.NewOutbox(exporter, store, cfg.Trouble),
		Daily:    backup.Daily{Home: cfg.Home, Ledger: l, Now: cfg.Now, Log: cfg.Log},
		policy:   cfg.Policy,
		person:   personOf(cfg.Person, user.Current),
		queue: queue.New(queue.Config{
			Home: cfg.Home, Desk: d, Ledger: l, Now: cfg.Now, Log: cfg.Log,
			Patience: func(ctx context.Context, gateway string) time.Duration { return store.Patience(ctx).Of(gateway) },
		}),
	}, nil
}

// Queue returns the queue of the home.
func (w *Workspace) Queue() *queue.Queue { return w.queue }

// Close ends all background work, waits for it, and closes the ledger.
func (w *Workspace) Close() error {
	w.queue.Close()
	w.Outbox.Close()
	w.Desk.Close()
	w.Gateways.Close()
	w.Sealer.Close()
	err := w.Ledger.Close()
	if w.Office != nil {
		w.Office.Close()
	}
	return err
}

// CollectForSupport returns what may leave the office of the home; see [support.Collect]. The findings are those of a diagnosis at the time at.
func (w *Workspace) CollectForSupport(findings []diagnosis.Finding, at time.Time) []support.Text {
	return support.Collect(support.Source{Home: w.Home, Kinds: w.Kinds(), Given: w.policy.Gateways, Proxy: w.policy.Proxy.Name(), Findings: findings, At: at})
}

// DiagnoseClosed calls [diagnosis.Closed] for a home that [Open] could not open because of cause.
func DiagnoseClosed(ctx context.Context, cfg Config, cause error, tell func(diagnosis.Finding)) []diagnosis.Finding {
	return diagnosis.Closed(ctx, diagnosisConfig(cfg.withDefaults(), nil), cause, tell)
}

func diagnosisConfig(cfg Config, link *office.Link) diagnosis.Config {
	c := diagnosis.Config{Home: cfg.Home, Secrets: cfg.Secrets, Browser: cfg.Browser, ReadPolicy: cfg.ReadPolicy, Proxy: cfg.Policy.Proxy, Now: cfg.Now}
	if link != nil {
		c.Office = link
	}
	return c
}

func (cfg Config) withDefaults() Config {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = newID
	}
	if cfg.Person == "" {
		cfg.Person = accountName()
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
	return cfg
}

// newID returns an id that sorts by time (UUID version 7, RFC 9562).
func newID() request.ID { return request.ID(uuid.Must(uuid.NewV7()).String()) }
