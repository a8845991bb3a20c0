package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/async"
)

// reviewPause is the shortest time between the end of one counting and the next for what
// changed in the ledger.
const reviewPause = 2 * time.Second

const (
	mostGateways = 8 // that are told apart
	mostPeople   = 12
)

// reviewScreen tells a manager in numbers what there is and how signing went in a time, and
// leads to what is behind them.
type reviewScreen struct {
	lang  i18n.Language
	desk  Desk
	bg    *async.Worker
	clock clock
	pass  passKey
	deeds reviewDeeds

	stretch  stretch
	from, to time.Time        // of a stretch of a person's own: its first day and the one after its last
	counting *async.Refresher // of the numbers
	latest   async.Latest     // in which they are counted
	shown    desk.Stats       // that are seen
	known    bool             // there are any
	of       desk.Period      // what they are of
	table    bool             // the numbers of the chart are shown in a table
	pause    time.Duration

	choices   []*button
	period    *text
	problem   *callout
	start     *button
	tiles     map[reviewTile]*tile
	heading   *text
	chart     *chart
	value     *text
	signed    *text
	notSigned *text
	asTable   *link
	bars      *figures
	gateways  *figures
	time      *text
	reasons   *fyne.Container
	oldest    *openFigures
	noOldest  *text
	people    *figures
	byPerson  fyne.CanvasObject
	nothing   *text
	parts     *fyne.Container // that need something to have ended
	scroll    *container.Scroll
	root      *fyne.Container
}

// reviewTile is one of the numbers that lead somewhere.
type reviewTile int

const (
	waitingTile reviewTile = iota
	attentionTile
	signedTile
	dueTile
)

// reviewDeeds are what can be pressed on the screen.
type reviewDeeds struct {
	begin func()           // with the outcomes to review
	list  func(reviewTile) // shows what a number counts
	open  func(request.Request)
	own   func()       // asks for a stretch of a person's own
	keep  func(string) // has the stretch shown again the next time
}

func newReviewScreen(lang i18n.Language, d Desk, bg *async.Worker, clock clock, pass passKey, deeds reviewDeeds) *reviewScreen {
	s := &reviewScreen{lang: lang, desk: d, bg: bg, clock: clock, deeds: deeds, stretch: monthStretch, pause: reviewPause, tiles: map[reviewTile]*tile{}}
	s.pass = func(key *fyne.KeyEvent) { s.onKey(key, pass) }
	s.counting = async.NewRefresher(s.count)

	head := newBoldText(theme.SizeNameHeadingText, theme.ColorNameForeground).set(lang.Say("review.title"))
	s.start = newButton("", iconProof, widget.HighImportance, s.pass, func() { s.deeds.begin() })
	s.start.onFocus = s.reveal
	choices := container.New(newFlow(4))
	for of := weekStretch; of <= ownStretch; of++ {
		b := newButton(of.name(lang), "", widget.LowImportance, s.pass, func() { s.choose(of) })
		b.onFocus = s.reveal
		s.choices = append(s.choices, b)
		choices.Add(b)
	}
	s.period = newText(theme.SizeNameText, colorMuted)
	s.problem = newCallout(markFailed)
	s.problem.set("")

	numbers := container.New(newTiled(12))
	for _, t := range []struct {
		kind reviewTile
		icon icon
		name string
	}{
		{waitingTile, iconPen, lang.Say("review.waiting")},
		{attentionTile, iconWarning, lang.Say("view.attention")},
		{signedTile, iconCheck, lang.Say("review.signed_then")},
		{dueTile, iconDay, lang.Say("list.due_soon")},
	} {
		s.tiles[t.kind] = newTile(t.icon, t.name, s.pass, s.reveal, func() { s.deeds.list(t.kind) })
		numbers.Add(s.tiles[t.kind])
	}
	s.nothing = newText(theme.SizeNameText, colorMuted)
	s.parts = container.New(column{gap: 22}, s.newCharts(), s.newReasons())
	s.scroll = container.NewVScroll(container.New(inset{24, 18}, container.New(column{gap: 18},
		container.NewBorder(nil, nil, nil, s.start, container.New(inset{0, 4}, head)),
		container.New(column{gap: 6}, choices, s.period),
		s.problem.root,
		numbers,
		s.nothing,
		s.parts,
		s.newOldest(),
		s.newPeople(),
	)))
	s.root = container.NewStack(newGround(colorSurface), container.New(scrolled{}, s.scroll))
	s.root.Hide()
	s.mark()
	s.draw()
	return s
}

