package compose

import (
	"context"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/lists"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// step is one call of the desk: it adds a request, or imports the list if its path is set.
type step struct {
	keys    []entryKey
	n       desk.New
	list    entry  // zero unless it is an import
	gateway string // for rows of the list that name no gateway
}

// result is the outcome of the steps.
type result struct {
	ids       []request.ID
	added     map[entryKey]bool   // entries whose step succeeded
	failed    map[entryKey]string // error texts of the entries whose step failed
	faults    []entry             // rows of lists that were not imported
	summaries []string            // a sentence for each list
	stopped   bool                // ctx ended before all steps were done
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
	if len(steps) == 0 || s.problemText(files, o) != "" {
		s.draw()
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
func (s *form) steps(files entries, o desk.Offer, base desk.New, signature *request.SignatureOptions) []step {
	ids, lists := s.entries.toAdd(idEntry), s.entries.toAdd(listEntry)
	title := strings.TrimSpace(s.title.Text)
	if s.titleBox.Hidden {
		title = "" // each request is named after its file
	}
	var steps []step
	for _, group := range s.groups(files, o) {
		n := base
		n.Gateway, n.Title, n.Signature = o.Name, title, signature
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
	for _, e := range lists {
		st := step{keys: []entryKey{e.id()}, list: e}
		if o.KnowsIDs {
			st.gateway = o.Name
		}
		steps = append(steps, st)
	}
	return steps
}

// copies returns who receives a copy of the signed file, as in the request that is replaced. It is empty for a gateway that
// sends nobody a copy.
func (s *form) copies(o desk.Offer) []request.CopyRecipient {
	if o.Name != s.template.Gateway {
		return nil
	}
	return s.template.Copies
}

// groups returns the files of each new request: all in one group if [form.isOneRequest], else one file in each.
func (s *form) groups(files entries, o desk.Offer) []entries {
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
func (s *form) choicesToSave(o desk.Offer, several bool) func(*settings.Settings) {
	together, decided, signer := s.together.Checked, several && !s.together.Disabled(), s.signer()
	return func(settings *settings.Settings) {
		last := &settings.LastNew
		last.Gateway = o.Name
		if decided {
			last.Together = together
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
		var err error
		if st.list.path != "" {
			err = s.importList(ctx, st, &r)
		} else {
			var added request.Request
			if added, err = s.desk.Add(ctx, st.n); err == nil {
				r.ids = append(r.ids, added.ID)
			}
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

// importList imports one list, and adds its summary and its faulty rows to r.
func (s *form) importList(ctx context.Context, st step, r *result) error {
	lang, count := s.lang, 0
	options := desk.ImportOptions{Gateway: st.gateway, List: lists.Options{Language: lang}}
	imported, err := s.desk.Import(ctx, input.Path(st.list.path), options, func(done desk.ImportStep) error {
		for _, row := range done.Rows {
			if row.Outcome == desk.RowAdded {
				count++
			}
		}
		progress := lang.Count("sheet.importing", count, st.list.name)
		s.bg.Show(func() { s.showProgress(progress) })
		return ctx.Err()
	})
	for _, fault := range imported.Faults {
		r.faults = append(r.faults, newFaultEntry(lang, st.list.name, fault))
	}
	r.summaries = append(r.summaries, importedText(lang, st.list.name, imported))
	return err
}

// importedText summarizes an import in a sentence.
func importedText(lang i18n.Language, name string, i desk.Imported) string {
	said := lang.Count("sheet.imported", i.Added)
	if i.Filled > 0 {
		said = kit.Joined(said, lang.Count("sheet.filled", i.Filled))
	}
	if i.Known > 0 {
		said = kit.Joined(said, lang.Count("sheet.known", i.Known))
	}
	if i.LeftOut > 0 {
		said = kit.Joined(said, lang.Count("sheet.faults", i.LeftOut))
	}
	return lang.Say("sheet.of_list", name, said)
}

// showStep shows how many steps are done.
func (s *form) showStep(steps []step, done int) {
	switch {
	case len(steps) > 1:
		s.showProgress(s.lang.Count("sheet.adding", len(steps), s.lang.Number(done)))
	case steps[0].list.path != "":
		s.showProgress(s.lang.Count("sheet.importing", 0, steps[0].list.name))
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

// onAdded shows the result of the steps. The form is closed when everything was added.
func (s *form) onAdded(r result, sign bool) {
	s.removeAdded(r)
	s.problemBadge = kit.ErrorBadge
	switch {
	case r.stopped:
		s.problem = s.lang.Say("sheet.stopped")
		s.problemBadge = kit.InfoBadge
	case len(r.failed) > 0:
		s.problem = s.failureText(r.failed)
	case len(r.faults) > 0:
		s.problemBadge = kit.WarningBadge
	}
	if len(r.faults) > 0 || s.problem != "" {
		lines := slices.Clone(r.summaries)
		if s.problem != "" {
			lines = append(lines, s.problem)
		}
		s.problem = strings.Join(lines, "\n")
	}
	left := s.problem != "" || s.reading > 0 || len(s.entries.toAdd(fileEntry))+len(s.entries.toAdd(idEntry))+len(s.entries.toAdd(listEntry)) > 0
	switch {
	case !left:
		s.discard()
	case s.modal == nil:
		s.present()
	default:
		s.draw()
		s.focus()
	}
	s.host.Added(r.ids, r.summaries, sign, left)
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
	s.entries = append(kept, r.faults...)
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
