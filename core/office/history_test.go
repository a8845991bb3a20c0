package office_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/request"
)

// TestHistoriesOfCrashingDesks has desks of an office append, catch up, and keep and hand in returns. Each may crash between any two steps of that.
// Whatever happens, what was acknowledged is in the register once, what was refused is not there, and all desks have the same register.
func TestHistoriesOfCrashingDesks(t *testing.T) {
	f := newFixture(t)
	var links []*office.Link
	for _, name := range []string{"front", "floor"} {
		links = append(links, f.join(f.login(name, f.made.Clerk, ""), name).Office)
	}
	if os.Getenv("COUNTERSIGN_SOAK") == "" && flag.Lookup("rapid.checks").Value.String() == "100" { // not set
		flag.Set("rapid.checks", "20")
		defer flag.Set("rapid.checks", "100")
	}
	folder, homes := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		cluster.MustExec(t, f.owner, f.owner, "DELETE FROM countersign.witnesses", "DELETE FROM countersign.events WHERE request <> 'office'",
			"UPDATE countersign.office SET (number, link) = (SELECT number, link FROM countersign.events ORDER BY number DESC LIMIT 1)")
		h := &crashHistory{T: rt, ctx: t.Context(), appends: map[string]end{}}
		for _, link := range links {
			homes++
			d := &crashDesk{link: link, dir: filepath.Join(folder, fmt.Sprint(homes)), kept: map[request.VisitID]bool{}}
			h.desks = append(h.desks, d)
			h.open(d)
		}
		defer h.closeAll()
		rt.Repeat(map[string]func(*rapid.T){
			"append":   h.append,
			"catch up": h.catchUp,
			"return":   h.keepReturn,
			"hand in":  h.handIn,
			"":         func(*rapid.T) {},
		})
		h.check()
	})
}

// end is how an append ended for the desk that has tried it.
type end int

const (
	crashed end = iota // the events are all there or not at all
	refused            // none is there
	done               // all are there
)

// crashHistory is what was tried at the desks of an office.
type crashHistory struct {
	*rapid.T
	ctx     context.Context
	desks   []*crashDesk
	count   int
	appends map[string]end // by mark: the first word of the reason of each of its events, the others being "1/2" or the like
}

// crashDesk is a desk that crashes when it has taken the last of its steps. It is then opened again.
type crashDesk struct {
	*ledger.Ledger
	link *office.Link
	dir  string

	steps int                // that it takes before it crashes; negative if it does not crash
	crash context.CancelFunc // ends the work that is under way

	kept map[request.VisitID]bool // returns that are in the outbox; false for those that may be there
}

var errCrash = errors.New("the desk has crashed")

// requestIDs are of the requests of a history.
var requestIDs = []request.ID{"a", "b", "c"}

var registerKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func (h *crashHistory) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *crashHistory) open(d *crashDesk) {
	h.Helper()
	membership := d.link.Ledger()
	membership.Server = &crashingServer{d, membership.Server}
	d.steps, d.crash = -1, func() {}
	err := os.MkdirAll(d.dir, 0o700)
	h.must(err)
	d.Ledger, err = ledger.Open(h.ctx, d.dir, ledger.Options{
		Exclusive: true, Office: membership, Now: func() time.Time { d.step(); return time.Now() },
		Signer: func(context.Context) crypto.Signer { d.step(); return registerKey },
	})
	h.must(err)
}

func (h *crashHistory) closeAll() {
	for _, d := range h.desks {
		h.must(d.Close())
	}
}

// step crashes the desk if it was its last one, and reports whether the desk has not crashed.
func (d *crashDesk) step() bool {
	if d.steps == 0 {
		d.crash()
		return false
	}
	d.steps--
	return true
}

// at has a desk do something that may crash at any of its steps, and opens the desk again then.
func (h *crashHistory) at(t *rapid.T, do func(ctx context.Context, d *crashDesk) error) (d *crashDesk, err error) {
	d = rapid.SampledFrom(h.desks).Draw(t, "desk")
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	d.steps, d.crash = rapid.IntRange(-1, 14).Draw(t, "steps"), cancel
	err = do(ctx, d)
	hasCrashed := d.steps == 0 && ctx.Err() != nil
	d.steps, d.crash = -1, func() {}
	if hasCrashed {
		h.must(d.Close())
		h.open(d)
	} else if err != nil && !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, request.ErrIllegal) {
		t.Fatal(err)
	}
	return d, err
}

// crashingServer is the server as a desk has it that may crash before and after each call.
type crashingServer struct {
	desk *crashDesk
	ledger.Server
}

