// Package preview renders pages of a PDF as images.
//
// It uses PDFium, compiled to WebAssembly: that runs in this process without cgo, in a sandbox without files or network and
// with limited memory of its own. Fonts that a file does not embed are replaced by those of PDFium, never by those of the
// system. The fonts of PDFium have no Chinese, Japanese or Korean characters. A page that stays white for lack of a font or
// of an image is refused with [ErrNotDrawn].
//
// The files come from outside and may be hostile. Each is rendered by a new instance, which is discarded afterwards, so that
// no file can affect the rendering of another one. The size of the file, the size of the image, the memory and the time are
// limited.
//
// [Renderer.Page] blocks, so it must not be called on the goroutine of a user interface. The package writes nothing but
// its cache. It does not decide whether a file can be signed: core/pdf does, by stricter rules.
//
// Without the cache, PDFium is compiled at the start, which takes seconds. With it, a start takes a tenth of a second and a
// page a few hundredths; go test -run '^$' -bench . ./core/preview measures that.
package preview

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"countersign/core/request"
)

// Options are the limits that a caller may choose. The zero value stands for the default limits.
type Options struct {
	Idle    time.Duration // how long PDFium stays loaded after the last page; 30 seconds when zero
	Timeout time.Duration // how long rendering one page may take; 10 seconds when zero
}

// Renderer renders pages, one at a time. It is safe for concurrent use.
type Renderer struct {
	idle   time.Duration
	drawer drawer
	cache  *lruCache
	jobs   chan job // unbuffered: the senders that wait are the queue
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
}

// drawer renders pages. It is not safe for concurrent use.
type drawer interface {
	// draw renders a page of a file, at most width pixels wide. Pages count from 1, and 0 is the last page. It first loads
	// what it needs for that, if that is not loaded.
	draw(ctx context.Context, path string, number, width int) (Page, error)
	// stop releases all memory. It may be called when nothing is loaded.
	stop()
}

type job struct {
	ctx    context.Context
	key    key
	answer chan<- answer
}

type answer struct {
	page Page
	err  error
}

// Open returns a renderer that caches the compiled PDFium in the folder pdfium in cacheDir. It creates that folder when it
// needs it; deleting it is always safe. PDFium is loaded at the first page. The caller must call Close.
func Open(cacheDir string, options Options) *Renderer {
	if options.Idle <= 0 {
		options.Idle = 30 * time.Second
	}
	if options.Timeout <= 0 {
		options.Timeout = 10 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return open(ctx, cancel, options.Idle, &pdfium{
		ctx: ctx, cacheDir: filepath.Join(cacheDir, cacheFolder), timeout: options.Timeout, memoryPages: memoryLimit,
	})
}

func open(ctx context.Context, cancel context.CancelFunc, idle time.Duration, d drawer) *Renderer {
	r := &Renderer{
		idle: idle, drawer: d, cache: newLRUCache(cacheSize),
		jobs: make(chan job), ctx: ctx, cancel: cancel, done: make(chan struct{}),
	}
	go r.run()
	return r
}

// Close stops rendering and releases all resources. Calls that still wait return [ErrClosed].
func (r *Renderer) Close() {
	r.cancel()
	<-r.done
}

// FirstPage is [Renderer.Page] for the first page.
func (r *Renderer) FirstPage(ctx context.Context, path string, width int) (Page, error) {
	return r.Page(ctx, path, 1, width)
}

// Page renders a page of a file, at most width pixels wide and twice as tall. Pages count from 1, and 0 is the last page. It
// waits for earlier calls, for PDFium to load and for the page. When ctx is done first, it returns the error of ctx. Recent
// pages come from memory, as long as their file has the same size and modification time. The other errors are those of this
// package, or say why the file cannot be read.
func (r *Renderer) Page(ctx context.Context, path string, number, width int) (Page, error) {
	if number < 0 {
		return Page{}, ErrNoPage
	}
	page, err := keyOf(path, number, min(max(width, 1), MaxWidth))
	if err != nil {
		return Page{}, err
	}
	if found, ok := r.cache.get(page); ok {
		return found, nil
	}
	answers := make(chan answer, 1)
	select {
	case r.jobs <- job{ctx: ctx, key: page, answer: answers}:
	case <-ctx.Done():
		return Page{}, ctx.Err()
	case <-r.ctx.Done():
		return Page{}, ErrClosed
	}
	select {
	case a := <-answers:
		return a.page, a.err
	case <-ctx.Done():
		return Page{}, ctx.Err()
	case <-r.ctx.Done():
		return Page{}, ErrClosed
	}
}

// keyOf returns the cache key of a page of a file in a width. It fails with ErrTooLarge, and for anything but a regular
// file: opening a pipe would block.
func keyOf(path string, number, width int) (key, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return key{}, request.Errorf("preview_file_gone", "the file does not exist any more")
	case err != nil:
		return key{}, err
	case !info.Mode().IsRegular():
		return key{}, request.Errorf("preview_no_file", "it is not a regular file")
	case info.Size() > MaxSize:
		return key{}, ErrTooLarge
	}
	return key{path: path, size: info.Size(), changed: info.ModTime().UnixNano(), number: number, width: width}, nil
}

// run renders pages until the renderer is closed. It stops the drawer and empties the cache when no page was wanted for the time
// r.idle; it stops the drawer at the end, too.
func (r *Renderer) run() {
	defer close(r.done)
	defer r.drawer.stop()
	idle := time.NewTimer(r.idle)
	defer idle.Stop()
	idle.Stop()
	for {
		select {
		case j := <-r.jobs:
			page, err := r.handle(j)
			j.answer <- answer{page, err}
			idle.Reset(r.idle)
		case <-idle.C:
			r.drawer.stop()
			r.cache.clear() // whoever shows a page keeps it
			// Tens of megabytes are garbage now. Without this they return to the system only at the next collection,
			// which may be hours away in an idle program.
			debug.FreeOSMemory()
		case <-r.ctx.Done():
			return
		}
	}
}

func (r *Renderer) handle(j job) (Page, error) {
	if err := j.ctx.Err(); err != nil {
		return Page{}, err
	}
	if found, ok := r.cache.get(j.key); ok { // an earlier call rendered the same page
		return found, nil
	}
	page, err := r.drawer.draw(j.ctx, j.key.path, j.key.number, j.key.width)
	if r.ctx.Err() != nil {
		return Page{}, ErrClosed
	}
	if err != nil {
		return Page{}, err
	}
	r.cache.put(j.key, page)
	return page, nil
}
