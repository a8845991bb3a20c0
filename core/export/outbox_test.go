package export

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"countersign/core/broadcast"
	"countersign/core/desk/desktest"
	"countersign/core/desk/fake"
	"countersign/core/filename"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a desk with an exporter.
type rig struct {
	*desktest.Rig
	*Exporter
	store *settings.Store
}

func newRig(t testing.TB) *rig {
	r := &rig{Rig: desktest.New(t)}
	r.connect()
	return r
}

// connect makes the exporter of the desk that is open now.
func (r *rig) connect() {
	r.Exporter = New(Config{Home: r.Dir, Ledger: r.Ledger, Gateways: r.Gateways.Profiles, Key: r.Sealer, Now: r.Rig.Config.Now, Log: r.Rig.Config.Log})
	r.store = settings.NewStore(r.Dir, r.Gateways.Profiles, r.Rig.Config.Now, r.Rig.Config.Log)
}

// restart closes the desk, opens it again, and makes a new exporter for it.
func (r *rig) restart() {
	r.Helper()
	r.Restart()
	r.connect()
}

func (r *rig) attach(id request.ID, file []byte) (request.Request, error) {
	return r.Attach(r.Context(), id, input.Memory("Signed.pdf", file), "")
}

// outbox is a rig with an output folder, and the troubles that were reported.
type outbox struct {
	*rig
	folder   string
	troubles chan error
	idle     broadcast.Signal
}

func newOutbox(t *testing.T) *outbox {
	o := &outbox{rig: newRig(t), folder: filepath.Join(t.TempDir(), "out"), troubles: make(chan error, 100)}
	o.Must(os.Mkdir(o.folder, 0o700))
	return o
}

func (o *outbox) open() *Outbox {
	return NewOutbox(o.Exporter, o.store, func(err error) { o.troubles <- err })
}

func (o *outbox) turn(folder string) {
	o.Helper()
	_, err := o.store.ChangeSettings(o.Context(), func(s *settings.Settings) { s.OutputFolder = folder })
	o.Must(err)
}

// run copies in the background until the returned function is called.
func (o *outbox) run() (stop func()) {
	box := o.open()
	done := make(chan error, 1)
	ready := o.idle.Listen()
	go func() { done <- box.run(context.Background(), o.idle.Send) }()
	<-ready
	return func() {
		box.Close()
		if err := <-done; err != nil {
			o.Error(err)
		}
	}
}

// start does once what [Outbox.Run] does before it waits for notices.
func (o *outbox) start() *copying {
	c := &copying{Outbox: o.open()}
	c.load()
	c.updateFolder()
	c.copyAll(o.Context())
	return c
}

// sign adds a request with a title, and a signed file for it that is a proof.
func (o *outbox) sign(title string) request.Request {
	o.Helper()
	q, _ := o.Launch("one")
	_, err := o.Edit(o.Context(), q.ID, title, "", "")
	o.Must(err)
	q, err = o.Attach(o.Context(), q.ID, input.Memory("signed.pdf", fake.Samples(o).Signed), "")
	o.Must(err)
	return q
}

func (o *outbox) files() []string {
	o.Helper()
	entries, err := os.ReadDir(o.folder)
	o.Must(err)
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") { // a file that is being written
			names = append(names, e.Name())
		}
	}
	return names
}

// until waits until as many files are in the output folder as there are names, and checks that they are these.
func (o *outbox) until(names ...string) {
	o.Helper()
	for {
		idle := o.idle.Listen()
		if len(o.files()) >= len(names) {
			o.has(names...)
			return
		}
		<-idle
	}
}

func (o *outbox) has(names ...string) {
	o.Helper()
	slices.Sort(names)
	if diff := cmp.Diff(names, o.files()); diff != "" {
		o.Error(diff)
	}
}

