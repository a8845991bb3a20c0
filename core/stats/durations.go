package stats

import (
	"maps"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// durations finds the exact median of any number of durations, and their 90th percentile, in little memory: it counts them in
// ranges, and when it is given those in the two ranges once more in which it has to look, it keeps these.
type durations struct {
	n      int            // of all that were counted; set by look
	counts [ranges]uint32 // of the durations in each range, see rangeOf
	sought *[2]sought
}

// commonDurations has the durations that several readers count together, because they take more memory than everything else that is counted.
type commonDurations struct {
	mu               sync.Mutex
	gateways, people map[string]*durations // by their names
}

func newCommonDurations() *commonDurations {
	return &commonDurations{gateways: map[string]*durations{}, people: map[string]*durations{}}
}

// of returns the durations with a name among those of the gateways or of the people, and adds them if necessary.
func (c *commonDurations) of(named map[string]*durations, name string) *durations {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := named[name]
	if d == nil {
		d = new(durations)
		named[name] = d
	}
	return d
}

// sought is a duration that is looked for: that of an index among the sorted durations in a range.
type sought struct {
	rangeNumber, index int
	found              map[time.Duration]int // how many of each there are in the range
}

const (
	perDoubling = 128              // how many ranges there are between a duration and twice that duration
	ranges      = 26 * perDoubling // all from 49 days on are in the last one
)

// rangeOf returns the number of the range of a duration. Longer durations are not in ranges with smaller numbers.
func rangeOf(d time.Duration) int {
	ms := uint64(d.Milliseconds()) // #nosec G115 -- not negative
	shift := bits.Len64(ms / (2 * perDoubling))
	return min(shift*perDoubling+int(ms>>shift), ranges-1) // #nosec G115 -- below 2*perDoubling
}

// count counts a duration, which is not negative. It may be called on several goroutines at once.
func (d *durations) count(took time.Duration) { atomic.AddUint32(&d.counts[rangeOf(took)], 1) }

// merge adds what other has counted.
func (d *durations) merge(other *durations) {
	for i, n := range other.counts {
		d.counts[i] += n
	}
}

// look decides in which ranges to look, after all durations were counted, and notes their numbers in the set wanted.
func (d *durations) look(wanted *[ranges]bool) {
	d.n = 0
	for _, n := range d.counts {
		d.n += int(n)
	}
	if d.n == 0 {
		return
	}
	d.sought = &[2]sought{d.seek(5), d.seek(9)}
	for _, s := range d.sought {
		wanted[s.rangeNumber] = true
	}
}

// measure is called after look with each duration again, or at least with those in the ranges that look has noted.
func (d *durations) measure(took time.Duration) {
	if d.sought == nil {
		return // it came while the attempts were measured
	}
	n := rangeOf(took)
	for i := range d.sought {
		if s := &d.sought[i]; s.rangeNumber == n {
			s.found[took]++
		}
	}
}

// seek looks for the duration that so many tenths of all do not exceed.
func (d *durations) seek(tenths int) sought {
	s := sought{index: (d.n*tenths+9)/10 - 1, found: map[time.Duration]int{}}
	for s.rangeNumber < ranges-1 && s.index >= int(d.counts[s.rangeNumber]) {
		s.index -= int(d.counts[s.rangeNumber])
		s.rangeNumber++
	}
	return s
}

// signing returns the number of durations, their median and their 90th percentile; the zero value if there are none.
func (d *durations) signing() Signing {
	if d.sought == nil {
		return Signing{}
	}
	return Signing{Count: d.n, Median: d.sought[0].duration(), Slowest: d.sought[1].duration()}
}

// duration returns the duration that was looked for. If durations in the range are gone since they were counted, it may be a
// smaller one.
func (s sought) duration() (d time.Duration) {
	passed := 0
	for _, d = range slices.Sorted(maps.Keys(s.found)) {
		if passed += s.found[d]; passed > s.index {
			break
		}
	}
	return d
}
