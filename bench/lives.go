package main

import (
	"encoding/hex"
	"iter"
	"strconv"
	"time"

	"countersign/core/ledger"
	"countersign/core/request"
)

// office makes the requests of an office with all of their events, always the same ones for the same fields. What happens to
// a request follows from its number alone, so that nothing has to be remembered of it.
type office struct {
	seed      uint64
	requests  int
	additions bool // each request has one event: it was added from a list
}

const (
	// newest is how many of the last requests may still be open; of the others, few are.
	newest = 2000
	// officeYears is how long the office has worked, however many requests it has.
	officeYears = 3
	// maxDelay is the largest number of additions between two events of a request.
	maxDelay = 8192
)

// opened is when the office added its first request.
var opened = time.Date(2023, 1, 2, 7, 0, 0, 0, time.UTC)

// pace returns how much time there is between two additions.
func (o office) pace() time.Duration {
	pace := officeYears * 365 * 24 * time.Hour / time.Duration(max(1, o.requests))
	return max(pace.Truncate(time.Millisecond), 100*time.Millisecond)
}

// maxDelay returns the largest number of additions between two events of a request: about four days.
func (o office) maxDelay() int { return min(max(o.requests/250, 4), maxDelay) }

// id returns the id of a request, a UUID of version 7 of the time at which it was added.
func (o office) id(n int) request.ID {
	d := newDice(o.seed, n)
	var id [16]byte
	at := o.at(n, 0).UnixMilli()
	for i := range 6 {
		id[i] = byte(at >> (40 - 8*i)) // #nosec G115 -- one byte of the time
	}
	random, more := d.next(), d.next()
	for i := range 8 {
		id[8+i] = byte(random >> (8 * i)) // #nosec G115 -- one byte of eight
	}
	id[6], id[7] = 0x70|byte(more&0x0f), byte(more>>8) // #nosec G115 -- the version and random bits
	id[8] = 0x80 | id[8]&0x3f
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return request.ID(text[:])
}

// at returns the time of an event: slot says after how many additions it happens, and nth how many events happened since the
// addition of that slot.
func (o office) at(slot, nth int) time.Time {
	return opened.Add(time.Duration(slot)*o.pace() + time.Duration(nth)*time.Millisecond)
}

// pending is the next event of a request that is under way.
type pending struct {
	*life
	step int
}

// events returns all events in the order of the journal, which is that of their times. Each belongs to the caller.
func (o office) events() iter.Seq[ledger.Recorded] {
	return func(yield func(ledger.Recorded) bool) {
		slots := make([][]pending, o.maxDelay()+1)
		var memory arena
		for slot, left := 0, 0; slot < o.requests || left > 0; slot++ {
			due := &slots[slot%len(slots)]
			if slot < o.requests {
				l := o.life(slot)
				*due = append(*due, pending{life: &l})
				left++
			}
			for nth := 0; nth < len(*due); nth++ {
				p := (*due)[nth]
				event := memory.keep(func(b []byte) []byte { return p.appendEvent(b, p.step, o.at(slot, nth)) })
				p.step++
				if !yield(ledger.Recorded{ID: p.id, Seq: p.step, Event: event}) {
					return
				}
				if p.step == p.steps {
					left--
					continue
				}
				next := &slots[(slot+p.delay(p.step, o.maxDelay()))%len(slots)]
				*next = append(*next, p)
			}
			*due = (*due)[:0]
		}
	}
}

// arena hands out pieces of large blocks of memory, which is faster than a block for each piece.
type arena struct{ block []byte }

// keep calls the function fill with an empty slice to append to, and returns what it appended.
func (a *arena) keep(fill func([]byte) []byte) []byte {
	const size, room = 1 << 20, 8 << 10
	if cap(a.block)-len(a.block) < room {
		a.block = make([]byte, 0, size)
	}
	from := len(a.block)
	a.block = fill(a.block)
	return a.block[from:len(a.block):len(a.block)]
}

// dice are numbers that look random and are always the same for the same seed.
type dice uint64

// newDice returns the dice of a request. Its first number is their seed, because the seeds of neighbors must be far from each other:
// next adds the same to each.
func newDice(seed uint64, n int) dice {
	d := dice(seed ^ uint64(n)) // #nosec G115 -- any bits will do
	return dice(d.next())
}

// next returns the next number, as SplitMix64 makes it.
func (d *dice) next() uint64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int { return int(d.next() % uint64(n)) } // #nosec G115 -- n is small and positive

// chance reports true in so many of a thousand cases.
func (d *dice) chance(thousandths int) bool { return d.below(1000) < thousandths }

// skewed returns a number from 0 to n-1, of which small ones are more frequent.
func (d *dice) skewed(n int) int { return min(d.below(n), d.below(n)) }

// digest appends 64 hexadecimal digits.
func (d *dice) digest(b []byte) []byte { return d.hex(d.hex(d.hex(d.hex(b)))) }

// hex appends 16 hexadecimal digits.
func (d *dice) hex(b []byte) []byte {
	const digits = "0123456789abcdef"
	n := d.next()
	for range 16 {
		b = append(b, digits[n&15])
		n >>= 4
	}
	return b
}

// number appends a number with at least that many digits.
func number(b []byte, n, digits int) []byte {
	for limit := 1; digits > 1; digits-- {
		if limit *= 10; n < limit {
			b = append(b, "000000000"[:digits-1]...)
			break
		}
	}
	return strconv.AppendInt(b, int64(n), 10)
}
