package request

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ErrIllegal is returned, wrapped with a reason, for an event that cannot happen to the
// request in its present state.
var ErrIllegal = Errorf("illegal", "not possible in the request's current state")

// Fold returns the request that the whole history in events results in. It stops at the
// first event that could not have happened and returns an error that wraps [ErrIllegal]
// and names the event.
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

// Apply returns the request as it is after e. It changes neither the receiver nor anything
// the receiver refers to. If e cannot happen now, the error wraps [ErrIllegal].
func (r Request) Apply(e Event) (Request, error) {
	if e.Seq != r.Version+1 {
		return Request{}, &causedError{fmt.Errorf("event %d cannot follow event %d: %w", e.Seq, r.Version, ErrIllegal), CauseOf(ErrIllegal)}
	}
	if (r.Version == 0) != (e.Kind == KindAdded) {
		return Request{}, r.refuse(e, "the first event of a history, and only the first, adds the request")
	}
	r.Documents = slices.Clone(r.Documents)
	before := r.Status
	if err := r.apply(e); err != nil {
		return Request{}, err
	}
	if r.Status != before {
		r.EndedAt, r.LostPort = nil, 0
		if r.Status.Ended() {
			at := e.At
			r.EndedAt = &at
		}
	}
	r.Version = e.Seq
	r.UpdatedAt = e.At
	return r, nil
}

// apply changes r as an event of its kind does, or returns an error that wraps ErrIllegal. It leaves
// Version, UpdatedAt and EndedAt to Apply.
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
			return r.refuse(e, "no visit is in progress")
		}
		r.Trouble, r.TroubleCause, r.NotOpened = "", Cause{}, false
		return nil
	case KindOpenFailed:
		r.NotOpened = r.Status == Signing && r.ReturnedAt == nil
		return r.trouble(e, r.Status == Signing)
	case KindReturned:
		return r.returned(e)
	case KindAnswered:
		return r.answered(e)
	case KindStored:
		return r.stored(e)
	case KindTrouble:
		return r.trouble(e, r.NextStep != StepNone)
	case KindDiscarded:
		return r.discarded(e)
	case KindWithdrawn:
		return r.withdrawn(e)
	case KindReopened:
		return r.reopened(e)
	case KindEdited:
		return r.edited(e)
	case KindDetailsChanged:
		return r.detailsChanged(e)
	case KindReviewed:
		return r.reviewed(e)
	case KindVouched:
		return r.vouched(e)
	case KindFileDamaged, KindFileRestored:
		return r.fileChecked(e)
	case KindReturnLost, KindReturnHeard:
		return r.returnPort(e)
	case KindReplaced:
		return r.replaced(e)
	case KindArchived:
		return r.archived(e)
	case KindUnarchived:
		return r.unarchived(e)
	}
	return r.refuse(e, "this kind of event is unknown")
}

func (r *Request) added(e Event) error {
	a := e.Added
	switch {
	case a == nil:
		return r.refuse(e, "the event does not say what was added")
	case strings.TrimSpace(a.Title) == "", a.Gateway == "":
		return r.refuse(e, "a request needs a title and a gateway")
	case len(a.Documents) == 0 && a.RemoteID == "":
		return r.refuse(e, "a request needs a document, or an id at the gateway")
	case a.Replaces == r.ID:
		return r.refuse(e, "a request cannot replace itself")
	case slices.ContainsFunc(a.Documents, func(o Original) bool { return o.SHA256 == "" }):
		return r.refuse(e, "a document was not stored")
	}
	r.Title, r.Reference, r.Gateway, r.Due = a.Title, a.Reference, a.Gateway, a.Due
	r.AddedRemoteID, r.RemoteID = a.RemoteID, a.RemoteID
	r.Signers, r.CopyRecipients, r.Signature = slices.Clone(a.Signers), slices.Clone(a.CopyRecipients), a.Signature
	r.Positions = slices.Clone(a.Positions)
	for _, original := range a.Documents {
		r.Documents = append(r.Documents, Document{Original: original})
	}
	r.Status, r.Attempt = Pending, 1
	r.CreatedAt, r.AddedBy, r.Replaces = e.At, e.By, a.Replaces
	r.Practice = wasPractice(a.Practice, IsPracticeName(a.Gateway))
	return nil
}

