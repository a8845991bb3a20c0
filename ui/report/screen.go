// Package report is the statistics screen of the window: what waits, what ended in a period, why requests were not
// signed, how long signing took, and for whom.
package report

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/printout"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/stats"
	"countersign/ui/async"
	"countersign/ui/files"
	"countersign/ui/kit"
)

// refreshPause is the shortest time between the end of one reading and the next when the ledger changes.
const refreshPause = 2 * time.Second

const (
	maxGateways = 8  // most rows with one gateway each; the other gateways are added up in one more row
	maxPeople   = 12 // likewise, of signers
)

// Screen shows the statistics of the desk. Its tiles and tables lead to the requests behind the numbers. All methods
// must be called on the drawing goroutine.
type Screen struct {
	lang       i18n.Language
	desk       Desk
	bg         *async.Worker
	clock      kit.Clock
	pass       kit.KeyHandler
	host       Host
	modals     *kit.Modals
	windowKeys kit.KeyHandler // for questions, where keys must not scroll the screen

	chosen      period
	from, to    time.Time        // of ownPeriod: its first day and the day after its last
	refresher   *async.Refresher // calls load
	latestCall  async.Latest     // the reading under way
	stats       stats.Summary    // the numbers that are shown
	loaded      bool             // stats has been loaded
	statsPeriod stats.Period     // the period of stats
	tableOpen   bool             // the chart's numbers are shown as a table, too
	pause       time.Duration

	choices        []*kit.Button
	periodText     *kit.Text
	printLinks     *fyne.Container // hidden until there are numbers
	problem        *kit.Callout
	start          *kit.Button
	tiles          map[Tile]*tile
	practice       *kit.Text // says that practice requests are not counted; empty when there are none
	heading        *kit.Text
	chart          *chart
	barDescription *kit.Text
	signed         *kit.Text
	notSigned      *kit.Text
	asTable        *kit.Link
	barTable       *NumberTable
	gateways       *NumberTable
	signingTime    *kit.Text
	reasons        *fyne.Container
	oldest         *OpenNumberTable
	noOldest       *kit.Text
	people         *NumberTable
	byPerson       fyne.CanvasObject
	emptyText      *kit.Text
	endedSections  *fyne.Container // hidden while nothing ended in the period
	scroll         *container.Scroll
	root           *fyne.Container
}

// Tile identifies a number at the top of the screen that leads to a list.
type Tile int

const (
	WaitingTile Tile = iota
	AttentionTile
	SignedTile
	DueTile
)

// Desk is what the screen needs of the desk. Its methods are called on background goroutines.
type Desk interface {
	Stats(ctx context.Context, p stats.Period) (stats.Summary, error)
	SuggestExport(ctx context.Context, name, extension, folder string) (path string, err error)
	SavePrintout(ctx context.Context, d printout.Document, path string) error
	PrintoutForViewer(ctx context.Context, d printout.Document, name string) (path string, err error)
}

// Host is what the screen needs of the window around it. Its methods are called on the drawing goroutine.
type Host interface {
	// Names returns the names of gateways as people see them.
	Names() settings.Names
	// Person returns the name of whoever works here.
	Person() string
	// Files asks for paths.
	Files() *files.Chooser
	// OpenFile opens a file in the system's viewer, from which it can be printed.
	OpenFile(path string)
	// Saved shows a message that a file was saved at a path.
	Saved(message, path string)
	// ReviewOutcomes lists the outcomes that nobody has reviewed yet.
	ReviewOutcomes()
	// List lists the requests that a tile counts.
	List(t Tile)
	// ShowRequest shows one request.
	ShowRequest(r request.Request)
	// KeepPeriod stores the chosen period in the settings.
	KeepPeriod(name string)
}

