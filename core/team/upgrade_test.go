package team

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/core/register"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// newFirstFixture returns an office of format 1, as the program made it that had no other.
func newFirstFixture(t *testing.T) *fixture {
	t.Helper()
	needServer(t)
	f := &fixture{t: t, owner: cluster.MustCreate(t)}
	roles, err := cluster.MakeFirstOffice(t.Context(), f.owner, "schema/1.sql")
	if err != nil {
		t.Fatal(err)
	}
	f.made = Made{Clerk: roles + "_clerk", Manager: roles + "_manager", Auditor: roles + "_auditor"}
	f.people()
	return f
}

func (f *fixture) upgrade(login string) (Upgraded, error) {
	return Upgrade(f.t.Context(), cluster.DSN(login, f.owner), "")
}

// shared returns an event that a manager may write in an office of format 2.
func (f *fixture) shared(seq int) error {
	f.t.Helper()
	_, err := f.manager.Append(f.t.Context(), NewKey(), register.Head{}, office(seq, "gateway_shared", f.managerLogin, "first floor", fields{"gateway_shared": fields{"name": "far"}}))
	return err
}

// kinds returns the rows of the table of kinds and of the office's numbers.
func (f *fixture) kinds() []string {
	f.t.Helper()
	return f.names("SELECT format || ' ' || kind || ' ' || office || ' ' || writer || ' ' || person FROM countersign.kinds UNION ALL SELECT schema || ' ' || format FROM countersign.office ORDER BY 1")
}

// TestAnOfficeIsUpgradedWhileDesksWork has desks that stay connected: what they can do before, they can do afterwards, and more.
func TestAnOfficeIsUpgradedWhileDesksWork(t *testing.T) {
	f, fresh := newFirstFixture(t), newFixture(t)
	f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil))
	if err := f.shared(4); !errors.Is(err, ErrRefused) || f.manager.Format() != 1 {
		t.Errorf("format 1: a gateway is shared: %v", err)
	}
	listening, stop := context.WithCancel(t.Context())
	defer stop()
	heard, ended := make(chan int, 100), make(chan error, 1)
	go func() {
		ended <- f.clerk.Listen(listening, time.Hour, func(_ context.Context, number int) { heard <- number })
	}()
	<-heard // it listens

	if u, err := f.upgrade(f.owner); err != nil || u != (Upgraded{Name: "Office of " + f.owner, Before: 1, Now: CurrentFormat}) {
		t.Fatalf("upgraded: %+v, %v", u, err)
	}
	if number := <-heard; number != 0 { // a desk that has this entry would ask nothing
		t.Errorf("the upgrade is said to be entry %d", number)
	}
	if _, err := f.clerk.Entries(t.Context(), 0, 1); err != nil || f.clerk.Format() != CurrentFormat {
		t.Errorf("a desk knows the format %d, %v", f.clerk.Format(), err)
	}
	f.append(f.clerk, event(2, "launch_failed", f.clerkLogin, "front", nil))
	if err := f.shared(4); err != nil {
		t.Errorf("a gateway is not shared: %v", err)
	}
	if d := cmp.Diff(fresh.kinds(), f.kinds()); d != "" {
		t.Errorf("an upgraded office is not as a new one (-new +upgraded):\n%s", d)
	}
	const functions = "SELECT pg_get_functiondef(pg_proc.oid) || (proowner = datdba) || coalesce(array_length(proacl, 1), 0) FROM pg_proc, pg_database WHERE pronamespace = 'countersign'::regnamespace AND datname = current_database() ORDER BY 1"
	if !slices.Equal(fresh.names(functions), f.names(functions)) {
		t.Error("an upgraded office has other functions than a new one")
	}
	before := f.kinds()
	if u, err := f.upgrade(f.owner); err != nil || u.Before != CurrentFormat || u.Now != CurrentFormat || !slices.Equal(f.kinds(), before) {
		t.Errorf("upgraded twice: %+v, %v", u, err)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestAnOfficeOfThisFormatGetsTheFunctionsOfNow is about one that an earlier version has made, which had the same format and slower functions.
func TestAnOfficeOfThisFormatGetsTheFunctionsOfNow(t *testing.T) {
	f, fresh := newFirstFixture(t), newFixture(t)
	step, err := schemas.ReadFile("schema/2.sql")
	if err != nil {
		t.Fatal(err)
	}
	cluster.MustExec(t, f.owner, f.owner, string(step), "UPDATE countersign.office SET schema = 2, format = 2")
	f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil))
	if u, err := f.upgrade(f.owner); err != nil || u.Before != CurrentFormat || u.Now != CurrentFormat {
		t.Errorf("%+v, %v", u, err)
	}
	if d := cmp.Diff(fresh.kinds(), f.kinds()); d != "" {
		t.Errorf("it is not as a new one (-new +upgraded):\n%s", d)
	}
	f.append(f.clerk, event(2, "launch_failed", f.clerkLogin, "front", nil))
}

