package ui

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/home"
	"countersign/core/ledger"
	officelink "countersign/core/office"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/core/team/teamtest"
	"countersign/core/workspace"
)

// realOffice is an office on a PostgreSQL server, and a home that is a desk of it.
type realOffice struct {
	*testing.T
	server  *teamtest.Cluster
	owner   string // who owns the database, and its name
	secrets workspace.Secrets
}

func newRealOffice(t *testing.T) *realOffice {
	t.Helper()
	server, err := teamtest.Start()
	if errors.Is(err, teamtest.ErrNotInstalled) {
		t.Skip(err)
	}
	r := &realOffice{T: t, server: server, secrets: newMemorySecrets(secret.Keyring)}
	r.must(err)
	t.Cleanup(func() { r.must(server.Stop()) })
	r.owner = server.MustCreate(t)
	made, err := team.Init(t.Context(), server.DSN(r.owner, r.owner), "", "Town hall")
	r.must(err)
	server.MustExec(t, "postgres", "postgres", "CREATE ROLE clara LOGIN")
	server.MustExec(t, r.owner, r.owner, "GRANT "+made.Clerk+" TO clara")
	return r
}

func (r *realOffice) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// use opens a home, uses it, and closes it.
func (r *realOffice) use(dir home.Dir, use func(w *workspace.Workspace) error) {
	r.Helper()
	w, err := workspace.Open(r.Context(), workspace.Config{Home: dir, Secrets: r.secrets})
	r.must(err)
	r.must(errors.Join(use(w), w.Close()))
}

// join makes a home a desk of the office, which adds requests with these ids.
func (r *realOffice) join(dir home.Dir, ids ...request.ID) {
	r.Helper()
	r.use(dir, func(w *workspace.Workspace) error {
		_, err := w.Joiner.Join(r.Context(), officelink.Joining{DSN: r.server.DSN("clara", r.owner), Desk: "front"})
		return err
	})
	r.use(dir, func(w *workspace.Workspace) error {
		for _, id := range ids {
			_, err := w.Ledger.Append(r.Context(), ledger.Change{ID: id, Events: []request.Event{{
				Kind: request.KindAdded, By: "clara", Added: &request.Added{Title: "Lease " + string(id), Gateway: "office", RemoteID: string(id)},
			}}})
			r.must(err)
		}
		return nil
	})
}

// forgetAfter takes away all that the register has after an entry, as restoring an older backup of the database does.
func (r *realOffice) forgetAfter(number int) {
	r.Helper()
	r.server.MustExec(r, r.owner, r.owner,
		fmt.Sprintf("DELETE FROM countersign.witnesses WHERE number > %d", number),
		fmt.Sprintf("DELETE FROM countersign.events WHERE number > %d", number),
		"UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events ORDER BY number DESC LIMIT 1)")
}

// window opens a window on a home that the function begin has made a desk of the office.
func (r *realOffice) window(begin func(dir home.Dir)) *office {
	r.Helper()
	var opened *workspace.Workspace
	return newOffice(r.T, officeOptions{
		begin: begin, now: time.Now, secrets: r.secrets, prepare: func(w *workspace.Workspace) { opened = w },
		options: func(o *Options) { o.Office, o.Copy, o.Joiner = opened.Office, opened.Ledger, opened.Joiner },
	})
}

func TestAWindowJoinsAnOfficeAnewThatWasRestored(t *testing.T) {
	r := newRealOffice(t)
	f := r.window(func(dir home.Dir) {
		r.join(dir, "r-1", "r-2", "r-3")
		r.forgetAfter(2) // the desk and r-1
	})
	f.saying("Parted: ")
	f.window.chrome.sidebar.office.Tapped(&fyne.PointEvent{})
	f.saying("Join anew…")
	f.press("Join anew…")
	f.saying("Join Town hall anew?")
	f.press("Join anew")
	f.saying("This desk has joined Town hall anew", "Up to entry 2,", "The office had lost 2 entries. Handed in again from this desk: 2.", f.dir.LeftOffice(f.desk.Office.Membership().ID))
	f.window.Close()
	f.window.Wait()

	server, err := team.Open(t.Context(), r.server.DSN(r.owner, r.owner), "", "")
	r.must(err)
	defer server.Close()
	number, _, err := server.Head(context.Background())
	r.must(err)
	if head, err := f.desk.Ledger.Head(t.Context()); err != nil || number != 5 || head.Count != number { // desk_rejoined is the last one
		t.Errorf("the office has %d entries, the desk %+v, %v", number, head, err)
	}
	for _, id := range []request.ID{"r-1", "r-2", "r-3"} {
		if _, err := f.desk.Get(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestTheCheckOfTheRegisterAsksTheServer(t *testing.T) {
	r := newRealOffice(t)
	f := r.window(func(dir home.Dir) { r.join(dir, "r-1", "r-2", "r-3") })
	f.saying("Online")
	f.ctrlShift(fyne.KeyD)
	f.saying("Nothing was changed", "has all of this: 4 entries, 1 desk, ")
	f.key(fyne.KeyEscape)

	r.server.MustExec(t, r.owner, r.owner, "UPDATE countersign.events SET event = convert_to(replace(convert_from(event, 'UTF8'), 'Lease', 'Rent'), 'UTF8') WHERE request = 'r-2'")
	f.ctrlShift(fyne.KeyD)
	f.saying("The office’s server does not have what this desk has read", "is not intact at entry 3 (altered): the server has another event than this desk has read",
		"The check found 1 problem", "Lease r-2", "Entry 3: the server has another event than this desk has read.")
	f.key(fyne.KeyEscape)

	r.must(r.server.Kill())
	f.ctrlShift(fyne.KeyD)
	f.saying("the office’s server could not be asked whether it still has it", "The office’s server cannot be reached: ")
	r.must(r.server.Restart())
}
