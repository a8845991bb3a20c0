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

// The area for a first page has the proportions of A4. A page of other proportions is scaled into it, at the top left.
const (
	thumbnailWidth  = 76
	thumbnailHeight = 108
	thumbnailIcon   = 22
)

// thumbnail shows the first page of a document, or an icon while there is no picture. A tap opens the document.
type thumbnail struct {
	widget.BaseWidget
	picture image.Image // nil means none
	onTap   func()
}

func newThumbnail(onTap func()) *thumbnail {
	t := &thumbnail{onTap: onTap}
	t.ExtendBaseWidget(t)
	return t
}

// set shows a picture; nil shows the icon.
func (t *thumbnail) set(picture image.Image) {
	if t.picture != picture {
		t.picture = picture
		t.Refresh()
	}
}

func (t *thumbnail) Tapped(*fyne.PointEvent) { t.onTap() }

func (t *thumbnail) Cursor() desktop.Cursor { return desktop.PointerCursor }

// pixels returns the width in pixels that makes the picture sharp on its screen.
func (t *thumbnail) pixels() int {
	scale := float32(1)
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		scale = c.Scale()
	}
	return int(thumbnailWidth*scale + 0.5)
}

func (t *thumbnail) CreateRenderer() fyne.WidgetRenderer {
	r := &thumbnailRenderer{owner: t, sheet: canvas.NewRectangle(nil), icon: kit.NewIcon(kit.IconFile, kit.ColorMuted, thumbnailIcon), image: &canvas.Image{FillMode: canvas.ImageFillStretch}}
	r.frame = canvas.NewRectangle(nil)
	r.sheet.CornerRadius, r.frame.CornerRadius, r.frame.StrokeWidth = 2, 2, 1
	r.objects = []fyne.CanvasObject{r.sheet, r.icon, r.image, r.frame}
	r.show()
	return r
}

type thumbnailRenderer struct {
	owner        *thumbnail
	sheet, frame *canvas.Rectangle
	icon         *canvas.Image
	image        *canvas.Image
	objects      []fyne.CanvasObject
}

func (r *thumbnailRenderer) Destroy()                     {}
func (r *thumbnailRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *thumbnailRenderer) MinSize() fyne.Size           { return fyne.NewSize(thumbnailWidth, thumbnailHeight) }

func (r *thumbnailRenderer) Layout(fyne.Size) {
	size := scaledSize(r.owner.picture)
	for _, o := range []fyne.CanvasObject{r.sheet, r.image, r.frame} {
		o.Resize(size)
	}
	r.icon.Resize(fyne.NewSquareSize(thumbnailIcon))
	r.icon.Move(fyne.NewPos((thumbnailWidth-thumbnailIcon)/2, (thumbnailHeight-thumbnailIcon)/2))
}

// scaledSize returns the size of a picture scaled into the area, or the area itself without a picture.
func scaledSize(picture image.Image) fyne.Size {
	area := fyne.NewSize(thumbnailWidth, thumbnailHeight)
	if picture == nil {
		return area
	}
	size := picture.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return area
	}
	scale := min(area.Width/float32(size.X), area.Height/float32(size.Y))
	return fyne.NewSize(scale*float32(size.X), scale*float32(size.Y))
}

func (r *thumbnailRenderer) Refresh() {
	r.show()
	r.Layout(r.owner.Size())
	canvas.Refresh(r.owner)
}

func (r *thumbnailRenderer) show() {
	r.sheet.FillColor = kit.ColorOf(r.owner, kit.ColorOverBack)
	r.frame.StrokeColor = kit.ColorOf(r.owner, theme.ColorNameInputBorder)
	r.icon.Hidden = r.owner.picture != nil
	r.image.Hidden = r.owner.picture == nil
	if r.image.Image != r.owner.picture {
		r.image.Image = r.owner.picture
		r.image.Refresh()
	}
}
