package ui

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"countersign/core/broadcast"
	"countersign/core/gateways"
	"countersign/core/ledger"
	officelink "countersign/core/office"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/team"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// fakeOffice is a connection to an office whose state the test sets. The desk is BACK, and its person mara.
type fakeOffice struct {
	role      team.Role // clerk when empty
	bringing  bool      // the office does not have all yet that the home brings along
	promoted  bool      // the server says that the login is a manager's when it is asked for the status
	changed   broadcast.Signal
	following atomic.Int32      // how many follow it
	fault     *officelink.Fault // what an audit finds
	mu        sync.Mutex
	state     officelink.State
}

func newFakeOffice() *fakeOffice {
	return &fakeOffice{state: officelink.State{Reach: officelink.Online, Since: noon}}
}

func (o *fakeOffice) Membership() officelink.Membership {
	m := officelink.Membership{DSN: "postgres://mara@db.example.org/notary", ID: "17", Name: "Notary Fuster", Desk: "BACK", Login: "mara", Role: o.Role()}
	if o.bringing {
		m.Bringing = &officelink.Bringing{}
	}
	return m
}

func (o *fakeOffice) Role() team.Role {
	o.mu.Lock()
	defer o.mu.Unlock()
	return cmp.Or(o.role, team.Clerk)
}

func (o *fakeOffice) State() officelink.State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

func (o *fakeOffice) Changed() <-chan struct{} { return o.changed.Listen() }

func (o *fakeOffice) Follow(ctx context.Context, _ officelink.Copy) error {
	o.following.Add(1)
	defer o.following.Add(-1)
	<-ctx.Done()
	return nil
}

func (o *fakeOffice) Status(context.Context) (officelink.Status, error) {
	if s := o.State(); s.Reach == officelink.OutOfReach {
		return officelink.Status{}, s.Problem
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.promoted {
		o.role = team.Manager
	}
	return officelink.Status{Server: team.Server{Version: "15.6", TLS: "TLS 1.3"}, Role: team.Manager}, nil
}

// Audit finds that the server has all of the copy, or why it cannot be asked.
func (o *fakeOffice) Audit(ctx context.Context, c officelink.Audited, tell func(entries, total int)) (officelink.Audit, error) {
	if s := o.State(); s.Reach == officelink.OutOfReach {
		return officelink.Audit{}, s.Problem
	}
	head, err := c.Head(ctx)
	tell(head.Count, head.Count)
	return officelink.Audit{Office: "Notary Fuster", Entries: head.Count, Desks: 2, Witnesses: 1, Fault: o.fault}, err
}

// fakeJoiner has a home join an office, join it anew, and leave it, as the test says.
type fakeJoiner struct {
	anew officelink.Rejoined     // what comes of joining anew
	plan officelink.BringingPlan // what comes of bringing the home's requests along

	interrupted chan struct{} // the server is out of reach while requests are brought along

	mu       sync.Mutex
	part     int // so many of the requests are brought along, and then nothing happens; 0 for all of them
	joining  []officelink.Joining
	bringing []officelink.Joining
	fails    error
	left     int
}

func (j *fakeJoiner) Join(_ context.Context, e officelink.Joining) (officelink.Membership, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.joining = append(j.joining, e)
	return officelink.Membership{Name: "Notary Fuster", Desk: e.Desk, Login: "mara", Role: team.Clerk}, j.fails
}

func (j *fakeJoiner) Rejoin(context.Context) (officelink.Rejoined, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.anew, j.fails
}

func (j *fakeJoiner) Leave(context.Context, bool) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.left++
	return "/home/mara/Countersign/left/17", j.fails
}

// set has so many requests brought along, and no more until it is stopped; 0 for all of them.
func (j *fakeJoiner) set(part int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.part = part
}

func (j *fakeJoiner) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fails = err
}

func (o *fakeOffice) enter(s officelink.State) {
	o.mu.Lock()
	o.state = s
	o.mu.Unlock()
	o.changed.Send()
}

// inOffice returns the options of a desk of an office.
func inOffice(o *fakeOffice, seed ...ledger.Change) officeOptions {
	var here *ledger.Ledger
	return officeOptions{
		seed: seed, prepare: func(d *workspace.Workspace) { here = d.Ledger }, options: func(options *Options) { options.Office, options.Copy = o, here },
	}
}

