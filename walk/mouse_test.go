//go:build walk

package walk

import (
	"bytes"
	"strconv"
	"strings"

	"countersign/core/ledger"
	"countersign/core/request"
)

// point is a place in the window, in pixels from its upper left corner.
type point struct{ x, y int }

// Places in a window of 1100 by 720 pixels: the sidebar, and the first row of the list.
var (
	addButton   = point{110, 105}
	allView     = point{71, 443}
	settingsTab = point{72, 576}
	firstRow    = point{340, 150}
)

// keycodeR is the key R as X11 numbers it, whatever letter the layout has on it.
const keycodeR = "27"

// moveMouse moves the mouse to a place in the window.
func (w *walk) moveMouse(to point) {
	w.Helper()
	_, err := w.run("xdotool", "mousemove", "--sync", "--window", w.window, strconv.Itoa(to.x), strconv.Itoa(to.y))
	w.must(err)
}

// The buttons of the mouse, as xdotool numbers them.
const (
	leftButton  = "1"
	rightButton = "3"
)

// clickButton clicks with a button of the mouse where that is, as often as times says.
func (w *walk) clickButton(button string, times int) {
	w.Helper()
	_, err := w.run("xdotool", "click", "--repeat", strconv.Itoa(times), "--delay", "80", button)
	w.must(err)
}

// click clicks at a place in the window, as often as times says, and waits until the window has changed and has drawn everything.
func (w *walk) click(at point, times int) {
	w.Helper()
	w.clickAt(at, leftButton, times)
}

// clickAt is [walk.click] with any button.
func (w *walk) clickAt(at point, button string, times int) {
	w.Helper()
	w.moveMouse(at)
	before := w.waitSettled()
	w.clickButton(button, times)
	w.waitFor("the window changes after a click", func() bool { return !bytes.Equal(w.look(), before) })
	w.waitSettled()
}

// useMouse opens and closes what can be opened with the mouse.
func (w *walk) useMouse() {
	w.Helper()
	w.step("mouse: a view, a row, the settings, and a new request by a double click")
	w.key("ctrl+1")
	w.click(allView, 1)
	w.click(firstRow, 1)
	w.savePicture("window-mouse-row")
	w.step("mouse: the menu of a row by a right click, and its file by a double click")
	w.clickAt(firstRow, rightButton, 1)
	w.savePicture("window-mouse-menu")
	w.press("Escape")
	w.press("shift+F10")
	w.savePicture("window-menu-by-key")
	w.press("Escape")
	w.moveMouse(firstRow)
	w.clickButton(leftButton, 2)
	if opened := w.nextVisit(); !strings.HasPrefix(opened, "file://") || !strings.HasSuffix(opened, ".pdf") {
		w.Fatalf("a double click opens %q", opened)
	}
	w.click(settingsTab, 1)
	w.savePicture("window-mouse-settings")
	w.press("Escape")
	w.click(addButton, 2)
	w.savePicture("window-mouse-new-request")
	w.press("Escape")
}

// endReal adds requests that were rejected at a real gateway, since the outcomes of practice gateways are not reviewed.
func (w *walk) endReal(ids ...request.ID) {
	w.Helper()
	for _, id := range ids {
		visit := request.VisitID("sha256:" + id)
		_, err := w.ledger.Append(w.ctx, ledger.Change{ID: "rejected-" + id, Events: []request.Event{
			{Kind: request.KindAdded, By: "walk", Added: &request.Added{Title: "Rejected " + string(id), Gateway: "office", RemoteID: "R-" + string(id)}},
			{Kind: request.KindLaunched, By: "walk", Visit: &request.Visit{ID: visit, Gateway: "office", Requests: []request.ID{"rejected-" + id}}},
			{Kind: request.KindAnswered, Answer: &request.Answer{VisitID: visit, Status: request.Rejected, Code: "rejected", Evidence: request.ByGateway}},
		}})
		w.must(err)
	}
}

// reviewByKey returns an outcome with a note, in a layout without Latin letters, and accepts another one by mistake.
func (w *walk) reviewByKey() {
	w.Helper()
	w.endReal("a", "b", "c")
	waiting := func() []request.Request {
		page, err := w.ledger.Query(w.ctx, ledger.Query{Decision: request.Undecided, Practice: ledger.Without, Limit: 100})
		w.must(err)
		return page.Requests
	}
	count := len(waiting())
	w.step("review: return an outcome with the key R of an Arabic keyboard; its letter is not in the note")
	w.press("ctrl+9")
	_, err := w.run("setxkbmap", "ara")
	w.must(err)
	w.press(keycodeR)
	_, err = w.run("setxkbmap", "us")
	w.must(err)
	w.savePicture("window-review-note")
	w.typeText("ask again")
	w.key("Return", "ctrl+z") // it is taken back at once
	w.waitSettled()
	w.press("ctrl+u")
	w.typeText("sign it here")
	w.key("Return")
	w.waitFor("one outcome less is to be reviewed", func() bool { return len(waiting()) == count-1 })
	page, err := w.ledger.Query(w.ctx, ledger.Query{Decision: request.SentBack, Limit: 10})
	w.must(err)
	if len(page.Requests) != 1 || page.Requests[0].Review.Note != "sign it here" {
		w.Fatalf("%d outcomes are returned, the first with %+v", len(page.Requests), page.Requests[0].Review)
	}
	w.press("ctrl+7")
}
