package placement

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a sheet over an empty window. The documents have pages of A4, unless pages says otherwise.
type rig struct {
	t      *testing.T
	queue  *uitest.Queue
	window fyne.Window
	modals *kit.Modals
	mu     sync.Mutex
	asked  []string               // which pages were drawn, and how wide; guarded by mu while pages are drawn
	pages  map[string]func(*Page) // changes a page, by the path of its document
	broken map[string]error       // documents that cannot be drawn, by path and page
	used   []*Position
	next   Suggestion
	closed int
}

const pagesOfEach = 5

func open(t *testing.T, change func(*rig, *Options)) *rig {
	t.Helper()
	uitest.App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	r := &rig{t: t, queue: uitest.NewQueue(), pages: map[string]func(*Page){}, broken: map[string]error{}}
	r.window = test.NewWindow(container.NewStack())
	r.window.Resize(fyne.NewSize(1000, 700))
	bg := async.New(r.queue.Dispatch)
	t.Cleanup(func() {
		bg.Close()
		bg.Wait()
		r.window.Close()
	})
	pass := func(key *fyne.KeyEvent) { r.modals.TypedKey(key) }
	r.modals = kit.NewModals(i18n.English, r.window.Canvas(), bg.Show, pass, func() {})
	o := Options{
		Documents: []Document{{"Lease.pdf", "lease"}}, Draw: r.draw, Label: "Mara",
		Use:    func(positions []*Position, next Suggestion) { r.used, r.next = positions, next },
		Closed: func() { r.closed++ },
	}
	if change != nil {
		change(r, &o)
	}
	Open(i18n.English, bg, r.modals, o)
	r.settle()
	return r
}

func (r *rig) draw(_ context.Context, path string, number, width int) (Page, error) {
	if number == 0 {
		number = pagesOfEach
	}
	key := fmt.Sprintf("%s %d", path, number)
	if err := r.broken[key]; err != nil {
		return Page{}, err
	}
	if number > pagesOfEach {
		return Page{}, errors.New("no such page")
	}
	r.mu.Lock()
	r.asked = append(r.asked, fmt.Sprintf("%s %d", key, width)) // a page that is wanted no more may still be drawn
	r.mu.Unlock()
	p := Page{Image: image.NewRGBA(image.Rect(0, 0, width, width*842/595)), Number: number, Pages: pagesOfEach, Box: request.Rectangle{Width: 595, Height: 842}}
	if change := r.pages[path]; change != nil {
		change(&p)
	}
	return p, nil
}

func (r *rig) settle() {
	r.t.Helper()
	r.queue.Wait(r.t, "the page to be drawn", r.queue.Idle, r.says)
}

func (r *rig) says() string {
	if top := r.window.Canvas().Overlays().Top(); top != nil {
		return strings.Join(uitest.Texts(top, nil), "\n")
	}
	return ""
}

func (r *rig) saying(text string) {
	r.t.Helper()
	if !strings.Contains(r.says(), text) {
		r.t.Errorf("%q is not said, but\n%s", text, r.says())
	}
}

func (r *rig) find() fyne.CanvasObject { return r.window.Canvas().Overlays().Top() }

func (r *rig) board() *board {
	r.t.Helper()
	return uitest.Find[*board](r.find())[0]
}

// key types keys into what has the focus.
func (r *rig) key(names ...fyne.KeyName) {
	r.t.Helper()
	for _, name := range names {
		r.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
		r.settle()
	}
}

// drag drags the mouse between two points of the page, in points from its upper left corner.
func (r *rig) drag(x1, y1, x2, y2 float64) {
	b := r.board()
	at := func(x, y float64) fyne.Position { return fyne.NewPos(float32(x*b.scale()), float32(y*b.scale())) }
	b.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: at(x1, y1)}})
	for _, part := range []float64{0.3, 1} {
		b.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at(x1+part*(x2-x1), y1+part*(y2-y1))}})
	}
	b.DragEnd()
	r.settle()
}

