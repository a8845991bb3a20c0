package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/request"
)

// fill adds requests without documents quickly.
func (r *rig) fill(n int) {
	r.Helper()
	for n > 0 {
		var changes []ledger.Change
		for range min(n, 1000) {
			id := r.Rig.Config.NewID()
			changes = append(changes, ledger.Change{ID: id, Events: []request.Event{{
				Kind: request.KindAdded, Added: &request.Added{Title: "Lease " + string(id), Gateway: "one", RemoteID: string(id)},
			}}})
		}
		_, err := r.Ledger.Append(r.Context(), changes...)
		r.Must(err)
		n -= len(changes)
	}
}

// silently is a progress function that does nothing.
func silently(int, int) {}

// exportedIDs reads the ids of an exported file.
func exportedIDs(t testing.TB, path string) []string {
	t.Helper()
	file, err := os.ReadFile(path)
	var records []struct{ ID string }
	if err == nil {
		err = json.Unmarshal(file, &records)
	}
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestAnExportHasWhatWasAskedForInItsOrder(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.fill(1)
	}
	_, err := r.Withdraw(t.Context(), "r2", "")
	r.Must(err)
	folder := t.TempDir()
	for name, c := range map[string]struct {
		table Table
		want  []string
	}{
		"all":       {Table{}, []string{"r2", "r3", "r1"}},
		"in order":  {Table{Query: ledger.Query{Order: ledger.ByCreated, Reverse: true}}, []string{"r1", "r2", "r3"}},
		"a status":  {Table{Query: ledger.Query{Statuses: []request.Status{request.Pending}}}, []string{"r3", "r1"}},
		"a search":  {Table{Query: ledger.Query{Search: "r1", Limit: 1, Skip: 7}}, []string{"r1"}},
		"these":     {Table{IDs: []request.ID{"r3", "r2"}}, []string{"r3", "r2"}},
		"none":      {Table{IDs: []request.ID{}}, nil},
		"no longer": {Table{Query: ledger.Query{To: r.Advance(0).AddDate(-1, 0, 0)}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.table.Path = filepath.Join(folder, name+".json")
			done, total := -1, -1
			n, err := r.Export(t.Context(), c.table, func(d, of int) { done, total = d, of })
			r.Must(err)
			if got := exportedIDs(t, c.table.Path); !slices.Equal(got, c.want) || n != len(c.want) {
				t.Errorf("%d: %q, not %q", n, got, c.want)
			}
			if len(c.want) > 0 && (done != len(c.want) || total != len(c.want)) {
				t.Errorf("told %d of %d", done, total)
			}
			if info, err := os.Stat(c.table.Path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != umasked {
				t.Errorf("its mode is %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestWhatChangesWhileItIsExportedIsInItOnce(t *testing.T) {
	r := newRig(t)
	const n = 6000 // several times as many as are read in one transaction
	r.fill(n)
	for _, order := range []struct {
		name string
		q    ledger.Query
	}{
		{"last changed first", ledger.Query{}},
		{"first changed first", ledger.Query{Reverse: true}},
		{"by status", ledger.Query{Order: ledger.ByStatus}},
		{"of a status", ledger.Query{Statuses: []request.Status{request.Pending, request.Withdrawn}}},
	} {
		t.Run(order.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "all.json")
			changed := 0
			_, err := r.Export(t.Context(), Table{Path: path, Query: order.q}, func(done, _ int) {
				if done == tableStep && changed == 0 { // some that are written, some that were read, and some that were not
					for i := 1; i <= n; i += n / 24 {
						id := request.ID(fmt.Sprintf("r%d", i))
						_, err := r.Withdraw(t.Context(), id, "")
						r.Must(err)
						_, err = r.Reopen(t.Context(), id)
						r.Must(err)
						changed++
					}
				}
			})
			r.Must(err)
			ids := exportedIDs(t, path)
			slices.Sort(ids)
			if got := len(slices.Compact(slices.Clone(ids))); changed == 0 || len(ids) != n || got != len(ids) {
				t.Errorf("%d rows of %d requests, out of %d, while %d changed", len(ids), got, n, changed)
			}
		})
	}
}

func TestAnExportThatIsStoppedLeavesNothing(t *testing.T) {
	r := newRig(t)
	r.fill(3 * tableStep)
	folder := t.TempDir()
	ids, err := r.Ledger.IDs(t.Context(), ledger.Query{}, 2*tableStep)
	r.Must(err)
	for _, table := range []Table{{}, {IDs: ids}} {
		ctx, stop := context.WithCancel(t.Context())
		table.Path = filepath.Join(folder, "all.xlsx")
		if _, err := r.Export(ctx, table, func(int, int) { stop() }); !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
		stop()
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestAnExportReplacesNothingUnlessItIsToldTo(t *testing.T) {
	r := newRig(t)
	r.fill(1)
	folder := t.TempDir()
	path := filepath.Join(folder, "all.json")
	r.Must(os.WriteFile(path, []byte("mine"), 0o644))
	if _, err := r.Export(t.Context(), Table{Path: path}, silently); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
	if left, err := os.ReadFile(path); err != nil || string(left) != "mine" {
		t.Errorf("it holds %.10q, %v", left, err)
	}
	_, err := r.Export(t.Context(), Table{Path: path, Replace: true}, silently)
	r.Must(err)
	if ids := exportedIDs(t, path); len(ids) != 1 {
		t.Errorf("it holds %q", ids)
	}
	for what, bad := range map[string]Table{
		"a folder in its place":  {Path: filepath.Join(folder, "folder.csv"), Replace: true},
		"no folder":              {Path: filepath.Join(folder, "nowhere", "a.csv")},
		"no whole path":          {Path: "a.csv"},
		"no format":              {Path: filepath.Join(folder, "a.txt")},
		"the desk's own folder":  {Path: filepath.Join(r.Dir.Path(), "secrets.json"), Replace: true},
		"a request there is not": {Path: filepath.Join(folder, "b.csv"), IDs: []request.ID{"r1", "r99"}},
		"no order":               {Path: filepath.Join(folder, "c.csv"), Query: ledger.Query{Order: 77}},
	} {
		if what == "a folder in its place" {
			r.Must(os.Mkdir(bad.Path, 0o700))
		}
		if _, err := r.Export(t.Context(), bad, silently); err == nil || strings.Contains(err.Error(), ".countersign-") || errors.Is(err, ErrTaken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, ".*"))
	r.Must(err)
	more, err := filepath.Glob(filepath.Join(folder, "*"))
	r.Must(err)
	if len(files) != 0 || len(more) != 2 {
		t.Errorf("left behind: %q %q", files, more)
	}
}

// A request that was decoded for a row and the row itself lie in memory that is used again.
func TestARowOfCSVTakesFewAllocations(t *testing.T) {
	r := newRig(t)
	const n = 3000
	r.fill(n)
	table := Table{Path: filepath.Join(t.TempDir(), "all.csv"), Query: ledger.Query{Order: ledger.ByCreated}, Replace: true}
	all := testing.AllocsPerRun(1, func() {
		if written, err := r.Export(t.Context(), table, silently); err != nil || written != n {
			t.Fatal(written, err)
		}
	})
	if of := all / n; of > 0.9 {
		t.Errorf("%.2f allocations of a row", of)
	}
}

func TestTheMemoryOfAnExportDoesNotGrowWithTheLedger(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills a ledger: run the tests without -short")
	}
	r := newRig(t)
	peak := func() uint64 {
		var most uint64
		_, err := r.Export(t.Context(), Table{Path: filepath.Join(t.TempDir(), "all.xlsx")}, func(int, int) {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		})
		r.Must(err)
		return most
	}
	// Keeping the requests would take some 9 MB; the rest of the heap varies by up to 4 MB.
	r.fill(1000)
	few := peak()
	r.fill(19_000)
	many := peak()
	if many > few+6<<20 {
		t.Errorf("%d bytes for few, %d for twenty times as many", few, many)
	}
}
