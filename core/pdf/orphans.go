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
	written, err := countRaw(d.raw, d.size)
	if err != nil {
		return 0, err
	}
	k := keyCount{document: d, written: written, packed: d.countPacked(), left: map[int64]int{}}
	for _, s := range found {
		if len(s.byteRange) == 0 {
			k.written-- // an update may have taken the place of one with a byte range
		} else {
			k.subtract(s.objectStart, s.objectEnd)
		}
	}
	k.subtractUsageRights(found)
	return max(0, k.written) + k.packed, nil
}

// keyCount are the keys /ByteRange of a document that belong to nothing that was found yet.
type keyCount struct {
	*document
	written int           // in the raw bytes
	packed  int           // in object streams
	left    map[int64]int // those among written in an object that something was found in, by its offset
}

// subtract leaves the key of a dictionary out of the count. The object that holds the dictionary is at the offset start, and ends before end;
// start is negative when an object stream holds it. A key that was not counted, because it is written with escapes, stands for no other.
func (k *keyCount) subtract(start, end int64) {
	if start < 0 {
		k.packed = max(0, k.packed-1)
		return
	}
	if _, known := k.left[start]; !known {
		k.left[start] = k.keysIn(start, end)
	}
	if k.left[start] > 0 {
		k.left[start]--
		k.written--
	}
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

// subtractUsageRights leaves out the keys of usage rights (ISO 32000-1, 12.8.2.3): what enables a reader to fill in and save a
// form. Their dictionaries look like those of signatures, but nobody agrees to anything with them. A signature that an update
// took out of the form and put in the place of usage rights does not count, because its own dictionary does not say that it
// grants any.
func (k *keyCount) subtractUsageRights(found []signatureDict) {
	root := k.offset(*k.Root)
	permissions, holder := k.held(k.catalog()["Perms"], root)
	seen := map[int64]bool{}
	for _, key := range []string{"UR", "UR3"} {
		rights, start := k.held(permissions[key], holder)
		_, indirect := permissions[key].(types.IndirectRef)
		if rights["ByteRange"] == nil || indirect && (seen[start] || isFound(found, start)) || !k.statesUsageRights(rights) {
			continue
		}
		seen[start] = indirect
		k.subtract(start, k.size)
	}
}

// held returns the dictionary that o is or refers to, and the offset of the object that holds it. holder is that of the object with o.
func (d *document) held(o types.Object, holder int64) (types.Dict, int64) {
	if ref, ok := o.(types.IndirectRef); ok {
		holder = d.offset(ref)
	}
	return d.dict(o), holder
}

// keysIn returns how often byteRangeKey is written out in the object at an offset, which ends before end. It panics when the
// budget is exceeded.
func (d *document) keysIn(start, end int64) int {
	const (
		usual = 16 << 10 // with the value of a signature
		most  = 4 * maxContents
	)
	last := min(d.size, end, start+most)
	for length := int64(usual); ; length *= 16 {
		d.budget.check()
		b, err := readRange(d.raw, start, min(last, start+length))
		if err != nil {
			return 0
		}
		b, _, ends := bytes.Cut(b, []byte("endobj"))
		if ends || start+length >= last {
			return bytes.Count(b, byteRangeKey)
		}
	}
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
