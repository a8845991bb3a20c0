//go:build walk

package walk

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// otherGateway is the second of those that a new desk has.
const otherGateway = "sandbox-portasigma"

// patience is how long a browser may be out before that is no answer: the shortest there is.
const patience = time.Minute

// The papers that are put on the desk, and what finds their requests.
const (
	firstOrder, secondOrder, orders = "Order-2041", "Order-2042", "Order"
	annex, otherAnnex, annexes      = "Annex-A", "Annex-B", "Annex"
	offer                           = "Offer-7"
)

// repeated is a key pressed so many times.
func repeated(key string, times int) []string {
	return strings.Fields(strings.Repeat(key+" ", times))
}

// shortenPatience has the desk wait no longer than it must, in the settings.
func (w *walk) shortenPatience() {
	w.Helper()
	w.step("patience: in the settings, a browser that is out for a minute is no answer")
	w.press("ctrl+comma")
	w.press("Tab", "Return") // the section after the first
	w.key(repeated("Tab", 3)...)
	w.key("ctrl+a")
	w.write("1m")
	w.key("Return")
	settings := filepath.Join(w.home, "settings.toml")
	w.until("the settings say so", func() bool {
		text, err := os.ReadFile(settings)
		return err == nil && strings.Contains(string(text), `patience = "1m`)
	})
	w.picture("window-patience")
	w.press("Escape")
}

