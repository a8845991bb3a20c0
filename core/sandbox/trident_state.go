package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/sandbox/pades"
)

// Result statuses of a process; see "Obtain the Result of a Document Signature Process" (Safelayer). Before its end a process has none.
const (
	finished        = "finished"
	failed          = "failed"
	failedDocuments = "failed_documents"
	canceled        = "canceled"
)

// Signing identities: a key on the server, and one in a phone.
const (
	serverIdentity = "server"
	mobileIdentity = "mobile"
)

// process is a TRIDENT signature process.
type process struct {
	ID        string            `json:"id"`
	Task      string            `json:"task"`
	Type      string            `json:"type"`
	Labels    [][]string        `json:"labels,omitempty"`
	Callback  string            `json:"callback"`
	SkipRead  bool              `json:"skip_read,omitempty"`
	Agreement []byte            `json:"agreement,omitempty"` // HTML of the application, which is not trusted
	Signature signatureSettings `json:"signature"`           // for documents without settings of their own
	Documents []string          `json:"documents"`
	Created   time.Time         `json:"created"`

	// How far the signer is.
	Identity string `json:"identity,omitempty"`
	HasRead  bool   `json:"has_read,omitempty"`
	FailSome bool   `json:"fail_some,omitempty"` // set by the practice button fail-some: only the first document is signed

	Result processResult `json:"result"`
}

// needsReading reports whether the signer must still confirm that the documents were read. The application can waive that for the server
// identity only, by views.document_agreement.skip_server_id; see "Execute a document signature process" (Safelayer).
func (p process) needsReading() bool {
	return !p.HasRead && !(p.SkipRead && p.Identity == serverIdentity)
}

// stepBack undoes the last step, after an identity was chosen.
func (p *process) stepBack() {
	if p.HasRead {
		p.HasRead = false
	} else {
		p.Identity = ""
	}
}

// document is a document of a process. Its bytes, which signing replaces, are stored separately.
type document struct {
	ID      string        `json:"id"`
	Process string        `json:"process"` // "" for a document of a batch that no process uses yet
	Name    string        `json:"name"`
	Result  processResult `json:"result"`

	// Batch marks a document that was created by itself. It stays when its process is deleted.
	Batch      bool                `json:"batch,omitempty"`
	Created    time.Time           `json:"created,omitzero"`
	Signatures []signatureSettings `json:"signatures,omitempty"` // the signatures to be made; empty means the one of the process
}

// unusedLife is how long a document may exist without a process.
const unusedLife = 24 * time.Hour

// expired reports whether d has existed for too long without a process.
func (d document) expired(now time.Time) bool {
	return d.Batch && d.Process == "" && !now.Before(d.Created.Add(unusedLife))
}

// processResult is the result of a process or of one of its documents. Status is "" until the process has ended.
type processResult struct {
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// documentResult is the result of signing a document. Signed is nil when that failed.
type documentResult struct {
	Document string
	Result   processResult
	Signed   []byte
}

// addProcess stores a process together with its only document.
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

// addBatch stores a process for the existing documents in p.Documents, and returns their records. The error is a badRequest when one of
// them cannot be used; then nothing is stored.
func (s *state) addBatch(p process, now time.Time) (list []document, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		size := 0
		for _, id := range p.Documents {
			d, found, err := documents.get(tx, id)
			switch {
			case err != nil:
				return err
			case !found || d.expired(now):
				return badRequest("documents: the document " + strconv.Quote(id) + " does not exist, or it was deleted")
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

// addDocument stores a document for a later process, and deletes documents that have expired.
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

// process returns a process and those of its documents that still exist.
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

// document returns a document. found is false when it does not exist or has expired.
func (s *state) document(id string, now time.Time) (d document, found bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		d, found, err = documents.get(tx, id)
		found = found && !d.expired(now)
		return err
	})
	return d, found, err
}

// changeProcess calls the function change with a process, and stores the process as it is then. It does nothing when the process has
// ended or does not exist.
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

// endProcess stores the results of a process and its documents, and the signed bytes. It does nothing when the process has ended or does
// not exist: when two tabs end it, the first one counts.
func (s *state) endProcess(id string, result processResult, results []documentResult) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		p, found, err := processes.get(tx, id)
		if err != nil || !found || p.Result.Status != "" {
			return err
		}
		for _, o := range results {
			d, found, err := documents.get(tx, o.Document)
			if err != nil {
				return err
			}
			if !found {
				continue // it was deleted meanwhile
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

// deleteProcess deletes a process and the document that was created with it. Documents of a batch stay. found reports whether the process
// existed.
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

// deleteDocument deletes a document, and its id from the list of its process. found reports whether the document existed.
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

// signature returns the description of a signature by signer at the time now, for package pades.
func (s signatureSettings) signature(now time.Time, signer person) pades.Signature {
	made := pades.Signature{Field: s.Field, Reason: s.Reason, Location: s.Location, Contact: s.Contact, Time: now}
	if s.Box == nil {
		return made
	}
	box := *s.Box
	values := map[string]string{"subject": signer.Name, "date": formatTime(now), "location": s.Location}
	for _, d := range s.Details {
		box.Lines = append(box.Lines, d.Title+values[d.Type])
	}
	if len(box.Lines) == 0 {
		box.Lines = []string{"Signed by " + signer.Name, values["date"]}
	}
	made.Box = &box
	return made
}

// signatureSettings describe a signature, as stored until it is made. The names of Box's fields are part of the stored form.
type signatureSettings struct {
	Field    string          `json:"field,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Location string          `json:"location,omitempty"`
	Contact  string          `json:"contact,omitempty"`
	Box      *pades.Box      `json:"box,omitempty"`
	Details  []signatureLine `json:"details,omitempty"`
}

// signatureLine is a line of a visible signature: a title and a value, which Type names (subject, date or location).
type signatureLine struct {
	Type  string `json:"type"`
	Title string `json:"title"`
}

// Bounds of a batch: the documents of a process, their bytes together (they are signed in memory), and the signatures of a document.
const (
	maxBatch       = 100
	maxBatchBytes  = 256 << 20
	maxDefinitions = 10
)
