package compose

import (
	"countersign/core/desk"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/placement"
)

// placed returns how many of the entries have a position of their own.
func (all entries) placed() int {
	n := 0
	for _, e := range all {
		if e.position != nil {
			n++
		}
	}
	return n
}

// signature returns the signature options of the request that is made of these entries: those of the form, with the position of an
// entry that has its own.
func (all entries) signature(of *request.SignatureOptions) *request.SignatureOptions {
	if len(all) != 1 || all[0].position == nil {
		return of
	}
	own := request.SignatureOptions{}
	if of != nil {
		own = *of
	}
	own.Page, own.Rectangle = all[0].position.Page, &all[0].position.Rectangle
	return &own
}

// positions returns the positions of the documents of one request that is made of these entries; nil if no entry has its own, or
// there is only one.
func (all entries) positions() []request.SignaturePosition {
	if len(all) < 2 || all.placed() == 0 {
		return nil
	}
	positions := make([]request.SignaturePosition, len(all))
	for i, e := range all {
		if e.position != nil {
			positions[i] = request.SignaturePosition{Page: e.position.Page, Rectangle: &e.position.Rectangle}
		}
	}
	return positions
}

// ownPosition returns the position of its own that a file of n has; nil for none.
func ownPosition(n desk.New, file int) *placement.Position {
	if file >= len(n.Positions) || n.Positions[file].Rectangle == nil {
		return nil
	}
	return &placement.Position{Page: n.Positions[file].Page, Rectangle: *n.Positions[file].Rectangle}
}

// openPlacement opens the sheet on which the position of the signatures is drawn. The form is hidden meanwhile.
func (s *form) openPlacement() {
	files, o := s.entries.toAdd(fileEntry), s.selectedOffer()
	if len(files) == 0 || s.drawPage == nil || s.stopAdding != nil || s.pending != nil {
		return
	}
	var documents []placement.Document
	for _, e := range files {
		documents = append(documents, placement.Document{Name: e.name, Path: e.diskPath()})
	}
	positions := []*placement.Position{s.placement.position()}
	if len(files) > 1 && files.placed() > 0 {
		positions = s.positionsOf(files)
	}
	used := false
	s.modals.Focus(nil) // so that nothing in the form looks focused when it is shown again
	s.hide()
	placement.Open(s.lang, s.bg, s.modals, placement.Options{
		Documents: documents, Draw: s.drawPage, Label: s.signatureLabel(),
		Positions: positions,
		Suggest:   func(width, height float64) *placement.Suggestion { return s.suggestPosition(o.Name, width, height) },
		Use: func(positions []*placement.Position, next placement.Suggestion) {
			s.usePositions(files, positions)
			s.rememberPosition(o.Name, next)
			used = true
		},
		Closed: func() { s.onPlacementClosed(used) },
	})
}

// onPlacementClosed shows the form again. The next step gets the keyboard if a position was used.
func (s *form) onPlacementClosed(used bool) {
	if s.form != s || s.modal != nil {
		return
	}
	s.present()
	if !used {
		kit.Focus(s.placement.draw)
	}
}

// signatureLabel returns what stands in the box: who signs, if that is known.
func (s *form) signatureLabel() string {
	if signer := s.signer(); !s.signerRow.Hidden && signer.Name != "" {
		return signer.Name
	}
	return s.lang.Say("placement.signature")
}

// positionsOf returns a position for each of the entries: its own, or else that of the form.
func (s *form) positionsOf(files entries) []*placement.Position {
	var positions []*placement.Position
	for _, e := range files {
		if e.position == nil {
			e.position = s.placement.position()
		}
		positions = append(positions, e.position)
	}
	return positions
}

// usePositions stores the positions that were drawn for the entries: one for all of them, or one for each.
func (s *form) usePositions(files entries, positions []*placement.Position) {
	own := map[entryKey]*placement.Position{}
	if len(positions) > 1 {
		for i, e := range files {
			own[e.id()] = positions[i]
		}
	}
	for i, e := range s.entries {
		s.entries[i].position = own[e.id()]
	}
	if p := positions[0]; len(own) == 0 && p != nil {
		s.placement.setPosition(p.Page, &p.Rectangle)
	}
}

// removePositions leaves the positions of all signatures to the gateway.
func (s *form) removePositions() {
	for i := range s.entries {
		s.entries[i].position = nil
	}
	s.placement.setPosition("", nil)
	s.draw()
}

// suggestPosition returns where the last signature for a gateway went on a page of that size; nil for none.
func (s *form) suggestPosition(gateway string, width, height float64) *placement.Suggestion {
	wanted := settings.SignaturePosition{Gateway: gateway, PageWidth: width, PageHeight: height}
	for _, list := range [][]settings.SignaturePosition{s.drawn, s.positions} {
		for _, p := range list {
			if p.IsLike(wanted) {
				return &placement.Suggestion{Page: p.Page, Width: width, Height: height, Area: placement.Area{Left: p.Left, Top: p.Top, Width: p.Width, Height: p.Height}}
			}
		}
	}
	return nil
}

// rememberPosition keeps a position for the next page of its size. It is stored when the form is added.
func (s *form) rememberPosition(gateway string, p placement.Suggestion) {
	s.drawn = append([]settings.SignaturePosition{{
		Gateway: gateway, PageWidth: p.Width, PageHeight: p.Height, Page: p.Page, Left: p.Area.Left, Top: p.Area.Top, Width: p.Area.Width, Height: p.Area.Height,
	}}, s.drawn...)
}
