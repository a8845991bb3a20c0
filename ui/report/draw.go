package report

import (
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/stats"
	"countersign/ui/kit"
)

// drawStats shows the numbers that were loaded last.
func (s *Screen) drawStats() {
	lang, n := s.lang, s.stats
	for kind, count := range map[Tile]int{WaitingTile: n.Waiting, AttentionTile: n.Attention, SignedTile: n.Signed, DueTile: n.Due} {
		if s.loaded {
			s.tiles[kind].set(lang.Number(count))
		}
	}
	s.practice.Set("")
	if n.Practice > 0 {
		s.practice.Set(lang.Count("review.practice", n.Practice))
	}
	s.start.SetLabel(lang.Count("review.begin", n.ToReview), kit.IconProof, widget.HighImportance)
	if n.ToReview == 0 {
		s.start.SetLabel(lang.Say("review.none_left"), kit.IconCheck, widget.MediumImportance)
	}
	ended := n.Signed + n.NotSigned
	s.endedSections.Hidden = ended == 0
	switch {
	case !s.loaded:
		s.emptyText.Set(lang.Say("review.counting"))
	case ended == 0:
		s.emptyText.Set(lang.Say("review.nothing"))
	default:
		s.emptyText.Set("")
		s.drawCharts()
		s.drawReasons()
	}
	s.drawOldest()
	s.drawPeople()
	s.printLinks.Hidden = !s.loaded
	s.arrange()
}

func (s *Screen) drawCharts() {
	lang, n := s.lang, s.stats
	bars, of := barsOf(lang, n.Days, s.statsPeriod.From, s.statsPeriod.To, s.clock())
	s.heading.Set(of.chartName(lang))
	s.signed.Set(lang.Count("sum.signed", n.Signed))
	s.notSigned.Set(lang.Count("review.not_signed_count", n.NotSigned))
	s.chart.set(bars)
	var lines []numberRow
	for _, b := range bars {
		lines = append(lines, numberRow{Cells: []string{b.name, lang.Number(b.signed), lang.Number(b.notSigned)}})
	}
	s.barTable.Set(lines)

	lines = nil
	rest, names := bar{}, s.host.Names()
	for i, g := range n.Gateways {
		b := bar{signed: g.Signed, notSigned: g.NotSigned}
		switch {
		case b.total() == 0:
		case i < maxGateways:
			lines = append(lines, numberRow{Cells: []string{names.Gateway(g.Name), lang.Number(b.signed), lang.Number(b.notSigned)}, Filled: b.signed, Hollow: b.notSigned})
		default:
			rest.signed, rest.notSigned = rest.signed+b.signed, rest.notSigned+b.notSigned
		}
	}
	if rest.total() > 0 {
		lines = append(lines, numberRow{Cells: []string{lang.Say("review.others"), lang.Number(rest.signed), lang.Number(rest.notSigned)}, Filled: rest.signed, Hollow: rest.notSigned})
	}
	s.gateways.Set(lines)
	s.signingTime.Set(signingTimes(lang, n.Signing))
}

// signingTimes returns a sentence about how long signing took. It names the slowest tenth only if there were at least
// ten signings.
func signingTimes(lang i18n.Language, s stats.Signing) string {
	switch {
	case s.Count == 0:
		return lang.Say("review.no_time")
	case s.Count == 1:
		return lang.Say("review.time_one", formatDuration(lang, s.Median))
	case s.Count < 10:
		return lang.Say("review.time_half", formatDuration(lang, s.Median))
	}
	return lang.Say("review.time_slow", formatDuration(lang, s.Median), formatDuration(lang, s.Slowest))
}

// formatDuration returns a duration for a person: in seconds below a minute, in days from two days on.
func formatDuration(lang i18n.Language, d time.Duration) string {
	switch {
	case d < time.Minute:
		return lang.Count("review.seconds", max(int(d.Seconds()), 1))
	case d >= 48*time.Hour:
		return lang.Count("review.days", int(d.Hours()/24))
	}
	return lang.Duration(d)
}