func TestSignedFilesAreCopiedOnceAndNeverOverwriteAnything(t *testing.T) {
	o := newOutbox(t)
	o.sign("Before.pdf") // there was no output folder yet
	stop := o.run()
	o.sign("Off.pdf")
	o.turn(o.folder)
	o.sign("Lease.pdf")
	o.until("Lease (signed).pdf")
	o.Must(os.WriteFile(filepath.Join(o.folder, "Other (signed).pdf"), []byte("somebody's"), 0o600))
	q := o.sign("Other")
	o.until("Lease (signed).pdf", "Other (signed).pdf", "Other (signed) (2).pdf")
	o.sign("a/b")
	o.until("Lease (signed).pdf", "Other (signed).pdf", "Other (signed) (2).pdf", "a_b (signed).pdf")
	stop()
	o.start() // copies again what is missing, which is nothing
	if kept, err := os.ReadFile(filepath.Join(o.folder, "Other (signed).pdf")); err != nil || string(kept) != "somebody's" {
		t.Errorf("it was overwritten: %q, %v", kept, err)
	}
	if kept, err := os.ReadFile(filepath.Join(o.folder, "Other (signed) (2).pdf")); err != nil || string(kept) != string(fake.Samples(t).Signed) {
		t.Errorf("got %d bytes, %v", len(kept), err)
	}
	// People may move copies: they are not copied again, whatever happens to the request.
	o.Must(os.Remove(filepath.Join(o.folder, "Lease (signed).pdf")))
	_, err := o.Edit(t.Context(), q.ID, "Another title", "", "")
	o.Must(err)
	o.restart()
	o.start()
	o.has("Other (signed).pdf", "Other (signed) (2).pdf", "a_b (signed).pdf")
	if len(o.troubles) > 0 {
		t.Error(<-o.troubles)
	}
}

// In an office the files come to whoever added or launched the request, whoever else reads its register.
func TestTheFilesOfOthersAreNotCopied(t *testing.T) {
	for person, want := range map[string][]string{"ana": {"Lease (signed).pdf", "Offer (signed).pdf"}, "clara": nil, "": {"Lease (signed).pdf", "Offer (signed).pdf"}} {
		t.Run(person, func(t *testing.T) {
			o := newOutbox(t)
			o.Exporter.cfg.Person = person
			o.turn(o.folder)
			c := o.start()
			q := o.sign("Lease.pdf")
			if q.AddedBy != "ana" {
				t.Fatalf("it was added by %q", q.AddedBy)
			}
			events, err := o.Ledger.Events(t.Context(), q.ID)
			o.Must(err)
			var notice ledger.Notice
			for _, e := range events {
				notice.Events = append(notice.Events, ledger.RequestEvent{ID: q.ID, Event: e})
			}
			c.handle(t.Context(), notice)
			o.has(want[:min(1, len(want))]...)
			o.sign("Offer.pdf")
			o.start()
			o.has(want...)
		})
	}
}

// A notice may be handled long after its events, and after a change of the settings.
func TestNoticesFromBeforeTheFolderWasChosenCopyNothing(t *testing.T) {
	o := newOutbox(t)
	c := o.start()
	notices, err := o.Ledger.Watch(t.Context())
	o.Must(err)
	o.sign("Off.pdf")
	o.turn(o.folder)
	o.sign("Lease.pdf")
	for len(o.files()) == 0 {
		notice := <-notices
		c.updateFolder()
		c.handle(t.Context(), notice)
	}
	o.has("Lease (signed).pdf")
	o.start()
	o.has("Lease (signed).pdf")
	if !c.state.Since.Equal(c.from) || c.from.IsZero() {
		t.Errorf("it began %v, and looks from %v on", c.from, c.state.Since)
	}
}

