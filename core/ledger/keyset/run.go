package keyset

import "slices"

// run is a sequence of ascending keys that is cut into blocks.
type run struct {
	keys    [][]byte
	entries []int // how many bytes each key takes after the key before it; 0 for the first
}

func newRun(keys [][]byte) run {
	r := run{keys, make([]int, len(keys))}
	for i := 1; i < len(keys); i++ {
		r.entries[i] = entrySize(keys[i-1], keys[i])
	}
	return r
}

// size returns how many bytes the keys take as one block.
func (r run) size() int {
	size := blockOverhead + len(r.keys[0])
	for _, n := range r.entries {
		size += n
	}
	return size
}

// cut returns where the blocks end if the keys are cut, from the first on, into n blocks of about the
// same size, or into full blocks if n is 0. A block is never larger than maxBlock unless it has a
// single key, so there may be more than n.
func (r run) cut(n int) (ends []int) {
	left := r.size()
	for start := 0; start < len(r.keys); n-- {
		target := maxBlock
		if n > 1 {
			target = left / n
		}
		size, decoded, end := blockOverhead+len(r.keys[start]), len(r.keys[start]), start+1
		for ; end < len(r.keys); end++ {
			decoded += len(r.keys[end])
			if size+r.entries[end] > maxBlock || decoded > maxDecoded || size+r.entries[end]/2 > target {
				break
			}
			size += r.entries[end]
		}
		if ends, start = append(ends, end), end; end < len(r.keys) {
			left += blockOverhead + len(r.keys[end]) - r.entries[end] - size
		}
	}
	return ends
}

// cutFromEnd returns where the blocks end if the keys are cut, from the last back, into full blocks.
func (r run) cutFromEnd() (ends []int) {
	for end := len(r.keys); end > 0; {
		ends = append(ends, end)
		end--
		size, decoded := blockOverhead+len(r.keys[end]), len(r.keys[end])
		for ; end > 0; end-- {
			size += len(r.keys[end-1]) + r.entries[end] - len(r.keys[end])
			if decoded += len(r.keys[end-1]); size > maxBlock || decoded > maxDecoded {
				break
			}
		}
	}
	slices.Reverse(ends)
	return ends
}
