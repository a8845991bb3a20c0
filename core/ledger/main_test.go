package ledger

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp/cmpopts"
	bolt "go.etcd.io/bbolt"

	"countersign/core/home/hometest"
	"countersign/core/ledger/keyset"
	"countersign/core/request"
)

// roles are the functions that a test can run in another process, by name. Their arguments are the home
// and the name of the process. Those that write go on until they are done or killed.
var roles = map[string]hometest.Role{
	"add one":          func(_ context.Context, args []string) error { return withLedger(args[0], addOne(args[1])) },
	"append with turn": func(_ context.Context, args []string) error { return withLedger(args[0], appendMany(args[1])) },
	"append for ever":  func(_ context.Context, args []string) error { return withLedger(args[0], appendForEver(args[1])) },
	"hold the ledger":  func(ctx context.Context, args []string) error { return hold(ctx, args[0]) },
}

func TestMain(m *testing.M) { hometest.Main(m, roles) }

func withLedger(dir string, do func(context.Context, *Ledger) error) error {
	ctx := context.Background()
	l, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, l), l.Close())
}

func addOne(name string) func(context.Context, *Ledger) error {
	return func(ctx context.Context, l *Ledger) error {
		_, err := l.Append(ctx, Change{ID: request.ID(name), Events: []request.Event{added(name)}})
		return err
	}
}

// How many requests each writer of the concurrency test adds, and how many events it appends to the
// request that all of them share.
const (
	ownRequests   = 10
	sharedReturns = 10
	shared        = request.ID("shared")
)

// appendMany adds requests of its own, and appends to the shared one.
func appendMany(name string) func(context.Context, *Ledger) error {
	return func(ctx context.Context, l *Ledger) error {
		for i := range ownRequests {
			if err := addOne(fmt.Sprintf("%s-%d", name, i))(ctx, l); err != nil {
				return err
			}
		}
		for i := range sharedReturns {
			if err := noteReturn(ctx, l, fmt.Sprintf("%s-%d", name, i)); err != nil {
				return err
			}
		}
		return nil
	}
}

