package ledger

import (
	"fmt"
	"hash/crc32"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// mustFillWithMilestones returns a ledger with n requests of some groups. Each was changed at a time at which its key in the orders ByChanged and
// ByStatus is a milestone, and one of sixteen, some in a row, is a landmark. So the list is as that of a ledger of a thousand times as many.
func mustFillWithMilestones(t *testing.T, n int) *Ledger {
	t.Helper()
	now := start
	l := mustOpen(t, t.TempDir(), Options{Now: func() time.Time { return now }, Exclusive: true})
	for i := range n {
		e := added("A")
		events, r := []request.Event{e}, request.Request{Status: request.Pending}
		switch i % 7 {
		case 1, 2:
			events, r.Status = append(events, withdrawn), request.Withdrawn
		case 3:
			e.Added.Practice, r.Practice = request.StatePractice("office", true), true
		}
		every := uint32(1 << 10)
		if i%16 == 5 || i%160 < 3 {
			every = 1 << 16
		}
		r.UpdatedAt = now
		for key := sortKeyOf(ByChanged, r, number(i+1)); crc32.ChecksumIEEE(key)%every != 0; { // #nosec G115 -- small
			now = now.Add(time.Millisecond)
			appendTime(key[:len(key)-timeSize-numberSize], descending(ceilMillis(now)))
		}
		mustAppend(t, l, request.ID(benchID(i)), events...)
		if i%5 == 4 { // what comes later is before some of the others
			now = start.Add(time.Duration(i*i%n) * time.Minute)
		}
	}
	return l
}

func TestRowsAreSkippedByLandmarks(t *testing.T) {
	l := mustFillWithMilestones(t, 320)
	landmarks := 0
	mustTamper(t, l, func(tx *bolt.Tx) error {
		landmarks = len(sortKeysWith(tx.Bucket(bucketLandmarks), byte(ByChanged)))
		return nil
	})
	if landmarks < 20 {
		t.Fatalf("%d landmarks", landmarks)
	}
	for _, o := range []SortOrder{ByChanged, ByStatus} {
		for name, q := range map[string]Query{
			"all":               {},
			"one group":         {Statuses: []request.Status{request.Pending}, Practice: Without},
			"two groups":        {Practice: Without},
			"after some":        {After: mustQuery(t, l, Query{Order: o, Skip: 40, Limit: 1}).Next},
			"between two times": {From: start.Add(20 * time.Minute), To: start.Add(3 * time.Hour)},
			"none":              {Statuses: []request.Status{request.Signed}},
		} {
			for _, q.Reverse = range []bool{false, true} {
				if q.Order, q.Limit = o, 3; q.Reverse && q.After != "" {
					q.After = mustQuery(t, l, Query{Order: o, Reverse: true, Skip: 40, Limit: 1}).Next
				}
				for q.Skip = 1; q.Skip < 340; q.Skip += 7 {
					l.maxSkipped = math.MaxInt
					want := mustQuery(t, l, q)
					l.maxSkipped = 0
					if diff := cmp.Diff(want, mustQuery(t, l, q)); diff != "" {
						t.Fatalf("%s, order %d, reverse %t, %d skipped (-walked +counted):\n%s", name, o, q.Reverse, q.Skip, diff)
					}
				}
			}
		}
	}
}

func sortKeysWith(b *bolt.Bucket, order byte) (keys [][]byte) {
	c := b.Cursor()
	for k, _ := c.Seek([]byte{order, 0, 0}); k != nil && k[0] == order; k, _ = c.Next() {
		keys = append(keys, k)
	}
	return keys
}

// A jump does not read the milestones of the whole list, but the landmarks, and in each range the milestones near the position.
func TestAJumpReadsFewMarks(t *testing.T) {
	l := mustFillWithMilestones(t, 320)
	for _, q := range []struct {
		Query
		cost
	}{
		{Query{Statuses: []request.Status{request.Pending}, Practice: Without, Skip: 80}, cost{63, 70}},
		{Query{Skip: 160}, cost{177, 190}},
		{Query{Skip: 160, Reverse: true, Order: ByStatus}, cost{116, 125}},
	} {
		l.maxSkipped, q.Limit = 0, 1
		p, err := l.planQuery(q.Query)
		if err == nil {
			err = l.readTx(t.Context(), func(tx *bolt.Tx) error { _, err := p.page(t.Context(), tx); return err })
		}
		if err != nil {
			t.Fatal(err)
		}
		q.check(t, fmt.Sprintf("marks, keys and blocks of a jump over %d, order %d", q.Skip, q.Order), float64(p.keys))
	}
}
