package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/ui/kit"
)

// notices is the bar under the menu that says what went wrong or was done. One notice
// stands there at a time, until it is dismissed or the next one comes; what was done, until
// the next thing is.
type notices struct {
	callout *kit.Callout
	told    bool        // it says what was done
	more    *kit.Button // does something about it; hidden where there is nothing to be done
	dismiss *kit.Button
	root    *fyne.Container
	changed func() // the bar came or went
}

func newNotices(lang i18n.Language, pass kit.KeyHandler, explain kit.Explainer, changed func()) *notices {
	n := &notices{changed: changed}
	n.dismiss = kit.NewIconButton(lang, lang.Say("help.close"), lang.Say("help.escape_keys"), kit.IconClose, pass, explain, n.clear)
	n.more = kit.NewButton("", kit.IconFolder, widget.MediumImportance, pass, nil)
	n.more.Hide()
	n.callout = kit.NewCallout(kit.ErrorBadge, container.NewHBox(n.more, n.dismiss))
	n.root = container.New(kit.Padding(10, 6), n.callout.Root)
	n.root.Hide()
	return n
}

// fail says what went wrong.
func (n *notices) fail(words string) { n.show(kit.ErrorBadge, words) }

// tell says what was done.
func (n *notices) tell(words string) { n.show(kit.InfoBadge, words) }

// offer says what was done, and offers to show where.
func (n *notices) offer(words, label string, do func()) {
	n.tell(words)
	n.more.OnTapped = do
	n.more.SetText(label)
	n.more.Show()
	n.changed()
}

// outdate takes a notice of what was done away, since something else is being done.
func (n *notices) outdate() {
	if n.told {
		n.clear()
	}
}

// clear takes the notice away.
func (n *notices) clear() { n.show(kit.InfoBadge, "") }

// shown is the notice that stands there.
func (n *notices) shown() string { return n.callout.Text() }

func (n *notices) show(m kit.Badge, words string) {
	n.more.Hide()
	n.told = m == kit.InfoBadge && words != ""
	n.callout.SetBadge(m)
	n.callout.Set(words)
	if words == "" {
		n.root.Hide()
	} else {
		n.root.Show()
	}
	n.changed()
}
