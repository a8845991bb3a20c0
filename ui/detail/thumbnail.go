package detail

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// The room for a first page, in the shape of A4. A page of another shape stands at its top.
const (
	thumbnailWidth  = 76
	thumbnailHeight = 108
	thumbnailIcon   = 22
)

// thumbnail shows the first thumbnail of a document, and a sheet with a sign on it as long as there is no
// picture. A tap opens the document.
type thumbnail struct {
	widget.BaseWidget
	picture image.Image // nil while there is none
	onTap   func()
}

func newThumbnail(onTap func()) *thumbnail {
	p := &thumbnail{onTap: onTap}
	p.ExtendBaseWidget(p)
	return p
}

// set shows a picture.
func (p *thumbnail) set(picture image.Image) {
	if p.picture != picture {
		p.picture = picture
		p.Refresh()
	}
}

// Tapped is called by the toolkit.
func (p *thumbnail) Tapped(*fyne.PointEvent) { p.onTap() }

// Cursor is called by the toolkit.
func (p *thumbnail) Cursor() desktop.Cursor { return desktop.PointerCursor }

// pixels is how wide a picture has to be to be sharp on the screen the page is on.
func (p *thumbnail) pixels() int {
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		scale = c.Scale()
	}
	return int(thumbnailWidth*scale + 0.5)
}

// CreateRenderer is called by the toolkit.
func (p *thumbnail) CreateRenderer() fyne.WidgetRenderer {
	r := &thumbnailRenderer{page: p, sheet: canvas.NewRectangle(nil), icon: kit.NewIcon(kit.IconFile, kit.ColorMuted, thumbnailIcon), image: &canvas.Image{FillMode: canvas.ImageFillStretch}}
	r.frame = canvas.NewRectangle(nil)
	r.sheet.CornerRadius, r.frame.CornerRadius, r.frame.StrokeWidth = 2, 2, 1
	r.objects = []fyne.CanvasObject{r.sheet, r.icon, r.image, r.frame}
	r.show()
	return r
}

type thumbnailRenderer struct {
	page         *thumbnail
	sheet, frame *canvas.Rectangle
	icon         *canvas.Image
	image        *canvas.Image
	objects      []fyne.CanvasObject
}

func (r *thumbnailRenderer) Destroy()                     {}
func (r *thumbnailRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *thumbnailRenderer) MinSize() fyne.Size           { return fyne.NewSize(thumbnailWidth, thumbnailHeight) }

func (r *thumbnailRenderer) Layout(fyne.Size) {
	size := fitted(r.page.picture)
	for _, o := range []fyne.CanvasObject{r.sheet, r.image, r.frame} {
		o.Resize(size)
	}
	r.icon.Resize(fyne.NewSquareSize(thumbnailIcon))
	r.icon.Move(fyne.NewPos((thumbnailWidth-thumbnailIcon)/2, (thumbnailHeight-thumbnailIcon)/2))
}

// fitted is the size of a picture in the room for it.
func fitted(picture image.Image) fyne.Size {
	room := fyne.NewSize(thumbnailWidth, thumbnailHeight)
	if picture == nil {
		return room
	}
	size := picture.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return room
	}
	scale := min(room.Width/float32(size.X), room.Height/float32(size.Y))
	return fyne.NewSize(scale*float32(size.X), scale*float32(size.Y))
}

func (r *thumbnailRenderer) Refresh() {
	r.show()
	r.Layout(r.page.Size())
	canvas.Refresh(r.page)
}

func (r *thumbnailRenderer) show() {
	r.sheet.FillColor = kit.ColorOf(r.page, kit.ColorOverPill)
	r.frame.StrokeColor = kit.ColorOf(r.page, theme.ColorNameInputBorder)
	r.icon.Hidden = r.page.picture != nil
	r.image.Hidden = r.page.picture == nil
	if r.image.Image != r.page.picture {
		r.image.Image = r.page.picture
		r.image.Refresh()
	}
}
