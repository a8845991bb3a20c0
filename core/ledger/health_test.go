package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

func TestAQuickLookChecksTheLastLinks(t *testing.T) {
	alter := func(seq int) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return tx.Bucket(bucketEvents).Put(eventKey("a", seq), []byte("{}")) }
	}
	tests := []struct {
		name   string
		tamper func(*bolt.Tx) error
		links  int
		want   Health
	}{
		{"all of it", nil, 6, Health{Events: 6, Checked: 6}},
		{"more than there are", nil, 100, Health{Events: 6, Checked: 6}},
		{"the last", nil, 1, Health{Events: 6, Checked: 1}},
		{"some, of requests that began before", nil, 4, Health{Events: 6, Checked: 4}},
		{"what is altered there", alter(3), 3, Health{Events: 6, Checked: 1, Fault: &Fault{Kind: Altered, Number: 5, Request: "a", Seq: 3, Problem: "the event, or the chain before it, was altered", Cause: request.Cause{Code: "audit_altered"}}}},
		{"what is altered before is not seen", alter(2), 3, Health{Events: 6, Checked: 3}},
		{
			"an entry that is damaged",
			func(tx *bolt.Tx) error { return tx.Bucket(bucketJournal).Put(encodeNumber(3), []byte("x")) },
			3,
			Health{Events: 6, Fault: &Fault{Kind: Altered, Number: 3, Problem: "a journal entry is too short", Cause: request.Cause{Code: "audit_entry_short"}}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := mustNewWoven(t)
			if test.tamper != nil {
				if err := l.writeTx(t.Context(), test.tamper); err != nil {
					t.Fatal(err)
				}
			}
			got, err := l.QuickCheck(t.Context(), test.links)
			if err != nil {
				t.Fatal(err)
			}
			test.want.Schema = currentSchema
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got, err := mustNew(t).QuickCheck(t.Context(), 10); err != nil || got.Events != 0 || got.Fault != nil {
		t.Errorf("an empty one: %+v, %v", got, err)
	}
	signed, _, _ := mustNewWovenSigned(t)
	signed.opts.Signer = nil
	mustAppend(t, signed, "c", withdrawn)
	if got, err := signed.QuickCheck(t.Context(), 2); err != nil || got.Signed != 6 || got.Events != 7 || got.Checked != 2 || got.Fault != nil {
		t.Errorf("a signed one: %+v, %v", got, err)
	}
}
