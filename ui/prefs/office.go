package prefs

import (
	"context"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// Office is what the settings need of the office that the home belongs to, or may join.
type Office struct {
	Link   Link           // nil for a home of its own
	Copy   office.Audited // with which the server is compared; nil if it is not
	Joiner Joiner         // nil if the home can neither join nor leave
	DSN    string         // of the database that is offered when the home joins; may be empty
}

// Link is the connection to the office. Package office implements it. Membership, Role and State answer at once; the others are called on background goroutines.
type Link interface {
	Membership() office.Membership
	Role() team.Role
	State() office.State
	Status(ctx context.Context) (office.Status, error)
	Audit(ctx context.Context, c office.Audited, tell func(entries, total int)) (office.Audit, error)
}

// Joiner has the home join an office, join it anew, and leave it. Package office implements it. Its methods are called on background goroutines. When one of
// them has succeeded, the program must end.
type Joiner interface {
	Join(ctx context.Context, e office.Joining) (office.Membership, error)
	HasRequests(ctx context.Context) (bool, error)
	PlanBringing(ctx context.Context, e office.Joining, gateways office.MapGateways) (office.BringingPlan, error)
	Bring(ctx context.Context, e office.Joining, gateways office.MapGateways, tell func(requests, total int)) (office.Brought, error)
	Rejoin(ctx context.Context) (office.Rejoined, error)
	Leave(ctx context.Context, force bool) (folder string, err error)
}

// offered reports whether the settings have a section about the office.
func (o Office) offered() bool { return o.Link != nil || o.Joiner != nil }

// OfficeSettings opens the section of the settings about the office. It does nothing while another modal is open.
func (p *Prefs) OfficeSettings() {
	if s := p.newSettings(); s != nil {
		s.read(officeSection)
	}
}

// openOffice opens the section about the office.
func (s *settingsSheet) openOffice() {
	s.highlight(officeSection)
	if s.office.Link == nil {
		s.openJoin()
		return
	}
	s.openMember("")
}

// newFact returns a line with a name and a value.
func newFact(name string, value fyne.CanvasObject) fyne.CanvasObject {
	return container.New(kit.Row{Gap: 16}, container.New(kit.FixedWidth(labelWidth), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(name)), value)
}

// openMember shows the office that the home belongs to, below why it could not be left or joined anew, unless that is empty.
func (s *settingsSheet) openMember(problem string) {
	m, state := s.office.Link.Membership(), s.office.Link.State()
	content := s.intro(s.lang.Say("office.about_member"))
	if problem == "" && state.Reach == office.Parted {
		problem = kit.Sentence(explain.Error(s.lang, state.Problem)) + " " + s.lang.Say("office.parted_tip")
	}
	if problem != "" {
		c := kit.NewCallout(kit.ErrorBadge)
		c.Set(problem)
		content.Add(c.Root)
	}
	facts := container.New(kit.Column(8))
	fact := func(name, value string) *kit.Text {
		text := kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(value)
		facts.Add(newFact(name, text))
		return text
	}
	fact(s.lang.Say("office.name"), request.ShowHidden(m.Name))
	if m.Desk != "" {
		fact(s.lang.Say("office.desk"), request.ShowHidden(m.Desk))
	}
	fact(s.lang.Say("office.login"), request.ShowHidden(m.Login))
	role := fact(s.lang.Say("office.role"), s.roleName(s.office.Link.Role()))
	fact(s.lang.Say("office.database"), request.ShowHidden(m.DSN))
	server := fact(s.lang.Say("office.server"), s.lang.Say("office.asking"))
	waiting := fact(s.lang.Say("office.waiting"), s.lang.Say("office.asking"))
	content.Add(facts)
	if s.office.Joiner != nil {
		actions := container.New(kit.NewFlow(8))
		if m.Bringing != nil {
			c := kit.NewCallout(kit.WarningBadge)
			c.Set(s.lang.Say("office.bring_left"))
			content.Add(c.Root)
			actions.Add(s.NewButton(s.lang.Say("office.bring_rest_yes"), kit.IconAgain, widget.HighImportance, func() { s.openBringing(office.Joining{}, nil) }))
		}
		if state.Reach == office.Parted {
			actions.Add(s.NewButton(s.lang.Say("office.rejoin"), kit.IconAgain, widget.HighImportance, s.confirmRejoining))
		}
		actions.Add(s.NewButton(s.lang.Say("office.leave"), kit.IconOut, widget.MediumImportance, s.confirmLeaving))
		content.Add(actions)
	}
	s.ShowPage(s.lang.Say("prefs.title"), s.Close, content, s.tabs[officeSection], s.newCloseButton())

	shown := s.StillShown()
	async.Call(s.bg, s.office.Link.Status, func(status office.Status, err error) {
		switch {
		case !shown():
			return
		case err != nil:
			server.SetColor(kit.ColorWarn).Set(kit.Sentence(explain.Error(s.lang, err)))
		case status.TLS == "":
			server.Set(s.lang.Say("office.server_local", status.Version))
		default:
			server.Set(s.lang.Say("office.server_tls", status.Version, status.TLS))
		}
		if err == nil {
			role.Set(s.roleName(status.Role))
		}
		s.Arrange()
	})
	async.Call(s.bg, func(ctx context.Context) (int, error) {
		kept, err := s.desk.KeptReturns(ctx)
		return len(kept), err
	}, func(n int, err error) {
		switch {
		case !shown():
			return
		case err != nil:
			waiting.SetColor(kit.ColorWarn).Set(kit.Sentence(explain.Error(s.lang, err)))
		default:
			waiting.Set(s.lang.Number(n))
		}
		s.Arrange()
	})
}

// roleName returns what a login with a role may do.
func (s *settingsSheet) roleName(role team.Role) string {
	switch role {
	case team.Clerk:
		return s.lang.Say("office.role_clerk")
	case team.Manager:
		return s.lang.Say("office.role_manager")
	case team.Auditor:
		return s.lang.Say("office.role_auditor")
	}
	return string(role)
}

// confirmLeaving asks whether the home leaves its office, and has it leave.
func (s *settingsSheet) confirmLeaving() {
	m := s.office.Link.Membership()
	content := container.New(kit.Column(14), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("office.leave_text", request.ShowHidden(m.Name))))
	back := func() { s.openMember("") }
	no := s.NewFootButton(s.lang.Say("withdraw.no"), widget.MediumImportance, back)
	yes := s.NewFootButton(s.lang.Say("office.leave_yes"), widget.DangerImportance, nil)
	yes.OnTapped = func() {
		yes.Disable()
		no.Disable()
		shown := s.StillShown()
		async.Call(s.bg, func(ctx context.Context) (string, error) { return s.office.Joiner.Leave(ctx, false) }, func(folder string, err error) {
			switch {
			case err == nil:
				s.openRestart(s.lang.Say("office.left", request.ShowHidden(m.Name)), s.lang.Say("office.left_next", folder))
			case shown():
				s.openMember(kit.Sentence(explain.Error(s.lang, err)))
			}
		})
	}
	s.ShowPage(s.lang.Say("office.leave_title", request.ShowHidden(m.Name)), back, content, no, no, yes)
}

