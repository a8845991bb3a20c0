package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// misbehaviourPath is where clients' tests set, list and clear misbehaviour.
const misbehaviourPath = "/practice/misbehaviour"

// setMisbehaviour is the action of the button on the signer's pages.
const setMisbehaviour = "set-misbehaviour"

const maxTimes = 1_000_000

// misbehaviour is what something of the practice gateways does wrong.
type misbehaviour struct {
	Of    string `json:"of"`
	How   string `json:"how"`
	Times int    `json:"times"` // how often yet; 0 is until it is cleared
	// Origin stands in for another machine, where the word needs one.
	Origin string `json:"origin,omitempty"`
	// Serial tells this one from a later one of the same object; it moves with it.
	Serial int `json:"serial,omitempty"`
}

func (m misbehaviour) origin() string {
	if m.Origin == "" {
		return elsewhere
	}
	return m.Origin
}

// check refuses what means nothing; the text is for the client's developer.
func (m misbehaviour) check() (problem string) {
	deed, known := misdeedOf(m.How)
	words := wordsOf(m.Of)
	switch {
	case !known:
		return "how is no known misbehaviour: " + strconv.Quote(m.How)
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

// wordsOf gives the gateway that of is at: PortaSigma's ids are numbers, TRIDENT's never are.
func wordsOf(of string) vocabulary {
	_, err := strconv.Atoi(strings.TrimPrefix(of, "doc:"))
	if err == nil || of == nextPortaSigma {
		return portaSigmaWords
	}
	return tridentWords
}

// requireAnyClient lets the clients of both gateways through.
func (g *gateway) requireAnyClient(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := g.credentials
		if !hasBasic(r, c.ClientID, c.ClientSecret) && !hasBasic(r, c.User, c.Password) {
			w.Header().Set("WWW-Authenticate", `Basic realm="practice", charset="UTF-8"`)
			writeError(w, http.StatusUnauthorized, "unauthorized", "the credentials of either gateway are needed as HTTP Basic, and must be right")
			return
		}
		next(w, r)
	}
}

func (g *gateway) putMisbehaviour(w http.ResponseWriter, r *http.Request) {
	var m misbehaviour
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
	found, err := g.state.setMisbehaviour(&m)
	switch {
	case err != nil:
		g.failJSON(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		writeJSON(w, http.StatusOK, m)
	}
}

func (g *gateway) listMisbehaviour(w http.ResponseWriter, r *http.Request) {
	list, err := g.state.misbehaviours()
	if err != nil {
		g.failJSON(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"misbehaviours": list})
}

func (g *gateway) deleteMisbehaviour(w http.ResponseWriter, r *http.Request) {
	found, err := g.state.clearMisbehaviour(r.URL.Query().Get("of"))
	switch {
	case err != nil:
		g.failJSON(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// practiceForm is the disclosure at the foot of the signer's pages.
type practiceForm struct {
	Words []practiceWord
}

type practiceWord struct {
	Word, Label string
	Chosen      bool
}

// practiceForm gives the form for what a page is about, nil where there is none to give.
func (g *gateway) practiceForm(r *http.Request, words vocabulary, of ...string) *practiceForm {
	m, _, err := g.state.findMisbehaviour(of, func(misbehaviour) bool { return true })
	if err != nil {
		g.fault(r, err) // the page is of use without the form
		return nil
	}
	form := &practiceForm{Words: []practiceWord{{"", "behave well", m.How == ""}}}
	for _, d := range misdeeds {
		if words(d)&^callCreate != 0 { // it is created already
			form.Words = append(form.Words, practiceWord{d.word, d.label, m.How == d.word})
		}
	}
	return form
}

// misbehaveByForm sets what the form says, for every object of the page.
func (g *gateway) misbehaveByForm(r *http.Request, of ...string) (problem string, err error) {
	how := r.PostForm.Get("misbehave")
	for _, object := range of {
		if how == "" {
			if _, err := g.state.clearMisbehaviour(object); err != nil {
				return "", err
			}
			continue
		}
		m := misbehaviour{Of: object, How: how}
		if m.check() != "" {
			return "Choose one of the misbehaviours.", nil
		}
		if _, err := g.state.setMisbehaviour(&m); err != nil {
			return "", err
		}
	}
	return "", nil
}

// setMisbehaviour stores m in place of what its object did before; found tells whether there is such an object.
func (s *state) setMisbehaviour(m *misbehaviour) (found bool, err error) {
	if m.How == expireToken && m.Times == 0 {
		m.Times = 1 // a token that expires for ever would be another word
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		bucket, key := processes.name, m.Of
		switch {
		case m.Of == nextTrident || m.Of == nextPortaSigma:
			bucket = ""
		case strings.HasPrefix(m.Of, "doc:"):
			bucket, key = docs.name, strings.TrimPrefix(m.Of, "doc:")
		case m.Of == "":
			return nil
		case tx.Bucket([]byte(processes.name)).Get([]byte(key)) == nil:
			bucket = documents.name
			if tx.Bucket([]byte(bucket)).Get([]byte(key)) == nil {
				bucket = signers.name
			}
		}
		found = bucket == "" || tx.Bucket([]byte(bucket)).Get([]byte(key)) != nil
		if !found {
			return nil
		}
		if m.Serial, err = misbehaviours.next(tx); err != nil {
			return err
		}
		return misbehaviours.put(tx, m.Of, *m)
	})
	return found, err
}

// moveMisbehaviour gives what was meant for the next object to the one that is created now.
func moveMisbehaviour(tx *bolt.Tx, from, to string) error {
	m, found, err := misbehaviours.get(tx, from)
	if err != nil || !found {
		return err
	}
	m.Of = to
	if err := misbehaviours.put(tx, to, m); err != nil {
		return err
	}
	return misbehaviours.delete(tx, from)
}

// findMisbehaviour gives the first misbehaviour of the objects that fits.
func (s *state) findMisbehaviour(of []string, fits func(misbehaviour) bool) (m misbehaviour, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		for _, object := range of {
			candidate, there, err := misbehaviours.get(tx, object)
			if err != nil {
				return err
			}
			if there && fits(candidate) {
				m, found = candidate, true
				return nil
			}
		}
		return nil
	})
	return m, found, err
}

// countMisbehaviour counts one time of m, which may have moved since it was read. counted is false when it ended or
// was cleared meanwhile.
func (s *state) countMisbehaviour(m misbehaviour) (counted bool, err error) {
	if m.Times == 0 {
		return true, nil
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		list, err := readMisbehaviours(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(other misbehaviour) bool { return other.Serial == m.Serial })
		if i < 0 {
			return nil
		}
		counted = true
		m = list[i]
		if m.Times--; m.Times == 0 {
			return misbehaviours.delete(tx, m.Of)
		}
		return misbehaviours.put(tx, m.Of, m)
	})
	return counted, err
}

func readMisbehaviours(tx *bolt.Tx) ([]misbehaviour, error) {
	list := []misbehaviour{}
	err := tx.Bucket([]byte(misbehaviours.name)).ForEach(func(key, _ []byte) error {
		m, _, err := misbehaviours.get(tx, string(key))
		list = append(list, m)
		return err
	})
	return list, err
}

func (s *state) misbehaviours() (list []misbehaviour, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		list, err = readMisbehaviours(tx)
		return err
	})
	return list, err
}

// misbehavesAnywhere reports whether anything misbehaves in this way: for what is about no object.
func (s *state) misbehavesAnywhere(how string) (bool, error) {
	list, err := s.misbehaviours()
	return slices.ContainsFunc(list, func(m misbehaviour) bool { return m.How == how }), err
}

func (s *state) clearMisbehaviour(of string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if _, found, err = misbehaviours.get(tx, of); err != nil || !found {
			return err
		}
		return misbehaviours.delete(tx, of)
	})
	return found, err
}
