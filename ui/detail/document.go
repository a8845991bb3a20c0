package detail

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// documentModel is a document of a request as text, or a signed file that belongs to no document of it.
type documentModel struct {
	name     string
	size     string
	said     string    // the gateway's status of the document
	state    kit.Badge // without a text while the status is unknown
	problem  string
	warning  string // changes made between sending and signing, or why the file could not be checked
	index    int    // index among the documents of the request
	original string // SHA-256; empty without one
	signed   string
	proves   bool
}

// displayed returns the digest of the file whose first page is shown: the signed file if it is a proof or if there is
// no original, and otherwise the original.
func (m documentModel) displayed() string {
	if m.proves || m.original == "" {
		return m.signed
	}
	return m.original
}

// documentModels returns the documents of a request, followed by the attached files. checkedAt has the other desks of an office at which signed
// files were checked, by their SHA-256.
func documentModels(lang i18n.Language, names settings.Names, r request.Request, checkedAt map[string]string) []documentModel {
	var docs []documentModel
	for i, d := range r.Documents {
		m := newDocumentModel(lang, names, r, i, d)
		if desk := checkedAt[m.signed]; desk != "" && m.state.Label != "" {
			m.state.Label = kit.Joined(m.state.Label, lang.Say("office.checked_at", desk))
		}
		docs = append(docs, m)
	}
	for _, file := range r.Attached {
		m := documentModel{
			name: lang.Say("request.attached"), size: lang.Size(file.Size), signed: file.SHA256,
			state: kit.NewBadge(kit.IconQuestion, lang.Say("request.attached_state"), kit.ColorWarn, kit.ColorWarnBack),
		}
		if file.Voucher != nil {
			m.warning = vouchedText(lang, names, file.Voucher)
		}
		m.damaged(lang, file)
		docs = append(docs, m)
	}
	return docs
}

func newDocumentModel(lang i18n.Language, names settings.Names, r request.Request, at int, d request.Document) documentModel {
	m := documentModel{name: request.ShowHidden(d.Name), size: lang.Size(d.Size), index: at, original: d.SHA256}
	if said := kit.Joined(d.Code, d.Message); said != "" {
		m.said = lang.Say("file.gateway_says", said)
	}
	m.problem = explain.OriginalDamage(lang, d.Damage)
	switch {
	case d.Signed != nil && d.Signed.Damage != "":
		m.damaged(lang, *d.Signed)
	case d.Signed != nil && d.Signed.Proves:
		m.signed, m.proves = d.Signed.SHA256, true
		m.state = kit.NewBadge(kit.IconProof, lang.Say("file.proves", lang.Size(d.Signed.Size)), kit.ColorGood, kit.ColorGoodBack)
		if len(d.Signed.Changes) > 0 {
			m.warning = lang.Say("changed.file", evidence.DescribeChanges(d.Signed.Changes, lang))
		}
	case d.Signed != nil && d.Signed.Unchecked:
		m.signed = d.Signed.SHA256
		m.state = kit.NewBadge(kit.IconQuestion, lang.Say("file.unchecked"), kit.ColorWarn, kit.ColorWarnBack)
		m.warning = kit.Sentence(explain.Reason(lang, d.Signed.Problem, d.Signed.Cause))
		if v := d.Signed.Voucher; v != nil {
			m.warning += "\n" + vouchedText(lang, names, v)
		}
	case d.Signed != nil:
		m.signed = d.Signed.SHA256
		m.state = kit.NewBadge(kit.IconWarning, lang.Say("file.proves_not"), kit.ColorBad, kit.ColorBadBack)
		m.problem = strings.TrimPrefix(m.problem+"\n"+kit.Sentence(explain.Reason(lang, d.Signed.Problem, d.Signed.Cause)), "\n")
	case d.ReportedSigned, r.Status == request.Signed:
		m.state = kit.NewBadge(kit.IconClock, lang.Say("file.missing"), kit.ColorWarn, kit.ColorWarnBack)
	case r.Status == request.Partial:
		m.state = kit.NewBadge(kit.IconCross, lang.Say("file.unsigned"), kit.ColorBad, kit.ColorBadBack)
	}
	return m
}

// damaged shows what became of a signed file after it was stored. It does nothing for a file without damage.
func (m *documentModel) damaged(lang i18n.Language, f request.SignedFile) {
	text := explain.SignedDamage(lang, f.Damage)
	if text == "" {
		return
	}
	m.signed = f.SHA256
	m.state = kit.NewBadge(kit.IconWarning, text, kit.ColorBad, kit.ColorBadBack)
	if f.Proves {
		m.problem = strings.TrimPrefix(m.problem+"\n"+lang.Say("file.proved"), "\n")
	}
}

// vouchedText returns a sentence about who vouches for a file, and how they know.
func vouchedText(lang i18n.Language, names settings.Names, v *request.Voucher) string {
	return kit.Sentence(lang.Say("file.vouched", cmp.Or(names.Person(v.By), lang.Say("file.somebody")), v.Note))
}

// documentView shows one document. Its signatures and its first page appear as they are read.
type documentView struct {
	model         documentModel
	lang          i18n.Language
	drawSignature func(proof.Signature) fyne.CanvasObject // keeps a signature unfolded when it is drawn again
	thumbnail     *thumbnail
	details       *kit.Text
	found         *fyne.Container // signatures, and reading errors
	root          *fyne.Container
}