// at has the last n events of a request happen at a desk of an office. A visit that begins at another desk than BACK is not heard here.
func (h *history) atDesk(desk, person string, n int) *history {
	for i := range h.change.Events[len(h.change.Events)-n:] {
		e := &h.change.Events[len(h.change.Events)-n+i]
		if e.Desk = desk; e.By != "" {
			e.By = person
		}
		if e.Visit != nil && desk != "BACK" {
			e.Visit.URL, e.Visit.ReturnURL = "", ""
		}
	}
	return h
}

// officeSeed returns three requests of an office: of bea, launched at FRONT; of mara, launched there by bea; and of bea, launched here by mara.
func officeSeed() []ledger.Change {
	one := func(number int, title, by string) *history {
		return newHistory(number, title, "", "office", noon.Add(-time.Hour), 10).atDesk("FRONT", by, 1)
	}
	return []ledger.Change{
		one(1, "Lease of bea", "bea").launched(time.Minute).atDesk("FRONT", "bea", 2).change,
		one(2, "Lease of mara", "mara").launched(2*time.Minute).atDesk("FRONT", "bea", 2).change,
		one(3, "Lease for mara", "bea").launched(3*time.Minute).atDesk("BACK", "mara", 2).change,
	}
}

func TestTheListOfAnOfficeIsFilteredByPersonAndDesk(t *testing.T) {
	f := newOffice(t, inOffice(newFakeOffice(), officeSeed()...))
	f.ctrl(fyne.Key2)
	f.ctrlShift(fyne.KeyF)
	f.settle()
	listed := func(want ...string) {
		t.Helper()
		f.settle()
		if got := f.rows(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	selects := uitest.Find[*kit.Select](f.window.list.Content())
	whose, at := selects[6], selects[7]
	listed("Lease for mara", "Lease of mara", "Lease of bea")
	whose.SetSelected("My requests")
	listed("Lease for mara", "Lease of mara")
	at.SetSelected("FRONT")
	listed("Lease of mara")
	f.escape()
	f.saying("My requests", "Desk: FRONT")
	f.window.list.ClearFilters()
	f.ctrl(fyne.Key8)
	f.ctrl(fyne.Key2)
	listed("Lease for mara", "Lease of mara", "Lease of bea")
}

func TestTheChoiceOfOnesOwnRequestsIsRemembered(t *testing.T) {
	o := inOffice(newFakeOffice(), officeSeed()...)
	f := newOffice(t, o)
	f.ctrl(fyne.Key2)
	f.ctrlShift(fyne.KeyF)
	f.settle()
	uitest.Find[*kit.Select](f.window.list.Content())[6].SetSelected("My requests")
	f.settle()
	f.wait("the choice in the settings", func() bool {
		s, err := f.desk.Workspace.Settings(t.Context())
		return err == nil && s.Mine
	})

	again := inOffice(newFakeOffice(), officeSeed()...)
	prepare := again.prepare
	again.prepare = func(d *workspace.Workspace) {
		prepare(d)
		if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Mine = true }); err != nil {
			t.Error(err)
		}
	}
	f = newOffice(t, again)
	f.ctrl(fyne.Key2)
	f.saying("My requests")
	f.settle()
	if got := f.rows(); !slices.Equal(got, []string{"Lease for mara", "Lease of mara"}) {
		t.Errorf("got %q", got)
	}
	if got := []string{f.count("In the browser"), f.count("All")}; !slices.Equal(got, []string{"2", "2"}) {
		t.Errorf("the sidebar counts %q", got)
	}
}

func TestAnOfficeHasAColumnOfDesks(t *testing.T) {
	o := inOffice(newFakeOffice(), officeSeed()...)
	o.size = fyne.NewSize(1900, 700)
	f := newOffice(t, o)
	f.ctrl(fyne.Key2)
	f.settle()
	f.window.onColumnMenu()
	f.pick("Desk")
	f.settle()
	drawn := func() []string { return uitest.Drawn(uitest.Rows(f.list())[1]) }
	if !slices.Contains(drawn(), "FRONT") {
		t.Errorf("the row shows %q", drawn())
	}
	f.window.onSortMenu()
	if menu := strings.Join(uitest.Texts(f.window.window.Canvas().Overlays().Top(), nil), "\n"); strings.Contains(menu, "Desk") {
		t.Errorf("the list cannot be sorted by the desk, but the menu has it:\n%s", menu)
	}
}