func (s *reviewScreen) newCharts() fyne.CanvasObject {
	s.heading = newBoldText(theme.SizeNameCaptionText, colorMuted)
	s.value = newText(theme.SizeNameText, theme.ColorNameForeground)
	s.signed, s.notSigned = newText(theme.SizeNameText, theme.ColorNameForeground), newText(theme.SizeNameText, theme.ColorNameForeground)
	s.chart = newChart(s.lang, s.pass, s.reveal, func() { s.value.set(s.chart.says()) })
	s.bars = newFigures(s.lang.Say("review.time"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.bars.Hide()
	s.asTable = newLink(face{s.lang.Say("review.as_table"), iconList}, s.pass, s.unfold)
	s.asTable.reveal = s.reveal
	s.gateways = newFigures(s.lang.Say("list.gateway"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"))
	s.gateways.bars = true
	s.time = newText(theme.SizeNameText, theme.ColorNameForeground)
	keyed := func(hollow bool, says *text) fyne.CanvasObject {
		return container.New(beside{gap: 8, center: true}, newSwatch(hollow), says)
	}
	legend := container.New(shares{gap: 12, weights: []float32{1, 1}}, keyed(false, s.signed), keyed(true, s.notSigned))
	left := container.New(column{gap: 8}, widget.NewSeparator(), s.heading, legend, s.chart, s.value, container.NewHBox(s.asTable), s.bars)
	right := container.New(column{gap: 22},
		newSection(s.lang.Say("review.by_gateway"), s.gateways),
		newSection(s.lang.Say("review.how_long"), s.time),
	)
	return container.New(shares{gap: 32, weights: []float32{11, 9}}, left, right)
}

func (s *reviewScreen) newReasons() fyne.CanvasObject {
	s.reasons = container.New(column{gap: 10})
	return newSection(s.lang.Say("review.why"), s.reasons)
}

func (s *reviewScreen) newOldest() fyne.CanvasObject {
	s.oldest = newOpenFigures(s.pass, s.reveal, func(i int) { s.deeds.open(s.shown.Oldest[i]) },
		s.lang.Say("list.title"), s.lang.Say("list.gateway"), s.lang.Say("review.since"))
	s.oldest.names = 2
	s.noOldest = newText(theme.SizeNameText, colorMuted)
	return newSection(s.lang.Say("review.oldest"), container.New(column{}, s.oldest, s.noOldest))
}

func (s *reviewScreen) newPeople() fyne.CanvasObject {
	s.people = newFigures(s.lang.Say("review.person"), s.lang.Say("review.waiting"), s.lang.Say("review.signed"), s.lang.Say("review.not_signed"), s.lang.Say("review.half"))
	s.byPerson = newSection(s.lang.Say("review.by_person"), s.people)
	return s.byPerson
}

// reveal scrolls to what got the keyboard.
func (s *reviewScreen) reveal(o fyne.CanvasObject) { reveal(s.scroll, o) }

// onKey hears the keys that no part of the screen has a use for.
func (s *reviewScreen) onKey(key *fyne.KeyEvent, pass passKey) {
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

// show opens the screen.
func (s *reviewScreen) show() {
	s.root.Show()
	s.refresh()
	s.arrange()
}

// hide closes it. Nothing is counted for nobody.
func (s *reviewScreen) hide() {
	s.root.Hide()
	s.latest.Drop()
}

// refresh counts anew, if anybody looks.
func (s *reviewScreen) refresh() { s.counting.Refresh() }

// choose looks back on another stretch.
func (s *reviewScreen) choose(of stretch) {
	if of == ownStretch {
		s.deeds.own()
		return
	}
	s.stretch = of
	s.deeds.keep(string(keptStretches[of]))
	s.mark()
	s.recount()
}

// chooseOwn looks back from one day to another, both of them in it; a zero time is no bound.
func (s *reviewScreen) chooseOwn(first, last time.Time) {
	s.stretch, s.from, s.to = ownStretch, first, time.Time{}
	if !last.IsZero() {
		s.to = last.AddDate(0, 0, 1)
	}
	s.mark()
	s.recount()
}

// recount gives up what is being counted for another question.
func (s *reviewScreen) recount() {
	s.latest.Drop()
	s.counting.Refresh()
}

// asked is what is looked back on now.
func (s *reviewScreen) asked() desk.Period {
	now := s.clock()
	p := desk.Period{From: s.from, To: s.to, Zone: now.Location()}
	if s.stretch != ownStretch {
		p.From, p.To = s.stretch.bounds(now)
	}
	return p
}

// count asks for the numbers, and rests a while when they are here. What is no longer asked for is
// stopped, and its answer dropped.
func (s *reviewScreen) count(done func()) {
	if !s.root.Visible() {
		done()
		return
	}
	period := s.asked()
	ctx, current := s.latest.Begin(s.bg.Context())
	async.CallContext(ctx, s.bg, func(ctx context.Context) (desk.Stats, error) { return s.desk.Stats(ctx, period) }, func(stats desk.Stats, err error) {
		if !current() {
			done()
			return
		}
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			s.problem.set(sentence(err.Error()))
			s.arrange()
		default:
			s.problem.set("")
			s.shown, s.known, s.of = stats, true, period
			s.mark()
			s.draw()
		}
		s.rest(ctx, done)
	})
}

// rest waits before the next counting, but not when something else is asked meanwhile.
func (s *reviewScreen) rest(ctx context.Context, done func()) {
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

// unfold shows the numbers of the chart as a table, or puts it away.
func (s *reviewScreen) unfold() {
	s.table = !s.table
	s.bars.Hidden = !s.table
	s.arrange()
}

// arrange lays the screen out again after its words changed.
func (s *reviewScreen) arrange() { arrange(s.scroll) }
