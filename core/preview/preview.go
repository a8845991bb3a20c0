// Package preview draws the first page of a PDF, for the window.
//
// PDFium does the drawing, compiled to WebAssembly: it runs inside this process without cgo, in a sandbox that has no
// files, no network, and a memory of its own with a limit. Fonts that a file does not bring along are replaced by those
// that PDFium carries; the system's are not used.
//
// The files come from outside. Each is drawn by an instance made for it alone, which is thrown away afterwards, so that
// no file can prepare the drawing of another one. Its size, the size of the picture, the memory and the time are bounded.
//
// The package must not run on the drawing goroutine of a window, must not write anything but its cache, and does not
// say whether a file is fit to be signed: core/pdf does, with stricter rules.
//
// A start without the cache compiles PDFium, which takes seconds; one with it takes a tenth of a second, and a page a few
// hundredths (measured with: go test -run '^$' -bench . ./core/preview).
package preview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// MaxWidth is the width of the widest picture, in pixels. A picture is never taller than twice its width allows.
const MaxWidth = 2048

// MaxSize is the size of the largest file that is drawn, in bytes.
const MaxSize = 256 << 20

// The reasons why a first page cannot be shown. They are wrapped: compare with errors.Is.
var (
	ErrEncrypted = errors.New("the PDF is encrypted and needs a password")
	ErrDamaged   = errors.New("the file is damaged or is not a PDF")
	ErrTooLarge  = fmt.Errorf("the file is larger than %d MiB", MaxSize>>20)
	ErrTooSlow   = errors.New("the first page takes too long to draw")
	ErrPage      = errors.New("the first page is damaged or needs too much memory")
	ErrClosed    = errors.New("the preview has been closed")
)

// Options are the limits that a caller may choose. The zero value stands for the usual ones.
type Options struct {
	Idle     time.Duration // how long PDFium is kept after the last page; 30 seconds when zero
	Patience time.Duration // how long one page may take; 10 seconds when zero
}

// Page is a first page.
type Page struct {
	Image image.Image // shared with other callers: read it only
	Pages int         // of the whole file
}

// Renderer draws first pages, one at a time. Its methods may be called from any number of goroutines.
type Renderer struct {
	idle   time.Duration
	drawer drawer
	cache  *lruCache
	jobs   chan job // unbuffered: whoever waits to send stands in the queue, and leaves it by not sending
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
}

// drawer draws pages until it is stopped, and starts by itself when it is asked to draw again. One goroutine uses it.
type drawer interface {
	draw(ctx context.Context, path string, width int) (Page, error)
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

// Open makes a renderer that keeps the compiled PDFium in a folder of its own, pdfium, in cacheDir. That folder is made when
// it is needed and may be deleted at any time. Nothing is started before the first page is asked for. Call Close in the end.
func Open(cacheDir string, options Options) *Renderer {
	if options.Idle <= 0 {
		options.Idle = 30 * time.Second
	}
	if options.Patience <= 0 {
		options.Patience = 10 * time.Second
	}
	life, end := context.WithCancel(context.Background())
	return open(life, end, options.Idle, &pdfium{
		ctx: life, cacheDir: filepath.Join(cacheDir, cacheFolder), timeout: options.Patience, memoryPages: memoryLimit,
	})
}

func open(life context.Context, end context.CancelFunc, idle time.Duration, d drawer) *Renderer {
	r := &Renderer{
		idle: idle, drawer: d, cache: newLRUCache(cacheSize),
		jobs: make(chan job), ctx: life, cancel: end, done: make(chan struct{}),
	}
	go r.run()
	return r
}

// Close ends what is being drawn and gives everything back. Who still waits for a page gets [ErrClosed].
func (r *Renderer) Close() {
	r.cancel()
	<-r.done
}

// FirstPage draws the first page of a file, at most width pixels wide and twice that tall. It waits for its turn, for the
// start of PDFium and for the page, until ctx is done; a call that is canceled in the queue is never drawn. Pages that
// were drawn lately are at hand, as long as their file keeps its size and time.
func (r *Renderer) FirstPage(ctx context.Context, path string, width int) (Page, error) {
	page, err := r.firstPage(ctx, path, min(max(width, 1), MaxWidth))
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
		return Page{}, fmt.Errorf("cannot be shown: %w", err)
	}
	return page, err
}

func (r *Renderer) firstPage(ctx context.Context, path string, width int) (Page, error) {
	page, err := keyOf(path, width)
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

// keyOf also refuses what is not a plain file: opening a pipe would wait for whoever writes to it.
func keyOf(path string, width int) (key, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return key{}, errors.New("the file is not there any more")
	case err != nil:
		return key{}, err
	case !info.Mode().IsRegular():
		return key{}, errors.New("it is not a file")
	case info.Size() > MaxSize:
		return key{}, ErrTooLarge
	}
	return key{path: path, size: info.Size(), changed: info.ModTime().UnixNano(), width: width}, nil
}

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
			// Tens of megabytes have become garbage, and nothing may happen for hours: without this, the system would
			// not get them back before the next collection.
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
	if found, ok := r.cache.get(j.key); ok { // somebody before it in the queue asked for the same
		return found, nil
	}
	page, err := r.drawer.draw(j.ctx, j.key.path, j.key.width)
	if r.ctx.Err() != nil {
		return Page{}, ErrClosed
	}
	if err != nil {
		return Page{}, err
	}
	r.cache.put(j.key, page)
	return page, nil
}