// call calls the server. If the desk crashes after it, it does not have the answer.
func (s *crashingServer) call(ask func() error) error {
	if !s.desk.step() {
		return errCrash
	}
	err := ask()
	if !s.desk.step() {
		return errCrash
	}
	return err
}

func (s *crashingServer) Append(ctx context.Context, key uuid.UUID, read register.Head, events ...register.Event) (entries []register.Entry, err error) {
	err = s.call(func() error { entries, err = s.Server.Append(ctx, key, read, events...); return err })
	return entries, err
}

func (s *crashingServer) Entries(ctx context.Context, after, limit int) (entries []register.Entry, err error) {
	err = s.call(func() error { entries, err = s.Server.Entries(ctx, after, min(limit, 3)); return err })
	return entries, err
}

func (s *crashingServer) PutDocument(ctx context.Context, r io.Reader) (digest register.Hash, err error) {
	err = s.call(func() error { digest, err = s.Server.PutDocument(ctx, r); return err })
	return digest, err
}

func ticketOf(mark string) string { return "ticket-" + mark + strings.Repeat("x", 32) }

// append has a desk append events to one or two requests, which it may not have read up to their last event.
func (h *crashHistory) append(t *rapid.T) {
	h.count++
	mark := fmt.Sprintf("m%d", h.count)
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(requestIDs), 1, 2, rapid.ID).Draw(t, "requests")
	sent := false
	_, err := h.at(t, func(ctx context.Context, d *crashDesk) error {
		var changes []ledger.Change
		for _, id := range ids {
			r, err := d.Get(ctx, id)
			if err != nil && !errors.Is(err, ledger.ErrNotFound) {
				return err
			}
			changes = append(changes, ledger.Change{ID: id, Version: r.Version, Events: h.next(t, d, id, r, mark)})
		}
		total, n := 0, 0
		for _, c := range changes {
			total += len(c.Events)
		}
		for _, c := range changes {
			for i := range c.Events {
				n++
				c.Events[i].Reason = fmt.Sprintf("%s %d/%d", mark, n, total)
			}
		}
		sent = true
		after, err := d.Ledger.Append(ctx, changes...)
		if err == nil && len(after) != len(changes) {
			t.Errorf("%d requests after %d changes", len(after), len(changes))
		}
		return err
	})
	switch {
	case err == nil:
		h.appends[mark] = done
	case !sent, errors.Is(err, ledger.ErrConflict), errors.Is(err, request.ErrIllegal):
		h.appends[mark] = refused
	default:
		h.appends[mark] = crashed
	}
}

// next returns events that may follow in the history of a request.
func (h *crashHistory) next(t *rapid.T, d *crashDesk, id request.ID, r request.Request, mark string) []request.Event {
	e := request.Event{By: "somebody"}
	switch choice := rapid.IntRange(0, 2).Draw(t, "event"); {
	case r.Status == "":
		e.Kind, e.Added = request.KindAdded, &request.Added{Title: "Lease", Gateway: "office", RemoteID: "1"}
		if choice == 0 {
			digest, size, err := d.PutDocument(h.ctx, strings.NewReader("document of "+mark), 1<<10)
			h.must(err)
			e.Added.RemoteID, e.Added.Documents = "", []request.Original{{Name: "Lease.pdf", SHA256: digest, Size: size}}
		}
	case r.Status == request.Pending && choice == 0:
		ticket := ticketOf(mark + string(id))
		e.Kind, e.Visit = request.KindLaunched, &request.Visit{
			ID: request.VisitIDOf(ticket), Gateway: "office", Requests: []request.ID{id}, URL: "https://office.example/" + ticket, ReturnURL: "http://127.0.0.1:1/return/" + ticket,
		}
	case r.Status == request.Signing && choice == 0:
		e.Kind, e.By, e.Answer = request.KindAnswered, "", &request.Answer{VisitID: r.Visit.ID, Status: request.Failed, Evidence: request.ByGateway}
	case r.Status.Open() && choice == 1:
		e.Kind = request.KindWithdrawn
	case r.Status.Ended() && choice == 1:
		e.Kind = request.KindReopened
	default:
		e.Kind, e.Edited = request.KindEdited, &request.Edited{Title: "Lease " + mark}
		return []request.Event{e, e}
	}
	return []request.Event{e}
}

func (h *crashHistory) catchUp(t *rapid.T) {
	_, _ = h.at(t, func(ctx context.Context, d *crashDesk) error { return d.CatchUp(ctx) })
}