func (r *Request) edited(e Event) error {
	if e.Edited == nil || strings.TrimSpace(e.Edited.Title) == "" {
		return r.refuse(e, "a request needs a title")
	}
	r.Title, r.Reference, r.Due = e.Edited.Title, e.Edited.Reference, e.Edited.Due
	return nil
}

func (r *Request) detailsChanged(e Event) error {
	c := e.Details
	switch {
	case c == nil || c.To.Gateway == "":
		return r.refuse(e, "the event does not say what changed")
	case r.Status != Pending:
		return r.refuse(e, "the request is not pending")
	case !c.From.Equal(r.SigningDetails()):
		return r.refuse(e, "the event names other details than the request has")
	case len(r.Documents) == 0 && c.To.Gateway != r.Gateway:
		return r.refuse(e, "the request exists at its gateway only")
	}
	if c.To.Gateway != r.Gateway {
		r.Practice = wasPractice(c.Practice, IsPracticeName(c.To.Gateway))
	}
	r.Gateway, r.Signature, r.Positions = c.To.Gateway, c.To.Signature, slices.Clone(c.To.Positions)
	r.Signers, r.CopyRecipients = slices.Clone(c.To.Signers), slices.Clone(c.To.CopyRecipients)
	r.Trouble, r.TroubleCause = "", Cause{} // it was about a launch that would be another one now
	return nil
}

func (r *Request) launched(e Event) error {
	v := e.Visit
	switch {
	case r.Status != Pending:
		return r.refuse(e, "the request is not pending")
	case v == nil || v.ID == "":
		return r.refuse(e, "the event has no visit")
	case v.Gateway != r.Gateway:
		return r.refuse(e, "the visit is to another gateway")
	case !slices.Contains(v.Requests, r.ID):
		return r.refuse(e, "the visit is for other requests")
	}
	ids := v.RemoteIDs[r.ID]
	if len(ids.Documents) > len(r.Documents) {
		return r.refuse(e, "the gateway lists more documents than the request has")
	}
	for i, remote := range ids.Documents {
		r.Documents[i].RemoteID = remote
	}
	if ids.Request != "" {
		r.RemoteID = ids.Request
	}
	at := e.At
	r.Visit, r.LaunchedAt, r.ReturnedAt, r.Trouble, r.TroubleCause, r.CannotAsk, r.NotOpened = v, &at, nil, "", Cause{}, false, false
	r.Status, r.NextStep, r.Practice = Signing, StepAsk, wasPractice(v.Practice, r.Practice)
	if e.Desk != "" { // what is stored of the requests of a home of its own stays as older programs stored it
		r.Desk, r.LaunchedBy = e.Desk, e.By
	}
	return nil
}

// trouble records a failure that does not end the attempt. The parameter possible says
// whether anything is in progress that could fail in this way; if not, trouble refuses the event.
func (r *Request) trouble(e Event, possible bool) error {
	switch {
	case !possible:
		return r.refuse(e, "nothing that could fail in this way is in progress")
	case e.Reason == "":
		return r.refuse(e, "the event has no reason")
	}
	r.Trouble, r.TroubleCause = e.Reason, e.Cause
	return nil
}

func (r *Request) returned(e Event) error {
	if e.Return == nil || e.Return.VisitID == "" {
		return r.refuse(e, "the event has no return")
	}
	// A return that is late, belongs to an earlier attempt or is not believed stays in
	// the history and changes nothing.
	current := r.Status == Signing && r.Visit != nil && r.Visit.ID == e.Return.VisitID
	if current && e.Return.Rejection == "" && r.ReturnedAt == nil {
		at := e.At
		r.ReturnedAt, r.NotOpened = &at, false
	}
	if current && e.Return.Rejection == "" {
		r.CannotAsk = e.Return.CannotAsk
	}
	return nil
}

