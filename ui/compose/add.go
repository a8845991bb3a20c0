package compose

import (
	"context"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/gateways"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// step is one call of the desk, which adds a request.
type step struct {
	keys []entryKey
	n    desk.New
}

// result is the outcome of the steps.
type result struct {
	ids     []request.ID
	added   map[entryKey]bool   // entries whose step succeeded
	failed  map[entryKey]string // error texts of the entries whose step failed
	stopped bool                // ctx ended before all steps were done
}

// submit adds the entries of the form, and has them signed if sign is true. While files, links or the offers of the
// gateways are being read, it does so once they are read. While the form is being added already, it does nothing.
func (s *form) submit(sign bool) {
	switch {
	case s.stopAdding != nil:
	case !s.offersRead && s.problem != "":
		s.problem = ""
		s.pending = func() { s.submit(sign) }
		s.readOffers()
	case s.reading > 0 || !s.offersRead:
		s.pending = func() { s.submit(sign) }
	default:
		s.startAdding(sign)
	}
}

// startAdding checks the form and runs its steps on a background goroutine. A wrong field gets the focus instead.
func (s *form) startAdding(sign bool) {
	s.problem, s.problemBadge = "", kit.ErrorBadge
	o := s.selectedOffer()
	files := s.entries.toAdd(fileEntry)
	due, ok := s.due.Day()
	if !ok {
		s.draw()
		s.due.Fail()
		return
	}
	var signature *request.SignatureOptions
	if o.PlacesMarks && len(files) > 0 {
		var wrong *kit.Field
		if signature, s.problem, wrong = s.placement.signature(strings.TrimSpace(s.reason.Text)); wrong != nil {
			s.placement.unfold(true)
			s.draw()
			kit.Focus(wrong)
			return
		}
	}
	steps := s.steps(files, o, desk.New{
		Reference: strings.TrimSpace(s.reference.Text), Due: due, Again: true, Copies: s.copies(o), Replaces: s.template.Replaces,
	}, signature)
	if s.problemText(files, o) != "" {
		s.draw()
		return
	}
	if len(steps) == 0 {
		s.importLists()
		return
	}
	ctx, cancel := context.WithCancel(s.bg.Context())
	remember := s.choicesToSave(o, len(files) > 1)
	s.stopAdding = cancel
	s.showStep(steps, 0)
	async.CallContext(ctx, s.bg, func(ctx context.Context) (result, error) {
		if len(files) > 0 {
			s.saveChoices(ctx, remember)
		}
		return s.run(ctx, steps), nil
	}, func(r result, _ error) {
		cancel()
		s.stopAdding = nil
		s.onAdded(r, sign)
	})
	s.modals.Focus(s.stop)
}

// steps returns the calls that add the entries. All new requests have the fields of base.
func (s *form) steps(files entries, o gateways.Offer, base desk.New, signature *request.SignatureOptions) []step {
	ids := s.entries.toAdd(idEntry)
	title := strings.TrimSpace(s.title.Text)
	if s.titleBox.Hidden {
		title = "" // each request is named after its file
	}
	var steps []step
	for _, group := range s.groups(files, o) {
		n := base
		n.Gateway, n.Title = o.Name, title
		if o.PlacesMarks {
			n.Signature, n.Positions = group.signature(signature), group.positions()
		}
		if title == "" && len(group) == 1 {
			n.Title = stem(group[0].name)
		}
		if signer := s.signer(); o.NeedsSigner && signer != (request.Signer{}) {
			n.Signers = []request.Signer{signer}
			if t := s.template.Signers; len(t) > 0 {
				n.Signers = append(n.Signers, t[1:]...)
			}
		}
		var keys []entryKey
		for _, e := range group {
			if e.stored != nil {
				n.Files = append(n.Files, *e.stored)
			} else {
				n.Files = append(n.Files, input.Path(e.path))
			}
			keys = append(keys, e.id())
		}
		steps = append(steps, step{keys: keys, n: n})
	}
	for _, e := range ids {
		n := base
		n.Gateway, n.RemoteID, n.Title = e.gateway, e.remoteID, title
		steps = append(steps, step{keys: []entryKey{e.id()}, n: n})
	}
	return steps
}

// copies returns who receives a copy of the signed file, as in the request that is replaced. It is empty for a gateway that
// sends nobody a copy.
func (s *form) copies(o gateways.Offer) []request.CopyRecipient {
	if o.Name != s.template.Gateway {
		return nil
	}
	return s.template.Copies
}

// groups returns the files of each new request: all in one group if [form.isOneRequest], else one file in each.
func (s *form) groups(files entries, o gateways.Offer) []entries {
	if s.isOneRequest(files, o) {
		return []entries{files}
	}
	var groups []entries
	for _, e := range files {
		groups = append(groups, entries{e})
	}
	return groups
}

func (s *form) signer() request.Signer {
	return request.Signer{
		Name: strings.TrimSpace(s.signerName.Text), Email: strings.TrimSpace(s.signerEmail.Text),
		Country: strings.ToUpper(strings.TrimSpace(s.signerCountry.Text)), Number: strings.TrimSpace(s.signerID.Text),
	}
}

// choicesToSave returns a change of the settings that stores the choices of this form as defaults of the next one.
func (s *form) choicesToSave(o gateways.Offer, several bool) func(*settings.Settings) {
	together, decided, signer, drawn := s.together.Checked, several && !s.together.Disabled(), s.signer(), s.drawn
	return func(settings *settings.Settings) {
		last := &settings.LastNew
		last.Gateway = o.Name
		if decided {
			last.Together = together
		}
		for _, p := range slices.Backward(drawn) {
			settings.RememberPosition(p)
		}
		if o.NeedsSigner {
			last.SignerName, last.SignerEmail, last.SignerCountry, last.SignerNumber = signer.Name, signer.Email, signer.Country, signer.Number
		}
	}
}

// saveChoices writes the choices to the settings. An error is only logged, since it does not concern the requests.
func (s *form) saveChoices(ctx context.Context, change func(*settings.Settings)) {
	if _, err := s.desk.ChangeSettings(ctx, change); err != nil {
		s.log.Warn("the choices for the next request are not kept", "error", err)
	}
}

// run performs the steps on a background goroutine. It stops when ctx ends.
func (s *form) run(ctx context.Context, steps []step) result {
	r := result{added: map[entryKey]bool{}, failed: map[entryKey]string{}}
	for i, st := range steps {
		added, err := s.desk.Add(ctx, st.n)
		if err == nil {
			r.ids = append(r.ids, added.ID)
		}
		if err != nil && ctx.Err() != nil {
			r.stopped = true
			return r
		}
		for _, key := range st.keys {
			if err != nil {
				r.failed[key] = kit.Sentence(explain.Error(s.lang, err))
			} else {
				r.added[key] = true
			}
		}
		s.bg.Show(func() { s.showStep(steps, i+1) })
	}
	return r
}

// showStep shows how many steps are done.
func (s *form) showStep(steps []step, done int) {
	switch {
	case len(steps) > 1:
		s.showProgress(s.lang.Count("sheet.adding", len(steps), s.lang.Number(done)))
	default:
		s.showProgress(s.lang.Count("sheet.adding_one", len(steps[0].n.Files)))
	}
}

// showProgress shows a progress text while the form is being added.
func (s *form) showProgress(progress string) {
	if s.stopAdding != nil {
		s.progress = progress
		s.draw()
	}
}

// onAdded shows the result of the steps. The form is closed when everything was added; then its lists are imported.
func (s *form) onAdded(r result, sign bool) {
	s.removeAdded(r)
	s.problemBadge = kit.ErrorBadge
	switch {
	case r.stopped:
		s.problem = s.lang.Say("sheet.stopped")
		s.problemBadge = kit.InfoBadge
	case len(r.failed) > 0:
		s.problem = s.failureText(r.failed)
	}
	left := s.problem != "" || s.reading > 0 || len(s.entries.toAdd(fileEntry))+len(s.entries.toAdd(idEntry)) > 0
	switch {
	case !left:
	case s.modal == nil:
		s.present()
	default:
		s.draw()
		s.focus()
	}
	if left {
		s.host.Added(r.ids, sign, true)
		return
	}
	lists := s.takeLists()
	s.discard()
	s.host.Added(r.ids, sign, len(lists) > 0)
	s.host.Import(lists)
}

// importLists has the lists of the form imported. The form is closed, unless something else is in it.
func (s *form) importLists() {
	lists := s.takeLists()
	switch {
	case len(lists) == 0:
		s.draw()
		return
	case len(s.entries) == 0 && s.reading == 0:
		s.discard()
	default:
		s.hide()
	}
	s.host.Import(lists)
}

// takeLists removes the lists that are to be imported from the form, and returns their paths.
func (s *form) takeLists() []string {
	var paths []string
	var kept entries
	for _, e := range s.entries {
		if e.kind == listEntry && e.included() {
			paths = append(paths, e.path)
		} else {
			kept = append(kept, e)
		}
	}
	s.entries = kept
	return paths
}

// removeAdded removes the entries that were added, and marks those that failed.
func (s *form) removeAdded(r result) {
	var kept entries
	for _, e := range s.entries {
		if r.added[e.id()] {
			continue
		}
		kept = append(kept, e)
	}
	reasons := map[string]bool{}
	for _, reason := range r.failed {
		reasons[reason] = true
	}
	for i := range kept {
		if reason := r.failed[kept[i].id()]; reason != "" && len(reasons) > 1 {
			kept[i].badge = kit.NewBadge(kit.IconCross, s.lang.Say("sheet.badge_failed"), kit.ColorBad, kit.ColorBadBack)
			kept[i].explanation = reason
		}
	}
	s.entries = kept
	s.cursorMoved = false
	s.cursor = s.firstExplained()
}

// failureText returns the reason why entries were not added, if all have the same; otherwise a sentence that
// refers to the entries.
func (s *form) failureText(failed map[entryKey]string) string {
	one := ""
	for _, reason := range failed {
		if one != "" && one != reason {
			return s.lang.Count("sheet.not_added", len(failed))
		}
		one = reason
	}
	return one
}
