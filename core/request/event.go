package request

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"time"
)

// ID names a request. It is a UUID of version 7, so that ids sort by creation time.
type ID string

// OfficeID stands for the id of a request in the events of an office that belong to no request. No request has it.
const OfficeID ID = "office"

// EventKind is the kind of an [Event]: what happened.
type EventKind string

// The kinds of events. The comment of each names the field of [Event] that carries its
// details; a kind without such a field has none.
const (
	KindAdded          EventKind = "added"           // Added: the request was created
	KindLaunched       EventKind = "launched"        // Visit: the gateway is ready for the browser
	KindLaunchFailed   EventKind = "launch_failed"   // Reason: preparing the visit failed; the request stays pending
	KindOpened         EventKind = "opened"          // the browser was opened at the gateway, or the address was shown
	KindOpenFailed     EventKind = "open_failed"     // Reason: the browser did not start; the visit's address still works
	KindReturned       EventKind = "returned"        // Return: the browser came back
	KindAnswered       EventKind = "answered"        // Answer: something was learned about the outcome
	KindStored         EventKind = "stored"          // Stored: a signed file was stored in the home
	KindTrouble        EventKind = "trouble"         // Reason: asking the gateway, or fetching or deleting a file, failed for now
	KindDiscarded      EventKind = "discarded"       // the gateway's copies were deleted or given up on; VisitID is set for an earlier visit
	KindWithdrawn      EventKind = "withdrawn"       // Reason: a person took the request back
	KindReopened       EventKind = "reopened"        // a new attempt began
	KindEdited         EventKind = "edited"          // Edited: the title, reference or due date changed
	KindDetailsChanged EventKind = "details_changed" // Details: the gateway, the people or the signature of a pending request changed
	KindReviewed       EventKind = "reviewed"        // Reviewed: a person accepted the outcome or sent it back
	KindVouched        EventKind = "vouched"         // Vouched: a person vouches for a stored file that could not be checked

	KindFileDamaged  EventKind = "document_damaged"  // FileCheck: a stored file was found altered or missing
	KindFileRestored EventKind = "document_restored" // FileCheck: a file that was damaged is again what it was when it was stored
	KindReturnLost   EventKind = "return_lost"       // VisitID, Port, Reason: another program has the port of the visit's return address
	KindReturnHeard  EventKind = "return_heard"      // VisitID, Port: the desk listens on that port again
	KindReplaced     EventKind = "replaced"          // ReplacedBy: another request was added in place of this one
	KindArchived     EventKind = "archived"          // Reason: a person put the request away; the reason may be empty
	KindUnarchived   EventKind = "unarchived"        // a person took the request out of the archive
)

// NeedsPerson reports whether events of a kind say what a person did, so that an office wants to know who.
func (k EventKind) NeedsPerson() bool {
	switch k {
	case KindWithdrawn, KindReopened, KindEdited, KindDetailsChanged, KindReviewed, KindVouched, KindArchived, KindUnarchived:
		return true
	}
	return false
}

// Event is one thing that happened to a request. Events are never changed once they are
// written; [Fold] computes the request from them.
type Event struct {
	Seq  int       `json:"seq"` // position in the request's history, from 1 without gaps
	At   time.Time `json:"at"`
	Kind EventKind `json:"kind"`
	By   string    `json:"by,omitempty"`   // account of the person on this machine, or in an office their login; empty if no person did it
	Desk string    `json:"desk,omitempty"` // the desk of an office at which it happened; empty in a home of its own

	Added    *Added         `json:"added,omitempty"`
	Edited   *Edited        `json:"edited,omitempty"`
	Details  *DetailsChange `json:"details,omitempty"`
	Visit    *Visit         `json:"visit,omitempty"`
	Return   *Return        `json:"return,omitempty"`
	Answer   *Answer        `json:"answer,omitempty"`
	Stored   *Stored        `json:"stored,omitempty"`
	Reviewed *Reviewed      `json:"reviewed,omitempty"`
	Vouched  *Vouched       `json:"vouched,omitempty"`

	FileCheck *FileCheck `json:"file_check,omitempty"`

	Reason  string  `json:"reason,omitempty"` // an English sentence, or a person's words
	Cause           // of Reason; zero in older events and for a person's words
	VisitID VisitID `json:"ticket,omitempty"`
	Port    int     `json:"port,omitempty"` // of the return address

	ReplacedBy ID `json:"replaced_by,omitempty"`

	// Brought is set for an event of a home that has brought its requests along into an office: that it happened is the word of the desk. By is
	// the person who has brought it then.
	Brought *Brought `json:"brought,omitempty"`
}

