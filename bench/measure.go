package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"countersign/core/ledger"
)

// smallSize is the number of requests that larger ledgers are compared with.
const smallSize = 10_000

// bench is a run of the program.
type bench struct {
	ctx     context.Context
	dir     string // of everything that is made; it is empty at the beginning unless ledgers of an earlier run are used again
	root    string // of the checkout
	commit  string
	figures []figure
	loaded  map[string]time.Duration // how long it took in this run to fill the ledger in a folder
}

// record adds a figure and prints it.
func (b *bench) record(l line, n int, ours, floor quantity) {
	f := figure{line: l, size: noSize, ours: ours, floor: floor, commit: b.commit}
	if n > 0 {
		f.size = formatSize(n)
	}
	b.figures = append(b.figures, f)
	c := f.cells()
	fmt.Printf("%-46s %-12s %14s  %14s  %9s  %7s  %s\n", c[0], c[1], c[2], c[4], c[5], c[6], c[7])
}

// officeOf returns the office of a size, whose requests have their whole lives or, if additions is set, one event each.
func officeOf(n int, additions bool) office {
	return office{seed: 1, requests: n, additions: additions}
}

// mostLives is how many requests have their whole lives at most. The disk has no room for more of them.
const mostLives = 2_000_000

// largeOffice returns the office of a size whose requests have their whole lives, or one event each where that would be too many.
func (b *bench) largeOffice(n int) office {
	return officeOf(n, n > mostLives)
}

// folder returns the folder of a ledger that is kept until the end of the run.
func (b *bench) folder(o office) string {
	kind := "lives"
	if o.additions {
		kind = "additions"
	}
	return filepath.Join(b.dir, fmt.Sprintf("%s-%d", kind, o.requests))
}

// ledgerOf returns the folder of the ledger of an office, which it fills unless that was done before. Nobody may change it.
func (b *bench) ledgerOf(o office) (dir string, err error) {
	dir = b.folder(o)
	if _, err := os.Stat(filepath.Join(dir, ledger.FileName)); err == nil {
		return dir, nil
	}
	unfinished := dir + ".new"
	if err := errors.Join(os.RemoveAll(unfinished), os.MkdirAll(unfinished, 0o700)); err != nil {
		return "", err
	}
	t, err := took(func() error { return load(b.ctx, unfinished, o) })
	if err != nil {
		return "", err
	}
	b.loaded[dir] = t
	return dir, os.Rename(unfinished, dir)
}

// open opens the ledger in a folder.
func (b *bench) open(dir string) (*ledger.Ledger, error) {
	return ledger.Open(b.ctx, dir, ledger.Options{Exclusive: true, NoOlder: true})
}

// with opens the ledger of an office, calls the function do with it, and closes it.
func (b *bench) with(o office, do func(l *ledger.Ledger, dir string) error) error {
	dir, err := b.ledgerOf(o)
	if err != nil {
		return err
	}
	l, err := b.open(dir)
	if err != nil {
		return err
	}
	return errors.Join(do(l, dir), l.Close())
}

// copyOf copies the ledger of an office into the folder dir, which must be there.
func (b *bench) copyOf(o office, dir string) error {
	from, err := b.ledgerOf(o)
	if err != nil {
		return err
	}
	_, err = copyFile(filepath.Join(from, ledger.FileName), filepath.Join(dir, ledger.FileName))
	return err
}

// inScratch calls the function do with an empty folder, and removes it.
func (b *bench) inScratch(do func(dir string) error) error {
	dir, err := os.MkdirTemp(b.dir, "scratch-")
	if err != nil {
		return err
	}
	return errors.Join(do(dir), os.RemoveAll(dir))
}

// took returns how long a function takes.
func took(do func() error) (time.Duration, error) {
	start := time.Now()
	err := do()
	return time.Since(start), err
}

// alternate calls two functions in turns, that many times, and returns the median time of each. Whatever else the machine does then
// concerns both.
func alternate(times int, ours, floor func() error) (ofOurs, ofFloor time.Duration, err error) {
	all := [2][]time.Duration{}
	for range times {
		for i, do := range []func() error{ours, floor} {
			t, err := took(do)
			if err != nil {
				return 0, 0, err
			}
			all[i] = append(all[i], t)
		}
	}
	return median(all[0]), median(all[1]), nil
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// rounds returns how often something is repeated at a size: what takes seconds at most sizes is done once at the largest.
func rounds(n int) int {
	if n <= 100_000 {
		return 5
	}
	return 1
}

// copyFile copies a file, waits until the copy is on the disk, and returns its size.
func copyFile(from, to string) (size int64, err error) {
	in, err := os.Open(from) // #nosec G304 -- a file of this run
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // #nosec G304 -- a file of this run
	if err != nil {
		return 0, err
	}
	// Without this wrapper the kernel would copy, on some file systems without reading a byte.
	size, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, make([]byte, 1<<20))
	return size, errors.Join(err, out.Sync(), out.Close())
}

// peakHeap runs a function and returns how much the heap grew meanwhile, at most. It looks now and then, and at the end, because a function may
// have returned before the second look.
func peakHeap(do func() error) (bytes uint64, err error) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for ended := false; !ended; {
			select {
			case <-stop:
				ended = true
			case <-tick.C:
			}
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak.Store(max(peak.Load(), now.HeapAlloc))
		}
	}()
	err = do()
	close(stop)
	<-stopped
	return max(peak.Load(), before.HeapAlloc) - before.HeapAlloc, err
}
