package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// bell is a notifier with requests of the test.
type bell struct {
	*Notifier
	mu       sync.Mutex
	requests map[request.ID]request.Request
	sent     []string
}

func newBell(t *testing.T) *bell {
	b := &bell{requests: map[request.ID]request.Request{}}
	b.Notifier = New(i18n.English, "", func(_ context.Context, id request.ID) (request.Request, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		r, ok := b.requests[id]
		if !ok {
			return r, errors.New("there is no such request")
		}
		return r, nil
	}, func(text string) {
		b.sent = append(b.sent, text)
	}, func(error) {})
	go b.Run(t.Context())
	return b
}

// answer records an answer to a request and sends its notice, in the order of a ledger.
func (b *bell) answer(id request.ID, attempt int, status request.Status) {
	b.mu.Lock()
	b.requests[id] = request.Request{ID: id, Title: "Secret lease", Attempt: attempt, Status: status}
	b.mu.Unlock()
	b.Add(ledger.Notice{Events: []ledger.RequestEvent{{ID: id, Event: request.Event{Kind: request.KindAnswered, Answer: &request.Answer{Status: status}}}}})
}

// sendBack records that a reviewer returned the outcome of a request, and sends its notice.
func (b *bell) sendBack(id request.ID, at time.Time) {
	b.mu.Lock()
	b.requests[id] = request.Request{ID: id, Status: request.Signed, Review: &request.Review{Decision: request.SentBack, At: at}}
	b.mu.Unlock()
	b.Add(ledger.Notice{Events: []ledger.RequestEvent{{ID: id, Event: request.Event{Kind: request.KindReviewed, Reviewed: &request.Reviewed{Decision: request.SentBack}}}}})
}

func TestReturnedOutcomesAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(t)
		at := time.Now()
		b.sendBack("a", at)
		b.sendBack("b", at)
		b.answer("c", 1, request.Rejected)
		time.Sleep(time.Minute)
		b.sendBack("a", at) // told already
		time.Sleep(time.Minute)
		b.sendBack("a", at.Add(time.Hour))
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"1 request ended: 1 rejected\n2 outcomes were returned", "1 outcome was returned"}; !slices.Equal(b.sent, want) {
			t.Errorf("%q, not %q", b.sent, want)
		}
	})
}

// The sum of a run of the queue stands for what is said of its requests one by one, whichever comes first; others are said beside it.
func TestARunOfTheQueueIsReportedByItsSum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(t)
		counts := map[request.Status]int{request.Signed: 9, request.Rejected: 1, request.Signing: 2}
		b.answer("other", 1, request.Failed)
		b.answer("last", 1, request.Signed)
		synctest.Wait()
		b.AddQueueRun([]request.ID{"first", "last"}, counts)
		synctest.Wait()
		b.answer("first", 1, request.Signed)
		time.Sleep(time.Minute)
		b.AddQueueRun([]request.ID{"second", "third"}, map[request.Status]int{request.Canceled: 1, request.Gone: 1})
		time.Sleep(time.Minute)
		b.SetFront(true)
		b.AddQueueRun([]request.ID{"fourth", "fifth"}, counts)
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{
			"The queue finished with 2 requests: 9 signed, 1 rejected, 2 still open\n1 request ended: 1 failed",
			"The queue finished with 2 requests: 1 canceled, 1 expired at the gateway",
		}; !slices.Equal(b.sent, want) {
			t.Errorf("%q, not %q", b.sent, want)
		}
	})
}

// TestAnOlderReturnIsNotReported has the gateway confirm the outcome of a request that was returned before the program began.
func TestAnOlderReturnIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(t)
		b.requests["a"] = request.Request{ID: "a", Status: request.Signed, Review: &request.Review{Decision: request.SentBack, At: time.Now()}}
		b.Add(ledger.Notice{Events: []ledger.RequestEvent{{ID: "a", Event: request.Event{Kind: request.KindAnswered}}}})
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"1 request ended: 1 signed"}; !slices.Equal(b.sent, want) {
			t.Errorf("%q, not %q", b.sent, want)
		}
	})
}

func TestCompletionsAreReportedTogetherAsNumbers(t *testing.T) {
	type step struct {
		id      request.ID
		attempt int
		status  request.Status
		later   time.Duration // since the previous one
	}
	tests := []struct {
		name  string
		steps []step
		want  []string
	}{
		{"one", []step{{"a", 1, request.Signed, 0}}, []string{"1 request ended: 1 signed"}},
		{
			"some at once",
			[]step{{"a", 1, request.Signed, 0}, {"b", 1, request.Rejected, time.Second}, {"c", 1, request.Signed, time.Second}},
			[]string{"3 requests ended: 2 signed, 1 rejected"},
		},
		{
			"some later",
			[]step{{"a", 1, request.Signed, 0}, {"b", 1, request.Failed, time.Minute}},
			[]string{"1 request ended: 1 signed", "1 request ended: 1 failed"},
		},
		{"the same twice", []step{{"a", 1, request.Signed, 0}, {"a", 1, request.Signed, time.Minute}}, []string{"1 request ended: 1 signed"}},
		{"corrected at once", []step{{"a", 1, request.Signed, 0}, {"a", 1, request.Rejected, time.Second}}, []string{"1 request ended: 1 rejected"}},
		{
			"corrected later",
			[]step{{"a", 1, request.Signed, 0}, {"a", 1, request.Rejected, time.Minute}},
			[]string{"1 request ended: 1 signed", "1 request ended: 1 rejected"},
		},
		{
			"another attempt",
			[]step{{"a", 1, request.Canceled, 0}, {"a", 2, request.Canceled, time.Minute}},
			[]string{"1 request ended: 1 canceled", "1 request ended: 1 canceled"},
		},
		{"not ended", []step{{"a", 1, request.Signing, 0}, {"b", 1, request.Withdrawn, 0}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBell(t)
				for _, s := range test.steps {
					time.Sleep(s.later)
					b.answer(s.id, s.attempt, s.status)
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if !slices.Equal(b.sent, test.want) {
					t.Errorf("%q, not %q", b.sent, test.want)
				}
			})
		})
	}
}

func TestCompletionsSeenInTheWindowAreNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(t)
		b.SetFront(true)
		b.answer("a", 1, request.Signed)
		synctest.Wait()
		b.SetFront(false)
		time.Sleep(time.Minute)
		b.answer("b", 1, request.Signed)
		synctest.Wait()
		b.SetFront(true) // the window comes to the foreground before the notification is sent
		time.Sleep(time.Minute)
		b.SetFront(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if b.sent != nil {
			t.Errorf("sent: %q", b.sent)
		}
	})
}

func TestNotificationsAreRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBell(t)
		for i := range 200 {
			b.answer(request.ID(strings.Repeat("x", i+1)), 1, request.Signed)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(b.sent); n == 0 || n > 20/int(notifyDelay/time.Second)+1 {
			t.Errorf("%d notifications in 20 seconds: %q", n, b.sent)
		}
	})
}

func TestNothingIsCollectedWithoutNotifications(t *testing.T) {
	n := New(i18n.English, "", nil, nil, nil)
	n.Add(ledger.Notice{Events: []ledger.RequestEvent{{ID: "a", Event: request.Event{Kind: request.KindAnswered, Answer: &request.Answer{Status: request.Signed}}}}})
	if len(n.pending) != 0 {
		t.Error("it waits to be sent")
	}
}
