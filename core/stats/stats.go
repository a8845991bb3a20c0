// Package stats counts what waits and what was signed: now, and in a period.
package stats

import (
	"cmp"
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// DueDays is from how many days before its due date on a request counts in [Summary.Due].
const DueDays = 7

// NeedingAttention returns the statuses of requests that ended in a way that somebody should look into.
func NeedingAttention() []request.Status {
	return []request.Status{request.Rejected, request.Canceled, request.Failed, request.Partial, request.Gone}
}

// Period is the time that statistics are about: from From, inclusive, to To, exclusive. A zero From
// or To does not limit the period.
type Period struct {
	From, To time.Time
	Zone     *time.Location // in which days begin; the machine's when nil
}

// Summary is the statistics of a desk, without its practice requests. Waiting, Attention, Due, ToReview and Oldest are about the
// requests as they are now, and leave out what is archived. The other fields are about the attempts of a period, so the numbers of
// a day stay the same when a request is reopened or archived later.
type Summary struct {
	Waiting   int // requests that have no outcome yet
	Attention int // requests that ended with one of the statuses of NeedingAttention
	Due       int // requests that have no outcome yet, and are due within DueDays or overdue
	ToReview  int // requests with an outcome that nobody has reviewed
	Practice  int // practice requests, which none of the other numbers counts

	Signed, NotSigned int     // attempts that ended with all signatures, and otherwise
	Days              []Day   // those on which something ended, oldest first
	Gateways          []Share // the one with most outcomes first
	People            []Share // by who added the requests; the one with most outcomes first
	Signing           Signing
	Reasons           []Reason          // the most frequent first, at most MaxReasons
	OtherReasons      int               // attempts that ended for reasons not among Reasons
	Oldest            []request.Request // the open requests that were added first, oldest first; at most ten
}

// Day counts the attempts that ended on one day.
type Day struct {
	Date              string // 2006-01-02
	Signed, NotSigned int
}

// Share is the part of a [Summary] that is due to one gateway or to one person.
type Share struct {
	Name              string // empty for a person who is not known
	Waiting           int    // requests that have no outcome yet, as they are now
	Signed, NotSigned int
	Signing           Signing
}

// Signing is how long signing took, from the launch to the outcome. Both durations are those of actual
// signings, not interpolated.
type Signing struct {
	Count   int           // how many signings were measured; when 0, the durations are 0
	Median  time.Duration // half of the signings took no longer
	Slowest time.Duration // the 90th percentile: nine tenths took no longer
}

// Reason is why attempts ended without all signatures, in the gateway's terms.
type Reason struct {
	Status        request.Status
	Code, Message string // may both be empty
	Count         int
}

// Explain returns the reason as sentences in a language.
func (r Reason) Explain(lang i18n.Language) explain.Explanation {
	return explain.Request(request.Request{Status: r.Status, Outcome: &request.Outcome{Code: r.Code, Message: r.Message, Evidence: request.ByGateway}}, lang)
}

const (
	// MaxReasons is the greatest length of [Summary.Reasons].
	MaxReasons = 12
	// maxReasonsKept is how many different reasons are counted at most, to bound the memory:
	// gateways may put anything into a message.
	maxReasonsKept = 5000
	maxKindsKept   = 5000 // the same for kinds of attempts, of which what is forgotten is only looked up again
	maxOldest      = 10   // the greatest length of [Summary.Oldest]
)

// Ledger is the part of a ledger that statistics are made from. [ledger.Ledger] implements it.
type Ledger interface {
	Count(ctx context.Context, q ledger.Query, atMost int) (n int, more bool, err error)
	Query(ctx context.Context, q ledger.Query) (ledger.QueryPage, error)
	AttemptStats(ctx context.Context, q ledger.StatQuery, each ...func(ledger.AttemptStat) error) error
}

// Counter counts the requests and attempts of a ledger.
type Counter struct {
	ledger Ledger
	now    func() time.Time
}

// NewCounter returns a counter for a ledger, which has to stay open.
func NewCounter(l Ledger, now func() time.Time) *Counter { return &Counter{ledger: l, now: now} }

// Stats counts what there is now and what ended in the period p. Its time is proportional to the
// number of attempts in p; some hundred thousand take a fraction of a second. Its memory does not grow with them.
func (c *Counter) Stats(ctx context.Context, p Period) (Summary, error) {
	if p.Zone == nil {
		p.Zone = time.Local
	}
	s, err := c.countNow(ctx, p.Zone)
	if err != nil {
		return Summary{}, err
	}
	open := Counted(ledger.Query{Statuses: []request.Status{request.Pending, request.Signing}})
	oldest := open
	oldest.Order, oldest.Reverse, oldest.Limit = ledger.ByCreated, true, maxOldest
	page, err := c.ledger.Query(ctx, oldest)
	if err != nil {
		return Summary{}, err
	}
	s.Oldest = page.Requests
	t, err := c.countAttempts(ctx, p)
	if err != nil {
		return Summary{}, err
	}
	return t.complete(s), nil
}

// maxReaders is on how many processors attempts are counted at most. Each of them holds counts of its own, but for the durations.
const maxReaders = 4

// countAttempts counts the attempts of a period, and then measures how long they took, on several processors.
func (c *Counter) countAttempts(ctx context.Context, p Period) (*totals, error) {
	parts := make([]*totals, min(maxReaders, runtime.GOMAXPROCS(0)))
	common := newCommonDurations()
	add, measure := make([]func(ledger.AttemptStat) error, len(parts)), make([]func(ledger.AttemptStat) error, len(parts))
	for i := range parts {
		parts[i] = newTotals(p.Zone, common)
		add[i] = parts[i].add
	}
	if err := c.ledger.AttemptStats(ctx, ledger.StatQuery{From: p.From, To: p.To}, add...); err != nil {
		return nil, err
	}
	t := parts[0]
	for _, other := range parts[1:] {
		t.merge(other)
	}
	t.look()
	for i := range measure {
		measure[i] = t.measure
	}
	return t, c.ledger.AttemptStats(ctx, ledger.StatQuery{From: p.From, To: p.To, Took: t.wants}, measure...)
}

// Counted returns a query of those of its rows that numbers about the present count: no practice request, and nothing
// that is archived.
func Counted(q ledger.Query) ledger.Query {
	q.Practice, q.Archived = ledger.Without, ledger.Without
	return q
}

// countNow returns a summary with the numbers of the requests as they are now.
func (c *Counter) countNow(ctx context.Context, zone *time.Location) (s Summary, err error) {
	open := ledger.Query{Statuses: []request.Status{request.Pending, request.Signing}}
	due := open
	due.DueBy = c.now().In(zone).AddDate(0, 0, DueDays).Format(time.DateOnly)
	for _, count := range []struct {
		into *int
		of   ledger.Query
	}{
		{&s.Waiting, Counted(open)},
		{&s.Attention, Counted(ledger.Query{Statuses: NeedingAttention()})},
		{&s.Due, Counted(due)},
		{&s.ToReview, Counted(ledger.Query{Decision: request.Undecided})},
		{&s.Practice, ledger.Query{Practice: ledger.Only}},
	} {
		// There are no more due requests than waiting ones; the other numbers are counters, which have no limit.
		if *count.into, _, err = c.ledger.Count(ctx, count.of, s.Waiting+1); err != nil {
			return Summary{}, err
		}
	}
	return s, nil
}

// totals counts the attempts that are added to it. When all are, it is given them once more, to measure how long they took.
type totals struct {
	zone             *time.Location
	days             map[date]*Day
	today            *Day      // the one of the last attempt
	since, until     time.Time // times from since on, and before until, belong to today
	gateways, people map[string]*share
	common           *commonDurations
	took             durations // of all signings, which are those at all gateways
	reasons          map[Reason]*int
	others           int
	kinds            map[*ledger.AttemptKind]kind

	wanted    [ranges]bool // the ranges of the durations that have to be measured
	measuring sync.Mutex
}

func newTotals(zone *time.Location, common *commonDurations) *totals {
	return &totals{zone: zone, common: common, days: map[date]*Day{}, gateways: map[string]*share{}, people: map[string]*share{}, reasons: map[Reason]*int{}, kinds: map[*ledger.AttemptKind]kind{}}
}

type share struct {
	Share
	took *durations
}

// kind is where attempts of a kind are counted.
type kind struct {
	gateway, person *share
	reason          *int // nil for attempts that are open or signed
}

func (t *totals) kindOf(a ledger.AttemptStat) kind {
	k, known := t.kinds[a.AttemptKind]
	if known {
		return k
	}
	k = kind{gateway: t.of(t.gateways, t.common.gateways, a.Gateway), person: t.of(t.people, t.common.people, a.Person)}
	if !a.Status.Open() && a.Status != request.Signed {
		k.reason = t.reason(Reason{Status: a.Status, Code: a.Code, Message: a.Message})
	}
	if len(t.kinds) == maxKindsKept {
		clear(t.kinds)
	}
	t.kinds[a.AttemptKind] = k
	return k
}

// of returns the entry with a name among the gateways or the people, and adds it if necessary.
func (t *totals) of(shares map[string]*share, took map[string]*durations, name string) *share {
	s := shares[name]
	if s == nil {
		s = &share{Share: Share{Name: name}, took: t.common.of(took, name)}
		shares[name] = s
	}
	return s
}

func (t *totals) reason(r Reason) *int {
	n := t.reasons[r]
	if n == nil {
		if len(t.reasons) == maxReasonsKept {
			return &t.others
		}
		n = new(int)
		t.reasons[r] = n
	}
	return n
}

// add returns nil.
func (t *totals) add(a ledger.AttemptStat) error {
	k := t.kindOf(a)
	switch {
	case a.Status.Open():
		k.gateway.Waiting++
		k.person.Waiting++
	case a.Status == request.Signed:
		t.day(a.At).Signed++
		k.gateway.Signed++
		k.person.Signed++
		if a.Took >= 0 {
			k.gateway.took.count(a.Took)
			k.person.took.count(a.Took)
		}
	default:
		t.day(a.At).NotSigned++
		k.gateway.NotSigned++
		k.person.NotSigned++
		*k.reason++
	}
	return nil
}

// merge adds what other has counted, except the durations, which both count together.
func (t *totals) merge(other *totals) {
	for on, day := range other.days {
		into := t.dayOf(on)
		into.Signed += day.Signed
		into.NotSigned += day.NotSigned
	}
	t.mergeShares(t.gateways, t.common.gateways, other.gateways)
	t.mergeShares(t.people, t.common.people, other.people)
	for r, n := range other.reasons {
		*t.reason(r) += *n
	}
	t.others += other.others
}

func (t *totals) mergeShares(shares map[string]*share, took map[string]*durations, others map[string]*share) {
	for name, other := range others {
		s := t.of(shares, took, name)
		s.Waiting += other.Waiting
		s.Signed += other.Signed
		s.NotSigned += other.NotSigned
	}
}

// look decides which durations have to be measured, after all attempts were added.
func (t *totals) look() {
	for s := range maps.Values(t.gateways) {
		t.took.merge(s.took)
	}
	t.took.look(&t.wanted)
	for _, shares := range []map[string]*share{t.gateways, t.people} {
		for s := range maps.Values(shares) {
			s.took.look(&t.wanted)
		}
	}
}

// wants reports whether a duration has to be measured, or may have to.
func (t *totals) wants(took time.Duration) bool { return took >= 0 && t.wanted[rangeOf(took)] }

// measure is called after look with each attempt again whose duration has to be measured. It may be called on several goroutines at once. It
// returns nil.
func (t *totals) measure(a ledger.AttemptStat) error {
	if a.Status != request.Signed {
		return nil
	}
	t.measuring.Lock()
	defer t.measuring.Unlock()
	k := t.kindOf(a)
	t.took.measure(a.Took)
	k.gateway.took.measure(a.Took)
	k.person.took.measure(a.Took)
	return nil
}

// day returns the entry of t.days for the day of a time, and adds it if necessary.
func (t *totals) day(at time.Time) *Day {
	if t.today == nil || at.Before(t.since) || !at.Before(t.until) {
		y, m, d := at.In(t.zone).Date()
		// Where clocks go forward at midnight, until is an hour before the day's end.
		t.since, t.until = at, time.Date(y, m, d+1, 0, 0, 0, 0, t.zone)
		t.today = t.dayOf(date((y*16+int(m))*32 + d))
	}
	return t.today
}

// date is a calendar day: the day of the month in five bits, the month in four, and the year. A later one is larger.
type date int

func (d date) String() string {
	return time.Date(int(d>>9), time.Month(d>>5&15), int(d&31), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

func (t *totals) dayOf(on date) *Day {
	day := t.days[on]
	if day == nil {
		day = new(Day)
		t.days[on] = day
	}
	return day
}

func (t *totals) complete(s Summary) Summary {
	for _, on := range slices.Sorted(maps.Keys(t.days)) {
		day := *t.days[on]
		day.Date = on.String()
		s.Days = append(s.Days, day)
		s.Signed += day.Signed
		s.NotSigned += day.NotSigned
	}
	s.Signing = t.took.signing()
	s.Gateways, s.People = largestFirst(t.gateways), largestFirst(t.people)
	s.OtherReasons = t.others
	for reason, n := range t.reasons {
		reason.Count = *n
		s.Reasons = append(s.Reasons, reason)
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	if len(s.Reasons) > MaxReasons {
		for _, reason := range s.Reasons[MaxReasons:] {
			s.OtherReasons += reason.Count
		}
		s.Reasons = slices.Clip(s.Reasons[:MaxReasons])
	}
	return s
}

func largestFirst(shares map[string]*share) (all []Share) {
	for s := range maps.Values(shares) {
		if s.Share == (Share{Name: s.Name}) { // it came while the attempts were measured
			continue
		}
		s.Signing = s.took.signing()
		all = append(all, s.Share)
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(b.Signed+b.NotSigned-a.Signed-a.NotSigned, b.Waiting-a.Waiting, cmp.Compare(a.Name, b.Name))
	})
	return all
}
