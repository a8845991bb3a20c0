package request

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// ErrIllegal is what every refused event wraps: the request is not in a state in
// which that can happen.
var ErrIllegal = errors.New("not possible for the request as it stands")

// Request is what a history folds to. It is a value: change it by [Request.Apply] alone.
type Request struct {
	ID        ID         `json:"id"`
	Version   int        `json:"version"` // the number of events folded in
	Title     string     `json:"title"`
	Reference string     `json:"reference,omitempty"`
	Gateway   string     `json:"gateway"`
	Due       string     `json:"due,omitempty"`
	Status    Status     `json:"status"`
	Outcome   *Outcome   `json:"outcome,omitempty"`
	Attempt   int        `json:"attempt"` // 1 for the first
	RemoteID  string     `json:"remote_id,omitempty"`
	GivenID   string     `json:"given_id,omitempty"` // the remote id it was added with: kept over attempts
	Documents []Document `json:"documents,omitempty"`
	// Attached are the signed files of a request whose documents were never here, in
	// the order in which they came. They prove nothing, since there is nothing to hold
	// them against.
	Attached  []SignedFile `json:"attached,omitempty"`
	Signers   []Signer     `json:"signers,omitempty"`
	Copies    []Copy       `json:"copies,omitempty"`
	Signature *Signature   `json:"signature,omitempty"`
	AddedBy   string       `json:"added_by,omitempty"` // the person's account
	Visit     *Visit       `json:"visit,omitempty"`    // the current attempt's trip, if it has begun
	Launched  *time.Time   `json:"launched,omitempty"` // when that began
	Returned  *time.Time   `json:"returned,omitempty"` // when the current visit's browser came back
	Ended     *time.Time   `json:"ended,omitempty"`    // when it came to be what it is, where that is an outcome
	Review    *Review      `json:"review,omitempty"`   // what was decided about the outcome as it now is, if anything was
	Trouble   string       `json:"trouble,omitempty"`  // what last went wrong on the way, until something goes right
	Next      Step         `json:"next,omitempty"`     // what the desk still owes
	Owes      []string     `json:"owes,omitempty"`     // tickets of earlier visits whose sessions are still to be deleted
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// Outcome is what is known of how the current attempt went.
type Outcome struct {
	Word     string    `json:"word,omitempty"`
	Message  string    `json:"message,omitempty"`
	Evidence Evidence  `json:"evidence"`
	At       time.Time `json:"at"`
}

// Confirmed tells that the gateway itself, or the signed document, says so, and
// not the browser alone.
func (o Outcome) Confirmed() bool { return o.Evidence.Stronger(ByBrowser) }

// Document is one file of a request, with what became of it in the current attempt.
type Document struct {
	Original
	RemoteID string      `json:"remote_id,omitempty"`
	Result   string      `json:"result,omitempty"`   // the gateway's word for this document
	Message  string      `json:"message,omitempty"`  // and its message
	Expected bool        `json:"expected,omitempty"` // reported as signed: a signed file belongs here
	Signed   *SignedFile `json:"signed,omitempty"`
}

// SignedFile is a signed document that is kept here.
type SignedFile struct {
	SHA256  string   `json:"sha256"`
	Size    int64    `json:"size"`
	Proves  bool     `json:"proves,omitempty"`
	Problem string   `json:"problem,omitempty"`
	Changed []string `json:"changed,omitempty"` // see [Stored]
}

// Fold makes a request of its whole history. It fails on the first event that
// could not have happened, naming it.
func Fold(id ID, events []Event) (Request, error) {
	r := Request{ID: id}
	for _, e := range events {
		next, err := r.Apply(e)
		if err != nil {
			return Request{}, err
		}
		r = next
	}
	return r, nil
}

// Apply gives the request as it is after e. The receiver and its parts stay as
// they were. An event that cannot have happened is refused with [ErrIllegal].
func (r Request) Apply(e Event) (Request, error) {
	if e.Seq != r.Version+1 {
		return Request{}, fmt.Errorf("event %d cannot follow event %d: %w", e.Seq, r.Version, ErrIllegal)
	}
	if (r.Version == 0) != (e.Kind == KindAdded) {
		return Request{}, r.refuse(e, "a history begins with its one addition")
	}
	r.Documents = slices.Clone(r.Documents)
	before := r.Status
	if err := r.apply(e); err != nil {
		return Request{}, err
	}
	if r.Status != before {
		r.Ended = nil
		if r.Status.Ended() {
			at := e.At
			r.Ended = &at
		}
	}
	r.Version = e.Seq
	r.UpdatedAt = e.At
	return r, nil
}

func (r *Request) apply(e Event) error {
	switch e.Kind {
	case KindAdded:
		return r.added(e)
	case KindLaunched:
		return r.launched(e)
	case KindLaunchFailed:
		return r.trouble(e, r.Status == Pending)
	case KindOpened:
		if r.Status != Signing {
			return r.refuse(e, "no visit is under way")
		}
		r.Trouble = ""
		return nil
	case KindOpenFailed:
		return r.trouble(e, r.Status == Signing)
	case KindReturned:
		return r.returned(e)
	case KindAnswered:
		return r.answered(e)
	case KindStored:
		return r.stored(e)
	case KindTrouble:
		return r.trouble(e, r.Next != Nothing)
	case KindDiscarded:
		return r.discarded(e)
	case KindWithdrawn:
		return r.withdrawn(e)
	case KindReopened:
		return r.reopened(e)
	case KindEdited:
		return r.edited(e)
	case KindReviewed:
		return r.reviewed(e)
	}
	return r.refuse(e, "no such kind of event")
}

func (r *Request) added(e Event) error {
	a := e.Added
	switch {
	case a == nil:
		return r.refuse(e, "it says nothing of what was added")
	case strings.TrimSpace(a.Title) == "", a.Gateway == "":
		return r.refuse(e, "a request needs a title and a gateway")
	case len(a.Documents) == 0 && a.RemoteID == "":
		return r.refuse(e, "a request needs a document, or a name at the gateway")
	case slices.ContainsFunc(a.Documents, func(o Original) bool { return o.SHA256 == "" }):
		return r.refuse(e, "a document was not kept")
	}
	r.Title, r.Reference, r.Gateway, r.Due = a.Title, a.Reference, a.Gateway, a.Due
	r.GivenID, r.RemoteID = a.RemoteID, a.RemoteID
	r.Signers, r.Copies, r.Signature = slices.Clone(a.Signers), slices.Clone(a.Copies), a.Signature
	for _, original := range a.Documents {
		r.Documents = append(r.Documents, Document{Original: original})
	}
	r.Status, r.Attempt = Pending, 1
	r.CreatedAt, r.AddedBy = e.At, e.By
	return nil
}

func (r *Request) edited(e Event) error {
	if e.Edited == nil || strings.TrimSpace(e.Edited.Title) == "" {
		return r.refuse(e, "a request needs a title")
	}
	r.Title, r.Reference, r.Due = e.Edited.Title, e.Edited.Reference, e.Edited.Due
	return nil
}

func (r *Request) launched(e Event) error {
	v := e.Visit
	switch {
	case r.Status != Pending:
		return r.refuse(e, "it is not waiting to be signed")
	case v == nil || v.Ticket == "" || v.URL == "":
		return r.refuse(e, "it says nothing of the visit")
	case v.Gateway != r.Gateway:
		return r.refuse(e, "the visit is to another gateway")
	case !slices.Contains(v.Requests, r.ID):
		return r.refuse(e, "the visit is for other requests")
	}
	ids := v.Sessions[r.ID]
	if len(ids.Documents) > len(r.Documents) {
		return r.refuse(e, "the gateway names more documents than there are")
	}
	for i, remote := range ids.Documents {
		r.Documents[i].RemoteID = remote
	}
	if ids.RemoteID != "" {
		r.RemoteID = ids.RemoteID
	}
	at := e.At
	r.Visit, r.Launched, r.Returned, r.Trouble = v, &at, nil, ""
	r.Status, r.Next = Signing, Ask
	return nil
}

// trouble notes what went wrong on the way, without ending anything.
func (r *Request) trouble(e Event, legal bool) error {
	switch {
	case !legal:
		return r.refuse(e, "nothing of the kind is under way")
	case e.Reason == "":
		return r.refuse(e, "it says nothing of the reason")
	}
	r.Trouble = e.Reason
	return nil
}

func (r *Request) returned(e Event) error {
	if e.Return == nil || e.Return.Ticket == "" {
		return r.refuse(e, "it says nothing of the return")
	}
	// A late return, one for an earlier attempt, or one that is not believed
	// belongs to the history and changes nothing.
	current := r.Status == Signing && r.Visit != nil && r.Visit.Ticket == e.Return.Ticket
	if current && e.Return.Refuse == "" && r.Returned == nil {
		at := e.At
		r.Returned = &at
	}
	return nil
}

func (r *Request) answered(e Event) error {
	a := e.Answer
	if err := r.sensible(e); err != nil {
		return err
	}
	// What only the browser said gives way to what the gateway or the document says,
	// never the reverse, not even while the word is one that is not understood.
	known := Evidence("")
	if r.Outcome != nil {
		known = r.Outcome.Evidence
	}
	surpassed := known != "" && r.Status != Withdrawn && a.Evidence.Stronger(known) && a.Status.Ended()
	// Whom the gateway did not let in may go back in the same browser and choose better: then
	// the browser brings more of the same trip.
	wentBack := r.Status == Failed && known == ByBrowser && a.Evidence == ByBrowser && a.Status.Ended()
	switch {
	case r.Status != Signing && !surpassed && !wentBack:
		return r.refuse(e, "its outcome is known")
	case known.Stronger(a.Evidence):
		return r.refuse(e, "more than that is known already")
	}
	said, signed := r.says()
	r.Outcome = &Outcome{Word: a.Word, Message: a.Message, Evidence: a.Evidence, At: e.At}
	for i := range r.Documents {
		d := DocumentResult{} // an answer that is silent on a document takes back what was said of it
		if i < len(a.Documents) {
			d = a.Documents[i]
		}
		r.Documents[i].Result, r.Documents[i].Message, r.Documents[i].Expected = d.Word, d.Message, d.Signed
	}
	r.Status, r.Trouble, r.Next = a.Status, "", a.Next
	if a.Status == Signing { // a word that is not understood: keep asking
		r.Next = Ask
	}
	r.prove()
	// Who reviewed it saw another outcome. One that is only known better stays reviewed.
	if says, now := r.says(); says != said || !slices.Equal(now, signed) {
		r.Review = nil
	}
	return nil
}

// sensible refuses an answer that nobody can give, whatever is known already.
func (r *Request) sensible(e Event) error {
	a := e.Answer
	switch {
	case a == nil || a.Evidence.rank() == 0:
		return r.refuse(e, "it says nothing of the outcome")
	case r.Visit == nil || r.Visit.Ticket != a.Ticket:
		return r.refuse(e, "the answer is for another visit")
	case len(a.Documents) > len(r.Documents):
		return r.refuse(e, "the gateway judges more documents than there are")
	case a.Status == Pending || a.Status == Withdrawn || !a.Status.Valid():
		return r.refuse(e, "a gateway cannot say that")
	case a.Evidence == ByDocument && (len(r.Documents) == 0 || !a.Status.withFiles()):
		return r.refuse(e, "no document can prove that")
	case !a.Next.Valid():
		return r.refuse(e, "nobody knows the next step")
	}
	return nil
}

func (r *Request) stored(e Event) error {
	s := e.Stored
	switch {
	case s == nil || s.SHA256 == "":
		return r.refuse(e, "it says nothing of the file")
	case !r.Status.withFiles() && !r.takesFileEarly(s):
		return r.refuse(e, "it is not known to be signed")
	case s.Ticket != "" && (r.Visit == nil || r.Visit.Ticket != s.Ticket):
		return r.refuse(e, "the file belongs to another visit")
	case !s.Next.Valid():
		return r.refuse(e, "nobody knows the next step")
	}
	file := SignedFile{SHA256: s.SHA256, Size: s.Size, Proves: s.Proves, Problem: s.Problem, Changed: s.Changed}
	seen := s.Document >= 0 && s.Document < len(r.Documents) && r.Documents[s.Document].Signed != nil && reflect.DeepEqual(*r.Documents[s.Document].Signed, file)
	if err := r.keep(e, file); err != nil {
		return err
	}
	if !file.Proves && len(r.Documents) > 0 && !seen { // what came speaks against what was reviewed
		r.Review = nil
	}
	if r.Status == Signing { // the outcome is still to be asked for
		return nil
	}
	r.prove()
	r.Trouble, r.Next = "", s.Next
	return nil
}

// takesFileEarly tells whether a signed file may be kept before an outcome is known: one
// that proves itself, or one that nothing can be held against.
func (r *Request) takesFileEarly(s *Stored) bool {
	return r.Status == Signing && (s.Proves || len(r.Documents) == 0)
}

// keep puts a signed file where it belongs.
func (r *Request) keep(e Event, file SignedFile) error {
	i := e.Stored.Document
	if len(r.Documents) == 0 && i == 0 { // its documents were never here
		if file.Proves {
			return r.refuse(e, "nothing was sent from here that the file could continue")
		}
		known := func(f SignedFile) bool { return f.SHA256 == file.SHA256 }
		r.Attached = append(slices.DeleteFunc(slices.Clone(r.Attached), known), file)
		return nil
	}
	if i < 0 || i >= len(r.Documents) {
		return r.refuse(e, "it has no such document")
	}
	if here := r.Documents[i].Signed; here != nil && here.Proves && !file.Proves {
		return r.refuse(e, "a file that proves it is here already")
	}
	r.Documents[i].Signed = &file
	return nil
}

// prove raises the evidence once the signed files themselves are the proof.
func (r *Request) prove() {
	if r.Outcome == nil || !r.proven() {
		return
	}
	o := *r.Outcome
	o.Evidence = ByDocument
	r.Outcome = &o
}

// proven tells that every signed document is here and proves itself.
func (r *Request) proven() bool {
	if !r.Status.withFiles() {
		return false
	}
	expected := 0
	for _, d := range r.Documents {
		if r.Status == Partial && !d.Expected {
			continue
		}
		if d.Signed == nil || !d.Signed.Proves {
			return false
		}
		expected++
	}
	return expected > 0
}

func (r *Request) discarded(e Event) error {
	if e.Ticket != "" {
		at := slices.Index(r.Owes, e.Ticket)
		if at < 0 {
			return r.refuse(e, "that visit has nothing to be deleted")
		}
		r.Owes = slices.Delete(slices.Clone(r.Owes), at, at+1)
		if len(r.Owes) == 0 {
			r.Owes = nil
		}
		return nil
	}
	if r.Next != Discard {
		return r.refuse(e, "nothing is to be deleted at the gateway")
	}
	r.Trouble, r.Next = "", Nothing
	return nil
}

func (r *Request) withdrawn(e Event) error {
	if !r.Status.Open() {
		return r.refuse(e, "it has ended")
	}
	if r.Status == Signing {
		r.Next = Discard // nobody is to sign it any more
	}
	r.Status, r.Trouble = Withdrawn, ""
	return nil
}

func (r *Request) reopened(e Event) error {
	if !r.Reopenable() {
		return r.refuse(e, "only a request that ended without all its signatures gets a new attempt")
	}
	for i := range r.Documents {
		r.Documents[i] = Document{Original: r.Documents[i].Original}
	}
	if r.Next == Discard { // the old session is still there, and somebody could sign it
		r.Owes = append(slices.Clone(r.Owes), r.Visit.Ticket)
	}
	r.Status, r.Attempt = Pending, r.Attempt+1
	r.Outcome, r.Visit, r.Launched, r.Returned, r.Trouble, r.Next = nil, nil, nil, nil, "", Nothing
	r.Attached, r.Review = nil, nil
	r.RemoteID = r.GivenID
	return nil
}

func (r *Request) refuse(e Event, why string) error {
	return fmt.Errorf("event %d (%s) on a request that is %s: %s: %w", e.Seq, e.Kind, r.Status, why, ErrIllegal)
}

// Reopenable tells whether a new attempt may follow: the request ended without all its
// signatures, or nobody but the browser says that it has them.
func (r Request) Reopenable() bool {
	return r.Status.Reopenable() || r.Status == Signed && !r.Outcome.Confirmed()
}

// Owing tells whether the desk still has something to do for the request.
func (r Request) Owing() bool { return r.Next != Nothing || len(r.Owes) > 0 }

// MissingFiles lists the documents that the gateway reports as signed and whose
// signed file is not here.
func (r Request) MissingFiles() []int {
	var missing []int
	for i, d := range r.Documents {
		if d.Expected && d.Signed == nil {
			missing = append(missing, i)
		}
	}
	return missing
}