func TestAHomeOfItsOwnHasNothingOfAnOffice(t *testing.T) {
	f := newOffice(t, officeOptions{seed: threeRows(), prepare: func(d *workspace.Workspace) {
		if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Mine = true }); err != nil {
			t.Error(err)
		}
	}})
	f.ctrl(fyne.Key7)
	f.ctrlShift(fyne.KeyF)
	f.settle()
	if n := len(uitest.Find[*kit.Select](f.window.list.Content())); n != 6 {
		t.Errorf("there are %d filters", n)
	}
	f.window.onColumnMenu()
	if menu := strings.Join(uitest.Texts(f.window.window.Canvas().Overlays().Top(), nil), "\n"); strings.Contains(menu, "Desk") {
		t.Errorf("the menu of columns has a desk:\n%s", menu)
	}
	if f.window.chrome.sidebar.office.Visible() {
		t.Error("the sidebar speaks of an office")
	}
}

func TestAVisitAtAnotherDeskIsNotOpenedHere(t *testing.T) {
	f := newOffice(t, inOffice(newFakeOffice(), officeSeed()...))
	f.chooseSeeded(2)
	f.saying("The browser is at FRONT.", "Go on at FRONT, or start over here.", "Launched by bea at FRONT", "· bea · at FRONT")
	m := f.window.detail.Shown()
	if m.Allows(status.BrowseAgain) || m.Allows(status.CopyAddress) || !m.Allows(status.SignAnew) || m.NextStep != status.Check {
		t.Errorf("the next step is %v", m.NextStep.Label(f.window.lang))
	}
	f.press("Start over")
	f.saying("The visit at FRONT is given up")
	f.escape()

	f.chooseSeeded(3)
	f.saying("Launched by mara")
	if said := f.says(); strings.Contains(said, "at BACK") || strings.Contains(said, "The browser is at") {
		t.Errorf("the window says of a visit here:\n%s", said)
	}
	if m := f.window.detail.Shown(); m.NextStep != status.BrowseAgain {
		t.Errorf("the next step is %v", m.NextStep.Label(f.window.lang))
	}
}

func TestAFileThatWasCheckedAtAnotherDeskSaysSo(t *testing.T) {
	signed := newHistory(4, "Signed lease", "", "office", noon.Add(-time.Hour), 10).atDesk("FRONT", "bea", 1).
		launched(time.Minute).answered(time.Minute, request.Signed, request.ByGateway, "said", "", request.DocumentResult{Signed: true}).stored(time.Minute, 0, "").atDesk("FRONT", "bea", 4)
	f := newOffice(t, inOffice(newFakeOffice(), signed.change))
	f.chooseSeeded(4)
	f.saying("checked at FRONT")
}

func TestTheSidebarSaysHowTheDeskStandsToItsOffice(t *testing.T) {
	link := newFakeOffice()
	f := newOffice(t, inOffice(link))
	f.saying("Notary Fuster · mara", "Online")
	link.enter(officelink.State{Reach: officelink.CatchingUp, Since: noon})
	f.saying("Catching up")
	link.enter(officelink.State{Reach: officelink.OutOfReach, Since: noon.Add(-78 * time.Minute), Problem: errors.New("the office’s server cannot be reached")})
	f.saying("Out of reach since 10:42")
	line := f.window.chrome.sidebar.office
	line.MouseIn(&desktop.MouseEvent{})
	f.saying("The office’s server cannot be reached.", "handed in later")
	line.MouseOut()
	link.enter(officelink.State{Reach: officelink.OutOfReach, Since: noon.AddDate(0, 0, -1)})
	f.saying("Out of reach since 20 Nov 2026, 12:00")
	link.enter(officelink.State{Reach: officelink.Parted, Since: noon, Problem: ledger.ErrParted})
	f.saying("Parted: the office’s register is not the one that this desk has read")

	f.wait("the office to be followed", func() bool { return link.following.Load() == 1 })
	f.window.Close()
	f.window.Wait()
	if link.following.Load() != 0 {
		t.Error("the office is followed without the window")
	}
}

// fields returns the fields of the open sheet.
func (f *office) fields() []*kit.Field { return uitest.Find[*kit.Field](f.sheet()) }

