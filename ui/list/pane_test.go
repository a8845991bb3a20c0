package list

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/async"
	"countersign/ui/filter"
	"countersign/ui/kit"
	"countersign/ui/status"
	"countersign/ui/uitest"
)

// noon is the current time in every test.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)

// fakeDesk is a [Desk] with requests in memory. It supports a search but no filters.
type fakeDesk struct {
	mu        sync.Mutex
	requests  []request.Request
	queries   []ledger.Query
	gets      int
	answerGet chan struct{} // what Get has read is returned once it is closed, unless it is nil
	uncounted bool          // pages have no total while more rows follow
	before    func(ctx context.Context, q ledger.Query)
	choices   []gateways.Choice
	settings  settings.Settings
}

func (d *fakeDesk) Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error) {
	if d.before != nil {
		d.before(ctx, q)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := ctx.Err(); err != nil { // a later question has begun, and must stay the last one
		return ledger.QueryPage{}, err
	}
	d.queries = append(d.queries, q)
	found := d.found(q)
	page := ledger.QueryPage{Total: len(found)}
	first := min(q.Skip, len(found))
	if q.After != "" {
		after, _ := strconv.Atoi(string(q.After))
		first = min(first+after, len(found))
	}
	last := min(first+q.Limit, len(found))
	page.Requests = found[first:last]
	if last < len(found) {
		page.Next = ledger.Cursor(strconv.Itoa(last))
		if d.uncounted {
			page.Total = -1
		}
	}
	return page, nil
}

func (d *fakeDesk) found(q ledger.Query) []request.Request {
	if q.Search == "" {
		return d.requests
	}
	var found []request.Request
	for _, r := range d.requests {
		if strings.Contains(strings.ToLower(r.Title), q.Search) {
			found = append(found, r)
		}
	}
	return found
}

func (d *fakeDesk) Get(_ context.Context, id request.ID) (request.Request, error) {
	r, err := d.get(id)
	if d.answerGet != nil {
		<-d.answerGet
	}
	return r, err
}

func (d *fakeDesk) get(id request.ID) (request.Request, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gets++
	for _, r := range d.requests {
		if r.ID == id {
			return r, nil
		}
	}
	return request.Request{}, ledger.ErrNotFound
}

// withdraw changes requests without a word to the list.
func (d *fakeDesk) withdraw(indexes ...int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range indexes {
		d.requests[i].Status = request.Withdrawn
	}
}

func (d *fakeDesk) IDs(_ context.Context, q ledger.Query, limit int) ([]request.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []request.ID
	for _, r := range d.found(q)[q.Skip:] {
		if len(ids) < limit {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

func (d *fakeDesk) People(context.Context) ([]string, error)       { return []string{"mara"}, nil }
func (d *fakeDesk) GatewaysUsed(context.Context) ([]string, error) { return []string{"office"}, nil }

func (d *fakeDesk) DesksUsed(context.Context) ([]string, error) {
	return []string{"BACK", "FRONT"}, nil
}

func (d *fakeDesk) Choices(context.Context) ([]gateways.Choice, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.choices, nil
}

func (d *fakeDesk) Settings(ctx context.Context) (settings.Settings, error) {
	return d.ChangeSettings(ctx, func(*settings.Settings) {})
}

func (d *fakeDesk) ChangeSettings(_ context.Context, change func(*settings.Settings)) (settings.Settings, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.settings)
	return d.settings, nil
}

// asked returns the number of queries so far, and the last one.
func (d *fakeDesk) asked() (int, ledger.Query) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queries) == 0 {
		return 0, ledger.Query{}
	}
	return len(d.queries), d.queries[len(d.queries)-1]
}

// fakeHost records the calls of the list.
type fakeHost struct {
	chosen   request.ID
	sorted   []settings.Sort
	columns  map[string]settings.Column
	failed   error
	menus    []fyne.Position // at which menus were opened
	opened   []request.ID    // with a double click
	login    string          // in an office
	mine     []bool          // what was chosen
	practice []bool          // for each reading of whether practice requests are shown: it had changed
}

func (h *fakeHost) PracticeRead(changed bool, err error)        { h.practice = append(h.practice, changed) }
func (h *fakeHost) Names() settings.Names                       { return settings.Names{} }
func (h *fakeHost) Login() string                               { return h.login }
func (h *fakeHost) MineChosen(mine bool)                        { h.mine = append(h.mine, mine) }
func (h *fakeHost) Chosen(id request.ID)                        { h.chosen = id }
func (h *fakeHost) Entered()                                    {}
func (h *fakeHost) Tapped()                                     {}
func (h *fakeHost) DoSelected(status.Action)                    {}
func (h *fakeHost) Menu(_ status.Possible, at fyne.Position)    { h.menus = append(h.menus, at) }
func (h *fakeHost) DoubleTapped(status.Possible)                { h.opened = append(h.opened, h.chosen) }
func (h *fakeHost) SelectionChanged()                           {}
func (h *fakeHost) StopJob()                                    {}
func (h *fakeHost) Export()                                     {}
func (h *fakeHost) SaveView()                                   {}
func (h *fakeHost) Sorted(s settings.Sort)                      { h.sorted = append(h.sorted, s) }
func (h *fakeHost) ColumnsChanged(c map[string]settings.Column) { h.columns = c }
func (h *fakeHost) Failed(err error)                            { h.failed = err }

// fixture is the list alone in a window.
type fixture struct {
	*Pane
	t      *testing.T
	queue  *uitest.Queue
	desk   *fakeDesk
	host   *fakeHost
	canvas fyne.Canvas
}

// newFixture returns a window of that width that lists all requests of a desk.
func newFixture(t *testing.T, width float32, d *fakeDesk) *fixture {
	t.Helper()
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	s := &fixture{t: t, queue: uitest.NewQueue(), desk: d, host: &fakeHost{}}
	bg := async.New(s.queue.Dispatch)
	t.Cleanup(func() { bg.Close(); bg.Wait() })
	w := test.NewTempWindow(t, canvas.NewRectangle(nil))
	s.canvas = w.Canvas()
	var modals *kit.Modals
	keys := func(key *fyne.KeyEvent) { modals.TypedKey(key) }
	modals = kit.NewModals(i18n.English, w.Canvas(), bg.Show, keys, func() {})
	s.Pane = New(i18n.English, d, bg, func() time.Time { return noon }, modals, keys, s.host)
	w.SetContent(container.NewStack(s.Content(), modals.Layer()))
	w.Resize(fyne.NewSize(width, 700))
	s.SetView(Views(i18n.English)[6], true)
	s.settle()
	return s
}

func (s *fixture) settle() {
	s.t.Helper()
	s.queue.Wait(s.t, "rest", s.queue.Idle, s.text)
}

func (s *fixture) text() string { return strings.Join(uitest.Texts(s.canvas.Content(), nil), "\n") }

// eachRow calls do with every row that is drawn.
func (s *fixture) eachRow(do func(*row, *rowRenderer)) {
	for _, r := range uitest.Find[*row](s.root) {
		do(r, test.WidgetRenderer(r).(*rowRenderer))
	}
}

// contracts returns n pending requests.
func contracts(n int) []request.Request {
	var all []request.Request
	for i := range n {
		all = append(all, request.Request{
			ID: request.ID(fmt.Sprint("r", i)), Title: fmt.Sprintf("Contract %05d", i), Reference: fmt.Sprintf("C-%05d", i), Gateway: "office",
			Status: request.Pending, UpdatedAt: noon.Add(-time.Hour),
		})
	}
	return all
}

func TestDraggedColumnWidthIsSaved(t *testing.T) {
	s := newFixture(t, 1600, &fakeDesk{requests: contracts(3)})
	h := s.header
	cells := slices.Clone(h.columns.cells)
	edge := cells[1].x + cells[1].width + columnGap/2
	h.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(edge+25, 10)}, Dragged: fyne.NewDelta(25, 0)})
	h.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(edge+35, 10)}, Dragged: fyne.NewDelta(10, 0)})
	h.DragEnd()
	if got := h.columns.cells[1].width - cells[1].width; got != 35 {
		t.Errorf("the column became %.0f wider", got)
	}
	h.Tapped(&fyne.PointEvent{Position: fyne.NewPos(h.columns.cells[0].x+5, 10)})
	s.settle()
	if _, q := s.desk.asked(); q.Order != ledger.ByTitle || q.Reverse {
		t.Errorf("a press on the title asks for %+v", q)
	}
	name := string(cells[1].name)
	if want := []settings.Sort{{Column: "title"}}; s.host.columns[name].Width != float64(cells[1].width+35) || !slices.Equal(s.host.sorted, want) {
		t.Errorf("kept is %+v, %+v", s.host.columns, s.host.sorted)
	}
}

