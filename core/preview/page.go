package preview

import (
	"errors"
	"fmt"
	"image"
)

// MaxWidth is the width of the widest image in pixels. An image is at most twice as tall as the requested width.
const MaxWidth = 2048

// MaxSize is the size of the largest file that is rendered, in bytes.
const MaxSize = 256 << 20

// The errors of [Renderer.FirstPage]. They are wrapped: compare with errors.Is.
var (
	// ErrEncrypted is returned for a file that needs a password.
	ErrEncrypted = errors.New("the PDF is encrypted and needs a password")
	// ErrDamaged is returned for a file that PDFium cannot open, or that has no pages.
	ErrDamaged = errors.New("the file is damaged or is not a PDF")
	// ErrTooLarge is returned for a file of more than MaxSize bytes.
	ErrTooLarge = fmt.Errorf("the file is larger than %d MiB", MaxSize>>20)
	// ErrTooSlow is returned when rendering takes longer than [Options.Patience].
	ErrTooSlow = errors.New("the first page takes too long to draw")
	// ErrPage is returned when PDFium opens the file but cannot render its first page.
	ErrPage = errors.New("the first page is damaged or needs too much memory")
	// ErrClosed is returned after [Renderer.Close].
	ErrClosed = errors.New("the preview has been closed")
)

// Page is a rendered first page.
type Page struct {
	Image image.Image // shared with other callers: it must not be modified
	Pages int         // how many the file has
}
