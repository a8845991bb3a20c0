package office_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/sealing"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/core/team/teamtest"
	"countersign/core/workspace"
)

var (
	cluster      *teamtest.Cluster
	startCluster = sync.OnceValue(func() (err error) { cluster, err = teamtest.Start(); return err })
)

func TestMain(m *testing.M) {
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	os.Setenv("XDG_RUNTIME_DIR", "")
	code := m.Run()
	if cluster != nil {
		if err := cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// fixture is an office with the clerk Clara, the manager Max and the auditor Ada.
type fixture struct {
	t               testing.TB
	owner           string // also the name of the database
	made            team.Made
	clara, max, ada string // their logins
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	switch err := startCluster(); {
	case errors.Is(err, teamtest.ErrNotInstalled):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	return newOffice(t)
}

// newOffice makes an office on the cluster.
func newOffice(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, owner: cluster.MustCreate(t)}
	var err error
	if f.made, err = team.Init(t.Context(), f.dsn(f.owner), "", "Office of "+f.owner); err != nil {
		t.Fatal(err)
	}
	f.clara, f.max, f.ada = f.login("clara", f.made.Clerk, ""), f.login("max", f.made.Manager, ""), f.login("ada", f.made.Auditor, "")
	return f
}

func (f *fixture) dsn(login string) string { return cluster.DSN(login, f.owner) }

// login makes a login with a role. more stands behind the name of the role in CREATE ROLE.
func (f *fixture) login(name, role, more string) string {
	f.t.Helper()
	login := f.owner + "_" + name
	cluster.MustExec(f.t, "postgres", "postgres", "CREATE ROLE "+login+" LOGIN "+more)
	cluster.MustExec(f.t, f.owner, f.owner, "GRANT "+role+" TO "+login)
	return login
}

func (f *fixture) newHome() home.Dir {
	f.t.Helper()
	dir, err := home.Open(filepath.Join(f.t.TempDir(), "home"))
	if err != nil {
		f.t.Fatal(err)
	}
	return dir
}

// open opens a home, and closes it at the end of the test.
func (f *fixture) open(dir home.Dir) *workspace.Workspace {
	f.t.Helper()
	w, err := workspace.Open(f.t.Context(), workspace.Config{Home: dir})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = w.Close() })
	return w
}

// tryJoin has a home join the office, and closes it.
func (f *fixture) tryJoin(dir home.Dir, e office.Joining) (office.Membership, error) {
	f.t.Helper()
	w := f.open(dir)
	m, err := w.Joiner.Join(f.t.Context(), e)
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return m, err
}

// join returns a new home, open, that has joined the office.
func (f *fixture) join(login, desk string) *workspace.Workspace {
	f.t.Helper()
	dir := f.newHome()
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(login), Desk: desk}); err != nil {
		f.t.Fatal(err)
	}
	return f.open(dir)
}

// add adds a request.
func (f *fixture) add(w *workspace.Workspace, id request.ID) {
	f.t.Helper()
	if err := tryAdd(f.t.Context(), w, id); err != nil {
		f.t.Fatal(err)
	}
}

func tryAdd(ctx context.Context, w *workspace.Workspace, id request.ID) error {
	_, err := w.Ledger.Append(ctx, ledger.Change{ID: id, Events: []request.Event{{
		Kind: request.KindAdded, By: "somebody", Added: &request.Added{Title: "Lease", Gateway: "one", RemoteID: "1"},
	}}})
	return err
}

// follow follows the office until the function stop is called, which returns the error of Follow.
func (f *fixture) follow(w *workspace.Workspace) (stop func() error) {
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Office.Follow(ctx, w.Ledger) }()
	stop = sync.OnceValue(func() error { cancel(); return <-ended })
	f.t.Cleanup(func() { _ = stop() })
	return stop
}

// await waits until the link is in that reach.
func (f *fixture) await(w *workspace.Workspace, reach office.Reach) office.State {
	f.t.Helper()
	return f.awaitLink(w.Office, reach)
}