// noteReturn appends an event to the shared request, and tries again after each conflict.
func noteReturn(ctx context.Context, l *Ledger, ticket string) error {
	for {
		r, err := l.Get(ctx, shared)
		if err != nil {
			return err
		}
		_, err = l.Append(ctx, Change{ID: shared, Version: r.Version, Events: []request.Event{returned(ticket)}})
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// appendForEver adds request after request, and prints the id of each after it was stored.
func appendForEver(name string) func(context.Context, *Ledger) error {
	return func(ctx context.Context, l *Ledger) error {
		for i := 0; ; i++ {
			id := fmt.Sprintf("%s-%06d", name, i)
			if _, err := l.Append(ctx, Change{ID: request.ID(id), Events: []request.Event{added(id), launched(id, "t-"+id), returned("t-" + id)}}); err != nil {
				return err
			}
			fmt.Println(id)
		}
	}
}

// hold locks the lock file of the ledger, prints "held", and keeps the lock until ctx is done.
func hold(ctx context.Context, dir string) error {
	lock := flock.New(filepath.Join(dir, lockName))
	if err := lock.Lock(); err != nil {
		return err
	}
	fmt.Println("held")
	<-ctx.Done()
	return lock.Unlock()
}

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// clock returns a clock that advances by a second with each call, so that no two events have the
// same time. It must be used by one goroutine.
func clock() func() time.Time {
	now := start
	return func() time.Time { now = now.Add(time.Second); return now }
}

// mustOpen opens the ledger in dir, and closes it at the end of the test.
func mustOpen(t testing.TB, dir string, opts Options) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func mustNew(t testing.TB) *Ledger {
	t.Helper()
	return mustOpen(t, t.TempDir(), Options{Now: clock(), Exclusive: true})
}

// testKey is the key of the desk, and otherKey that of somebody else.
var (
	testKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	otherKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
)

// signing returns an Options.Signer that always has the key.
func signing(key crypto.Signer) func(context.Context) crypto.Signer {
	return func(context.Context) crypto.Signer { return key }
}

// mustNewSigned returns an empty ledger that signs with testKey.
func mustNewSigned(t testing.TB) *Ledger {
	t.Helper()
	return mustOpen(t, t.TempDir(), Options{Now: clock(), Exclusive: true, Signer: signing(testKey)})
}

// mustAppend appends events to a request, whatever its version is.
func mustAppend(t testing.TB, l *Ledger, id request.ID, events ...request.Event) request.Request {
	t.Helper()
	r, err := l.Get(t.Context(), id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	return mustChange(t, l, Change{ID: id, Version: r.Version, Events: events})[0]
}

func mustChange(t testing.TB, l *Ledger, changes ...Change) []request.Request {
	t.Helper()
	after, err := l.Append(t.Context(), changes...)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

func mustGet(t testing.TB, l *Ledger, id request.ID) request.Request {
	t.Helper()
	r, err := l.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustQuery(t testing.TB, l *Ledger, q Query) QueryPage {
	t.Helper()
	page, err := l.Query(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func mustAudit(t testing.TB, l *Ledger) Audit {
	t.Helper()
	return mustAuditWith(t, l, AuditOptions{Key: testKey.Public().(ed25519.PublicKey)})
}

func mustAuditWith(t testing.TB, l *Ledger, opts AuditOptions) Audit {
	t.Helper()
	a, err := l.Audit(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mustTamper changes the file without the ledger.
func mustTamper(t testing.TB, l *Ledger, how func(*bolt.Tx) error) {
	t.Helper()
	l.letGo()
	db, err := bolt.Open(filepath.Join(l.dir, FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(how), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// contents are all keys and values of a file, by bucket.
type contents map[string]map[string]string

// change adds a key to a key set, or removes it.
func change(tx *bolt.Tx, bucket, key []byte, add bool) error {
	if add {
		return keyset.In(tx.Bucket(bucket)).Update(nil, [][]byte{key})
	}
	return keyset.In(tx.Bucket(bucket)).Update([][]byte{key}, nil)
}

// mustRead reads the file without the ledger. Of a key set it has the keys, since sets with the same keys can have other blocks.
func mustRead(t testing.TB, l *Ledger) contents {
	t.Helper()
	all := contents{}
	l.letGo()
	db, err := bolt.Open(filepath.Join(l.dir, FileName), 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			all[string(name)] = map[string]string{}
			cursor := cursorOf(tx, name)
			for k, v := cursor.Seek(nil); k != nil; k, v = cursor.Next() {
				all[string(name)][string(k)] = string(v)
			}
			return cursor.err()
		})
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return all
}

// Options for lists whose order does not matter, and for lists that may be nil or empty.
var (
	sorted      = cmpopts.SortSlices(func(a, b string) bool { return a < b })
	emptyIsNil  = cmpopts.EquateEmpty()
	noAddresses = cmpopts.IgnoreFields(request.Visit{}, "URL", "ReturnURL") // no event has them
)

// brief is how long tests wait for a lock that stays held.
const brief = 20 * time.Millisecond

func ids(requests []request.Request) (all []request.ID) {
	for _, r := range requests {
		all = append(all, r.ID)
	}
	return all
}

func added(title string) request.Event {
	return request.Event{Kind: request.KindAdded, Added: &request.Added{
		Title: title, Gateway: "office", Documents: []request.Original{{Name: "lease.pdf", SHA256: "d1", Size: 10}},
	}}
}

func launched(id, ticket string) request.Event {
	return request.Event{Kind: request.KindLaunched, Visit: &request.Visit{
		ID: request.VisitIDOf(ticket), Gateway: "office", Requests: []request.ID{request.ID(id)},
		URL: "https://office.example/sign?back=" + ticket, ReturnURL: "http://127.0.0.1:1/return/" + ticket,
	}}
}

func returned(ticket string) request.Event {
	return request.Event{Kind: request.KindReturned, Return: &request.Return{VisitID: request.VisitIDOf(ticket)}}
}

func answered(ticket string, s request.Status) request.Event {
	return answeredFor(request.VisitIDOf(ticket), s)
}

func answeredFor(visit request.VisitID, s request.Status) request.Event {
	return request.Event{Kind: request.KindAnswered, Answer: &request.Answer{VisitID: visit, Status: s, Evidence: request.ByGateway, Message: "said " + string(s)}}
}

var (
	withdrawn = request.Event{Kind: request.KindWithdrawn, Reason: "not needed"}
	reopened  = request.Event{Kind: request.KindReopened}
)

func mustInt(t testing.TB, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func mustBase64(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