// openRestart says what was done, and ends the program however the page is left: what is open would go on with the register of before.
func (s *settingsSheet) openRestart(done, next string) {
	s.modals.Close() // whatever was opened meanwhile
	page := s.modals.OpenSheet(nil)
	c := kit.NewCallout(kit.OKBadge)
	c.SetHeading(done)
	c.Set(next)
	end := page.NewFootButton(s.lang.Say("office.end"), widget.HighImportance, page.Close)
	page.OnClosed(s.host.End)
	page.ShowPage(s.lang.Say("prefs.office"), page.Close, container.New(kit.Column(18), c.Root), end, end)
}

// joinForm is the page on which the home joins an office.
type joinForm struct {
	*settingsSheet
	dsn, name, password *kit.Field
	inFile              *kit.Check // shown when the keyring cannot store the password
	replace             *kit.Check // shown when another home of the person has the name
	useFile, takeOver   bool
	failed              *kit.Callout
	join                *kit.Button
	about               *kit.Text
	content             *fyne.Container
	brings              bool // the home has requests, which come along
}

// openJoin opens the form for joining an office.
func (s *settingsSheet) openJoin() {
	f := &joinForm{settingsSheet: s, failed: kit.NewCallout(kit.ErrorBadge)}
	f.failed.Set("")
	host, _ := os.Hostname() // a person enters another name, or the first one
	f.dsn = s.NewField(s.office.DSN, s.lang.Say("office.dsn_example"), 1, f.submit)
	f.name = s.NewField(host, "", 1, f.submit)
	f.password = s.NewField("", "", 1, f.submit)
	f.password.Password = true
	f.inFile = s.NewCheck(s.lang.Say("prefs.secret_in_file"), false, func(on bool) { f.useFile = on })
	f.replace = s.NewCheck(s.lang.Say("office.take_over"), false, func(on bool) { f.takeOver = on })
	f.inFile.Hide()
	f.replace.Hide()
	f.about = kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("office.about_join"))
	content := s.introBy(f.about)
	known := kit.NewCallout(kit.InfoBadge)
	known.Set(s.lang.Say("office.everyone_reads"))
	content.Add(known.Root)
	for _, l := range []*formLine{
		newFormLine(s.lang.Say("office.database"), "", s.lang.Say("office.dsn_help"), f.dsn),
		newFormLine(s.lang.Say("office.desk"), "", s.lang.Say("office.desk_help"), f.name, f.replace),
		newFormLine(s.lang.Say("office.password"), "", s.lang.Say("office.password_help"), f.password, f.inFile),
	} {
		content.Add(l.root)
	}
	content.Add(f.failed.Root)
	f.content = content
	f.join = s.NewFootButton(s.lang.Say("office.join"), widget.HighImportance, f.submit)
	f.show()
	shown := s.StillShown()
	async.Call(s.bg, s.office.Joiner.HasRequests, func(has bool, err error) {
		if shown() && err == nil && has {
			f.bringAlong()
		}
	})
}