// Brought is what an event had before a desk brought it along into its office.
type Brought struct {
	By string `json:"by,omitempty"` // the account of the person on that machine; empty if no person did it
}

// DoneBy returns the person who did it: for what was brought along into an office, the one of that time.
func (e Event) DoneBy() string {
	if e.Brought != nil {
		return e.Brought.By
	}
	return e.By
}

// IsAddressShown reports whether the event says that a person was given the address of a visit
// instead of a browser. Events without a code have a reason in this case alone.
func (e Event) IsAddressShown() bool {
	return e.Kind == KindOpened && (e.Code == CodeAddressShown || e.Code == "" && e.Reason != "")
}

// Added is the content of a new request. It has at least one document, or, as RemoteID, the id of
// a signature request that exists at the gateway already.
type Added struct {
	Title          string            `json:"title"`
	Reference      string            `json:"reference,omitempty"`
	Gateway        string            `json:"gateway"`       // name of the profile
	Due            string            `json:"due,omitempty"` // date in the form 2006-01-02
	RemoteID       string            `json:"remote_id,omitempty"`
	Documents      []Original        `json:"documents,omitempty"`
	Signers        []Signer          `json:"signers,omitempty"`
	CopyRecipients []CopyRecipient   `json:"copies,omitempty"`
	Signature      *SignatureOptions `json:"signature,omitempty"`
	Replaces       ID                `json:"replaces,omitempty"` // the request that this one was added in place of
	// Practice is true if Gateway was a practice gateway, and false if it was a real one; see [StatePractice]. Older events
	// have nil, and then [IsPracticeName] decides.
	Practice *bool `json:"practice,omitempty"`
	// Positions are where the signatures of the documents go, in their order, in place of the position in Signature. An empty one
	// leaves that as it is. There may be fewer than documents.
	Positions []SignaturePosition `json:"positions,omitempty"`
}

// Edited holds the descriptive properties of a request, which people may change in any
// status. All three replace the previous values.
type Edited struct {
	Title     string `json:"title"`
	Reference string `json:"reference,omitempty"`
	Due       string `json:"due,omitempty"` // date in the form 2006-01-02
}

// DetailsChange is a change of how a pending request is to be signed. From repeats what the request had, so that a
// history can show both without folding the events before it.
type DetailsChange struct {
	From SigningDetails `json:"from"`
	To   SigningDetails `json:"to"`
	// Practice is for To what [Added.Practice] is for the gateway of a new request. It counts only if the
	// gateway has changed.
	Practice *bool `json:"practice,omitempty"`
}

// SigningDetails are how a request is to be signed: at which gateway, by whom, and with which look of the signature.
type SigningDetails struct {
	Gateway        string            `json:"gateway"` // name of the profile
	Signers        []Signer          `json:"signers,omitempty"`
	CopyRecipients []CopyRecipient   `json:"copies,omitempty"`
	Signature      *SignatureOptions `json:"signature,omitempty"` // nil leaves the look to the profile
	// Positions are where the signatures of single documents go, as in [Added].
	Positions []SignaturePosition `json:"positions,omitempty"`
}

// Equal reports whether the details are the same.
func (d SigningDetails) Equal(other SigningDetails) bool {
	return d.Gateway == other.Gateway && slices.Equal(d.Signers, other.Signers) && slices.Equal(d.CopyRecipients, other.CopyRecipients) &&
		reflect.DeepEqual(d.Signature, other.Signature) &&
		slices.EqualFunc(d.Positions, other.Positions, func(a, b SignaturePosition) bool { return reflect.DeepEqual(a, b) })
}

// Original identifies the file of a document as it was added, before any signature.
type Original struct {
	Name   string `json:"name"` // file name for display; never used as a path
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// Signer is a person who is asked to sign.
type Signer struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Number  string `json:"number"`  // national identification number
}

// CopyRecipient is a person who receives the signed file but does not sign.
type CopyRecipient struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// SignatureOptions is how the signatures of one request are to look. An empty or nil field
// leaves the choice to the gateway's profile.
type SignatureOptions struct {
	Reason    string     `json:"reason,omitempty"`
	Field     string     `json:"field,omitempty"` // name of the signature field in the PDF
	Page      string     `json:"page,omitempty"`  // a number from 1, or "last"
	Rectangle *Rectangle `json:"rectangle,omitempty"`
}

// SignaturePosition is where the signature of one document goes. Page and Rectangle are as in [SignatureOptions].
type SignaturePosition struct {
	Page      string     `json:"page,omitempty"`
	Rectangle *Rectangle `json:"rectangle,omitempty"`
}

