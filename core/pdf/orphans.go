package pdf

import (
	"bytes"
	"encoding/hex"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var byteRangeKey = []byte("/ByteRange")

// countOrphaned returns how often the file has the key /ByteRange beyond the signatures that were found and the usage rights:
// in its raw bytes, and packed in object streams.
func countOrphaned(d *document, found []signatureDict) (count int, err error) {
	defer recoverDamaged(&err)
	if count, err = countRaw(d.raw, d.size); err != nil {
		return 0, err
	}
	count += d.countPacked()
	for _, s := range found {
		if d.wasCounted(s) {
			count--
		}
	}
	return max(0, count-d.countUsageRights(found)), nil
}

// wasCounted reports whether byteRangeKey is written out in the object that holds a signature, and not with escapes. It also
// reports true for one in an object stream, and for one without a byte range, whose place an update may have taken.
func (d *document) wasCounted(s signatureDict) bool {
	const most = 4 * maxContents
	if s.objectStart < 0 || len(s.byteRange) == 0 {
		return true
	}
	b, err := readRange(d.raw, s.objectStart, min(s.objectEnd, s.objectStart+most))
	return err != nil || bytes.Contains(b, byteRangeKey)
}

// countPacked returns how often /ByteRange occurs in the object streams. It stops when mostDecoded bytes were decoded or the
// document's budget is used up, and skips streams that cannot be decoded, so the count may be too low. It is zero for an
// encrypted file.
func (d *document) countPacked() (count int) {
	const mostDecoded = 64 << 20
	decoded := 0
	for _, entry := range d.Table {
		if entry == nil || entry.Free {
			continue
		}
		packed, ok := streamOf(entry.Object)
		if !ok || d.Encrypt != nil || packed.Type() == nil || *packed.Type() != "ObjStm" {
			continue
		}
		if decoded > mostDecoded || d.budget.exceeded() != nil {
			break
		}
		packed.Content = nil // it may hold only the beginning
		if packed.DecodeWithLimit(maxDecoded) == nil {
			count += bytes.Count(packed.Content, byteRangeKey)
			decoded += len(packed.Content)
		}
	}
	return count
}

// countRaw returns how often byteRangeKey occurs in the first size bytes of r.
func countRaw(r io.ReaderAt, size int64) (count int, err error) {
	const block = 1 << 20
	for start := int64(0); start < size; start += block {
		// Blocks overlap by one byte less than the key: no key is missed at a border, and none is counted twice.
		b, err := readRange(r, start, min(size, start+block+int64(len(byteRangeKey))-1))
		if err != nil {
			return 0, err
		}
		count += bytes.Count(b, byteRangeKey)
	}
	return count, nil
}

// countUsageRights returns how many usage rights the file has (ISO 32000-1, 12.8.2.3): what enables a reader to fill in and
// save a form. Their dictionaries look like those of signatures, but nobody agrees to anything with them. A signature that an
// update took out of the form and put in the place of usage rights does not count, because its own dictionary does not say
// that it grants any.
func (d *document) countUsageRights(found []signatureDict) (count int) {
	permissions := d.dict(d.catalog()["Perms"])
	seen := map[types.Object]bool{}
	for _, key := range []string{"UR", "UR3"} {
		ref, indirect := permissions[key].(types.IndirectRef)
		rights := d.dict(permissions[key])
		if rights["ByteRange"] == nil || indirect && seen[ref] || indirect && isFound(found, d.offset(ref)) || !d.statesUsageRights(rights) {
			continue
		}
		if indirect && !d.hasRawKey(d.offset(ref)) {
			continue // it was not counted
		}
		if indirect {
			seen[ref] = true
		}
		count++
	}
	return count
}

// hasRawKey reports whether byteRangeKey is written out in the object at an offset. It also reports true for a negative
// offset, which stands for an object in an object stream.
func (d *document) hasRawKey(start int64) bool {
	if start < 0 {
		return true // in an object stream
	}
	const most = 1 << 20
	b, err := readRange(d.raw, start, min(d.size, start+most))
	if err != nil {
		return false
	}
	b, _, _ = bytes.Cut(b, []byte("endobj"))
	return bytes.Contains(b, byteRangeKey)
}

func isFound(found []signatureDict, start int64) bool {
	for _, s := range found {
		if s.objectStart == start {
			return true
		}
	}
	return false
}

// statesUsageRights reports whether a dictionary states that it grants usage rights, or has no value that anybody signed.
func (d *document) statesUsageRights(rights types.Dict) bool {
	for _, o := range d.array(rights["Reference"]) {
		if method := d.name(d.dict(o)["TransformMethod"]); method == "UR" || method == "UR3" {
			return true
		}
	}
	contents, _ := d.resolve(rights["Contents"]).(types.HexLiteral)
	value, _ := hex.DecodeString(contents.Value())
	m, _ := parseMessage(value, nil)
	return len(m.signer.Signature) == 0
}