// show shows the form.
func (f *joinForm) show() {
	f.ShowPage(f.lang.Say("prefs.title"), f.Close, f.content, f.tabs[officeSection], f.newCloseButton(), f.join)
}

// bringAlong has the home bring its requests along when it joins.
func (f *joinForm) bringAlong() {
	f.brings = true
	f.about.Set(f.lang.Say("office.about_bring"))
	f.join.SetText(f.lang.Say("office.bring_look"))
	f.ArrangeAll()
}

// submit has the home join the office that was entered.
func (f *joinForm) submit() {
	if f.join.Disabled() {
		return
	}
	f.join.Disable()
	f.failed.SetBadge(kit.InfoBadge)
	f.failed.Set(f.lang.Say("office.joining"))
	f.Arrange()
	shown := f.StillShown()
	entered := office.Joining{
		DSN: strings.TrimSpace(f.dsn.Text), Desk: strings.TrimSpace(f.name.Text), Password: secret.Entered{Value: f.password.Text, InFile: f.useFile}, Replace: f.takeOver,
	}
	if f.brings {
		f.failed.Set(f.lang.Say("office.bring_looking"))
		look := func(ctx context.Context) (office.BringingPlan, error) {
			return f.office.Joiner.PlanBringing(ctx, entered, f.desk.MapGateways)
		}
		async.Call(f.bg, look, func(plan office.BringingPlan, err error) {
			switch {
			case !shown():
			case err != nil:
				f.fail(err)
			default:
				f.openBringingPlan(plan, entered, f.showAgain)
			}
		})
		return
	}
	async.Call(f.bg, func(ctx context.Context) (office.Membership, error) { return f.office.Joiner.Join(ctx, entered) }, func(m office.Membership, err error) {
		switch {
		case err == nil:
			f.joined(m)
		case shown():
			f.fail(err)
		}
	})
}

// showAgain shows the form once more, with why the home could not join unless that is nil.
func (f *joinForm) showAgain(err error) {
	f.show()
	f.failed.Set("")
	f.join.Enable()
	if err != nil {
		f.fail(err)
	}
}

// fail shows why the home could not join, and what a person can decide about that.
func (f *joinForm) fail(err error) {
	f.join.Enable()
	if secret.IsKeyringError(err) {
		f.inFile.Show()
	}
	switch request.CauseOf(err).Code {
	case office.OtherHome:
		f.replace.Show()
	case office.BringingStopped:
		f.bringAlong()
	}
	f.failed.SetBadge(kit.ErrorBadge)
	f.failed.Set(kit.Sentence(explain.Error(f.lang, err)))
	f.Arrange()
	f.Reveal(f.failed.Root)
}

// joined says which office the home belongs to now.
func (f *joinForm) joined(m office.Membership) {
	done := f.lang.Say("office.joined", request.ShowHidden(m.Desk), request.ShowHidden(m.Name))
	if m.Desk == "" {
		done = f.lang.Say("office.joined_auditor", request.ShowHidden(m.Name))
	}
	f.openRestart(done, f.lang.Say("office.joined_next"))
}
