package ledger

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// longTicket is as long as a real ticket, so that the ledger looks for it in events.
const longTicket = "c0ffee00c0ffee00c0ffee00c0ffee00"

// mustContain fails the test unless a bucket has text, or unless it does not, in any key or value.
func mustContain(t testing.TB, l *Ledger, bucket []byte, text string, want bool) {
	t.Helper()
	found := false
	for k, v := range mustRead(t, l)[string(bucket)] {
		found = found || strings.Contains(k, text) || strings.Contains(v, text)
	}
	if found != want {
		t.Errorf("bucket %s contains %s: %t", bucket, text, found)
	}
}

// A gateway may repeat the return address in anything that it answers, and append it to its own address for the
// browser. The ticket is in none of the events, nor in anything that follows from them.
func TestNoEventHasTheTicketOfAVisit(t *testing.T) {
	l := mustNew(t)
	launch := launched("a", longTicket)
	launch.Visit.ProcessID = "p-" + longTicket
	launch.Visit.AddNotes([]request.Sentence{request.Sentencef("odd", "it comes back to %s", launch.Visit.ReturnURL)})
	echo := answered(longTicket, request.Signing)
	echo.Answer.Message, echo.Answer.Code = launch.Visit.ReturnURL, longTicket
	back := returned(longTicket)
	back.Return.Query = map[string][]string{longTicket: {launch.Visit.ReturnURL}}
	trouble := request.Event{Kind: request.KindTrouble, Reason: "no route to " + launch.Visit.ReturnURL, Cause: request.Sentencef("no_route", "no route to %s", launch.Visit.ReturnURL).Cause}
	r := mustAppend(t, l, "a", added("A"), launch, trouble, back, echo)
	if r.Visit.URL != launch.Visit.URL || r.Visit.ReturnURL != launch.Visit.ReturnURL {
		t.Errorf("the addresses are %q and %q", r.Visit.URL, r.Visit.ReturnURL)
	}
	mustAppend(t, l, "a", trouble)
	for _, when := range []string{"appended", "rebuilt"} {
		for _, bucket := range append([][]byte{bucketEvents, bucketJournal, bucketMeta}, derivedBuckets...) {
			mustContain(t, l, bucket, longTicket, false)
		}
		if r := mustGet(t, l, "a"); r.Visit.ReturnURL != launch.Visit.ReturnURL || !strings.Contains(r.Trouble, "/return/…") {
			t.Errorf("%s: it is %+v", when, r)
		}
		mustRebuild(t, l)
	}
	if a := mustAudit(t, l); a.Fault != nil {
		t.Errorf("audit: %+v", a.Fault)
	}
}

func TestTheAddressesGoWhenNoReturnCanChangeARequest(t *testing.T) {
	byBrowser := answered(longTicket, request.Failed)
	byBrowser.Answer.Evidence = request.ByBrowser
	tests := map[string]struct {
		events []request.Event
		kept   bool
	}{
		"out":                                  {nil, true},
		"back, and the gateway is to be asked": {[]request.Event{returned(longTicket)}, true},
		"failed as the browser says":           {[]request.Event{returned(longTicket), byBrowser}, true},
		"failed as the gateway says":           {[]request.Event{answered(longTicket, request.Failed)}, false},
		"signed":                               {[]request.Event{answered(longTicket, request.Signed)}, false},
		"withdrawn":                            {[]request.Event{withdrawn}, false},
		"withdrawn and reopened at once":       {[]request.Event{withdrawn, reopened}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := mustNew(t)
			mustAppend(t, l, "a", append([]request.Event{added("A"), launched("a", longTicket)}, test.events...)...)
			mustContain(t, l, bucketLaunches, longTicket, test.kept)
			// The browser may come back late, which is recorded.
			if _, err := l.VisitByTicket(t.Context(), longTicket); err != nil {
				t.Errorf("it is not heard: %v", err)
			}
			if r := mustGet(t, l, "a"); r.Visit != nil && (r.Visit.URL != "") != test.kept {
				t.Errorf("the address is %q", r.Visit.URL)
			}
		})
	}
}