// Rectangle is the position of a signature on its page, in the coordinates of that page (ISO 32000-1,
// 8.3.2.3): usually PDF points from its lower left corner, before it is turned.
type Rectangle struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// VisitID names a visit and does not give its ticket away: it is "sha256:" and the SHA-256 of the ticket in
// hexadecimal. Events hold ids of visits and never tickets, because they are handed on: in evidence packs,
// exports and backups. Events of schemas before 7 have the ticket in the same place. Decoding such an event
// returns the id that belongs to the ticket.
type VisitID string

const visitIDPrefix = "sha256:"

// VisitIDOf returns the id of the visit with that ticket.
func VisitIDOf(ticket string) VisitID {
	sum := sha256.Sum256([]byte(ticket))
	return VisitID(visitIDPrefix + hex.EncodeToString(sum[:]))
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It accepts an id, or the ticket of an older event.
func (v *VisitID) UnmarshalText(text []byte) error {
	*v = visitIDFrom(string(text))
	return nil
}

// visitIDFrom returns the id that an event has as text.
func visitIDFrom(text string) VisitID {
	if text == "" || strings.HasPrefix(text, visitIDPrefix) {
		return VisitID(text)
	}
	return VisitIDOf(text)
}

// Visit is one trip of a browser to a gateway, for one or more requests. Each of these
// requests records the same visit.
type Visit struct {
	ID        VisitID          `json:"ticket"`
	Gateway   string           `json:"gateway"`
	Requests  []ID             `json:"requests"`
	ProcessID string           `json:"process_id,omitempty"` // the gateway's id for the whole visit, if it has one
	RemoteIDs map[ID]RemoteIDs `json:"sessions,omitempty"`   // the gateway's ids for the parts of each request
	Notes     []string         `json:"notes,omitempty"`      // oddities in the gateway's answers, in English
	// URL is where the browser is sent, and ReturnURL where the gateway sends it back. Whoever has one of them may
	// act as the browser, so neither is encoded with the visit: package ledger keeps both, in the home that began
	// the visit and while a return can still change a request. They are empty otherwise.
	URL       string `json:"-"`
	ReturnURL string `json:"-"`
	// Unheard is set by package ledger if a return is awaited that would not be heard in this home: the visit
	// began in another home or before a backup was restored, or its ticket is in events that were exported.
	Unheard bool `json:"-"`
	// Desk is the desk of an office at which the visit began. Package ledger sets it where it returns a single visit.
	Desk string `json:"-"`
	// Practice is true if Gateway was a practice gateway when the visit began, and false if it was a real one. If nil,
	// it was what it had been when the request was added.
	Practice *bool `json:"practice,omitempty"`
	// NoteCauses are the causes of Notes, in the same order. Older events have none.
	NoteCauses []Cause `json:"note_causes,omitempty"`
}

// AddNotes appends the texts of notes to Notes, and their causes to NoteCauses. The two must have the
// same length before.
func (v *Visit) AddNotes(notes []Sentence) {
	for _, n := range notes {
		v.Notes, v.NoteCauses = append(v.Notes, n.Text), append(v.NoteCauses, n.Cause)
	}
}

// NoteSentences returns the notes with their causes.
func (v Visit) NoteSentences() []Sentence {
	var all []Sentence
	for i, text := range v.Notes {
		n := Sentence{Text: text}
		if i < len(v.NoteCauses) {
			n.Cause = v.NoteCauses[i]
		}
		all = append(all, n)
	}
	return all
}

// RemoteIDs are the gateway's ids for one request of a visit. The slices follow the
// order of the request's documents.
type RemoteIDs struct {
	Request     string   `json:"remote_id,omitempty"`  // the request
	Documents   []string `json:"documents,omitempty"`  // each document
	Signatures  []string `json:"signatures,omitempty"` // each document's signature request, where the gateway has a separate id for it
	ContentURLs []string `json:"contents,omitempty"`   // URL of each document's bytes; empty where the gateway names none
}

// Return is what the browser brought back from a visit. It is a hint only: anyone can
// type the return address.
type Return struct {
	VisitID VisitID             `json:"ticket"`
	Query   map[string][]string `json:"query,omitempty"` // of the return address; the listener bounds its size
	Code    string              `json:"word,omitempty"`  // the gateway's status code in the query, if any
	// Rejection is why the return is not believed, for example because it names another
	// signing process. Such a return is recorded and shown, but changes nothing.
	Rejection string `json:"refuse,omitempty"`
	Cause            // of Rejection
	// Deviation is how the browser's request differed from one for the return address; empty if it did not.
	Deviation Deviation `json:"deviation,omitempty"`
	// CannotAsk is set if the return does not say how the visit ended, and the gateway cannot be asked.
	CannotAsk bool `json:"cannot_ask,omitempty"`
}

// Deviation is how the HTTP request of a browser that came back differed from one for the return address. Gateways, and programs
// between a gateway and the browser, change addresses.
type Deviation string

// The deviations. The last three keep a return from being read.
const (
	DeviatesInPath   Deviation = "path"   // slashes, the case of letters, or a session id of a Java server
	DeviatesInQuery  Deviation = "query"  // the parameters follow the ticket in another way than behind a question mark, or are escaped once more
	DeviatesInMethod Deviation = "posted" // a form was posted
	DeviatesInPort   Deviation = "port"   // the Host header has another port or none: another program passed the request on
	DeviatesInLength Deviation = "length" // more was added to the address than is read
	DeviatesUnread   Deviation = "unread" // what was added to the address has no meaning, or more than one
)

// IsRead reports whether a return with the deviation was read. If not, it only says that the browser came back.
func (d Deviation) IsRead() bool {
	return d == "" || d == DeviatesInPath || d == DeviatesInQuery || d == DeviatesInMethod
}

// Answer is what the desk learned about the outcome of one visit for one request, from the browser,
// the gateway or the signed files: Evidence says from which.
type Answer struct {
	VisitID   VisitID          `json:"ticket"`
	Status    Status           `json:"status"` // Signing if the gateway's code is unknown here
	Code      string           `json:"word,omitempty"`
	Message   string           `json:"message,omitempty"` // of the gateway, or an English sentence if Cause has a code
	Cause                      // of Message; zero if the words are the gateway's
	Evidence  Evidence         `json:"evidence"`
	Documents []DocumentResult `json:"documents,omitempty"` // in the order of the request's documents
	NextStep  Step             `json:"next,omitempty"`
}

// DocumentResult is the gateway's answer about one document.
type DocumentResult struct {
	Code    string `json:"word,omitempty"`
	Message string `json:"message,omitempty"`
	Signed  bool   `json:"signed,omitempty"`
}

// Stored describes a signed file that was stored in the home, and what its check found.
type Stored struct {
	VisitID  VisitID `json:"ticket,omitempty"` // the request's visit when the file was stored, also if a person attached it; Fold does not require it
	Document int     `json:"document"`         // index into the request's documents; 0 if it has none
	SHA256   string  `json:"sha256"`
	Size     int64   `json:"size"` // bytes
	// Proves is set if the file begins with the bytes that were sent and carries an
	// intact signature made after them.
	Proves  bool   `json:"proves,omitempty"`
	Problem string `json:"problem,omitempty"` // why the file proves nothing; empty if it does
	Cause          // of Problem
	// Unchecked is set if this program could not find out whether the file proves the signature, so that
	// nothing is known against it.
	Unchecked bool `json:"unchecked,omitempty"`
	// Changes lists what the signed file changes in the sent one besides the signature, most
	// serious first. The values are those of the type Change of package pdf. All changes were made
	// before the last signature.
	Changes  []string `json:"changed,omitempty"`
	NextStep Step     `json:"next,omitempty"`
}

// Reviewed is a person's judgment of an outcome.
type Reviewed struct {
	Decision Decision `json:"decision"` // Accepted or SentBack
	Note     string   `json:"note,omitempty"`
}

// Vouched is a person's statement that a stored file, which this program could not check, is the
// signed form of a document. It never changes the evidence.
type Vouched struct {
	Document int    `json:"document"` // index into the request's documents; 0 if it has none
	SHA256   string `json:"sha256"`   // of the stored file
	Note     string `json:"note"`     // how the person knows
}

// FileCheck is what a check of a stored file against its digest found. It is about every file of the
// request with this digest.
type FileCheck struct {
	SHA256   string   `json:"sha256"`
	Role     FileRole `json:"role"`
	Document int      `json:"document"`         // index into the request's documents, or into its attached files
	Damage   Damage   `json:"damage,omitempty"` // empty in a [KindFileRestored] event
}

// FileRole is what a stored file is for its request.
type FileRole string

// The roles of files.
const (
	RoleOriginal FileRole = "original"
	RoleSigned   FileRole = "signed"
	RoleAttached FileRole = "attached"
)

// Damage is what became of a stored file after it was stored.
type Damage string

// The kinds of damage. The zero value stands for a file without damage.
const (
	Altered Damage = "altered" // its bytes no longer have the digest that they were stored under
	Missing Damage = "missing" // it is no longer there
)
