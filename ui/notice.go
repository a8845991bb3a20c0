package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

// notices is the bar under the menu that shows one notice. An error stays until it is dismissed or replaced; a
// message about something done also disappears when the next action starts.
type notices struct {
	callout *kit.Callout
	isInfo  bool        // the notice is a message, not an error
	action  *kit.Button // an action that the notice offers; hidden when it offers none
	dismiss *kit.Button
	root    *fyne.Container
	changed func() // called when the bar appears or disappears
}

func newNotices(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, changed func()) *notices {
	n := &notices{changed: changed}
	n.dismiss = kit.NewIconButton(lang, lang.Say("help.close"), lang.Say("help.escape_keys"), kit.IconClose, pass, explain, n.clear)
	n.action = kit.NewButton("", "", widget.MediumImportance, pass, nil)
	n.action.Hide()
	n.callout = kit.NewCallout(kit.ErrorBadge, container.NewHBox(n.action, n.dismiss))
	n.root = container.New(kit.Padding(10, 6), n.callout.Root)
	n.root.Hide()
	return n
}

// fail shows an error.
func (n *notices) fail(text string) { n.show(kit.ErrorBadge, text) }

// inform shows a message about something done.
func (n *notices) inform(text string) { n.show(kit.InfoBadge, text) }

// offer adds a button to the notice, which has the text label and calls the function do.
func (n *notices) offer(label string, icon kit.Icon, do func()) {
	n.action.OnTapped = do
	n.action.SetLabel(label, icon, widget.MediumImportance)
	n.action.Show()
	n.changed()
}

// clearInfo removes the notice unless it is an error.
func (n *notices) clearInfo() {
	if n.isInfo {
		n.clear()
	}
}

// clear removes the notice.
func (n *notices) clear() { n.show(kit.InfoBadge, "") }

// text returns the current notice; empty when there is none.
func (n *notices) text() string { return n.callout.Text() }

func (n *notices) show(badge kit.Badge, text string) {
	n.action.Hide()
	n.isInfo = badge == kit.InfoBadge && text != ""
	n.callout.SetBadge(badge)
	n.callout.Set(text)
	if text == "" {
		n.root.Hide()
	} else {
		n.root.Show()
	}
	n.changed()
}
