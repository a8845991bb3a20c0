package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
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

// StatQuery selects the records that [Ledger.AttemptStats] reads of the attempts that have ended, and of the others whatever their time.
type StatQuery struct {
	From, To time.Time                // those that ended at From or later, and before To; the zero time is no bound
	Took     func(time.Duration) bool // unless nil, only those for whose AttemptStat.Took it returns true; it may be called on several goroutines at once
}

// AttemptStats reads the records of attempts: first of those that have not ended, and then of those that have, the oldest first. The
// attempts of practice requests are left out.
//
// With one function, AttemptStats calls it with each record, in this order. With several, as many goroutines read the records at the same time,
// each of them some whole parts of the time. Each goroutine has one of the functions, which it calls with what it reads.
//
// The records are read batch by batch: one that changes meanwhile may be read twice or not at all. Others cannot write during a batch, so the
// functions must be quick, and must not use the ledger. AttemptStats stops at the first error that a call returns, and returns it.
func (l *Ledger) AttemptStats(ctx context.Context, q StatQuery, each ...func(AttemptStat) error) error {
	ended := keyRange{from: []byte{endedStat}, to: []byte{endedStat + 1}}
	if !q.From.IsZero() {
		ended.from = appendTime([]byte{endedStat}, ascending(ceilMillis(q.From)))
	}
	if !q.To.IsZero() {
		ended.to = appendTime([]byte{endedStat}, ascending(ceilMillis(q.To)))
	}
	parts, err := l.divideStats(ctx, ended, len(each))
	if err != nil {
		return err
	}
	waiting := make(chan keyRange, 1+len(parts))
	waiting <- keyRange{from: []byte{openStat}, to: []byte{openStat + 1}}
	for _, r := range parts {
		waiting <- r
	}
	close(waiting)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for _, do := range each {
		running.Go(func() {
			decoder := statDecoders.Get().(*statDecoder)
			defer statDecoders.Put(decoder)
			for r := range waiting {
				if err := l.attemptStatsIn(ctx, decoder, r, q.Took, do); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// partsEach is how many parts of the time there are for each goroutine that reads attempt stats. There is more to read in some than in others.
const partsEach = 8

// divideStats divides a range of attempts that have ended into parts of the same time for several readers. For one reader, there is one part.
func (l *Ledger) divideStats(ctx context.Context, ended keyRange, readers int) (parts []keyRange, err error) {
	if readers == 1 {
		return []keyRange{ended}, nil
	}
	err = l.readTx(ctx, func(tx *bolt.Tx) error {
		parts = nil
		c := tx.Bucket(bucketAttemptStats).Cursor()
		first, _ := c.Seek(ended.from)
		last, _ := c.Seek(ended.to)
		if last != nil {
			last, _ = c.Prev()
		} else {
			last, _ = c.Last()
		}
		if first, last = ended.keyInside(first), ended.keyInside(last); len(first) <= timeSize || len(last) <= timeSize {
			parts = append(parts, ended)
			return nil
		}
		begin, end := parseTime(first[1:]), parseTime(last[1:])
		step := (end-begin)/uint64(partsEach*readers) + 1 // #nosec G115 -- there are few
		from := ended.from
		for at := begin + step; at <= end; at += step {
			next := appendTime([]byte{endedStat}, at)
			parts = append(parts, keyRange{from, next})
			from = next
		}
		parts = append(parts, keyRange{from, ended.to})
		return nil
	})
	return parts, err
}

// attemptStatsIn calls the function each with the records whose keys are in the range r, as
// [Ledger.AttemptStats] does.
func (l *Ledger) attemptStatsIn(ctx context.Context, decoder *statDecoder, r keyRange, wanted func(time.Duration) bool, each func(AttemptStat) error) error {
	for r.from != nil {
		err := l.readTx(ctx, func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketAttemptStats).Cursor()
			k, v := c.Seek(r.from)
			for n := 0; k != nil && bytes.Compare(k, r.to) < 0 && n < statsPerBatch; n++ {
				took, kind, err := decodeTook(k, v)
				if err == nil && (wanted == nil || wanted(took)) {
					err = decoder.pass(k, took, v[0], kind, each)
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

// usualStat is about how many bytes most attempt stats have.
const usualStat = 128

// encodeAttemptStat returns the key and the value, in bucketAttemptStats, of the attempt stat of
// the current attempt of a request, which has the number n.
func encodeAttemptStat(r *request.Request, n number) (key, value []byte) {
	at, took := r.CreatedAt, int64(-1)
	memory := make([]byte, statKeySize, usualStat) // of both
	key, value = append(memory[:0:statKeySize], openStat), memory[statKeySize:]
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
	value = binary.AppendVarint(append(value, statusByte(r.Status)), took)
	for _, text := range [...]string{truncate(r.Gateway, maxName), truncate(r.AddedBy, maxName), code, message} {
		value = binary.AppendUvarint(value, uint64(len(text)))
		value = append(value, text...)
	}
	return key, value
}

// retainsStat reports whether the event between the states before and after began another
// attempt, and the record of the attempt that had ended stays. If that attempt ended as signed,
// its record does not stay: only the browser had reported the signature, and since the request is
// tried again, there was none.
func retainsStat(before, after *request.Request) bool {
	return before.Status.Ended() && before.Status != request.Signed && after.Attempt > before.Attempt
}

// deriveAttemptStat updates the attempt stats of a request after one event: before and after are
// the states of the request, which has the number n, before and after this event.
func deriveAttemptStat(tx *bolt.Tx, before, after request.Request, n number) error {
	stats := tx.Bucket(bucketAttemptStats)
	key, value := encodeAttemptStat(&after, n)
	if before.Version > 0 {
		oldKey, oldValue := encodeAttemptStat(&before, n)
		if bytes.Equal(oldKey, key) && bytes.Equal(oldValue, value) {
			return nil
		}
		if !bytes.Equal(oldKey, key) && !retainsStat(&before, &after) {
			if err := stats.Delete(oldKey); err != nil {
				return err
			}
		}
	}
	return stats.Put(key, value)
}

var errBadStat = request.Errorf("stats_damaged", "the statistics in the ledger are damaged: repair them with countersignctl audit --rebuild")

var statuses = request.Statuses()

// decodeTook decodes how long an attempt took, and returns what follows it in the value of the attempt: all but the status of its kind.
func decodeTook(key, value []byte) (took time.Duration, kind []byte, err error) {
	if len(key) != statKeySize || len(value) < 1 || int(value[0]) >= len(statuses) {
		return 0, nil, errBadStat
	}
	ms, n := binary.Varint(value[1:])
	if n <= 0 {
		return 0, nil, errBadStat
	}
	return time.Duration(ms) * time.Millisecond, value[1+n:], nil
}

// statDecoder decodes attempt stats. It decodes a kind once.
type statDecoder struct {
	kinds  map[string]*knownKind // by the byte of the status and what decodeTook returns
	recent [recentKinds]*knownKind
	key    []byte // reused
}

// knownKind is a kind that was decoded, with its key in statDecoder.kinds.
type knownKind struct {
	key string
	AttemptKind
}

// recentKinds is how many kinds a statDecoder finds without its map, by a hash that is computed faster.
const recentKinds = 1 << 12

// statDecoders are used again: statistics read all attempts twice, and are made anew after each change that they show.
var statDecoders = sync.Pool{New: func() any { return &statDecoder{kinds: map[string]*knownKind{}} }}

func (d *statDecoder) pass(key []byte, took time.Duration, status byte, kind []byte, each func(AttemptStat) error) error {
	known := &d.recent[hashKind(status, kind)]
	if *known == nil || (*known).key[0] != status || (*known).key[1:] != string(kind) {
		found, err := d.kindOf(status, kind)
		if err != nil {
			return err
		}
		*known = found
	}
	at := time.UnixMilli(int64(parseTime(key[1:])) - epoch).UTC() // #nosec G115 -- 48 bits
	return each(AttemptStat{at, took, &(*known).AttemptKind})
}

// hashKind returns an index in statDecoder.recent.
func hashKind(status byte, kind []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(status)
	for ; len(kind) >= 8; kind = kind[8:] {
		h = (h ^ binary.LittleEndian.Uint64(kind)) * odd
		h ^= h >> 32
	}
	for _, b := range kind {
		h = (h ^ uint64(b)) * odd
	}
	return h >> (64 - 12)
}

// kindOf returns a kind. If it does not have it yet, it decodes and keeps it. When there would be more than maxKinds, it forgets the others.
func (d *statDecoder) kindOf(status byte, texts []byte) (*knownKind, error) {
	d.key = append(append(d.key[:0], status), texts...)
	if kind := d.kinds[string(d.key)]; kind != nil {
		return kind, nil
	}
	kind := &knownKind{string(d.key), AttemptKind{Status: statuses[status]}}
	left := kind.key[1:]
	for _, text := range []*string{&kind.Gateway, &kind.Person, &kind.Code, &kind.Message} {
		length, n := binary.Uvarint([]byte(left))
		if n <= 0 || length > uint64(len(left)-n) { // #nosec G115 -- Uvarint has read n bytes of left
			return nil, errBadStat
		}
		*text, left = left[n:n+int(length)], left[n+int(length):] // #nosec G115 -- bounded in the lines above
	}
	if len(d.kinds) >= maxKinds {
		clear(d.kinds)
		d.recent = [recentKinds]*knownKind{}
	}
	d.kinds[kind.key] = kind
	return kind, nil
}
