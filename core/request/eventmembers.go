package request

// The members of the objects in an event, in the order of the fields. A field that is missing here is decoded by encoding/json, with
// the whole event: rectangles are, and arguments that are sentences.

var eventMembers = []member[Event]{
	{`"seq":`, func(d *decoder, e *Event) { e.Seq = d.int() }},
	{`"at":`, func(d *decoder, e *Event) {
		if literal, _ := d.literal(); e.At.UnmarshalJSON([]byte(literal)) != nil {
			d.giveUp()
		}
	}},
	{`"kind":`, func(d *decoder, e *Event) { e.Kind = wordAs[EventKind](d) }},
	{`"by":`, func(d *decoder, e *Event) { e.By = d.string() }},
	{`"desk":`, func(d *decoder, e *Event) { e.Desk = d.string() }},
	{`"added":`, func(d *decoder, e *Event) { e.Added = pointer(d, addedMembers) }},
	{`"edited":`, func(d *decoder, e *Event) { e.Edited = pointer(d, editedMembers) }},
	{`"details":`, func(d *decoder, e *Event) { e.Details = pointer(d, detailsChangeMembers) }},
	{`"visit":`, func(d *decoder, e *Event) { e.Visit = pointer(d, visitMembers) }},
	{`"return":`, func(d *decoder, e *Event) { e.Return = pointer(d, returnMembers) }},
	{`"answer":`, func(d *decoder, e *Event) { e.Answer = pointer(d, answerMembers) }},
	{`"stored":`, func(d *decoder, e *Event) { e.Stored = pointer(d, storedMembers) }},
	{`"reviewed":`, func(d *decoder, e *Event) { e.Reviewed = pointer(d, reviewedMembers) }},
	{`"vouched":`, func(d *decoder, e *Event) { e.Vouched = pointer(d, vouchedMembers) }},
	{`"file_check":`, func(d *decoder, e *Event) { e.FileCheck = pointer(d, fileCheckMembers) }},
	{`"reason":`, func(d *decoder, e *Event) { e.Reason = d.string() }},
	{`"code":`, func(d *decoder, e *Event) { e.Code = d.string() }},
	{`"args":`, func(d *decoder, e *Event) { e.Args = d.args() }},
	{`"ticket":`, func(d *decoder, e *Event) { e.VisitID = d.visitID() }},
	{`"port":`, func(d *decoder, e *Event) { e.Port = d.int() }},
	{`"replaced_by":`, func(d *decoder, e *Event) { e.ReplacedBy = wordAs[ID](d) }},
	{`"brought":`, func(d *decoder, e *Event) { e.Brought = pointer(d, broughtMembers) }},
}

var broughtMembers = []member[Brought]{
	{`"by":`, func(d *decoder, b *Brought) { b.By = d.string() }},
}

var addedMembers = []member[Added]{
	{`"title":`, func(d *decoder, a *Added) { a.Title = d.string() }},
	{`"reference":`, func(d *decoder, a *Added) { a.Reference = d.string() }},
	{`"gateway":`, func(d *decoder, a *Added) { a.Gateway = d.string() }},
	{`"due":`, func(d *decoder, a *Added) { a.Due = d.string() }},
	{`"remote_id":`, func(d *decoder, a *Added) { a.RemoteID = d.string() }},
	{`"documents":`, func(d *decoder, a *Added) { a.Documents = objects(d, originalMembers) }},
	{`"signers":`, func(d *decoder, a *Added) { a.Signers = objects(d, signerMembers) }},
	{`"copies":`, func(d *decoder, a *Added) { a.CopyRecipients = objects(d, copyRecipientMembers) }},
	{`"signature":`, func(d *decoder, a *Added) { a.Signature = pointer(d, signatureMembers) }},
	{`"replaces":`, func(d *decoder, a *Added) { a.Replaces = wordAs[ID](d) }},
	{`"practice":`, func(d *decoder, a *Added) { a.Practice = d.boolPointer() }},
	{`"positions":`, func(d *decoder, a *Added) { a.Positions = objects(d, positionMembers) }},
}

var originalMembers = []member[Original]{
	{`"name":`, func(d *decoder, o *Original) { o.Name = d.string() }},
	{`"sha256":`, func(d *decoder, o *Original) { o.SHA256 = d.string() }},
	{`"size":`, func(d *decoder, o *Original) { o.Size = d.number() }},
}