func (r *rig) press(label string) {
	r.t.Helper()
	b := uitest.FindButton(r.window.Canvas(), label)
	if b == nil {
		r.t.Fatalf("there is no button %q:\n%s", label, r.says())
	}
	b.OnTapped()
	r.settle()
}

// fields returns the fields of the sheet: of the page, and of the left, bottom, width and height of the box.
func (r *rig) fields() (fields []*kit.Field) { return uitest.Find[*kit.Field](r.find()) }

// box returns the drawn rectangle of the box in points, rounded.
func (r *rig) box() Area {
	r.t.Helper()
	b := r.board()
	o := test.WidgetRenderer(b).(*boardRenderer).box
	if !o.Visible() {
		r.t.Fatal("the box is not drawn")
	}
	rounded := func(x float32) float64 { return float64(int(float64(x)/b.scale() + 0.5)) }
	return Area{Left: rounded(o.Position().X), Top: rounded(o.Position().Y), Width: rounded(o.Size().Width), Height: rounded(o.Size().Height)}
}

func TestTheBoxIsDrawnWithTheMouse(t *testing.T) {
	r := open(t, nil)
	steps := []struct {
		name           string
		x1, y1, x2, y2 float64
		want           Area
	}{
		{"a new box", 100, 200, 300, 280, Area{100, 200, 200, 80}},
		{"moved", 200, 240, 250, 340, Area{150, 300, 200, 80}},
		{"the right edge", 350, 340, 400, 200, Area{150, 300, 250, 80}},
		{"the upper left corner", 150, 300, 120, 280, Area{120, 280, 280, 100}},
		{"the lower edge beyond the upper one", 250, 380, 250, 100, Area{120, 280, 280, 10}},
		{"moved beyond the page", 250, 285, 2000, -2000, Area{315, 0, 280, 10}},
		{"a new box from right to left", 300, 400, 100, 100, Area{100, 100, 200, 300}},
		{"a new box that is too small", 500, 700, 501, 701, Area{500, 700, 20, 10}},
		{"a new box beyond the page", 400, 800, 5000, 5000, Area{400, 800, 195, 42}},
	}
	for _, s := range steps {
		r.drag(s.x1, s.y1, s.x2, s.y2)
		if got := r.box(); got != s.want {
			t.Errorf("%s: the box is %v, not %v", s.name, got, s.want)
		}
	}
	r.press("Use this position")
	want := []*Position{{Page: "last", Rectangle: request.Rectangle{X: 400, Y: 0, Width: 195, Height: 42}}}
	if diff := cmp.Diff(want, r.used); diff != "" || r.closed != 1 || r.modals.IsOpen() {
		t.Errorf("%s, closed %d times", diff, r.closed)
	}
	if want := (Suggestion{Page: "last", Width: 595, Height: 842, Area: Area{400, 800, 195, 42}}); r.next != want {
		t.Errorf("%+v is kept", r.next)
	}
}

