package pdf

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
)

// The parser has limits for single things and none for their sum: a small file may name the same stream a hundred thousand
// times, or unpack a thousand streams. So what a file may take in all is watched while it is read, between one object and
// the next.

const (
	maxMemory      = 1 << 30 // bytes that may be in use more than when the reading began
	maxCollections = 4       // of garbage, before the memory in use is believed to be in use
)

var errTooMuch = errors.New("to read it takes more memory than any document should")

// allowance is what one file may take. It is not safe for concurrent use. What the rest of the program takes meanwhile
// counts too: it is a limit against hostile files, far from what others need.
type allowance struct {
	limit       uint64
	collections int
	sample      [1]metrics.Sample
}

func newAllowance() *allowance {
	a := &allowance{}
	a.sample[0].Name = "/memory/classes/heap/objects:bytes"
	a.limit = a.inUse() + maxMemory
	return a
}

func (a *allowance) inUse() uint64 {
	metrics.Read(a.sample[:])
	return a.sample[0].Value.Uint64()
}

// spent tells whether the file has taken more than it may. It counts garbage too, so it looks again without it.
func (a *allowance) spent() bool {
	if a.inUse() < a.limit {
		return false
	}
	if a.collections < maxCollections {
		a.collections++
		runtime.GC()
		return a.inUse() >= a.limit
	}
	return true
}

// limitedContext ends the work of the parser when its allowance is spent: the parser asks it before every object.
type limitedContext struct {
	context.Context
	allowance *allowance
}

func (c limitedContext) Err() error {
	if err := c.Context.Err(); err != nil {
		return err
	}
	if c.allowance.spent() {
		return errTooMuch
	}
	return nil
}
