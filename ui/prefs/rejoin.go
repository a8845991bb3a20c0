package prefs

import (
	"errors"
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

// confirmRejoining asks whether the home joins its office anew, and has it do so.
func (s *settingsSheet) confirmRejoining() {
	name := request.ShowHidden(s.office.Link.Membership().Name)
	doing := kit.NewCallout(kit.InfoBadge)
	doing.Set("")
	content := container.New(kit.Column(14),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("office.rejoin_why")),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(s.lang.Say("office.rejoin_text")), doing.Root)
	back := func() { s.openMember("") }
	no := s.NewFootButton(s.lang.Say("add.cancel"), widget.MediumImportance, back)
	yes := s.NewFootButton(s.lang.Say("office.rejoin_yes"), widget.HighImportance, nil)
	yes.OnTapped = func() {
		yes.Disable()
		no.Disable()
		doing.Set(s.lang.Say("office.rejoining"))
		s.Arrange()
		shown := s.StillShown()
		async.Call(s.bg, s.office.Joiner.Rejoin, func(r office.Rejoined, err error) {
			switch {
			case err == nil:
				s.openRestart(s.lang.Say("office.rejoined", name), s.rejoinedText(r))
			case errors.Is(err, office.ErrNotParted):
				s.openRestart(kit.Sentence(explain.Error(s.lang, err)), s.lang.Say("office.restart"))
			case shown():
				s.openMember(kit.Sentence(explain.Error(s.lang, err)))
			}
		})
	}
	s.ShowPage(s.lang.Say("office.rejoin_title", name), back, content, no, no, yes)
}

// maxUnhanded is how many of the entries that no longer fit are shown.
const maxUnhanded = 20

// rejoinedText returns what came of joining anew, one sentence or entry on a line.
func (s *settingsSheet) rejoinedText(r office.Rejoined) string {
	lines := []string{s.lang.Say("office.rejoin_common", s.lang.Number(r.Common))}
	if r.Lost == 0 {
		lines = append(lines, s.lang.Say("office.rejoin_nothing_lost"))
	} else {
		lines = append(lines, s.lang.Count("office.rejoin_lost", r.Lost, s.lang.Number(r.HandedIn), s.lang.Number(r.Others)))
	}
	if n := len(r.Unfit); n > 0 {
		lines = append(lines, s.lang.Count("office.rejoin_unfit", n))
		for _, u := range r.Unfit[:min(n, maxUnhanded)] {
			lines = append(lines, s.lang.Say("office.rejoin_entry", s.lang.Number(u.Number), string(u.Request), explain.Reason(s.lang, u.Problem, u.Cause)))
		}
		if n > maxUnhanded {
			lines = append(lines, s.lang.Count("office.rejoin_more", n-maxUnhanded))
		}
	}
	return strings.Join(append(lines, s.lang.Say("office.rejoin_kept", r.Folder), s.lang.Say("office.restart")), "\n")
}