func TestAHomeJoinsAnOfficeInTheSettings(t *testing.T) {
	joiner := &fakeJoiner{}
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Joiner = joiner }})
	f.ctrl(fyne.KeyComma)
	f.settle()
	f.press("Office")
	f.saying("Every login of an office reads all of its requests.", "cannot be removed")
	fields := f.fields()
	fields[0].SetText(" host=db.example.org dbname=notary user=mara ")
	fields[1].SetText("BACK")
	fields[2].SetText("secret")

	joiner.fail(team.ErrLogin)
	f.press("Join")
	f.saying("The office’s server does not accept this login.")
	if checks := uitest.Find[*kit.Check](f.sheet()); len(checks) != 0 {
		t.Errorf("there are %d boxes to tick", len(checks))
	}

	joiner.fail(request.Errorf("office_desk_other_home", "another home of yours is the desk %s already: choose another name with --desk", "BACK"))
	f.press("Join")
	f.saying("Another home of yours is the desk BACK already: choose another name or, if that home is not used any more, take over its name.")
	uitest.Find[*kit.Check](f.sheet())[0].SetChecked(true)

	joiner.fail(secret.ErrNoKeyring)
	f.press("Join")
	f.saying("Keep it in a file that only I can read")
	uitest.Find[*kit.Check](f.sheet())[1].SetChecked(true)

	joiner.fail(nil)
	f.press("Join")
	f.saying("This home is now the desk BACK of Notary Fuster", "Start Countersign again")
	want := officelink.Joining{DSN: "host=db.example.org dbname=notary user=mara", Desk: "BACK", Password: secret.Entered{Value: "secret", InFile: true}, Replace: true}
	if got := joiner.joining[len(joiner.joining)-1]; got != want {
		t.Errorf("got %+v", got)
	}
	if f.press("Close Countersign"); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
}

func TestTheOfficeOfThePolicyIsOffered(t *testing.T) {
	joiner := &fakeJoiner{}
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Joiner, o.JoinDSN = joiner, "host=db.example.org dbname=notary" }})
	f.ctrl(fyne.KeyComma)
	f.settle()
	f.press("Office")
	f.saying("Every login of an office reads all of its requests.")
	joiner.fail(nil)
	f.press("Join")
	f.saying("Start Countersign again")
	if got := joiner.joining[0].DSN; got != "host=db.example.org dbname=notary" {
		t.Errorf("it joins %q", got)
	}
}

func TestAHomeLeavesItsOfficeInTheSettings(t *testing.T) {
	joiner := &fakeJoiner{}
	o := inOffice(newFakeOffice(), officeSeed()...)
	options := o.options
	o.options = func(chosen *Options) {
		options(chosen)
		chosen.Joiner = joiner
	}
	f := newOffice(t, o)
	f.window.chrome.sidebar.office.Tapped(&fyne.PointEvent{})
	f.saying("Notary Fuster", "BACK", "mara", "Manager: adds requests, has them signed and reviews them", "postgres://mara@db.example.org/notary", "PostgreSQL 15.6, encrypted with TLS 1.3", "Returns waiting\n0")

	joiner.fail(request.Errorf("office_waiting", "what browsers brought back (%d) waits here until the office’s server can be reached, and would be lost: give --force to leave even so", 2))
	f.press("Leave…")
	f.saying("Leave Notary Fuster?", "stays in this home as a copy that can only be read")
	f.press("Leave")
	f.saying("What browsers brought back (2) waits here until the office’s server can be reached, and would be lost.")
	if strings.Contains(f.says(), "--force") {
		t.Error("the window speaks of the terminal")
	}

	joiner.fail(nil)
	f.press("Leave…")
	f.press("Leave")
	f.saying("This home belongs to Notary Fuster no more", "/home/mara/Countersign/left/17")
	if f.key(fyne.KeyEscape); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
}

// rejoined is what comes of joining anew where the office has lost something, and has gone on without it.
func rejoined() officelink.Rejoined {
	return officelink.Rejoined{
		Folder: "/home/mara/Countersign/offices/17", Common: 4711, Lost: 31, HandedIn: 28, Others: 2,
		Unfit: []officelink.Unhanded{{Number: 4720, Request: "0190b2c4-77aa-7c31-9a52-1f6c0e8a2d11", Seq: 3, Kind: "withdrawn", Problem: ledger.ErrConflict.Error(), Cause: request.CauseOf(ledger.ErrConflict)}},
	}
}

