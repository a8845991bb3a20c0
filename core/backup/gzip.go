package backup

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

// gzipWriter writes a gzip file and compresses on all processors: each block by itself, so that all of them together are what a
// single processor would have written, but for references from one block to the one before. The caller closes it.
type gzipWriter struct {
	to     io.Writer
	sum    uint32 // CRC-32 of what was written
	size   uint32 // the low bits of its size, as the format has them
	filled *gzipBlock
	sent   chan *gzipBlock // those that are being compressed, in order; few, so that memory stays bounded
	ended  chan struct{}   // closed once all of them are written
	failed atomic.Pointer[error]
}

// gzipBlock is a part of the content.
type gzipBlock struct {
	plain  []byte
	packed bytes.Buffer
	packer *flate.Writer
	done   chan struct{} // closed once packed is whole; another one at each use
}

const gzipBlockSize = 1 << 20

// gzipBlocks are blocks for use: the memory of a packer is as large as the block.
var gzipBlocks = sync.Pool{New: func() any {
	packer, err := flate.NewWriter(nil, flate.BestSpeed) // PDF files are compressed already
	if err != nil {
		panic(err) // there is that level
	}
	return &gzipBlock{plain: make([]byte, 0, gzipBlockSize), packer: packer}
}}

// gzipHeader says: gzip, deflate, no name, no time, compressed for speed, on an unknown system.
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"

// gzipEnd is an empty block with the mark that it is the last one.
const gzipEnd = "\x01\x00\x00\xff\xff"

func newGzipWriter(to io.Writer) *gzipWriter {
	w := &gzipWriter{to: to, filled: gzipBlocks.Get().(*gzipBlock), sent: make(chan *gzipBlock, runtime.GOMAXPROCS(0)), ended: make(chan struct{})}
	go w.writeBlocks()
	return w
}

// Write returns the error with which an earlier block could not be written.
func (w *gzipWriter) Write(p []byte) (int, error) {
	w.sum, w.size = crc32.Update(w.sum, crc32.IEEETable, p), w.size+uint32(len(p)) // #nosec G115 -- only the low bits count
	for left := p; len(left) > 0; {
		b := w.filled
		n := min(len(left), gzipBlockSize-len(b.plain))
		b.plain, left = append(b.plain, left[:n]...), left[n:]
		if len(b.plain) == gzipBlockSize {
			w.send()
		}
	}
	return len(p), w.err()
}

// send has the block compressed that was filled.
func (w *gzipWriter) send() {
	w.filled.done = make(chan struct{})
	w.sent <- w.filled
	go w.filled.compress()
	w.filled = gzipBlocks.Get().(*gzipBlock)
}

// compress ends on a whole byte, so that the next block can follow.
func (b *gzipBlock) compress() {
	b.packer.Reset(&b.packed)
	_, _ = b.packer.Write(b.plain) // to memory
	_ = b.packer.Flush()
	close(b.done)
}

// writeBlocks writes the header and the blocks, up to the first error.
func (w *gzipWriter) writeBlocks() {
	defer close(w.ended)
	w.write([]byte(gzipHeader))
	for b := range w.sent {
		<-b.done
		w.write(b.packed.Bytes())
		b.plain = b.plain[:0]
		b.packed.Reset()
		gzipBlocks.Put(b)
	}
}

func (w *gzipWriter) write(p []byte) {
	if w.err() != nil {
		return
	}
	if _, err := w.to.Write(p); err != nil {
		w.failed.Store(&err)
	}
}

func (w *gzipWriter) err() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Close writes what is left and the end of the file. It does not close what it writes to.
func (w *gzipWriter) Close() error {
	w.send()
	close(w.sent)
	<-w.ended
	end := binary.LittleEndian.AppendUint32([]byte(gzipEnd), w.sum)
	w.write(binary.LittleEndian.AppendUint32(end, w.size))
	return w.err()
}