func TestFilesAreCopiedAfterTheClockWasWrong(t *testing.T) {
	o := newOutbox(t)
	o.Advance(10 * 365 * 24 * time.Hour) // a wrong clock
	stop := o.run()
	o.turn(o.folder)
	o.sign("Wrong")
	o.until("Wrong (signed).pdf")
	o.Advance(-9 * 365 * 24 * time.Hour) // it is set right
	o.sign("Right")
	o.until("Right (signed).pdf", "Wrong (signed).pdf")
	stop()
	o.Advance(-365 * 24 * time.Hour) // and once more, while no program runs
	o.sign("Offline")
	o.start()
	o.has("Offline (signed).pdf", "Right (signed).pdf", "Wrong (signed).pdf")
}

func TestWhatCannotBeCopiedIsToldOnceAndTriedAgainAtTheNextStart(t *testing.T) {
	o := newOutbox(t)
	o.turn(o.folder)
	o.start()
	away := o.folder + "-away"
	o.Must(os.Rename(o.folder, away))
	o.sign("Lease.pdf")
	o.sign("Annex.pdf")
	o.start()
	if err := <-o.troubles; !strings.Contains(err.Error(), "will be at the next start") {
		t.Errorf("got %v", err)
	}
	// It does not matter how long the folder is missing.
	o.Advance(2 * copyMargin)
	o.start()
	<-o.troubles
	o.Must(os.Rename(away, o.folder))
	o.start()
	o.has("Annex (signed).pdf", "Lease (signed).pdf")
	if len(o.troubles) > 0 {
		t.Errorf("it was told again: %v", <-o.troubles)
	}
	// When the state was not saved, a copy that is there is recognized.
	o.Must(os.Remove(o.Dir.Copies()))
	c := o.start()
	c.state.Since = c.state.Since.Add(-4 * copyMargin)
	c.copyAll(t.Context())
	o.has("Annex (signed).pdf", "Lease (signed).pdf")
	// Old entries are dropped from the state.
	o.Advance(2 * copyMargin)
	if c = o.start(); len(c.state.Done) != 0 {
		t.Errorf("it keeps %v", c.state.Done)
	}
	c.copyAll(t.Context())
	o.has("Annex (signed).pdf", "Lease (signed).pdf")
}

func TestAFileThatProvesNothingIsNotCopied(t *testing.T) {
	o := newOutbox(t)
	o.turn(o.folder)
	c := o.start()
	q, _ := o.Launch("one")
	o.One.Set(func(f *fake.Gateway) {
		f.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Signed, "finished", 1)}
		f.Files = map[request.ID][][]byte{q.ID: {fake.Samples(t).Other}}
	})
	o.Must(o.Refresh(t.Context(), q.ID))
	events := o.Events(q.ID)
	last := events[len(events)-1]
	if last.Kind != request.KindStored {
		t.Fatalf("got %+v", last)
	}
	c.handle(t.Context(), ledger.Notice{Events: []ledger.RequestEvent{{ID: q.ID, Event: last}}})
	o.has()
	o.start()
	o.has()
}

func TestANameIsOneThatEverySystemTakes(t *testing.T) {
	for title, want := range map[string]string{
		"Lease.pdf": "Lease", "Lease.PDF.pdf": "Lease.PDF", "../../etc/passwd": "_.._etc_passwd", `C:\x:y|z*?"<>`: "C__x_y_z_____", ".hidden": "hidden",
		"CON": "_CON", "nul.txt": "_nul.txt", "com1.pdf": "_com1", "LPT³": "_LPT³", "Com": "Com", "COM10": "COM10", "console": "console", "aux .x": "_aux .x",
		"ends. . ": "ends", ".pdf": "document", "...": "document", "a\u202eb\nc": "a b c", strings.Repeat("é", 100): strings.Repeat("é", filename.MaxName/2),
	} {
		if got := safeName(title); got != want {
			t.Errorf("%q: got %q, want %q", title, got, want)
		}
	}
	r := request.Request{Title: "Both", Documents: []request.Document{{Original: request.Original{Name: "Lease.pdf"}}, {Original: request.Original{Name: "Annex.pdf"}}}}
	if got := signedName(r, 1); got != "Annex (signed)" {
		t.Errorf("got %q", got)
	}
}
