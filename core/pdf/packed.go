package pdf

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// compareStreams compares two streams by their data as it is in the file. Where that differs, it
// compares what the data decodes to. Data that was encrypted again with AES is [NotCompared]: the parser takes a bad padding for a good
// one, or for data, and readers differ.
func (c *comparison) compareStreams(a, b types.StreamDict, kind Change) {
	again := c.after.Encrypt != nil && c.after.AES4Streams && a.StreamOffset != b.StreamOffset
	same := bytes.Equal(a.Raw, b.Raw)
	if same && !again {
		c.compareResolved(a.Dict, b.Dict, kind)
		return
	}
	if !same && (!isPacked(a) || !isPacked(b) || a.DecodeWithLimit(maxDecoded) != nil || b.DecodeWithLimit(maxDecoded) != nil || !bytes.Equal(a.Content, b.Content)) {
		c.record(kind)
		return
	}
	if kind == OtherChange && (again || !c.before.unpacksAlike(a) || !c.after.unpacksAlike(b)) {
		c.record(NotCompared)
	} else if kind != OtherChange {
		c.record(kind)
	}
	encoding := []string{"Filter", "DecodeParms", "Length", "DL"}
	c.compareResolved(omit(a.Dict, encoding...), omit(b.Dict, encoding...), kind)
}

// unpacksAlike reports whether every reader unpacks a stream to the same data: it has no filter, or only Flate without parameters
// and with complete data. With other filters, with predictors and with faulty data, readers differ: a stream can look the same to
// the parser and different to another reader.
func (d *document) unpacksAlike(s types.StreamDict) bool {
	filter := s.Dict["Filter"]
	if array, ok := d.resolve(filter).(types.Array); ok && len(array) == 1 {
		filter = array[0]
	}
	for _, key := range []string{"DecodeParms", "F", "FFilter", "FDecodeParms"} {
		if s.Dict[key] != nil {
			return false
		}
	}
	if filter == nil {
		return true
	}
	packed := bytes.NewReader(s.Raw)
	unpacked, err := zlib.NewReader(packed)
	if d.name(filter) != "FlateDecode" || err != nil {
		return false
	}
	_, err = io.CopyN(io.Discard, unpacked, maxDecoded)
	return errors.Is(err, io.EOF) && len(bytes.Trim(s.Raw[len(s.Raw)-packed.Len():], whitespace)) == 0
}

// isPacked reports whether the filters of a stream only compress or encode its data. Other filters, like those of images, also say
// what the data means. A stream without filters counts as packed.
func isPacked(s types.StreamDict) bool {
	return !slices.ContainsFunc(s.FilterPipeline, func(f types.PDFFilter) bool {
		return !slices.Contains([]string{"FlateDecode", "LZWDecode", "ASCIIHexDecode", "ASCII85Decode", "RunLengthDecode"}, f.Name)
	})
}