func TestTheBoxIsMovedWithTheKeys(t *testing.T) {
	r := open(t, func(_ *rig, o *Options) {
		o.Positions = []*Position{{Page: "2", Rectangle: request.Rectangle{X: 100, Y: 542, Width: 200, Height: 100}}}
	})
	if r.window.Canvas().Focused() != fyne.Focusable(r.board()) {
		t.Fatal("the page does not have the keyboard")
	}
	if r.box() != (Area{100, 200, 200, 100}) || r.board().page.Number != 2 {
		t.Fatalf("the box begins at %v of page %d", r.box(), r.board().page.Number)
	}
	b := r.board()
	r.key(fyne.KeyRight, fyne.KeyRight, fyne.KeyUp)
	shift := &fyne.KeyEvent{Name: desktop.KeyShiftLeft}
	b.KeyDown(shift)
	r.key(fyne.KeyDown, fyne.KeyLeft)
	b.KeyUp(shift)
	for _, s := range []fyne.Shortcut{
		&desktop.CustomShortcut{KeyName: fyne.KeyRight, Modifier: fyne.KeyModifierShortcutDefault},
		&desktop.CustomShortcut{KeyName: fyne.KeyUp, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift},
		&fyne.ShortcutCopy{},
	} {
		b.TypedShortcut(s)
	}
	if want := (Area{92, 209, 201, 90}); r.box() != want {
		t.Errorf("the box is %v, not %v", r.box(), want)
	}
	r.key(fyne.KeyPageDown)
	if b.page.Number != 3 || r.box() != (Area{92, 209, 201, 90}) {
		t.Errorf("page %d with the box at %v", b.page.Number, r.box())
	}
	r.key(fyne.KeyEnd, fyne.KeyPageDown, fyne.KeyHome, fyne.KeyPageUp, fyne.KeyReturn)
	want := []*Position{{Page: "1", Rectangle: request.Rectangle{X: 92, Y: 842 - 209 - 90, Width: 201, Height: 90}}}
	if diff := cmp.Diff(want, r.used); diff != "" {
		t.Error(diff)
	}
}

// Keys that are typed while a page is being drawn count for the page that comes.
func TestKeysDoNotWaitForThePage(t *testing.T) {
	r := open(t, nil)
	for _, key := range []fyne.KeyName{fyne.KeyPageUp, fyne.KeyPageUp, fyne.KeyLeft, fyne.KeyReturn} {
		r.window.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: key})
	}
	if r.used != nil {
		t.Fatal("a position is used on a page that is not shown")
	}
	r.settle()
	if len(r.used) != 1 || r.used[0].Page != "3" {
		t.Errorf("used %+v", r.used)
	}
}

func TestEscapeAsksOnlyAfterAChange(t *testing.T) {
	r := open(t, nil)
	r.key(fyne.KeyEscape)
	if r.modals.IsOpen() || r.used != nil || r.closed != 1 {
		t.Error("Escape does not close a sheet in which nothing was changed")
	}
	r = open(t, nil)
	r.key(fyne.KeyLeft, fyne.KeyEscape)
	if !r.modals.IsOpen() || r.closed != 0 {
		t.Fatal("a box that was moved is lost without a question")
	}
	r.press(i18n.English.Say("discard.keep"))
	r.key(fyne.KeyEscape)
	r.press(i18n.English.Say("discard.yes"))
	if r.modals.IsOpen() || r.used != nil || r.closed != 1 {
		t.Error("the sheet is still open, or used")
	}
}

func TestTheNumbersAreThoseOfThePageAsItIsSeen(t *testing.T) {
	r := open(t, func(r *rig, o *Options) {
		r.pages["lease"] = func(p *Page) { p.Box, p.Rotation = request.Rectangle{X: -100, Y: 50, Width: 842, Height: 595}, 90 }
		o.Positions = []*Position{{Page: "1", Rectangle: request.Rectangle{X: -100, Y: 50, Width: 72, Height: 144}}}
	})
	f := r.fields()
	var texts []string
	for _, field := range f {
		texts = append(texts, field.Text)
	}
	// The lower left corner of the page is seen at the upper left.
	if diff := cmp.Diff([]string{"1", "0", "271.6", "50.8", "25.4"}, texts); diff != "" {
		t.Error(diff)
	}
	f[1].SetText("25,4")
	f[2].SetText("0")
	if want := (Area{72, 770, 144, 72}); r.box() != want {
		t.Errorf("the box is %v, not %v", r.box(), want)
	}
	r.window.Canvas().Focus(f[3])
	f[3].SetText("wide")
	r.key(fyne.KeyReturn)
	r.saying("Enter a length in millimeters")
	if r.used != nil || r.window.Canvas().Focused() != fyne.Focusable(f[3]) {
		t.Error("a wrong number is used, or does not get the keyboard")
	}
	f[3].SetText("50.8")
	r.key(fyne.KeyReturn)
	want := []*Position{{Page: "1", Rectangle: request.Rectangle{X: 670, Y: 122, Width: 72, Height: 144}}}
	if diff := cmp.Diff(want, r.used, cmp.Comparer(func(a, b float64) bool { return a-b < 0.1 && b-a < 0.1 })); diff != "" {
		t.Error(diff)
	}
}

