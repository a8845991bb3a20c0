//go:build walk

package walk

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// otherGateway is the second gateway of a new desk.
const otherGateway = "sandbox-portasigma"

// patience is how long the browser may be away before the request counts as unanswered. It is the shortest that the settings allow.
const patience = time.Minute

// The files that are added, and the texts that find their requests.
const (
	firstOrder, secondOrder, orders = "Order-2041", "Order-2042", "Order"
	annex, otherAnnex, annexes      = "Annex-A", "Annex-B", "Annex"
	offer                           = "Offer-7"
)

// repeated returns a list that has the key as often as times says.
func repeated(key string, times int) []string {
	return strings.Fields(strings.Repeat(key+" ", times))
}

// shortenPatience sets the patience in the settings.
func (w *walk) shortenPatience() {
	w.Helper()
	w.step("patience: in the settings, a browser that is away for a minute counts as no answer")
	w.press("ctrl+comma")
	w.press("Tab", "Return") // the second section
	w.key(repeated("Tab", 5)...)
	w.key("ctrl+a")
	w.typeText("1m")
	w.key("Return")
	settings := filepath.Join(w.home, "settings.toml")
	w.waitFor("the settings say so", func() bool {
		text, err := os.ReadFile(settings)
		return err == nil && strings.Contains(string(text), `patience = "1m`)
	})
	w.savePicture("window-patience")
	w.press("Escape")
}

