package detail

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// documentModel is one document, or a signed file that stands for one that was never here.
type documentModel struct {
	name     string
	size     string
	said     string    // the gateway's word for it
	state    kit.Badge // empty before there is anything to say
	problem  string
	warning  string // what was changed before it was signed
	at       int    // which of the request's documents
	original string // digests; empty where there is none
	signed   string
	proves   bool
}

// shown is the digest of the file whose first page stands for the document: the signed one, where
// it is the document signed and nothing else.
func (m documentModel) shown() string {
	if m.proves || m.original == "" {
		return m.signed
	}
	return m.original
}

// documentModels are the documents of a request.
func documentModels(lang i18n.Language, r request.Request) []documentModel {
	var docs []documentModel
	for i, d := range r.Documents {
		docs = append(docs, newDocumentModel(lang, r, i, d))
	}
	for _, file := range r.Attached {
		docs = append(docs, documentModel{
			name: lang.Say("request.attached"), size: lang.Size(file.Size), signed: file.SHA256,
			state: kit.NewBadge(kit.IconQuestion, lang.Say("request.attached_state"), kit.ColorWarn, kit.ColorWarnPill),
		})
	}
	return docs
}

func newDocumentModel(lang i18n.Language, r request.Request, at int, d request.Document) documentModel {
	m := documentModel{name: d.Name, size: lang.Size(d.Size), at: at, original: d.SHA256}
	if said := kit.Joined(d.Code, d.Message); said != "" {
		m.said = lang.Say("file.gateway_says", said)
	}
	switch {
	case d.Signed != nil && d.Signed.Proves:
		m.signed, m.proves = d.Signed.SHA256, true
		m.state = kit.NewBadge(kit.IconProof, lang.Say("file.proves", lang.Size(d.Signed.Size)), kit.ColorGood, kit.ColorGoodPill)
		if len(d.Signed.Changes) > 0 {
			m.warning = lang.Say("changed.file", evidence.DescribeChanges(d.Signed.Changes, lang))
		}
	case d.Signed != nil:
		m.signed = d.Signed.SHA256
		m.state = kit.NewBadge(kit.IconWarning, lang.Say("file.proves_not"), kit.ColorBad, kit.ColorBadPill)
		m.problem = kit.Sentence(explain.Reason(lang, d.Signed.Problem, d.Signed.Cause))
	case d.ReportedSigned, r.Status == request.Signed:
		m.state = kit.NewBadge(kit.IconClock, lang.Say("file.missing"), kit.ColorWarn, kit.ColorWarnPill)
	case r.Status == request.Partial:
		m.state = kit.NewBadge(kit.IconCross, lang.Say("file.unsigned"), kit.ColorBad, kit.ColorBadPill)
	}
	return m
}

// documentView shows one document, and what is read of it bit by bit.
type documentView struct {
	model documentModel
	lang  i18n.Language
	facts func(proof.Signature) fyne.CanvasObject // draws a signature; what is open of it stays open
	page  *thumbnail
	under *kit.Text
	found *fyne.Container // the signatures, and what could not be read
	root  *fyne.Container
}

// newDocument shows one file and what is known of its signed counterpart. An action that is the
// request's big button is not offered again.
func (d *Pane) newDocument(doc documentModel, next status.Action) *documentView {
	v := &documentView{model: doc, lang: d.lang, found: container.New(kit.Column(2))}
	v.facts = d.newFacts()
	v.page = newThumbnail(func() { d.host.OpenDocument(doc.shown()) })
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.MaxLines = 2
	name.Set(doc.name)
	v.under = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	said := kit.NewText(theme.SizeNameCaptionText, theme.ColorNameForeground).Set(doc.said)
	state := kit.NewBadgeLine(doc.state, doc.state.Word)
	state.Hidden = doc.state.Word == ""
	problem := kit.NewCallout(kit.ErrorBadge)
	problem.Set(doc.problem)
	warning := kit.NewCallout(kit.WarningBadge)
	warning.Set(doc.warning)
	v.root = container.New(kit.Row{Gap: 14}, v.page, container.New(kit.Column(3),
		name, v.under, said, state, problem.Root, warning.Root, v.found, d.newDocLinks(doc, next),
	))
	return v
}

