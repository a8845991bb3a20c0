// Package request defines what a request for signature is: its statuses, the events of
// its life, and [Fold], which computes a [Request] from its events.
//
// The package imports the standard library alone. It reads no clock, file or network and
// does not depend on any gateway. All rules about which event may follow which are here:
// a store can replay any history, and no caller can record an event that contradicts it.
package request

import "time"

// Request is the state of a request for signature after the events of its history. Treat it as a
// value that does not change; [Request.Apply] returns the next state.
type Request struct {
	ID            ID         `json:"id"`
	Version       int        `json:"version"` // number of events folded in
	Title         string     `json:"title"`
	Reference     string     `json:"reference,omitempty"`
	Gateway       string     `json:"gateway"`
	Due           string     `json:"due,omitempty"` // date in the form 2006-01-02
	Status        Status     `json:"status"`
	Outcome       *Outcome   `json:"outcome,omitempty"`
	Attempt       int        `json:"attempt"`             // from 1
	RemoteID      string     `json:"remote_id,omitempty"` // the gateway's id in the current attempt
	AddedRemoteID string     `json:"given_id,omitempty"`  // the gateway's id that the request was added with; the same in every attempt
	Documents     []Document `json:"documents,omitempty"`
	// Attached holds the signed files of a request without documents, in the order of
	// their arrival. They prove nothing, since no original is here to compare them with.
	Attached       []SignedFile      `json:"attached,omitempty"`
	Signers        []Signer          `json:"signers,omitempty"`
	CopyRecipients []CopyRecipient   `json:"copies,omitempty"`
	Signature      *SignatureOptions `json:"signature,omitempty"`
	AddedBy        string            `json:"added_by,omitempty"`     // account of the person who added it
	Replaces       ID                `json:"replaces,omitempty"`     // the request that this one was added in place of
	ReplacedBy     ID                `json:"replaced_by,omitempty"`  // the request that was added in place of this one, the newest of several
	Visit          *Visit            `json:"visit,omitempty"`        // visit of the current attempt; nil before the launch
	LaunchedAt     *time.Time        `json:"launched,omitempty"`     // when that visit began
	Desk           string            `json:"desk,omitempty"`         // the desk of an office at which that visit began, and where its browser is; empty in a home of its own
	LaunchedBy     string            `json:"launched_by,omitempty"`  // login of the person who began that visit; empty in a home of its own, where the person is in the event alone
	ReturnedAt     *time.Time        `json:"returned,omitempty"`     // when its browser first came back
	CannotAsk      bool              `json:"cannot_ask,omitempty"`   // the browser came back without an outcome, and the gateway cannot be asked: a person has to find it out
	NotOpened      bool              `json:"not_opened,omitempty"`   // no browser could be started for that visit, and none has come back from it
	LostPort       int               `json:"lost_port,omitempty"`    // port of the visit's return address while another program has it, so that the browser's return is not heard; 0 otherwise
	EndedAt        *time.Time        `json:"ended,omitempty"`        // when the request got its present status; nil unless the request has ended
	Review         *Review           `json:"review,omitempty"`       // review of the present outcome; nil if there is none
	Trouble        string            `json:"trouble,omitempty"`      // the last failure; empty once a later step has succeeded
	TroubleCause   Cause             `json:"trouble_cause,omitzero"` // of Trouble
	NextStep       Step              `json:"next,omitempty"`         // what the desk has to do next
	PendingDeletes []VisitID         `json:"owes,omitempty"`         // earlier visits whose copies at the gateway are still to be deleted
	Practice       bool              `json:"practice,omitempty"`     // its gateway was a practice gateway at the last launch or, before a launch, when it was added
	Archived       *Archived         `json:"archived,omitempty"`     // nil unless a person put it away
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
	// Positions are those of the signatures of single documents; see [Added].
	Positions []SignaturePosition `json:"positions,omitempty"`
}

// SignatureOf returns how the signature of a document is to look, whose index in Documents is given: Signature, with the
// position of the document if it has one of its own. It is nil if nothing is set.
func (r Request) SignatureOf(document int) *SignatureOptions {
	if document >= len(r.Positions) || r.Positions[document] == (SignaturePosition{}) {
		return r.Signature
	}
	var own SignatureOptions
	if r.Signature != nil {
		own = *r.Signature
	}
	own.Page, own.Rectangle = r.Positions[document].Page, r.Positions[document].Rectangle
	return &own
}

// Outcome is what is known about the result of the current attempt.
type Outcome struct {
	Code     string    `json:"word,omitempty"` // the gateway's status code
	Message  string    `json:"message,omitempty"`
	Cause              // of Message; zero if the words are the gateway's
	Evidence Evidence  `json:"evidence"`
	At       time.Time `json:"at"`
	// WithoutFiles is how the outcome is known if the signed files do not count. Evidence falls to it
	// when one of them is damaged.
	WithoutFiles Evidence `json:"without_files,omitempty"`
}

// Confirmed reports whether the outcome is known from the gateway itself or from the
// signed document, and not only from the browser.
func (o Outcome) Confirmed() bool { return o.Evidence.Stronger(ByBrowser) }

