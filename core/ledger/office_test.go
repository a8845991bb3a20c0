package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"countersign/core/register"
	"countersign/core/request"
)

// officeRegister is the register of an office in memory, which does what the contract of [Server] says. Package office tests the
// copies against a real server.
type officeRegister struct {
	mu        sync.Mutex
	entries   []register.Entry
	documents map[register.Hash][]byte
	lost      error // is returned by Append after it has stored the events
	format    int
}

const officeRegisterID = "0123456789abcdef"

func (o *officeRegister) Append(_ context.Context, _ uuid.UUID, read register.Head, events ...register.Event) (entries []register.Entry, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.entries)
	if read.Count > 0 && (before < read.Count || o.entries[read.Count-1].Link != read.Link) {
		return nil, PartedAt(read.Count)
	}
	for _, e := range events {
		last := 0
		for _, old := range o.entries {
			if old.Request == e.Request {
				last = old.Seq
			}
		}
		if e.Seq != last+1 {
			o.entries = o.entries[:before]
			return nil, ErrConflict
		}
		o.add(e)
		entries = append(entries, o.entries[len(o.entries)-1])
	}
	return entries, o.lost
}

// add adds an event, whatever it is.
func (o *officeRegister) add(e register.Event) {
	var chain register.Hasher
	link := register.Hash{}
	if n := len(o.entries); n > 0 {
		link = o.entries[n-1].Link
	}
	o.entries = append(o.entries, register.Entry{Number: len(o.entries) + 1, Event: e, Link: chain.Link(link, chain.Entry(e.Request, e.Seq, e.Content))})
}

func (o *officeRegister) Format() int { return o.format }

func (o *officeRegister) Entries(_ context.Context, after, limit int) ([]register.Entry, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.entries[min(after, len(o.entries)):min(after+limit, len(o.entries))]), nil
}

func (o *officeRegister) PutDocument(_ context.Context, r io.Reader) (register.Hash, error) {
	content, err := io.ReadAll(r)
	digest := register.Hash(sha256.Sum256(content))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.documents[digest] = content
	return digest, err
}

func (o *officeRegister) Document(_ context.Context, digest register.Hash, w io.Writer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	content, found := o.documents[digest]
	if !found {
		return ErrNotFound
	}
	_, err := w.Write(content)
	return err
}

func asEvent(id request.ID, seq int, content string) register.Event {
	return register.Event{Request: string(id), Seq: seq, Content: []byte(content)}
}

// mustJoin returns the ledger of a new desk of an office.
func mustJoin(t testing.TB, o *officeRegister, desk string) *Ledger {
	t.Helper()
	return mustOpen(t, t.TempDir(), Options{
		Now: clock(), Exclusive: true, Signer: signing(testKey), Office: &Office{Register: officeRegisterID, Desk: desk, Login: desk + "-login", Server: o},
	})
}

func newOffice() *officeRegister { return &officeRegister{documents: map[register.Hash][]byte{}} }

