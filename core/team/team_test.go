package team

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team/teamtest"
)

// cluster is the server of all tests but one. It is started for the first test that calls needServer.
var (
	cluster      *teamtest.Cluster
	startCluster = sync.OnceValue(func() (err error) { cluster, err = teamtest.Start(); return err })
)

func TestMain(m *testing.M) {
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

// fixture is an office with a clerk who has the desks "front" and "back", a manager with the desk "first floor", and an auditor.
type fixture struct {
	t                                   *testing.T
	made                                Made
	owner                               string // also the name of the database
	clerk, manager, auditor             *Office
	front                               ed25519.PrivateKey // the key of that desk
	clerkLogin, managerLogin, auditName string
}

func needServer(t testing.TB) {
	t.Helper()
	switch err := startCluster(); {
	case errors.Is(err, teamtest.ErrNotInstalled):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	needServer(t)
	f := &fixture{t: t, owner: cluster.MustCreate(t)}
	var err error
	if f.made, err = Init(t.Context(), cluster.DSN(f.owner, f.owner), "", "Office of "+f.owner); err != nil {
		t.Fatal(err)
	}
	f.people()
	return f
}

// people makes the logins and desks of the office.
func (f *fixture) people() {
	t := f.t
	t.Helper()
	f.clerkLogin, f.managerLogin, f.auditName = f.owner+"_clara", f.owner+"_max", f.owner+"_ada"
	for login, role := range map[string]string{f.clerkLogin: f.made.Clerk, f.managerLogin: f.made.Manager, f.auditName: f.made.Auditor} {
		cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE "+login+" LOGIN")
		cluster.MustExec(t, f.owner, f.owner, "GRANT "+role+" TO "+login)
	}
	f.clerk, f.manager, f.auditor = f.open(f.clerkLogin), f.open(f.managerLogin), f.open(f.auditName)
	f.front = f.join(f.clerk, 1, "front")
	f.join(f.clerk, 2, "back")
	f.join(f.manager, 3, "first floor")
}

func (f *fixture) open(login string) *Office {
	f.t.Helper()
	o, err := Open(f.t.Context(), cluster.DSN(login, f.owner), "", "test")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(o.Close)
	return o
}

// join makes a desk of a login.
func (f *fixture) join(o *Office, seq int, desk string) ed25519.PrivateKey {
	f.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.append(o, office(seq, "desk_joined", o.Login, desk, fields{"desk_joined": fields{"key": base64.StdEncoding.EncodeToString(public)}}))
	return private
}

func (f *fixture) append(o *Office, events ...register.Event) []register.Entry {
	f.t.Helper()
	entries, err := o.Append(f.t.Context(), NewKey(), register.Head{}, events...)
	if err != nil {
		f.t.Fatal(err)
	}
	return entries
}

type fields = map[string]any

// event returns an event of the request "r-1" as a desk would write it. Its member by is left out where that is "".
func event(seq int, kind, by, desk string, more fields) register.Event {
	members := fields{"seq": seq, "at": "2026-11-21T12:00:00Z", "kind": kind, "desk": desk}
	if by != "" {
		members["by"] = by
	}
	maps.Copy(members, more)
	content, err := json.Marshal(members)
	if err != nil {
		panic(err) // the test is wrong
	}
	return register.Event{Request: "r-1", Seq: seq, Content: content}
}

// office returns an event that belongs to no request.
func office(seq int, kind, by, desk string, more fields) register.Event {
	e := event(seq, kind, by, desk, more)
	e.Request = string(request.OfficeID)
	return e
}

func TestEntriesAreThoseOfTheRegister(t *testing.T) {
	f := newFixture(t)
	added := event(1, "added", f.clerkLogin, "front", fields{"added": fields{"title": "Lease ñ", "gateway": "notary"}})
	returned := event(2, "returned", "", "front", fields{"return": fields{"query": fields{"Result": []string{"ok"}, "result": []string{"no"}}}})
	if entries := f.append(f.clerk, added, returned); len(entries) != 2 || entries[0].Number != 4 || entries[1].Number != 5 {
		t.Errorf("entries %v", entries)
	}
	f.append(f.manager, event(3, "reviewed", f.managerLogin, "first floor", fields{"reviewed": fields{"accepted": true}}))
	entries, err := f.auditor.Entries(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := register.WriteHeader(&text, f.clerk.ID, 0, register.Hash{}); err != nil {
		t.Fatal(err)
	}
	var hasher register.Hasher
	var link register.Hash
	for i, e := range entries {
		link = hasher.Link(link, hasher.Entry(e.Request, e.Seq, e.Content))
		if e.Number != i+1 || e.Link != link {
			t.Fatalf("entry %d has the number %d and the link %s, not %s", i+1, e.Number, e.Link, link)
		}
		if err := register.WriteEntry(&text, int(e.Number), e.Link, e.Request, e.Seq, e.Content); err != nil {
			t.Fatal(err)
		}
	}
	if len(entries) != 6 || string(entries[3].Content) != string(added.Content) || string(entries[4].Content) != string(returned.Content) {
		t.Errorf("%d entries: %s", len(entries), entries[3].Content)
	}
	number, head, err := f.auditor.Head(t.Context())
	if err != nil || number != 6 || head != link {
		t.Errorf("the head is %d %s (%v), not 6 %s", number, head, err, link)
	}

	signed, err := register.Sign(register.Head{Register: f.clerk.ID, Count: 6, Link: link, At: time.Now()}, f.front)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.clerk.PutWitness(t.Context(), Witness{"front", signed}); err != nil {
		t.Fatal(err)
	}
	witnesses, err := f.auditor.Witnesses(t.Context(), 0, 10)
	if err != nil || !cmp.Equal(witnesses, []Witness{{"front", signed}}) {
		t.Fatalf("witnesses %v (%v)", witnesses, err)
	}
	desks, err := f.auditor.Desks(t.Context())
	if err != nil || len(desks) != 3 || desks[2].Name != "front" || desks[2].Login != f.clerkLogin || desks[2].Joined != 1 || !witnesses[0].SignedBy(desks[2].Key) {
		t.Errorf("desks %v (%v)", desks, err)
	}
	if err := register.WriteCheckpoint(&text, witnesses[0].Checkpoint); err != nil {
		t.Fatal(err)
	}
	checkWithScript(t, text.String(), desks[2].Key)
}

// checkWithScript checks a register with the script for people who do not have the program.
func checkWithScript(t *testing.T, text string, key ed25519.PublicKey) {
	t.Helper()
	pem, err := register.FormatPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, content := range map[string]string{"check.sh": register.CheckScript, "register.txt": text, "register.pub": string(pem)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := exec.Command("sh", "check.sh", "register.txt", "register.pub")
	check.Dir = folder
	if said, err := check.CombinedOutput(); err != nil || !strings.Contains(string(said), "\nholds: up to entry 6 ") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestWhatIsNotAnEventOfTheLoginIsRefused(t *testing.T) {
	f := newFixture(t)
	f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil))
	clara := f.clerkLogin
	text := func(format string, args ...any) register.Event {
		return register.Event{Request: "r-1", Seq: 2, Content: fmt.Appendf(nil, format, args...)}
	}
	const start = `{"seq":2,"at":"2026-11-21T12:00:00Z","kind":"opened","desk":"front"`
	if _, err := f.clerk.Append(t.Context(), NewKey(), register.Head{}, text(start+`}`), event(3, "trouble", "", "front", nil)); err != nil {
		t.Fatalf("the event that the others are made from: %v", err)
	}
	f.append(f.clerk, register.Event{Request: "r-2", Seq: 1, Content: []byte(strings.Replace(start, `"seq":2`, `"seq":1`, 1) + `}`)})
	before, _, _ := f.auditor.Head(t.Context())
	in := func(e register.Event) register.Event { e.Request = "r-2"; return e }
	for name, try := range map[string]struct {
		event register.Event
		want  error
	}{
		"another person":           {in(event(2, "edited", f.managerLogin, "front", nil)), ErrRefused},
		"no person":                {in(event(2, "edited", "", "front", nil)), ErrRefused},
		"an empty person":          {in(text(start + `,"by":""}`)), ErrRefused},
		"a list of persons":        {in(text(start+`,"by":["%s"]}`, clara)), ErrRefused},
		"a desk of another login":  {in(event(2, "opened", clara, "first floor", nil)), ErrRefused},
		"an unknown desk":          {in(event(2, "opened", clara, "attic", nil)), ErrRefused},
		"no desk":                  {in(text(`{"seq":2,"at":"2026-11-21T12:00:00Z","kind":"opened"}`)), ErrRefused},
		"what a manager does":      {in(event(2, "reviewed", clara, "front", nil)), ErrRefused},
		"what an owner does":       {office(4, "forgotten", clara, "front", nil), ErrRefused},
		"the desk of another":      {office(4, "desk_joined", clara, "first floor", fields{"desk_joined": fields{"key": strings.Repeat("A", 43) + "="}}), ErrRefused},
		"a desk with a short key":  {office(4, "desk_joined", clara, "new", fields{"desk_joined": fields{"key": "AAAA"}}), ErrRefused},
		"a desk without a key":     {office(4, "desk_joined", clara, "new", nil), ErrRefused},
		"a desk without a name":    {office(4, "desk_joined", clara, " ", fields{"desk_joined": fields{"key": strings.Repeat("A", 43) + "="}}), ErrRefused},
		"a position that is taken": {in(event(1, "opened", "", "front", nil)), ErrConflict},
		"a gap":                    {in(event(3, "opened", "", "front", nil)), ErrConflict},
		"another position inside":  {register.Event{Request: "r-2", Seq: 2, Content: []byte(strings.Replace(start, `"seq":2`, `"seq":3`, 1) + `}`)}, ErrRefused},
		"a position as text":       {register.Event{Request: "r-2", Seq: 2, Content: []byte(strings.Replace(start, `"seq":2`, `"seq":"2"`, 1) + `}`)}, ErrRefused},
		"no position":              {register.Event{Request: "r-2", Seq: 2, Content: []byte(strings.Replace(start, `"seq":2,`, ``, 1) + `}`)}, ErrRefused},
		"the future":               {in(event(2, "opened", "", "front", fields{"at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})), ErrRefused},
		"local time":               {in(event(2, "opened", "", "front", fields{"at": "2026-11-21T12:00:00+01:00"})), ErrRefused},
		"no such day":              {in(event(2, "opened", "", "front", fields{"at": "2026-02-30T12:00:00Z"})), ErrRefused},
		"a leap second":            {in(event(2, "opened", "", "front", fields{"at": "2016-12-31T23:59:60Z"})), ErrRefused},
		"no time":                  {in(event(2, "opened", "", "front", fields{"at": nil})), ErrRefused},
		"an unknown kind":          {in(event(2, "danced", "", "front", nil)), ErrRefused},
		"no kind":                  {in(event(2, "", "", "front", fields{"kind": nil})), ErrRefused},
		"a request's kind":         {office(4, "opened", "", "front", nil), ErrRefused},
		"the office's kind":        {in(event(2, "desk_joined", clara, "front", nil)), ErrRefused},
		"a repeated member":        {in(text(start + `,"kind":"trouble"}`)), ErrRefused},
		"a member repeated inside": {in(text(start + `,"visit":{"a":[{"b":1,"b":2}]}}`)), ErrRefused},
		"a member in another case": {in(text(start + `,"Kind":"reviewed"}`)), ErrRefused},
		"such one, with blanks":    {in(text(start + `,"Kind" : "reviewed"}`)), ErrRefused},
		"repeated with blanks":     {in(text(start + `,"kind" : "trouble"}`)), ErrRefused},
		"behind a quote":           {in(text(start + `,"reason":"\"","Kind":"reviewed"}`)), ErrRefused},
		"among many members":       {in(text(start+`%s,"kind":"trouble"}`, members(200))), ErrRefused},
		"the letter Kelvin":        {in(text(start + ",\"\u212aind\":\"reviewed\"}")), ErrRefused},
		"a member in disguise":     {in(text(start + `,"k\u0069nd":"reviewed"}`)), ErrRefused},
		"a case inside":            {in(text(start + `,"sessions":{"R":{"Kind":1}}}`)), ErrRefused},
		"a query's name twice":     {in(text(start + `,"return":{"query":{"A":[],"A":[]}}}`)), ErrRefused},
		"two lines":                {in(text(start + ",\n\"reason\":\"x\"}")), ErrRefused},
		"a line feed at the end":   {in(text(start + "}\n")), ErrRefused},
		"a space before":           {in(text(" " + start + "}")), ErrRefused},
		"a tab":                    {in(text(start + ",\t\"reason\":\"x\"}")), ErrRefused},
		"no object":                {in(text(`[1]`)), ErrRefused},
		"no JSON":                  {in(text(`{`)), ErrRefused},
		"nothing":                  {in(text(``)), ErrRefused},
		"no bytes at all":          {register.Event{Request: "r-2", Seq: 2, Content: nil}, ErrRefused},
		"no UTF-8":                 {in(text(start + ",\"reason\":\"\xff\"}")), ErrRefused},
		"a zero byte":              {in(text(start + ",\"reason\":\"\x00\"}")), ErrRefused},
		"depth":                    {in(text(start+`,"reason":%s%s}`, strings.Repeat("[", 100_000), strings.Repeat("]", 100_000))), ErrRefused},
		"length":                   {in(text(start+`,"reason":"%s"}`, strings.Repeat("x", 1<<18))), ErrRefused},
		"no valid id":              {register.Event{Request: "r 2", Seq: 2, Content: []byte(start + "}")}, ErrRefused},
		"no id":                    {register.Event{Request: "", Seq: 2, Content: []byte(start + "}")}, ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.clerk.Append(t.Context(), NewKey(), register.Head{}, try.event); !errors.Is(err, try.want) {
				t.Errorf("got %v, want %v", err, try.want)
			}
		})
	}
	var many []register.Event
	for i := range MaxEvents + 1 {
		e := event(i+1, "added", clara, "front", nil)
		e.Request = "r-3"
		many = append(many, e)
	}
	for _, events := range [][]register.Event{nil, many} {
		if _, err := f.clerk.Append(t.Context(), NewKey(), register.Head{}, events...); !errors.Is(err, ErrRefused) {
			t.Errorf("%d events: %v", len(events), err)
		}
	}
	// What precedes a refused event is refused with it.
	if _, err := f.clerk.Append(t.Context(), NewKey(), register.Head{}, in(event(2, "opened", "", "front", nil)), in(event(3, "reviewed", clara, "front", nil))); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	if after, _, err := f.auditor.Head(t.Context()); err != nil || after != before {
		t.Errorf("%d entries after what was refused, not %d (%v)", after, before, err)
	}
	f.append(f.clerk, many[:MaxEvents]...)
	if _, err := f.auditor.Append(t.Context(), NewKey(), register.Head{}, in(event(2, "opened", "", "front", nil))); !errors.Is(err, ErrNoRole) && !errors.Is(err, ErrRefused) {
		t.Errorf("an auditor writes: %v", err)
	}
}

// members returns so many members of a JSON object.
func members(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `,"m%d":"x"`, i)
	}
	return all.String()
}

func TestAKeyWritesOnce(t *testing.T) {
	f := newFixture(t)
	key, added := NewKey(), event(1, "added", f.clerkLogin, "front", nil)
	first, err := f.clerk.Append(t.Context(), key, register.Head{}, added, event(2, "opened", "", "front", nil))
	if err != nil {
		t.Fatal(err)
	}
	f.append(f.manager, event(3, "reviewed", f.managerLogin, "first floor", nil))
	again, err := f.clerk.Append(t.Context(), key, register.Head{}, added, event(2, "opened", "", "front", nil))
	if err != nil || !cmp.Equal(first, again) {
		t.Errorf("entries %v, and then %v (%v)", first, again, err)
	}
	for _, other := range [][]register.Event{{added}, {added, event(2, "trouble", "", "front", nil)}, {added, event(2, "opened", "", "front", nil), event(3, "opened", "", "front", nil)}} {
		if _, err := f.clerk.Append(t.Context(), key, register.Head{}, other...); !errors.Is(err, ErrConflict) {
			t.Errorf("other events with the key: %v", err)
		}
	}
	if n, _, err := f.auditor.Head(t.Context()); err != nil || n != 6 {
		t.Errorf("%d entries (%v)", n, err)
	}
}

func TestWhatWasReadHasToBeThere(t *testing.T) {
	f := newFixture(t)
	first := f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil))[0]
	_, link, err := f.auditor.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := register.Head{Count: first.Number, Link: link}
	f.append(f.clerk, event(2, "opened", "", "front", nil))
	key := NewKey()
	again, err := f.clerk.Append(t.Context(), key, read, event(3, "opened", "", "front", nil))
	if err != nil {
		t.Fatalf("behind an entry of another desk: %v", err)
	}
	other := read
	other.Link[0] ^= 1
	for name, read := range map[string]register.Head{"another link": other, "another number": {Count: first.Number + 1, Link: first.Link}, "a later entry": {Count: 100, Link: first.Link}} {
		if _, err := f.clerk.Append(t.Context(), NewKey(), read, event(4, "opened", "", "front", nil)); !errors.Is(err, ErrParted) {
			t.Errorf("%s: %v", name, err)
		}
		if entries, err := f.clerk.Append(t.Context(), key, read, event(3, "opened", "", "front", nil)); err != nil || !cmp.Equal(entries, again) {
			t.Errorf("%s, with a key that was used: %v, %v", name, entries, err)
		}
	}
	if n, _, err := f.auditor.Head(t.Context()); err != nil || n != again[0].Number {
		t.Errorf("%d entries (%v)", n, err)
	}
}

func TestOfSeveralDesksOneIsFirst(t *testing.T) {
	f := newFixture(t)
	const desks, each = 8, 20
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := map[int]int{} // by position
	for range desks {
		wg.Go(func() {
			for seq := 1; seq <= each; {
				kind := "opened"
				if seq == 1 {
					kind = "added"
				}
				_, err := f.clerk.Append(f.t.Context(), NewKey(), register.Head{}, event(seq, kind, f.clerkLogin, "front", nil))
				switch {
				case err == nil:
					mu.Lock()
					won[seq]++
					mu.Unlock()
				case !errors.Is(err, ErrConflict):
					t.Error(err)
					return
				}
				seq++
			}
		})
	}
	wg.Wait()
	for seq := 1; seq <= each; seq++ {
		if won[seq] != 1 {
			t.Errorf("%d desks were first with event %d", won[seq], seq)
		}
	}
	entries, err := f.auditor.Entries(t.Context(), 3, 1000)
	if err != nil || len(entries) != each || entries[each-1].Number != 3+each || entries[each-1].Seq != each {
		t.Errorf("%d entries (%v)", len(entries), err)
	}
}

func TestAnOpenTransactionMakesOthersWaitInVain(t *testing.T) {
	f := newFixture(t)
	patient, err := Open(t.Context(), cluster.DSN(f.clerkLogin, f.owner)+" lock_timeout=1", "", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer patient.Close()
	tx, err := f.manager.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := event(1, "added", f.managerLogin, "first floor", nil)
	if _, err := tx.Exec(t.Context(), "SELECT countersign.append($1, $2, $3, $4)", NewKey(), []string{e.Request}, []int{e.Seq}, [][]byte{e.Content}); err != nil {
		t.Fatal(err)
	}
	if _, err := patient.Append(t.Context(), NewKey(), register.Head{}, event(1, "added", f.clerkLogin, "front", nil)); !errors.Is(err, ErrBusy) {
		t.Errorf("beside an open transaction: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := patient.Append(t.Context(), NewKey(), register.Head{}, event(1, "added", f.clerkLogin, "front", nil)); err != nil {
		t.Errorf("after it: %v", err)
	}
	var limit string
	if err := f.clerk.pool.QueryRow(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&limit); err != nil || limit != "10s" {
		t.Errorf("an open transaction may wait for %q (%v)", limit, err)
	}
}

func TestListenHearsOfEntriesAndOfTheEndOfTheConnection(t *testing.T) {
	f := newFixture(t)
	heard := make(chan int)
	ended := make(chan error, 1)
	go func() {
		ended <- f.auditor.Listen(t.Context(), time.Hour, func(_ context.Context, number int) { heard <- number })
	}()
	if number := <-heard; number != 0 {
		t.Errorf("at first it hears of entry %d", number)
	}
	if added := f.append(f.clerk, event(1, "added", f.clerkLogin, "front", nil)); added[0].Number != <-heard {
		t.Error("it does not hear which entry is new")
	}
	cluster.MustExec(t, f.owner, f.owner, "NOTIFY countersign, 'something else'")
	if number := <-heard; number != 0 {
		t.Errorf("of something else, it hears of entry %d", number)
	}
	cluster.MustExec(t, "postgres", "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+f.auditName+"'")
	if err := <-ended; !errors.Is(err, ErrUnreachable) {
		t.Errorf("after the connection was ended: %v", err)
	}
	if n, _, err := f.auditor.Head(t.Context()); err != nil || n != 4 {
		t.Errorf("it does not connect again: %d entries (%v)", n, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	times := 0
	err := f.auditor.Listen(ctx, time.Nanosecond, func(ctx context.Context, _ int) {
		if _, err := f.auditor.Entries(ctx, 0, 1); err != nil {
			t.Error(err)
		}
		if times++; times == 3 { // although nothing has happened
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || times != 3 {
		t.Errorf("without news: heard %d times, then %v", times, err)
	}
}

func TestALeaseIsForOneDeskAtATime(t *testing.T) {
	f := newFixture(t)
	lease := func(o *Office, desk string, d time.Duration) bool {
		t.Helper()
		has, err := o.Lease(t.Context(), "visit-1", desk, d)
		if err != nil {
			t.Fatal(err)
		}
		return has
	}
	if !lease(f.clerk, "front", time.Minute) || lease(f.manager, "first floor", time.Minute) || !lease(f.clerk, "front", time.Minute) {
		t.Error("not the first desk has it")
	}
	if lease(f.clerk, "front", 0) || !lease(f.manager, "first floor", time.Minute) {
		t.Error("what was given back is not free")
	}
	cluster.MustExec(t, f.owner, f.owner, "UPDATE countersign.leases SET leased_until = now() - interval '1 second'")
	if !lease(f.clerk, "back", time.Minute) {
		t.Error("a lease that is over is not free")
	}
	if _, err := f.clerk.Lease(t.Context(), "visit-1", "first floor", time.Minute); !errors.Is(err, ErrRefused) {
		t.Errorf("for the desk of another: %v", err)
	}
	if _, err := f.clerk.Lease(t.Context(), "visit-1", "front", 2*time.Hour); !errors.Is(err, ErrRefused) {
		t.Errorf("for two hours: %v", err)
	}
}

func TestAWitnessOfAnotherRegisterIsAConflict(t *testing.T) {
	f := newFixture(t)
	signed, err := register.Sign(register.Head{Register: f.clerk.ID, Count: 3, Link: register.Hash{1}, At: time.Now()}, f.front)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.clerk.PutWitness(t.Context(), Witness{"front", signed}); !errors.Is(err, ErrConflict) {
		t.Errorf("another link: %v", err)
	}
	if err := f.clerk.PutWitness(t.Context(), Witness{"first floor", signed}); !errors.Is(err, ErrRefused) {
		t.Errorf("for the desk of another: %v", err)
	}
}

func TestAConnectionSaysWhatItIs(t *testing.T) {
	f := newFixture(t)
	for login, want := range map[string]Role{f.clerkLogin: Clerk, f.managerLogin: Manager, f.auditName: Auditor, f.owner: ""} {
		o := f.open(login)
		if o.Role != want || o.Login != login || o.ID != f.made.ID {
			t.Errorf("%s: got %+v, want the role %q", login, o, want)
		}
		s, err := o.Server(t.Context())
		if err != nil || s.TLS != "" || !strings.Contains(s.Version, ".") || strings.Contains(s.Version, " ") {
			t.Errorf("%s: got %+v, %v", login, s, err)
		}
	}
	for id, want := range map[request.ID]int{request.OfficeID: 3, "r-1": 0} {
		if seq, err := f.auditor.LastSeq(t.Context(), id); seq != want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", id, seq, err, want)
		}
	}
}
