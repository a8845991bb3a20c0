package preview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"runtime"
	"time"

	library "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	reasons "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"

	"countersign/core/files"
	"countersign/core/request"
)

// memoryLimit is how many WebAssembly pages of 64 KiB PDFium may use: 512 MiB, enough for a page scanned at 600 dpi.
const memoryLimit = 512 << 20 >> 16

// pdfium is a drawer that runs PDFium in a WebAssembly runtime.
type pdfium struct {
	ctx         context.Context
	cacheDir    string
	timeout     time.Duration
	memoryPages uint32  // in WebAssembly pages of 64 KiB
	running     *engine // nil when not loaded
}

// engine is a loaded PDFium.
type engine struct {
	pool  library.Pool
	cache wazero.CompilationCache // nil without a usable cache folder
	// kill stops the runtime at once, even while it renders. A killed engine can only be closed.
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
	// Closing a killed runtime returns errors, which mean nothing.
	_ = e.pool.Close()
	if e.cache != nil {
		_ = e.cache.Close(context.Background())
	}
}

func (p *pdfium) draw(ctx context.Context, path string, number, width int) (Page, error) {
	file, size, err := files.OpenRegular(path)
	if err != nil {
		return Page{}, err
	}
	defer func() { _ = file.Close() }()
	if err := p.start(); err != nil {
		return Page{}, request.Errorf("preview_no_pdfium", "PDFium cannot be loaded: %w", err)
	}
	return p.drawInTime(ctx, &fileSource{io.NewSectionReader(file, 0, size)}, number, width)
}

// drawInTime renders a page of a file. When ctx is done or the timeout has passed, it kills PDFium, and returns the
// error of ctx or ErrTooSlow.
func (p *pdfium) drawInTime(ctx context.Context, file *fileSource, number, width int) (Page, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.timeout, ErrTooSlow)
	defer cancel()
	if ctx.Err() != nil { // done while PDFium was loading
		return Page{}, context.Cause(ctx)
	}
	stopKilling := context.AfterFunc(ctx, p.running.kill)
	page, err := p.running.page(ctx, file, number, width)
	if !stopKilling() {
		p.stop()
		return Page{}, context.Cause(ctx)
	}
	return page, err
}

// start loads PDFium if it is not loaded. Only closing the renderer interrupts the loading. When a user chooses another file
// meanwhile, the call of [Renderer.Page] for the earlier file is canceled, but that for the other file needs PDFium,
// too.
func (p *pdfium) start() error {
	if p.running != nil {
		return nil
	}
	e, err := p.launch(p.cacheDir)
	if err != nil && p.ctx.Err() == nil {
		// The cache may be unusable, for example because the disk is full.
		e, err = p.launch("")
	}
	if err != nil {
		return err
	}
	p.running = e
	return nil
}

// launch loads PDFium with a cache folder, or without one when cacheDir is empty.
func (p *pdfium) launch(cacheDir string) (e *engine, err error) {
	ctx, kill := context.WithCancel(p.ctx)
	e = &engine{kill: kill}
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the runtime failed: %v", reason)
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
		// With only one worker, canceling the context would not stop the compilation.
		Context:       experimental.WithCompilationWorkers(ctx, max(2, runtime.GOMAXPROCS(0))),
		MaxTotal:      1,
		FSConfig:      wazero.NewFSConfig(), // an empty file system; the default is the whole disk
		Stdout:        io.Discard,
		Stderr:        io.Discard,
		RuntimeConfig: config,
	})
	if err != nil {
		return e, err
	}
	if cacheDir != "" {
		// PDFium works without this. If it fails, the next start compiles again.
		_ = updateChecksum(cacheDir, before)
	}
	return e, nil
}

// fileSource reads a file while its page is rendered. The library may keep a reference to it forever when it cannot open the
// file, so at the end page replaces the file by an empty one.
type fileSource struct{ *io.SectionReader }

// page renders a page of a file with a new instance of PDFium. Pages count from 1, and 0 is the last page. A panic of the
// runtime becomes ErrPage.
func (e *engine) page(ctx context.Context, file *fileSource, number, width int) (page Page, err error) {
	size := file.Size()
	defer func() { file.SectionReader = io.NewSectionReader(nil, 0, 0) }()
	defer func() {
		if recover() != nil {
			page, err = Page{}, ErrPage
		}
	}()
	instance, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return Page{}, request.Errorf("preview_no_pdfium", "PDFium cannot be loaded: %w", err)
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
	if number == 0 {
		number = count.PageCount
	}
	if number > count.PageCount {
		return Page{}, ErrNoPage
	}
	wanted := requests.Page{ByIndex: &requests.PageByIndex{Document: opened.Document, Index: number - 1}}
	picture, err := drawPage(instance, wanted, width)
	if err != nil {
		return Page{}, ErrPage
	}
	if isWhite(picture) && hasMarks(instance, wanted) {
		return Page{}, ErrNotDrawn
	}
	page = Page{Image: picture, Pages: count.PageCount, Number: number}
	page.Box, page.Rotation = boxOf(instance, wanted)
	page.SignatureFields = signatureFields(instance, opened.Document, wanted)
	return page, nil
}

// drawPage renders one page over white, at most width pixels wide and twice as tall. It fails if the image is larger.
func drawPage(instance library.Pdfium, page requests.Page, width int) (*image.RGBA, error) {
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
		RenderForm:  true, // visible signatures are form fields
	})
	if err != nil {
		return nil, err
	}
	pixels := drawn.Result.Image
	size := pixels.Bounds().Size()
	if size.X < 1 || size.X > width || size.Y < 1 || size.Y > 2*width || len(pixels.Pix) != 4*size.X*size.Y {
		return nil, errors.New("the image does not have the requested size")
	}
	// The pixels are still in the memory of PDFium. Their alpha is not premultiplied, and a page with transparency has no
	// background, so they are drawn over white.
	onWhite := image.NewRGBA(pixels.Rect)
	draw.Draw(onWhite, onWhite.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(onWhite, onWhite.Rect, &image.NRGBA{Pix: pixels.Pix, Stride: pixels.Stride, Rect: pixels.Rect}, image.Point{}, draw.Over)
	return onWhite, nil
}
