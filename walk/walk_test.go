//go:build walk

// Package walk signs end to end: the real program with its real window under Xvfb, worked by
// keyboard alone with keys that are pressed from outside, and a real Chromium that goes through
// the practice gateways' pages. What comes out is checked by other people's programs. It holds
// tests alone.
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

// signing is one trip of the browser and what it has to end in.
type signing struct {
	name     string // of its pictures
	title    string // of the request, as it is searched for
	press    string // the button that decides, by its id on the gateway's pages
	landing  string // what the browser's last page says
	status   request.Status
	evidence request.Evidence
	word     string
}

// The three sample documents, the last of them at the PortaSigma gateway.
var signings = []signing{
	{"canceled", "Lease", "cancel", "Canceled. You can close this tab", request.Canceled, request.ByGateway, "canceled"},
	{"failed", "Lease", "fail", "Not signed. You can close this tab", request.Failed, request.ByGateway, "failed"},
	{"signed", "Lease", "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"},
	{"portasigma-rejected", "Holiday", "reject", "Rejected. You can close this tab", request.Rejected, request.ByBrowser, "rejected"},
	{"portasigma-failed", "Holiday", "fail", "Not signed. You can close this tab", request.Failed, request.ByBrowser, "accessDenied"},
	{"portasigma-signed", "Holiday", "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "signed"},
}

// TestMain lets the test's own program stand in for the system's way of starting a
// browser: under the name of xdg-open it passes the address on to the test.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == opener {
		os.Exit(passOn(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestWalk(t *testing.T) {
	need(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "xmessage", "chromium", "pdfsig", "openssl", "go")
	out := outputFolder(t)
	w := &walk{T: t, ctx: t.Context(), out: out, data: filepath.Join(out, "data")}
	w.home = filepath.Join(w.data, "countersign") // where the program looks for it by itself

	w.step("build the program, which takes minutes the first time")
	w.build()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	w.ctx = ctx
	w.step("start a display and the desk on a new home")
	w.startDisplay()
	w.openBrowser()
	w.startDesk("light")
	w.openLedger()
	w.picture("window-first-start")

	w.shortenPatience()
	w.signTwoInOneVisit()
	away := w.closeTheBrowser()
	for i, s := range signings {
		w.signSample(s, i > 0 && signings[i-1].title == s.title)
	}
	w.signAtTheSecondAttempt()
	w.comeBack(away)

	w.step("kill the desk between the browser's return and the gateway's answer, and start it again")
	w.killWhileReturning()

	w.step("the register holds, and the desk is closed")
	w.audit()
	w.quitDesk()
	w.step("done: pictures and signed files are in %s", out)
}

// signSample signs one of the documents that a new desk has. One that has ended is re-opened
// first.
func (w *walk) signSample(s signing, again bool) {
	w.Helper()
	w.step("%s: look for %q and sign it in the browser", s.name, s.title)
	w.find(s.title)
	if again {
		w.reopen(s.title)
	}
	w.key("ctrl+Return")
	w.browse(s, w.nextVisit())
	w.judge(s, w.awaitEnd(s.title))
}

// reopen re-opens the request that is selected, which is the one a text finds.
func (w *walk) reopen(text string) {
	w.Helper()
	w.key("ctrl+r")
	w.await(text, func(r request.Request) bool { return r.Status == request.Pending })
	w.settled() // a person sees the button change before pressing it
}

// judge compares a request with what it has to have become, and has its signed files judged.
func (w *walk) judge(s signing, r request.Request) {
	w.Helper()
	w.check(s, r)
	w.picture("window-" + s.name)
	if s.status == request.Signed {
		w.checkFiles(s.name, r)
	}
}

func (w *walk) check(s signing, r request.Request) {
	w.Helper()
	if r.Status != s.status {
		w.Fatalf("%s is %s, want %s: %s", r.Title, r.Status, s.status, r.Trouble)
	}
	if r.Outcome.Evidence != s.evidence || r.Outcome.Word != s.word {
		w.Fatalf("%s: evidence %s, word %s; want %s, %s", r.Title, r.Outcome.Evidence, r.Outcome.Word, s.evidence, s.word)
	}
	w.step("%s: the ledger says that %q is %s, known by %s", s.name, r.Title, r.Status, r.Outcome.Evidence)
}

// openLedger follows the desk's ledger from outside, as a second program on the home.
func (w *walk) openLedger() {
	w.Helper()
	l, err := ledger.Open(w.ctx, w.home, ledger.Options{})
	w.must(err)
	w.Cleanup(func() { l.Close() })
	w.ledger = l
	w.changes, err = l.Watch(w.ctx)
	w.must(err)
}

// await waits until the one request that a text finds is as wanted.
func (w *walk) await(text string, wanted func(request.Request) bool) request.Request {
	w.Helper()
	return w.awaitAll(text, 1, wanted)[0]
}

// awaitEnd waits until the one request that a text finds has ended, with all that is due then.
func (w *walk) awaitEnd(text string) request.Request {
	w.Helper()
	return w.await(text, ended)
}

func ended(r request.Request) bool { return r.Status.Ended() && r.Next == request.Nothing }

// awaitAll waits until a text finds so many requests and each is as wanted.
func (w *walk) awaitAll(text string, count int, wanted func(request.Request) bool) []request.Request {
	w.Helper()
	limit := time.NewTimer(longest)
	defer limit.Stop()
	for {
		page, err := w.ledger.View(w.ctx, ledger.Query{Search: text, Limit: count + 1})
		w.must(err)
		if len(page.Requests) == count && !slices.ContainsFunc(page.Requests, func(r request.Request) bool { return !wanted(r) }) {
			return page.Requests
		}
		select {
		case <-w.changes:
		case <-limit.C:
			w.Fatalf("%s: waited in vain; it is as follows: %+v", text, page.Requests)
		case <-w.ctx.Done():
			w.Fatalf("%s: %v; it is as follows: %+v", text, w.ctx.Err(), page.Requests)
		}
	}
}
