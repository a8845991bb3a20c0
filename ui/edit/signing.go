package edit

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/request"
	"countersign/ui/kit"
)

// signing are the fields for how requests are signed. They are disabled until they are filled.
type signing struct {
	editor  *Editor
	keep    string // the option of gateway that changes nothing; shown where requests have different gateways, or one that is gone
	changed func() // called when the height has changed

	gateway                              *kit.Select
	reason, name, email, country, number *kit.Field
	fault                                *kit.Text
	reasonBox, signerRow, root           *fyne.Container

	offers  []gateways.Offer      // nil until it is filled
	kept    bool                  // the first option of gateway is keep
	filled  int                   // index of the option of gateway that changes nothing
	signers int                   // how many signers the request has; 0 for many requests
	texts   map[*kit.Field]string // what the fields were filled with
}

func (e *Editor) newSigning(keep string, save, changed func()) *signing {
	s := &signing{editor: e, keep: keep, changed: changed, texts: map[*kit.Field]string{}}
	s.gateway = kit.NewSelect(e.pass, func(int) { s.draw() })
	for _, f := range []**kit.Field{&s.reason, &s.name, &s.email, &s.country, &s.number} {
		*f = kit.NewField(e.pass)
		(*f).OnEnter = save
		(*f).Disable()
	}
	s.gateway.Disable()
	s.fault = kit.NewText(theme.SizeNameCaptionText, theme.ColorNameError).Set("")
	s.fault.Hide()
	s.reasonBox = kit.NewLabeled(e.lang.Say("sheet.reason"), s.reason)
	s.signerRow = container.New(kit.Weighted(12, 3, 3, 1, 2),
		kit.NewLabeled(e.lang.Say("sheet.signer_name"), s.name), kit.NewLabeled(e.lang.Say("sheet.signer_email"), s.email),
		kit.NewLabeled(e.lang.Say("sheet.signer_country"), s.country), kit.NewLabeled(e.lang.Say("sheet.signer_number"), s.number))
	s.root = container.New(kit.Column(10),
		container.New(kit.Weighted(12, 1, 1), kit.NewLabeled(e.lang.Say("sheet.gateway"), s.gateway), s.reasonBox),
		s.signerRow, s.fault)
	return s
}

func (s *signing) revealWith(reveal func(fyne.CanvasObject)) {
	s.gateway.RevealWith(reveal)
	for _, f := range s.fields() {
		f.RevealWith(reveal)
	}
}

func (s *signing) fields() []*kit.Field {
	return []*kit.Field{s.reason, s.name, s.email, s.country, s.number}
}

// isFilled reports whether the fields can be used.
func (s *signing) isFilled() bool { return s.offers != nil }

// fill enables the fields and fills them with what a request has. For the zero request, which stands for many, they stay
// empty. A request that exists at its gateway already has no fields.
func (s *signing) fill(offers []gateways.Offer, r request.Request) {
	if r.ID != "" && len(r.Documents) == 0 {
		s.root.Hide()
		s.changed()
		return
	}
	s.offers, s.signers = offers, len(r.Signers)
	chosen := -1
	var names []string
	for i, o := range offers {
		names = append(names, s.nameOf(o))
		if o.Name == r.Gateway {
			chosen = i
		}
	}
	if s.kept = chosen < 0; s.kept {
		names, chosen = append([]string{s.keep}, names...), 0
	}
	if len(r.Signers) > 0 {
		signer := r.Signers[0]
		s.set(s.name, signer.Name)
		s.set(s.email, signer.Email)
		s.set(s.country, signer.Country)
		s.set(s.number, signer.Number)
	}
	if r.Signature != nil {
		s.set(s.reason, r.Signature.Reason)
	}
	s.gateway.Enable()
	for _, f := range s.fields() {
		f.Enable()
	}
	s.gateway.SetOptions(names)
	s.filled = chosen
	s.gateway.SetSelectedIndex(chosen)
	s.draw()
}

func (s *signing) set(f *kit.Field, text string) {
	f.SetText(text)
	s.texts[f] = text
}

func (s *signing) nameOf(o gateways.Offer) string {
	if o.Practice {
		return s.editor.lang.Say("sheet.practice", o.Shown())
	}
	return o.Shown()
}

// selected returns the offer of the selected gateway, and false if that stays as it is.
func (s *signing) selected() (gateways.Offer, bool) {
	i := s.gateway.SelectedIndex()
	if s.kept {
		i--
	}
	if i < 0 || i >= len(s.offers) {
		return gateways.Offer{}, false
	}
	return s.offers[i], true
}

// draw shows the fields that the selected gateway has a use for, and why it cannot be used if it cannot.
func (s *signing) draw() {
	o, selected := s.selected()
	kit.SetHidden(s.reasonBox, selected && !o.PlacesMarks)
	kit.SetHidden(s.signerRow, selected && !o.NeedsSigner && s.signers == 0)
	lang := s.editor.lang
	switch {
	case o.Fault.Text != "":
		s.fault.Set(kit.Sentence(explain.Reason(lang, o.Fault.Text, o.Fault.Cause)))
	case selected && !o.TakesFiles:
		s.fault.Set(lang.Say("sheet.no_files", o.Shown()))
	default:
		s.fault.Set("")
	}
	kit.SetHidden(s.fault, s.fault.Value() == "")
	s.changed()
}

// change returns the change that the fields stand for; nil for none. A field that is as it was filled, or hidden, changes nothing.
// Only the first signer is changed.
func (s *signing) change() Change {
	o, moved := s.selected()
	moved = moved && s.gateway.SelectedIndex() != s.filled
	typed := map[*kit.Field]string{}
	for _, f := range s.fields() {
		if text := strings.TrimSpace(f.Text); text != s.texts[f] && (f != s.reason || s.reasonBox.Visible()) && (f == s.reason || s.signerRow.Visible()) {
			typed[f] = text
		}
	}
	if !moved && len(typed) == 0 {
		return nil
	}
	return func(d *request.SigningDetails) {
		if moved {
			d.Gateway = o.Name
		}
		if reason, changed := typed[s.reason]; changed {
			if d.Signature == nil {
				d.Signature = &request.SignatureOptions{}
			}
			d.Signature.Reason = reason
		}
		changeSigner(d, func(signer *request.Signer) {
			for field, text := range map[*kit.Field]*string{s.name: &signer.Name, s.email: &signer.Email, s.country: &signer.Country, s.number: &signer.Number} {
				if is, changed := typed[field]; changed {
					*text = is
				}
			}
			signer.Country = strings.ToUpper(signer.Country)
		})
	}
}

// changeSigner calls the function change with the first signer of details, who is added if there is none, and removed if
// nothing is left.
func changeSigner(d *request.SigningDetails, change func(*request.Signer)) {
	signers := d.Signers
	if len(signers) == 0 {
		signers = make([]request.Signer, 1)
	}
	if change(&signers[0]); signers[0] == (request.Signer{}) {
		signers = signers[1:]
	}
	d.Signers = signers
}