func TestTheHeaderShowsTheOrderThatWasStored(t *testing.T) {
	s := newFixture(t, 1600, &fakeDesk{requests: contracts(3)})
	s.Restore(nil, settings.Sort{Column: "reference"}, false)
	bold := ""
	for _, name := range uitest.Find[*canvas.Text](s.header) {
		if name.TextStyle.Bold {
			bold += name.Text
		}
	}
	if bold != "Reference" {
		t.Errorf("the heading in bold is %q", bold)
	}
}

func TestHeaderByKey(t *testing.T) {
	s := newFixture(t, 1600, &fakeDesk{requests: contracts(3)})
	s.canvas.Focus(s.header)
	key := func(name fyne.KeyName) { s.canvas.Focused().TypedKey(&fyne.KeyEvent{Name: name}) }
	key(fyne.KeyRight)
	key(fyne.KeyReturn)
	s.settle()
	if got := s.order().Column; got != "reference" {
		t.Errorf("Enter sorts by %q", got)
	}
	width := s.columns.cells[1].width
	s.header.TypedRune('+')
	if got := s.columns.cells[1].width; got != width+widenStep {
		t.Errorf("the column is %.0f wide", got)
	}
	s.columns.arrange(minColumnsWidth)
	s.ColumnMenu()
	if menu := strings.Join(uitest.Texts(s.canvas.Overlays().Top(), nil), "\n"); !strings.Contains(menu, "Signer (not enough room)") || !strings.Contains(menu, "Reset columns") {
		t.Errorf("the menu says:\n%s", menu)
	}
}