// signTwoInOneVisit hands over two files by a second start, makes a request of each, and signs
// both in one trip of the browser.
func (w *walk) signTwoInOneVisit() {
	w.Helper()
	w.step("batch: a second start brings two files to the window, which another one covers")
	uncover := w.cover()
	w.startAgain(w.paper(firstOrder), w.paper(secondOrder))
	uncover()
	w.picture("window-sheet-one-by-one")
	w.press("Return")
	w.awaitAll(orders, 2, func(r request.Request) bool { return r.Status == request.Pending })

	w.step("batch: both are selected with Shift and an arrow key, and signed with Sign all")
	w.find(orders)
	w.press("shift+Down")
	w.picture("window-selected")
	w.key("ctrl+shift+Return")
	address := w.nextVisit()
	out := w.awaitAll(orders, 2, func(r request.Request) bool { return r.Status == request.Signing })
	if out[0].Visit.Ticket != out[1].Visit.Ticket {
		w.Fatalf("%s and %s are on a visit each", out[0].Title, out[1].Title)
	}
	w.picture("window-queue")
	signed := signing{"batch", orders, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"}
	w.browse(signed, address)
	for _, r := range w.awaitAll(orders, 2, ended) {
		w.check(signed, r)
		w.checkFiles(r.Title, r)
	}
	w.picture("window-batch")
}

// closeTheBrowser pastes the paths of two files, makes one request of them, and closes the
// browser on its way. It gives the address where that was.
func (w *walk) closeTheBrowser() string {
	w.Helper()
	w.step("no answer: two paths are pasted, and made one request together")
	w.key("ctrl+f")
	w.cut(w.paper(annex))
	w.key("Escape", "Escape") // a notice may take the first
	w.press("ctrl+v")
	w.key("Tab", "Tab") // from the last button of the sheet to its first field
	w.cut(w.paper(otherAnnex))
	w.key("ctrl+v", "Return")
	w.settled()
	w.press(append(repeated("shift+Tab", 3), "space")...) // back to the box below the fields
	w.picture("window-sheet-together")
	w.key("ctrl+Return")
	address := w.nextVisit()
	r := w.await(annexes, func(r request.Request) bool { return r.Status == request.Signing })
	if len(r.Documents) != 2 {
		w.Fatalf("%s has %d documents, want 2", r.Title, len(r.Documents))
	}
	w.step("no answer: the signer closes the browser's tab")
	w.giveUp(address)
	w.picture("window-in-the-browser")
	return address
}

// tabUntil goes from one part of a sheet to the next until a key does more there than move a
// cursor.
func (w *walk) tabUntil(key string) {
	w.Helper()
	const cursor, parts = 1000, 20 // pixels that it has at most; parts of the sheet
	for range parts {
		w.key("Tab")
		before := w.settled()
		w.key(key)
		if differing(w.settled(), before) > cursor {
			return
		}
	}
	w.Fatalf("%s does nothing anywhere on the sheet", key)
}

// differing counts the pixels in which two pictures differ.
func differing(one, other []byte) int {
	a, errA := png.Decode(bytes.NewReader(one))
	b, errB := png.Decode(bytes.NewReader(other))
	if errA != nil || errB != nil || a.Bounds() != b.Bounds() {
		return 0
	}
	n := 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

// cut leaves a text on the clipboard that was written where the keyboard is.
func (w *walk) cut(text string) {
	w.Helper()
	w.key("ctrl+a")
	w.write(text)
	w.key("ctrl+a", "ctrl+x")
}

// signAtTheSecondAttempt hands a file over to a window that is put away, has the signer reject
// it at the other gateway, and opens the request again.
func (w *walk) signAtTheSecondAttempt() {
	w.Helper()
	w.step("second start: a file is brought to the window, which is put away")
	_, err := w.run("xdotool", "windowminimize", "--sync", w.window)
	w.must(err)
	w.startAgain(w.paper(offer))
	w.picture("window-sheet")
	w.tabUntil("Right") // leads to the next gateway, which asks for less
	w.picture("window-sheet-gateway")
	w.key("ctrl+Return")
	added := w.await(offer, func(request.Request) bool { return true })
	if added.Gateway != otherGateway {
		w.Fatalf("%s is to be signed at %s, want %s: does Tab lead through the sheet in another way?", added.Title, added.Gateway, otherGateway)
	}

	w.step("rejected: the signer rejects it at PortaSigma")
	rejected := signing{"rejected", offer, "reject", "Rejected. You can close this tab", request.Rejected, request.ByBrowser, "rejected"}
	w.browse(rejected, w.nextVisit())
	w.judge(rejected, w.awaitEnd(offer))

	w.step("second attempt: the request is re-opened and signed")
	w.reopen(offer)
	w.key("ctrl+Return")
	signed := signing{"second-attempt", offer, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "signed"}
	w.browse(signed, w.nextVisit())
	r := w.awaitEnd(offer)
	w.judge(signed, r)

	said, err := w.run(terminalProgram, "--json", "show", string(r.ID))
	w.must(err)
	var shown struct {
		Status  request.Status `json:"status"`
		Attempt int            `json:"attempt"`
	}
	w.must(json.Unmarshal([]byte(said), &shown))
	if shown.Status != request.Signed || shown.Attempt != 2 {
		w.Fatalf("the terminal says %s", said)
	}
	w.step("second attempt: the terminal says that it is attempt %d, and %s", shown.Attempt, shown.Status)
}

// comeBack finds the request whose browser was closed where those without an answer are, opens
// the browser again from there, and signs.
func (w *walk) comeBack(address string) {
	w.Helper()
	w.step("no answer: the patience comes to its end, and the request is in the view of that name")
	w.find(orders)
	w.key("ctrl+f", "Escape") // search for nothing any more
	w.until("the patience is over", func() bool {
		page, err := w.ledger.View(w.ctx, ledger.Query{OutSince: time.Now().Add(-patience), Limit: 1})
		w.must(err)
		return len(page.Requests) == 1
	})
	w.press("ctrl+3")
	w.key("Escape") // back to the list
	w.picture("window-no-answer")
	w.key("ctrl+b")
	if again := w.nextVisit(); again != address {
		w.Fatalf("the browser is sent to %s, want %s", again, address)
	}
	w.step("no answer: the browser is opened again from there, and the signer signs")
	signed := signing{"answer", annexes, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"}
	w.browse(signed, address)
	w.judge(signed, w.awaitEnd(annexes))
}
