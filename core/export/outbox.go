package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/lifetime"
	"countersign/core/request"
	"countersign/core/settings"
)

const (
	copyLock = "copies"
	// copyMargin is how long the state remembers a copied file at least. It is long, so that
	// files are still known to be copied after the clock was set back.
	copyMargin   = 24 * time.Hour
	copyPageSize = 200 // requests that are read together
)

// copied is the content of copies.json: which signed files were copied.
type copied struct {
	Folder string               `json:"folder"`
	Since  time.Time            `json:"since"`          // signed files that came before this time are not copied any more
	Done   map[string]time.Time `json:"done,omitempty"` // by copyKey: when each file came that was copied
}

// Outbox copies each signed file that is a proof to the output folder of the settings: the files that
// came since the folder was chosen, also those that could not be copied before. At a desk of an office, it copies the files of requests that
// concern [Config.Person] alone. It copies each file once and changes no file that is there.
type Outbox struct {
	exporter *Exporter
	settings *settings.Store
	trouble  func(error)
	life     *lifetime.Lifetime
}

// NewOutbox returns the outbox of a home. trouble is called on the goroutine of [Outbox.Run] when a file
// cannot be copied, but not twice in a row with the same error; it must not block. The caller has to call
// [Outbox.Close].
func NewOutbox(x *Exporter, s *settings.Store, trouble func(error)) *Outbox {
	return &Outbox{exporter: x, settings: s, trouble: trouble, life: lifetime.New()}
}

// Close ends [Outbox.Run] and waits until it has returned.
func (o *Outbox) Close() { o.life.End() }

// Run copies files until ctx ends or the outbox is closed. Only one process of a home copies; while that
// is another one, Run waits.
func (o *Outbox) Run(ctx context.Context) error { return o.run(ctx, func() {}) }

// run does the work of [Outbox.Run], and calls idle whenever there is nothing left to copy.
func (o *Outbox) run(ctx context.Context, idle func()) error {
	return o.life.Run(ctx, func(ctx context.Context) error {
		lock, err := o.exporter.cfg.Home.WaitLock(ctx, copyLock)
		if err != nil {
			return err
		}
		c := &copying{Outbox: o, idle: idle}
		return errors.Join(c.run(ctx), lock.Release())
	})
}

// copying is a run of the outbox in the one process that holds the lock [copyLock].
type copying struct {
	*Outbox
	state    copied
	from     time.Time // events before this time are ignored: there was no folder yet
	failed   bool      // a file could not be copied; it is tried again at the next start
	reported string    // the text of the error that was reported last
	idle     func()    // called whenever there is nothing left to copy
}

func (c *copying) run(ctx context.Context) error {
	changed := c.settings.Changed.Listen()
	notices, err := c.exporter.cfg.Ledger.Watch(ctx)
	if err != nil {
		return err
	}
	c.load()
	c.updateFolder()
	c.copyAll(ctx)
	for {
		c.idle()
		select {
		case <-changed:
			changed = c.settings.Changed.Listen()
			c.updateFolder()
		case notice, open := <-notices:
			if !open {
				return nil
			}
			c.updateFolder()
			c.handle(ctx, notice)
		}
	}
}

// handle copies the signed files that came with the events of a notice. When notices were missed, it
// looks at all requests.
func (c *copying) handle(ctx context.Context, notice ledger.Notice) {
	if c.state.Folder == "" {
		return
	}
	c.followClock(c.exporter.cfg.Now())
	if notice.Missed {
		c.copyAll(ctx)
	}
	for _, n := range notice.Events {
		if n.Event.Kind == request.KindStored && n.Event.Stored.Proves && !n.Event.At.Before(c.from) {
			c.copy(ctx, n.ID, n.Event)
		}
	}
	c.forgetOld(c.exporter.cfg.Now())
}

// load reads copies.json into the state. When the file cannot be read, load sets it aside, and the state
// is empty: copies that are still in the folder are recognized by their bytes and not made again.
func (c *copying) load() {
	path := c.exporter.cfg.Home.Copies()
	text, err := home.ReadFile(path, home.MaxFile)
	if err == nil {
		err = json.Unmarshal(text, &c.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		aside, asideErr := home.SetAside(path)
		c.exporter.cfg.Log.Warn("what was copied before cannot be read", "error", errors.Join(err, asideErr), "set aside", aside)
		c.state = copied{}
	}
	if c.state.Done == nil {
		c.state.Done = map[string]time.Time{}
	}
}

// updateFolder takes over the output folder from the settings, and saves the state if the folder is
// another one than before. When there was none before, only files that came since the folder was chosen
// are copied. It does nothing if the settings cannot be read.
func (c *copying) updateFolder() {
	s, err := c.exporter.cfg.Policy.Settings.Load(c.exporter.cfg.Home)
	if err != nil || s.OutputFolder == c.state.Folder {
		return // settings that cannot be read change nothing
	}
	chosenAt := c.settings.TakeFolderChosen()
	if c.state.Folder == "" {
		c.state.Since, c.from, c.failed = c.exporter.cfg.Now(), time.Time{}, false
		if chosenAt != nil { // otherwise another process chose it, or a person in the file
			c.from = chosenAt.Truncate(time.Millisecond) // the precision of events
			c.state.Since = c.from
		}
	}
	c.state.Folder, c.reported = s.OutputFolder, ""
	c.save()
}

func (c *copying) save() {
	text, err := json.Marshal(c.state)
	if err == nil {
		err = home.WriteFile(c.exporter.cfg.Home.Copies(), text)
	}
	if err != nil {
		c.exporter.cfg.Log.Warn("what was copied cannot be noted", "error", err)
	}
}

// copyAll copies the files of all requests that came at or after [copied.Since] and were not copied yet.
func (c *copying) copyAll(ctx context.Context) {
	if c.state.Folder == "" {
		return
	}
	c.failed = false
	begun := c.exporter.cfg.Now()
	c.followClock(begun)
	query := ledger.Query{AddedOrLaunchedBy: c.exporter.cfg.Person, Limit: copyPageSize}
	for {
		page, err := c.exporter.cfg.Ledger.Query(ctx, query)
		if err != nil {
			c.failed = true
			return
		}
		for _, r := range page.Requests {
			if r.UpdatedAt.Before(c.state.Since) {
				c.forgetOld(begun)
				return
			}
			c.copyRequest(ctx, r)
		}
		if query.After = page.Next; page.Next == "" {
			c.forgetOld(begun)
			return
		}
	}
}

func (c *copying) copyRequest(ctx context.Context, r request.Request) {
	if len(r.Documents) == 0 {
		return
	}
	events, err := c.exporter.cfg.Ledger.Events(ctx, r.ID)
	if err != nil {
		c.failed = true
		return
	}
	for _, e := range events {
		if e.Kind == request.KindStored && e.Stored.Proves && !e.At.Before(c.state.Since) {
			c.copy(ctx, r.ID, e)
		}
	}
}

// followClock corrects the two times from which on files are copied, [copying.from] and
// [copied.Since]. A time that is in the future was read from a clock that was wrong, and nothing would
// be copied before it: followClock sets it to [copyMargin] before now.
func (c *copying) followClock(now time.Time) {
	if now.Before(c.from) {
		c.from = now.Add(-copyMargin)
	}
	if now.Before(c.state.Since) {
		c.state.Since = now.Add(-copyMargin)
		c.save()
	}
}

// forgetOld removes the files from the state that came more than [copyMargin] before now, and sets
// [copied.Since] to that time. It does nothing while a file is still to be copied, or when that would move
// [copied.Since] by less than an hour.
func (c *copying) forgetOld(now time.Time) {
	since := now.Add(-copyMargin)
	if c.failed || since.Sub(c.state.Since) < time.Hour { // it need not be written each time
		return
	}
	c.state.Since = since
	for name, at := range c.state.Done {
		if at.Before(since) {
			delete(c.state.Done, name)
		}
	}
	c.save()
}

func copyKey(id request.ID, s *request.Stored) string {
	return fmt.Sprintf("%s %d %s", id, s.Document, s.SHA256)
}

// copy copies the signed file of an event, unless the request does not concern the person or the state says that it was copied before. When that
// fails, it reports the error and sets failed, unless ctx is done.
func (c *copying) copy(ctx context.Context, id request.ID, e request.Event) {
	name := copyKey(id, e.Stored)
	if _, done := c.state.Done[name]; done {
		return
	}
	r, err := c.exporter.cfg.Ledger.Get(ctx, id)
	if err == nil && !r.Concerns(c.exporter.cfg.Person) {
		return
	}
	if err == nil {
		err = copyNumbered(ctx, c.exporter.cfg.Ledger, c.state.Folder, signedName(r, e.Stored.Document), e.Stored.SHA256)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		c.failed = true
		c.report(err)
		return
	}
	c.state.Done[name] = e.At
	c.save()
}

// report logs a failure and calls trouble with it, unless it has the same text as the last one.
func (c *copying) report(cause error) {
	cause = files.WithoutPath(cause) // the error names a temporary file, which differs each time
	err := request.Errorf("outbox_failed", "signed files are not copied to %s, and will be at the next start: %w", input.Label(c.state.Folder), cause)
	if c.reported == err.Error() {
		return
	}
	c.reported = err.Error()
	c.exporter.cfg.Log.Warn("a signed file was not copied", "error", cause)
	c.trouble(err)
}
