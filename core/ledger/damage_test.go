package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

// seen is what is in a ledger.
type seen struct {
	Requests []request.Request
	Events   [][]request.Event
	Fault    *Fault
}

// readAll reads and checks everything of a ledger.
func readAll(ctx context.Context, l *Ledger) (s seen, err error) {
	page, err := l.Query(ctx, Query{})
	errs := []error{err}
	for _, r := range page.Requests {
		events, err := l.Events(ctx, r.ID)
		s.Requests, s.Events = append(s.Requests, r), append(s.Events, events)
		errs = append(errs, err)
	}
	_, err = l.CountByStatus(ctx, Both, Both)
	errs = append(errs, err)
	_, err = l.Unfinished(ctx)
	errs = append(errs, err)
	_, err = l.QuickCheck(ctx, 1000)
	errs = append(errs, err)
	found, err := l.Audit(ctx, AuditOptions{Key: testKey.Public().(ed25519.PublicKey)})
	s.Fault = found.Fault
	return s, errors.Join(append(errs, err)...)
}

// soak returns n, and as many as COUNTERSIGN_SOAK says if that is set.
func soak(n int) int {
	if more, err := strconv.Atoi(os.Getenv("COUNTERSIGN_SOAK")); err == nil && more > n {
		return more
	}
	return n
}

