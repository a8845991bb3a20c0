package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// The contexts of a PortaSigma address: how the signer shows who they are (vendor page "Signature Gateway").
const (
	withCertificate = "gateway"
	withPassword    = "usergateway"
)

// The results of a PortaSigma return (vendor page "Signature Gateway").
const (
	success      = "success"
	accessDenied = "accessDenied"
	pageNotFound = "pageNotFound"
)

const maxRequests = 100

// visit is what a PortaSigma address asks for: one browser's trip for one request or many.
type visit struct {
	context   string
	ids       []string
	returnURL string
	logout    bool
	view      bool
}

// parseVisit reads the address. known is false where an id cannot be one; an error means that there is no
// address to return to.
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
	// view concerns several requests only: a single document is always shown.
	v.view = v.view || len(v.ids) == 1
	return v, known && len(v.ids) > 0 && len(v.ids) <= maxRequests, nil
}

// address gives the visit's own address, which its form posts to.
func (v visit) address() string {
	q := url.Values{"id": v.ids, "urlreturn": {v.returnURL}, "logout": {strconv.FormatBool(v.logout)}, "view": {strconv.FormatBool(v.view)}}
	return PortaSigmaPath + "/" + v.context + "/sign.html?" + q.Encode()
}

// undecidedReturn is the return without a status: the signer did not get to decide.
func (v visit) undecidedReturn(result string) string {
	return addQuery(v.returnURL, url.Values{"result": {result}})
}

// decidedReturn is the return once every request is signed or rejected. As in the examples of the vendor page, a single
// request has no lists of ids. With lie, it says the opposite of each request; word stands in place of the status.
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

// visitRequest is one request of a visit, with the document it is about and everybody asked to sign that.
type visitRequest struct {
	signer portaSigner
	doc    portaDoc
	all    []portaSigner
}

// requests reads the requests of a visit; found is false where one of them does not exist.
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

// allAddressedTo reports whether p is the person every request asks.
func allAddressedTo(list []visitRequest, p person) bool {
	return !slices.ContainsFunc(list, func(o visitRequest) bool { return !o.signer.Person.same(p) })
}

// certificateChoice is a person whose practice certificate can be chosen.
type certificateChoice struct {
	Value  string
	Person person
	Hint   string
	Chosen bool
}

// certificateChoices offers the sample signer, everybody else the requests ask, so that any request can be practised,
// and a stranger to all of them.
func certificateChoices(list []visitRequest) []certificateChoice {
	all := []certificateChoice{{Value: "sample", Person: person(SampleSigner)}}
	for _, o := range list {
		p := o.signer.Person
		if slices.ContainsFunc(all, func(c certificateChoice) bool { return c.Person.same(p) }) {
			continue
		}
		all = append(all, certificateChoice{Value: "request-" + strconv.Itoa(o.signer.ID), Person: p, Hint: "the person this request asks"})
	}
	all = append(all, certificateChoice{
		Value: "other", Hint: "somebody else's, to practise being refused",
		Person: person{Name: "Somebody Else", Email: "else@example.test", Country: "ES", Number: "99999999R"},
	})
	best := max(0, slices.IndexFunc(all, func(c certificateChoice) bool { return allAddressedTo(list, c.Person) }))
	all[best].Chosen = true
	return all
}