func (s *Screen) drawReasons() {
	lang := s.lang
	s.reasons.RemoveAll()
	for _, r := range s.reasonLines() {
		number := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground).Set(lang.Number(r.count))
		said := kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
		said.MaxLines = 2
		said.Set(r.gatewaySaid)
		s.reasons.Add(container.New(kit.Row{Gap: 12}, container.New(kit.MinSize(56, 0), number),
			container.New(kit.Column(1), kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(r.meaning), said.SetColor(kit.ColorMuted))))
	}
	if s.stats.NotSigned == 0 {
		s.reasons.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(lang.Say("review.no_reasons")))
	}
}

// reasonLine is a reason why requests were not signed, as people read it.
type reasonLine struct {
	count                int
	gatewaySaid, meaning string
}

// reasonLines returns the reasons, the most frequent first.
func (s *Screen) reasonLines() (lines []reasonLine) {
	for _, r := range s.stats.Reasons {
		lines = append(lines, reasonLine{r.Count, kit.Joined(r.Code, explain.Message(s.lang, r.Message)), r.Explain(s.lang).State})
	}
	if s.stats.OtherReasons > 0 {
		lines = append(lines, reasonLine{count: s.stats.OtherReasons, meaning: s.lang.Say("review.other_reasons")})
	}
	return lines
}

func (s *Screen) drawOldest() {
	var lines []numberRow
	for _, r := range s.stats.Oldest {
		lines = append(lines, numberRow{Cells: []string{r.Title, s.host.Names().Gateway(r.Gateway), s.lang.Date(r.CreatedAt.Local())}})
	}
	s.oldest.Set(lines)
	s.oldest.Hidden = len(lines) == 0
	said := ""
	if len(lines) == 0 && s.loaded {
		said = s.lang.Say("review.none_open")
	}
	s.noOldest.Set(said)
}

func (s *Screen) drawPeople() {
	lang := s.lang
	var lines []numberRow
	var rest stats.Share
	line := func(name string, p stats.Share) {
		half := "–"
		if p.Signing.Count > 0 {
			half = formatDuration(lang, p.Signing.Median)
		}
		lines = append(lines, numberRow{Cells: []string{name, lang.Number(p.Waiting), lang.Number(p.Signed), lang.Number(p.NotSigned), half}})
	}
	for i, p := range s.stats.People {
		if i >= maxPeople {
			rest.Waiting, rest.Signed, rest.NotSigned = rest.Waiting+p.Waiting, rest.Signed+p.Signed, rest.NotSigned+p.NotSigned
			continue
		}
		name := s.host.Names().Person(p.Name)
		if name == "" {
			name = lang.Say("review.nobody")
		}
		line(name, p)
	}
	if len(s.stats.People) > maxPeople {
		line(lang.Say("review.others"), rest)
	}
	s.people.Set(lines)
	if len(lines) == 0 {
		s.byPerson.Hide()
	} else {
		s.byPerson.Show()
	}
}

// showPeriodChoice highlights the button of the chosen period, and shows its days in words.
func (s *Screen) showPeriodChoice() {
	for i, b := range s.choices {
		importance := widget.LowImportance
		if period(i) == s.chosen {
			importance = widget.MediumImportance
		}
		b.SetLabel(b.Text, "", importance)
	}
	p := s.currentPeriod()
	first, last := "", ""
	if !p.From.IsZero() {
		first = s.lang.Date(p.From)
	}
	if !p.To.IsZero() {
		last = s.lang.Date(p.To.AddDate(0, 0, -1))
	}
	switch {
	case first != "" && last != "":
		s.periodText.Set(s.lang.Say("review.from_to", first, last))
	case first != "":
		s.periodText.Set(s.lang.Say("review.from_on", first))
	case last != "":
		s.periodText.Set(s.lang.Say("review.up_to", last))
	default:
		s.periodText.Set(s.lang.Say("review.ever"))
	}
}
