package pdf

import (
	"io"
	"time"
)

// WithLimits returns options that let a file use so many bytes of memory and so much time. Zero stands for the usual limit.
func WithLimits(o Options, memory uint64, duration time.Duration) Options {
	o.limits = limits{memory: memory, duration: duration}
	return o
}

// CheckWithMemory is [Check] for a file that may use so many bytes of memory.
func CheckWithMemory(r io.ReaderAt, size int64, memory uint64) (Info, error) {
	return check(r, size, limits{memory: memory})
}

// ReadOCSP reads an OCSP response, and returns the number of its answers.
func ReadOCSP(b []byte) (answers int, ok bool) {
	a, ok := parseOCSP(b)
	if !ok {
		return 0, false
	}
	return len(a.single), true
}

// ReadRevocation reads bytes as a CRL, as the value of an attribute, and as the crls field of a message.
func ReadRevocation(b []byte) (found int) {
	var v validationData
	v.addCRL(b)
	v.addArchive(b)
	v.addRevocationInfo(b)
	return len(v.crls) + len(v.ocspAnswers)
}

// LexValue reads one object and returns the position where it ended.
func LexValue(b []byte) (pos int, ok bool) {
	l := lexer{data: b}
	ok = l.value(0)
	return l.pos, ok
}
