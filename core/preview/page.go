package preview

import (
	"errors"
	"image"

	"countersign/core/request"
)

// MaxWidth is the width of the widest image in pixels. An image is at most twice as tall as the requested width.
const MaxWidth = 2048

// MaxSize is the size of the largest file that is rendered, in bytes.
const MaxSize = 256 << 20

// The errors of [Renderer.Page]. They are wrapped: compare with errors.Is. Each but ErrClosed has a cause (package request), so
// that it can be said in every language.
var (
	// ErrEncrypted is returned for a file that needs a password.
	ErrEncrypted = request.Errorf("preview_encrypted", "the PDF is encrypted and needs a password")
	// ErrDamaged is returned for a file that PDFium cannot open, or that has no pages.
	ErrDamaged = request.Errorf("preview_damaged", "the file is damaged or is not a PDF")
	// ErrTooLarge is returned for a file of more than MaxSize bytes.
	ErrTooLarge = request.Errorf("preview_too_large", "the file is larger than %d MiB", MaxSize>>20)
	// ErrTooSlow is returned when rendering takes longer than [Options.Timeout].
	ErrTooSlow = request.Errorf("preview_too_slow", "this page takes too long to draw here: open it in a PDF reader")
	// ErrPage is returned when PDFium opens the file but cannot render the page.
	ErrPage = request.Errorf("preview_page", "the page is damaged or needs too much memory")
	// ErrNoPage is returned for a page after the last one.
	ErrNoPage = request.Errorf("preview_no_page", "the document does not have so many pages")
	// ErrNotDrawn is returned when the picture of the page is white although the page has something on it, in a font that the
	// file does not embed and PDFium does not have, or in an image that PDFium cannot decode.
	ErrNotDrawn = request.Errorf("preview_not_drawn", "this page cannot be shown here: open it in a PDF reader")
	// ErrClosed is returned after [Renderer.Close].
	ErrClosed = errors.New("the preview has been closed")
)

// Page is a rendered page, and where it lies in the coordinates of its document.
type Page struct {
	Image  image.Image // shared with other callers: it must not be modified
	Pages  int         // the number of pages of the file
	Number int         // of this page, from 1
	// Box is the part of the page that Image shows: its crop box within its media box (ISO 32000-1, 14.11.2). Its unit is that of
	// the page, a point on nearly every page. It is empty if PDFium does not know it.
	Box      Rectangle
	Rotation int // by how many degrees Image is turned clockwise against Box: 0, 90, 180 or 270 (ISO 32000-1, table 30)
	// SignatureFields are the visible signature fields of the page, signed or not, in the coordinates of Box. There are at most
	// maxAnnotations.
	SignatureFields []Rectangle
}

// Rectangle is an area of a page in its coordinates (ISO 32000-1, 8.3.2.3), in which y grows upwards.
type Rectangle struct{ Left, Bottom, Right, Top float64 }

// isEmpty reports whether the rectangle has no area.
func (r Rectangle) isEmpty() bool { return !(r.Left < r.Right && r.Bottom < r.Top) }
