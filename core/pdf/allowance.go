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
	errTooMuchMemory = errors.New("to read it takes more memory than any document should")
	errTooMuchTime   = errors.New("to read it takes more time than any document should")
)

// budget is what one file may take. It is not safe for concurrent use. What the rest of the program takes meanwhile
// counts too: it is a limit against hostile files, far from what others need.
type budget struct {
	limit       uint64
	deadline    time.Time
	collections int
	sample      [1]metrics.Sample
}

func newBudget(until time.Time) *budget {
	a := &budget{deadline: until}
	a.sample[0].Name = "/memory/classes/heap/objects:bytes"
	a.limit = a.inUse() + maxMemory
	return a
}

func (a *budget) inUse() uint64 {
	metrics.Read(a.sample[:])
	return a.sample[0].Value.Uint64()
}

// exceeded says what the file has taken more of than it may. It counts garbage too, so it looks again without it.
func (a *budget) exceeded() error {
	if time.Now().After(a.deadline) {
		return errTooMuchTime
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
	return errTooMuchMemory
}

// check ends the reading when the allowance is spent. It panics with the reason, which damagedOnPanic turns into an error:
// the places where objects are unpacked are many, and have no error to return.
func (a *budget) check() {
	if err := a.exceeded(); err != nil {
		panic(err)
	}
}

// budgetContext ends the work of the parser when its allowance is spent: the parser asks it before every object.
type budgetContext struct {
	context.Context
	budget *budget
}

func (c budgetContext) Err() error { return c.budget.exceeded() }
