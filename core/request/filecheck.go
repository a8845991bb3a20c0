package request

import "slices"

// Files returns every file of the request that is stored in the home, with its damage: the originals,
// then the signed files of the current attempt, then the attached files.
func (r Request) Files() []FileCheck {
	most := 2*len(r.Documents) + len(r.Attached)
	if most == 0 {
		return nil
	}
	return slices.AppendSeq(make([]FileCheck, 0, most), r.files)
}

// DamagedFiles returns the files of [Request.Files] that are damaged. It allocates nothing if none is.
func (r Request) DamagedFiles() []FileCheck {
	var damaged []FileCheck
	for f := range r.files {
		if f.Damage != "" {
			damaged = append(damaged, f)
		}
	}
	return damaged
}

// files yields the files of [Request.Files].
func (r *Request) files(yield func(FileCheck) bool) {
	for i, d := range r.Documents {
		if !yield(FileCheck{SHA256: d.SHA256, Role: RoleOriginal, Document: i, Damage: d.Damage}) {
			return
		}
	}
	for i, d := range r.Documents {
		if d.Signed != nil && !yield(FileCheck{SHA256: d.Signed.SHA256, Role: RoleSigned, Document: i, Damage: d.Signed.Damage}) {
			return
		}
	}
	for i, f := range r.Attached {
		if !yield(FileCheck{SHA256: f.SHA256, Role: RoleAttached, Document: i, Damage: f.Damage}) {
			return
		}
	}
}

// FileChecked returns the event that records what a check of the stored file with that digest found: that
// it is damaged, or that it is as it was stored if damage is empty. It returns false, and no event, if the
// request has no file with this digest, or if the result is what the request says of the file already.
func (r Request) FileChecked(digest string, damage Damage) (Event, bool) {
	for _, f := range r.Files() {
		if f.SHA256 != digest || f.Damage == damage {
			continue
		}
		e := Event{Kind: KindFileDamaged, FileCheck: &FileCheck{SHA256: digest, Role: f.Role, Document: f.Document, Damage: damage}}
		if damage == "" {
			e.Kind = KindFileRestored
		}
		return e, true
	}
	return Event{}, false
}

// fileChecked sets the damage of every file with the digest of the event. The evidence of the outcome
// falls when a signed file that it rests on is damaged, and rises again when all of them prove it. Copies
// at the gateway are not deleted while the signed file here is damaged: it is fetched again.
func (r *Request) fileChecked(e Event) error {
	c := e.FileCheck
	switch {
	case c == nil || c.SHA256 == "":
		return r.refuse(e, "the event has no file")
	case (e.Kind == KindFileDamaged) != (c.Damage == Altered || c.Damage == Missing), e.Kind == KindFileRestored && c.Damage != "":
		return r.refuse(e, "the event does not say what became of the file")
	}
	if _, changes := r.FileChecked(c.SHA256, c.Damage); !changes {
		return r.refuse(e, "the request has no such file, or its damage is known already")
	}
	r.Attached = slices.Clone(r.Attached)
	for i := range r.Attached {
		if r.Attached[i].SHA256 == c.SHA256 {
			r.Attached[i].Damage = c.Damage
		}
	}
	for i, d := range r.Documents {
		if d.SHA256 == c.SHA256 {
			r.Documents[i].Damage = c.Damage
		}
		if d.Signed != nil && d.Signed.SHA256 == c.SHA256 {
			changed := *d.Signed
			changed.Damage = c.Damage
			r.Documents[i].Signed = &changed
		}
	}
	if r.NextStep == StepDiscard && r.Status.hasFiles() && len(r.MissingFiles()) > 0 {
		r.NextStep = StepFetch
	}
	r.lowerEvidence()
	r.raiseEvidence()
	return nil
}

// lowerEvidence sets the evidence of the outcome to [Outcome.WithoutFiles] if it is [ByDocument] and a
// signed file is damaged. Otherwise it changes nothing.
func (r *Request) lowerEvidence() {
	if r.Outcome == nil || r.Outcome.Evidence != ByDocument || r.FileState() != FilesDamaged {
		return
	}
	o := *r.Outcome
	o.Evidence = o.WithoutFiles
	r.Outcome = &o
}

// evidenceWithoutFiles returns how the outcome of a [KindAnswered] event would be known without the signed
// files. If a signed file proves the outcome, that is [ByGateway] if the gateway handed the file over, and
// [ByBrowser] if a person did. Stronger evidence from before is returned if it is for the same outcome.
func (r *Request) evidenceWithoutFiles(e Event) Evidence {
	if e.Answer.Evidence != ByDocument {
		return e.Answer.Evidence
	}
	known := ByGateway
	if e.By != "" {
		known = ByBrowser
	}
	if r.Outcome != nil && r.Status == e.Answer.Status && r.Outcome.WithoutFiles.Stronger(known) {
		known = r.Outcome.WithoutFiles
	}
	return known
}
