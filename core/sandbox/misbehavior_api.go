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

// misbehaviorPath is where the tests of clients set, list and clear misbehavior.
const misbehaviorPath = "/practice/misbehaviour"

// setMisbehavior is the value of the practice form's button.
const setMisbehavior = "set-misbehavior"

// check returns what is wrong with m, as a sentence for developers, or "".
func (m misbehavior) check() (problem string) {
	kind, known := kindNamed(m.How)
	affects := gatewayOf(m.Of)
	switch {
	case !known:
		return "how is not a known misbehavior: " + strconv.Quote(m.How)
	case affects(kind) == 0:
		return "this gateway does not have the misbehavior " + strconv.Quote(m.How)
	case m.Times < 0 || m.Times > maxTimes:
		return "times must be from 0 to " + strconv.Itoa(maxTimes)
	case m.Origin == "":
		return ""
	}
	u, err := url.Parse(m.Origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != m.Origin {
		return "origin must be an origin such as http://127.0.0.1:8080, without a path"
	}
	return ""
}

// gatewayOf returns the calls of the gateway that an object belongs to, by the form of its id: those of PortaSigma are numbers,
// those of TRIDENT never are.
func gatewayOf(object string) gatewayCalls {
	_, err := strconv.Atoi(strings.TrimPrefix(object, "doc:"))
	if err == nil || object == nextPortaSigma {
		return callsAtPortaSigma
	}
	return callsAtTrident
}

// requireAnyClient passes on requests with the credentials of a client of either gateway as HTTP Basic, and answers 401 to others.
func (g *gateway) requireAnyClient(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := g.credentials
		if !hasBasicAuth(r, c.ClientID, c.ClientSecret) && !hasBasicAuth(r, c.User, c.Password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="practice", charset="UTF-8"`)
			writeError(w, http.StatusUnauthorized, "unauthorized", "the credentials of a client of either gateway are required, as HTTP Basic")
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
		writeError(w, http.StatusBadRequest, "invalid_request", "the request must be a JSON object with of, how, times and origin")
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
	writeJSON(w, http.StatusOK, map[string]any{"misbehaviours": list})
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

// practiceForm is the form at the foot of the signer's pages.
type practiceForm struct {
	Choices []practiceChoice
}

type practiceChoice struct {
	Name, Description string
	Chosen            bool
}

// practiceForm returns the form that sets the misbehavior of the objects, or nil when the state
// cannot be read. The parameter affects says which gateway it is.
func (g *gateway) practiceForm(r *http.Request, affects gatewayCalls, objects ...string) *practiceForm {
	m, _, err := g.state.findMisbehavior(objects, func(misbehavior) bool { return true })
	if err != nil {
		g.logFault(r, err) // the page can be used without the form
		return nil
	}
	form := &practiceForm{Choices: []practiceChoice{{"", "Behave normally", m.How == ""}}}
	for _, k := range misbehaviorKinds {
		if affects(k)&^callCreate != 0 { // the object exists already
			form.Choices = append(form.Choices, practiceChoice{k.name, k.description, m.How == k.name})
		}
	}
	return form
}

// misbehaveByForm sets the misbehavior of all objects to the one that was chosen in the practice form, or clears theirs when none was chosen. problem
// is a sentence for the signer, or "".
func (g *gateway) misbehaveByForm(r *http.Request, objects ...string) (problem string, err error) {
	how := r.PostForm.Get("misbehave")
	for _, object := range objects {
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