// returnPort sets LostPort for a [KindReturnLost] event, and clears it for a [KindReturnHeard] event.
func (r *Request) returnPort(e Event) error {
	lost := e.Kind == KindReturnLost
	switch {
	case r.Status != Signing || r.Visit == nil || r.Visit.ID != e.VisitID:
		return r.refuse(e, "no visit with that return address is in progress")
	case e.Port < 1 || e.Port > 65535:
		return r.refuse(e, "the event has no port")
	case lost && e.Reason == "":
		return r.refuse(e, "the event has no reason")
	case lost && r.LostPort != 0:
		return r.refuse(e, "the port is lost already")
	case !lost && r.LostPort != e.Port:
		return r.refuse(e, "the port was not lost")
	}
	r.LostPort = 0
	if lost {
		r.LostPort = e.Port
	}
	return nil
}

func (r *Request) answered(e Event) error {
	a := e.Answer
	if err := r.checkAnswer(e); err != nil {
		return err
	}
	// Stronger evidence replaces weaker evidence and never the reverse, even while the
	// gateway's code is unknown here.
	known := Evidence("")
	if r.Outcome != nil {
		known = r.Outcome.Evidence
	}
	stronger := known != "" && r.Status != Withdrawn && a.Evidence.Stronger(known) && a.Status.Ended()
	// A signer whom the gateway turned away may go back in the same browser and choose
	// another certificate or account. Then the browser returns again from the same visit.
	wentBack := r.Status == Failed && known == ByBrowser && a.Evidence == ByBrowser && a.Status.Ended()
	switch {
	case r.Status != Signing && !stronger && !wentBack:
		return r.refuse(e, "the outcome is known already")
	case known.Stronger(a.Evidence):
		return r.refuse(e, "the outcome is already known with stronger evidence")
	}
	statusBefore, signedBefore := r.reviewedState()
	r.Outcome = &Outcome{Code: a.Code, Message: a.Message, Cause: a.Cause, Evidence: a.Evidence, At: e.At, WithoutFiles: r.evidenceWithoutFiles(e)}
	for i := range r.Documents {
		d := DocumentResult{} // an answer without this document clears its earlier result
		if i < len(a.Documents) {
			d = a.Documents[i]
		}
		r.Documents[i].Code, r.Documents[i].Message, r.Documents[i].ReportedSigned = d.Code, d.Message, d.Signed
	}
	r.Status, r.Trouble, r.TroubleCause, r.NextStep = a.Status, "", Cause{}, a.NextStep
	if a.Status == Signing { // the code is unknown here: keep asking
		r.NextStep = StepAsk
	}
	r.lowerEvidence()
	r.raiseEvidence()
	// A review is dropped if it was about another outcome. It stays if the same outcome is
	// now known with better evidence.
	if status, signed := r.reviewedState(); status != statusBefore || !slices.Equal(signed, signedBefore) {
		r.Review = nil
	}
	return nil
}

// checkAnswer returns an error for an answer that is malformed or of another visit. It does not compare
// the answer with the outcome that is known already.
func (r *Request) checkAnswer(e Event) error {
	a := e.Answer
	switch {
	case a == nil || a.Evidence.rank() == 0:
		return r.refuse(e, "the event does not say how the outcome is known")
	case r.Visit == nil || r.Visit.ID != a.VisitID:
		return r.refuse(e, "the answer belongs to another visit")
	case len(a.Documents) > len(r.Documents):
		return r.refuse(e, "the answer has more documents than the request")
	case a.Status == Pending || a.Status == Withdrawn || !a.Status.Valid():
		return r.refuse(e, "a gateway cannot answer with this status")
	case a.Evidence == ByDocument && (len(r.Documents) == 0 || !a.Status.hasFiles()):
		return r.refuse(e, "a document cannot prove this outcome")
	case !a.NextStep.Valid():
		return r.refuse(e, "the next step is unknown")
	}
	return nil
}

