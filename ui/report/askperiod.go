package report

import (
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/ui/days"
	"countersign/ui/kit"
)

// askPeriod asks for the first and the last day of a period.
func (s *Screen) askPeriod() {
	now := s.currentPeriod()
	if !now.To.IsZero() {
		now.To = now.To.AddDate(0, 0, -1)
	}
	from := days.NewSince(s.lang, s.windowKeys, s.modals.Explain, s.clock, s.modals.Arrange)
	to := days.NewUntil(s.lang, s.windowKeys, s.modals.Explain, s.clock, s.modals.Arrange)
	for into, day := range map[*days.Field]time.Time{from: now.From, to: now.To} {
		if !day.IsZero() {
			into.Set(day.Format(time.DateOnly))
		}
	}
	hint := kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(s.lang.Say("review.own_hint"))
	confirm := func() {
		var chosen [2]string
		for i, field := range []*days.Field{from, to} {
			day, ok := field.Day()
			if !ok {
				field.Fail()
				return
			}
			chosen[i] = day
		}
		if chosen[0] != "" && chosen[1] != "" && chosen[1] < chosen[0] {
			hint.Set(s.lang.Say("win.wrong_days")).SetColor(theme.ColorNameError)
			s.modals.Arrange()
			return
		}
		s.modals.Close()
		zone := s.clock().Location()
		s.chooseDays(days.StartOf(chosen[0], zone), days.StartOf(chosen[1], zone))
		s.modals.Focus(s.choices[ownPeriod])
	}
	from.Entry.OnEnter, to.Entry.OnEnter = confirm, confirm
	cancel := kit.NewButton(s.lang.Say("add.cancel"), "", widget.MediumImportance, s.windowKeys, s.modals.Dismiss)
	yes := kit.NewButton(s.lang.Say("review.own_yes"), "", widget.HighImportance, s.windowKeys, confirm)
	s.modals.Open(s.lang.Say("review.own_title"), container.New(kit.Column(10),
		kit.NewLabeled(s.lang.Say("review.own_from"), from.Root), kit.NewLabeled(s.lang.Say("review.own_to"), to.Root), hint,
	), from.Entry, cancel, yes)
}
