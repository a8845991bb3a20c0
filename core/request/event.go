package request

import "time"

// ID names a request: a UUID version 7, so that ids sort by creation.
type ID string

// Kind says what happened in an [Event].
type Kind string

// What can happen to a request. The payload that belongs to each kind is the
// field of [Event] of the same name; kinds without one say it all.
const (
	KindAdded        Kind = "added"         // Added: put on the desk
	KindLaunched     Kind = "launched"      // Visit: a session waits at the gateway
	KindLaunchFailed Kind = "launch_failed" // Reason: the session could not be prepared; still pending
	KindOpened       Kind = "opened"        // the browser was sent to the gateway, or its address was shown
	KindOpenFailed   Kind = "open_failed"   // Reason: the browser did not start; the address still works
	KindReturned     Kind = "returned"      // Return: the browser came back
	KindAnswered     Kind = "answered"      // Answer: what is now known of the outcome
	KindStored       Kind = "stored"        // Stored: a signed file is here
	KindTrouble      Kind = "trouble"       // Reason: the gateway could not be asked, or a file not be fetched, yet
	KindDiscarded    Kind = "discarded"     // the gateway's copy was deleted, or is not going to be; Ticket: of an earlier visit
	KindWithdrawn    Kind = "withdrawn"     // Reason: taken back here
	KindReopened     Kind = "reopened"      // a new attempt
	KindEdited       Kind = "edited"        // Edited: its title, reference or due date is another
	KindReviewed     Kind = "reviewed"      // Reviewed: a person accepted the outcome, or sent it back
)

// Event is one thing that happened to a request. Events are never changed once
// written; a request is what its events fold to.
type Event struct {
	Seq  int       `json:"seq"` // 1, 2, 3 … within the request
	At   time.Time `json:"at"`
	Kind Kind      `json:"kind"`
	By   string    `json:"by,omitempty"` // the person's account on this machine, where a person did it

	Added    *Added    `json:"added,omitempty"`
	Edited   *Edited   `json:"edited,omitempty"`
	Visit    *Visit    `json:"visit,omitempty"`
	Return   *Return   `json:"return,omitempty"`
	Answer   *Answer   `json:"answer,omitempty"`
	Stored   *Stored   `json:"stored,omitempty"`
	Reviewed *Reviewed `json:"reviewed,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Ticket   string    `json:"ticket,omitempty"`
}

// Added is what a request is made of. It has documents of its own, or names one
// signature request that exists at the gateway already (RemoteID), or both.
type Added struct {
	Title     string     `json:"title"`
	Reference string     `json:"reference,omitempty"`
	Gateway   string     `json:"gateway"`
	Due       string     `json:"due,omitempty"` // a date, 2006-01-02
	RemoteID  string     `json:"remote_id,omitempty"`
	Documents []Original `json:"documents,omitempty"`
	Signers   []Signer   `json:"signers,omitempty"`
	Copies    []Copy     `json:"copies,omitempty"`
	Signature *Signature `json:"signature,omitempty"`
}

// Edited is what people may change of a request at any time: what it is called here.
type Edited struct {
	Title     string `json:"title"`
	Reference string `json:"reference,omitempty"`
	Due       string `json:"due,omitempty"` // a date, 2006-01-02
}

// Original is a file as it was added: a label for people and the bytes' digest.
type Original struct {
	Name   string `json:"name"` // a label, never a path
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"` // bytes
}

// Signer is a person asked to sign, for gateways that are told who.
type Signer struct {
	Name    string `json:"name"`
	Email   string `json:"email"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Number  string `json:"number"`  // the national identifier
}

// Copy is a person who receives the signed file and signs nothing.
type Copy struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Signature is how one request's signatures are to look, where that differs from what
// the gateway's profile says. What is empty is left to the profile.
type Signature struct {
	Reason    string     `json:"reason,omitempty"`
	Field     string     `json:"field,omitempty"` // name of the signature field in the PDF
	Page      string     `json:"page,omitempty"`  // a number from 1, or "last"
	Rectangle *Rectangle `json:"rectangle,omitempty"`
}

// Rectangle is a place on a page in PDF points, from its lower left corner.
type Rectangle struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Visit is one trip of a browser to one gateway for one or more requests.
// Every request of a visit records it, each with its own Session.
type Visit struct {
	Ticket    string            `json:"ticket"` // 128 random bits; the last part of the return address
	Gateway   string            `json:"gateway"`
	Requests  []ID              `json:"requests"`
	ProcessID string            `json:"process_id,omitempty"` // the gateway's name for the whole visit, where it has one
	URL       string            `json:"url"`                  // where the browser is sent
	ReturnURL string            `json:"return_url"`           // where it comes back
	Sessions  map[ID]SessionIDs `json:"sessions,omitempty"`   // the gateway's names for each request's parts
	Notes     []string          `json:"notes,omitempty"`      // oddities met while preparing it
}

// SessionIDs are a gateway's own names for one request of a visit.
type SessionIDs struct {
	RemoteID  string   `json:"remote_id,omitempty"` // what the gateway calls the request
	Documents []string `json:"documents,omitempty"` // what it calls each document, in the request's order
	// Signatures are what it calls each document's signature request, where it
	// tells that from the document.
	Signatures []string `json:"signatures,omitempty"`
	Contents   []string `json:"contents,omitempty"` // where it says each document's bytes are; empty where it does not say
}

// Return is what the browser brought back: a hint, since anyone can type the address.
type Return struct {
	Ticket string              `json:"ticket"`
	Query  map[string][]string `json:"query,omitempty"` // bounded by the listener
	Word   string              `json:"word,omitempty"`  // the gateway's word in it, if it has one
	// Refuse says why the return is not believed at all (it names another
	// process, say). Such a return is kept and shown, and changes nothing.
	Refuse string `json:"refuse,omitempty"`
}

// Answer is what is known of the outcome of one visit for one request.
type Answer struct {
	Ticket    string           `json:"ticket"`
	Status    Status           `json:"status"` // Signing where the word is not understood
	Word      string           `json:"word,omitempty"`
	Message   string           `json:"message,omitempty"`
	Evidence  Evidence         `json:"evidence"`
	Documents []DocumentResult `json:"documents,omitempty"` // in the request's order
	Next      Step             `json:"next,omitempty"`
}

// DocumentResult is the gateway's verdict on one document.
type DocumentResult struct {
	Word    string `json:"word,omitempty"`
	Message string `json:"message,omitempty"`
	Signed  bool   `json:"signed,omitempty"`
}

// Stored is a signed file that is now kept here.
type Stored struct {
	Ticket   string `json:"ticket,omitempty"`
	Document int    `json:"document"` // index into the request's documents; 0 where it has none of its own
	SHA256   string `json:"sha256"`
	Size     int64  `json:"size"`
	Proves   bool   `json:"proves,omitempty"`  // begins with the bytes sent and carries an intact signature made after them
	Problem  string `json:"problem,omitempty"` // in words, where it does not
	// Changed is what the file changes in what was sent, besides signing it, the gravest first: kinds that the desk has words for.
	// All of that was there when it was signed.
	Changed []string `json:"changed,omitempty"`
	Next    Step     `json:"next,omitempty"`
}

// Reviewed is what a person makes of an outcome.
type Reviewed struct {
	Decision Decision `json:"decision"` // Accepted or SentBack
	Note     string   `json:"note,omitempty"`
}