// signTwoInOneVisit hands two files to the window by starting the program again, makes a request of each, and signs both in one visit.
func (w *walk) signTwoInOneVisit() {
	w.Helper()
	w.step("batch: a second start hands two files to the window, which is covered by another one")
	uncover := w.coverWindow()
	w.addSources(2, func() { w.startAgain(w.addFile(firstOrder), w.addFile(secondOrder)) })
	uncover()
	w.savePicture("window-composer-one-by-one")
	w.press("Return")
	w.awaitAll(orders, 2, func(r request.Request) bool { return r.Status == request.Pending })

	w.step("batch: select both with Shift and an arrow key, and sign them with Sign all")
	w.selectFirst(orders)
	w.press("shift+Down")
	w.savePicture("window-selected")
	w.key("ctrl+shift+Return")
	address := w.nextVisit()
	out := w.awaitAll(orders, 2, func(r request.Request) bool { return r.Status == request.Signing })
	if out[0].Visit.ID != out[1].Visit.ID {
		w.Fatalf("%s and %s are on different visits", out[0].Title, out[1].Title)
	}
	w.savePicture("window-queue")
	signed := signing{"batch", orders, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"}
	w.browse(signed, address)
	for _, r := range w.awaitAll(orders, 2, ended) {
		w.check(signed, r)
		w.checkFiles(r.Title, r)
	}
	w.savePicture("window-batch")
}

// leaveWithoutAnswer pastes the paths of two files, makes one request of both, and closes the browser during the visit. It returns the
// address of the visit.
func (w *walk) leaveWithoutAnswer() string {
	w.Helper()
	w.step("no answer: paste two paths, and make one request of both")
	w.key("ctrl+f")
	w.cutText(w.addFile(annex))
	w.key("Escape", "Escape") // the first may close a notice
	w.addSources(1, func() { w.key("ctrl+v") })
	w.key("Tab", "Tab") // from the last button of the composer to its first field
	w.cutText(w.addFile(otherAnnex))
	w.addSources(2, func() { w.key("ctrl+v", "Return") })
	w.press(append(repeated("shift+Tab", 3), "space")...) // back to the check box below the fields
	w.savePicture("window-composer-together")
	w.key("ctrl+Return")
	address := w.nextVisit()
	r := w.await(annexes, func(r request.Request) bool { return r.Status == request.Signing })
	if len(r.Documents) != 2 {
		w.Fatalf("%s has %d documents, want 2", r.Title, len(r.Documents))
	}
	w.step("no answer: the signer closes the browser's tab")
	w.closeTab(address)
	w.savePicture("window-in-the-browser")
	return address
}

// tabUntil moves the focus from field to field of the composer and presses key in each, until that changes more of the window than a
// cursor would. It fails the test if no field does so.
func (w *walk) tabUntil(key string) {
	w.Helper()
	const cursor, parts = 1000, 20 // pixels of a cursor, and fields of the composer, at most
	for range parts {
		w.key("Tab")
		before := w.waitSettled()
		w.key(key)
		if differingPixels(w.waitSettled(), before) > cursor {
			return
		}
	}
	w.Fatalf("%s changes nothing in any field of the composer", key)
}

// differingPixels returns the number of pixels in which two pictures of the screen differ.
func differingPixels(one, other []byte) int {
	const size = 4 // bytes of a pixel
	n := 0
	for at := 0; at+size <= min(len(one), len(other)); at += size {
		if !bytes.Equal(one[at:at+size], other[at:at+size]) {
			n++
		}
	}
	return n
}

// cutText types text into the focused field and cuts it, so that it is on the clipboard.
func (w *walk) cutText(text string) {
	w.Helper()
	w.key("ctrl+a")
	w.typeText(text)
	w.key("ctrl+a", "ctrl+x")
}

// signAtTheSecondAttempt hands a file to the minimized window, rejects the request at the other gateway, reopens it and signs it.
func (w *walk) signAtTheSecondAttempt() {
	w.Helper()
	w.step("second start: hand a file to the minimized window")
	_, err := w.run("xdotool", "windowminimize", "--sync", w.window)
	w.must(err)
	w.addSources(1, func() { w.startAgain(w.addFile(offer)) })
	w.savePicture("window-composer")
	w.tabUntil("Right") // selects the next gateway, which asks for less
	w.savePicture("window-composer-gateway")
	w.key("ctrl+Return")
	added := w.await(offer, func(request.Request) bool { return true })
	if added.Gateway != otherGateway {
		w.Fatalf("%s is to be signed at %s, want %s: has the order of the composer's fields changed?", added.Title, added.Gateway, otherGateway)
	}

	w.step("rejected: the signer rejects it at PortaSigma")
	rejected := signing{"rejected", offer, "reject", "Rejected. You can close this tab", request.Rejected, request.ByBrowser, "rejected"}
	w.browse(rejected, w.nextVisit())
	w.verify(rejected, w.awaitEnd(offer))

	w.step("second attempt: reopen the request and sign it")
	w.reopen(offer)
	w.key("ctrl+Return")
	signed := signing{"second-attempt", offer, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "signed"}
	w.browse(signed, w.nextVisit())
	r := w.awaitEnd(offer)
	w.verify(signed, r)

	said, err := w.run(terminalProgram, "--json", "show", string(r.ID))
	w.must(err)
	var shown struct {
		Status  request.Status `json:"status"`
		Attempt int            `json:"attempt"`
	}
	w.must(json.Unmarshal([]byte(said), &shown))
	if shown.Status != request.Signed || shown.Attempt != 2 {
		w.Fatalf("the terminal says: %s", said)
	}
	w.step("second attempt: the terminal says that attempt %d is %s", shown.Attempt, shown.Status)
}

// signAfterNoAnswer finds the request of leaveWithoutAnswer among those without an answer, opens the browser again from there, and signs.
func (w *walk) signAfterNoAnswer(address string) {
	w.Helper()
	w.step("no answer: the patience is over, and the request is listed under No answer")
	w.selectFirst(orders)
	w.key("ctrl+f", "Escape") // clear the search
	w.waitFor("the patience is over", func() bool {
		page, err := w.ledger.Query(w.ctx, ledger.Query{LeftBefore: time.Now().Add(-patience), Limit: 1})
		w.must(err)
		return len(page.Requests) == 1
	})
	w.press("ctrl+3")
	w.key("Escape") // move the focus to the list
	w.savePicture("window-no-answer")
	w.key("ctrl+b")
	again := w.nextVisit()
	if again == address {
		w.Fatalf("the browser is sent to %s, which is spent", again)
	}
	w.step("no answer: open the browser again from there, and sign")
	signed := signing{"answer", annexes, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"}
	w.browse(signed, again)
	w.verify(signed, w.awaitEnd(annexes))
}
