package broadcast

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestSendWakesEveryListenerOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Signal
		s.Send() // nobody listens yet
		var woken atomic.Int32
		for range 3 {
			next := s.Listen()
			go func() { <-next; woken.Add(1) }()
		}
		if synctest.Wait(); woken.Load() != 0 {
			t.Fatalf("%d listeners were woken by a signal that was sent before they listened", woken.Load())
		}
		s.Send()
		if synctest.Wait(); woken.Load() != 3 {
			t.Errorf("%d of 3 listeners were woken", woken.Load())
		}
		s.Send()
	})
}

// A listener that listens again before it looks is woken for everything sent after its look.
func TestAListenerMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Signal
		var state, seen atomic.Int32
		stop := make(chan struct{})
		go func() {
			for next := s.Listen(); ; {
				select {
				case <-next:
				case <-stop:
					return
				}
				next = s.Listen()
				seen.Store(state.Load())
			}
		}()
		synctest.Wait()
		for range 100 {
			go func() { state.Add(1); s.Send() }()
		}
		if synctest.Wait(); seen.Load() != 100 {
			t.Errorf("the listener has seen %d changes of 100", seen.Load())
		}
		close(stop)
	})
}