func (f *fixture) awaitLink(l *office.Link, reach office.Reach) office.State {
	f.t.Helper()
	for {
		changed := l.Changed()
		s := l.State()
		if s.Reach == reach {
			return s
		}
		select {
		case <-changed:
		case <-f.t.Context().Done():
			f.t.Fatalf("it is %s", s.Reach)
		}
	}
}

// awaitRequest waits until the home has a request.
func (f *fixture) awaitRequest(w *workspace.Workspace, id request.ID) request.Request {
	f.t.Helper()
	notices, err := w.Ledger.Watch(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	for {
		r, err := w.Ledger.Get(f.t.Context(), id)
		if err == nil {
			return r
		}
		if !errors.Is(err, ledger.ErrNotFound) {
			f.t.Fatal(err)
		}
		if _, open := <-notices; !open {
			f.t.Fatal("the ledger is not watched any more")
		}
	}
}

func TestDesksShareOneRegister(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	f.follow(floor)
	f.add(front, "r-1")
	r := f.awaitRequest(floor, "r-1")
	if r.AddedBy != f.clara || r.Title != "Lease" {
		t.Errorf("got %+v", r)
	}
	events, err := floor.Ledger.Events(t.Context(), "r-1")
	if err != nil || events[0].Desk != "front" || events[0].By != f.clara {
		t.Errorf("got %+v, %v", events, err)
	}
	f.await(floor, office.Online)
	if p := front.Person(); p.Account != f.clara {
		t.Errorf("%+v works here", p)
	}
	info, err := os.Stat(front.Home.Office())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestAHomeOfItsOwnHasNoOffice(t *testing.T) {
	f := &fixture{t: t}
	w := f.open(f.newHome())
	if w.Office != nil {
		t.Error("it has a connection")
	}
	if _, err := w.Joiner.Leave(t.Context(), false); !errors.Is(err, office.ErrNoMember) {
		t.Errorf("it leaves: %v", err)
	}
}

// The desk that was not first decides anew: what it has read before is not enough.
func TestTheDeskThatIsSecondIsTold(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	f.add(front, "r-1")
	if err := floor.Office.CatchUp(t.Context(), floor.Ledger); err != nil {
		t.Fatal(err)
	}
	withdraw := ledger.Change{ID: "r-1", Version: 1, Events: []request.Event{{Kind: request.KindWithdrawn, By: "somebody"}}}
	if _, err := front.Ledger.Append(t.Context(), withdraw); err != nil {
		t.Fatal(err)
	}
	if _, err := floor.Ledger.Append(t.Context(), withdraw); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if r, err := floor.Ledger.Get(t.Context(), "r-1"); err != nil || r.Status != request.Withdrawn {
		t.Errorf("it has not read what was first: %+v, %v", r, err)
	}
	if s := floor.Office.State(); s.Reach != office.Online {
		t.Errorf("it is %s, although the server has answered", s.Reach)
	}
}

func TestAServerThatWasAwayIsFoundAgain(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	f.follow(front)
	f.await(front, office.Online)
	f.follow(floor)
	f.await(floor, office.Online)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if s := f.await(floor, office.OutOfReach); s.Problem == nil || s.Since.IsZero() {
		t.Errorf("got %+v", s)
	}
	f.await(front, office.OutOfReach)
	if err := front.Office.CatchUp(t.Context(), front.Ledger); !errors.Is(err, team.ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	f.await(front, office.Online)
	f.add(front, "r-1")
	f.awaitRequest(floor, "r-1")
	f.await(floor, office.Online)
}

// Somebody may accept connections and say nothing, as a firewall or a server that hangs does.
func TestAServerThatIsSilentIsOutOfReach(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d user=clara dbname=office sslmode=disable connect_timeout=1", silent.Addr().(*net.TCPAddr).Port)
	link := office.NewLink(office.Membership{DSN: dsn, ID: "0123456789abcdef", Desk: "front", Login: "clara", Role: team.Clerk}, office.Config{Now: time.Now})
	defer link.Close()
	hurry, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := link.Entries(hurry, 0, 1); !errors.Is(err, team.ErrUnreachable) || link.State().Reach != office.CatchingUp {
		t.Errorf("to somebody who does not wait: %v, %+v", err, link.State())
	}
	if _, err := link.Status(t.Context()); !errors.Is(err, team.ErrUnreachable) || link.State().Reach != office.OutOfReach {
		t.Errorf("got %v, %+v", err, link.State())
	}
}

func TestOnlyANewHomeJoins(t *testing.T) {
	f := newFixture(t)
	dir := f.newHome()
	w := f.open(dir)
	f.add(w, "r-1")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "front"}); err == nil || !strings.Contains(err.Error(), "this home has requests") {
		t.Errorf("got %v", err)
	}
	if m, err := office.Read(dir); m != nil || err != nil {
		t.Errorf("it is a member: %+v, %v", m, err)
	}
	if _, err := f.open(dir).Ledger.Get(t.Context(), "r-1"); err != nil {
		t.Error(err)
	}
}

// The first start of the window adds samples.
func TestWhatWasPracticedStaysBehind(t *testing.T) {
	f := newFixture(t)
	dir := f.newHome()
	w := f.open(dir)
	practiced := ledger.Change{ID: "r-1", Events: []request.Event{{Kind: request.KindAdded, By: "somebody", Added: &request.Added{Title: "Sample", Gateway: "practice", Practice: new(true), RemoteID: "1"}}}}
	if _, err := w.Ledger.Append(t.Context(), practiced); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "front"}); err != nil {
		t.Fatal(err)
	}
	w = f.open(dir)
	f.add(w, "r-2")
	if _, err := w.Ledger.Get(t.Context(), "r-1"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("the office has it: %v", err)
	}
	if a, err := w.Audit(t.Context(), nil, nil); err != nil || a.Fault != nil {
		t.Errorf("got %+v, %v", a.Fault, err)
	}
	before, err := ledger.Open(t.Context(), dir.LeftOffice("practice"), ledger.Options{Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if r, err := before.Get(t.Context(), "r-1"); err != nil || r.Title != "Sample" {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestWhoDoesNotJoinIsTold(t *testing.T) {
	f := newFixture(t)
	f.join(f.clara, "front")
	stranger := f.owner + "_stranger"
	cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE "+stranger+" LOGIN SUPERUSER")
	for _, c := range []struct {
		login, desk, says string
	}{
		{f.max, "front", "the office has a desk front already, of " + f.clara},
		{f.clara, "front", "another home of yours is the desk front already"},
		{f.clara, " front", "a desk needs a name"},
		{f.clara, strings.Repeat("x", 65), "a desk needs a name"},
		{f.clara, "", "a desk needs a name"},
		{f.owner, "owner’s", "gives it one with GRANT"},
		{"nobody", "front", "does not accept this login"},
	} {
		dir := f.newHome()
		_, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(c.login), Desk: c.desk})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, %q: got %v, want %q", c.login, c.desk, err, c.says)
		}
		if m, _ := office.Read(dir); m != nil {
			t.Errorf("%s, %q: it is a member", c.login, c.desk)
		}
		f.add(f.open(dir), "r-1") // it is still a home of its own
	}
	dir := f.newHome()
	m, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "front", Replace: true})
	if err != nil || m.Desk != "front" {
		t.Fatalf("got %+v, %v", m, err)
	}
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "back"}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("it joins twice: %v", err)
	}
	f.add(f.open(dir), "r-1")
}