// New returns the screen, hidden; it reads from the desk when [Screen.Show] is called. The function pass is called with
// the keys that no part of the screen handles.
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
		choices.Objects = append(choices.Objects, b)
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
		numbers.Objects = append(numbers.Objects, s.tiles[t.kind])
	}
	s.practice = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	s.emptyText = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	s.endedSections = container.New(kit.Column(22), s.newCharts(), s.newReasons())
	s.scroll = container.NewVScroll(container.New(kit.Padding(24, 18), container.New(kit.Column(sectionGap),
		container.NewBorder(nil, nil, nil, s.start, container.New(kit.Padding(0, 4), head)),
		container.New(kit.Column(6), choices, s.periodText, s.newPrintLinks()),
		s.problem.Root,
		container.New(kit.Column(6), numbers, s.practice),
		s.emptyText,
		s.endedSections,
		container.New(newPairLayout(), s.newOldest(), s.newPeople()),
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
	s.barTable = newNumberTable(s.lang.Say("review.time"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.barTable.Hide()
	s.asTable = kit.NewLink(s.lang.Say("review.as_table"), kit.IconList, s.pass, s.toggleTable)
	s.asTable.Reveal = s.reveal
	s.gateways = newNumberTable(s.lang.Say("list.gateway"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.gateways.Bars = true
	s.signingTime = kit.NewText(theme.SizeNameText, theme.ColorNameForeground)
	legendEntry := func(outlined bool, text *kit.Text) fyne.CanvasObject {
		return container.New(kit.Row{Gap: 8, Center: true}, newSwatch(outlined), text)
	}
	legend := container.New(kit.Weighted(12, 1, 1), legendEntry(false, s.signed), legendEntry(true, s.notSigned))
	left := container.New(kit.Column(8), widget.NewSeparator(), s.heading, legend, s.chart, s.barDescription, container.NewHBox(s.asTable), s.barTable)
	right := container.New(kit.Column(22),
		kit.NewSection(s.lang.Say("review.by_gateway"), s.gateways),
		kit.NewSection(s.lang.Say("review.how_long"), s.signingTime),
	)
	return container.New(chartColumns(), left, right)
}

func (s *Screen) newReasons() fyne.CanvasObject {
	s.reasons = container.New(kit.Column(10))
	return kit.NewSection(s.lang.Say("review.why"), s.reasons)
}

func (s *Screen) newOldest() fyne.CanvasObject {
	s.oldest = newOpenNumberTable(s.pass, s.reveal, func(i int) { s.host.ShowRequest(s.stats.Oldest[i]) },
		s.lang.Say("list.title"), s.lang.Say("list.gateway"), s.lang.Say("review.since"))
	s.oldest.Names = 2
	s.noOldest = kit.NewText(theme.SizeNameText, kit.ColorMuted)
	return kit.NewSection(s.lang.Say("review.oldest"), container.New(kit.Column(0), s.oldest, s.noOldest))
}

func (s *Screen) newPeople() fyne.CanvasObject {
	s.people = newNumberTable(s.lang.Say("review.person"), s.lang.Say("review.waiting"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"), s.lang.Say("review.half"))
	s.byPerson = kit.NewSection(s.lang.Say("review.by_person"), s.people)
	return s.byPerson
}

// reveal scrolls the focused object into view.
func (s *Screen) reveal(o fyne.CanvasObject) { kit.Reveal(s.scroll, o) }

// onKey scrolls if key is one that scrolls (an arrow key, Page Up, Home and so on), and otherwise calls the function pass
// with key.
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

// Content returns the object to put into the window.
func (s *Screen) Content() fyne.CanvasObject { return s.root }

// Visible reports whether the screen is shown.
func (s *Screen) Visible() bool { return s.root.Visible() }

// Focus focuses the button that starts a review.
func (s *Screen) Focus() { s.modals.Focus(s.start) }

// TypedKey scrolls by a key that was typed while nothing is focused.
func (s *Screen) TypedKey(key *fyne.KeyEvent) { s.onKey(key, func(*fyne.KeyEvent) {}) }

// SetPeriod chooses the period that has the given name in the settings, or this month if no period has that name. It does
// not read from the desk.
func (s *Screen) SetPeriod(name string) {
	s.chosen = periodOf(name)
	s.showPeriodChoice()
}

// ShownPeriod returns the period of the numbers that are shown, and its days in words.
func (s *Screen) ShownPeriod() (stats.Period, string) { return s.statsPeriod, s.periodText.Value() }

// Show shows the screen and reads the numbers.
func (s *Screen) Show() {
	s.root.Show()
	s.Refresh()
	s.arrange()
}

// Hide hides the screen and cancels a reading under way.
func (s *Screen) Hide() {
	s.root.Hide()
	s.latestCall.Drop()
}

// Refresh reads the numbers again if the screen is visible. Call it after the ledger has changed.
func (s *Screen) Refresh() { s.refresher.Refresh() }

// choose chooses a period and stores the choice; for ownPeriod it asks for the days first.
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

// chooseDays chooses the period from first to last, both included. A zero time is no bound.
func (s *Screen) chooseDays(first, last time.Time) {
	s.chosen, s.from, s.to = ownPeriod, first, time.Time{}
	if !last.IsZero() {
		s.to = last.AddDate(0, 0, 1)
	}
	s.showPeriodChoice()
	s.restart()
}

// restart cancels a reading under way and reads the numbers of the period that was chosen.
func (s *Screen) restart() {
	s.latestCall.Drop()
	s.refresher.Refresh()
}

// currentPeriod returns the chosen period as of now.
func (s *Screen) currentPeriod() stats.Period {
	now := s.clock()
	p := stats.Period{From: s.from, To: s.to, Zone: now.Location()}
	if s.chosen != ownPeriod {
		p.From, p.To = s.chosen.bounds(now)
	}
	return p
}

// load reads the numbers in the background. It calls the function done after the numbers or an error are shown and a
// pause is over, or when another reading has replaced this one. While the screen is hidden it reads nothing and calls
// done at once.
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
			s.problem.Set(kit.Sentence(explain.Error(s.lang, err)))
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

// waitPause calls the function done after the pause, or as soon as ctx ends, on the drawing goroutine. It does not wait
// for that itself.
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

// toggleTable shows the chart's numbers as a table, or hides the table.
func (s *Screen) toggleTable() {
	s.tableOpen = !s.tableOpen
	s.barTable.Hidden = !s.tableOpen
	s.arrange()
}

// arrange lays out the screen again after text on it has changed.
func (s *Screen) arrange() { kit.Relayout(s.scroll) }
