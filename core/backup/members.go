package backup

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
)

// The gzip file of an archive has several members, one behind the other, as RFC 1952 allows in section 2.2: every program that reads gzip
// reads them as one. Each has a part of the tar file, and says in its header how many bytes it takes itself, so that all processors can
// read members at the same time. That size is in the extra field of the header (section 2.3.1.1), of which it is the only part.
const (
	partSize  = 1 << 20      // bytes of the tar file in a member; the last one may have fewer
	maxMember = 2 * partSize // a larger member is not read, nor one that has more bytes of the tar file

	sizeAt        = 16         // where the size of a member is in its header
	memberHeader  = sizeAt + 4 // bytes before what is compressed
	memberTrailer = 8          // bytes behind it: the CRC-32 and the number of bytes of the part
)

// memberBegin is the header of each member up to its size: the magic bytes of gzip, the method, a flag for the extra field, no time, nothing
// about level and system; then the size of the extra field, and the name and the size of the part of it that is there.
var memberBegin = []byte{0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 8, 0, 'C', 'M', 4, 0}

// hasMembers reports whether a file that begins like that has members of this package.
func hasMembers(begin []byte) bool { return bytes.HasPrefix(begin, memberBegin) }

// member is a member that is packed or unpacked on a goroutine of its own.
type member struct {
	part   []byte
	packed bytes.Buffer
	err    error
	done   chan struct{} // closed when the goroutine has ended

	into *flate.Writer // nil before pack was called
	from io.ReadCloser // nil before unpack was called; it is a [flate.Resetter]
}

// start runs pack or unpack.
func (m *member) start(work func(*member) error) {
	m.done = make(chan struct{})
	go func() {
		defer close(m.done)
		m.err = work(m)
	}()
}

// pack makes the member of its part.
func (m *member) pack() (err error) {
	m.packed.Write(memberBegin)
	m.packed.Write(make([]byte, memberHeader-sizeAt))
	if m.into == nil {
		if m.into, err = flate.NewWriter(&m.packed, flate.BestSpeed); err != nil { // PDF files are compressed already
			return err
		}
	} else {
		m.into.Reset(&m.packed)
	}
	if _, err := m.into.Write(m.part); err != nil {
		return err
	}
	if err := m.into.Close(); err != nil {
		return err
	}
	m.packed.Write(trailerOf(m.part))
	packed := m.packed.Bytes()
	binary.LittleEndian.PutUint32(packed[sizeAt:], uint32(len(packed))) // #nosec G115 -- a part is small
	return nil
}

// unpack decompresses the part. It returns errDamaged if the header, the trailer or what is between them is not exactly right.
func (m *member) unpack() error {
	packed := m.packed.Bytes()
	end := len(packed) - memberTrailer
	size := binary.LittleEndian.Uint32(packed[end+4:])
	if size > maxMember {
		return errDamaged
	}
	if m.part = m.part[:0]; cap(m.part) < int(size) {
		m.part = make([]byte, 0, size)
	}
	m.part = m.part[:size]
	compressed := bytes.NewReader(packed[memberHeader:end])
	if m.from == nil {
		m.from = flate.NewReader(compressed)
	} else if err := m.from.(flate.Resetter).Reset(compressed, nil); err != nil {
		return err
	}
	if _, err := io.ReadFull(m.from, m.part); err != nil {
		return errDamaged
	}
	if n, err := m.from.Read(make([]byte, 1)); n > 0 || err != io.EOF || compressed.Len() > 0 || !bytes.Equal(packed[end:], trailerOf(m.part)) {
		return errDamaged
	}
	return nil
}

// trailerOf returns the trailer of the member that has a part.
func trailerOf(part []byte) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(part)), uint32(len(part))) // #nosec G115 -- a part is small
}

// members are those that are packed or unpacked at the moment, the first one first, and the memory of earlier ones.
type members struct {
	running, spare []*member
}