func (r *Request) stored(e Event) error {
	s := e.Stored
	switch {
	case s == nil || s.SHA256 == "":
		return r.refuse(e, "the event has no file")
	case !r.Status.hasFiles() && !r.acceptsEarly(s):
		return r.refuse(e, "the request is not known to be signed")
	case s.VisitID != "" && (r.Visit == nil || r.Visit.ID != s.VisitID):
		return r.refuse(e, "the file belongs to another visit")
	case !s.NextStep.Valid():
		return r.refuse(e, "the next step is unknown")
	}
	file := SignedFile{SHA256: s.SHA256, Size: s.Size, Proves: s.Proves, Problem: s.Problem, Cause: s.Cause, Unchecked: s.Unchecked, Changes: s.Changes}
	storedBefore := r.hasStored(s.Document, file)
	if err := r.store(e, file); err != nil {
		return err
	}
	if !file.Proves && !file.Unchecked && len(r.Documents) > 0 && !storedBefore { // the file casts doubt on the outcome that was reviewed
		r.Review = nil
	}
	if r.Status == Signing { // the gateway still has to be asked
		return nil
	}
	r.raiseEvidence()
	r.Trouble, r.TroubleCause, r.NextStep = "", Cause{}, s.NextStep
	return nil
}

// hasStored reports whether the same file, judged in the same way, is stored for a document already.
func (r *Request) hasStored(document int, file SignedFile) bool {
	if document < 0 || document >= len(r.Documents) || r.Documents[document].Signed == nil {
		return false
	}
	stored := *r.Documents[document].Signed
	stored.Voucher, stored.Damage = nil, ""
	return reflect.DeepEqual(stored, file)
}

// acceptsEarly reports whether a signed file may be stored before the outcome is known. It
// may if the file proves the signature, or if there is no original to compare it with.
func (r *Request) acceptsEarly(s *Stored) bool {
	return r.Status == Signing && (s.Proves || len(r.Documents) == 0)
}

// store adds a signed file to its document, or to the attached files of a request without
// documents.
func (r *Request) store(e Event, file SignedFile) error {
	i := e.Stored.Document
	if len(r.Documents) == 0 && i == 0 {
		if file.Proves {
			return r.refuse(e, "no document was sent from here that the file could prove")
		}
		same := func(f SignedFile) bool { return f.SHA256 == file.SHA256 }
		r.Attached = append(slices.DeleteFunc(slices.Clone(r.Attached), same), file)
		return nil
	}
	if i < 0 || i >= len(r.Documents) {
		return r.refuse(e, "the request has no such document")
	}
	if stored := r.Documents[i].Signed; stored != nil && stored.Proves && !file.Proves {
		return r.refuse(e, "a file that proves the signature is stored already")
	}
	if stored := r.Documents[i].Signed; stored != nil && stored.SHA256 == file.SHA256 && file.Unchecked {
		file.Voucher = stored.Voucher
	}
	r.Documents[i].Signed = &file
	return nil
}

