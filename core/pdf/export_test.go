package pdf

import (
	"testing"
	"time"
)

// LimitMemory has every file of a test take so many bytes at most.
func LimitMemory(t testing.TB, bytes uint64) {
	before := maxMemory
	maxMemory = bytes
	t.Cleanup(func() { maxMemory = before })
}

// LimitTime has every file of a test take so long at most.
func LimitTime(t testing.TB, long time.Duration) {
	before := maxParsing
	maxParsing = long
	t.Cleanup(func() { maxParsing = before })
}

// LexValue reads one object and tells where it ended.
func LexValue(b []byte) (at int, ok bool) {
	l := lexer{data: b}
	ok = l.value(0)
	return l.pos, ok
}