// full reports whether enough members are running for all processors.
func (q *members) full() bool { return len(q.running) >= 2*runtime.GOMAXPROCS(0) }

// empty returns a member without content.
func (q *members) empty() *member {
	last := len(q.spare) - 1
	if last < 0 {
		return &member{part: make([]byte, 0, partSize)}
	}
	m := q.spare[last]
	q.spare = q.spare[:last]
	m.part = m.part[:0]
	m.packed.Reset()
	return m
}

// first waits for the first member that is running, and takes it out.
func (q *members) first() *member {
	m := q.running[0]
	q.running = q.running[1:]
	<-m.done
	return m
}

// wait waits for all members that are running.
func (q *members) wait() {
	for len(q.running) > 0 {
		q.first()
	}
}

// memberWriter packs what is written to it.
type memberWriter struct {
	members
	to     io.Writer
	filled *member // nil if there is nothing in it
}

func (w *memberWriter) Write(p []byte) (written int, err error) {
	for written < len(p) {
		if w.filled == nil {
			w.filled = w.empty()
		}
		n := min(len(p)-written, partSize-len(w.filled.part))
		w.filled.part = append(w.filled.part, p[written:written+n]...)
		written += n
		if len(w.filled.part) == partSize {
			if err := w.pack(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// pack begins to pack what was filled. If enough is being packed already, it writes the first member before.
func (w *memberWriter) pack() error {
	if w.full() {
		if err := w.writeFirst(); err != nil {
			return err
		}
	}
	w.filled.start((*member).pack)
	w.running, w.filled = append(w.running, w.filled), nil
	return nil
}

func (w *memberWriter) writeFirst() error {
	m := w.first()
	w.spare = append(w.spare, m)
	if m.err != nil {
		return m.err
	}
	_, err := w.to.Write(m.packed.Bytes())
	return err
}

// Close writes what is left. It must be called after an error, too: no member is running any more when it returns.
func (w *memberWriter) Close() error {
	defer w.wait()
	if w.filled != nil {
		if err := w.pack(); err != nil {
			return err
		}
	}
	for len(w.running) > 0 {
		if err := w.writeFirst(); err != nil {
			return err
		}
	}
	return nil
}

// memberReader reads the parts of all members. Behind the last one it returns [io.EOF]. It fails with errDamaged at anything that is no
// member.
type memberReader struct {
	members
	from    io.Reader
	current *member // nil if there is none
	unread  []byte  // of its part
	err     error   // of from, or at what is no member; returned when all before it was read
}

func (r *memberReader) Read(p []byte) (int, error) {
	for len(r.unread) == 0 {
		if r.current != nil {
			r.spare, r.current = append(r.spare, r.current), nil
		}
		for r.err == nil && !r.full() {
			r.err = r.startNext()
		}
		if len(r.running) == 0 {
			return 0, r.err
		}
		r.current = r.first()
		if r.current.err != nil {
			r.err = r.current.err
			r.wait() // what comes behind it is of no use
			return 0, r.err
		}
		r.unread = r.current.part
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// startNext reads the next member and begins to unpack it.
func (r *memberReader) startNext() error {
	m := r.empty()
	switch n, err := io.CopyN(&m.packed, r.from, memberHeader); {
	case err == io.EOF && n == 0:
		return io.EOF
	case err == io.EOF:
		return errDamaged
	case err != nil:
		return err
	}
	size := int64(binary.LittleEndian.Uint32(m.packed.Bytes()[sizeAt:]))
	if !hasMembers(m.packed.Bytes()) || size < memberHeader+memberTrailer || size > maxMember {
		return errDamaged
	}
	switch _, err := io.CopyN(&m.packed, r.from, size-memberHeader); {
	case err == io.EOF:
		return errDamaged
	case err != nil:
		return err
	}
	m.start((*member).unpack)
	r.running = append(r.running, m)
	return nil
}

// Close waits until no member is running any more. It always returns nil.
func (r *memberReader) Close() error {
	r.wait()
	return nil
}