func TestAPageIsTypedByItsNumber(t *testing.T) {
	r := open(t, nil)
	page := r.fields()[0]
	r.window.Canvas().Focus(page)
	page.SetText("9")
	r.key(fyne.KeyReturn)
	r.saying("The document has 5 pages.")
	r.window.Canvas().Focus(page)
	page.SetText("3")
	r.key(fyne.KeyReturn)
	if r.board().page.Number != 3 {
		t.Errorf("page %d is shown", r.board().page.Number)
	}
	r.saying("of 5")
}

func TestTheLastBoxIsSuggested(t *testing.T) {
	suggest := func(width, height float64) *Suggestion {
		if width == 595 && height == 842 {
			return &Suggestion{Page: "2", Area: Area{10, 20, 100, 50}}
		}
		return nil
	}
	r := open(t, func(_ *rig, o *Options) { o.Suggest = suggest })
	if r.board().page.Number != 2 || r.box() != (Area{10, 20, 100, 50}) {
		t.Errorf("page %d with the box at %v", r.board().page.Number, r.box())
	}
	r.key(fyne.KeyReturn)
	if diff := cmp.Diff([]*Position{{Page: "2", Rectangle: request.Rectangle{X: 10, Y: 772, Width: 100, Height: 50}}}, r.used); diff != "" {
		t.Error(diff)
	}
	r = open(t, func(r *rig, o *Options) {
		o.Suggest = suggest
		r.pages["lease"] = func(p *Page) { p.Box.Width = 600 }
	})
	if r.board().page.Number != pagesOfEach || r.box() == (Area{10, 20, 100, 50}) {
		t.Errorf("the box of another size of page is suggested: %v", r.box())
	}
}

func TestEachDocumentMayHaveItsOwnBox(t *testing.T) {
	three := func(_ *rig, o *Options) {
		o.Documents = []Document{{"A.pdf", "a"}, {"B.pdf", "b"}, {"C.pdf", "c"}}
	}
	r := open(t, three)
	r.drag(100, 100, 200, 200)
	documents := uitest.Find[*kit.Select](r.find())[0]
	documents.SetSelectedIndex(1)
	r.settle()
	if r.box() != (Area{100, 100, 100, 100}) {
		t.Errorf("the box for all documents is %v on the second one", r.box())
	}
	same := uitest.Find[*kit.Check](r.find())[0]
	same.SetChecked(false)
	r.key(fyne.KeyHome)
	r.drag(150, 150, 250, 160)
	documents.SetSelectedIndex(2)
	r.settle()
	if r.box() != (Area{100, 100, 100, 100}) || r.board().page.Number != pagesOfEach {
		t.Errorf("the third document has the box of the second one: %v", r.box())
	}
	documents.SetSelectedIndex(1)
	r.settle()
	if r.box() != (Area{200, 155, 100, 100}) && r.box() != (Area{200, 110, 100, 100}) || r.board().page.Number != 1 {
		t.Errorf("the second document has lost its box: %v on page %d", r.box(), r.board().page.Number)
	}
	r.press("Use this position")
	all := request.Rectangle{X: 100, Y: 642, Width: 100, Height: 100}
	if len(r.used) != 3 || *r.used[0] != (Position{"last", all}) || *r.used[2] != (Position{"last", all}) || r.used[1].Page != "1" || r.used[1].Rectangle == all {
		t.Errorf("used %+v", r.used)
	}
	r = open(t, three)
	r.press("Use this position")
	if len(r.used) != 1 {
		t.Errorf("one position for all documents is %d", len(r.used))
	}
}