var signerMembers = []member[Signer]{
	{`"name":`, func(d *decoder, s *Signer) { s.Name = d.string() }},
	{`"email":`, func(d *decoder, s *Signer) { s.Email = d.string() }},
	{`"country":`, func(d *decoder, s *Signer) { s.Country = d.string() }},
	{`"number":`, func(d *decoder, s *Signer) { s.Number = d.string() }},
}

var copyRecipientMembers = []member[CopyRecipient]{
	{`"name":`, func(d *decoder, c *CopyRecipient) { c.Name = d.string() }},
	{`"email":`, func(d *decoder, c *CopyRecipient) { c.Email = d.string() }},
}

var signatureMembers = []member[SignatureOptions]{
	{`"reason":`, func(d *decoder, s *SignatureOptions) { s.Reason = d.string() }},
	{`"field":`, func(d *decoder, s *SignatureOptions) { s.Field = d.string() }},
	{`"page":`, func(d *decoder, s *SignatureOptions) { s.Page = d.string() }},
}

var positionMembers = []member[SignaturePosition]{
	{`"page":`, func(d *decoder, p *SignaturePosition) { p.Page = d.string() }},
}

var editedMembers = []member[Edited]{
	{`"title":`, func(d *decoder, e *Edited) { e.Title = d.string() }},
	{`"reference":`, func(d *decoder, e *Edited) { e.Reference = d.string() }},
	{`"due":`, func(d *decoder, e *Edited) { e.Due = d.string() }},
}

var detailsChangeMembers = []member[DetailsChange]{
	{`"from":`, func(d *decoder, c *DetailsChange) { object(d, &c.From, detailsMembers) }},
	{`"to":`, func(d *decoder, c *DetailsChange) { object(d, &c.To, detailsMembers) }},
	{`"practice":`, func(d *decoder, c *DetailsChange) { c.Practice = d.boolPointer() }},
}

var detailsMembers = []member[SigningDetails]{
	{`"gateway":`, func(d *decoder, s *SigningDetails) { s.Gateway = d.string() }},
	{`"signers":`, func(d *decoder, s *SigningDetails) { s.Signers = objects(d, signerMembers) }},
	{`"copies":`, func(d *decoder, s *SigningDetails) { s.CopyRecipients = objects(d, copyRecipientMembers) }},
	{`"signature":`, func(d *decoder, s *SigningDetails) { s.Signature = pointer(d, signatureMembers) }},
	{`"positions":`, func(d *decoder, s *SigningDetails) { s.Positions = objects(d, positionMembers) }},
}

var visitMembers = []member[Visit]{
	{`"ticket":`, func(d *decoder, v *Visit) { v.ID = d.visitID() }},
	{`"gateway":`, func(d *decoder, v *Visit) { v.Gateway = d.string() }},
	{`"requests":`, func(d *decoder, v *Visit) {
		v.Requests = array(d, func(d *decoder, into *ID) { *into = wordAs[ID](d) })
	}},
	{`"process_id":`, func(d *decoder, v *Visit) { v.ProcessID = d.string() }},
	{`"sessions":`, func(d *decoder, v *Visit) {
		v.RemoteIDs = mapping[ID](d, func(d *decoder) (ids RemoteIDs) { object(d, &ids, remoteIDsMembers); return ids })
	}},
	{`"notes":`, func(d *decoder, v *Visit) { v.Notes = d.strings() }},
	{`"practice":`, func(d *decoder, v *Visit) { v.Practice = d.boolPointer() }},
	{`"note_causes":`, func(d *decoder, v *Visit) { v.NoteCauses = objects(d, causeMembers) }},
}

var remoteIDsMembers = []member[RemoteIDs]{
	{`"remote_id":`, func(d *decoder, r *RemoteIDs) { r.Request = d.string() }},
	{`"documents":`, func(d *decoder, r *RemoteIDs) { r.Documents = d.strings() }},
	{`"signatures":`, func(d *decoder, r *RemoteIDs) { r.Signatures = d.strings() }},
	{`"contents":`, func(d *decoder, r *RemoteIDs) { r.ContentURLs = d.strings() }},
}

var causeMembers = []member[Cause]{
	{`"code":`, func(d *decoder, c *Cause) { c.Code = d.string() }},
	{`"args":`, func(d *decoder, c *Cause) { c.Args = d.args() }},
}