func TestADeskThatHasPartedJoinsAnewInTheSettings(t *testing.T) {
	joiner, link := &fakeJoiner{anew: rejoined()}, newFakeOffice()
	o := inOffice(link, officeSeed()...)
	options := o.options
	o.options = func(chosen *Options) {
		options(chosen)
		chosen.Joiner = joiner
	}
	f := newOffice(t, o)
	f.window.chrome.sidebar.office.Tapped(&fyne.PointEvent{})
	f.settle()
	if f.button("Join anew…") != nil {
		t.Error("a desk that is online is to join anew")
	}
	f.key(fyne.KeyEscape)

	link.enter(officelink.State{Reach: officelink.Parted, Since: noon, Problem: ledger.ErrParted})
	f.saying("Parted: ")
	f.window.chrome.sidebar.office.Tapped(&fyne.PointEvent{})
	f.saying("The office’s register is not the one that this desk has read. Nothing is read or written any more until a person decides")
	joiner.fail(team.ErrUnreachable)
	f.press("Join anew…")
	f.saying("Join Notary Fuster anew?", "First ask whoever runs the server", "hands in again what the office has lost of this desk")
	f.press("Join anew")
	f.saying("The office’s server cannot be reached.")

	joiner.fail(nil)
	f.press("Join anew…")
	f.press("Join anew")
	f.saying("This desk has joined Notary Fuster anew", "Up to entry 4,711,", "The office had lost 31 entries. Handed in again from this desk: 28. Of other desks, which hand in theirs when they join anew: 2.",
		"1 entry of this desk no longer fits", "Entry 4,720, request 0190b2c4-77aa-7c31-9a52-1f6c0e8a2d11: the request has changed", "/home/mara/Countersign/offices/17", "Start Countersign again.")
	if f.key(fyne.KeyEscape); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
}

// linkedSeed returns three requests of an office whose documents are at the gateway.
func linkedSeed() (all []ledger.Change) {
	for _, id := range []request.ID{"17", "18", "19"} {
		all = append(all, ledger.Change{ID: id, Events: []request.Event{{
			Kind: request.KindAdded, By: "bea", Desk: "FRONT", Added: &request.Added{Title: "Lease " + string(id), Gateway: "office", RemoteID: string(id)},
		}}})
	}
	return all
}

func TestTheCheckOfTheRegisterSaysWhatTheServerHas(t *testing.T) {
	link := newFakeOffice()
	f := newOffice(t, inOffice(link, linkedSeed()...))
	f.ctrlShift(fyne.KeyD)
	f.saying("It then asks the office’s server whether it still has all of this.", "The register is intact. Nothing was changed.", "Office’s server\nhas all of this: 3 entries, 2 desks, 1 signature of a desk")
	f.key(fyne.KeyEscape)

	link.enter(officelink.State{Reach: officelink.OutOfReach, Since: noon, Problem: team.ErrUnreachable})
	f.ctrlShift(fyne.KeyD)
	f.saying("What this desk has read is intact, but the office’s server could not be asked whether it still has it", "The office’s server cannot be reached.")
	if said := f.says(); strings.Contains(said, "has all of this:") || strings.Contains(said, "The register is intact.") {
		t.Errorf("the window says of a server that was not asked:\n%s", said)
	}
}