func TestADamagedAddressIsNotGivenToABrowser(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", longTicket))
	whole := mustGet(t, l, "a").Visit
	key := []byte(request.VisitIDOf(longTicket))
	var stored []byte
	mustTamper(t, l, func(tx *bolt.Tx) error { stored = bytes.Clone(tx.Bucket(bucketLaunches).Get(key)); return nil })
	for _, address := range []string{whole.URL, whole.ReturnURL} {
		for i := range address {
			damaged := []byte(strings.Replace(string(stored), address, address[:i]+string(address[i]^1)+address[i+1:], 1))
			mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketLaunches).Put(key, damaged) })
			if v := mustGet(t, l, "a").Visit; v.URL != "" || v.ReturnURL != "" || !v.Unheard {
				t.Errorf("%s is shown: %+v", damaged, v)
			}
			if _, err := l.VisitByTicket(t.Context(), longTicket); err != nil {
				t.Errorf("%s: the browser is not heard: %v", damaged, err)
			}
		}
	}
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketLaunches).Put(key, stored) })
	if v := mustGet(t, l, "a").Visit; !reflect.DeepEqual(v, whole) {
		t.Errorf("the sound address is not shown: %+v", v)
	}
}

func TestTheAddressesOfAVisitStayWhileOneOfItsRequestsIsOut(t *testing.T) {
	l := mustNew(t)
	launch := launched("a", longTicket)
	launch.Visit.Requests = []request.ID{"a", "b"}
	mustChange(t, l, Change{ID: "a", Events: []request.Event{added("A"), launch}}, Change{ID: "b", Events: []request.Event{added("B"), launch}})
	mustAppend(t, l, "a", answered(longTicket, request.Signed))
	mustContain(t, l, bucketLaunches, longTicket, true)
	mustAppend(t, l, "b", answered(longTicket, request.Signed))
	mustContain(t, l, bucketLaunches, longTicket, false)
}

func TestReturnsAreHeardForAWeekAfterTheEndOfAVisit(t *testing.T) {
	now := start
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { return now }, Exclusive: true})
	mustAppend(t, l, "a", added("A"), launched("a", "old"), answered("old", request.Signed))
	mustAppend(t, l, "b", added("B"), launched("b", "out"))
	now = now.Add(lateReturns)
	mustAppend(t, l, "c", added("C"), launched("c", "t3"))
	if _, err := l.VisitByTicket(t.Context(), "old"); err != nil {
		t.Errorf("after a week: %v", err)
	}
	now = now.Add(time.Minute)
	mustAppend(t, l, "d", added("D"), launched("d", "t4"))
	_, old := l.VisitByTicket(t.Context(), "old")
	_, out := l.VisitByTicket(t.Context(), "out")
	if !errors.Is(old, ErrNotFound) || out != nil {
		t.Errorf("later: %v; of a browser that is still out: %v", old, out)
	}
}

// A launch costs the same however many there were, and what is over is pruned all the same.
func TestLaunchesOfTheLastWeekAreAFewMoreThanThose(t *testing.T) {
	now := start
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { return now }, Exclusive: true})
	const perDay, days = 40, 40
	for day := range days {
		var changes []Change
		for i := range perDay {
			id := fmt.Sprintf("%d-%d", day, i)
			changes = append(changes, Change{ID: request.ID(id), Events: []request.Event{added(id), launched(id, id), answered(id, request.Signed)}})
		}
		mustChange(t, l, changes...)
		now = now.Add(24 * time.Hour)
	}
	if n := len(mustRead(t, l)[string(bucketLaunches)]); n < 7*perDay || n > 10*perDay {
		t.Errorf("%d launches of %d visits are kept, of which %d ended in the last week", n, perDay*days, 7*perDay)
	}
}

func TestClosedReturnsAreNotHeard(t *testing.T) {
	l := mustNew(t)
	mustAppend(t, l, "a", added("A"), launched("a", "t1"))
	mustAppend(t, l, "b", added("B"), launched("b", "t2"), answered("t2", request.Signed))
	if n, err := l.CloseReturns(t.Context()); err != nil || n != 1 {
		t.Errorf("closed %d, %v", n, err)
	}
	for _, ticket := range []string{"t1", "t2"} {
		if _, err := l.VisitByTicket(t.Context(), ticket); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", ticket, err)
		}
	}
	if r := mustGet(t, l, "a"); r.Status != request.Signing || r.Visit.URL != "" || r.Visit.ReturnURL != "" || !r.Visit.Unheard {
		t.Errorf("it is %+v", r)
	}
	mustAppend(t, l, "c", added("C"), launched("c", "t3")) // the next visit is heard
	if _, err := l.VisitByTicket(t.Context(), "t3"); err != nil {
		t.Error(err)
	}
}

