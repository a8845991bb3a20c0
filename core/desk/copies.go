package desk

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
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	copyJob = "copies"
	// What was copied is remembered for so long after the last look at everything: a clock
	// that was set back must not hide a file.
	copyMargin = 24 * time.Hour
	copyPage   = 200 // requests that are looked at together
)

// copied is copies.json: which signed files went to the output folder.
type copied struct {
	Folder string               `json:"folder"`
	Since  time.Time            `json:"since"`          // files that came before need no look
	Done   map[string]time.Time `json:"done,omitempty"` // by copyName: when the file came
}

// RunCopies copies signed files that prove themselves to the folder of the settings, each
// once, until ctx ends or the desk is closed: those that come from now on, and those that
// came since the folder was chosen and could not be copied. It changes no file that is
// there. When another process of the home does that already, it stands by.
func (d *Desk) RunCopies(ctx context.Context) error {
	return d.background(ctx, (&copying{desk: d, idle: func() {}}).alone)
}

// copying is the copying of one process.
type copying struct {
	desk   *Desk
	state  copied
	from   time.Time // notices of what happened before are late: there was no folder then
	failed bool      // something is to be tried again at the next start
	told   string
	idle   func() // called whenever there is nothing to do
}

// alone runs it when no other process of the home does.
func (c *copying) alone(ctx context.Context) error {
	lock, err := c.desk.cfg.Home.WaitLock(ctx, copyJob)
	if err != nil {
		return err
	}
	return errors.Join(c.run(ctx), lock.Release())
}

func (c *copying) run(ctx context.Context) error {
	changed := c.desk.settingsChanged.listen()
	notices, err := c.desk.ledger.Watch(ctx)
	if err != nil {
		return err
	}
	c.load()
	c.follow()
	c.lookAtAll(ctx)
	for {
		c.idle()
		select {
		case <-changed:
			changed = c.desk.settingsChanged.listen()
			c.follow()
		case notice, open := <-notices:
			if !open {
				return nil
			}
			c.follow()
			c.take(ctx, notice)
		}
	}
}

// take copies the files that have just come.
func (c *copying) take(ctx context.Context, notice ledger.Notice) {
	if c.state.Folder == "" {
		return
	}
	if notice.Missed {
		c.lookAtAll(ctx)
	}
	for _, n := range notice.Events {
		if n.Event.Kind == request.KindStored && n.Event.Stored.Proves && !n.Event.At.Before(c.from) {
			c.copy(ctx, n.ID, n.Event)
		}
	}
	c.settled(c.desk.cfg.Now())
}

// load reads what was copied before. A file that cannot be read makes some copies twice at worst,
// under other names.
func (c *copying) load() {
	text, err := os.ReadFile(c.desk.cfg.Home.Copies())
	if err == nil {
		err = json.Unmarshal(text, &c.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.desk.cfg.Log.Warn("what was copied before cannot be read", "error", err)
		c.state = copied{}
	}
	if c.state.Done == nil {
		c.state.Done = map[string]time.Time{}
	}
}

// follow goes over to the folder of the settings. Where there was none before, only what
// comes from now on is copied.
func (c *copying) follow() {
	s, err := readSettings(c.desk.cfg.Home)
	if err != nil || s.OutputFolder == c.state.Folder {
		return // settings that cannot be read change nothing
	}
	chosen := c.desk.copiesFrom.Swap(nil)
	if c.state.Folder == "" {
		c.state.Since, c.from, c.failed = c.desk.cfg.Now(), time.Time{}, false
		if chosen != nil { // else another process did that, or a person in the file, some time before
			c.from = chosen.Truncate(time.Millisecond) // as events have it
			c.state.Since = c.from
		}
	}
	c.state.Folder, c.told = s.OutputFolder, ""
	c.save()
}

func (c *copying) save() {
	text, err := json.Marshal(c.state)
	if err == nil {
		err = home.WriteFile(c.desk.cfg.Home.Copies(), text)
	}
	if err != nil {
		c.desk.cfg.Log.Warn("what was copied cannot be noted", "error", err)
	}
}

// lookAtAll copies what came since the folder was chosen and is not there yet.
func (c *copying) lookAtAll(ctx context.Context) {
	if c.state.Folder == "" {
		return
	}
	c.failed = false
	begun := c.desk.cfg.Now()
	query := ledger.Query{Limit: copyPage}
	for {
		page, err := c.desk.ledger.View(ctx, query)
		if err != nil {
			c.failed = true
			return
		}
		for _, r := range page.Requests {
			if r.UpdatedAt.Before(c.state.Since) {
				c.settled(begun)
				return
			}
			c.lookAt(ctx, r)
		}
		if query.After = page.Next; page.Next == "" {
			c.settled(begun)
			return
		}
	}
}

func (c *copying) lookAt(ctx context.Context, r request.Request) {
	if len(r.Documents) == 0 {
		return
	}
	events, err := c.desk.ledger.Events(ctx, r.ID)
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

// settled forgets what needs no look any more, once everything is copied.
func (c *copying) settled(now time.Time) {
	since := now.Add(-copyMargin)
	if c.failed || since.Sub(c.state.Since) < time.Hour { // no need to write that each time
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

func copyName(id request.ID, s *request.Stored) string {
	return fmt.Sprintf("%s %d %s", id, s.Document, s.SHA256)
}

// copy copies one signed file, unless that was done before.
func (c *copying) copy(ctx context.Context, id request.ID, e request.Event) {
	name := copyName(id, e.Stored)
	if _, done := c.state.Done[name]; done {
		return
	}
	r, err := c.desk.ledger.Get(ctx, id)
	if err == nil {
		err = c.desk.copyOut(ctx, c.state.Folder, outputName(r, e.Stored.Document), e.Stored.SHA256)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		c.failed = true
		c.tell(err)
		return
	}
	c.state.Done[name] = e.At
	c.save()
}

// tell says once what is wrong, and not for each file.
func (c *copying) tell(cause error) {
	cause = files.Cause(cause) // a temporary file's name is another each time
	err := fmt.Errorf("signed files are not copied to %s, and will be at the next start: %w", label(c.state.Folder), cause)
	if c.told == err.Error() {
		return
	}
	c.told = err.Error()
	c.desk.cfg.Log.Warn("a signed file was not copied", "error", cause)
	c.desk.cfg.Trouble(err)
}
