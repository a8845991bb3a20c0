package sandbox

import (
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The words of a process's result (vendor page "Obtain the Result of a Document Signature Process"); a process without one waits for its signer.
const (
	finished        = "finished"
	failed          = "failed"
	failedDocuments = "failed_documents"
	canceled        = "canceled"
)

// The signing identities to choose from: a key held by the platform, and one in a phone.
const (
	serverIdentity = "server"
	mobileIdentity = "mobile"
)

// process is one TRIDENT signature process.
type process struct {
	ID        string            `json:"id"`
	Task      string            `json:"task"`
	Type      string            `json:"type"`
	Labels    [][]string        `json:"labels,omitempty"`
	Callback  string            `json:"callback"`
	SkipRead  bool              `json:"skip_read,omitempty"`
	Signature signatureSettings `json:"signature"`
	Documents []string          `json:"documents"`
	Created   time.Time         `json:"created"`

	// What the signer has done so far.
	Identity string `json:"identity,omitempty"`
	HasRead  bool   `json:"has_read,omitempty"`

	Result verdict `json:"result"`
}

// needsReading reports whether the signer must still confirm having read. The confirmation may be waived for
// a server identity only (vendor page "Execute a document signature process", views.document_agreement.skip_server_id).
func (p process) needsReading() bool {
	return !p.HasRead && !(p.SkipRead && p.Identity == serverIdentity)
}

// document is one document of a process. Its bytes are stored beside it, unsigned or signed.
type document struct {
	ID      string  `json:"id"`
	Process string  `json:"process"`
	Name    string  `json:"name"`
	Result  verdict `json:"result"`
}

// verdict is how a process or a document ended; without a status it has not.
type verdict struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// outcome is what signing made of one document; Signed is nil where it failed.
type outcome struct {
	Document string
	Verdict  verdict
	Signed   []byte
}

// addProcess stores a process with its documents, and their bytes in the same order.
func (s *state) addProcess(p process, list []document, data [][]byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		for i, d := range list {
			if err := documents.put(tx, d.ID, d); err != nil {
				return err
			}
			if err := putContent(tx, d.ID, data[i]); err != nil {
				return err
			}
		}
		return processes.put(tx, p.ID, p)
	})
}

// process reads a process with the documents it still has.
func (s *state) process(id string) (p process, list []document, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		if p, found, err = processes.get(tx, id); err != nil || !found {
			return err
		}
		for _, key := range p.Documents {
			d, found, err := documents.get(tx, key)
			if err != nil {
				return err
			}
			if found {
				list = append(list, d)
			}
		}
		return nil
	})
	return p, list, found, err
}

// document reads one document.
func (s *state) document(id string) (d document, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		d, found, err = documents.get(tx, id)
		return err
	})
	return d, found, err
}

// changeProcess applies change to a process that waits for its signer; one that is over or gone stays as it is.
func (s *state) changeProcess(id string, change func(*process)) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		p, found, err := processes.get(tx, id)
		if err != nil || !found || p.Result.Status != "" {
			return err
		}
		change(&p)
		return processes.put(tx, id, p)
	})
}

// endProcess gives a process its result, and its documents theirs with their new bytes. Only the first
// result counts: of two tabs one wins, and a process that is over or gone stays as it is.
func (s *state) endProcess(id string, result verdict, outcomes []outcome) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		p, found, err := processes.get(tx, id)
		if err != nil || !found || p.Result.Status != "" {
			return err
		}
		for _, o := range outcomes {
			d, found, err := documents.get(tx, o.Document)
			if err != nil {
				return err
			}
			if !found {
				continue // deleted meanwhile
			}
			d.Result = o.Verdict
			if err := documents.put(tx, d.ID, d); err != nil {
				return err
			}
			if o.Signed == nil {
				continue
			}
			if err := putContent(tx, d.ID, o.Signed); err != nil {
				return err
			}
		}
		p.Result = result
		return processes.put(tx, id, p)
	})
}

// deleteProcess removes a process and its documents; found tells whether it was there.
func (s *state) deleteProcess(id string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		var p process
		if p, found, err = processes.get(tx, id); err != nil || !found {
			return err
		}
		for _, key := range p.Documents {
			if err := removeDocument(tx, key); err != nil {
				return err
			}
		}
		return processes.delete(tx, id)
	})
	return found, err
}

// deleteDocument removes one document, from its process too; found tells whether it was there.
func (s *state) deleteDocument(id string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		var d document
		if d, found, err = documents.get(tx, id); err != nil || !found {
			return err
		}
		if err := removeDocument(tx, id); err != nil {
			return err
		}
		p, owned, err := processes.get(tx, d.Process)
		if err != nil || !owned {
			return err
		}
		p.Documents = slices.DeleteFunc(p.Documents, func(key string) bool { return key == id })
		return processes.put(tx, p.ID, p)
	})
	return found, err
}

func removeDocument(tx *bolt.Tx, id string) error {
	if err := deleteContent(tx, id); err != nil {
		return err
	}
	return documents.delete(tx, id)
}
