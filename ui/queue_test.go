package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// runQueue signs the queue in the background until the returned function is called, or the test ends.
func (f *office) runQueue() (stop func()) {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.desk.Queue().Run(ctx) }()
	for s := range f.desk.Queue().Watch(f.t.Context()) {
		if s.Here {
			break
		}
	}
	stopped := false
	stop = func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := <-done; err != nil {
			f.t.Error(err)
		}
	}
	f.t.Cleanup(stop)
	return stop
}

// queueSays waits until the bar shows a text.
func (f *office) queueSays(words ...string) {
	f.t.Helper()
	for _, word := range words {
		f.wait("the queue to say "+word, func() bool {
			return strings.Contains(strings.Join(uitest.Drawn(f.window.chrome.queue.Root), "\n"), word)
		})
	}
}

// waitsForSigner reports whether the bar says that the browser is out.
func (f *office) waitsForSigner() bool {
	return slices.Contains(uitest.Texts(f.window.chrome.queue.Root, nil), f.window.lang.Say("queue.out"))
}

func (f *office) queueGone() {
	f.t.Helper()
	f.wait("the queue to be empty", func() bool { return !f.window.chrome.queue.Runs() })
}

// ends ends the visit of a request with an outcome.
func (f *office) ends(id request.ID, s request.Status) {
	f.t.Helper()
	f.gateway.set(func(g *fakeGateway) { g.outcome = gateway.Outcome{Status: s, Code: string(s)} })
	if err := f.desk.Refresh(f.t.Context(), id); err != nil {
		f.t.Fatal(err)
	}
	f.gateway.set(func(g *fakeGateway) { g.outcome = gateway.Outcome{} })
}

func TestTheQueueIsShownPausedAndResumed(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.MaxDocuments = 1 })
	f.runQueue()
	first, second, third := f.add("First"), f.add("Second"), f.add("Third")
	if f.window.chrome.queue.Root.Visible() {
		t.Error("an empty queue is shown")
	}
	f.window.signAll([]request.ID{first.ID, second.ID, third.ID})
	f.queueSays("Queue: 0 of 3 done", "Waiting for the signer:", "First")
	if !f.window.chrome.queue.Root.Visible() {
		t.Error("the queue is not shown")
	}
	f.ctrl(fyne.KeyJ)
	f.wait("the first to be shown", func() bool { return f.window.detail.Shown().ID == first.ID })
	f.press("Pause")
	f.queueSays("Paused: 3 left")
	f.ends(first.ID, request.Rejected)
	f.queueSays("1 of 3", "Paused: 2 left")
	f.ctrl(fyne.KeyP)
	f.queueSays("Second", "Waiting for the signer:")
	f.ctrl(fyne.KeyK) // skip a visit whose tab was closed: the request stays open, and the next visit begins
	f.queueSays("2 of 3", "Third", "Waiting for the signer:")
	if got := f.get(second.ID); got.Status != request.Signing {
		t.Errorf("got %+v", got)
	}
	f.window.notices.inform("3 requests are in the queue.")
	f.press("Clear")
	f.queueGone()
	f.saying("Queue finished:", "1 rejected, 2 still open")
	if told := f.window.notices.text(); told != "" {
		t.Errorf("behind an empty queue it still says %q", told)
	}
}

func TestAQueueThatPausedByItselfSaysWhy(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.runQueue()
	f.gateway.set(func(g *fakeGateway) {
		g.refuse = errors.New("gateway office: the token was refused: check the client secret")
	})
	f.window.signAll([]request.ID{f.add("First").ID})
	f.queueSays("the token was refused: check the client secret.")
	f.gateway.set(func(g *fakeGateway) { g.refuse = nil })
	f.press("Resume")
	f.queueSays("Waiting for the signer:")
}

func TestAQueueComesBackPaused(t *testing.T) {
	f := newOffice(t, officeOptions{})
	stop := f.runQueue()
	f.gateway.set(func(g *fakeGateway) { g.can.MaxDocuments = 1 })
	f.window.signAll([]request.ID{f.add("First").ID, f.add("Second").ID})
	f.queueSays("First")
	stop()
	f.queueGone() // the queue does not run
	f.runQueue()
	f.queueSays("Paused: 2 left")
	f.press("Resume")
	f.queueSays("Waiting for the signer:", "First")
}

func TestErrorsOfTheQueueAreShown(t *testing.T) {
	f := newOffice(t, officeOptions{})
	r := f.show("Lease")
	if _, err := f.desk.Withdraw(t.Context(), r.ID, ""); err != nil {
		t.Fatal(err)
	}
	f.runQueue()
	f.window.signAll([]request.ID{r.ID})
	f.saying("Lease is withdrawn: reopen it first.")
}

func TestSeveralNewRequestsAreSignedInTheQueue(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.gateway.set(func(g *fakeGateway) { g.can.MaxDocuments = 1 })
	f.runQueue()
	f.drop(folder(t, "A.pdf", "B.pdf"))
	f.read()
	f.press("Add and sign")
	f.queueSays("0 of 2", "A")
	f.closed()
}

func TestTheNameOfAFileStaysAsItIsWritten(t *testing.T) {
	for _, c := range [][3]string{
		{"passwd", "passwd is not a PDF: print it as one", "passwd is not a PDF: print it as one."},
		{"my lease.pdf", "my lease.pdf is empty", "my lease.pdf is empty."},
		{"passwd", "the folder cannot be read", "The folder cannot be read."},
		{"", "", ""},
	} {
		if got := kit.SentenceAbout(c[0], c[1]); got != c[2] {
			t.Errorf("of %q it says %q", c[0], got)
		}
	}
}
