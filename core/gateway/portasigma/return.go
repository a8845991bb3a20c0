package portasigma

import (
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// The values of a return's parameters status and result ("Signature Gateway",
// http://developers.isigma.es/portasigma/signature-gateway.html).
const (
	statusSigned   = "signed"
	statusRejected = "rejected"

	resultSuccess      = "success"
	resultAccessDenied = "accessDenied"
	resultPageNotFound = "pageNotFound"
)

// Messages for the user if nothing was signed. The gateway's own codes name neither a cause nor a
// remedy.
var (
	messageDenied = request.Sentencef("access_denied", "the gateway did not let the signer open this request: it may be another person's, or the wrong certificate or user was chosen; "+
		"reopen it and choose those of the person who is asked to sign")
	messageNotFound = request.Sentencef("page_not_found", "the gateway does not find this request: its id or the gateway's address may be wrong, or it was deleted there; "+
		"check both, then reopen it, or add it again with the right id")
)

// ParseReturn implements [gateway.Gateway]. A return that contradicts itself, or has values that
// the vendor does not document, leaves its requests open.
func (g *PortaSigma) ParseReturn(visit request.Visit, query url.Values) gateway.ReturnHint {
	ret := parseReturn(query)
	hint := gateway.ReturnHint{Code: gateway.Sanitize(ret.code()), Outcomes: map[request.ID]gateway.Outcome{}}
	asked := map[string]bool{}
	for _, ids := range visit.RemoteIDs {
		for _, id := range ids.Signatures {
			asked[id] = true
		}
	}
	ret.contradictory = ret.rejectsNone(asked)
	claims := map[request.Status]bool{}
	for id, ids := range visit.RemoteIDs {
		v := ret.outcome(ids, len(asked) == 1)
		hint.Outcomes[id] = v
		claims[v.Status] = true
	}
	hint.Status = combinedStatus(claims)
	return hint
}

// returnQuery is the query of a return.
type returnQuery struct {
	status, result   string
	signed, unsigned []string // ids of signature requests
	hasLists         bool     // signed or unsigned is present, even if empty; then the status of an id in neither is unknown
	contradictory    bool     // the lists contradict the status
}

// parseReturn reads the query of a return. It does not set contradictory.
func parseReturn(query url.Values) returnQuery {
	_, signed := query["signed"]
	_, unsigned := query["unsigned"]
	return returnQuery{
		hasLists: signed || unsigned, status: singleValue(query["status"]), result: singleValue(query["result"]),
		signed: withoutEmpty(query["signed"]), unsigned: withoutEmpty(query["unsigned"]),
	}
}

// withoutEmpty returns the ids that are not empty.
func withoutEmpty(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
}

// rejectsNone reports whether the return contradicts itself: its status is "rejected", so at least one
// request was rejected, but its lists say that all requests in asked were signed.
func (q returnQuery) rejectsNone(asked map[string]bool) bool {
	if q.status != statusRejected {
		return false
	}
	for id := range asked {
		if !slices.Contains(q.signed, id) {
			return false
		}
	}
	return true
}

// singleValue returns the value of a parameter. Different values are joined, which gives a code
// that the vendor does not document.
func singleValue(values []string) string {
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

// code returns the status code of the return: the result unless it is a success, else the status.
func (q returnQuery) code() string {
	if q.status == "" || (q.result != resultSuccess && q.result != "") {
		return q.result
	}
	return q.status
}

// outcome returns what the return says about a request with the given ids. single means that the
// visit has one signature request only.
func (q returnQuery) outcome(ids request.RemoteIDs, single bool) gateway.Outcome {
	code := gateway.Sanitize(q.code())
	switch {
	case q.result == resultAccessDenied:
		return gateway.Outcome{Status: request.Failed, Code: code, Message: messageDenied.Text, Cause: messageDenied.Cause}
	case q.result == resultPageNotFound:
		return gateway.Outcome{Status: request.Failed, Code: code, Message: messageNotFound.Text, Cause: messageNotFound.Cause}
	case q.contradictory || q.result != resultSuccess || (q.status != statusSigned && q.status != statusRejected):
		return gateway.Outcome{Status: request.Signing, Code: code}
	}
	v := gateway.Outcome{Code: code}
	statuses := map[request.Status]bool{}
	for _, id := range ids.Signatures {
		status := q.statusOf(id, single)
		statuses[status] = true
		v.Documents = append(v.Documents, request.DocumentResult{Code: string(status), Signed: status == request.Signed})
	}
	v.Status = combinedStatus(statuses)
	if len(ids.Documents) == 0 { // the request has no documents here
		v.Documents = nil
	}
	return v
}

// statusOf returns the status of one signature request. Without lists, the status "signed" holds
// for all of them, and "rejected", which means at least one, holds only for a single one.
func (q returnQuery) statusOf(id string, single bool) request.Status {
	signed, unsigned := slices.Contains(q.signed, id), slices.Contains(q.unsigned, id)
	if !q.hasLists {
		signed = q.status == statusSigned
		unsigned = q.status == statusRejected && single
	}
	switch {
	case signed && !unsigned:
		return request.Signed
	case unsigned && !signed && q.status == statusRejected:
		return request.Rejected
	}
	return request.Signing
}

// combinedStatus returns the status of a request from those of its documents, or of a visit from
// those of its requests. It is Signing if one of them is or there are none, the status that all
// have in common, or else Partial.
func combinedStatus(statuses map[request.Status]bool) request.Status {
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