func TestUnchangedRowsAreNotRedrawn(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(3)})
	const touched = "touched"
	s.eachRow(func(_ *row, r *rowRenderer) { r.title.Text = touched })
	count := func() (n int) {
		s.eachRow(func(_ *row, r *rowRenderer) {
			if r.title.Text == touched {
				n++
			}
		})
		return n
	}
	if n := count(); n != 3 {
		t.Fatalf("%d rows are drawn", n)
	}
	s.rows.refresh()
	s.settle()
	if n := count(); n != 3 {
		t.Errorf("%d unchanged rows were drawn again", 3-n)
	}
	s.desk.requests[1].Title = "Another title"
	s.rows.refresh()
	s.settle()
	if n := count(); n != 2 {
		t.Errorf("%d rows were left as they are, where one has changed", n)
	}
}

func TestRowShowsTipsForShortenedParts(t *testing.T) {
	requests := contracts(2)
	requests[0].Title, requests[0].Due = strings.Repeat("A long title ", 30), "2026-11-18"
	requests[1].Status, requests[1].Outcome = request.Signed, &request.Outcome{Evidence: request.ByGateway, At: noon}
	s := newFixture(t, 1600, &fakeDesk{requests: requests})
	said := map[string]bool{}
	s.eachRow(func(r *row, _ *rowRenderer) {
		r.explain = func(_ fyne.CanvasObject, words string, _ fyne.Position, _ float32) { said[words] = true }
		for _, cell := range r.columns.cells {
			r.MouseIn(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(cell.x+2, 10)}})
		}
		r.MouseOut()
	})
	if !said[requests[0].Title] || !said["overdue, 18 Nov"] || said[requests[1].Title] || len(said) < 4 {
		t.Errorf("explained are %v", said)
	}
}

func TestArrowKeysWithoutAChosenRow(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{})
	s.Focus()
	for _, name := range []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyEnd, fyne.KeyPageDown, fyne.KeyReturn} {
		s.TypedKey(&fyne.KeyEvent{Name: name})
	}
	s.desk.requests = contracts(1)
	s.rows.refresh()
	s.settle()
	s.chosen, s.chosenIndex = "gone", -1
	s.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if s.host.chosen != "r0" {
		t.Errorf("chosen is %q", s.host.chosen)
	}
}

