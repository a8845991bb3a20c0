package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// misbehaviorPath is where clients' tests set, list and clear misbehavior.
const misbehaviorPath = "/practice/misbehavior"

// setMisbehavior is the action of the button on the signer's pages.
const setMisbehavior = "set-misbehavior"

// check refuses what means nothing; the text is for the client's developer.
func (m misbehavior) check() (problem string) {
	deed, known := kindNamed(m.How)
	words := gatewayOf(m.Of)
	switch {
	case !known:
		return "how is no known misbehavior: " + strconv.Quote(m.How)
	case words(deed) == 0:
		return "how means nothing at this gateway: " + strconv.Quote(m.How)
	case m.Times < 0 || m.Times > maxTimes:
		return "times must not be negative, and at most " + strconv.Itoa(maxTimes)
	case m.Origin == "":
		return ""
	}
	u, err := url.Parse(m.Origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != m.Origin {
		return "origin must be like http://127.0.0.1:8080, without a path"
	}
	return ""
}

// gatewayOf gives the gateway that of is at: PortaSigma's ids are numbers, TRIDENT's never are.
func gatewayOf(of string) gatewayCalls {
	_, err := strconv.Atoi(strings.TrimPrefix(of, "doc:"))
	if err == nil || of == nextPortaSigma {
		return callsAtPortaSigma
	}
	return callsAtTrident
}

// requireAnyClient lets the clients of both gateways through.
func (g *gateway) requireAnyClient(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := g.credentials
		if !hasBasicAuth(r, c.ClientID, c.ClientSecret) && !hasBasicAuth(r, c.User, c.Password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="practice", charset="UTF-8"`)
			writeError(w, http.StatusUnauthorized, "unauthorized", "the credentials of either gateway are needed as HTTP Basic, and must be right")
			return
		}
		next(w, r)
	}
}

func (g *gateway) putMisbehavior(w http.ResponseWriter, r *http.Request) {
	var m misbehavior
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFormBytes))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&m)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", "the request is not JSON with of, how, times and origin")
		return
	}
	m.Serial = 0
	if problem := m.check(); problem != "" {
		writeError(w, http.StatusBadRequest, "invalid_request", problem)
		return
	}
	found, err := g.state.setMisbehavior(&m)
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		writeJSON(w, http.StatusOK, m)
	}
}

func (g *gateway) listMisbehavior(w http.ResponseWriter, r *http.Request) {
	list, err := g.state.misbehaviors()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"misbehaviors": list})
}

func (g *gateway) deleteMisbehavior(w http.ResponseWriter, r *http.Request) {
	found, err := g.state.clearMisbehavior(r.URL.Query().Get("of"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// practiceForm is the disclosure at the foot of the signer's pages.
type practiceForm struct {
	Words []practiceChoice
}

type practiceChoice struct {
	Word, Label string
	Chosen      bool
}

// practiceForm gives the form for what a page is about, nil where there is none to give.
func (g *gateway) practiceForm(r *http.Request, words gatewayCalls, of ...string) *practiceForm {
	m, _, err := g.state.findMisbehavior(of, func(misbehavior) bool { return true })
	if err != nil {
		g.logFault(r, err) // the page is of use without the form
		return nil
	}
	form := &practiceForm{Words: []practiceChoice{{"", "behave well", m.How == ""}}}
	for _, d := range misbehaviorKinds {
		if words(d)&^callCreate != 0 { // it is created already
			form.Words = append(form.Words, practiceChoice{d.name, d.label, m.How == d.name})
		}
	}
	return form
}

// misbehaveByForm sets what the form says, for every object of the page.
func (g *gateway) misbehaveByForm(r *http.Request, of ...string) (problem string, err error) {
	how := r.PostForm.Get("misbehave")
	for _, object := range of {
		if how == "" {
			if _, err := g.state.clearMisbehavior(object); err != nil {
				return "", err
			}
			continue
		}
		m := misbehavior{Of: object, How: how}
		if m.check() != "" {
			return "Choose one of the misbehaviors.", nil
		}
		if _, err := g.state.setMisbehavior(&m); err != nil {
			return "", err
		}
	}
	return "", nil
}
