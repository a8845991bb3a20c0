// Package report is the screen of numbers: what waits, what ended in a period, why requests were not signed, how long
// signing took, and for whom.
package report

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/stats"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// refreshPause is the shortest time between the end of one counting and the next for what
// changed in the ledger.
const refreshPause = 2 * time.Second

const (
	maxGateways = 8 // that are told apart
	maxPeople   = 12
)

// Screen tells a manager in numbers what there is and how signing went in a time, and
// leads to what is behind them.
type Screen struct {
	lang       i18n.Language
	desk       Desk
	bg         *async.Worker
	clock      kit.Clock
	pass       kit.KeyHandler
	host       Host
	modals     *kit.Modals
	windowKeys kit.KeyHandler

	chosen      period
	from, to    time.Time        // of a stretch of a person's own: its first day and the one after its last
	refresher   *async.Refresher // of the numbers
	latestCall  async.Latest     // in which they are counted
	stats       stats.Summary    // that are seen
	loaded      bool             // there are any
	statsPeriod stats.Period     // what they are of
	tableOpen   bool             // the numbers of the chart are shown in a table
	pause       time.Duration

	choices        []*kit.Button
	periodText     *kit.Text
	problem        *kit.Callout
	start          *kit.Button
	tiles          map[Tile]*tile
	heading        *kit.Text
	chart          *chart
	barDescription *kit.Text
	signed         *kit.Text
	notSigned      *kit.Text
	asTable        *kit.Link
	barTable       *kit.NumberTable
	gateways       *kit.NumberTable
	signingTime    *kit.Text
	reasons        *fyne.Container
	oldest         *kit.OpenNumberTable
	noOldest       *kit.Text
	people         *kit.NumberTable
	byPerson       fyne.CanvasObject
	emptyText      *kit.Text
	endedSections  *fyne.Container // that need something to have ended
	scroll         *container.Scroll
	root           *fyne.Container
}

// Tile is one of the numbers that lead somewhere.
type Tile int

const (
	WaitingTile Tile = iota
	AttentionTile
	SignedTile
	DueTile
)

// Desk is what the numbers need of the desk. It is called on background goroutines.
type Desk interface {
	Stats(ctx context.Context, p stats.Period) (stats.Summary, error)
}

// Host is what the numbers need of the window they are in.
type Host interface {
	// ReviewOutcomes lists the outcomes that nobody has reviewed.
	ReviewOutcomes()
	// List lists what a number counts.
	List(t Tile)
	// ShowRequest shows one request.
	ShowRequest(r request.Request)
	// KeepPeriod has a period shown again the next time, by its name in the settings.
	KeepPeriod(name string)
}

// New makes the screen of a desk. It is hidden until it is shown. Pass hears the keys that it has no use for.
func New(lang i18n.Language, d Desk, bg *async.Worker, clock kit.Clock, modals *kit.Modals, pass kit.KeyHandler, host Host) *Screen {
	s := &Screen{lang: lang, desk: d, bg: bg, clock: clock, modals: modals, windowKeys: pass, host: host, chosen: thisMonth, pause: refreshPause, tiles: map[Tile]*tile{}}
	s.pass = func(key *fyne.KeyEvent) { s.onKey(key, pass) }
	s.refresher = async.NewRefresher(s.load)

	head := kit.NewBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground).Set(lang.Say("review.title"))
	s.start = kit.NewButton("", kit.IconProof, widget.HighImportance, s.pass, func() { s.host.ReviewOutcomes() })
	s.start.OnFocus = s.reveal
	choices := container.New(kit.NewFlow(4))
	for of := thisWeek; of <= ownPeriod; of++ {
		b := kit.NewButton(of.name(lang), "", widget.LowImportance, s.pass, func() { s.choose(of) })
		b.OnFocus = s.reveal
		s.choices = append(s.choices, b)
		choices.Add(b)
	}
	s.periodText = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	s.problem = kit.NewCallout(kit.ErrorBadge)
	s.problem.Set("")

	numbers := container.New(newTileLayout(12))
	for _, t := range []struct {
		kind Tile
		icon kit.Icon
		name string
	}{
		{WaitingTile, kit.IconPen, lang.Say("review.waiting")},
		{AttentionTile, kit.IconWarning, lang.Say("view.attention")},
		{SignedTile, kit.IconCheck, lang.Say("review.signed_then")},
		{DueTile, kit.IconDay, lang.Say("list.due_soon")},
	} {
		s.tiles[t.kind] = newTile(t.icon, t.name, s.pass, s.reveal, func() { s.host.List(t.kind) })
		numbers.Add(s.tiles[t.kind])
	}
	s.emptyText = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	s.endedSections = container.New(kit.Column(22), s.newCharts(), s.newReasons())
	s.scroll = container.NewVScroll(container.New(kit.Padding(24, 18), container.New(kit.Column(18),
		container.NewBorder(nil, nil, nil, s.start, container.New(kit.Padding(0, 4), head)),
		container.New(kit.Column(6), choices, s.periodText),
		s.problem.Root,
		numbers,
		s.emptyText,
		s.endedSections,
		s.newOldest(),
		s.newPeople(),
	)))
	s.root = container.NewStack(kit.NewBackground(kit.ColorSurface), container.New(kit.ScrollLayout{}, s.scroll))
	s.root.Hide()
	s.showPeriodChoice()
	s.drawStats()
	return s
}

