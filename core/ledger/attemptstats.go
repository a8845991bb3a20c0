package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// Figure is one attempt in few words: what statistics are made of. A request that was opened
// again has one for each attempt, so that what is known of a day does not change later.
type Figure struct {
	At      time.Time      // when it ended; of an open one, when the request was added
	Status  request.Status // open, or how it ended
	Gateway string
	Person  string        // who added the request; may be empty
	Took    time.Duration // from the launch to the outcome; negative when there was no launch
	// What the gateway said of an attempt that ended without all signatures, cut short.
	Word, Message string
}

const (
	maxStatCode    = 64  // bytes
	maxStatMessage = 160 // bytes
	// statsPerBatch is how many figures are read in one go, so that reading a lot of them does not
	// keep everyone else from writing.
	statsPerBatch = 20_000
	// maxInterned bounds the texts that a reading keeps, to make each of them once.
	maxInterned = 10_000
)

// Figures gives the figures of all that is open, whenever it was added, and then those of what
// ended at from or later and before to, the oldest first. A time that is zero is no bound. It
// reads batch by batch; what changes meanwhile may be given twice or not at all. Each may ask
// the ledger.
func (l *Ledger) Figures(ctx context.Context, from, to time.Time, each func(Figure) error) error {
	ended := keyRange{from: []byte{1}, to: []byte{2}}
	if !from.IsZero() {
		ended.from = binary.BigEndian.AppendUint64([]byte{1}, ascending(ceilMillis(from)))
	}
	if !to.IsZero() {
		ended.to = binary.BigEndian.AppendUint64([]byte{1}, ascending(ceilMillis(to)))
	}
	reader := statDecoder{texts: map[string]string{}}
	for _, s := range []keyRange{{from: []byte{0}, to: []byte{1}}, ended} {
		if err := l.attemptStatsIn(ctx, &reader, s, each); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) attemptStatsIn(ctx context.Context, reader *statDecoder, s keyRange, each func(Figure) error) error {
	var batch []Figure
	for s.from != nil {
		batch = batch[:0]
		err := l.readTx(ctx, func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketAttemptStats).Cursor()
			k, v := c.Seek(s.from)
			for ; s.keyInside(k) != nil && len(batch) < statsPerBatch; k, v = c.Next() {
				f, err := reader.decode(k, v)
				if err != nil {
					return err
				}
				batch = append(batch, f)
			}
			s.from = bytes.Clone(s.keyInside(k))
			return nil
		})
		if err != nil {
			return err
		}
		for _, f := range batch {
			if err := each(f); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// ascending is a number that is the larger, the later the time is.
func ascending(ms int64) uint64 { return uint64(ms) ^ 1<<63 }

// encodeAttemptStat gives the figure of the attempt that a request is in, as it is kept.
func encodeAttemptStat(r request.Request) (key, value []byte) {
	at, took := r.CreatedAt, int64(-1)
	key = []byte{0}
	if r.Ended != nil {
		key[0], at = 1, *r.Ended
		if r.Launched != nil {
			took = max(0, at.Sub(*r.Launched).Milliseconds())
		}
	}
	key = binary.BigEndian.AppendUint64(key, ascending(ceilMillis(at)))
	key = binary.BigEndian.AppendUint32(key, uint32(r.Attempt))
	key = append(key, r.ID...)

	var word, message string
	if r.Outcome != nil && r.Status.Reopenable() && r.Status != request.Withdrawn {
		word, message = abbreviate(r.Outcome.Word, maxStatCode), abbreviate(r.Outcome.Message, maxStatMessage)
	}
	value = binary.AppendVarint([]byte{statusByte(r.Status)}, took)
	for _, text := range []string{truncate(r.Gateway, maxName), truncate(r.AddedBy, maxName), word, message} {
		value = binary.AppendUvarint(value, uint64(len(text)))
		value = append(value, text...)
	}
	return key, value
}

// abbreviate shortens a text, and shows that it did.
func abbreviate(text string, most int) string {
	if len(text) > most {
		return truncate(text, most) + "…"
	}
	return text
}

// retainsStat tells whether the figure of an attempt stays when the next one begins. That of a
// signature which only the browser told of, and which is tried again, does not: it was none.
func retainsStat(before, after request.Request) bool {
	return before.Status.Ended() && before.Status != request.Signed && after.Attempt > before.Attempt
}

// deriveAttemptStat keeps the figures of a request up to date from one event to the next.
func deriveAttemptStat(tx *bolt.Tx, before, after request.Request) error {
	figures := tx.Bucket(bucketAttemptStats)
	key, value := encodeAttemptStat(after)
	if before.Version > 0 {
		was, said := encodeAttemptStat(before)
		if bytes.Equal(was, key) && bytes.Equal(said, value) {
			return nil
		}
		if !bytes.Equal(was, key) && !retainsStat(before, after) {
			if err := figures.Delete(was); err != nil {
				return err
			}
		}
	}
	return figures.Put(key, value)
}

// statDecoder reads figures that are kept, and makes each text of them once.
type statDecoder struct{ texts map[string]string }

var errBadStat = errors.New("the ledger's figures are damaged: countersignctl audit --rebuild makes them anew")

func (r *statDecoder) decode(key, value []byte) (Figure, error) {
	if len(key) < 1+8+4 || len(value) < 1 || int(value[0]) >= len(statuses) {
		return Figure{}, errBadStat
	}
	f := Figure{
		At:     time.UnixMilli(int64(binary.BigEndian.Uint64(key[1:]) ^ 1<<63)).UTC(),
		Status: statuses[value[0]],
	}
	took, n := binary.Varint(value[1:])
	if n <= 0 {
		return Figure{}, errBadStat
	}
	f.Took, value = time.Duration(took)*time.Millisecond, value[1+n:]
	for _, text := range []*string{&f.Gateway, &f.Person, &f.Word, &f.Message} {
		length, n := binary.Uvarint(value)
		if n <= 0 || length > uint64(len(value)-n) {
			return Figure{}, errBadStat
		}
		*text, value = r.intern(value[n:n+int(length)]), value[n+int(length):]
	}
	return f, nil
}

var statuses = request.Statuses()

func (r *statDecoder) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if known, ok := r.texts[string(b)]; ok {
		return known
	}
	if len(r.texts) >= maxInterned {
		clear(r.texts)
	}
	text := string(b)
	r.texts[text] = text
	return text
}
