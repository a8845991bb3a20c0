package sandbox

import (
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// Names of kinds of misbehavior that are used outside of misbehaviorKinds, and the status that one
// of them reports.
const (
	lyingReturn   = "lying-return"
	lostReturn    = "lost-return"
	oldShape      = "old-shape"
	unknownStatus = "unknown-word"
	expiredToken  = "expired-token"
	// postponed is the status that unknownStatus reports. Neither vendor's pages name it.
	postponed = "postponed"
)

// Objects that stand for the process, or the PortaSigma document, that is created next, which has no id yet.
const (
	nextTrident    = "next-trident"
	nextPortaSigma = "next-portasigma"
)

// defaultOrigin is the foreign origin of a misbehavior that names none. It cannot be reached: the domain .invalid is reserved (RFC 2606).
const defaultOrigin = "https://elsewhere.invalid"

// maxTimes is the largest number of times that a misbehavior can be set to happen.
const maxTimes = 1_000_000

// misbehavior is how one object misbehaves.
type misbehavior struct {
	Of    string `json:"of"`    // the object: an id, "doc:" and the id of a PortaSigma document, nextTrident or nextPortaSigma
	How   string `json:"how"`   // the name of the kind
	Times int    `json:"times"` // how many times are left; 0 means until it is cleared
	// Origin is the other origin, for the kinds that refer to one; "" means defaultOrigin.
	Origin string `json:"origin,omitempty"`
	// Serial identifies the misbehavior, also after it has moved to another object.
	Serial int `json:"serial,omitempty"`
}

func (m misbehavior) origin() string {
	if m.Origin == "" {
		return defaultOrigin
	}
	return m.Origin
}

// setMisbehavior stores m, which replaces the misbehavior that the object m.Of had. It sets
// m.Serial, and m.Times to 1 for an expired token without a number of times. found reports whether
// the object exists; if not, nothing is stored.
func (s *state) setMisbehavior(m *misbehavior) (found bool, err error) {
	if m.How == expiredToken && m.Times == 0 {
		m.Times = 1 // a new token would expire at once as well
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

// moveMisbehavior moves the misbehavior of one object, which the parameter from names, to another,
// which the parameter to names. It does nothing when the first has none.
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

// findMisbehavior returns the first misbehavior of the objects for which the function fits returns
// true. found is false when there is none.
func (s *state) findMisbehavior(objects []string, fits func(misbehavior) bool) (m misbehavior, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		for _, object := range objects {
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

// countMisbehavior counts that m happens once, also when it has moved to another object since it was read, and deletes it after the last
// time. counted is false when m has ended meanwhile, so that it must not happen.
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

// misbehavesAnywhere reports whether any object misbehaves in this way.
func (s *state) misbehavesAnywhere(how string) (bool, error) {
	list, err := s.misbehaviors()
	return slices.ContainsFunc(list, func(m misbehavior) bool { return m.How == how }), err
}

func (s *state) clearMisbehavior(object string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if _, found, err = misbehaviors.get(tx, object); err != nil || !found {
			return err
		}
		return misbehaviors.delete(tx, object)
	})
	return found, err
}
