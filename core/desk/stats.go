package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/request"
)

// DueDays is how many days ahead of its date an open request is due soon.
const DueDays = 7

// NeedingAttention are the outcomes that somebody should look after.
func NeedingAttention() []request.Status {
	return []request.Status{request.Rejected, request.Canceled, request.Failed, request.Partial, request.Gone}
}

// Period is a time of which statistics are made: from From on, and before To. A time that is
// zero is no bound.
type Period struct {
	From, To time.Time
	Zone     *time.Location // whose days are counted; the machine's when nil
}

// Stats are numbers about the desk. The first ones are of now; the others are of a period, and
// count attempts: what a day had stays as it was when a request is opened again later.
type Stats struct {
	Waiting   int // has no outcome yet
	Attention int // ended in one of NeedingAttention
	Due       int // has no outcome yet, and is due within DueDays or overdue
	ToReview  int // has an outcome that nobody has reviewed

	Signed, NotSigned int
	Days              []Day   // those on which something ended, in their order
	Gateways          []Share // the one with most outcomes first
	People            []Share // by who added the requests, in the same order
	Signing           Signing
	Reasons           []Reason // the most frequent first, at most MaxReasons
	OtherReasons      int      // attempts that ended for reasons which are not among Reasons
	Oldest            []request.Request
}

// Day is what ended on a day.
type Day struct {
	Date              string // 2006-01-02
	Signed, NotSigned int
}

// Share is what a gateway or a person had of it all.
type Share struct {
	Name              string // may be empty for a person: nobody is known
	Waiting           int    // now
	Signed, NotSigned int
	Signing           Signing
}

// Signing tells how long it took from the browser's start to a signature that came. Both are
// exact, and each is a time that one of them really took.
type Signing struct {
	Count   int
	Median  time.Duration
	Slowest time.Duration // all but the slowest tenth took no longer
}

// Reason is why attempts ended without all signatures, as the gateway put it.
type Reason struct {
	Status        request.Status
	Word, Message string // may both be empty
	Count         int
}

// Words put a reason into plain language.
func (r Reason) Words(lang i18n.Language) Words {
	return Explain(request.Request{Status: r.Status, Outcome: &request.Outcome{Word: r.Word, Message: r.Message, Evidence: request.ByGateway}}, lang)
}

const (
	// MaxReasons is how many reasons are told apart in [Stats].
	MaxReasons = 12
	// maxReasonsKept bounds those that are counted, since gateways may put anything into a message.
	maxReasonsKept = 5000
	maxOldest      = 10
)

// Stats counts what there is now and what ended in a period. Its cost follows the number of
// attempts in it, some hundred thousand of which take a fraction of a second.
func (d *Desk) Stats(ctx context.Context, p Period) (Stats, error) {
	if p.Zone == nil {
		p.Zone = time.Local
	}
	counts, err := d.ledger.Counts(ctx)
	if err != nil {
		return Stats{}, err
	}
	s := Stats{Waiting: counts[request.Pending] + counts[request.Signing]}
	for _, status := range NeedingAttention() {
		s.Attention += counts[status]
	}
	open := ledger.Query{Statuses: []request.Status{request.Pending, request.Signing}}
	due := open
	due.DueBy = d.cfg.Now().In(p.Zone).AddDate(0, 0, DueDays).Format(time.DateOnly)
	if s.Due, _, err = d.ledger.Count(ctx, due, s.Waiting+1); err != nil {
		return Stats{}, err
	}
	if s.ToReview, _, err = d.ledger.Count(ctx, ledger.Query{Decision: request.Undecided}, 0); err != nil {
		return Stats{}, err
	}
	oldest := open
	oldest.Order, oldest.Reverse, oldest.Limit = ledger.ByCreated, true, maxOldest
	page, err := d.ledger.View(ctx, oldest)
	if err != nil {
		return Stats{}, err
	}
	s.Oldest = page.Requests
	t := tally{zone: p.Zone, gateways: map[string]*share{}, people: map[string]*share{}, reasons: map[Reason]int{}}
	if err := d.ledger.Figures(ctx, p.From, p.To, func(f ledger.Figure) error { t.add(f); return nil }); err != nil {
		return Stats{}, err
	}
	return t.complete(s), nil
}

// tally adds figures up.
type tally struct {
	zone             *time.Location
	days             []Day
	nextDay          time.Time // when the last of the days is over, or earlier
	gateways, people map[string]*share
	reasons          map[Reason]int
	others           int
}

type share struct {
	Share
	took []time.Duration
}

func (t *tally) add(f ledger.Figure) {
	for _, of := range []*share{of(t.gateways, f.Gateway), of(t.people, f.Person)} {
		switch {
		case f.Status.Open():
			of.Waiting++
		case f.Status == request.Signed:
			of.Signed++
			if f.Took >= 0 {
				of.took = append(of.took, f.Took)
			}
		default:
			of.NotSigned++
		}
	}
	if f.Status.Open() {
		return
	}
	day := t.day(f.At)
	if f.Status == request.Signed {
		day.Signed++
		return
	}
	day.NotSigned++
	reason := Reason{Status: f.Status, Word: f.Word, Message: f.Message}
	if _, known := t.reasons[reason]; !known && len(t.reasons) == maxReasonsKept {
		t.others++
		return
	}
	t.reasons[reason]++
}

func of(shares map[string]*share, name string) *share {
	s := shares[name]
	if s == nil {
		s = &share{Share: Share{Name: name}}
		shares[name] = s
	}
	return s
}

// day gives the day of a time. Times come in their order.
func (t *tally) day(at time.Time) *Day {
	if len(t.days) == 0 || !at.Before(t.nextDay) {
		y, m, d := at.In(t.zone).Date()
		t.nextDay = time.Date(y, m, d+1, 0, 0, 0, 0, t.zone)
		date := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		// Where clocks are set forward at midnight, that is an hour before the day is over.
		if len(t.days) == 0 || t.days[len(t.days)-1].Date != date {
			t.days = append(t.days, Day{Date: date})
		}
	}
	return &t.days[len(t.days)-1]
}

func (t *tally) complete(s Stats) Stats {
	for _, day := range t.days {
		s.Signed += day.Signed
		s.NotSigned += day.NotSigned
	}
	s.Days = t.days
	var took []time.Duration
	for _, g := range t.gateways {
		took = append(took, g.took...)
	}
	s.Signing = signing(took)
	s.Gateways, s.People = largestFirst(t.gateways), largestFirst(t.people)
	s.OtherReasons = t.others
	for reason, n := range t.reasons {
		reason.Count = n
		s.Reasons = append(s.Reasons, reason)
	}
	slices.SortFunc(s.Reasons, func(a, b Reason) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Status, b.Status), cmp.Compare(a.Word, b.Word), cmp.Compare(a.Message, b.Message))
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
		s.Signing = signing(s.took)
		all = append(all, s.Share)
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(b.Signed+b.NotSigned-a.Signed-a.NotSigned, b.Waiting-a.Waiting, cmp.Compare(a.Name, b.Name))
	})
	return all
}

// signing finds the middle and the ninth tenth of times, which it puts in order.
func signing(took []time.Duration) Signing {
	if len(took) == 0 {
		return Signing{}
	}
	slices.Sort(took)
	at := func(tenths int) time.Duration { return took[(len(took)*tenths+9)/10-1] }
	return Signing{Count: len(took), Median: at(5), Slowest: at(9)}
}
