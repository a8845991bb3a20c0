package compose

import (
	"context"
	"strconv"
	"time"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/ui/async"
)

// Replace shows a form for a request that is added in place of another one, whose title is given. The form has what that
// one was added with: its documents, gateway, signer and texts. If something is in the form already, Replace shows that
// form, and says why.
func (c *Composer) Replace(id request.ID, title string) {
	if s := c.openEmpty(); s != nil {
		s.readTemplate(
			func(ctx context.Context) (desk.New, error) { return s.desk.Template(ctx, id) },
			func(n desk.New) { s.takeOver(n, id, title) },
		)
	}
}

// UseAsTemplate shows a form with how another request, whose title is given, was added: its gateway, signers, copy
// recipients, reference, reason and signature, and its due date unless that is over. The documents are to be chosen. If
// something is in the form already, UseAsTemplate shows that form, and says why.
func (c *Composer) UseAsTemplate(id request.ID, title string) {
	if s := c.openEmpty(); s != nil {
		s.readTemplate(
			func(ctx context.Context) (desk.New, error) { return s.desk.Template(ctx, id) },
			func(n desk.New) { s.begin(n, title) },
		)
	}
}

// RepeatLast is [Composer.UseAsTemplate] for the request that the person added last.
func (c *Composer) RepeatLast() {
	if s := c.openEmpty(); s != nil {
		s.readTemplate(s.desk.LastAdded, func(n desk.New) { s.begin(n, n.Title) })
	}
}

// openEmpty shows the form and returns it. If something is in it already, openEmpty says so and returns nil.
func (c *Composer) openEmpty() *form {
	busy := c.HasInput()
	s := c.open()
	if busy {
		s.problem = c.lang.Say("sheet.busy")
		s.draw()
		return nil
	}
	return s
}

// readTemplate calls the function read in the background, and the function use with its answer. While it is read, the form
// cannot be added.
func (s *form) readTemplate(read func(context.Context) (desk.New, error), use func(desk.New)) {
	s.reading++
	async.CallContext(s.readCtx, s.bg, read, func(n desk.New, err error) {
		if err == nil {
			use(n)
			if s.offersRead {
				s.fillInTemplate()
			}
		}
		s.onRead(err)
		s.focus()
	})
}

// takeOver makes a request the template, with its documents. The form then adds a request that replaces it.
func (s *form) takeOver(n desk.New, id request.ID, title string) {
	s.template = n
	s.template.Replaces = id
	s.notes = append(s.notes, s.lang.Say("sheet.replaces", title))
	for i, file := range n.Files {
		s.entries.add(s.lang, entry{
			kind: fileEntry, key: string(id) + "\n" + strconv.Itoa(i), name: file.Name, stored: &n.Files[i], position: ownPosition(n, i),
			wanted: true, facts: s.lang.Say("sheet.taken_over"),
		})
	}
	if n.RemoteID != "" {
		s.entries.add(s.lang, newIDEntry(s.lang, n.Gateway, s.shownName(n.Gateway), desk.Named{ID: n.RemoteID}))
	}
}

// begin makes a request the template, without its title and its documents.
func (s *form) begin(n desk.New, title string) {
	s.template = n
	s.template.Files, s.template.Positions, s.template.RemoteID, s.template.Title = nil, nil, "", ""
	if n.Due < s.now().Format(time.DateOnly) {
		s.template.Due = ""
	}
	s.notes = append(s.notes, s.lang.Say("sheet.template", title))
}

// fillInTemplate fills the fields with the texts of the template, if there is one.
func (s *form) fillInTemplate() {
	t := s.template
	if t.Gateway == "" {
		return
	}
	for i, o := range s.offers {
		if o.Name == t.Gateway {
			s.gateway.SetSelectedIndex(i)
		}
	}
	if len(t.Files) > 0 {
		s.together.SetChecked(len(t.Files) > 1)
	}
	s.title.SetText(t.Title)
	s.reference.SetText(t.Reference)
	s.due.Set(t.Due)
	if len(t.Signers) > 0 {
		signer := t.Signers[0]
		s.signerName.SetText(signer.Name)
		s.signerEmail.SetText(signer.Email)
		s.signerCountry.SetText(signer.Country)
		s.signerID.SetText(signer.Number)
	}
	if t.Signature != nil {
		s.reason.SetText(t.Signature.Reason)
		s.placement.set(*t.Signature)
	}
	s.filledIn = s.typed()
}
