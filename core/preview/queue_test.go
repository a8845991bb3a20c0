package preview

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDrawer replaces PDFium in tests of the queue and of timing.
type fakeDrawer struct {
	hold chan struct{} // unless nil, each page waits for a receive from it

	mu sync.Mutex
	drawerState
}

type drawerState struct {
	drawn   []string
	stopped int
	running bool
}

func (b *fakeDrawer) state() drawerState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.drawerState
}

func (b *fakeDrawer) draw(ctx context.Context, path string, _, width int) (Page, error) {
	b.mu.Lock()
	b.running = true
	b.drawn = append(b.drawn, filepath.Base(path))
	b.mu.Unlock()
	if b.hold != nil {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return Page{}, ctx.Err()
		}
	}
	return Page{Image: image.NewRGBA(image.Rect(0, 0, width, width)), Pages: 1}, nil
}

func (b *fakeDrawer) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = false
	b.stopped++
}

func start(b *fakeDrawer, idle time.Duration) *Renderer {
	ctx, cancel := context.WithCancel(context.Background())
	return open(ctx, cancel, idle, b)
}

func writeFiles(t *testing.T, names ...string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

func TestIdle(t *testing.T) {
	paths := writeFiles(t, "a", "b")
	synctest.Test(t, func(t *testing.T) {
		b := &fakeDrawer{}
		r := start(b, 30*time.Second)
		defer r.Close()
		time.Sleep(time.Hour)
		synctest.Wait()
		if now := b.state(); now.running || now.stopped != 0 {
			t.Fatal("something drawerState before the first page")
		}
		for _, path := range paths {
			if _, err := r.FirstPage(t.Context(), path, 10); err != nil {
				t.Fatal(err)
			}
			time.Sleep(29 * time.Second)
			synctest.Wait()
			if !b.state().running {
				t.Fatal("given back too early")
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if now := b.state(); now.running || now.stopped != 1 {
			t.Fatalf("running %t, stopped %d times", now.running, now.stopped)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if now := b.state(); now.stopped != 1 {
			t.Errorf("stopped %d times", now.stopped)
		}
		if _, err := r.FirstPage(t.Context(), paths[0], 10); err != nil || !b.state().running {
			t.Errorf("not started again, or the picture was kept: %v", err)
		}
	})
}

func TestQueue(t *testing.T) {
	paths := writeFiles(t, "a", "b", "c", "d")
	synctest.Test(t, func(t *testing.T) {
		b := &fakeDrawer{hold: make(chan struct{})}
		r := start(b, time.Minute)
		defer r.Close()
		errs := make([]error, len(paths))
		var cancels []context.CancelFunc
		for i, path := range paths {
			ctx, cancel := context.WithCancel(t.Context())
			cancels = append(cancels, cancel)
			go func() { _, errs[i] = r.FirstPage(ctx, path, 10) }()
			synctest.Wait()
		}
		cancels[1]()
		synctest.Wait()
		if !errors.Is(errs[1], context.Canceled) {
			t.Errorf("a call that was canceled in the queue: %v", errs[1])
		}
		b.hold <- struct{}{} // a
		synctest.Wait()
		cancels[2]()         // while it is drawn
		b.hold <- struct{}{} // d
		synctest.Wait()
		for _, cancel := range cancels {
			cancel()
		}
		if got, want := b.state().drawn, []string{"a", "c", "d"}; !slices.Equal(got, want) {
			t.Errorf("drawn %v, want %v", got, want)
		}
		if errs[0] != nil || !errors.Is(errs[2], context.Canceled) || errs[3] != nil {
			t.Errorf("%v", errs)
		}
	})
}

// TestCanceledAtTheHandOver sends the job of a call that is canceled at the moment of its turn.
func TestCanceledAtTheHandOver(t *testing.T) {
	b := &fakeDrawer{}
	r := start(b, time.Minute)
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answers := make(chan answer, 1)
	r.jobs <- job{ctx: ctx, answer: answers}
	if a := <-answers; !errors.Is(a.err, context.Canceled) || len(b.state().drawn) > 0 {
		t.Errorf("%v, drawn %v", a.err, b.state().drawn)
	}
}

func TestClose(t *testing.T) {
	paths := writeFiles(t, "a", "b")
	synctest.Test(t, func(t *testing.T) {
		b := &fakeDrawer{hold: make(chan struct{}, 1)}
		r := start(b, time.Minute)
		errs := make([]error, len(paths))
		for i, path := range paths {
			go func() { _, errs[i] = r.FirstPage(t.Context(), path, 10) }()
			synctest.Wait()
		}
		// The fake drawer does not notice Close by itself. PDFium does; TestCloseStopsRendering tests that.
		closed := make(chan struct{})
		go func() {
			r.Close()
			close(closed)
		}()
		synctest.Wait()
		for _, err := range errs {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%v, want %v", err, ErrClosed)
			}
		}
		b.hold <- struct{}{}
		<-closed
		if now := b.state(); now.stopped != 1 {
			t.Errorf("stopped %d times", now.stopped)
		}
		if _, err := r.FirstPage(t.Context(), paths[0], 10); err != ErrClosed {
			t.Errorf("after Close: %v", err)
		}
		r.Close()
	})
}

func TestSamePageIsDrawnOnce(t *testing.T) {
	paths := writeFiles(t, "a")
	synctest.Test(t, func(t *testing.T) {
		b := &fakeDrawer{hold: make(chan struct{})}
		r := start(b, time.Minute)
		defer r.Close()
		for range 3 {
			go func() { _, _ = r.FirstPage(t.Context(), paths[0], 10) }()
		}
		synctest.Wait()
		b.hold <- struct{}{}
		synctest.Wait()
		if drawn := b.state().drawn; len(drawn) != 1 {
			t.Errorf("drawn %d times", len(drawn))
		}
	})
}

func TestChangedFileIsDrawnAgain(t *testing.T) {
	path := writeFiles(t, "a")[0]
	b := &fakeDrawer{}
	r := start(b, time.Minute)
	defer r.Close()
	draw := func() {
		t.Helper()
		if _, err := r.FirstPage(t.Context(), path, 10); err != nil {
			t.Fatal(err)
		}
	}
	draw()
	draw()
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	draw()
	if err := os.WriteFile(path, []byte("longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	draw()
	if drawn := b.state().drawn; len(drawn) != 3 {
		t.Errorf("drawn %d times, want 3", len(drawn))
	}
}

func TestLRUCache(t *testing.T) {
	page := func(side int) Page { return Page{Image: image.NewRGBA(image.Rect(0, 0, side, side))} }
	s := newLRUCache(3 * 4 * 10 * 10)
	names := []key{{path: "a"}, {path: "b"}, {path: "c"}, {path: "d"}}
	for _, name := range names[:3] {
		s.put(name, page(10))
	}
	if _, ok := s.get(names[0]); !ok {
		t.Fatal("a page that fits is gone")
	}
	s.put(names[3], page(10)) // b is the least recently used
	for i, want := range []bool{true, false, true, true} {
		if _, ok := s.get(names[i]); ok != want {
			t.Errorf("%s is there: %t", names[i].path, ok)
		}
	}
	s.put(key{path: "too large"}, page(100))
	if s.used != 0 || s.order.Len() != 0 || len(s.entries) != 0 {
		t.Errorf("%d bytes in %d pages after one that does not fit", s.used, len(s.entries))
	}
}
