package portasigma

import (
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// The words of a return, as the vendor's page lists them.
const (
	statusSigned   = "signed"
	statusRejected = "rejected"

	resultSuccess      = "success"
	resultAccessDenied = "accessDenied"
	resultPageNotFound = "pageNotFound"
)

// What people are told where nothing was signed: the gateway's words say neither what it
// may be nor what to do. Who was to sign is not part of a visit.
const (
	denied = "the gateway did not let the signer open this request: it may be another person's, or the wrong certificate or user was chosen; " +
		"re-open it and choose those of the person who is asked to sign"
	notFound = "the gateway does not find this request: its id or the gateway's address may be wrong, or it was deleted there; " +
		"check both, then re-open it, or add it again with the right id"
)

// ReadReturn implements [gateway.Gateway]. Whatever the page does not list, or what
// contradicts itself, leaves the request where it is.
func (g *PortaSigma) ReadReturn(visit request.Visit, query url.Values) gateway.Hint {
	back := parseReturn(query)
	hint := gateway.Hint{Word: gateway.Bounded(back.word()), Verdicts: map[request.ID]gateway.Verdict{}}
	asked := map[string]bool{}
	for _, session := range visit.Sessions {
		for _, id := range session.Signatures {
			asked[id] = true
		}
	}
	back.contradicts = back.rejectsNone(asked)
	claims := map[request.Status]bool{}
	for id, session := range visit.Sessions {
		v := back.verdict(session, len(asked) == 1)
		hint.Verdicts[id] = v
		claims[v.Status] = true
	}
	hint.Claims = together(claims)
	return hint
}

// returned is what the browser brought back.
type returned struct {
	status, result   string
	signed, unsigned []string
	listed           bool // it has lists, be they empty: what is in none of them is not known
	contradicts      bool // the lists cannot be true together with the status
}

func parseReturn(query url.Values) returned {
	_, signed := query["signed"]
	_, unsigned := query["unsigned"]
	return returned{
		listed: signed || unsigned, status: only(query["status"]), result: only(query["result"]),
		signed: named(query["signed"]), unsigned: named(query["unsigned"]),
	}
}

// named leaves out parameters without a value: they name no request.
func named(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
}

// rejectsNone tells that the return says "rejected", by which at least one was, and at the
// same time that all were signed.
func (b returned) rejectsNone(asked map[string]bool) bool {
	if b.status != statusRejected {
		return false
	}
	for id := range asked {
		if !slices.Contains(b.signed, id) {
			return false
		}
	}
	return true
}

// only gives the value that all agree on. Different values are no word of the page: they
// are given as they came.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	for _, v := range values[1:] {
		if v != values[0] {
			return strings.Join(values, ", ")
		}
	}
	return values[0]
}

// word is the part of the return that says what happened.
func (b returned) word() string {
	if b.status == "" || (b.result != resultSuccess && b.result != "") {
		return b.result
	}
	return b.status
}

func (b returned) verdict(session request.SessionIDs, single bool) gateway.Verdict {
	word := gateway.Bounded(b.word())
	switch {
	case b.result == resultAccessDenied:
		return gateway.Verdict{Status: request.Failed, Word: word, Message: denied}
	case b.result == resultPageNotFound:
		return gateway.Verdict{Status: request.Failed, Word: word, Message: notFound}
	case b.contradicts || b.result != resultSuccess || (b.status != statusSigned && b.status != statusRejected):
		return gateway.Verdict{Status: request.Signing, Word: word}
	}
	v := gateway.Verdict{Word: word}
	statuses := map[request.Status]bool{}
	for _, id := range session.Signatures {
		status := b.one(id, single)
		statuses[status] = true
		v.Documents = append(v.Documents, request.DocumentResult{Word: string(status), Signed: status == request.Signed})
	}
	v.Status = together(statuses)
	if len(session.Documents) == 0 { // nothing was sent from here, so no document is judged
		v.Documents = nil
	}
	return v
}

// one is what the return says of one signature request. Without lists the status
// speaks for all when it is "signed" (the signer signed all documents), and for the one
// there is when it is "rejected" (at least one was).
func (b returned) one(id string, single bool) request.Status {
	signed, unsigned := slices.Contains(b.signed, id), slices.Contains(b.unsigned, id)
	if !b.listed {
		signed = b.status == statusSigned
		unsigned = b.status == statusRejected && single
	}
	switch {
	case signed && !unsigned:
		return request.Signed
	case unsigned && !signed && b.status == statusRejected:
		return request.Rejected
	}
	return request.Signing
}

// together is the status of a request of one or more documents.
func together(statuses map[request.Status]bool) request.Status {
	switch {
	case statuses[request.Signing]:
		return request.Signing
	case len(statuses) > 1:
		return request.Partial
	}
	for status := range statuses {
		return status
	}
	return request.Signing
}
