package sandbox

import (
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// The words that are needed elsewhere than in the table.
const (
	lyingReturn   = "lying-return"
	lostReturn    = "lost-return"
	oldShape      = "old-shape"
	unknownStatus = "unknown-word"
	expiredToken  = "expired-token"
	// postponed is a status that no vendor's page knows.
	postponed = "postponed"
)

// What misbehaves next, before there is an id.
const (
	nextTrident    = "next-trident"
	nextPortaSigma = "next-portasigma"
)

// defaultOrigin is another origin, which nobody can reach: the domain is reserved (RFC 2606).
const defaultOrigin = "https://elsewhere.invalid"

const maxTimes = 1_000_000

// misbehavior is what something of the practice gateways does wrong.
type misbehavior struct {
	Of    string `json:"of"`
	How   string `json:"how"`
	Times int    `json:"times"` // how often yet; 0 is until it is cleared
	// Origin stands in for another machine, where the word needs one.
	Origin string `json:"origin,omitempty"`
	// Serial tells this one from a later one of the same object; it moves with it.
	Serial int `json:"serial,omitempty"`
}

func (m misbehavior) origin() string {
	if m.Origin == "" {
		return defaultOrigin
	}
	return m.Origin
}

// setMisbehavior stores m in place of what its object did before; found tells whether there is such an object.
func (s *state) setMisbehavior(m *misbehavior) (found bool, err error) {
	if m.How == expiredToken && m.Times == 0 {
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
		if m.Serial, err = misbehaviors.next(tx); err != nil {
			return err
		}
		return misbehaviors.put(tx, m.Of, *m)
	})
	return found, err
}

// moveMisbehavior gives what was meant for the next object to the one that is created now.
func moveMisbehavior(tx *bolt.Tx, from, to string) error {
	m, found, err := misbehaviors.get(tx, from)
	if err != nil || !found {
		return err
	}
	m.Of = to
	if err := misbehaviors.put(tx, to, m); err != nil {
		return err
	}
	return misbehaviors.delete(tx, from)
}

// findMisbehavior gives the first misbehavior of the objects that fits.
func (s *state) findMisbehavior(of []string, fits func(misbehavior) bool) (m misbehavior, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		for _, object := range of {
			candidate, there, err := misbehaviors.get(tx, object)
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

// countMisbehavior counts one time of m, which may have moved since it was read. counted is false when it ended or
// was cleared meanwhile.
func (s *state) countMisbehavior(m misbehavior) (counted bool, err error) {
	if m.Times == 0 {
		return true, nil
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		list, err := readMisbehaviors(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(other misbehavior) bool { return other.Serial == m.Serial })
		if i < 0 {
			return nil
		}
		counted = true
		m = list[i]
		if m.Times--; m.Times == 0 {
			return misbehaviors.delete(tx, m.Of)
		}
		return misbehaviors.put(tx, m.Of, m)
	})
	return counted, err
}

func readMisbehaviors(tx *bolt.Tx) ([]misbehavior, error) {
	list := []misbehavior{}
	err := tx.Bucket([]byte(misbehaviors.name)).ForEach(func(key, _ []byte) error {
		m, _, err := misbehaviors.get(tx, string(key))
		list = append(list, m)
		return err
	})
	return list, err
}

func (s *state) misbehaviors() (list []misbehavior, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		list, err = readMisbehaviors(tx)
		return err
	})
	return list, err
}

// misbehavesAnywhere reports whether anything misbehaves in this way: for what is about no object.
func (s *state) misbehavesAnywhere(how string) (bool, error) {
	list, err := s.misbehaviors()
	return slices.ContainsFunc(list, func(m misbehavior) bool { return m.How == how }), err
}

func (s *state) clearMisbehavior(of string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if _, found, err = misbehaviors.get(tx, of); err != nil || !found {
			return err
		}
		return misbehaviors.delete(tx, of)
	})
	return found, err
}