func mustCatchUp(t testing.TB, l *Ledger) {
	t.Helper()
	if err := l.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// addedWithout is added for a request whose document is in no file.
func addedWithout(title string) request.Event {
	e := added(title)
	e.Added.Documents[0].SHA256 = strings.Repeat("d", 64)
	e.By = "account"
	return e
}

func TestDesksOfAnOfficeHaveTheSameRegister(t *testing.T) {
	o := newOffice()
	front, back := mustJoin(t, o, "front"), mustJoin(t, o, "back")
	mustAppend(t, front, "a", addedWithout("A"))
	mustCatchUp(t, back)
	mustAppend(t, back, "a", launched("a", longTicket), answered(longTicket, request.Failed), reopened)
	mustCatchUp(t, front)

	want, got := mustGet(t, front, "a"), mustGet(t, back, "a")
	if diff := cmp.Diff(want, got); diff != "" || got.AddedBy != "front-login" {
		t.Errorf("added by %q; the desks differ:\n%s", got.AddedBy, diff)
	}
	events, err := front.Events(t.Context(), "a")
	if err != nil || len(events) != 4 || events[0].Desk != "front" || events[3].Desk != "back" || events[1].By != "" {
		t.Errorf("%v, %+v", err, events)
	}
	for _, l := range []*Ledger{front, back} {
		if a := mustAudit(t, l); a.Fault != nil || a.Events != 4 || a.Signed != 4 || a.Register != officeRegisterID || a.Head != o.entries[3].Link.String() {
			t.Errorf("audit: %+v, %+v", a, a.Fault)
		}
		mustEqualItsRebuild(t, l)
	}
}

func TestOnlyTheDeskThatLaunchedHasTheAddress(t *testing.T) {
	o := newOffice()
	front, back := mustJoin(t, o, "front"), mustJoin(t, o, "back")
	mustAppend(t, front, "a", addedWithout("A"), launched("a", longTicket))
	mustCatchUp(t, back)
	if v := mustGet(t, front, "a").Visit; v.ReturnURL == "" || v.Unheard {
		t.Errorf("the desk that launched has %+v", v)
	}
	if v := mustGet(t, back, "a").Visit; v.URL != "" || v.ReturnURL != "" || !v.Unheard {
		t.Errorf("the other desk has %+v", v)
	}
	answer := answered(longTicket, request.Failed)
	answer.Answer.Message = "back to http://127.0.0.1:1/return/" + longTicket
	mustAppend(t, front, "a", answer)
	for _, e := range o.entries {
		if bytes.Contains(e.Content, []byte(longTicket)) {
			t.Errorf("the office has the ticket: %s", e.Content)
		}
	}
	mustContain(t, front, bucketLaunches, longTicket, false)
}

func TestTheSecondOfTwoDesksIsRefused(t *testing.T) {
	o := newOffice()
	front, back := mustJoin(t, o, "front"), mustJoin(t, o, "back")
	mustAppend(t, front, "a", addedWithout("A"))
	mustCatchUp(t, back)
	mustAppend(t, front, "a", withdrawn)
	for _, state := range []string{"stale", "caught up"} {
		if _, err := back.Append(t.Context(), Change{ID: "a", Version: 1, Events: []request.Event{withdrawn}}); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v", state, err)
		}
		mustCatchUp(t, back)
	}
	if _, err := back.Append(t.Context(), Change{ID: "a", Version: 2, Events: []request.Event{answered(longTicket, request.Signed)}}); !errors.Is(err, request.ErrIllegal) {
		t.Errorf("an event that cannot happen: %v", err)
	}
	if len(o.entries) != 2 {
		t.Errorf("the office has %d entries", len(o.entries))
	}
}

// strange are events that somebody with a login can append.
var strange = []string{
	`{"seq":%d,"at":"2026-03-01T09:00:00Z","kind":"reopened","by":"mallory","desk":"cellar"}`,
	`{"seq":%d,"at":"2026-03-01T09:00:00Z","kind":"answered","answer":"yes","desk":"cellar"}`,
	`{"seq":%d,"at":"2026-03-01T09:00:00Z","kind":"dancing","desk":"cellar"}`,
	`{"seq":99%d,"at":"2026-03-01T09:00:00Z","kind":"withdrawn","desk":"cellar"}`,
	`[%d]`,
	`%d`,
}

func TestAnEntryThatDoesNotFitStopsNobody(t *testing.T) {
	for _, form := range strange {
		o := newOffice()
		front, back := mustJoin(t, o, "front"), mustJoin(t, o, "back")
		before := mustAppend(t, front, "a", addedWithout("A"))
		o.add(register.Event{Request: "a", Seq: 2, Content: fmt.Appendf(nil, form, 2)})
		o.add(register.Event{Request: "never", Seq: 1, Content: fmt.Appendf(nil, form, 1)})
		o.add(asEvent(request.OfficeID, 1, `{"seq":1,"kind":"desk_joined"}`))
		mustCatchUp(t, front)
		mustAppend(t, front, "b", addedWithout("B"))
		o.add(asEvent("never", 2, `{"seq":1,"at":"2026-03-01T09:00:00Z","kind":"added","added":{"title":"T","gateway":"g","remote_id":"1"}}`))
		mustCatchUp(t, front)
		mustCatchUp(t, back)
		for _, l := range []*Ledger{front, back} {
			after := mustGet(t, l, "a")
			if after.Version != 2 {
				t.Errorf("%s: version %d", form, after.Version)
			}
			after.Version = 1
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s: the request was changed:\n%s", form, diff)
			}
			if page := mustQuery(t, l, Query{}); !slices.Equal(ids(page.Requests), []request.ID{"b", "a"}) {
				t.Errorf("%s: the list is %v", form, ids(page.Requests))
			}
			if events, err := l.Events(t.Context(), "a"); err != nil || len(events) != 2 {
				t.Errorf("%s: events %+v, %v", form, events, err)
			}
			unfit, err := l.Unfit(t.Context())
			if err != nil || len(unfit) != 3 || unfit[0].Number != 2 || unfit[1].Number != 3 || unfit[2].Number != 6 || unfit[0].Problem == "" {
				t.Errorf("%s: unfit %+v, %v", form, unfit, err)
			}
			if strings.Contains(form, "cellar") && unfit[0].Desk != "cellar" {
				t.Errorf("%s: the desk is not named: %+v", form, unfit[0])
			}
			mustEqualItsRebuild(t, l)
			if a := mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey), All: true}); a.Fault != nil || len(a.Unfit) != 3 {
				t.Errorf("%s: audit %+v, %+v", form, a, a.Fault)
			}
		}
		mustAppend(t, back, "a", withdrawn)
		mustTamper(t, front, func(tx *bolt.Tx) error {
			requests := tx.Bucket(bucketRequests)
			return requests.Put([]byte("never"), requests.Get([]byte("b")))
		})
		if a := mustAudit(t, front); a.Fault == nil || a.Fault.Kind != Foreign || a.Fault.Request != "never" {
			t.Errorf("%s: a request that no event has made is no fault: %+v", form, a.Fault)
		}
	}
}

