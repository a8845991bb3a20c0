package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// launch is what the home in which a visit began keeps of it besides the events: the addresses, which must
// stay there because whoever has them may act as the browser. A home hears the returns of a visit if it has
// its launch.
type launch struct {
	URL       string     `json:"url,omitempty"`
	ReturnURL string     `json:"return_url,omitempty"`
	Over      *time.Time `json:"over,omitempty"`    // when no return could change a request any more; the addresses are deleted then
	Exposed   bool       `json:"exposed,omitempty"` // the events have the ticket, because they are older than launchSchema
	Sum       uint32     `json:"sum,omitempty"`     // of the addresses, which no event vouches for; 0 in what older versions have stored
}

// sum returns the checksum of the addresses, or 0 if there are none.
func (l launch) sum() uint32 {
	if l.URL == "" && l.ReturnURL == "" {
		return 0
	}
	return crc32.ChecksumIEEE([]byte(l.URL + "\n" + l.ReturnURL))
}

// lateReturns is how long the returns of a visit are still heard after the visit has ended, because a browser may
// come back after the gateway was asked. Such returns are recorded and change nothing.
const lateReturns = 7 * 24 * time.Hour

// minTicket is the shortest last segment of a return address that is taken for a ticket. A shorter one, of a test
// for example, could occur in an event by chance.
const minTicket = 16

// keepLaunch stores the launch of the visit that an event begins, if the event begins one and the visit has
// addresses. It then also deletes some launches that are no longer needed; see pruneLaunches.
func keepLaunch(tx *bolt.Tx, e request.Event, now time.Time) error {
	if e.Kind != request.KindLaunched || e.Visit == nil || e.Visit.URL == "" && e.Visit.ReturnURL == "" {
		return nil
	}
	if err := pruneLaunches(tx, e.Visit.ID, now); err != nil {
		return err
	}
	return putLaunch(tx, e.Visit.ID, launch{URL: e.Visit.URL, ReturnURL: e.Visit.ReturnURL})
}

// prunedAtOnce is how many launches pruneLaunches looks at for each new one. So a launch costs the same however
// many are stored, and few stay for much longer than lateReturns.
const prunedAtOnce = 64

