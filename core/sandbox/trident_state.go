package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/sandbox/pades"
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
	Agreement []byte            `json:"agreement,omitempty"` // HTML from outside
	Signature signatureSettings `json:"signature"`           // of documents without settings of their own
	Documents []string          `json:"documents"`
	Created   time.Time         `json:"created"`

	// What the signer has done so far.
	Identity string `json:"identity,omitempty"`
	HasRead  bool   `json:"has_read,omitempty"`
	FailSome bool   `json:"fail_some,omitempty"` // a practice control was pressed: all documents but the first are to fail

	Result processResult `json:"result"`
}

// needsReading reports whether the signer must still confirm having read. The confirmation may be waived for
// a server identity only (vendor page "Execute a document signature process", views.document_agreement.skip_server_id).
func (p process) needsReading() bool {
	return !p.HasRead && !(p.SkipRead && p.Identity == serverIdentity)
}

// stepBack is what the button back does on the pages after the choice of an identity.
func (p *process) stepBack() {
	if p.HasRead {
		p.HasRead = false
	} else {
		p.Identity = ""
	}
}

// document is one document of a process. Its bytes are stored beside it, unsigned or signed.
type document struct {
	ID      string        `json:"id"`
	Process string        `json:"process"` // "" for one that was created by itself and is not used yet
	Name    string        `json:"name"`
	Result  processResult `json:"result"`

	// Batch marks a document that was created by itself: it outlives its process.
	Batch      bool                `json:"batch,omitempty"`
	Created    time.Time           `json:"created,omitzero"`
	Signatures []signatureSettings `json:"signatures,omitempty"` // its own definitions
}

// unusedLife is how long a document waits for a process.
const unusedLife = 24 * time.Hour

// expired reports whether d was created by itself and no process used it in time.
func (d document) expired(now time.Time) bool {
	return d.Batch && d.Process == "" && !now.Before(d.Created.Add(unusedLife))
}

// processResult is how a process or a document ended; without a status it has not.
type processResult struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// documentResult is what signing made of one document; Signed is nil where it failed.
type documentResult struct {
	Document string
	Result   processResult
	Signed   []byte
}

// addProcess stores a process with the document that was sent with it.
func (s *state) addProcess(p process, d document, data []byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := documents.put(tx, d.ID, d); err != nil {
			return err
		}
		if err := putContent(tx, d.ID, data); err != nil {
			return err
		}
		return putProcess(tx, p)
	})
}

// addBatch stores a process over documents that were created before, and gives them. An error that is a badRequest
// tells which of them cannot be used.
func (s *state) addBatch(p process, now time.Time) (list []document, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		size := 0
		for _, id := range p.Documents {
			d, found, err := documents.get(tx, id)
			switch {
			case err != nil:
				return err
			case !found || d.expired(now):
				return badRequest("documents: there is no document " + strconv.Quote(id) + ", or it was deleted")
			case !d.Batch:
				return badRequest("documents: " + id + " belongs to a process of one document")
			case d.Process != "":
				return badRequest("documents: " + id + " is already used by a process")
			}
			if size += len(tx.Bucket(contents).Get(contentKey(id))); size > maxBatchBytes {
				return badRequest(fmt.Sprintf("documents: together they are larger than %d MB", maxBatchBytes>>20))
			}
			d.Process = p.ID
			if err := documents.put(tx, id, d); err != nil {
				return err
			}
			list = append(list, d)
		}
		return putProcess(tx, p)
	})
	return list, err
}

func putProcess(tx *bolt.Tx, p process) error {
	if err := moveMisbehavior(tx, nextTrident, p.ID); err != nil {
		return err
	}
	return processes.put(tx, p.ID, p)
}

// addDocument stores a document that no process uses yet, and removes those that waited too long for one.
func (s *state) addDocument(d document, data []byte) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		cursor := tx.Bucket([]byte(documents.name)).Cursor()
		var dead []string
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
			old, _, err := documents.get(tx, string(key))
			if err != nil {
				return err
			}
			if old.expired(d.Created) {
				dead = append(dead, old.ID)
			}
		}
		for _, id := range dead {
			if err := removeDocument(tx, id); err != nil {
				return err
			}
		}
		if err := moveMisbehavior(tx, nextTrident, d.ID); err != nil {
			return err
		}
		if err := putContent(tx, d.ID, data); err != nil {
			return err
		}
		return documents.put(tx, d.ID, d)
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

// document reads one document that has not expired.
func (s *state) document(id string, now time.Time) (d document, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		d, found, err = documents.get(tx, id)
		found = found && !d.expired(now)
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
func (s *state) endProcess(id string, result processResult, outcomes []documentResult) error {
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
			d.Result = o.Result
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

// deleteProcess removes a process; found tells whether it was there. The document that was sent with it goes too,
// those that were created by themselves stay.
func (s *state) deleteProcess(id string) (found bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		var p process
		if p, found, err = processes.get(tx, id); err != nil || !found {
			return err
		}
		for _, key := range p.Documents {
			d, found, err := documents.get(tx, key)
			if err != nil {
				return err
			}
			if !found || d.Batch {
				continue
			}
			if err := removeDocument(tx, key); err != nil {
				return err
			}
		}
		if err := misbehaviors.delete(tx, id); err != nil {
			return err
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
	if err := misbehaviors.delete(tx, id); err != nil {
		return err
	}
	if err := deleteContent(tx, id); err != nil {
		return err
	}
	return documents.delete(tx, id)
}

// signature completes the settings for the moment of signing.
func (s signatureSettings) signature(now time.Time, signer person) pades.Signature {
	made := pades.Signature{Field: s.Field, Reason: s.Reason, Location: s.Location, Contact: s.Contact, Time: now}
	if s.Box == nil {
		return made
	}
	box := *s.Box
	values := map[string]string{"subject": signer.Name, "date": timeForPeople(now), "location": s.Location}
	for _, d := range s.Details {
		box.Lines = append(box.Lines, d.Title+values[d.Type])
	}
	if len(box.Lines) == 0 {
		box.Lines = []string{"Signed by " + signer.Name, values["date"]}
	}
	made.Box = &box
	return made
}

// signatureSettings are the settings of a signature that a process carries until it is made.
type signatureSettings struct {
	Field    string          `json:"field,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Location string          `json:"location,omitempty"`
	Contact  string          `json:"contact,omitempty"`
	Box      *pades.Box      `json:"box,omitempty"`
	Details  []signatureLine `json:"details,omitempty"`
}

// signatureLine is one line of a visible signature: what it tells, and the words before it.
type signatureLine struct {
	Type  string `json:"type"`
	Title string `json:"title"`
}

// Bounds of a batch: how many documents one process may have, how many bytes they may have together, which are
// signed in memory, and how many signatures one document may get.
const (
	maxBatch       = 100
	maxBatchBytes  = 256 << 20
	maxDefinitions = 10
)