func TestAPasswordIsKeptApartAndForItsServer(t *testing.T) {
	f := newFixture(t)
	_ = cluster.Exec(t.Context(), "postgres", "postgres", "CREATE ROLE "+teamtest.PasswordRole) // it may be there
	petra := f.login("petra", f.made.Clerk, "PASSWORD 'correct-horse' IN ROLE "+teamtest.PasswordRole)
	dir := f.newHome()
	for _, wrong := range []string{"", "battery-staple"} {
		_, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(petra), Desk: "front", Password: secret.Entered{Value: wrong, InFile: true}})
		if !errors.Is(err, team.ErrLogin) || wrong != "" && strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: got %v", wrong, err)
		}
	}
	if _, err := os.Stat(dir.Secrets()); err == nil {
		if text, _ := os.ReadFile(dir.Secrets()); strings.Contains(string(text), "battery") {
			t.Error("the wrong password was kept")
		}
	}
	if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(petra), Desk: "front", Password: secret.Entered{Value: "correct-horse", InFile: true}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dir.Office())
	if err != nil || strings.Contains(string(text), "correct-horse") {
		t.Errorf("%v: %s", err, text)
	}
	f.add(f.open(dir), "r-1")

	// Somebody who writes to office.toml does not get the password to another server.
	elsewhere := strings.Replace(string(text), "host=", "port=1 host=", 1)
	if err := os.WriteFile(dir.Office(), []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	w := f.open(dir)
	err = w.Office.CatchUp(t.Context(), w.Ledger)
	if err == nil || !strings.Contains(err.Error(), "entered for another server") || w.Office.State().Reach != office.OutOfReach {
		t.Errorf("got %v, %s", err, w.Office.State().Reach)
	}
}