// pruneLaunches looks at prunedAtOnce launches, and deletes those of visits that ended longer than lateReturns
// ago. It begins at the key id, that of a new launch, which is a random key, because ids are hashes.
func pruneLaunches(tx *bolt.Tx, id request.VisitID, now time.Time) error {
	var old [][]byte
	launches := tx.Bucket(bucketLaunches)
	cursor := launches.Cursor()
	k, v := cursor.Seek([]byte(id))
	for range prunedAtOnce {
		if k == nil {
			if k, v = cursor.First(); k == nil {
				break
			}
		}
		var l launch
		if json.Unmarshal(v, &l) == nil && l.Over != nil && l.Over.Before(now.Add(-lateReturns)) {
			old = append(old, bytes.Clone(k))
		}
		k, v = cursor.Next()
	}
	for _, k := range old {
		if err := launches.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func putLaunch(tx *bolt.Tx, id request.VisitID, l launch) error {
	l.Sum = l.sum()
	stored, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode launch: %w", err)
	}
	return tx.Bucket(bucketLaunches).Put([]byte(id), stored)
}

// readLaunch returns the launch of a visit. found is false if this home has none.
func readLaunch(tx *bolt.Tx, id request.VisitID) (l launch, found bool, err error) {
	stored := tx.Bucket(bucketLaunches).Get([]byte(id))
	if stored == nil {
		return launch{}, false, nil
	}
	if err := json.Unmarshal(stored, &l); err != nil {
		return launch{}, false, fmt.Errorf("decode launch: %w", err)
	}
	return l, true, nil
}

// addAddresses completes the present visit of r if a return is awaited from it: it sets the addresses, or Unheard
// if this home has no launch of the visit or the addresses are damaged, since no browser may be sent to such an
// address. It does nothing if no return is awaited.
func addAddresses(tx *bolt.Tx, r *request.Request) error {
	if !r.AwaitsReturn() {
		return nil
	}
	l, found, err := readLaunch(tx, r.Visit.ID)
	if l.Sum != 0 && l.Sum != l.sum() {
		l, found = launch{}, false
	}
	r.Visit.URL, r.Visit.ReturnURL, r.Visit.Unheard = l.URL, l.ReturnURL, !found
	return err
}

// endLaunches deletes the addresses of each of the visits from which no request awaits a return any more. The
// launch itself stays, with the time in Over.
func endLaunches(tx *bolt.Tx, visits []request.Visit, now time.Time) error {
	for _, v := range visits {
		l, found, err := readLaunch(tx, v.ID)
		if err != nil {
			return err
		}
		if !found || l.Over != nil {
			continue
		}
		awaited, err := isAwaited(tx, v)
		if err != nil {
			return err
		}
		if awaited {
			continue
		}
		over := now.UTC().Truncate(time.Second)
		if err := putLaunch(tx, v.ID, launch{Over: &over, Exposed: l.Exposed}); err != nil {
			return err
		}
	}
	return nil
}

// isAwaited reports whether any request of the visit v awaits a return from it.
func isAwaited(tx *bolt.Tx, v request.Visit) (bool, error) {
	for _, id := range v.Requests {
		r, err := readRequest(tx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		if r.AwaitsReturn() && r.Visit.ID == v.ID {
			return true, nil
		}
	}
	return false, nil
}

// ticketOf returns the ticket of a visit, or "" if this home did not begin the visit or a return can change
// nothing any more. v may be nil.
func ticketOf(tx *bolt.Tx, v *request.Visit) (string, error) {
	if v == nil {
		return "", nil
	}
	l, _, err := readLaunch(tx, v.ID)
	ticket := l.ReturnURL[strings.LastIndexByte(l.ReturnURL, '/')+1:]
	if len(ticket) < minTicket {
		return "", err
	}
	return ticket, err
}

// hideTicket replaces a ticket in the JSON of an event by an ellipsis. A gateway may repeat the return address in
// an answer, or append it to its own address for the return.
func hideTicket(event []byte, ticket string) []byte {
	if ticket == "" {
		return event
	}
	return bytes.ReplaceAll(event, []byte(ticket), []byte("…"))
}

// VisitByTicket returns the visit that a browser comes back from with that ticket, with its addresses while a
// return may still change a request. The error is [ErrNotFound] if no visit has the ticket, if the visit began in
// another home, or if its returns are not heard any more: because it ended more than a week ago, or after
// [Ledger.CloseReturns], or because its ticket is in events that were exported.
func (l *Ledger) VisitByTicket(ctx context.Context, ticket string) (request.Visit, error) {
	var v request.Visit
	id := request.VisitIDOf(ticket)
	err := l.readTx(ctx, func(tx *bolt.Tx) error {
		l, found, err := readLaunch(tx, id)
		if err != nil {
			return err
		}
		if !found {
			return request.Errorf("visit_not_found", "visit: %w", ErrNotFound)
		}
		v, err = readVisit(tx, id)
		v.URL, v.ReturnURL = l.URL, l.ReturnURL
		return err
	})
	return v, err
}

// CloseReturns makes this home stop hearing the returns of all visits that began before the call. It returns for
// how many of these visits a return was still awaited. The requests keep their status; their outcome has to be
// asked of the gateway.
func (l *Ledger) CloseReturns(ctx context.Context) (awaited int, err error) {
	return l.closeReturns(ctx, func(*bolt.Tx, request.VisitID, launch) (bool, error) { return true, nil })
}

// closeExposed makes this home stop hearing the returns of visits whose ticket is in an event, because an older
// version of the program wrote it there. These are the visits of the request with that id, or of all requests if
// id is empty. It is called before events are handed to anybody.
func (l *Ledger) closeExposed(ctx context.Context, id request.ID) error {
	exposed := func(tx *bolt.Tx, visit request.VisitID, l launch) (bool, error) {
		if !l.Exposed || id == "" {
			return l.Exposed, nil
		}
		v, err := readVisit(tx, visit)
		return slices.Contains(v.Requests, id), err
	}
	_, err := l.closeReturns(ctx, exposed)
	return err
}

// closeReturns deletes the launches for which the function selected returns true, and returns from how many of
// these a return was still awaited. If it returns true for none, closeReturns writes nothing.
func (l *Ledger) closeReturns(ctx context.Context, selected func(*bolt.Tx, request.VisitID, launch) (bool, error)) (awaited int, err error) {
	var closing [][]byte
	find := func(tx *bolt.Tx) error {
		awaited, closing = 0, nil
		return tx.Bucket(bucketLaunches).ForEach(func(k, v []byte) error {
			var l launch
			if err := json.Unmarshal(v, &l); err != nil {
				return fmt.Errorf("decode launch: %w", err)
			}
			chosen, err := selected(tx, request.VisitID(k), l)
			if err != nil || !chosen {
				return err
			}
			if l.Over == nil {
				awaited++
			}
			closing = append(closing, bytes.Clone(k))
			return nil
		})
	}
	if err := l.readTx(ctx, find); err != nil || len(closing) == 0 {
		return 0, err
	}
	err = l.writeTx(ctx, func(tx *bolt.Tx) error {
		err := find(tx)
		for _, k := range closing {
			err = errors.Join(err, tx.Bucket(bucketLaunches).Delete(k))
		}
		return err
	})
	return awaited, err
}

// olderVisit is what the events of schemas before launchSchema have of a launch.
type olderVisit struct {
	Ticket    string `json:"ticket"`
	URL       string `json:"url"`
	ReturnURL string `json:"return_url"`
}

// id returns the id of the visit. The member "ticket" is the ticket of the visit in events of schemas before
// launchSchema, and its id in later ones.
func (v olderVisit) id() (id request.VisitID) {
	_ = id.UnmarshalText([]byte(v.Ticket)) // never fails
	return id
}

// olderLaunch returns the visit that a stored event begins, and the zero value if the event begins none or cannot
// be read.
func olderLaunch(event []byte) olderVisit {
	var e struct {
		Kind  request.EventKind `json:"kind"`
		Visit olderVisit        `json:"visit"`
	}
	if json.Unmarshal(event, &e) != nil || e.Kind != request.KindLaunched {
		return olderVisit{}
	}
	return e.Visit
}

// olderLaunchOf returns the launch of the present visit of r, encoded, from the event that began it, if a return is awaited and
// the event has the ticket, as events of schemas before launchSchema do. Otherwise it returns nil.
func olderLaunchOf(r request.Request, events []storedEvent) ([]byte, error) {
	if !r.AwaitsReturn() {
		return nil, nil
	}
	for _, e := range slices.Backward(events) {
		old := olderLaunch(e.bytes)
		if id := old.id(); id != r.Visit.ID || string(id) == old.Ticket {
			continue
		}
		stored, err := json.Marshal(launch{URL: old.URL, ReturnURL: old.ReturnURL, Exposed: true})
		if err != nil {
			return nil, fmt.Errorf("encode launch: %w", err)
		}
		return stored, nil
	}
	return nil, nil
}
