package keyset

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

const (
	// maxBlock is how many bytes of a page a block may take. Four such blocks fill a page of bbolt's,
	// which has a header of 16 bytes.
	maxBlock = (4096 - 16) / 4
	// roomyBlock is how many bytes a block may take that is made of two, or of one that was too large.
	roomyBlock = maxBlock * 15 / 16
	// minBlock is the size below which a block is merged with a neighbor that has room.
	minBlock = maxBlock / 2
	// blockOverhead is what a block takes beside its key and its value.
	blockOverhead = 16
	// maxDecoded is how many bytes the keys of a block may have together, if there are several. It
	// bounds the memory that a block takes whose keys have nearly everything in common.
	maxDecoded = 1 << 16
)

// blockSize returns how many bytes of a page a block takes.
func blockSize(first, value []byte) int { return blockOverhead + len(first) + len(value) }

// decodeBlock appends the keys of a block to keys. They are copies and stay valid. It allocates
// memory for them once, and for keys if they do not fit.
func decodeBlock(keys [][]byte, first, value []byte) ([][]byte, error) {
	n, size, ok := decodedSize(first, value)
	if !ok {
		return nil, damaged(first)
	}
	data := append(make([]byte, 0, size), first...)
	keys = append(slices.Grow(keys, n), data[:len(data):len(data)])
	before := data
	for len(value) > 0 {
		shared, rest, left, _ := cutEntry(value)
		if shared < len(before) && before[shared] >= rest[0] {
			return nil, damaged(first) // not ascending, or more is shared than the entry says
		}
		start := len(data)
		data = append(append(data, before[:shared]...), rest...)
		before, value = data[start:len(data):len(data)], left
		keys = append(keys, before)
	}
	return keys, nil
}

// decodedSize returns how many keys a block has, and how many bytes these have together. It reports false if the
// block's entries are malformed or the keys have too many bytes.
func decodedSize(first, value []byte) (n, size int, ok bool) {
	n, size = 1, len(first)
	for before := size; len(value) > 0; n++ {
		shared, rest, left, ok := cutEntry(value)
		if !ok || shared > before {
			return 0, 0, false
		}
		before, value = shared+len(rest), left
		if size += before; size > maxDecoded {
			return 0, 0, false
		}
	}
	return n, size, true
}

// cutEntry cuts the first entry off the value of a block. It reports false if there is none, or one
// that adds nothing to the bytes that are shared.
func cutEntry(value []byte) (shared int, rest, left []byte, ok bool) {
	if len(value) > 1 && value[0] < 0x80 && value[1] < 0x80 { // both numbers have one byte
		shared, rest = int(value[0]), value[2:]
		n := int(value[1])
		if n == 0 || n > len(rest) {
			return 0, nil, nil, false
		}
		return shared, rest[:n], rest[n:], true
	}
	s, n := binary.Uvarint(value)
	if n <= 0 || s > maxDecoded {
		return 0, nil, nil, false
	}
	l, m := binary.Uvarint(value[n:])
	if m <= 0 || l == 0 || l > uint64(len(value)-n-m) {
		return 0, nil, nil, false
	}
	end := n + m + int(l) // #nosec G115 -- no longer than the value
	return int(s), value[n+m : end], value[end:], true
}

func damaged(first []byte) error {
	return fmt.Errorf("%w: the one that begins with %.80q", ErrDamaged, first)
}

// encodeBlock returns the value of the block that has these keys, which must be ascending.
func encodeBlock(keys [][]byte) []byte {
	value := make([]byte, 0, maxBlock)
	for i, key := range keys[1:] {
		value = appendEntry(value, keys[i], key)
	}
	return value
}

// appendEntry appends the entry of a key after the key before to the value of a block.
func appendEntry(value, before, key []byte) []byte {
	shared := sharedPrefix(before, key)
	value = binary.AppendUvarint(value, uint64(shared))          // #nosec G115 -- a length
	value = binary.AppendUvarint(value, uint64(len(key)-shared)) // #nosec G115 -- a length
	return append(value, key[shared:]...)
}

// entrySize returns how many bytes the entry of a key takes after the key before.
func entrySize(before, key []byte) int {
	shared := sharedPrefix(before, key)
	rest := len(key) - shared
	return uvarintSize(shared) + uvarintSize(rest) + rest
}

func uvarintSize(n int) int { return (bits.Len(uint(n)|1) + 6) / 7 } // #nosec G115 -- a length

// sharedPrefix returns how many bytes two keys have in common from their beginning.
func sharedPrefix(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for ; i+8 <= n; i += 8 {
		if differ := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); differ != 0 {
			return i + bits.TrailingZeros64(differ)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
