//go:build walk

// Package walk tests the delivered programs from end to end: the real window under Xvfb, operated by keyboard alone, and a real Chromium
// that goes through the pages of the practice gateways. Other people's programs check the signed files. The package holds tests only, and
// changes nothing outside of build.
package walk

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// signing is one visit of the browser, and what it must lead to.
type signing struct {
	name     string // the beginning of the names of its pictures
	title    string // a text that finds the request, or its title
	press    string // the button that decides, by its id on the gateway's pages
	landing  string // the heading of the browser's last page
	status   request.Status
	evidence request.Evidence
	code     string // the gateway's status word
}

// The visits for two of the sample documents. The second document is signed at the PortaSigma gateway.
var signings = []signing{
	{"canceled", "Lease", "cancel", "Canceled. You can close this tab", request.Canceled, request.ByGateway, "canceled"},
	{"failed", "Lease", "fail", "Not signed. You can close this tab", request.Failed, request.ByGateway, "failed"},
	{"signed", "Lease", "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"},
	{"portasigma-rejected", "Holiday", "reject", "Rejected. You can close this tab", request.Rejected, request.ByBrowser, "rejected"},
	{"portasigma-failed", "Holiday", "fail", "Not signed. You can close this tab", request.Failed, request.ByBrowser, "accessDenied"},
	{"portasigma-signed", "Holiday", "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "signed"},
}

// TestMain makes the test binary stand in for xdg-open, when it is started under that name: it then forwards the address to the running
// test.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == opener {
		os.Exit(forwardAddress(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestWalk(t *testing.T) {
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "setxkbmap", "xmessage", "chromium", "pdfsig", "openssl", "go")
	out := outputFolder(t, "walk")
	w := &walk{T: t, ctx: t.Context(), out: out, data: filepath.Join(out, "data")}
	w.home = filepath.Join(w.data, "countersign") // where the program looks for it by itself

	w.step("build the programs, which takes minutes the first time")
	w.build()
	ctx, cancel := context.WithTimeout(t.Context(), wholeWalk)
	defer cancel()
	w.ctx = ctx
	w.step("start a display and the desk on a new home")
	w.startDisplay()
	w.openBrowser()
	w.startDesk("light")
	w.openLedger()
	w.savePicture("window-first-start")

	w.shortenPatience()
	w.signTwoInOneVisit()
	away := w.leaveWithoutAnswer()
	for i, s := range signings {
		w.signSample(s, i > 0 && signings[i-1].title == s.title)
	}
	w.signAtTheSecondAttempt()
	w.signAfterNoAnswer(away)
	w.useMouse()
	w.reviewByKey()

	w.step("kill the desk between the browser's return and the gateway's answer, and start it again")
	w.killWhileReturning()

	w.step("the register is intact; close the desk")
	w.audit()
	w.quitDesk()
	w.step("done: pictures and signed files are in %s", out)
}

// signSample signs a sample document in the visit s, which need not end with a signature, and checks how the visit ended. If again is
// true, the request has ended before and is reopened first.
func (w *walk) signSample(s signing, again bool) {
	w.Helper()
	w.step("%s: find %q and decide on it in the browser", s.name, s.title)
	w.selectFirst(s.title)
	if again {
		w.reopen(s.title)
	}
	w.key("ctrl+Return")
	w.browse(s, w.nextVisit())
	w.verify(s, w.awaitEnd(s.title))
}

// reopen reopens the request that is chosen in the window, and waits until it is pending. A search for text must find that request alone.
func (w *walk) reopen(text string) {
	w.Helper()
	w.press("ctrl+r") // a person would wait for the button to change
	w.await(text, func(r request.Request) bool { return r.Status == request.Pending })
	w.waitSettled()
}

// verify fails the test unless r has ended as s says. If s says that it is signed, verify also checks the signed files.
func (w *walk) verify(s signing, r request.Request) {
	w.Helper()
	w.check(s, r)
	w.savePicture("window-" + s.name)
	if s.status == request.Signed {
		w.checkFiles(s.name, r)
	}
}

func (w *walk) check(s signing, r request.Request) {
	w.Helper()
	if r.Status != s.status {
		w.Fatalf("%s is %s, want %s: %s", r.Title, r.Status, s.status, r.Trouble)
	}
	if r.Outcome.Evidence != s.evidence || r.Outcome.Code != s.code {
		w.Fatalf("%s: evidence %s, status word %s; want %s, %s", r.Title, r.Outcome.Evidence, r.Outcome.Code, s.evidence, s.code)
	}
	w.step("%s: in the ledger, %q is %s (evidence: %s)", s.name, r.Title, r.Status, r.Outcome.Evidence)
}

// openLedger opens the desk's ledger as a second program on the same home, and watches it.
func (w *walk) openLedger() {
	w.Helper()
	l, err := ledger.Open(w.ctx, w.home, ledger.Options{})
	w.must(err)
	w.Cleanup(func() { l.Close() })
	w.ledger = l
	w.changes, err = l.Watch(w.ctx)
	w.must(err)
}

// await waits until a search of the ledger for text finds exactly one request and the function wanted returns true for it, and returns
// that request. After [longest] it fails the test.
func (w *walk) await(text string, wanted func(request.Request) bool) request.Request {
	w.Helper()
	return w.awaitAll(text, 1, wanted)[0]
}

// awaitEnd is [walk.await] for a request that has ended and has no next step.
func (w *walk) awaitEnd(text string) request.Request {
	w.Helper()
	return w.await(text, ended)
}

func ended(r request.Request) bool { return r.Status.Ended() && r.NextStep == request.StepNone }

// awaitAll is [walk.await] for exactly count requests: the function wanted has to return true for each of them.
func (w *walk) awaitAll(text string, count int, wanted func(request.Request) bool) []request.Request {
	w.Helper()
	limit := time.NewTimer(longest)
	defer limit.Stop()
	for {
		page, err := w.ledger.Query(w.ctx, ledger.Query{Search: text, Limit: count + 1})
		w.must(err)
		if len(page.Requests) == count && !slices.ContainsFunc(page.Requests, func(r request.Request) bool { return !wanted(r) }) {
			return page.Requests
		}
		select {
		case <-w.changes:
		case <-limit.C:
			w.Fatalf("%s: not as wanted after %v: %+v", text, longest, page.Requests)
		case <-w.ctx.Done():
			w.Fatalf("%s: %v: %+v", text, w.ctx.Err(), page.Requests)
		}
	}
}
