package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// subject is what a notice speaks of: a request, or what one of the variables names. Only a notice that has a subject can be mended.
type subject struct {
	thing   thing
	request request.ID
}

type thing int

const (
	listThing thing = iota + 1
	chosenThing
	settingsThing
	undoThing
)

var (
	aboutList     = subject{thing: listThing}     // its rows cannot be read
	aboutChosen   = subject{thing: chosenThing}   // the chosen request cannot be read
	aboutSettings = subject{thing: settingsThing} // they cannot be read or written
	aboutUndo     = subject{thing: undoThing}     // an action can be taken back
)

func aboutRequest(id request.ID) subject { return subject{request: id} }

// noticeTime is how long a message about something done is shown. An error stays.
const noticeTime = 12 * time.Second

// notices shows one notice at a time, over the lower edge of the page. An error stays until it is dismissed or replaced, until what it
// speaks of is mended, or until another request is chosen if it speaks of one. A message about something done also disappears when the
// next action starts, and after a time.
type notices struct {
	callout *kit.Callout
	isInfo  bool // the notice is a message, not an error
	about   subject
	shown   int         // counts the notices
	action  *kit.Button // an action that the notice offers; hidden when it offers none
	dismiss *kit.Button
	root    *fyne.Container
	layer   *fyne.Container // holds root; lies over the page
	expire  func(func())    // calls a function on the drawing goroutine when noticeTime is over
}

func newNotices(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, expire func(func())) *notices {
	n := &notices{expire: expire}
	n.dismiss = kit.NewIconButton(lang, lang.Say("help.close"), lang.Say("help.escape_keys"), kit.IconClose, pass, explain, n.clear)
	n.action = kit.NewButton("", "", widget.MediumImportance, pass, nil)
	n.action.Hide()
	n.callout = kit.NewCallout(kit.ErrorBadge, container.NewHBox(n.action, n.dismiss))
	n.root = container.NewStack(kit.NewShield(), n.callout.Root)
	n.root.Hide()
	n.layer = container.New(floatLayout{}, n.root)
	return n
}

// fail shows an error.
func (n *notices) fail(text string) { n.failAbout(subject{}, text) }

// failAbout shows an error that speaks of a subject.
func (n *notices) failAbout(about subject, text string) { n.show(kit.ErrorBadge, about, text) }

// inform shows a message about something done.
func (n *notices) inform(text string) { n.informAbout(subject{}, text) }

// informAbout shows a message that speaks of a subject.
func (n *notices) informAbout(about subject, text string) { n.show(kit.InfoBadge, about, text) }

// hint shows why something cannot be done. It replaces no error, and no message that speaks of a subject.
func (n *notices) hint(text string) {
	if n.text() == "" || n.isInfo && n.about == (subject{}) {
		n.inform(text)
	}
}

// offer adds a button to the notice, which has the text label and calls the function do.
func (n *notices) offer(label string, icon kit.Icon, do func()) {
	n.action.OnTapped = do
	n.action.SetLabel(label, icon, widget.MediumImportance)
	n.action.Show()
	n.layer.Refresh()
}

// clearInfo removes the notice unless it is an error.
func (n *notices) clearInfo() {
	if n.isInfo && n.about != aboutUndo {
		n.clear()
	}
}

// settle removes the notice if it speaks of a subject, which has been mended.
func (n *notices) settle(about subject) {
	if n.about == about {
		n.clear()
	}
}

// settleIfSaid removes an error about a request if the request itself shows it by now.
func (n *notices) settleIfSaid(id request.ID, trouble string) {
	if n.about == aboutRequest(id) && !n.isInfo && strings.Contains(trouble, n.text()) {
		n.clear()
	}
}

// leave removes an error about any request but one, which is chosen now.
func (n *notices) leave(chosen request.ID) {
	if n.about.request != "" && n.about.request != chosen {
		n.clear()
	}
}

// clear removes the notice.
func (n *notices) clear() { n.show(kit.InfoBadge, subject{}, "") }

// text returns the current notice; empty when there is none.
func (n *notices) text() string { return n.callout.Text() }

func (n *notices) show(badge kit.Badge, about subject, text string) {
	n.action.Hide()
	n.shown++
	n.about, n.isInfo = about, badge == kit.InfoBadge && text != ""
	n.callout.SetBadge(badge)
	n.callout.Set(text)
	kit.SetHidden(n.root, text == "")
	n.layer.Refresh()
	if n.isInfo && about == (subject{}) {
		shown := n.shown
		n.expire(func() {
			if n.shown == shown {
				n.clear()
			}
		})
	}
}

// expireNotice calls the function do on the drawing goroutine when noticeTime is over.
func (w *Window) expireNotice(do func()) {
	over := w.opts.After(noticeTime)
	w.bg.Go(func(ctx context.Context) {
		select {
		case <-over:
			w.bg.Show(do)
		case <-ctx.Done():
		}
	})
}

const (
	noticeMargin = 14  // around a notice
	noticeWidth  = 760 // of the widest one
)

// floatLayout puts its object over the lower edge, in the middle.
type floatLayout struct{}

func (floatLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	o := objects[0]
	width := min(size.Width-2*noticeMargin, noticeWidth)
	o.Resize(fyne.NewSize(width, o.MinSize().Height)) // a text needs its width before it knows its height
	height := o.MinSize().Height
	o.Resize(fyne.NewSize(width, height))
	o.Move(fyne.NewPos((size.Width-width)/2, size.Height-height-noticeMargin))
}

func (floatLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }
