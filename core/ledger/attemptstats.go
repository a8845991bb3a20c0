package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// AttemptStat is the record of one attempt that statistics are made from. A request that was
// reopened has one for each attempt, so that the statistics of a day do not change later. The
// exception is an attempt that only the browser reported as signed: reopening deletes its record.
type AttemptStat struct {
	At   time.Time     // when the attempt ended; if it has not, when the request was added
	Took time.Duration // from the launch to the outcome; negative if there was no launch or there is no outcome yet
	*AttemptKind
}

// AttemptKind is what most attempts have in common with others. Attempts of the same kind mostly have the same pointer, so a reader can
// keep what it has found out about a kind.
type AttemptKind struct {
	Status  request.Status // how the attempt ended, or where it stands
	Gateway string
	Person  string // who added the request; may be empty
	// The gateway's status code and message, abbreviated. They are empty unless the attempt ended
	// without all signatures, and not by a withdrawal.
	Code, Message string
}

const (
	maxStatCode    = 64  // bytes of AttemptStat.Code
	maxStatMessage = 160 // bytes of AttemptStat.Message
	// statsPerBatch is how many attempt stats are read in one transaction, so that reading many
	// of them does not keep others from writing for long.
	statsPerBatch = 20_000
	maxKinds      = 10_000 // the most kinds that a statDecoder holds
)

// The first byte of a key in bucketAttemptStats. The records of practice requests lie apart, since they do not count.
const (
	openStat     = 0
	endedStat    = 1
	practiceStat = 2 // is added to one of the others
)

const statKeySize = 1 + timeSize + 4 + numberSize

// AttemptStats calls the function each with the record of every attempt that has not ended,
// whatever its time, and then with the records of the attempts that ended at the time from or
// later, and before the time to, the oldest first. If from or to is the zero time, there is no
// such bound. The records are read batch by batch: if one changes meanwhile, each may be called
// with it twice or not at all. Others cannot write during a batch, so each must be quick, and must not use the ledger. AttemptStats
// stops at the first error that a call returns, and returns it. The attempts of practice requests are left out. If there are several
// functions, the records are read again for each.
func (l *Ledger) AttemptStats(ctx context.Context, from, to time.Time, passes ...func(AttemptStat) error) error {
	ended := keyRange{from: []byte{endedStat}, to: []byte{endedStat + 1}}
	if !from.IsZero() {
		ended.from = appendTime([]byte{endedStat}, ascending(ceilMillis(from)))
	}
	if !to.IsZero() {
		ended.to = appendTime([]byte{endedStat}, ascending(ceilMillis(to)))
	}
	decoder := statDecoder{kinds: map[string]*AttemptKind{}}
	for _, each := range passes {
		for _, r := range []keyRange{{from: []byte{openStat}, to: []byte{openStat + 1}}, ended} {
			if err := l.attemptStatsIn(ctx, &decoder, r, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// attemptStatsIn calls the function each with the records whose keys are in the range r, as
// [Ledger.AttemptStats] does.
func (l *Ledger) attemptStatsIn(ctx context.Context, decoder *statDecoder, r keyRange, each func(AttemptStat) error) error {
	for r.from != nil {
		err := l.readTx(ctx, func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketAttemptStats).Cursor()
			k, v := c.Seek(r.from)
			for n := 0; r.keyInside(k) != nil && n < statsPerBatch; n++ {
				stat, err := decoder.decode(k, v)
				if err == nil {
					err = each(stat)
				}
				if err != nil {
					return err
				}
				k, v = c.Next()
			}
			r.from = bytes.Clone(r.keyInside(k))
			return nil
		})
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// encodeAttemptStat returns the key and the value, in bucketAttemptStats, of the attempt stat of
// the current attempt of a request, which has the number n.
func encodeAttemptStat(r request.Request, n number) (key, value []byte) {
	at, took := r.CreatedAt, int64(-1)
	key = []byte{openStat}
	if r.EndedAt != nil {
		key[0], at = endedStat, *r.EndedAt
		if r.LaunchedAt != nil {
			took = max(0, at.Sub(*r.LaunchedAt).Milliseconds())
		}
	}
	if r.Practice {
		key[0] += practiceStat
	}
	key = appendTime(key, ascending(ceilMillis(at)))
	key = binary.BigEndian.AppendUint32(key, uint32(r.Attempt)) // #nosec G115 -- attempts are counted from 1
	key = n.append(key)

	var code, message string
	if r.Outcome != nil && r.Status.Reopenable() && r.Status != request.Withdrawn {
		code, message = abbreviate(r.Outcome.Code, maxStatCode), abbreviate(r.Outcome.Message, maxStatMessage)
	}
	value = binary.AppendVarint([]byte{statusByte(r.Status)}, took)
	for _, text := range []string{truncate(r.Gateway, maxName), truncate(r.AddedBy, maxName), code, message} {
		value = binary.AppendUvarint(value, uint64(len(text)))
		value = append(value, text...)
	}
	return key, value
}

// retainsStat reports whether the event between the states before and after began another
// attempt, and the record of the attempt that had ended stays. If that attempt ended as signed,
// its record does not stay: only the browser had reported the signature, and since the request is
// tried again, there was none.
func retainsStat(before, after request.Request) bool {
	return before.Status.Ended() && before.Status != request.Signed && after.Attempt > before.Attempt
}

// deriveAttemptStat updates the attempt stats of a request after one event: before and after are
// the states of the request, which has the number n, before and after this event.
func deriveAttemptStat(tx *bolt.Tx, before, after request.Request, n number) error {
	stats := tx.Bucket(bucketAttemptStats)
	key, value := encodeAttemptStat(after, n)
	if before.Version > 0 {
		oldKey, oldValue := encodeAttemptStat(before, n)
		if bytes.Equal(oldKey, key) && bytes.Equal(oldValue, value) {
			return nil
		}
		if !bytes.Equal(oldKey, key) && !retainsStat(before, after) {
			if err := stats.Delete(oldKey); err != nil {
				return err
			}
		}
	}
	return stats.Put(key, value)
}

// statDecoder decodes attempt stats. It decodes a kind once.
type statDecoder struct {
	kinds map[string]*AttemptKind // by what the values of these attempts have beside Took
	key   []byte                  // reused
}

var errBadStat = request.Errorf("stats_damaged", "the statistics in the ledger are damaged: repair them with countersignctl audit --rebuild")

func (d *statDecoder) decode(key, value []byte) (AttemptStat, error) {
	if len(key) != statKeySize || len(value) < 1 || int(value[0]) >= len(statuses) {
		return AttemptStat{}, errBadStat
	}
	took, n := binary.Varint(value[1:])
	if n <= 0 {
		return AttemptStat{}, errBadStat
	}
	d.key = append(append(d.key[:0], value[0]), value[1+n:]...)
	kind, known := d.kinds[string(d.key)]
	if !known {
		var err error
		if kind, err = d.addKind(); err != nil {
			return AttemptStat{}, err
		}
	}
	at := time.UnixMilli(int64(parseTime(key[1:])) - epoch).UTC() // #nosec G115 -- 48 bits
	return AttemptStat{at, time.Duration(took) * time.Millisecond, kind}, nil
}

var statuses = request.Statuses()

// addKind decodes the kind in d.key and keeps it. When there would be more than maxKinds, it forgets the others.
func (d *statDecoder) addKind() (*AttemptKind, error) {
	kind := &AttemptKind{Status: statuses[d.key[0]]}
	left := d.key[1:]
	for _, text := range []*string{&kind.Gateway, &kind.Person, &kind.Code, &kind.Message} {
		length, n := binary.Uvarint(left)
		if n <= 0 || length > uint64(len(left)-n) { // #nosec G115 -- Uvarint has read n bytes of left
			return nil, errBadStat
		}
		*text, left = string(left[n:n+int(length)]), left[n+int(length):] // #nosec G115 -- bounded in the lines above
	}
	if len(d.kinds) >= maxKinds {
		clear(d.kinds)
	}
	d.kinds[string(d.key)] = kind
	return kind, nil
}