func TestARoleIsWhatTheServerSaysNow(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	ask := func(want team.Role) {
		t.Helper()
		status, err := front.Office.Status(t.Context())
		if err != nil || status.Role != want || front.Office.Role() != want {
			t.Errorf("the status says %q, the desk has %q, %v; want %q", status.Role, front.Office.Role(), err, want)
		}
	}
	ask(team.Clerk)
	cluster.MustExec(t, f.owner, f.owner, "GRANT "+f.made.Manager+" TO "+f.clara)
	ask(team.Manager)
	cluster.MustExec(t, f.owner, f.owner, "REVOKE "+f.made.Manager+" FROM "+f.clara)
	if err := front.Office.RemoveGateway(t.Context(), "far"); !errors.Is(err, team.ErrRefused) || front.Office.Role() != team.Clerk {
		t.Errorf("%v, and the desk has %q", err, front.Office.Role())
	}
}

func TestADeskSignsAsAWitness(t *testing.T) {
	f := newFixture(t)
	front := f.join(f.clara, "front")
	stop := f.follow(front)
	f.add(front, "r-1")
	f.await(front, office.Online)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	desks, err := front.Office.Desks(t.Context())
	if err != nil || len(desks) != 1 || desks[0].Witnessed != 2 {
		t.Fatalf("got %+v, %v", desks, err)
	}
	server, err := team.Open(t.Context(), f.dsn(f.ada), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	signed, err := server.Witnesses(t.Context(), 0, 10)
	if err != nil || len(signed) != 1 || !signed[0].SignedBy(desks[0].Key) {
		t.Errorf("got %+v, %v", signed, err)
	}
}

// A desk that has been given a new key signs again once the office knows it, and what it has signed before still holds.
func TestADeskBringsANewKey(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	sign := func(wanted ...int) {
		t.Helper()
		stop := f.follow(front)
		f.await(front, office.Online)
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		server, err := team.Open(t.Context(), f.dsn(f.ada), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		witnesses, err := server.Witnesses(t.Context(), 0, 100)
		signed := []int{}
		for _, w := range witnesses {
			signed = append(signed, w.Count)
		}
		if err != nil || !slices.Equal(signed, wanted) {
			t.Errorf("signed are %v, %v, want %v", signed, err, wanted)
		}
		if found := f.audit(floor); found.Fault != nil || found.Witnesses != len(wanted) {
			t.Errorf("the audit says %+v, %+v", found, found.Fault)
		}
	}
	f.add(front, "r-1") // entry 3
	sign(3)
	before, err := front.Office.Desks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := front.Sealer.NewKey(t.Context(), sealing.Confirmed{InFile: true}, nil); err != nil {
		t.Fatal(err)
	}
	f.add(front, "r-2")
	sign(3) // the office does not know the key yet
	if err := front.Joiner.BringKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := front.Office.Desks(t.Context())
	if err != nil || !after[0].Key.Equal(before[0].Key) || after[1].Key.Equal(before[1].Key) || after[1].Joined != 5 {
		t.Errorf("the desks are %+v, %v", after, err)
	}
	f.add(front, "r-3")
	sign(3, 6)
}

func TestAnAuditorReadsAndHasNoDesk(t *testing.T) {
	f := newFixture(t)
	front, ada := f.join(f.clara, "front"), f.join(f.ada, "unused")
	f.add(front, "r-1")
	f.follow(ada)
	f.awaitRequest(ada, "r-1")
	if err := tryAdd(t.Context(), ada, "r-2"); !errors.Is(err, team.ErrRefused) {
		t.Errorf("the auditor writes: %v", err)
	}
	desks, err := ada.Office.Desks(t.Context())
	if err != nil || len(desks) != 1 || ada.Office.Membership().Desk != "" {
		t.Errorf("got %+v, %v", desks, err)
	}
}

// The owner of a database can change what no login of the office can. A desk that has read the last entry before finds that it is another
// one, and keeps what it has.
func TestAChangedRegisterIsNotFollowed(t *testing.T) {
	rehash := "UPDATE countersign.events SET link = sha256('another') WHERE number = 3"
	for name, change := range map[string][]string{
		"the last link altered":       {rehash},
		"the last event removed":      {"DELETE FROM countersign.events WHERE number = 3"},
		"an older state":              {"DELETE FROM countersign.events WHERE number = 3", "UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events WHERE number = 2)"},
		"an older state that went on": {"UPDATE countersign.events SET event = event || ' ', link = sha256('another') WHERE number = 3", "UPDATE countersign.office SET link = sha256('another')"},
		"two events exchanged": {
			"UPDATE countersign.events SET number = -number WHERE number = 2",
			"UPDATE countersign.events SET number = 2 WHERE number = 3", "UPDATE countersign.events SET number = 3 WHERE number = -2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			front := f.join(f.clara, "front")
			f.add(front, "r-1")
			f.add(front, "r-2")
			before, err := front.Ledger.Head(t.Context())
			if err != nil || before.Count != 3 {
				t.Fatalf("%+v, %v", before, err)
			}
			cluster.MustExec(t, f.owner, f.owner, change...)
			ended := make(chan error, 1)
			go func() { ended <- front.Office.Follow(t.Context(), front.Ledger) }()
			if err := <-ended; !errors.Is(err, ledger.ErrParted) || front.Office.State().Reach != office.Parted {
				t.Errorf("got %v, %+v", err, front.Office.State())
			}
			if after, err := front.Ledger.Head(t.Context()); err != nil || after != before {
				t.Errorf("it has %+v now, %v", after, err)
			}
			if audit, err := front.Audit(t.Context(), nil, nil); err != nil || audit.Fault != nil {
				t.Errorf("%+v, %v", audit.Fault, err)
			}
		})
	}
}

// A backup of the server may be older than what the desks have read.
func TestADeskThatHasPartedAppendsNothing(t *testing.T) {
	f := newFixture(t)
	front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
	f.add(front, "r-1")
	f.add(front, "r-2")
	if err := floor.Ledger.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	cluster.MustExec(t, f.owner, f.owner, "DELETE FROM countersign.events WHERE number > 2", "UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events WHERE number = 2)")
	if err := front.Office.CatchUp(t.Context(), front.Ledger); !errors.Is(err, ledger.ErrParted) {
		t.Errorf("got %v", err)
	}
	if err := tryAdd(t.Context(), front, "r-3"); !errors.Is(err, ledger.ErrParted) {
		t.Errorf("it adds: %v", err)
	}
	if status, err := front.Office.Status(t.Context()); err != nil || status.Entries != 2 {
		t.Errorf("the server has %d entries, %v", status.Entries, err)
	}
}

// A desk finds out when it appends, at the latest: what it has read has to be there.
func TestADeskThatDoesNotKnowThatItHasPartedAppendsNothing(t *testing.T) {
	for name, entries := range map[string]int{"shorter": 2, "longer": 6} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			front, floor := f.join(f.clara, "front"), f.join(f.max, "first floor")
			f.add(front, "r-1")
			f.add(front, "r-2")
			if err := floor.Ledger.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			cluster.MustExec(t, f.owner, f.owner, "DELETE FROM countersign.events WHERE number > 2", "UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events WHERE number = 2)")
			back := f.join(f.clara, "back") // its entry is the third
			for n := 3; n < entries; n++ {
				f.add(back, request.ID(fmt.Sprintf("r-%d", n)))
			}
			before, err := back.Office.Status(t.Context())
			if err != nil || before.Entries != max(entries, 3) {
				t.Fatalf("the server has %d entries, %v", before.Entries, err)
			}
			for range 2 {
				if err := tryAdd(t.Context(), floor, "r-9"); !errors.Is(err, ledger.ErrParted) || !strings.Contains(err.Error(), "entry 4 is another one") {
					t.Errorf("it adds: %v", err)
				}
				if s := floor.Office.State(); s.Reach != office.Parted {
					t.Errorf("it is %s", s.Reach)
				}
			}
			if after, err := back.Office.Status(t.Context()); err != nil || after.Entries != before.Entries {
				t.Errorf("the server has %d entries, %v", after.Entries, err)
			}
		})
	}
}