func (s *Screen) newCharts() fyne.CanvasObject {
	s.heading = kit.NewBoldText(theme.SizeNameCaptionText, kit.ColorMuted)
	s.barDescription = kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	s.signed, s.notSigned = kit.NewText(theme.SizeNameText, theme.ColorNameForeground), kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	s.chart = newChart(s.lang, s.pass, s.reveal, func() { s.barDescription.Set(s.chart.description()) })
	s.barTable = kit.NewNumberTable(s.lang.Say("review.time"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.barTable.Hide()
	s.asTable = kit.NewLink(s.lang.Say("review.as_table"), kit.IconList, s.pass, s.toggleTable)
	s.asTable.Reveal = s.reveal
	s.gateways = kit.NewNumberTable(s.lang.Say("list.gateway"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.gateways.Bars = true
	s.signingTime = kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	keyed := func(hollow bool, says *kit.Text) fyne.CanvasObject {
		return container.New(kit.Row{Gap: 8, Center: true}, newSwatch(hollow), says)
	}
	legend := container.New(kit.Weighted(12, 1, 1), keyed(false, s.signed), keyed(true, s.notSigned))
	left := container.New(kit.Column(8), widget.NewSeparator(), s.heading, legend, s.chart, s.barDescription, container.NewHBox(s.asTable), s.barTable)
	right := container.New(kit.Column(22),
		kit.NewSection(s.lang.Say("review.by_gateway"), s.gateways),
		kit.NewSection(s.lang.Say("review.how_long"), s.signingTime),
	)
	return container.New(kit.Weighted(32, 11, 9), left, right)
}

func (s *Screen) newReasons() fyne.CanvasObject {
	s.reasons = container.New(kit.Column(10))
	return kit.NewSection(s.lang.Say("review.why"), s.reasons)
}

func (s *Screen) newOldest() fyne.CanvasObject {
	s.oldest = kit.NewOpenNumberTable(s.pass, s.reveal, func(i int) { s.host.ShowRequest(s.stats.Oldest[i]) },
		s.lang.Say("list.title"), s.lang.Say("list.gateway"), s.lang.Say("review.since"))
	s.oldest.Names = 2
	s.noOldest = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	return kit.NewSection(s.lang.Say("review.oldest"), container.New(kit.Column(0), s.oldest, s.noOldest))
}

func (s *Screen) newPeople() fyne.CanvasObject {
	s.people = kit.NewNumberTable(s.lang.Say("review.person"), s.lang.Say("review.waiting"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"), s.lang.Say("review.half"))
	s.byPerson = kit.NewSection(s.lang.Say("review.by_person"), s.people)
	return s.byPerson
}

// reveal scrolls to what got the keyboard.
func (s *Screen) reveal(o fyne.CanvasObject) { kit.Reveal(s.scroll, o) }

// onKey hears the keys that no part of the screen has a use for.
func (s *Screen) onKey(key *fyne.KeyEvent, pass kit.KeyHandler) {
	y := s.scroll.Offset.Y
	switch key.Name {
	case fyne.KeyUp:
		y -= 40
	case fyne.KeyDown:
		y += 40
	case fyne.KeyPageUp:
		y -= s.scroll.Size().Height
	case fyne.KeyPageDown:
		y += s.scroll.Size().Height
	case fyne.KeyHome:
		y = 0
	case fyne.KeyEnd:
		y = s.scroll.Content.Size().Height
	default:
		pass(key)
		return
	}
	s.scroll.ScrollToOffset(fyne.NewPos(0, max(0, min(y, s.scroll.Content.Size().Height-s.scroll.Size().Height))))
}

// Content returns what is drawn.
func (s *Screen) Content() fyne.CanvasObject { return s.root }

// Visible reports whether the screen is shown.
func (s *Screen) Visible() bool { return s.root.Visible() }

// Focus gives the keyboard to what is most likely wanted.
func (s *Screen) Focus() { s.modals.Focus(s.start) }

// TypedKey scrolls by a key that was typed where nothing has the keyboard.
func (s *Screen) TypedKey(key *fyne.KeyEvent) { s.onKey(key, func(*fyne.KeyEvent) {}) }

// SetPeriod looks back on the period of that name in the settings; on the usual one where there is none.
func (s *Screen) SetPeriod(name string) {
	s.chosen = periodOf(name)
	s.showPeriodChoice()
}

// ShownPeriod returns what the numbers are of, and that in words.
func (s *Screen) ShownPeriod() (stats.Period, string) { return s.statsPeriod, s.periodText.Value() }

// Show opens the screen.
func (s *Screen) Show() {
	s.root.Show()
	s.Refresh()
	s.arrange()
}

// Hide closes it. Nothing is counted for nobody.
func (s *Screen) Hide() {
	s.root.Hide()
	s.latestCall.Drop()
}

// Refresh counts anew, if anybody looks.
func (s *Screen) Refresh() { s.refresher.Refresh() }

// choose looks back on another stretch.
func (s *Screen) choose(of period) {
	if of == ownPeriod {
		s.askPeriod()
		return
	}
	s.chosen = of
	s.host.KeepPeriod(string(storedPeriods[of]))
	s.showPeriodChoice()
	s.restart()
}

// chooseDays looks back from one day to another, both of them in it; a zero time is no bound.
func (s *Screen) chooseDays(first, last time.Time) {
	s.chosen, s.from, s.to = ownPeriod, first, time.Time{}
	if !last.IsZero() {
		s.to = last.AddDate(0, 0, 1)
	}
	s.showPeriodChoice()
	s.restart()
}

// restart gives up what is being counted for another question.
func (s *Screen) restart() {
	s.latestCall.Drop()
	s.refresher.Refresh()
}

// currentPeriod is what is looked back on now.
func (s *Screen) currentPeriod() stats.Period {
	now := s.clock()
	p := stats.Period{From: s.from, To: s.to, Zone: now.Location()}
	if s.chosen != ownPeriod {
		p.From, p.To = s.chosen.bounds(now)
	}
	return p
}

// load asks for the numbers, and rests a while when they are here. What is no longer asked for is
// stopped, and its answer dropped.
func (s *Screen) load(done func()) {
	if !s.root.Visible() {
		done()
		return
	}
	period := s.currentPeriod()
	ctx, current := s.latestCall.Begin(s.bg.Context())
	async.CallContext(ctx, s.bg, func(ctx context.Context) (stats.Summary, error) { return s.desk.Stats(ctx, period) }, func(stats stats.Summary, err error) {
		if !current() {
			done()
			return
		}
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			s.problem.Set(kit.Sentence(err.Error()))
			s.arrange()
		default:
			s.problem.Set("")
			s.stats, s.loaded, s.statsPeriod = stats, true, period
			s.showPeriodChoice()
			s.drawStats()
		}
		s.waitPause(ctx, done)
	})
}

// waitPause waits before the next counting, but not when something else is asked meanwhile.
func (s *Screen) waitPause(ctx context.Context, done func()) {
	s.bg.Go(func(context.Context) {
		pause := time.NewTimer(s.pause)
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		s.bg.Show(done)
	})
}

// toggleTable shows the numbers of the chart as a table, or puts it away.
func (s *Screen) toggleTable() {
	s.tableOpen = !s.tableOpen
	s.barTable.Hidden = !s.tableOpen
	s.arrange()
}

// arrange lays the screen out again after its words changed.
func (s *Screen) arrange() { kit.Relayout(s.scroll) }