// keepReturn has a desk keep what a browser brought back from a visit.
func (h *crashHistory) keepReturn(t *rapid.T) {
	var visit request.VisitID
	d, err := h.at(t, func(ctx context.Context, d *crashDesk) error {
		r, err := d.Get(ctx, rapid.SampledFrom(requestIDs).Draw(t, "request"))
		if errors.Is(err, ledger.ErrNotFound) || err == nil && r.Visit == nil {
			return nil
		} else if err != nil {
			return err
		}
		visit = r.Visit.ID
		return d.KeepReturn(ctx, ledger.KeptReturn{At: time.Now(), Return: request.Return{VisitID: visit}})
	})
	if visit != "" && (err == nil || !d.kept[visit]) {
		d.kept[visit] = err == nil
	}
}

// handIn has a desk hand in what is in its outbox.
func (h *crashHistory) handIn(t *rapid.T) {
	removed := map[request.VisitID]bool{}
	d, _ := h.at(t, func(ctx context.Context, d *crashDesk) error {
		kept, err := d.KeptReturns(ctx)
		if err != nil {
			return err
		}
		for _, k := range kept {
			removed[k.Return.VisitID] = true
			if err := d.RemoveReturn(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
	for visit := range removed {
		d.kept[visit] = false
	}
}

// check checks what all desks have, once they have caught up.
func (h *crashHistory) check() {
	var first map[request.ID]request.Request
	for _, d := range h.desks {
		h.must(d.CatchUp(h.ctx))
		status, err := d.link.Status(h.ctx)
		h.must(err)
		if head, err := d.Head(h.ctx); err != nil || head.Count != status.Entries {
			h.Fatalf("read %d of %d entries, %v", head.Count, status.Entries, err)
		}
		audit, err := d.Audit(h.ctx, ledger.AuditOptions{Key: registerKey.Public().(ed25519.PublicKey)})
		if err != nil || audit.Fault != nil {
			h.Fatalf("%+v, %v", audit.Fault, err)
		}
		unfit, err := d.Unfit(h.ctx)
		if err != nil || len(unfit) > 0 {
			h.Fatalf("%+v, %v", unfit, err)
		}
		requests := h.checkAppends(d)
		if first == nil {
			first = requests
		}
		if diff := cmp.Diff(first, requests, withoutAddresses); diff != "" {
			h.Fatalf("the desks differ:\n%s", diff)
		}
		h.checkOwn(d, requests)
	}
}

var withoutAddresses = cmp.FilterPath(func(p cmp.Path) bool {
	return slices.Contains([]string{"URL", "ReturnURL", "Unheard"}, strings.TrimPrefix(p.Last().String(), "."))
}, cmp.Ignore())

// checkAppends checks that the events of each append are there as it has ended, and returns the requests.
func (h *crashHistory) checkAppends(d *crashDesk) map[request.ID]request.Request {
	there, totals := map[string]int{}, map[string]string{}
	requests := map[request.ID]request.Request{}
	for _, id := range requestIDs {
		r, err := d.Get(h.ctx, id)
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		h.must(err)
		requests[id] = r
		events, err := d.Events(h.ctx, id)
		h.must(err)
		for _, e := range events {
			mark, _, _ := strings.Cut(e.Reason, " ")
			_, totals[mark], _ = strings.Cut(e.Reason, "/")
			there[mark]++
		}
	}
	for mark, end := range h.appends {
		n := there[mark]
		if n > 0 && fmt.Sprint(n) != totals[mark] || n == 0 && end == done || n > 0 && end == refused {
			h.Fatalf("the append %s ended as %d, and of its %s events %d are there", mark, end, totals[mark], n)
		}
	}
	return requests
}

// checkOwn checks what only the desk has: the returns in its outbox, and the addresses of its visits.
func (h *crashHistory) checkOwn(d *crashDesk, requests map[request.ID]request.Request) {
	kept, err := d.KeptReturns(h.ctx)
	h.must(err)
	found := map[request.VisitID]bool{}
	for _, k := range kept {
		if found[k.Return.VisitID] {
			h.Fatal("a return is kept twice")
		}
		found[k.Return.VisitID] = true
	}
	for visit, sure := range d.kept {
		if sure && !found[visit] {
			h.Fatal("a return that was kept is lost")
		}
	}
	for id, r := range requests {
		if r.Status == request.Signing && (r.Visit.ReturnURL != "") != (r.Desk == d.Desk()) {
			h.Fatalf("%s is signed at the desk %s; this one, %s, has the return address %q", id, r.Desk, d.Desk(), r.Visit.ReturnURL)
		}
	}
}
