package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Contexts of a gateway address: how signers identify themselves; see "Signature Gateway",
// http://developers.isigma.es/portasigma/signature-gateway.html.
const (
	withCertificate = "gateway"
	withPassword    = "usergateway"
)

// Values of the parameter result in a return address; see "Signature Gateway" (PortaSigma).
const (
	success      = "success"
	accessDenied = "accessDenied"
	pageNotFound = "pageNotFound"
)

const maxRequests = 100 // signature requests of one visit

// visit is a parsed gateway address: a visit of the signer to sign or reject one or more requests.
type visit struct {
	context   string
	ids       []string
	returnURL string
	logout    bool
	view      bool
}

// parseVisit parses a gateway address. known is false when it names no requests, too many, or an id that cannot exist. An error means
// that the return address is not allowed.
func parseVisit(r *http.Request, context string) (v visit, known bool, err error) {
	q := r.URL.Query()
	v = visit{context: context, returnURL: q.Get("urlreturn"), logout: q.Get("logout") == "true", view: q.Get("view") != "false"}
	if _, err := parseReturn(v.returnURL); err != nil {
		return v, false, err
	}
	known = true
	for _, id := range q["id"] {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 || strconv.Itoa(n) != id {
			known = false
		}
		if !slices.Contains(v.ids, id) {
			v.ids = append(v.ids, id)
		}
	}
	// view applies to several requests only: a single document is always shown.
	v.view = v.view || len(v.ids) == 1
	return v, known && len(v.ids) > 0 && len(v.ids) <= maxRequests, nil
}

// address returns the visit's own address, to which its forms are posted.
func (v visit) address() string {
	q := url.Values{"id": v.ids, "urlreturn": {v.returnURL}, "logout": {strconv.FormatBool(v.logout)}, "view": {strconv.FormatBool(v.view)}}
	return PortaSigmaPath + "/" + v.context + "/sign.html?" + q.Encode()
}

// undecidedReturn returns the return address without a status, for a signer who decided nothing.
func (v visit) undecidedReturn(result string) string {
	return addQuery(v.returnURL, url.Values{"result": {result}})
}

// decidedReturn returns the return address with the statuses of the requests, once all are decided. As in the examples of "Signature
// Gateway" (PortaSigma), the return of a single request has no lists of ids. If lie is true, the address reports the opposite for each
// request. A word that is not "" becomes the status in the address.
func (v visit) decidedReturn(requests []visitRequest, lie bool, word string) string {
	q := url.Values{"status": {signed}, "result": {success}}
	for _, request := range requests {
		list := "signed"
		if (request.signer.Status == signed) == lie {
			list = "unsigned"
			q.Set("status", rejected)
		}
		if len(requests) > 1 {
			q.Add(list, strconv.Itoa(request.signer.ID))
		}
	}
	if word != "" {
		q.Set("status", word)
	}
	return addQuery(v.returnURL, q)
}

// visitRequest is a request of a visit, with its document and all requests of that document.
type visitRequest struct {
	signer portaSigner
	doc    portaDoc
	all    []portaSigner
}

// requests returns the requests of a visit. found is false when one of them does not exist.
func (g *gateway) requests(v visit) (list []visitRequest, found bool, err error) {
	for _, id := range v.ids {
		signer, doc, all, found, err := g.state.signer(id)
		if err != nil || !found {
			return nil, false, err
		}
		list = append(list, visitRequest{signer, doc, all})
	}
	return list, true, nil
}

func allDecided(list []visitRequest) bool {
	return !slices.ContainsFunc(list, func(o visitRequest) bool { return o.signer.Status == pending })
}

// allAddressedTo reports whether p is the signer of all requests.
func allAddressedTo(list []visitRequest, p person) bool {
	return !slices.ContainsFunc(list, func(o visitRequest) bool { return !o.signer.Person.same(p) })
}

// certificateChoice is a person whose certificate the signer can choose.
type certificateChoice struct {
	Value  string
	Person person
	Hint   string
	Chosen bool
}

// certificateChoices returns the sample signer, the other signers of the requests, and somebody whom no request names. The first choice
// who is the signer of all requests is preselected (Chosen), or else the sample signer.
func certificateChoices(list []visitRequest) []certificateChoice {
	all := []certificateChoice{{Value: "sample", Person: person(SampleSigner)}}
	for _, o := range list {
		p := o.signer.Person
		if slices.ContainsFunc(all, func(c certificateChoice) bool { return c.Person.same(p) }) {
			continue
		}
		all = append(all, certificateChoice{Value: "request-" + strconv.Itoa(o.signer.ID), Person: p, Hint: "the signer of this request"})
	}
	all = append(all, certificateChoice{
		Value: "other", Hint: "somebody else, to see the request refused",
		Person: person{Name: "Somebody Else", Email: "else@example.test", Country: "ES", Number: "99999999R"},
	})
	best := max(0, slices.IndexFunc(all, func(c certificateChoice) bool { return allAddressedTo(list, c.Person) }))
	all[best].Chosen = true
	return all
}