// mustOpenSchema6 opens a ledger that the last version with schema 6 wrote. Its events have the tickets.
//
//	out       is in the browser, with the ticket 1111…
//	failed    has failed, as only the browser says, with the ticket 2222…
//	signed    is signed, as the gateway says, with the ticket 3333…
//	one, two  were sent on one visit, with the ticket 4444…; two is still in the browser
func mustOpenSchema6(t testing.TB) *Ledger {
	t.Helper()
	return mustUnpack(t, "testdata/schema6/ledger.db.gz")
}

// mustUnpack opens a copy of a compressed ledger.
func mustUnpack(t testing.TB, path string) *Ledger {
	t.Helper()
	dir := t.TempDir()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey)})
}

func oldTicket(digit string) string { return strings.Repeat(digit, 32) }

func TestBrowsersThatAreOutWhenALedgerIsMigratedAreHeard(t *testing.T) {
	l := mustOpenSchema6(t)
	for digit, heard := range map[string]bool{"1": true, "2": true, "3": false, "4": true} {
		v, err := l.VisitByTicket(t.Context(), oldTicket(digit))
		if heard != (err == nil) || heard && v.ID != request.VisitIDOf(oldTicket(digit)) {
			t.Errorf("ticket %s: %+v, %v", digit, v, err)
		}
	}
	r := mustGet(t, l, "two")
	if r.Visit.ReturnURL != "http://127.0.0.1:41873/return/"+oldTicket("4") || !strings.HasPrefix(r.Visit.URL, "https://office.example/sign?back=") {
		t.Errorf("the addresses are %q and %q", r.Visit.URL, r.Visit.ReturnURL)
	}
	// The events stay as they are, and the register holds. What follows from them has no ticket.
	mustContain(t, l, bucketEvents, oldTicket("1"), true)
	for _, bucket := range derivedBuckets {
		mustContain(t, l, bucket, oldTicket("1"), false)
	}
	mustAppend(t, l, "two", returned(oldTicket("4")), answered(oldTicket("4"), request.Signed))
	if r := mustGet(t, l, "two"); r.Status != request.Signed || r.ReturnedAt == nil {
		t.Errorf("it is %+v", r)
	}
	mustContain(t, l, bucketLaunches, oldTicket("4"), false)
	if a := mustAudit(t, l); a.Fault != nil || a.Unsigned != 0 {
		t.Errorf("audit: %+v", a)
	}
	mustEqualItsRebuild(t, l)
}

func TestExposedTicketsAreClosedAndNoOthers(t *testing.T) {
	l := mustOpenSchema6(t)
	mustAppend(t, l, "new", added("New"), launched("new", longTicket))
	heard := func(tickets ...string) {
		t.Helper()
		for _, ticket := range []string{oldTicket("1"), oldTicket("2"), oldTicket("4"), longTicket} {
			_, err := l.VisitByTicket(t.Context(), ticket)
			if want := strings.Contains(strings.Join(tickets, " "), ticket); want != (err == nil) {
				t.Errorf("ticket %.4s: %v", ticket, err)
			}
		}
	}
	closeOf := func(id request.ID) {
		t.Helper()
		if _, err := l.Excerpts(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	closeOf("new")
	closeOf("signed")
	heard(oldTicket("1"), oldTicket("2"), oldTicket("4"), longTicket)
	closeOf("one") // on the visit of a request that is out
	heard(oldTicket("1"), oldTicket("2"), longTicket)
	if err := l.Export(t.Context(), io.Discard, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	heard(longTicket)
	mustTamper(t, l, func(tx *bolt.Tx) error { return tx.Bucket(bucketLaunches).Put([]byte("x"), []byte("{")) })
	if _, err := l.CloseReturns(t.Context()); err == nil {
		t.Error("a launch that cannot be read is no error")
	}
}
