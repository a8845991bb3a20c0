package sandbox

import (
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// Statuses of a PortaSigma request. The status of a document follows from those of its requests; see docStatus.
const (
	pending  = "pending"
	signed   = "signed"
	rejected = "rejected"
)

// portaDoc is the record of a PortaSigma document, which the vendor also calls a "signature transaction".
type portaDoc struct {
	ID       int             `json:"id"`
	Title    string          `json:"title"`
	Comments string          `json:"comments"`
	File     string          `json:"file"`
	Signers  []int           `json:"signers"`
	Copies   []copyRecipient `json:"copies,omitempty"`
}

// copyRecipient is somebody who is to receive the signed document. The practice gateway sends nothing.
type copyRecipient struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

const maxCopies = 100 // copy recipients of one document

// portaSigner is the record of one signer of one document, which the vendor calls a "signature request". The addresses of the gateway's
// pages contain this record's id, not the document's.
type portaSigner struct {
	ID     int    `json:"id"`
	Doc    int    `json:"doc"`
	Person person `json:"person"`
	Status string `json:"status"`
}

// docStatus returns the status of a document with these requests: rejected if one is rejected, signed if all are signed, else pending.
func docStatus(list []portaSigner) string {
	all := len(list) > 0
	for _, s := range list {
		if s.Status == rejected {
			return rejected
		}
		all = all && s.Status == signed
	}
	if all {
		return signed
	}
	return pending
}

// addDoc stores a document and returns its number.
func (s *state) addDoc(d portaDoc, data []byte) (id int, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		if d.ID, err = docs.next(tx); err != nil {
			return err
		}
		id = d.ID
		if err := moveMisbehavior(tx, nextPortaSigma, "doc:"+strconv.Itoa(id)); err != nil {
			return err
		}
		if err := putContent(tx, d.ID, data); err != nil {
			return err
		}
		return docs.put(tx, strconv.Itoa(d.ID), d)
	})
	return id, err
}

// addSigner adds a request to a document. id is 0 when there is no such document, or when it is already signed or rejected.
func (s *state) addSigner(doc string, p person) (id int, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		d, list, found, err := readDoc(tx, doc)
		if err != nil || !found || len(list) > 0 && docStatus(list) != pending {
			return err
		}
		if id, err = signers.next(tx); err != nil {
			return err
		}
		d.Signers = append(d.Signers, id)
		if err := signers.put(tx, strconv.Itoa(id), portaSigner{ID: id, Doc: d.ID, Person: p, Status: pending}); err != nil {
			return err
		}
		return docs.put(tx, doc, d)
	})
	return id, err
}

// addCopy adds a recipient and returns their number, from 1. n is 0 when the document already has maxCopies. found reports whether the
// document exists.
func (s *state) addCopy(doc string, c copyRecipient) (n int, found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		var d portaDoc
		if d, found, err = docs.get(tx, doc); err != nil || !found || len(d.Copies) >= maxCopies {
			return err
		}
		d.Copies = append(d.Copies, c)
		n = len(d.Copies)
		return docs.put(tx, doc, d)
	})
	return n, found, err
}

// doc returns a document with its signature requests. found is false when there is no such document.
func (s *state) doc(id string) (d portaDoc, list []portaSigner, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		d, list, found, err = readDoc(tx, id)
		return err
	})
	return d, list, found, err
}

func readDoc(tx *bolt.Tx, id string) (d portaDoc, list []portaSigner, found bool, err error) {
	if d, found, err = docs.get(tx, id); err != nil || !found {
		return d, nil, found, err
	}
	for _, n := range d.Signers {
		signer, _, err := signers.get(tx, strconv.Itoa(n))
		if err != nil {
			return d, nil, false, err
		}
		list = append(list, signer)
	}
	return d, list, true, nil
}

// signer returns a signature request with its document and all signature requests of that document. found is false when there is no
// such request.
func (s *state) signer(id string) (signer portaSigner, d portaDoc, list []portaSigner, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		if signer, found, err = signers.get(tx, id); err != nil || !found {
			return err
		}
		d, list, found, err = readDoc(tx, strconv.Itoa(signer.Doc))
		return err
	})
	return signer, d, list, found, err
}

// storeDecisions stores the statuses, by the ids of requests, and the new bytes, by the ids of documents, in one transaction. It skips
// requests that are decided already, and requests and documents that do not exist.
func (s *state) storeDecisions(statuses map[int]string, data map[int][]byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		for id, status := range statuses {
			key := strconv.Itoa(id)
			signer, found, err := signers.get(tx, key)
			if err != nil {
				return err
			}
			if !found || signer.Status != pending {
				continue
			}
			signer.Status = status
			if err := signers.put(tx, key, signer); err != nil {
				return err
			}
		}
		for doc, signed := range data {
			_, found, err := docs.get(tx, strconv.Itoa(doc))
			if err != nil {
				return err
			}
			if !found {
				continue // it was deleted meanwhile
			}
			if err := putContent(tx, doc, signed); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteDoc deletes a document with its requests. found reports whether it existed.
func (s *state) deleteDoc(id string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		var d portaDoc
		if d, found, err = docs.get(tx, id); err != nil || !found {
			return err
		}
		for _, n := range d.Signers {
			if err := signers.delete(tx, strconv.Itoa(n)); err != nil {
				return err
			}
			if err := misbehaviors.delete(tx, strconv.Itoa(n)); err != nil {
				return err
			}
		}
		if err := misbehaviors.delete(tx, "doc:"+id); err != nil {
			return err
		}
		if err := deleteContent(tx, d.ID); err != nil {
			return err
		}
		return docs.delete(tx, id)
	})
	return found, err
}
