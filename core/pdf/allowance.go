package pdf

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"time"
)

// The parser has limits for single things and none for their sum: a small file may name the same stream a hundred thousand
// times, or unpack a thousand streams. So what a file takes in all is watched while it is read, between one object and the
// next.

var maxMemory uint64 = 768 << 20 // bytes that may be in use more than when the reading began; another one in tests alone

const maxCollections = 4 // of garbage, before the memory in use is believed to be in use

var (
	errTooMuch = errors.New("to read it takes more memory than any document should")
	errTooLong = errors.New("to read it takes more time than any document should")
)

// allowance is what one file may take. It is not safe for concurrent use. What the rest of the program takes meanwhile
// counts too: it is a limit against hostile files, far from what others need.
type allowance struct {
	limit       uint64
	until       time.Time
	collections int
	sample      [1]metrics.Sample
}

func newAllowance(until time.Time) *allowance {
	a := &allowance{until: until}
	a.sample[0].Name = "/memory/classes/heap/objects:bytes"
	a.limit = a.inUse() + maxMemory
	return a
}

func (a *allowance) inUse() uint64 {
	metrics.Read(a.sample[:])
	return a.sample[0].Value.Uint64()
}

// spent says what the file has taken more of than it may. It counts garbage too, so it looks again without it.
func (a *allowance) spent() error {
	if time.Now().After(a.until) {
		return errTooLong
	}
	if a.inUse() < a.limit {
		return nil
	}
	if a.collections < maxCollections {
		a.collections++
		runtime.GC()
		if a.inUse() < a.limit {
			return nil
		}
	}
	return errTooMuch
}

// check ends the reading when the allowance is spent. It panics with the reason, which damagedOnPanic turns into an error:
// the places where objects are unpacked are many, and have no error to return.
func (a *allowance) check() {
	if err := a.spent(); err != nil {
		panic(err)
	}
}

// limitedContext ends the work of the parser when its allowance is spent: the parser asks it before every object.
type limitedContext struct {
	context.Context
	allowance *allowance
}

func (c limitedContext) Err() error { return c.allowance.spent() }