var returnMembers = []member[Return]{
	{`"ticket":`, func(d *decoder, r *Return) { r.VisitID = d.visitID() }},
	{`"query":`, func(d *decoder, r *Return) { r.Query = mapping[string](d, (*decoder).strings) }},
	{`"word":`, func(d *decoder, r *Return) { r.Code = d.string() }},
	{`"refuse":`, func(d *decoder, r *Return) { r.Rejection = d.string() }},
	{`"code":`, func(d *decoder, r *Return) { r.Cause.Code = d.string() }},
	{`"args":`, func(d *decoder, r *Return) { r.Args = d.args() }},
	{`"deviation":`, func(d *decoder, r *Return) { r.Deviation = wordAs[Deviation](d) }},
	{`"cannot_ask":`, func(d *decoder, r *Return) { r.CannotAsk = d.bool() }},
}

var answerMembers = []member[Answer]{
	{`"ticket":`, func(d *decoder, a *Answer) { a.VisitID = d.visitID() }},
	{`"status":`, func(d *decoder, a *Answer) { a.Status = wordAs[Status](d) }},
	{`"word":`, func(d *decoder, a *Answer) { a.Code = d.string() }},
	{`"message":`, func(d *decoder, a *Answer) { a.Message = d.string() }},
	{`"code":`, func(d *decoder, a *Answer) { a.Cause.Code = d.string() }},
	{`"args":`, func(d *decoder, a *Answer) { a.Args = d.args() }},
	{`"evidence":`, func(d *decoder, a *Answer) { a.Evidence = wordAs[Evidence](d) }},
	{`"documents":`, func(d *decoder, a *Answer) { a.Documents = objects(d, resultMembers) }},
	{`"next":`, func(d *decoder, a *Answer) { a.NextStep = wordAs[Step](d) }},
}

var resultMembers = []member[DocumentResult]{
	{`"word":`, func(d *decoder, r *DocumentResult) { r.Code = d.string() }},
	{`"message":`, func(d *decoder, r *DocumentResult) { r.Message = d.string() }},
	{`"signed":`, func(d *decoder, r *DocumentResult) { r.Signed = d.bool() }},
}

var storedMembers = []member[Stored]{
	{`"ticket":`, func(d *decoder, s *Stored) { s.VisitID = d.visitID() }},
	{`"document":`, func(d *decoder, s *Stored) { s.Document = d.int() }},
	{`"sha256":`, func(d *decoder, s *Stored) { s.SHA256 = d.string() }},
	{`"size":`, func(d *decoder, s *Stored) { s.Size = d.number() }},
	{`"proves":`, func(d *decoder, s *Stored) { s.Proves = d.bool() }},
	{`"problem":`, func(d *decoder, s *Stored) { s.Problem = d.string() }},
	{`"code":`, func(d *decoder, s *Stored) { s.Code = d.string() }},
	{`"args":`, func(d *decoder, s *Stored) { s.Args = d.args() }},
	{`"unchecked":`, func(d *decoder, s *Stored) { s.Unchecked = d.bool() }},
	{`"changed":`, func(d *decoder, s *Stored) { s.Changes = d.strings() }},
	{`"next":`, func(d *decoder, s *Stored) { s.NextStep = wordAs[Step](d) }},
}

var reviewedMembers = []member[Reviewed]{
	{`"decision":`, func(d *decoder, r *Reviewed) { r.Decision = wordAs[Decision](d) }},
	{`"note":`, func(d *decoder, r *Reviewed) { r.Note = d.string() }},
}

var vouchedMembers = []member[Vouched]{
	{`"document":`, func(d *decoder, v *Vouched) { v.Document = d.int() }},
	{`"sha256":`, func(d *decoder, v *Vouched) { v.SHA256 = d.string() }},
	{`"note":`, func(d *decoder, v *Vouched) { v.Note = d.string() }},
}

var fileCheckMembers = []member[FileCheck]{
	{`"sha256":`, func(d *decoder, f *FileCheck) { f.SHA256 = d.string() }},
	{`"role":`, func(d *decoder, f *FileCheck) { f.Role = wordAs[FileRole](d) }},
	{`"document":`, func(d *decoder, f *FileCheck) { f.Document = d.int() }},
	{`"damage":`, func(d *decoder, f *FileCheck) { f.Damage = wordAs[Damage](d) }},
}