// newSmall returns a signed ledger of some requests, and the content of its file.
func newSmall(t testing.TB) (*Ledger, []byte) {
	l, _, _ := mustNewWovenSigned(t)
	for i := range 40 {
		mustAppend(t, l, request.ID(fmt.Sprintf("r%03d", i)), added(fmt.Sprintf("Title %d", i)))
	}
	content, err := os.ReadFile(filepath.Join(l.dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	return l, content
}

// bitIn returns the place of a byte in a file, half of the time at the beginning of a page, where its structure is.
func bitIn(random *rand.Rand, size int) (at int, bit byte) {
	at, bit = random.IntN(size), byte(1)<<random.IntN(8)
	if random.IntN(2) == 0 {
		at = at/os.Getpagesize()*os.Getpagesize() + random.IntN(80)
	}
	return at, bit
}

// unheardIsSaid takes a visit whose address is lost for the visit with its address: [request.Visit.Unheard] says that the browser's return
// is not heard, and the request is shown so.
var unheardIsSaid = cmp.Comparer(func(a, b request.Visit) bool {
	if a.Unheard != b.Unheard {
		a.URL, a.ReturnURL, a.Unheard = b.URL, b.ReturnURL, b.Unheard
	}
	return reflect.DeepEqual(a, b)
})

// TestAFlippedBitIsFoundOrHarmless changes one bit of a ledger at many places. Each time the ledger shows what was written, or says that
// it is damaged; and a write is refused, or destroys nothing.
func TestAFlippedBitIsFoundOrHarmless(t *testing.T) {
	good, content := newSmall(t)
	want, err := readAll(t.Context(), good)
	if err != nil || want.Fault != nil {
		t.Fatal(want.Fault, err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, documentsDir), os.DirFS(filepath.Join(good.dir, documentsDir))); err != nil {
		t.Fatal(err)
	}
	try := func() (problem string) {
		var log bytes.Buffer
		l, err := Open(t.Context(), dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey), Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			if !strings.Contains(err.Error(), "restore it from a backup") {
				return "it is not opened: " + err.Error()
			}
			return ""
		}
		defer l.Close()
		before, err := readAll(t.Context(), l)
		sound := err == nil && before.Fault == nil
		if sound && !cmp.Equal(before, want, unheardIsSaid) && !strings.Contains(log.String(), "one of the two heads") {
			return "something is lost, and nobody says so"
		}
		if _, err := l.Append(t.Context(), Change{ID: "new", Events: []request.Event{added("New")}}); err != nil || !sound {
			return ""
		}
		after, err := readAll(t.Context(), l)
		if errors.Is(err, ErrDamaged) {
			return "" // the key of a branch was altered within its range: the write damaged a page, which is said
		}
		if err == nil && after.Fault != nil && slices.Contains([]string{string(bucketSortKeys), string(bucketTerms)}, after.Fault.List) {
			return "" // the same in a key set: the audit says so, and a rebuild makes the set anew
		}
		if err != nil || after.Fault != nil {
			return fmt.Sprintf("after a write it is damaged: %+v, %v", after.Fault, err)
		}
		if i := slices.IndexFunc(after.Requests, func(r request.Request) bool { return r.ID == "new" }); i < 0 || !cmp.Equal(slices.Delete(after.Requests, i, i+1), before.Requests) {
			return "after a write the requests are others"
		}
		return ""
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range soak(100) {
		damaged := slices.Clone(content)
		at, bit := bitIn(random, len(damaged))
		damaged[at] ^= bit
		if err := os.WriteFile(filepath.Join(dir, FileName), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		result := make(chan string, 1)
		go func() { result <- try() }()
		select {
		case problem := <-result:
			if problem != "" {
				t.Errorf("bit %#x of byte %d: %s", bit, at, problem)
			}
		case <-time.After(time.Minute):
			t.Fatalf("bit %#x of byte %d: it hangs", bit, at)
		}
	}
}

// TestTheStructureOfAFileIsChecked damages the structure of a ledger's file in many ways.
func TestTheStructureOfAFileIsChecked(t *testing.T) {
	_, content := newSmall(t)
	check := func(content []byte) (bool, error) {
		return checkStructure(bytes.NewReader(content), int64(len(content)))
	}
	if half, err := check(content); half || err != nil {
		t.Fatal(half, err)
	}
	page := os.Getpagesize()
	for n := range len(content) / page {
		if _, err := check(content[:n*page]); err == nil && n*page < len(content)/2 {
			t.Errorf("cut after page %d: no error", n)
		}
		zeroed := slices.Clone(content)
		clear(zeroed[n*page : (n+1)*page])
		if half, err := check(zeroed); half != (n < 2) || n < 2 && err != nil {
			t.Errorf("page %d zeroed: %v, %v", n, half, err)
		}
	}
	zeroed := make([]byte, len(content))
	if _, err := check(zeroed); !errors.Is(err, errStructure) {
		t.Error(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range soak(2000) {
		damaged := slices.Clone(content)
		at, bit := bitIn(random, len(damaged))
		damaged[at] ^= bit
		if half, err := check(damaged); half || err != nil {
			found++
		}
	}
	if found < 200 {
		t.Errorf("only %d bits were found", found)
	}
}

// TestABucketOrFreeListOfAnySizeIsRefused damages the sizes by which bbolt allocates memory: a single bit there asks for gigabytes.
func TestABucketOrFreeListOfAnySizeIsRefused(t *testing.T) {
	good, content := newSmall(t)
	metas, err := readMetas(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	head := newest(metas)
	refuses := func(what string, damage func(content []byte)) {
		damaged := slices.Clone(content)
		damage(damaged)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open(t.Context(), dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey)})
		if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 16<<20 {
			t.Errorf("%s: %d MiB were allocated", what, (after.TotalAlloc-before.TotalAlloc)>>20)
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	root, free := int64(head.root)*head.pageSize, int64(head.freelist)*head.pageSize
	for i := range int64(order.Uint16(content[root+10:])) {
		for _, bit := range []uint32{1 << 20, 1 << 29, 1 << 31} {
			at := root + pageHeader + i*elementSize + 12
			refuses(fmt.Sprintf("bucket %d, size with bit %#x", i, bit), func(content []byte) {
				order.PutUint32(content[at:], order.Uint32(content[at:])^bit)
			})
		}
	}
	for _, count := range []uint64{1 << 16, 1 << 30, 1 << 40, 1 << 63} {
		refuses(fmt.Sprintf("%d free pages", count), func(content []byte) {
			order.PutUint16(content[free+10:], manyFree)
			order.PutUint64(content[free+pageHeader:], count)
		})
	}
	refuses("more pages than there are", func(content []byte) { order.PutUint32(content[free+12:], 1<<31) })
	if l := mustOpen(t, good.dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey)}); l.Damage() != nil {
		t.Error("the sound file is refused:", l.Damage())
	}
}

func FuzzStructure(f *testing.F) {
	_, content := newSmall(f)
	f.Add(uint32(20), []byte{1})
	f.Add(uint32(3*4096+10), []byte{255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, at uint32, with []byte) {
		damaged := slices.Clone(content)
		copy(damaged[int(at)%len(damaged):], with)
		_ = checkSizes(bytes.NewReader(damaged), int64(len(damaged)))
		_, _ = checkStructure(bytes.NewReader(damaged), int64(len(damaged)))
		_, _ = checkStructure(io.NewSectionReader(bytes.NewReader(damaged), 0, int64(at)%int64(len(damaged))), int64(len(damaged)))
	})
}

// TestADamagedLedgerIsOnlyRead checks that what can still be read is shown, that nothing is written, and that the file stays as it is.
func TestADamagedLedgerIsOnlyRead(t *testing.T) {
	good, content := newSmall(t)
	want, err := readAll(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	metas, err := readMetas(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(metas) != 2 {
		t.Fatal(metas, err)
	}
	newest := metas[0]
	if metas[1].transaction > newest.transaction {
		newest = metas[1]
	}
	content[int64(newest.freelist)*newest.pageSize+pageHeader] ^= 1 // another page is said to be free
	path := filepath.Join(good.dir, FileName)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, good.dir, Options{Now: clock(), Exclusive: true, Signer: signing(testKey)})
	if got, err := readAll(t.Context(), l); !errors.Is(err, l.Damage()) || !cmp.Equal(got.Requests, want.Requests) || !cmp.Equal(got.Events, want.Events) {
		t.Errorf("it shows something else: %v", err)
	}
	for what, err := range map[string]error{
		"damage": l.Damage(),
		"append": func() error {
			_, err := l.Append(t.Context(), Change{ID: "new", Events: []request.Event{added("New")}})
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), "is damaged: restore it from a backup") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, content) {
		t.Error("the file was changed", err)
	}
	if err := l.Rebuild(t.Context()); err != nil || l.Damage() != nil {
		t.Fatal("rebuild:", err, l.Damage())
	}
	mustAppend(t, l, "new", added("New"))
	if found := mustAudit(t, l); found.Fault != nil {
		t.Errorf("after a rebuild: %+v", found.Fault)
	}
}

func TestADamagedLedgerNamesItsNewestBackup(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), bytes.Repeat([]byte("x"), 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	for newest, want := range map[string]string{"/backups/today.tar.gz": "restore --with-trust --with-gateways /backups/today.tar.gz", "": "restore it from a backup"} {
		_, err := Open(t.Context(), dir, Options{NewestBackup: func() string { return newest }})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("newest %q: %v", newest, err)
		}
	}
}