func TestWhatCannotBeDrawnIsSaid(t *testing.T) {
	r := open(t, func(r *rig, _ *Options) { r.broken["lease 5"] = errors.New("this page takes too long") })
	r.saying("The page cannot be shown. This page takes too long.")
	if b := uitest.FindButton(r.window.Canvas(), "Use this position"); !b.Disabled() {
		t.Error("a position without a page can be used")
	}
	r.window.Canvas().Focus(r.fields()[0])
	r.fields()[0].SetText("2")
	r.key(fyne.KeyReturn)
	if r.board().page.Number != 2 || !strings.Contains(r.says(), "of 5") {
		t.Errorf("the other page is not shown:\n%s", r.says())
	}
	r = open(t, func(r *rig, _ *Options) { r.pages["lease"] = func(p *Page) { p.Box = request.Rectangle{} } })
	r.saying("Its size is not known.")
}

func TestOtherSignatureFieldsAreShown(t *testing.T) {
	field := request.Rectangle{X: 300, Y: 700, Width: 100, Height: 50}
	r := open(t, func(r *rig, _ *Options) { r.pages["lease"] = func(p *Page) { p.Fields = []request.Rectangle{field} } })
	fields := test.WidgetRenderer(r.board()).(*boardRenderer).fields
	if at, size := r.board().onPicture(Area{300, 92, 100, 50}); len(fields) != 1 || fields[0].Position() != at || fields[0].Size() != size {
		t.Errorf("the field is drawn as %v", fields)
	}
	const covers = "The box covers a signature field"
	if strings.Contains(r.says(), covers) {
		t.Error("the box is said to cover a field that it does not touch")
	}
	r.drag(250, 60, 320, 110)
	r.saying(covers)
}

func TestThePageIsDrawnSharply(t *testing.T) {
	r := open(t, nil)
	before := r.board().size
	r.window.Canvas().Focused().TypedRune('+')
	r.settle()
	if got := r.board().size; got.Width < 1.4*before.Width {
		t.Errorf("the page is %v wide, and was %v", got, before)
	}
	for range len(zooms) {
		r.window.Canvas().Focused().TypedRune('+')
		r.settle()
	}
	if last := r.asked[len(r.asked)-1]; r.board().page.Image.Bounds().Dx() < int(r.board().size.Width) {
		t.Errorf("the last page was drawn as %s, and is %v wide", last, r.board().size.Width)
	}
	for range len(zooms) {
		r.window.Canvas().Focused().TypedRune('-')
	}
	if r.board().size != before {
		t.Errorf("the page is %v after zooming out", r.board().size)
	}
}

// All of the sheet can be reached in the smallest window, in every language.
func TestTheSheetFitsTheSmallestWindow(t *testing.T) {
	r := open(t, nil)
	r.window.Resize(fyne.NewSize(640, 340))
	r.modals.Arrange()
	r.settle()
	d, c := fyne.CurrentApp().Driver(), r.window.Canvas()
	for _, label := range []string{"Use this position", "Cancel"} {
		b := uitest.FindButton(c, label)
		if at := d.AbsolutePositionForObject(b); at.Y+b.Size().Height > c.Size().Height || at.X+b.Size().Width > c.Size().Width {
			t.Errorf("%s is at %v of %v", label, at, c.Size())
		}
	}
	if size := r.board().size; size.Height < 250 || size.Height > 300 {
		t.Errorf("the page is %v; canvas %v, modal %v", size, c.Size(), r.find().Size())
	}
	for _, f := range r.fields() {
		c.Focus(f)
		if at := d.AbsolutePositionForObject(f); at.Y < 0 || at.Y+f.Size().Height > c.Size().Height {
			t.Errorf("the field with %q is focused at %v", f.Text, at)
		}
	}
}