func TestLateAnswerToAnOldQueryIsDropped(t *testing.T) {
	held, release := make(chan struct{}, 1), make(chan struct{})
	d := &fakeDesk{requests: []request.Request{{ID: "1", Title: "Lease"}, {ID: "2", Title: "Holiday request"}}}
	s := newFixture(t, 500, d)
	d.before = func(_ context.Context, q ledger.Query) {
		if q.Search == "lease" {
			held <- struct{}{}
			<-release
		}
	}
	s.search.SetText("lease")
	<-held
	s.search.SetText("holiday")
	only := func() bool {
		return strings.Contains(s.text(), "Holiday request | ") && !strings.Contains(s.text(), "Lease | ")
	}
	s.queue.Wait(t, "the second answer", only, s.text)
	before := s.queue.Dispatched()
	close(release)
	s.queue.Wait(t, "the late answer", func() bool { return s.queue.Dispatched() > before }, s.text)
	if !only() {
		t.Errorf("the late answer is shown:\n%s", s.text())
	}
}

// How many requests there are may be known later than that a view has none of them.
func TestAnEmptyListFollowsHowManyRequestsThereAre(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{})
	for total, says := range map[int]string{0: "Drop a PDF here to begin", 1: s.view.EmptyTitle} {
		s.SetTotal(1 - total)
		s.SetTotal(total)
		if !strings.Contains(s.text(), says) {
			t.Errorf("with %d requests, it says:\n%s", total, s.text())
		}
	}
}

func TestAnAnswerWithoutATotalGrowsAsItIsRead(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(450), uncounted: true})
	s.SetTotal(450)
	if !strings.Contains(s.text(), "more than 100 in this view") {
		t.Errorf("it says:\n%s", s.text())
	}
	for range 4 {
		s.list.ScrollToBottom()
		s.rows.load()
		s.settle()
	}
	if !strings.Contains(s.text(), "450 in this view") {
		t.Errorf("it says:\n%s", s.text())
	}
}

func TestDistantPagesAreEvicted(t *testing.T) {
	s := newFixture(t, 500, &fakeDesk{requests: contracts(30_000)})
	for i := range 30 {
		s.list.ScrollToOffset(float32(i) * 50_000)
		s.settle()
	}
	if kept := len(s.rows.pages); kept > maxPages {
		t.Errorf("%d pages are kept", kept)
	}
	// A range with rows that are not in memory is selected by reading ids only.
	asked, _ := s.desk.asked()
	s.chosenIndex = 0
	s.selectTo(2_999)
	s.settle()
	if again, _ := s.desk.asked(); len(s.Selected()) != 3_000 || again > asked {
		t.Errorf("%d are selected, and rows were asked for %d times", len(s.Selected()), again-asked)
	}
}

func TestSavedViewIgnoresUnknownValues(t *testing.T) {
	v := SavedView(i18n.English, settings.SavedView{Name: "Mine", Query: map[string]string{
		"view": "nonsense", "changed": "ever", "from": "2026-11-01", "sort": "colour", "search": "x", "status": "lost", "review": "perhaps", "problem": "big",
	}})
	if v.Key != viewAll || !v.filters.MatchAll() || v.sort.Column != "" || v.Search != "x" || !v.Saved {
		t.Errorf("got %+v", v)
	}
	restricted := filter.Saved(map[string]string{
		"status": "signed rejected", "review": "returned", "gateway": "office", "person": "mara", "changed": "two days", "from": "2026-11-01", "problem": "launch failed",
	})
	whole := View{Key: ViewDue, Name: "A", Search: "b", filters: restricted, sort: settings.Sort{Column: "due", Descending: true}}
	back := SavedView(i18n.English, whole.Save())
	q := back.FullQuery(noon, Scope{})
	want := ledger.Query{
		None: true, Statuses: []request.Status{}, Decision: request.SentBack, Gateway: "office", Person: "mara", LaunchFailed: true, Search: "b",
		From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.Local), DueBy: "2026-11-28",
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("its query (-want +got):\n%s", diff)
	}
	if back.Key != whole.Key || back.Search != whole.Search || back.filters != whole.filters || back.sort != whole.sort || !back.dueSoon {
		t.Errorf("%+v comes back as %+v", whole, back)
	}
}

