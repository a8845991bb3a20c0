package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"countersign/core/settings"
	"countersign/ui/kit"
)

// shellLayout is a layout of two objects: the sidebar, and the page at its right. Where there is no room for both, the sidebar shows
// icons alone.
type shellLayout struct {
	sidebar   *sidebar
	roomyPage func() float32 // the width of a page for which the sidebar makes room
	onSize    func()         // called when the window was laid out
}

func (l shellLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.sidebar.setCompact(size.Width < l.sidebar.fullWidth()+l.roomyPage())
	width := l.sidebar.width()
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[1].Move(fyne.NewPos(width, 0))
	objects[1].Resize(fyne.NewSize(size.Width-width, size.Height))
	l.onSize()
}

func (l shellLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	side, page := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(compactSidebar+page.Width, max(side.Height, page.Height))
}

// Sizes of a window that are restored.
const (
	leastWindow, mostWindow     = 200, 10_000
	defaultWidth, defaultHeight = 1100, 720
)

// restoredSize returns the size of a window that was stored, or the default size.
func restoredSize(s settings.Window) fyne.Size {
	if !(s.Width >= leastWindow && s.Width <= mostWindow && s.Height >= leastWindow && s.Height <= mostWindow) {
		return fyne.NewSize(defaultWidth, defaultHeight)
	}
	return fyne.NewSize(float32(s.Width), float32(s.Height))
}

// keepSize has the size of the window stored, after a person has changed it.
func (w *Window) keepSize() {
	size := w.window.Canvas().Size()
	if !w.arrangement.read || size == w.arrangement.size {
		return
	}
	w.arrangement.size = size
	w.arrangement.writer.write(func(s *settings.Settings) {
		s.Window = settings.Window{Width: float64(size.Width), Height: float64(size.Height)}
	})
}

// focusList moves the keyboard focus to the list. While the request is shown in its place, nothing has the focus, and keys go to the
// window.
func (w *Window) focusList() {
	if w.chrome.panes.CoversLeft() {
		w.window.Canvas().Focus(nil)
		return
	}
	w.list.Focus()
}

// focusListUnlessTyping is [Window.focusList] after something that ended by itself: it takes the keyboard from no text field, and
// from nothing that lies over the window.
func (w *Window) focusListUnlessTyping() {
	if w.modals.NoOverlay() && w.typing() == nil {
		w.focusList()
	}
}

// openChosen shows the chosen request in the place of the list, if the window has room for one of them only.
func (w *Window) openChosen() {
	if w.chrome.panes.Open() {
		w.window.Canvas().Focus(nil)
	}
}

// backToList shows the list again if the request was shown in its place, and reports whether it was.
func (w *Window) backToList() bool {
	if !w.chrome.panes.Close() {
		return false
	}
	w.list.Focus()
	return true
}

// newBackBar returns the bar above a request that is shown in the place of the list.
func (w *Window) newBackBar() fyne.CanvasObject {
	back := kit.NewButton(w.lang.Say("window.back"), kit.IconBack, widget.LowImportance, w.onKey, func() { w.backToList() })
	return container.NewStack(kit.NewBackground(kit.ColorSidebar), container.New(kit.Padding(12, 4), container.NewHBox(back)))
}
