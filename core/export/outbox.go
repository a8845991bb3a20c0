package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
	// copyMargin is how long what was copied is remembered after all files were looked at: a clock
	// that was set back must not hide a file.
	copyMargin   = 24 * time.Hour
	copyPageSize = 200 // requests that are read together
)

// copied is the content of copies.json: which signed files were copied.
type copied struct {
	Folder string               `json:"folder"`
	Since  time.Time            `json:"since"`          // files that came before are done
	Done   map[string]time.Time `json:"done,omitempty"` // when each file came, by copyKey
}

// Outbox copies signed files that prove themselves to the output folder of the settings: those that
// come from now on, and those that came since the folder was chosen and could not be copied. It
// copies each file once and changes no file that is there.
type Outbox struct {
	exporter *Exporter
	settings *settings.Store
	trouble  func(error)
	life     *lifetime.Lifetime
}

// NewOutbox returns the outbox of a home. trouble is called when a file cannot be copied, and must
// not block. The caller has to call [Outbox.Close].
func NewOutbox(x *Exporter, s *settings.Store, trouble func(error)) *Outbox {
	return &Outbox{exporter: x, settings: s, trouble: trouble, life: lifetime.New()}
}

// Close ends [Outbox.Run] and waits for it.
func (o *Outbox) Close() { o.life.End() }

// Run copies files until ctx ends or the outbox is closed. While another process of the home does so,
// it waits.
func (o *Outbox) Run(ctx context.Context) error { return o.run(ctx, func() {}) }

// run is Run, and calls idle whenever there is nothing to do.
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

// copying is the work of the one process that copies.
type copying struct {
	*Outbox
	state    copied
	from     time.Time // older notices are ignored: there was no folder at the time
	failed   bool      // something is to be tried again at the next start
	reported string    // the last trouble
	idle     func()
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

// handle copies the files that a notice names.
func (c *copying) handle(ctx context.Context, notice ledger.Notice) {
	if c.state.Folder == "" {
		return
	}
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

// load reads what was copied before. When that cannot be read, some files may be copied again; copies
// that are in the folder are recognized.
func (c *copying) load() {
	text, err := os.ReadFile(c.exporter.cfg.Home.Copies())
	if err == nil {
		err = json.Unmarshal(text, &c.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.exporter.cfg.Log.Warn("what was copied before cannot be read", "error", err)
		c.state = copied{}
	}
	if c.state.Done == nil {
		c.state.Done = map[string]time.Time{}
	}
}

// updateFolder reads the output folder from the settings. Where there was none before, only files that
// come from now on are copied.
func (c *copying) updateFolder() {
	s, err := settings.Load(c.exporter.cfg.Home)
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

// copyAll copies what came since the folder was chosen and was not copied yet.
func (c *copying) copyAll(ctx context.Context) {
	if c.state.Folder == "" {
		return
	}
	c.failed = false
	begun := c.exporter.cfg.Now()
	query := ledger.Query{Limit: copyPageSize}
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

// forgetOld drops old entries from the state once everything is copied.
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

// copy copies the signed file of an event, unless that was done before.
func (c *copying) copy(ctx context.Context, id request.ID, e request.Event) {
	name := copyKey(id, e.Stored)
	if _, done := c.state.Done[name]; done {
		return
	}
	r, err := c.exporter.cfg.Ledger.Get(ctx, id)
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

// report reports a failure, unless it is the same as the last.
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