// newFacts draws signatures, each once: the document is shown again whenever something was read.
func (d *Pane) newFacts() func(proof.Signature) fyne.CanvasObject {
	type key struct {
		field, signer string
		at            time.Time
		intact        bool
		added         int64
	}
	drawn := map[key]fyne.CanvasObject{}
	return func(f proof.Signature) fyne.CanvasObject {
		k := key{f.Field, f.Signer, f.SignedAt, f.Intact, f.Added}
		if drawn[k] == nil {
			drawn[k] = status.NewSignatureView(d.lang, f, d.pass, d.reveal, d.arrange).Root
		}
		return drawn[k]
	}
}

// newDocLinks are what can be done with a document.
func (d *Pane) newDocLinks(doc documentModel, next status.Action) fyne.CanvasObject {
	id := d.current.Id
	row := container.New(kit.NewFlowOf(16, 0))
	add := func(a status.Action, digest string, do func()) {
		if digest != "" && a != next {
			row.Add(d.newLink(a, do))
		}
	}
	add(status.OpenSigned, doc.signed, func() { d.host.OpenDocument(doc.signed) })
	add(status.OpenOriginal, doc.original, func() { d.host.OpenDocument(doc.original) })
	add(status.SaveCopy, doc.signed, func() { d.host.SaveCopy(id, doc.at, doc.signed) })
	add(status.ShowFolder, doc.shown(), func() { d.host.ShowInFolder(doc.shown()) })
	return row
}

// show brings what is known of the files.
func (v *documentView) show(p *previews) {
	m := v.model
	first := p.info(m.shown())
	v.page.set(first.page)
	size := m.size
	if first.pages > 0 {
		size = kit.Joined(size, v.lang.Count("request.pages", first.pages))
	}
	v.under.Set(size)
	v.found.Objects = v.signatures(p)
	if first.unseen != "" {
		v.note(v.lang.Say("request.no_page", first.unseen))
	}
}

// signatures lists those from before the signing and those from since.
func (v *documentView) signatures(p *previews) []fyne.CanvasObject {
	original, signed := p.info(v.model.original), p.info(v.model.signed)
	var all []fyne.CanvasObject
	list := func(heading string, found []proof.Signature) {
		all = append(all, kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(heading))
		for _, s := range found {
			all = append(all, v.facts(s))
		}
	}
	switch {
	case v.model.original == "":
	case len(original.signatures) > 0:
		list(v.lang.Say("request.before"), original.signatures)
	case original.read:
		list(v.lang.Say("request.before_none"), nil)
	}
	switch since := sinceThen(original, signed); {
	case len(signed.signatures) > 0 && !v.model.proves:
		list(v.lang.Say("request.in_file"), signed.signatures)
	case len(since) > 0:
		list(v.lang.Say("request.after"), since)
	}
	return v.unreadable(all, original, signed)
}

// sinceThen are the signatures of a signed file without those that its original has: they are not
// told twice, unless they are not what they were.
func sinceThen(original, signed *documentInfo) []proof.Signature {
	return slices.DeleteFunc(slices.Clone(signed.signatures), func(s proof.Signature) bool {
		return slices.ContainsFunc(original.signatures, func(o proof.Signature) bool { return sameSignature(o, s) })
	})
}

func sameSignature(a, b proof.Signature) bool {
	return a.Signer == b.Signer && a.SignedAt.Equal(b.SignedAt) && a.Intact == b.Intact
}

// unreadable adds why signatures could not be read, once.
func (v *documentView) unreadable(all []fyne.CanvasObject, files ...*documentInfo) []fyne.CanvasObject {
	told := ""
	for _, f := range files {
		if f.unreadable != "" && f.unreadable != told {
			told = f.unreadable
			all = append(all, kit.NewText(theme.SizeNameCaptionText, kit.ColorWarn).Set(told))
		}
	}
	return all
}

func (v *documentView) note(words string) {
	v.found.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(words))
}