func TestColumnsFollowTheWidth(t *testing.T) {
	columns := newColumnLayout(i18n.English, false)
	names := func() (all []StoredName) {
		for _, c := range columns.cells {
			all = append(all, c.name)
		}
		return all
	}
	columns.arrange(minColumnsWidth - 1)
	if columns.hasColumns() || columns.height() != rowHeight {
		t.Error("there are columns where there is no room")
	}
	for width := float32(minColumnsWidth); width < 1600; width += 7 {
		columns.arrange(width)
		end := columns.cells[len(columns.cells)-1]
		if end.x+end.width > width-rightMargin+1 || columns.cells[0].width < columns.specs[0].minWidth {
			t.Fatalf("at %.0f the columns end at %.0f, and the title has %.0f", width, end.x+end.width, columns.cells[0].width)
		}
	}
	if len(names()) != 8 || columns.height() != lineHeight {
		t.Errorf("shown are %q", names())
	}
	columns.toggle(columnReference)
	if slices.Contains(names(), columnReference) || columns.height() != rowHeight {
		t.Error("a hidden column is shown")
	}
	// A dragged edge moves alone.
	before := slices.Clone(columns.cells)
	columns.resize(1, 30)
	if got := columns.cells[2].x - before[2].x; got != 30 || columns.cells[3].x != before[3].x {
		t.Errorf("the edge moved by %.0f", got)
	}
	columns.resize(1, -10_000)
	if columns.cells[1].width != columns.cells[1].minWidth {
		t.Errorf("a column can be as narrow as %.0f", columns.cells[1].width)
	}
}

func TestEvidenceIsExplainedUnderTheMouse(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	m := newRowModel(i18n.English, settings.Names{}, request.Request{ID: "1", Title: "T", Status: request.Signed, Outcome: &request.Outcome{Evidence: request.ByGateway, At: noon}}, noon, settings.Patience{})
	columns := newColumnLayout(i18n.English, false)
	r := newRow(i18n.English, columns)
	r.Resize(fyne.NewSize(400, rowHeight))
	r.set(rowState{model: m})
	if got, _ := r.hintAt(300, 40); !strings.Contains(got, "gateway’s own answer") {
		t.Errorf("in two lines: %q", got)
	}
	columns.arrange(1400)
	r.Resize(fyne.NewSize(1400, lineHeight))
	for _, c := range columns.cells {
		if got, from := r.hintAt(c.x+3, 10); c.name == columnEvidence && (from != c.x || !strings.Contains(got, "gateway’s own answer")) {
			t.Errorf("in columns: %q at %.0f", got, from)
		}
	}
}

func TestRowIsRedrawnOnlyForAnotherState(t *testing.T) {
	a := uitest.App(t)
	a.Settings().SetTheme(kit.Theme(kit.LightLook))
	m := newRowModel(i18n.English, settings.Names{}, request.Request{ID: "1", Title: "A title that is much too long for its row", Status: request.Pending, Gateway: "office", UpdatedAt: noon}, noon, settings.Patience{})
	r := newRow(i18n.English, newColumnLayout(i18n.English, false))
	r.Resize(fyne.NewSize(300, rowHeight))
	r.set(rowState{model: m})
	renderer := test.WidgetRenderer(r).(*rowRenderer)
	if renderer.title.Text == m.title || renderer.title.MinSize().Width > 200 {
		t.Errorf("the title is not shortened: %q", renderer.title.Text)
	}
	renderer.title.Text = "touched"
	r.set(rowState{model: m})
	if renderer.title.Text != "touched" {
		t.Error("the same model was drawn again")
	}
	r.set(rowState{model: m, chosen: true, focused: true})
	if renderer.title.Text == "touched" || !renderer.background.Visible() || !renderer.ring.Visible() {
		t.Error("a chosen row does not look chosen")
	}
}

