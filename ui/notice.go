package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
)

// notices is the bar under the menu that says what went wrong or was done. One notice
// stands there at a time, until it is dismissed or the next one comes; what was done, until
// the next thing is.
type notices struct {
	callout *callout
	told    bool    // it says what was done
	more    *button // does something about it; hidden where there is nothing to be done
	dismiss *button
	root    *fyne.Container
	changed func() // the bar came or went
}

func newNotices(lang i18n.Language, pass passKey, explain explainer, changed func()) *notices {
	n := &notices{changed: changed}
	n.dismiss = newIconButton(lang, lang.Say("help.close"), lang.Say("help.escape_keys"), iconClose, pass, explain, n.clear)
	n.more = newButton("", iconFolder, widget.MediumImportance, pass, nil)
	n.more.Hide()
	n.callout = newCallout(markFailed, container.NewHBox(n.more, n.dismiss))
	n.root = container.New(inset{10, 6}, n.callout.root)
	n.root.Hide()
	return n
}

// fail says what went wrong.
func (n *notices) fail(words string) { n.show(markFailed, words) }

// tell says what was done.
func (n *notices) tell(words string) { n.show(markTold, words) }

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
func (n *notices) clear() { n.show(markTold, "") }

// shown is the notice that stands there.
func (n *notices) shown() string { return n.callout.words.value }

func (n *notices) show(m mark, words string) {
	n.more.Hide()
	n.told = m == markTold && words != ""
	n.callout.mark(m)
	n.callout.set(words)
	if words == "" {
		n.root.Hide()
	} else {
		n.root.Show()
	}
	n.changed()
}
