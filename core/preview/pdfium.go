package preview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"os"
	"runtime"
	"time"

	library "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	reasons "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

// memoryLimit is what PDFium may use: 512 MiB, enough for a scan of a page at 600 dpi.
const memoryLimit = 512 << 20 >> 16

// pdfium is PDFium and the runtime it lives in, while they are started.
type pdfium struct {
	ctx         context.Context
	cacheDir    string
	timeout     time.Duration
	memoryPages uint32  // in WebAssembly's pages of 64 KiB
	running     *engine // nil while stopped
}

type engine struct {
	pool  library.Pool
	cache wazero.CompilationCache // nil when the folder cannot be used
	// kill ends what is running, at once. An engine that was killed is only good for being closed.
	kill context.CancelFunc
}

func (p *pdfium) stop() {
	if p.running != nil {
		p.running.close()
		p.running = nil
	}
}

func (e *engine) close() {
	e.kill()
	// What was killed cannot be closed in good order: errors are expected and say nothing.
	_ = e.pool.Close()
	if e.cache != nil {
		_ = e.cache.Close(context.Background())
	}
}

func (p *pdfium) draw(ctx context.Context, path string, width int) (Page, error) {
	file, err := os.Open(path)
	if err != nil {
		return Page{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return Page{}, err
	}
	if err := p.start(); err != nil {
		return Page{}, fmt.Errorf("PDFium does not start: %w", err)
	}
	return p.drawInTime(ctx, &fileSource{io.NewSectionReader(file, 0, info.Size())}, width)
}

// drawInTime draws a page before ctx is done and patience has run out, and kills PDFium otherwise.
func (p *pdfium) drawInTime(ctx context.Context, file *fileSource, width int) (Page, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, ErrTooSlow)
	defer cancel()
	if ctx.Err() != nil { // it was done while PDFium started
		return Page{}, context.Cause(ctx)
	}
	alive := context.AfterFunc(ctx, p.running.kill)
	page, err := p.running.firstPage(ctx, file, width)
	if !alive() {
		p.stop()
		return Page{}, context.Cause(ctx)
	}
	return page, err
}

// start starts PDFium if it is not running. Only the end of the renderer interrupts it: who cancels a page because another
// one was chosen needs PDFium all the same.
func (p *pdfium) start() error {
	if p.running != nil {
		return nil
	}
	e, err := p.launch(p.cacheDir)
	if err != nil && p.ctx.Err() == nil {
		// A full disk is no reason to show nothing.
		e, err = p.launch("")
	}
	if err != nil {
		return err
	}
	p.running = e
	return nil
}

// launch starts PDFium with the cache in a folder, or without one when its name is empty.
func (p *pdfium) launch(cacheDir string) (e *engine, err error) {
	ctx, kill := context.WithCancel(p.ctx)
	e = &engine{kill: kill}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("it gave up: %v", reason)
		}
		if err != nil {
			kill()
			if e.cache != nil {
				_ = e.cache.Close(context.Background())
			}
			e = nil
		}
	}()
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(p.memoryPages).WithCloseOnContextDone(true)
	var before []string
	if cacheDir != "" {
		if before, err = checkCache(cacheDir); err != nil {
			return e, err
		}
		if e.cache, err = wazero.NewCompilationCacheWithDir(cacheDir); err != nil {
			return e, err
		}
		config = config.WithCompilationCache(e.cache)
	}
	e.pool, err = webassembly.Init(webassembly.Config{
		// With two workers or more, the compilation ends when the context does.
		Context:       experimental.WithCompilationWorkers(ctx, max(2, runtime.GOMAXPROCS(0))),
		MaxTotal:      1,
		FSConfig:      wazero.NewFSConfig(), // no files: without this, PDFium could read the whole disk
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		RuntimeConfig: config,
	})
	if err != nil {
		return e, err
	}
	if cacheDir != "" {
		// When this fails, PDFium runs all the same, and the next start makes the cache anew.
		_ = updateChecksum(cacheDir, before)
	}
	return e, nil
}

// fileSource is a file for as long as its page is drawn. The library may keep the fileSource of a file that it could not open for
// as long as the program runs; it must not keep the file with it.
type fileSource struct{ *io.SectionReader }

// firstPage draws a page with an instance of PDFium of its own.
func (e *engine) firstPage(ctx context.Context, file *fileSource, width int) (page Page, err error) {
	size := file.Size()
	defer func() { file.SectionReader = io.NewSectionReader(nil, 0, 0) }()
	defer func() {
		if reason := recover(); reason != nil {
			page, err = Page{}, fmt.Errorf("%w: %v", ErrPage, reason)
		}
	}()
	instance, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return Page{}, fmt.Errorf("PDFium does not start: %w", err)
	}
	defer func() { _ = instance.Close() }()

	opened, err := instance.OpenDocument(&requests.OpenDocument{FileReader: file, FileReaderSize: size})
	switch {
	case errors.Is(err, reasons.ErrPassword), errors.Is(err, reasons.ErrSecurity):
		return Page{}, ErrEncrypted
	case err != nil:
		return Page{}, ErrDamaged
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil || count.PageCount < 1 {
		return Page{}, ErrDamaged
	}
	first := requests.Page{ByIndex: &requests.PageByIndex{Document: opened.Document, Index: 0}}
	picture, err := drawPage(instance, first, width)
	if err != nil {
		return Page{}, ErrPage
	}
	return Page{Image: picture, Pages: count.PageCount}, nil
}

func drawPage(instance library.Pdfium, page requests.Page, width int) (image.Image, error) {
	points, err := instance.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, err
	}
	if !(points.Width > 0 && points.Height > 0) {
		return nil, errors.New("the page has no size")
	}
	drawn, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{
		Page: page, Width: width, Height: 2 * width,
		RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_RENDER_LIMITEDIMAGECACHE,
		RenderForm:  true, // a visible signature is a field of a form
	})
	if err != nil {
		return nil, err
	}
	view := drawn.Result.Image
	size := view.Bounds().Size()
	if size.X < 1 || size.X > width || size.Y < 1 || size.Y > 2*width || len(view.Pix) != 4*size.X*size.Y {
		return nil, errors.New("the picture has another size than was asked for")
	}
	// The pixels are still in PDFium's memory. Their alpha is not multiplied in, and a page with transparency stands on
	// nothing: it gets the paper that it lacks.
	paper := image.NewRGBA(view.Rect)
	draw.Draw(paper, paper.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(paper, paper.Rect, &image.NRGBA{Pix: view.Pix, Stride: view.Stride, Rect: view.Rect}, image.Point{}, draw.Over)
	return paper, nil
}
