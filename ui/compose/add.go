package compose

import (
	"context"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// step is one call of the desk: a request to be added, or a list to be imported.
type step struct {
	keys    []entryKey
	n       desk.New
	list    entry
	gateway string // for the rows of a list that name none
}

// result is what became of the steps.
type result struct {
	ids     []request.ID
	gone    map[entryKey]bool   // lines that are done with
	failed  map[entryKey]string // why lines were not added
	faults  []entry             // rows of lists that were left out
	told    []string            // of lists, in a sentence each
	stopped bool
}

// press adds what is on the sheet, as soon as everything is read.
func (s *form) press(sign bool) {
	switch {
	case s.stopAdding != nil:
	case !s.offered && s.problem != "":
		s.problem = ""
		s.pending = func() { s.press(sign) }
		s.ask()
	case s.reading > 0 || !s.offered:
		s.pending = func() { s.press(sign) }
	default:
		s.begin(sign)
	}
}

// begin adds what is on the sheet.
func (s *form) begin(sign bool) {
	s.problem, s.look = "", kit.ErrorBadge
	o := s.offer()
	files := s.entries.taken(fileEntry)
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
	steps := s.steps(files, o, desk.New{Reference: strings.TrimSpace(s.reference.Text), Due: due}, signature)
	if len(steps) == 0 || s.fault(files, o) != "" {
		s.draw()
		return
	}
	ctx, cancel := context.WithCancel(s.bg.Context())
	remember := s.remembering(o, len(files) > 1)
	s.stopAdding = cancel
	s.tell(steps, 0)
	async.CallContext(ctx, s.bg, func(ctx context.Context) (result, error) {
		if len(files) > 0 {
			s.keepChoice(ctx, remember)
		}
		return s.run(ctx, steps), nil
	}, func(r result, _ error) {
		cancel()
		s.stopAdding = nil
		s.onAdded(r, sign)
	})
	s.modals.Focus(s.stop)
}

// steps are the calls that put the sheet on the desk; base is what all of them have.
func (s *form) steps(files entries, o desk.Offer, base desk.New, signature *request.SignatureOptions) []step {
	ids, lists := s.entries.taken(idEntry), s.entries.taken(listEntry)
	title := strings.TrimSpace(s.title.Text)
	if s.titleBox.Hidden {
		title = "" // each has its own
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
		}
		var keys []entryKey
		for _, e := range group {
			n.Files = append(n.Files, input.Path(e.path))
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

// groups gives the files of each request.
func (s *form) groups(files entries, o desk.Offer) []entries {
	if s.asOne(files, o) {
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
		Name: strings.TrimSpace(s.signerName.Text), Email: strings.TrimSpace(s.signerMail.Text),
		Country: strings.ToUpper(strings.TrimSpace(s.signerLand.Text)), Number: strings.TrimSpace(s.signerID.Text),
	}
}

// remembering gives what is to be offered for the next request.
func (s *form) remembering(o desk.Offer, several bool) func(*settings.Settings) {
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

// keepChoice keeps what was chosen. Nobody waits for it, and nothing depends on it.
func (s *form) keepChoice(ctx context.Context, change func(*settings.Settings)) {
	if _, err := s.desk.ChangeSettings(ctx, change); err != nil {
		s.log.Warn("the choices for the next request are not kept", "error", err)
	}
}

// run does the steps, away from the goroutine that draws.
func (s *form) run(ctx context.Context, steps []step) result {
	r := result{gone: map[entryKey]bool{}, failed: map[entryKey]string{}}
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
				r.failed[key] = kit.Sentence(err.Error())
			} else {
				r.gone[key] = true
			}
		}
		s.bg.Show(func() { s.tell(steps, i+1) })
	}
	return r
}

// importList imports one list.
func (s *form) importList(ctx context.Context, st step, r *result) error {
	f, err := input.OpenList(st.list.path)
	if err != nil {
		return err
	}
	defer f.Close() // it was only read
	lang, count := s.lang, 0
	imported, err := s.desk.Import(ctx, f, st.gateway, func(added ...request.Request) error {
		count += len(added)
		so := lang.Count("sheet.importing", count, st.list.name)
		s.bg.Show(func() { s.say(so) })
		return ctx.Err()
	})
	for _, fault := range imported.Faults {
		r.faults = append(r.faults, newFaultEntry(lang, st.list.name, fault))
	}
	r.told = append(r.told, importedText(lang, st.list.name, imported))
	return err
}

func importedText(lang i18n.Language, name string, i desk.Imported) string {
	said := lang.Count("sheet.imported", i.Added)
	if i.Known > 0 {
		said = kit.Joined(said, lang.Count("sheet.known", i.Known))
	}
	if len(i.Faults) > 0 {
		said = kit.Joined(said, lang.Count("sheet.faults", len(i.Faults)))
	}
	return lang.Say("sheet.of_list", name, said)
}

// tell says how many steps are done.
func (s *form) tell(steps []step, done int) {
	switch {
	case len(steps) > 1:
		s.say(s.lang.Count("sheet.adding", len(steps), s.lang.Number(done)))
	case steps[0].list.path != "":
		s.say(s.lang.Count("sheet.importing", 0, steps[0].list.name))
	default:
		s.say(s.lang.Count("sheet.adding_one", len(steps[0].n.Files)))
	}
}

func (s *form) say(progress string) {
	if s.stopAdding != nil {
		s.progress = progress
		s.draw()
	}
}

// onAdded shows what became of the steps. Where everything is added, the sheet closes.
func (s *form) onAdded(r result, sign bool) {
	s.keep(r)
	s.look = kit.ErrorBadge
	switch {
	case r.stopped:
		s.problem = s.lang.Say("sheet.stopped")
		s.look = kit.InfoBadge
	case len(r.failed) > 0:
		s.problem = s.reasons(r.failed)
	case len(r.faults) > 0:
		s.look = kit.WarningBadge
	}
	if len(r.faults) > 0 || s.problem != "" {
		lines := slices.Clone(r.told)
		if s.problem != "" {
			lines = append(lines, s.problem)
		}
		s.problem = strings.Join(lines, "\n")
	}
	left := s.problem != "" || s.reading > 0 || len(s.entries.taken(fileEntry))+len(s.entries.taken(idEntry))+len(s.entries.taken(listEntry)) > 0
	switch {
	case !left:
		s.discard()
	case s.modal == nil:
		s.present()
	default:
		s.draw()
		s.focus()
	}
	s.host.Added(r.ids, r.told, sign, left)
}

// keep leaves on the sheet what is not on the desk.
func (s *form) keep(r result) {
	var kept entries
	for _, e := range s.entries {
		if r.gone[e.id()] {
			continue
		}
		kept = append(kept, e)
	}
	differ := map[string]bool{}
	for _, why := range r.failed {
		differ[why] = true
	}
	for i := range kept {
		if why := r.failed[kept[i].id()]; why != "" && len(differ) > 1 {
			kept[i].pill = kit.NewBadge(kit.IconCross, s.lang.Say("sheet.pill_failed"), kit.ColorBad, kit.ColorBadPill)
			kept[i].why = why
		}
	}
	s.entries = append(kept, r.faults...)
	s.moved = false
	s.at = s.notable()
}

// reasons says why lines were not added: the one reason that all have, or where it is to be read.
func (s *form) reasons(failed map[entryKey]string) string {
	one := ""
	for _, why := range failed {
		if one != "" && one != why {
			return s.lang.Count("sheet.not_added", len(failed))
		}
		one = why
	}
	return one
}
