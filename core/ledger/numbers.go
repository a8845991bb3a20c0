package ledger

import (
	"encoding/binary"
	"math"

	bolt "go.etcd.io/bbolt"

	"countersign/core/request"
)

// number is the name that the indexes have for a request, because it is shorter than the id. The first request of a ledger has the number
// 1, and each later one the next. A rebuild numbers the requests in the order of their first entries, so numbers are valid only within a
// transaction. Zero is no number.
type number uint32

const numberSize = 4 // bytes of a number in a key

func (n number) append(b []byte) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }

func (n number) bytes() []byte { return n.append(nil) }

// parseNumber decodes a number that b begins with. It returns 0 if b is too short.
func parseNumber(b []byte) number {
	if len(b) < numberSize {
		return 0
	}
	return number(binary.BigEndian.Uint32(b))
}

// numberOf returns the number of a stored request, or 0 if there is no such request.
func numberOf(tx *bolt.Tx, id request.ID) number {
	return parseNumber(tx.Bucket(bucketRequests).Get([]byte(id)))
}

// idOf returns the id of the request with that number, or "" if there is none.
func idOf(tx *bolt.Tx, n number) request.ID {
	return request.ID(tx.Bucket(bucketNumbers).Get(n.bytes()))
}

// addNumber stores the next number for a new request, and returns it.
func addNumber(tx *bolt.Tx, id request.ID) (number, error) {
	numbers := tx.Bucket(bucketNumbers)
	last, _ := numbers.Cursor().Last()
	if parseNumber(last) == math.MaxUint32 {
		return 0, request.Errorf("ledger_requests_full", "the ledger has as many requests as it can have: begin a new home")
	}
	n := parseNumber(last) + 1
	numbers.FillPercent = sequentialFill
	return n, numbers.Put(n.bytes(), []byte(id))
}