func TestARegisterThatPartedIsNotTaken(t *testing.T) {
	for name, part := range map[string]func(*officeRegister){
		"the last entry is another one": func(o *officeRegister) {
			o.entries = o.entries[:1]
			o.add(asEvent("b", 1, "{}"))
			o.add(asEvent("c", 1, "{}"))
		},
		"entries are missing at the end": func(o *officeRegister) { o.entries = o.entries[:1] },
		"all entries are missing":        func(o *officeRegister) { o.entries = nil },
		"a link is wrong": func(o *officeRegister) {
			o.add(asEvent("c", 1, "{}"))
			o.entries[2].Link[0] ^= 1
		},
		"an event was changed": func(o *officeRegister) {
			o.add(asEvent("c", 1, "{}"))
			o.entries[2].Content = []byte("[]")
		},
		"a number is left out": func(o *officeRegister) {
			o.add(asEvent("c", 1, "{}"))
			o.entries[2].Number++
		},
		"an event is there twice": func(o *officeRegister) { o.add(o.entries[0].Event) },
		"an id has a space":       func(o *officeRegister) { o.add(asEvent("c d", 1, "{}")) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			l := mustJoin(t, o, "front")
			mustAppend(t, l, "a", addedWithout("A"))
			mustAppend(t, l, "a", withdrawn)
			before := mustRead(t, l)
			part(o)
			if err := l.CatchUp(t.Context()); !errors.Is(err, ErrParted) {
				t.Errorf("%v", err)
			}
			if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
				t.Errorf("the copy was changed:\n%s", diff)
			}
		})
	}
}