// newDocument draws a document, with links for the actions on it that have no button.
func (d *Pane) newDocument(doc documentModel, buttons []status.Action) *documentView {
	v := &documentView{model: doc, lang: d.lang, found: container.New(kit.Column(2))}
	v.drawSignature = d.newSignatureDrawer()
	id := d.current.ID
	v.thumbnail = newThumbnail(func() { d.host.OpenDocument(id, doc.displayed()) })
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.MaxLines = 2
	name.Set(doc.name)
	v.details = kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted)
	said := kit.NewText(theme.SizeNameCaptionText, theme.ColorNameForeground).Set(doc.said)
	state := kit.NewBadgeLine(doc.state, doc.state.Label)
	state.Hidden = doc.state.Label == ""
	problem := kit.NewCallout(kit.ErrorBadge)
	problem.Set(doc.problem)
	warning := kit.NewCallout(kit.WarningBadge)
	warning.Set(doc.warning)
	v.root = container.New(kit.Row{Gap: 14}, v.thumbnail, container.New(kit.Column(3),
		name, v.details, said, state, problem.Root, warning.Root, v.found, d.newDocLinks(doc, buttons),
	))
	return v
}

// newSignatureDrawer returns a function that draws a signature and returns the same object for the same signature.
// The document is drawn again after each read, and unfolded signatures must stay unfolded.
func (d *Pane) newSignatureDrawer() func(proof.Signature) fyne.CanvasObject {
	type key struct {
		field, signer string
		at            time.Time
		state         proof.State
		added         int64
	}
	drawn := map[key]fyne.CanvasObject{}
	return func(f proof.Signature) fyne.CanvasObject {
		k := key{f.Field, f.Signer, f.SignedAt, f.State, f.Added}
		if drawn[k] == nil {
			drawn[k] = status.NewSignatureView(d.lang, f, d.pass, d.reveal, d.arrange).Root
		}
		return drawn[k]
	}
}

// newDocLinks returns the links for the actions on a document that are not among buttons.
func (d *Pane) newDocLinks(doc documentModel, buttons []status.Action) fyne.CanvasObject {
	id := d.current.ID
	row := container.New(kit.NewFlowGaps(16, 0))
	add := func(a status.Action, digest string, do func()) {
		if digest != "" && !slices.Contains(buttons, a) {
			row.Add(d.newLink(a, do))
		}
	}
	add(status.OpenSigned, doc.signed, func() { d.host.OpenDocument(id, doc.signed) })
	add(status.OpenOriginal, doc.original, func() { d.host.OpenDocument(id, doc.original) })
	add(status.SaveCopy, doc.signed, func() { d.host.SaveCopy(id, doc.index, doc.signed) })
	add(status.ShowFolder, doc.displayed(), func() { d.host.ShowInFolder(id, doc.displayed()) })
	return row
}

// show draws what has been read of the files.
func (v *documentView) show(p *previews) {
	m := v.model
	first := p.info(m.displayed())
	v.thumbnail.set(first.page)
	size := m.size
	if first.pages > 0 {
		size = kit.Joined(size, v.lang.Count("request.pages", first.pages))
	}
	v.details.Set(size)
	v.found.Objects = v.signatures(p)
	if first.pageError != nil {
		v.note(v.lang.Say("request.no_page", explain.Error(v.lang, first.pageError)))
	}
}

// signatures returns the signatures made before the request was signed, followed by the new ones.
func (v *documentView) signatures(p *previews) []fyne.CanvasObject {
	original, signed := p.info(v.model.original), p.info(v.model.signed)
	var all []fyne.CanvasObject
	list := func(heading string, found []proof.Signature) {
		all = append(all, kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(heading))
		for _, s := range found {
			all = append(all, v.drawSignature(s))
		}
	}
	switch {
	case v.model.original == "":
	case len(original.signatures) > 0:
		list(v.lang.Say("request.before"), original.signatures)
	case original.signaturesRead:
		list(v.lang.Say("request.before_none"), nil)
	}
	switch since := addedSignatures(original, signed); {
	case len(signed.signatures) > 0 && !v.model.proves:
		list(v.lang.Say("request.in_file"), signed.signatures)
	case len(since) > 0:
		list(v.lang.Say("request.after"), since)
	}
	return v.unreadable(all, original, signed)
}

// addedSignatures returns the signatures of the signed file that the original does not have in the same state.
func addedSignatures(original, signed *documentInfo) []proof.Signature {
	return slices.DeleteFunc(slices.Clone(signed.signatures), func(s proof.Signature) bool {
		return slices.ContainsFunc(original.signatures, func(o proof.Signature) bool { return sameSignature(o, s) })
	})
}

func sameSignature(a, b proof.Signature) bool {
	return a.Signer == b.Signer && a.SignedAt.Equal(b.SignedAt) && a.State == b.State
}

// unreadable appends the reasons why signatures could not be read, each once.
func (v *documentView) unreadable(all []fyne.CanvasObject, files ...*documentInfo) []fyne.CanvasObject {
	shown := ""
	for _, f := range files {
		if f.signaturesError == nil {
			continue
		}
		if said := kit.Sentence(explain.Error(v.lang, f.signaturesError)); said != shown {
			shown = said
			all = append(all, kit.NewText(theme.SizeNameCaptionText, kit.ColorWarn).Set(shown))
		}
	}
	return all
}

func (v *documentView) note(text string) {
	v.found.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(text))
}
