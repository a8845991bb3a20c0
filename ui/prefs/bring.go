package prefs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// openBringingPlan shows what comes along to an office and what stays, before anything is changed. The function back shows the form again, with why the home could not join.
func (s *settingsSheet) openBringingPlan(plan office.BringingPlan, entered office.Joining, back func(error)) {
	content := s.intro(s.lang.Say("office.bring_word"))
	facts := container.New(kit.Column(8))
	fact := func(name, value string) {
		facts.Add(newFact(name, kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(value)))
	}
	fact(s.lang.Say("office.desk"), request.ShowHidden(plan.Desk))
	fact(s.lang.Say("office.login"), kit.Joined(request.ShowHidden(plan.Login), s.roleName(plan.Role)))
	fact(s.lang.Say("office.bring_come"), s.lang.Count("office.bring_requests", plan.Requests))
	stays := s.lang.Say("office.bring_register")
	if plan.Practice > 0 {
		stays = s.lang.Count("office.bring_practice", plan.Practice)
	}
	fact(s.lang.Say("office.bring_stay"), stays)
	var gateways []string
	for _, name := range slices.Sorted(maps.Keys(plan.Gateways)) {
		gateways = append(gateways, s.lang.Say("office.bring_mapped", request.ShowHidden(name), request.ShowHidden(plan.Gateways[name])))
	}
	if len(gateways) > 0 {
		fact(s.lang.Say("office.bring_gateways"), strings.Join(gateways, "\n"))
	}
	content.Add(facts)
	leave := func() { back(nil) }
	no := s.NewFootButton(s.lang.Say("prefs.back"), widget.MediumImportance, leave)
	yes := s.NewFootButton(s.lang.Say("office.bring_yes"), widget.HighImportance, func() { s.openBringing(entered, back) })
	s.ShowPage(s.lang.Say("office.bring_title", request.ShowHidden(plan.Name)), leave, content, no, no, yes)
}

// bringPage shows how the requests of a home come to its office.
type bringPage struct {
	*settingsSheet
	entered office.Joining
	back    func(error) // shows the form again; nil in a home that is a desk already, and goes on
	state   *kit.Callout
	count   *kit.Text // how many requests are in the office
	toggle  *kit.Button
	end     *kit.Button // shown when the work has ended and is not done
	shown   func() bool
	task    async.Task
	began   bool // the home is a desk
}

// brought is how many requests are in the office.
type brought struct{ requests, total int }

// openBringing has the home join an office and bring its requests along, or go on with that.
func (s *settingsSheet) openBringing(entered office.Joining, back func(error)) {
	b := &bringPage{settingsSheet: s, entered: entered, back: back, state: kit.NewCallout(kit.InfoBadge), count: kit.NewText(theme.SizeNameText, theme.ColorNameForeground)}
	b.toggle = s.NewFootButton("", widget.MediumImportance, func() { b.task.Toggle(b.begin) })
	b.end = s.NewFootButton(s.lang.Say("office.end"), widget.MediumImportance, b.leave)
	if back == nil {
		b.end.SetText(s.lang.Say("help.close"))
	}
	b.begin()
	b.show()
	s.OnClosed(func() {
		b.task.Abandon()
		if b.mustEnd() {
			s.host.End()
		}
	})
}

// show shows the page, also after another section of the settings was opened.
func (b *bringPage) show() {
	b.highlight(officeSection)
	b.ShowPage(b.lang.Say("office.bringing_title"), b.leave, container.New(kit.Column(14), b.state.Root, b.count), b.toggle, b.end, b.toggle)
	b.shown = b.StillShown()
}

// mustEnd reports whether the program must not go on: what is open is the register of before.
func (b *bringPage) mustEnd() bool { return b.began && b.back != nil }

// leave stops the work, or leaves the page when it has ended.
func (b *bringPage) leave() {
	switch {
	case b.end.Hidden:
		b.toggle.OnTapped()
	case b.mustEnd():
		b.Close() // which ends the program
	default:
		b.OnClosed(nil)
		b.openOffice()
	}
}

func (b *bringPage) begin() {
	defer b.ArrangeAll()
	b.setToggle(b.lang.Say("act.stop"), widget.MediumImportance)
	b.end.Hide()
	b.state.SetBadge(kit.InfoBadge)
	b.state.Set(b.lang.Say("office.joining"))
	async.Run(b.bg, &b.task, func(ctx context.Context, tell func(brought)) (office.Brought, error) {
		return b.office.Joiner.Bring(ctx, b.entered, b.desk.MapGateways, func(requests, total int) { tell(brought{requests, total}) })
	}, b.showProgress, b.conclude)
}

func (b *bringPage) showProgress(p brought) {
	b.began = true
	b.count.Set(b.lang.Say("office.bringing", b.lang.Number(p.requests), b.lang.Number(p.total)))
	b.Arrange()
}

func (b *bringPage) conclude(all office.Brought, err error) {
	stopped := errors.Is(err, context.Canceled)
	switch {
	case err == nil:
		b.OnClosed(nil)
		b.openRestart(b.lang.Say("office.joined", request.ShowHidden(all.Desk), request.ShowHidden(all.Name)), b.lang.Count("office.brought_next", all.Requests, all.Folder))
		return
	case !b.began && b.back != nil:
		if stopped {
			err = nil
		}
		b.OnClosed(nil)
		b.back(err)
		return
	}
	said := b.lang.Say("window.stopped")
	if !stopped {
		b.state.SetBadge(kit.ErrorBadge)
		said = kit.Sentence(explain.Error(b.lang, err))
	}
	b.state.Set(said + " " + b.lang.Say("office.bring_rest"))
	b.setToggle(b.lang.Say("office.bring_go_on"), widget.HighImportance)
	b.end.Show()
	if !b.shown() {
		b.show()
	}
	b.ArrangeAll()
}

func (b *bringPage) setToggle(label string, importance widget.Importance) {
	b.toggle.Importance = importance
	b.toggle.SetText(label)
}
