package files

import (
	"context"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/kit"
)

// hintDelay is how long a dialog of the system is open before the window says what it waits for. Most dialogs are in front of
// the window by then; one that does not come can be canceled.
const hintDelay = time.Second

// waiting is what lies over the window while a dialog of the system is open. It keeps the mouse and the keys from the window.
type waiting struct {
	overlays fyne.OverlayStack
	cover    *cover
	cancel   context.CancelFunc
}

// wait covers the window, and returns the context of the dialog, which ends when the person cancels or the window closes.
func (c *Chooser) wait() context.Context {
	ctx, cancel := context.WithCancel(c.bg.Context())
	w := &waiting{overlays: c.window.Canvas().Overlays(), cover: newCover(), cancel: cancel}
	c.waiting = w
	w.cover.Resize(c.window.Canvas().Size())
	w.overlays.Add(w.cover)
	over := c.after(hintDelay)
	c.bg.Go(func(context.Context) {
		select {
		case <-ctx.Done():
		case <-over:
			c.bg.Show(func() {
				if c.waiting == w {
					w.cover.say(c.hint(w))
				}
			})
		}
	})
	return ctx
}

// hint returns what the window says while a dialog of the system is open.
func (c *Chooser) hint(w *waiting) fyne.CanvasObject {
	text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(c.lang.Say("files.waiting"))
	cancel := kit.NewButton(c.lang.Say("add.cancel"), "", widget.MediumImportance, c.pass, w.cancel)
	card := container.New(kit.Padding(14, 12), container.New(kit.MinSize(kit.ModalWidth/2, 0), container.New(kit.Column(10), text, container.NewBorder(nil, nil, nil, cancel))))
	return container.NewCenter(container.NewStack(kit.NewBackground(theme.ColorNameOverlayBackground), card))
}

// end uncovers the window.
func (w *waiting) end() {
	w.cancel()
	w.overlays.Remove(w.cover)
}

// cover is a transparent widget that keeps the mouse from what is below it.
type cover struct {
	widget.BaseWidget
	content *fyne.Container
}

func newCover() *cover {
	c := &cover{content: container.NewStack(canvas.NewRectangle(color.Transparent))}
	c.ExtendBaseWidget(c)
	return c
}

// say shows an object over the window.
func (c *cover) say(o fyne.CanvasObject) { c.content.Add(o) }

func (c *cover) Tapped(*fyne.PointEvent)             {}
func (c *cover) TappedSecondary(*fyne.PointEvent)    {}
func (c *cover) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }
