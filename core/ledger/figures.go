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
	maxFigureWord    = 64  // bytes
	maxFigureMessage = 160 // bytes
	// figuresAtOnce is how many figures are read in one go, so that reading a lot of them does not
	// keep everyone else from writing.
	figuresAtOnce = 20_000
	// interned bounds the texts that a reading keeps, to make each of them once.
	interned = 10_000
)

// Figures gives the figures of all that is open, whenever it was added, and then those of what
// ended at from or later and before to, the oldest first. A time that is zero is no bound. It
// reads batch by batch; what changes meanwhile may be given twice or not at all. Each may ask
// the ledger.
func (l *Ledger) Figures(ctx context.Context, from, to time.Time, each func(Figure) error) error {
	ended := span{from: []byte{1}, to: []byte{2}}
	if !from.IsZero() {
		ended.from = binary.BigEndian.AppendUint64([]byte{1}, inOrder(millis(from)))
	}
	if !to.IsZero() {
		ended.to = binary.BigEndian.AppendUint64([]byte{1}, inOrder(millis(to)))
	}
	reader := figureReader{texts: map[string]string{}}
	for _, s := range []span{{from: []byte{0}, to: []byte{1}}, ended} {
		if err := l.figures(ctx, &reader, s, each); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) figures(ctx context.Context, reader *figureReader, s span, each func(Figure) error) error {
	var batch []Figure
	for s.from != nil {
		batch = batch[:0]
		err := l.view(ctx, func(tx *bolt.Tx) error {
			c := tx.Bucket(bucketFigures).Cursor()
			k, v := c.Seek(s.from)
			for ; s.only(k) != nil && len(batch) < figuresAtOnce; k, v = c.Next() {
				f, err := reader.read(k, v)
				if err != nil {
					return err
				}
				batch = append(batch, f)
			}
			s.from = bytes.Clone(s.only(k))
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

// inOrder is a number that is the larger, the later the time is.
func inOrder(ms int64) uint64 { return uint64(ms) ^ 1<<63 }

// figureOf gives the figure of the attempt that a request is in, as it is kept.
func figureOf(r request.Request) (key, value []byte) {
	at, took := r.CreatedAt, int64(-1)
	key = []byte{0}
	if r.Ended != nil {
		key[0], at = 1, *r.Ended
		if r.Launched != nil {
			took = max(0, at.Sub(*r.Launched).Milliseconds())
		}
	}
	key = binary.BigEndian.AppendUint64(key, inOrder(millis(at)))
	key = binary.BigEndian.AppendUint32(key, uint32(r.Attempt))
	key = append(key, r.ID...)

	var word, message string
	if r.Outcome != nil && r.Status.Reopenable() && r.Status != request.Withdrawn {
		word, message = cut(r.Outcome.Word, maxFigureWord), cut(r.Outcome.Message, maxFigureMessage)
	}
	value = binary.AppendVarint([]byte{statusByte(r.Status)}, took)
	for _, text := range []string{bounded(r.Gateway, maxName), bounded(r.AddedBy, maxName), word, message} {
		value = binary.AppendUvarint(value, uint64(len(text)))
		value = append(value, text...)
	}
	return key, value
}

// cut shortens a text, and shows that it did.
func cut(text string, most int) string {
	if len(text) > most {
		return bounded(text, most) + "…"
	}
	return text
}

// lasts tells whether the figure of an attempt stays when the next one begins. That of a
// signature which only the browser told of, and which is tried again, does not: it was none.
func lasts(before, after request.Request) bool {
	return before.Status.Ended() && before.Status != request.Signed && after.Attempt > before.Attempt
}

// deriveFigure keeps the figures of a request up to date from one event to the next.
func deriveFigure(tx *bolt.Tx, before, after request.Request) error {
	figures := tx.Bucket(bucketFigures)
	key, value := figureOf(after)
	if before.Version > 0 {
		was, said := figureOf(before)
		if bytes.Equal(was, key) && bytes.Equal(said, value) {
			return nil
		}
		if !bytes.Equal(was, key) && !lasts(before, after) {
			if err := figures.Delete(was); err != nil {
				return err
			}
		}
	}
	return figures.Put(key, value)
}

// figureReader reads figures that are kept, and makes each text of them once.
type figureReader struct{ texts map[string]string }

var errFigure = errors.New("the ledger's figures are damaged: countersignctl audit --rebuild makes them anew")

func (r *figureReader) read(key, value []byte) (Figure, error) {
	if len(key) < 1+8+4 || len(value) < 1 || int(value[0]) >= len(statuses) {
		return Figure{}, errFigure
	}
	f := Figure{
		At:     time.UnixMilli(int64(binary.BigEndian.Uint64(key[1:]) ^ 1<<63)).UTC(),
		Status: statuses[value[0]],
	}
	took, n := binary.Varint(value[1:])
	if n <= 0 {
		return Figure{}, errFigure
	}
	f.Took, value = time.Duration(took)*time.Millisecond, value[1+n:]
	for _, text := range []*string{&f.Gateway, &f.Person, &f.Word, &f.Message} {
		length, n := binary.Uvarint(value)
		if n <= 0 || length > uint64(len(value)-n) {
			return Figure{}, errFigure
		}
		*text, value = r.text(value[n:n+int(length)]), value[n+int(length):]
	}
	return f, nil
}

var statuses = request.Statuses()

func (r *figureReader) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if known, ok := r.texts[string(b)]; ok {
		return known
	}
	if len(r.texts) >= interned {
		clear(r.texts)
	}
	text := string(b)
	r.texts[text] = text
	return text
}
