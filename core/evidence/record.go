package evidence

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"countersign/core/request"
)

// Record is a request in JSON, for scripts.
type Record struct {
	ID        request.ID       `json:"id"`
	Title     string           `json:"title"`
	Reference string           `json:"reference,omitempty"`
	Gateway   string           `json:"gateway"`
	Status    request.Status   `json:"status"`
	Outcome   *OutcomeRecord   `json:"outcome,omitempty"`
	Attempt   int              `json:"attempt"`
	RemoteID  string           `json:"remote_id,omitempty"`
	Due       string           `json:"due,omitempty"`
	Documents []DocumentRecord `json:"documents,omitempty"`
	Attached  []SignedRecord   `json:"attached,omitempty"` // signed files of a request without documents
	Review    *ReviewRecord    `json:"review,omitempty"`
	AddedBy   string           `json:"added_by,omitempty"`
	// Desk is the desk of an office where the browser of the present visit is, and LaunchedBy who began that visit.
	Desk       string `json:"desk,omitempty"`
	LaunchedBy string `json:"launched_by,omitempty"`
	Practice   bool   `json:"practice,omitempty"` // it has no legal value, since its gateway is a practice gateway
	Archived   bool   `json:"archived,omitempty"` // a person put it away
	// Replaces is the request that this one was added in place of, and ReplacedBy the one that was added in place of this one.
	Replaces   request.ID `json:"replaces,omitempty"`
	ReplacedBy request.ID `json:"replaced_by,omitempty"`
	Trouble    string     `json:"trouble,omitempty"`
	// TroubleCause is the code and the arguments of Trouble, from which it can be said in any language.
	TroubleCause request.Cause `json:"trouble_cause,omitzero"`
	// LostPort is the port of the return address while another program has it; the browser is not heard when it comes back.
	LostPort int `json:"lost_port,omitempty"`
	// Hidden are sentences about texts with characters that cannot be seen, as in [request.Request.Hidden].
	Hidden    []SentenceRecord `json:"hidden,omitempty"`
	CreatedAt time.Time        `json:"created_at"`
	UpdatedAt time.Time        `json:"updated_at"`
}

// SentenceRecord is a sentence in English with its cause, from which it can be said in any language.
type SentenceRecord struct {
	Text string `json:"text"`
	request.Cause
}

// OutcomeRecord is the outcome in a [Record].
type OutcomeRecord struct {
	Code      string           `json:"word,omitempty"`
	Message   string           `json:"message"`
	Confirmed bool             `json:"confirmed"`
	Evidence  request.Evidence `json:"evidence"`
	At        time.Time        `json:"at"`
}

// ReviewRecord is the review in a [Record].
type ReviewRecord struct {
	Decision request.Decision `json:"decision"`
	Note     string           `json:"note"`
	By       string           `json:"by"`
	At       time.Time        `json:"at"`
}

// DocumentRecord is a document of a [Record].
type DocumentRecord struct {
	Name    string        `json:"name"`
	SHA256  string        `json:"sha256"`
	Size    int64         `json:"size"` // bytes
	Result  string        `json:"result,omitempty"`
	Message string        `json:"message,omitempty"`
	Signed  *SignedRecord `json:"signed,omitempty"`
	// Damage is what became of the original in the home: altered or missing; empty for one that is as it was added.
	Damage request.Damage `json:"damage,omitempty"`
}

// SignedRecord is a signed file in a [Record]. Path is where it is on this machine; it is empty in exports.
type SignedRecord struct {
	Path          string `json:"path,omitempty"`
	SHA256        string `json:"sha256"`
	Size          int64  `json:"size"` // bytes
	Problem       string `json:"problem,omitempty"`
	request.Cause        // the cause of Problem
	Unchecked     bool   `json:"unchecked,omitempty"` // Problem says only that this program could not check the file
	// Voucher is who vouches for a file that could not be checked.
	Voucher *request.Voucher `json:"voucher,omitempty"`
	// Changed are the kinds of visible changes to the document between sending and signing, as countersign/core/pdf names them.
	Changed []string `json:"changed,omitempty"`
	// Damage is what became of the file in the home: altered or missing; empty for one that is as it was stored.
	Damage request.Damage `json:"damage,omitempty"`
}

// RecordOf returns the record of a request. The function pathOf returns the path of a signed file by its SHA-256. If pathOf
// is nil, the record has no paths.
func RecordOf(r request.Request, pathOf func(digest string) string) Record {
	signed := func(s request.SignedFile) SignedRecord {
		record := SignedRecord{SHA256: s.SHA256, Size: s.Size, Problem: s.Problem, Cause: s.Cause, Unchecked: s.Unchecked, Voucher: s.Voucher, Changed: s.Changes, Damage: s.Damage}
		if pathOf != nil {
			record.Path = pathOf(s.SHA256)
		}
		return record
	}
	record := Record{
		ID: r.ID, Title: r.Title, Reference: r.Reference, Gateway: r.Gateway, Status: r.Status,
		Attempt: r.Attempt, RemoteID: r.RemoteID, Due: r.Due, Trouble: r.Trouble, TroubleCause: r.TroubleCause, LostPort: r.LostPort,
		AddedBy: r.AddedBy, Desk: r.Desk, LaunchedBy: r.LaunchedBy, Replaces: r.Replaces, ReplacedBy: r.ReplacedBy, Practice: r.Practice, Archived: r.Archived != nil,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if o := r.Outcome; o != nil {
		record.Outcome = &OutcomeRecord{Code: o.Code, Message: o.Message, Confirmed: o.Confirmed(), Evidence: o.Evidence, At: o.At}
	}
	if v := r.Review; v != nil {
		record.Review = &ReviewRecord{Decision: v.Decision, Note: v.Note, By: v.By, At: v.At}
	}
	for _, s := range r.Hidden() {
		record.Hidden = append(record.Hidden, SentenceRecord{s.Text, s.Cause})
	}
	for _, s := range r.Attached {
		record.Attached = append(record.Attached, signed(s))
	}
	for _, doc := range r.Documents {
		d := DocumentRecord{Name: doc.Name, SHA256: doc.SHA256, Size: doc.Size, Result: doc.Code, Message: doc.Message, Damage: doc.Damage}
		if doc.Signed != nil {
			s := signed(*doc.Signed)
			d.Signed = &s
		}
		record.Documents = append(record.Documents, d)
	}
	return record
}

// jsonTable is the [Table] that writes a JSON array, with one [Record] on each line.
type jsonTable struct {
	out     io.Writer
	hasRows bool
}

func (t *jsonTable) AppendRow(b []byte, r *request.Request) ([]byte, error) {
	record, err := json.Marshal(RecordOf(*r, nil))
	if err != nil {
		return nil, fmt.Errorf("write request %s as JSON: %w", r.ID, err)
	}
	return append(b, record...), nil
}

func (t *jsonTable) AddRow(row []byte) error {
	before := ",\n"
	if !t.hasRows {
		before, t.hasRows = "[\n", true
	}
	if _, err := io.WriteString(t.out, before); err != nil {
		return err
	}
	_, err := t.out.Write(row)
	return err
}

func (t *jsonTable) Close() error {
	end := "\n]\n"
	if !t.hasRows {
		end = "[]\n"
	}
	_, err := io.WriteString(t.out, end)
	return err
}
