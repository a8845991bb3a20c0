package desk

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// The time in a synctest bubble passes only while everything waits.
func TestADeskListensForAMomentAfterTheLastAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		answers []time.Duration // times of answers; the program wants to end at three seconds
		want    time.Duration   // how long its end is delayed
	}{
		"no browser came back":       {nil, 0},
		"one came back long ago":     {[]time.Duration{0}, 0},
		"one came back a second ago": {[]time.Duration{2 * time.Second}, time.Second},
		"one came back just now":     {[]time.Duration{0, 3 * time.Second}, 2 * time.Second},
		"it asks again":              {[]time.Duration{3 * time.Second, 4 * time.Second}, 3 * time.Second},
		"it asks again and again":    {[]time.Duration{3 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second, 7 * time.Second}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &Desk{}
				for _, at := range test.answers {
					time.AfterFunc(at, d.reloads.answered)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				begin := time.Now()
				d.AwaitReloads(t.Context())
				if got := time.Since(begin); got != test.want {
					t.Errorf("the end was delayed by %v, want %v", got, test.want)
				}
			})
		})
	}
}

func TestAnInterruptIsNotDelayedByReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Desk{}
		d.reloads.answered()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		begin := time.Now()
		d.AwaitReloads(ctx)
		if got := time.Since(begin); got != time.Millisecond {
			t.Errorf("it took %v", got)
		}
	})
}