// vouched records that a person vouches for a stored file. It replaces an earlier voucher for the file.
func (r *Request) vouched(e Event) error {
	v := e.Vouched
	if v == nil || strings.TrimSpace(v.Note) == "" {
		return r.refuse(e, "the event does not say how the person knows")
	}
	voucher := &Voucher{By: e.By, At: e.At, Note: v.Note}
	if len(r.Documents) == 0 {
		i := slices.IndexFunc(r.Attached, func(f SignedFile) bool { return f.SHA256 == v.SHA256 })
		if i < 0 {
			return r.refuse(e, "the request has no such file")
		}
		r.Attached = slices.Clone(r.Attached)
		r.Attached[i].Voucher = voucher
		return nil
	}
	if v.Document < 0 || v.Document >= len(r.Documents) {
		return r.refuse(e, "the request has no such document")
	}
	file := r.Documents[v.Document].Signed
	if file == nil || file.SHA256 != v.SHA256 || !file.Unchecked || file.Proves {
		return r.refuse(e, "the request has no such file that could not be checked")
	}
	changed := *file
	changed.Voucher = voucher
	r.Documents[v.Document].Signed = &changed
	return nil
}

// raiseEvidence sets the evidence of the outcome to [ByDocument] if allFilesProve reports true.
// Otherwise it changes nothing.
func (r *Request) raiseEvidence() {
	if r.Outcome == nil || !r.allFilesProve() {
		return
	}
	o := *r.Outcome
	o.Evidence = ByDocument
	r.Outcome = &o
}

// allFilesProve reports whether the signed file of every document that was signed is stored
// and proves its signature. It reports false if no document was signed.
func (r *Request) allFilesProve() bool {
	if !r.Status.hasFiles() {
		return false
	}
	expected := 0
	for _, d := range r.Documents {
		if r.Status == Partial && !d.ReportedSigned {
			continue
		}
		if d.Signed == nil || !d.Signed.IsProof() {
			return false
		}
		expected++
	}
	return expected > 0
}

func (r *Request) discarded(e Event) error {
	if e.VisitID != "" {
		at := slices.Index(r.PendingDeletes, e.VisitID)
		if at < 0 {
			return r.refuse(e, "no copies of that visit are to be deleted")
		}
		r.PendingDeletes = slices.Delete(slices.Clone(r.PendingDeletes), at, at+1)
		if len(r.PendingDeletes) == 0 {
			r.PendingDeletes = nil
		}
		return nil
	}
	if r.NextStep != StepDiscard {
		return r.refuse(e, "no copies at the gateway are to be deleted")
	}
	r.Trouble, r.TroubleCause, r.NextStep = "", Cause{}, StepNone
	return nil
}

func (r *Request) withdrawn(e Event) error {
	if !r.Status.Open() {
		return r.refuse(e, "the request has ended")
	}
	if r.Status == Signing {
		r.NextStep = StepDiscard // so that nobody can sign the copies at the gateway any more
	}
	r.Status, r.Trouble, r.TroubleCause = Withdrawn, "", Cause{}
	return nil
}

func (r *Request) reopened(e Event) error {
	if !r.Reopenable() {
		return r.refuse(e, "only a request that ended without all its signatures can be attempted again")
	}
	for i := range r.Documents {
		r.Documents[i] = Document{Original: r.Documents[i].Original, Damage: r.Documents[i].Damage}
	}
	if r.NextStep == StepDiscard { // somebody could still sign the copies of this visit
		r.PendingDeletes = append(slices.Clone(r.PendingDeletes), r.Visit.ID)
	}
	r.Status, r.Attempt = Pending, r.Attempt+1
	r.Outcome, r.Visit, r.LaunchedAt, r.ReturnedAt, r.NextStep = nil, nil, nil, nil, StepNone
	r.Desk, r.LaunchedBy = "", ""
	r.Trouble, r.TroubleCause, r.CannotAsk, r.NotOpened = "", Cause{}, false, false
	r.Attached, r.Review, r.Archived = nil, nil, nil
	r.RemoteID = r.AddedRemoteID
	return nil
}

// refuse returns the error for an event that cannot happen. It wraps ErrIllegal and has the reason.
func (r *Request) refuse(e Event, reason string) error {
	return &causedError{fmt.Errorf("event %d (%s) of a request that is %s: %s: %w", e.Seq, e.Kind, r.Status, reason, ErrIllegal), CauseOf(ErrIllegal)}
}