func TestDocumentsOfAnOfficeComeWhenTheyAreOpened(t *testing.T) {
	o := newOffice()
	front, back := mustJoin(t, o, "front"), mustJoin(t, o, "back")
	digest, _, err := front.PutDocument(t.Context(), strings.NewReader("%PDF-1.7"), 100)
	if err != nil {
		t.Fatal(err)
	}
	e := added("A")
	e.Added.Documents[0].SHA256 = digest
	mustAppend(t, front, "a", e)
	mustCatchUp(t, back)
	if a := mustAudit(t, back); a.Fault != nil || a.Documents != 0 {
		t.Errorf("what is not here is a fault: %+v", a.Fault)
	}
	f, err := back.OpenDocument(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(content) != "%PDF-1.7" {
		t.Errorf("%q, %v", content, err)
	}
	if err := os.WriteFile(back.DocumentPath(digest), []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := mustAudit(t, back); a.Fault == nil || a.Fault.Kind != Altered {
		t.Errorf("an altered document is no fault: %+v", a)
	}
	hash, _ := register.ParseHash(digest)
	o.documents[hash] = []byte("forged")
	third := mustJoin(t, o, "third")
	mustCatchUp(t, third)
	own, _, err := third.PutDocument(t.Context(), strings.NewReader("forged"), 100) // of another request
	if err != nil {
		t.Fatal(err)
	}
	if _, err := third.OpenDocument(t.Context(), digest); !errors.Is(err, ErrAltered) {
		t.Errorf("a forged document: %v", err)
	}
	if _, err := os.Stat(third.DocumentPath(own)); err != nil {
		t.Errorf("what was here is gone: %v", err)
	}
	o.documents[hash] = []byte("forged anew")
	if _, err := third.OpenDocument(t.Context(), digest); !errors.Is(err, ErrAltered) {
		t.Errorf("a forged document: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(third.DocumentPath(own))); err != nil || len(left) != 1 {
		t.Errorf("documents: %v, %v", left, err)
	}
	delete(o.documents, hash)
	if _, err := third.OpenDocument(t.Context(), digest); !errors.Is(err, ErrNotFound) {
		t.Errorf("a document that the server does not have: %v", err)
	}
	if r := mustGet(t, third, "a"); r.Version != 1 {
		t.Errorf("that it is not here was recorded: version %d", r.Version)
	}
}

func TestACopyIsOnlyReadWithoutItsOffice(t *testing.T) {
	o := newOffice()
	l := mustJoin(t, o, "front")
	mustAppend(t, l, "a", addedWithout("A"))
	before := mustRead(t, l)
	alone := mustOpen(t, l.dir, Options{Now: clock(), Signer: signing(testKey)})
	if _, err := alone.Append(t.Context(), Change{ID: "b", Events: []request.Event{added("B")}}); !errors.Is(err, ErrOfficeCopy) {
		t.Errorf("append: %v", err)
	}
	if err := alone.Load(t.Context(), withoutErrors([]Recorded{{"b", 1, []byte(`{}`)}})); !errors.Is(err, ErrOfficeCopy) {
		t.Errorf("load: %v", err)
	}
	if r := mustGet(t, alone, "a"); r.Title != "A" {
		t.Errorf("read: %+v", r)
	}
	if diff := cmp.Diff(before, mustRead(t, alone)); diff != "" {
		t.Errorf("the copy was changed:\n%s", diff)
	}
	own := mustNew(t)
	mustAppend(t, own, "a", addedWithout("A"))
	for name, dir := range map[string]string{"another office": l.dir, "a home of its own": own.dir} {
		if _, err := Open(t.Context(), dir, Options{Office: &Office{Register: "fedcba9876543210", Server: o}}); !errors.Is(err, ErrOtherOffice) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The server may have the events although it gave no answer. Then they come with the next ones.
func TestAnAppendWhoseAnswerIsLostIsThereLater(t *testing.T) {
	o := newOffice()
	l := mustJoin(t, o, "front")
	o.lost = errors.New("the connection was lost")
	if _, err := l.Append(t.Context(), Change{ID: "a", Events: []request.Event{addedWithout("A"), launched("a", longTicket)}}); !errors.Is(err, o.lost) {
		t.Fatal(err)
	}
	o.lost = nil
	mustCatchUp(t, l)
	if r := mustGet(t, l, "a"); r.Status != request.Signing || r.Visit.ReturnURL == "" {
		t.Errorf("%+v", r)
	}
}

// Whatever desks append, in whatever order they catch up: every copy is the same and equals its rebuild.
func TestCopiesOfARegisterAreTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := newOffice()
		desks := []*Ledger{mustJoin(t, o, "front"), mustJoin(t, o, "back")}
		defer func() {
			for _, l := range desks {
				_ = l.Close()
			}
		}()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			l, id := rapid.SampledFrom(desks).Draw(rt, "desk"), request.ID(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "id"))
			if rapid.Bool().Draw(rt, "catch up") {
				mustCatchUp(t, l)
			}
			if rapid.IntRange(0, 4).Draw(rt, "strange") == 0 {
				last := 0
				for _, e := range o.entries {
					if e.Request == string(id) {
						last = e.Seq
					}
				}
				o.add(register.Event{Request: string(id), Seq: last + 1, Content: fmt.Appendf(nil, rapid.SampledFrom(strange).Draw(rt, "form"), last+1)})
				continue
			}
			r, err := l.Get(t.Context(), id)
			if err != nil && !errors.Is(err, ErrNotFound) {
				rt.Fatal(err)
			}
			ticket := fmt.Sprintf("%s-%032d", id, r.Version)
			events := rapid.SampledFrom([][]request.Event{
				{addedWithout("T")}, {launched(string(id), ticket)}, {launched(string(id), ticket), answered(ticket, request.Failed)}, {withdrawn}, {reopened}, {withdrawn, reopened},
			}).Draw(rt, "events")
			_, err = l.Append(t.Context(), Change{ID: id, Version: r.Version, Events: events})
			if err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, request.ErrIllegal) {
				rt.Fatal(err)
			}
		}
		var all []contents
		for _, l := range desks {
			mustCatchUp(t, l)
			before := mustRead(t, l)
			mustRebuild(t, l)
			if diff := cmp.Diff(before, mustRead(t, l)); diff != "" {
				rt.Fatalf("a rebuild is not what was there (-before +after):\n%s", diff)
			}
			if a := mustAudit(t, l); a.Fault != nil {
				rt.Fatalf("audit: %+v", a.Fault)
			}
			delete(before, string(bucketLaunches))
			delete(before, string(bucketCheckpoints))
			delete(before[string(bucketMeta)], string(keyOffice))
			all = append(all, before)
		}
		if diff := cmp.Diff(all[0], all[1]); diff != "" {
			rt.Fatalf("the copies differ:\n%s", diff)
		}
	})
}

