package desk

import (
	"time"
)

// backoff computes the waits between questions to a gateway. next is the first wait. Each further one
// is one and a half times as long as the wait before, and at most longest.
type backoff struct{ next, longest time.Duration }

// How long to wait before asking a gateway again.
var (
	// While the browser is at the gateway, its return is expected before the gateway's answer.
	whileOut = backoff{next: 10 * time.Second, longest: 5 * time.Minute}
	// Once the browser is back, the outcome is expected any moment.
	onceBack = backoff{next: 500 * time.Millisecond, longest: time.Minute}
	// Nobody waits for copies at the gateway to be deleted.
	forDeletion = backoff{next: time.Second, longest: time.Hour}
)

// take returns the next wait and lengthens the one after it.
func (b *backoff) take() time.Duration {
	now := b.next
	b.next = min(b.next+b.next/2, b.longest)
	return now
}