// officeScenes are what the window shows of an office.
func officeScenes() map[string]scene {
	out := officelink.State{Reach: officelink.OutOfReach, Since: noon.Add(-78 * time.Minute), Problem: errors.New("the office’s server cannot be reached")}
	parted := officelink.State{Reach: officelink.Parted, Since: noon, Problem: ledger.ErrParted}
	in := func(s officelink.State) officeOptions {
		o := newFakeOffice()
		o.state = s
		return inOffice(o)
	}
	joining := func(o officeOptions) officeOptions {
		before := o.options
		o.options = func(chosen *Options) {
			chosen.Joiner = &fakeJoiner{fails: request.Errorf("office_desk_other_home", "another home of yours is the desk %s already", "BACK")}
			if before != nil {
				before(chosen)
			}
		}
		return o
	}
	rejoining := func(o officeOptions) officeOptions {
		before := o.options
		o.options = func(chosen *Options) { before(chosen); chosen.Joiner = &fakeJoiner{anew: rejoined()} }
		return o
	}
	online := officelink.State{Reach: officelink.Online, Since: noon}
	withGateways := inOffice(newFakeOffice())
	withGateways.kinds, withGateways.secrets, withGateways.gateways = officeSettings().kinds, officeSettings().secrets, officeSettings().gateways
	managed := inOffice(&fakeOffice{role: team.Manager, state: online})
	managed.kinds, managed.secrets = withGateways.kinds, withGateways.secrets
	shared := func(f *office) {
		f.desk.shared, f.desk.moved = "office", gateways.Moved{From: "https://sign.example.net:443", To: "https://sign.example.org:443"}
		f.ctrl(fyne.KeyComma)
		f.saying(f.window.lang.Say("prefs.is_office"))
	}
	return map[string]scene{
		"office-gateway-new": {desk: managed, play: func(f *office) {
			f.ctrl(fyne.KeyComma)
			f.settle()
			f.press(f.window.lang.Say("prefs.add"))
			f.saying(f.window.lang.Say("prefs.share"))
		}},
		"office-gateways": {desk: withGateways, play: shared},
		"office-gateway": {desk: withGateways, play: func(f *office) {
			shared(f)
			f.press(f.window.lang.Say("prefs.enter_secret"))
			f.saying(f.window.lang.Say("prefs.office_fixed"))
		}},
		"office-elsewhere": {seed: officeSeed(), desk: in(online), play: func(f *office) { f.ctrl(fyne.Key2); f.chooseSeeded(2) }},
		"office-filters": {seed: officeSeed(), desk: in(online), play: func(f *office) {
			f.ctrl(fyne.Key2)
			f.ctrlShift(fyne.KeyF)
			f.settle()
			uitest.Find[*kit.Select](f.window.list.Content())[6].SetSelected(f.window.lang.Say("filter.mine"))
		}},
		"office-columns": {seed: officeSeed(), size: fyne.NewSize(1900, 700), desk: in(online), play: func(f *office) {
			f.ctrl(fyne.Key2)
			f.settle()
			f.window.onColumnMenu()
			f.pick(f.window.lang.Say("list.desk"))
		}},
		"office-away":   {seed: officeSeed(), desk: in(out), play: func(f *office) { f.ctrl(fyne.Key2); f.chooseSeeded(3) }},
		"office-parted": {seed: officeSeed(), desk: in(parted), play: func(f *office) { f.ctrl(fyne.Key2); f.chooseSeeded(1) }},
		"office-audit":  {seed: linkedSeed(), desk: in(online), play: func(f *office) { f.ctrlShift(fyne.KeyD); f.settle() }},
		"office-audit-fault": {seed: linkedSeed(), desk: in(online), play: func(f *office) {
			f.window.opts.Office.(*fakeOffice).fault = &officelink.Fault{Kind: ledger.Altered, Number: 2, Request: "18", Seq: 1, Problem: "the server has another event than this desk has read", Cause: request.Cause{Code: "office_audit_altered"}}
			f.ctrlShift(fyne.KeyD)
			f.settle()
		}},
		"office-parted-settings": {seed: officeSeed(), desk: joining(in(parted)), play: func(f *office) { f.window.prefs.OfficeSettings(); f.settle() }},
		"office-rejoin": {seed: officeSeed(), desk: joining(in(parted)), play: func(f *office) {
			f.window.prefs.OfficeSettings()
			f.settle()
			f.press(f.window.lang.Say("office.rejoin"))
		}},
		"office-rejoined": {seed: officeSeed(), desk: rejoining(in(parted)), play: func(f *office) {
			f.window.prefs.OfficeSettings()
			f.settle()
			f.press(f.window.lang.Say("office.rejoin"))
			f.press(f.window.lang.Say("office.rejoin_yes"))
		}},
		"office-settings":      {seed: officeSeed(), desk: joining(in(online)), play: func(f *office) { f.window.prefs.OfficeSettings(); f.settle() }},
		"office-settings-away": {seed: officeSeed(), desk: joining(in(out)), play: func(f *office) { f.window.prefs.OfficeSettings(); f.settle() }},
		"office-leave": {seed: officeSeed(), desk: joining(in(online)), play: func(f *office) {
			f.window.prefs.OfficeSettings()
			f.settle()
			f.press(f.window.lang.Say("office.leave"))
		}},
		"office-join": {desk: joining(officeOptions{}), play: func(f *office) { f.window.prefs.OfficeSettings(); f.settle() }},
		"office-join-failed": {desk: joining(officeOptions{}), play: func(f *office) {
			f.window.prefs.OfficeSettings()
			f.settle()
			f.fields()[1].SetText("BACK")
			f.press(f.window.lang.Say("office.join"))
		}},
		"office-compact": {seed: officeSeed(), size: fyne.NewSize(760, 560), desk: in(out), play: func(f *office) {
			f.window.window.Canvas().Focus(f.window.chrome.sidebar.office)
		}},
	}
}