// TestRowsAndEmptyListsFitInEveryLanguage checks that no translation is cut off, and that the status leaves room for
// the title.
func TestRowsAndEmptyListsFitInEveryLanguage(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	for _, lang := range i18n.Languages() {
		columns := newColumnLayout(lang, false)
		for _, width := range []float32{404, 1400} {
			columns.arrange(width)
			for _, s := range request.Statuses() {
				var outcome *request.Outcome
				if s.Ended() {
					outcome = &request.Outcome{Evidence: request.ByDocument, At: noon}
				}
				m := newRowModel(lang, settings.Names{}, request.Request{ID: "1", Title: "Lease", Status: s, Gateway: "office", Practice: true, Due: "2026-11-18", UpdatedAt: noon.Add(-100 * time.Hour), Outcome: outcome}, noon, settings.Patience{})
				r := newRow(lang, columns)
				r.Resize(fyne.NewSize(width, columns.height()))
				r.set(rowState{model: m})
				of := test.WidgetRenderer(r).(*rowRenderer)
				if r.columns.hasColumns() { // each has its column
					if needs := of.status.MinSize().Width; of.status.Visible() && of.status.Size().Width < needs {
						t.Errorf("%s: the status %q needs %.0f and has %.0f", lang, r.model.status.Label, needs, of.status.Size().Width)
					}
					continue
				}
				const title, under = 150, 60 // enough to distinguish requests
				if room := of.status.Position().X - rowPadding - rowGap; room < title {
					t.Errorf("%s: the status %q leaves %.0f for the title", lang, r.model.status.Label, room)
				}
				left := of.age.Position().X
				if of.evidenceText.Text != "" {
					left = of.evidence.Position().X
				}
				if !of.tag.Hidden {
					left -= of.tag.MinSize().Width
				}
				if room := left - rowPadding - rowGap; room < under {
					t.Errorf("%s: %q and %q leave %.0f for the reference", lang, r.model.evidence.Label, r.model.age, room)
				}

			}
			h := newHeader(lang, columns, func(*fyne.KeyEvent) {})
			h.onArrange = func() {}
			h.Resize(fyne.NewSize(width, headerHeight))
			drawn := test.WidgetRenderer(h).(*headerRenderer)
			for i, c := range drawn.headings() {
				if drawn.names[i].Text != c.heading {
					t.Errorf("%s: the column %q is called %q", lang, c.heading, drawn.names[i].Text)
				}
			}
		}
		b := newSelectionBar(lang, func(*fyne.KeyEvent) {}, func(fyne.CanvasObject, string, fyne.Position, float32) {}, func(status.Action) {}, func() {}, func() {}, func() {})
		chosen := newSelection()
		chosen.set(make([]request.ID, maxSelected))
		chosen.truncated = true
		b.show(chosen, func(status.Action) int { return 9_999 }, "")
		uitest.Wide(404, b.root)
		for _, said := range uitest.Find[*kit.Text](b.root) {
			for _, line := range uitest.Find[*canvas.Text](said) {
				if line.MinSize().Width > said.Size().Width+1 {
					t.Errorf("%s: %q is too wide for the selection", lang, line.Text)
				}
			}
		}
		e := kit.NewEmptyState(0)
		for _, v := range append(Views(lang), View{}) {
			showEmpty(e, lang, v, "", v.Name == "", false)
			uitest.Wide(404, e.Root)
			for _, line := range uitest.Find[*canvas.Text](e.Root) {
				if line.MinSize().Width > 404-52+1 {
					t.Errorf("%s: %q is too wide", lang, line.Text)
				}
			}
		}
	}
}

func TestARowShowsWhatATitleHides(t *testing.T) {
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	m := newRowModel(i18n.English, settings.Names{}, request.Request{ID: "1", Title: "Lea\u200bse", Status: request.Pending, UpdatedAt: noon}, noon, settings.Patience{})
	r := newRow(i18n.English, newColumnLayout(i18n.English, false))
	r.Resize(fyne.NewSize(600, rowHeight))
	r.set(rowState{model: m})
	if got := test.WidgetRenderer(r).(*rowRenderer).title.Text; got != "Lea<U+200B>se" {
		t.Errorf("the title is drawn as %q", got)
	}
	if got, _ := r.hintAt(30, 10); got != "The title contains invisible characters: Lea<U+200B>se" && got != "The title contains invisible characters: Lea<U+200B>se." {
		t.Errorf("the tip is %q", got)
	}
}
