package ledger

import (
	"slices"

	"countersign/core/request"
)

// group is two bytes of a request, in this order, as in sort keys and counters: the decision with the flags, and
// the status. The sort keys of different groups lie in different key ranges.
type group [2]byte

// The first byte of a group.
const (
	decisionBits = 0x03
	archivedFlag = 0x04 // the request is archived
	practiceFlag = 0x08 // it is a practice request
	failedFlag   = 0x10 // its last launch failed; see [request.Request.LaunchFailed]

	// doneByte stands in the decision bits, in place of the byte of [request.SentBack], for an outcome that was
	// sent back and replaced since.
	doneByte = 3
)

func groupOf(r request.Request) group {
	first := decisionByte(r.Decision())
	if r.Decision() == request.SentBack && !r.IsToDo() {
		first = doneByte
	}
	if r.Archived != nil {
		first |= archivedFlag
	}
	if r.Practice {
		first |= practiceFlag
	}
	if r.LaunchFailed() {
		first |= failedFlag
	}
	return group{first, statusByte(r.Status)}
}

func (g group) decision() byte       { return g[0] & decisionBits }
func (g group) isArchived() bool     { return g[0]&archivedFlag != 0 }
func (g group) isPractice() bool     { return g[0]&practiceFlag != 0 }
func (g group) isLaunchFailed() bool { return g[0]&failedFlag != 0 }

// decisionByte encodes a decision for a group. A request without an outcome has 0, like one
// whose outcome is undecided.
func decisionByte(d request.Decision) byte {
	return byte(max(0, slices.Index(request.Decisions(), d))) // #nosec G115 -- there are three decisions
}

func counterKey(g group) []byte { return append(slices.Clone(keyCount), g[:]...) }

// groupsOf returns every group that requests of the status can be in.
func groupsOf(s request.Status) []group {
	decisions, flags := byte(0), byte(practiceFlag|failedFlag)
	if s.Ended() {
		decisions, flags = doneByte, archivedFlag|practiceFlag
	}
	var groups []group
	for first := range byte(2 * failedFlag) {
		if first&decisionBits <= decisions && first&^(flags|decisionBits) == 0 {
			groups = append(groups, group{first, statusByte(s)})
		}
	}
	return groups
}

// Among selects the rows of a query by a property: requests with it, requests without it, or both.
type Among byte

// The values of [Among].
const (
	Both    Among = iota // with the property and without it
	Without              // without it only
	Only                 // with it only
)

// includes reports whether a request can be a row. The parameter has says whether it has the property.
func (a Among) includes(has bool) bool { return a == Both || (a == Only) == has }