func TestALedgerWithoutEntriesBecomesACopy(t *testing.T) {
	o := newOffice()
	dir := t.TempDir()
	for _, office := range []*Office{nil, {Register: "0123456789abcdef", Desk: "front", Server: o}, {Register: "fedcba9876543210", Desk: "front", Server: o}} {
		l, err := Open(t.Context(), dir, Options{Office: office})
		if err != nil {
			t.Fatal(err)
		}
		if head, err := l.Head(t.Context()); err != nil || office != nil && head.Register != office.Register {
			t.Errorf("got %+v, %v", head, err)
		}
		if office != nil && office.Register == "fedcba9876543210" {
			if _, err := l.Append(t.Context(), Change{ID: "r-1", Events: []request.Event{addedWithout("Lease")}}); err != nil {
				t.Error(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open(t.Context(), dir, Options{Office: &Office{Register: "0123456789abcdef", Desk: "front", Server: o}}); !errors.Is(err, ErrOtherOffice) {
		t.Errorf("a copy with entries: got %v", err)
	}
}

func TestALedgerIsSetAside(t *testing.T) {
	o := newOffice()
	l := mustJoin(t, o, "front")
	if _, err := l.Append(t.Context(), Change{ID: "r-1", Events: []request.Event{addedWithout("Lease")}}); err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.Context(), l.dir, Options{}) // another program
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	folder := filepath.Join(l.dir, "offices", "one")
	if err := l.SetAside(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Append(t.Context(), Change{ID: "r-2", Events: []request.Event{addedWithout("Lease")}}); err != nil {
		t.Errorf("the new ledger: %v", err)
	}
	if _, err := other.Get(t.Context(), "r-1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := l.SetAside(t.Context(), folder); err == nil {
		t.Error("a ledger that was set aside is replaced")
	}
	aside, err := Open(t.Context(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer aside.Close()
	if r, err := aside.Get(t.Context(), "r-1"); err != nil || r.Title != "Lease" {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A ledger stays where it is until it has its second name: one that could not be given, and one that an earlier call has given before it was stopped.
func TestALedgerThatIsNotAsideStays(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	if _, err := l.Append(t.Context(), Change{ID: "r-1", Events: []request.Event{addedWithout("Lease")}}); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(l.dir, "offices", "one")
	to := filepath.Join(folder, FileName)
	if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(to, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := l.SetAside(t.Context(), folder); err == nil {
		t.Error("it was set aside under a name that another file has")
	}
	if _, err := l.Get(t.Context(), "r-1"); err != nil {
		t.Fatalf("what the ledger had: %v", err)
	}
	if err := errors.Join(os.Remove(to), os.Link(filepath.Join(l.dir, FileName), to)); err != nil {
		t.Fatal(err)
	}
	if l.IsAside(folder) {
		t.Error("a ledger is aside that is still here")
	}
	if err := l.SetAside(t.Context(), folder); err != nil {
		t.Errorf("called again: %v", err)
	}
	if _, err := l.Get(t.Context(), "r-1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("what was set aside: %v", err)
	}
}

// What another program has added since the caller looked is not set aside.
func TestALedgerThatHasGoneOnBecomesNoCopy(t *testing.T) {
	l := mustOpen(t, t.TempDir(), Options{})
	read, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), Change{ID: "r-1", Events: []request.Event{addedWithout("Lease")}}); err != nil {
		t.Fatal(err)
	}
	folder, office := filepath.Join(l.dir, "offices", "one"), Office{Register: officeRegisterID, Desk: "front"}
	if err := l.BecomeCopy(t.Context(), folder, office, read); err == nil || l.IsAside(folder) {
		t.Errorf("it is a copy: %v", err)
	}
	if _, err := l.Get(t.Context(), "r-1"); err != nil {
		t.Error(err)
	}
	if read, err = l.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.BecomeCopy(t.Context(), folder, office, read); err != nil {
		t.Error(err)
	}
	if head, err := l.Head(t.Context()); err != nil || head.Register != officeRegisterID || head.Count != 0 {
		t.Errorf("%+v, %v", head, err)
	}
}