func TestAHomeThatHasLeftIsOneOfItsOwn(t *testing.T) {
	f := newFixture(t)
	dir := f.newHome()
	for n := range 2 { // it may come back
		if _, err := f.tryJoin(dir, office.Joining{DSN: f.dsn(f.clara), Desk: "front"}); err != nil {
			t.Fatal(err)
		}
		w := f.open(dir)
		if err := w.Office.CatchUp(t.Context(), w.Ledger); err != nil {
			t.Fatal(err)
		}
		id := request.ID(fmt.Sprintf("r-%d", n))
		f.add(w, id)
		if err := w.Ledger.KeepReturn(t.Context(), ledger.KeptReturn{Return: request.Return{VisitID: "sha256:0"}}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil { // it keeps what it has signed
			t.Fatal(err)
		}
		w = f.open(dir)
		if _, err := w.Joiner.Leave(t.Context(), false); err == nil {
			t.Error("it leaves although something waits")
		}
		folder, err := w.Joiner.Leave(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		archive, err := ledger.Open(t.Context(), folder, ledger.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
		if _, err := archive.Append(t.Context(), ledger.Change{ID: "r-9", Events: []request.Event{{Kind: request.KindAdded, Added: &request.Added{Title: "x", Gateway: "one", RemoteID: "1"}}}}); !errors.Is(err, ledger.ErrOfficeCopy) {
			t.Errorf("the archive is written to: %v", err)
		}
		if err := archive.Close(); err != nil {
			t.Error(err)
		}
		own := f.open(dir)
		if head, err := own.Ledger.Head(t.Context()); err != nil || head.Count != 0 || own.Office != nil {
			t.Errorf("got %+v, %v", head, err)
		}
		if err := own.Close(); err != nil {
			t.Fatal(err)
		}
	}
	own := f.open(dir)
	f.add(own, "r-9")
	if state, err := own.Ledger.RegisterState(t.Context()); err != nil || state.Signed != 1 {
		t.Errorf("the new register is not signed: %+v, %v; %v", state, err, own.Sealer.Problem())
	}
}