// Document is one file of a request and its result in the current attempt.
type Document struct {
	Original
	RemoteID       string      `json:"remote_id,omitempty"`
	Code           string      `json:"result,omitempty"`   // the gateway's status code for this document
	Message        string      `json:"message,omitempty"`  // the gateway's message for this document
	ReportedSigned bool        `json:"expected,omitempty"` // reported as signed, so that there is a signed file to fetch
	Signed         *SignedFile `json:"signed,omitempty"`   // nil until the signed file is stored
	Damage         Damage      `json:"damage,omitempty"`   // of the original
}

// SignedFile is a signed document that is stored in the home. See [Stored] for its fields.
type SignedFile struct {
	SHA256    string   `json:"sha256"`
	Size      int64    `json:"size"`
	Proves    bool     `json:"proves,omitempty"`
	Problem   string   `json:"problem,omitempty"`
	Cause              // of Problem
	Unchecked bool     `json:"unchecked,omitempty"`
	Changes   []string `json:"changed,omitempty"`
	Voucher   *Voucher `json:"voucher,omitempty"` // nil unless a person vouches for this file
	Damage    Damage   `json:"damage,omitempty"`  // what became of the file since; the other fields say what it was
}

// IsProof reports whether the file proves the signature and is still as it was stored.
func (f SignedFile) IsProof() bool { return f.Proves && f.Damage == "" }

// Voucher is the statement of a person who vouches for a file that this program could not check. Note is how that
// person knows what the file is.
type Voucher struct {
	By   string    `json:"by,omitempty"` // account of the person
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// FileState is how far the signed files of a request, taken together, prove its signatures.
type FileState int

// The states of files, the best first.
const (
	FilesProve     FileState = iota // each stored file proves its signature
	FilesVouched                    // some could not be checked here, and a person vouches for each of these
	FilesUnchecked                  // some could not be checked here
	FilesDisproved                  // some were checked and do not prove a signature of what was sent
	FilesDamaged                    // some are altered or missing, so that they prove nothing any more
)

// FileState returns the worst state of the signed files of r.Documents. It is [FilesProve] if none is
// stored. Attached files do not count.
func (r Request) FileState() FileState {
	worst := FilesProve
	for _, d := range r.Documents {
		if d.Signed != nil {
			worst = max(worst, d.Signed.state())
		}
	}
	return worst
}

func (f SignedFile) state() FileState {
	switch {
	case f.Damage != "":
		return FilesDamaged
	case f.Proves:
		return FilesProve
	case !f.Unchecked:
		return FilesDisproved
	case f.Voucher == nil:
		return FilesUnchecked
	}
	return FilesVouched
}

// Reopenable reports whether a new attempt may follow. It may if the request ended
// without all its signatures, or if only the browser says that it was signed.
func (r Request) Reopenable() bool {
	return r.Status.Reopenable() || r.Status == Signed && !r.Outcome.Confirmed()
}

// SigningDetails returns how the request is to be signed, or was in its last attempt.
func (r Request) SigningDetails() SigningDetails {
	return SigningDetails{Gateway: r.Gateway, Signers: r.Signers, CopyRecipients: r.CopyRecipients, Signature: r.Signature, Positions: r.Positions}
}

// AwaitsReturn reports whether the browser may still come back from the present visit and change the
// request: while it is being signed, and after a failure that only the browser reported, because a signer who
// goes back in the browser can still sign.
func (r Request) AwaitsReturn() bool {
	return r.Visit != nil && (r.Status == Signing || r.Status == Failed && r.Outcome != nil && !r.Outcome.Confirmed())
}

// HearsReturn reports whether the request is being signed and, as far as is known, its browser is heard
// when it comes back.
func (r Request) HearsReturn() bool {
	return r.Status == Signing && r.LostPort == 0 && (r.Visit == nil || !r.Visit.Unheard)
}

// LaunchFailed reports whether the last attempt to send a browser to the gateway failed: the visit could not be
// prepared, or no browser could be started for it. Trouble has the reason.
func (r Request) LaunchFailed() bool {
	return r.Status == Pending && r.Trouble != "" || r.Status == Signing && r.NotOpened
}

// HasPendingWork reports whether the desk still has something to do for the request: a next step, or
// copies of an earlier visit to delete at the gateway.
func (r Request) HasPendingWork() bool { return r.NextStep != StepNone || len(r.PendingDeletes) > 0 }

// Decision returns the decision about the present outcome, [Undecided] if nobody has
// reviewed it, and "" if the request has not ended.
func (r Request) Decision() Decision {
	switch {
	case !r.Status.Ended():
		return ""
	case r.Review == nil:
		return Undecided
	}
	return r.Review.Decision
}

// IsToDo reports whether a person sent the present outcome back, and no other request was added in place of this
// one since.
func (r Request) IsToDo() bool { return r.Decision() == SentBack && !r.Review.Replaced }

// Concerns reports whether a person of an office added the request or launched its visit. A request concerns everybody if person is empty, as it
// is in a home of its own.
func (r Request) Concerns(person string) bool {
	return person == "" || r.AddedBy == person || r.LaunchedBy == person
}

// MissingFiles returns the indexes of the documents that are reported as signed and
// whose signed file is not stored yet, or is damaged.
func (r Request) MissingFiles() []int {
	var missing []int
	for i, d := range r.Documents {
		if d.ReportedSigned && (d.Signed == nil || d.Signed.Damage != "") {
			missing = append(missing, i)
		}
	}
	return missing
}
