package edit

import (
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// OpenMany opens the sheet for the signing details of count requests, and calls the function save with the change that was
// entered. What is left empty stays as it is. OpenMany does nothing while another modal is open.
func (e *Editor) OpenMany(count int, save func(Change)) {
	if e.modals.IsOpen() {
		return
	}
	hint := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(e.lang.Say("edit.many_hint"))
	var fields *signing
	var p *page
	submit := func() {
		if fields.isFilled() {
			change := fields.change()
			e.modals.Close()
			if change != nil {
				save(change)
			}
		}
	}
	fields = e.newSigning(e.lang.Say("edit.keep"), submit, func() {
		if p != nil {
			p.arrange()
		}
	})
	p = e.open(e.lang.Count("edit.many_title", count), container.New(kit.Column(10), fields.root, hint), fields.gateway, submit)
	fields.revealWith(p.reveal)
	async.Call(e.bg, e.desk.Offers, func(offers []gateways.Offer, err error) {
		switch {
		case p.closed:
		case err != nil:
			hint.Set(kit.Sentence(explain.Error(e.lang, err))).SetColor(theme.ColorNameError)
			p.arrange()
		default:
			p.modal.Fill(func() { fields.fill(offers, request.Request{}) })
			e.modals.Focus(fields.gateway)
		}
	})
}