func TestOnlyTheOwnerUpgrades(t *testing.T) {
	f := newFirstFixture(t)
	before := f.kinds()
	for _, login := range []string{f.clerkLogin, f.managerLogin, f.auditName} {
		if u, err := f.upgrade(login); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %+v, %v", login, u, err)
		}
	}
	if after := f.kinds(); !slices.Equal(before, after) {
		t.Errorf("changed: %q", after)
	}
	// A login that was given the owner's role may, and what it makes is the owner's.
	cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE "+f.owner+"_second LOGIN", "GRANT "+f.owner+" TO "+f.owner+"_second")
	if u, err := f.upgrade(f.owner + "_second"); err != nil || u.Now != CurrentFormat {
		t.Errorf("another login of the owner: %+v, %v", u, err)
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.office SET format = 99")
	if u, err := f.upgrade(f.owner); !errors.Is(err, ErrNewer) {
		t.Errorf("a later format: %+v, %v", u, err)
	}
	if _, err := f.clerk.Entries(t.Context(), 0, 1); !errors.Is(err, ErrNewer) {
		t.Errorf("a desk that is connected reads on: %v", err)
	}
	empty := cluster.MustCreate(t)
	if u, err := Upgrade(t.Context(), cluster.DSN(empty, empty), ""); !errors.Is(err, ErrNoOffice) {
		t.Errorf("a database without an office: %+v, %v", u, err)
	}
}

// TestAnUpgradeThatIsInterruptedChangesNothing ends upgrades at their first step and at their last one.
func TestAnUpgradeThatIsInterruptedChangesNothing(t *testing.T) {
	f := newFirstFixture(t)
	before := f.kinds()
	unchanged := func(how string) {
		t.Helper()
		if after := f.kinds(); !slices.Equal(before, after) {
			t.Errorf("%s: %q", how, after)
		}
	}
	// It has the kinds and cannot say so.
	cluster.MustExec(t, f.owner, f.owner, "ALTER TABLE countersign.office ADD CONSTRAINT first CHECK (format = 1)")
	if u, err := f.upgrade(f.owner); err == nil {
		t.Errorf("upgraded: %+v", u)
	}
	unchanged("its last step failed")
	cluster.MustExec(t, f.owner, f.owner, "ALTER TABLE countersign.office DROP CONSTRAINT first")

	// The connection ends while it waits for the table of kinds.
	conn, err := pgx.Connect(t.Context(), cluster.DSN(f.owner, f.owner))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0; LOCK TABLE countersign.kinds IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { _, err := f.upgrade(f.owner); ended <- err }()
	for f.names("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%(''gateway_shared''%'")[0] == "0" {
	}
	if err := <-ended; !errors.Is(err, ErrUnreachable) {
		t.Errorf("its connection ended: %v", err)
	}
	if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	unchanged("its connection ended")
	f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil))

	if u, err := f.upgrade(f.owner); err != nil || u.Now != CurrentFormat {
		t.Errorf("once more: %+v, %v", u, err)
	}
}
