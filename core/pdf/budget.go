package pdf

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"
)

// limits are what reading one file may use. Zero stands for maxMemory and maxParsing.
type limits struct {
	memory   uint64 // bytes
	duration time.Duration
}

// budget returns a budget with these limits, whose time begins now.
func (l limits) budget() *budget {
	if l.memory == 0 {
		l.memory = maxMemory
	}
	if l.duration == 0 {
		l.duration = maxParsing
	}
	return newBudget(l.memory, time.Now().Add(l.duration))
}

// budget watches the memory and the time that reading a file takes. It is not safe for concurrent use. It measures the heap
// of the whole process, so what other goroutines allocate counts too. The limit is far above what they and a normal file
// need together.
type budget struct {
	memory      uint64 // bytes that may be added to the heap
	limit       uint64 // bytes of heap
	deadline    time.Time
	collections int // garbage collections that were forced
	sample      [1]metrics.Sample
}

const maxCollections = 4 // per file, since each stops the whole program for a moment

func newBudget(memory uint64, deadline time.Time) *budget {
	b := &budget{memory: memory, deadline: deadline}
	b.sample[0].Name = "/memory/classes/heap/objects:bytes"
	b.limit = b.inUse() + memory
	return b
}

// renew returns a budget with the same deadline and a fresh allowance of memory.
func (b *budget) renew() *budget { return newBudget(b.memory, b.deadline) }

func (b *budget) inUse() uint64 {
	metrics.Read(b.sample[:])
	return b.sample[0].Value.Uint64()
}

// exceeded returns errTooMuchTime or errTooMuchMemory when the budget is used up, and nil otherwise. The heap includes
// garbage, so exceeded forces a garbage collection and measures again before it says that memory is used up; at most
// maxCollections times.
func (b *budget) exceeded() error {
	if time.Now().After(b.deadline) {
		return errTooMuchTime
	}
	if b.inUse() < b.limit {
		return nil
	}
	if b.collections < maxCollections {
		b.collections++
		runtime.GC()
		if b.inUse() < b.limit {
			return nil
		}
	}
	return errTooMuchMemory
}

// check panics with the error of exceeded. The functions that follow references are many and return no error;
// recoverDamaged turns the panic into one.
func (b *budget) check() {
	if err := b.exceeded(); err != nil {
		panic(err)
	}
}

// budgetContext is a context whose Err is not nil once its budget is exceeded. The parser asks for Err before every object,
// which may be a small one, so Err measures again only after a moment, in which little can be allocated.
type budgetContext struct {
	context.Context
	budget   *budget
	measured *time.Time
}

func newBudgetContext(b *budget) budgetContext {
	return budgetContext{context.Background(), b, new(time.Time)}
}

func (c budgetContext) Err() error {
	const moment = 500 * time.Microsecond
	if time.Since(*c.measured) < moment {
		return nil
	}
	err := c.budget.exceeded()
	*c.measured = time.Now()
	return err
}
