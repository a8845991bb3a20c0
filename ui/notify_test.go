package ui

import (
	"testing"
	"time"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/ui/uitest"
)

// The notification does not say which request it is about.
func TestTheWindowReportsACompletion(t *testing.T) {
	sent := make(chan string, 10)
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Notify = func(title, text string) { sent <- title + "|" + text } }})
	r := f.show("Secret lease")
	f.gateway.set(func(g *fakeGateway) { g.outcome = gateway.Outcome{Status: request.Rejected, Code: "rejected"} })
	f.window.onForeground()
	f.window.onBackground()
	if _, err := f.desk.Sign(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.desk.Refresh(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-sent:
		if want := "Countersign|1 request ended: 1 rejected"; got != want {
			t.Errorf("%q, not %q", got, want)
		}
	case <-time.After(uitest.Patience):
		t.Fatal("nothing is sent")
	}
}
