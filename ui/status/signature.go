package status

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/evidence"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/ui/kit"
)

// SignatureView shows a signature on one line. A link unfolds its details below. Put Root into a layout.
type SignatureView struct {
	lang    i18n.Language
	facts   proof.Signature
	open    bool
	rows    *fyne.Container
	more    *kit.Link
	arrange func() // lays out again what contains the view
	Root    *fyne.Container
}

const factWidth = 96 // of the column of names

// NewSignatureView returns the view of a signature, folded. The function arrange is called after the height of the view
// has changed, pass with the keys that the link does not handle, and reveal with the link when it is focused.
func NewSignatureView(lang i18n.Language, f proof.Signature, pass kit.KeyHandler, reveal func(fyne.CanvasObject), arrange func()) *SignatureView {
	v := &SignatureView{lang: lang, facts: f, arrange: arrange, rows: container.New(kit.Column(3))}
	v.rows.Hide()
	m := signatureBadge(lang, f)
	v.more = kit.NewLink(lang.Say("pdf.details"), kit.IconDown, pass, v.toggle)
	v.more.Reveal = reveal
	v.Root = container.New(kit.Column(2),
		container.New(kit.Row{Gap: 6, Center: true},
			kit.NewIcon(m.Icon, m.Color, 13), kit.NewText(theme.SizeNameCaptionText, m.Color).Set(kit.Joined(whoSigned(lang, f), m.Label)), v.more),
		container.New(kit.Padding(19, 0), v.rows),
	)
	return v
}

// toggle unfolds the details, or folds them.
func (v *SignatureView) toggle() {
	v.open = !v.open
	name, i := v.lang.Say("pdf.details"), kit.IconDown
	if v.open {
		name, i = v.lang.Say("pdf.less"), kit.IconUp
	}
	if len(v.rows.Objects) == 0 {
		for _, row := range factRows(v.lang, v.facts) {
			v.rows.Add(newFactRow(row))
		}
	}
	v.rows.Hidden = !v.open
	v.more.SetLabel(name, i)
	v.arrange()
}

func newFactRow(row [2]string) fyne.CanvasObject {
	return container.New(kit.Row{Gap: 10},
		container.New(kit.FixedWidth(factWidth), kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(row[0])),
		kit.NewText(theme.SizeNameCaptionText, theme.ColorNameForeground).Set(row[1]),
	)
}

// signatureBadge returns the badge for whether a signature is intact and trusted. Its Back is not set.
func signatureBadge(lang i18n.Language, f proof.Signature) kit.Badge {
	switch {
	case f.State == proof.Unchecked:
		return kit.Badge{Icon: kit.IconInfo, Label: kit.Sentence(lang.Say("pdf.unchecked", explain.Reason(lang, f.Problem, f.Cause))), Color: kit.ColorWarn}
	case !f.Intact():
		return kit.Badge{Icon: kit.IconCross, Label: kit.Sentence(explain.Reason(lang, f.Problem, f.Cause)), Color: kit.ColorBad}
	case f.Shows || f.Breach != "":
		return kit.Badge{Icon: kit.IconWarning, Label: lang.Say("pdf.changed_after"), Color: kit.ColorBad}
	case f.Weak != "":
		return kit.Badge{Icon: kit.IconWarning, Label: lang.Say("pdf.weak", f.Weak), Color: kit.ColorWarn}
	case f.Trusted:
		return kit.Badge{Icon: kit.IconCheck, Label: lang.Say("pdf.trusted"), Color: kit.ColorGood}
	case f.Trust != "":
		return kit.Badge{Icon: kit.IconInfo, Label: lang.Say("pdf.untrusted"), Color: kit.ColorWarn}
	}
	return kit.Badge{Icon: kit.IconCheck, Label: lang.Say("request.intact"), Color: kit.ColorGood}
}

func whoSigned(lang i18n.Language, f proof.Signature) string {
	who := request.ShowHidden(f.Signer)
	if who == "" {
		who = lang.Say("request.nobody")
	}
	if f.Timestamp {
		who = lang.Say("pdf.stamp_by", who)
	}
	switch {
	case f.NoZone:
		who = kit.Joined(who, lang.Say("pdf.no_zone", f.Stated))
	case !f.SignedAt.IsZero():
		who = kit.Joined(who, lang.Moment(f.SignedAt))
	}
	return who
}

// factRows returns the details of a signature as pairs of name and value.
func factRows(lang i18n.Language, f proof.Signature) [][2]string {
	var rows [][2]string
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, [2]string{name, value})
		}
	}
	field := f.Field
	if len(f.Fields) > 0 {
		field = strings.Join(f.Fields, ", ")
	}
	add(lang.Say("pdf.field"), field)
	add(lang.Say("pdf.kind"), evidence.DescribeLevel(f.Level, lang))
	add(lang.Say("pdf.method"), evidence.DescribeAlgorithm(f.Algorithm, lang))
	if f.Issuer != "" {
		add(lang.Say("pdf.certificate"), lang.Say("pdf.issued", f.Issuer, lang.Date(f.ValidFrom), lang.Date(f.ValidUntil)))
	}
	add(lang.Say("pdf.trust"), kit.Sentence(explain.Reason(lang, f.Trust, f.Because)))
	if f.Intact() {
		add(lang.Say("pdf.revocation"), evidence.DescribeRevocation(f.Revocation, f.RevokedAt, lang))
	}
	if !f.Timestamp && f.Intact() {
		add(lang.Say("pdf.time"), stampWords(lang, f.Stamp))
	}
	if f.Intact() {
		add(lang.Say("pdf.added"), addedWords(lang, f))
	}
	if f.NotComparedAt > 0 {
		add(lang.Say("pdf.not_compared_name"), lang.Say("pdf.not_compared_at", lang.Number(int(f.NotComparedAt))))
	}
	if !f.NoZone {
		add(lang.Say("pdf.stated"), f.Stated)
	}
	add(lang.Say("pdf.permits"), kit.Sentence(permitWords(lang, f.Permission)))
	add(lang.Say("pdf.breach"), kit.Sentence(evidence.DescribeChanges(f.Forbidden, lang)))
	return rows
}

// stampWords returns the time of signing that a timestamp authority confirms, and how far that authority is trusted.
func stampWords(lang i18n.Language, s *proof.Stamp) string {
	switch {
	case s == nil:
		return lang.Say("pdf.no_stamp")
	case s.State == proof.Unchecked:
		return kit.Sentence(lang.Say("pdf.unchecked", explain.Reason(lang, s.Problem, s.Cause)))
	case !s.Intact():
		return kit.Sentence(explain.Reason(lang, s.Problem, s.Cause))
	}
	return kit.Joined(lang.Say("pdf.stamp_at", lang.Moment(s.At), s.Authority), kit.Sentence(explain.Reason(lang, s.Trust, s.Because)))
}

// permitWords returns in words which changes a certifying signature allows; empty for a signature that does not
// certify.
func permitWords(lang i18n.Language, p proof.Permission) string {
	switch p {
	case proof.PermitsNothing:
		return lang.Say("pdf.permits_nothing")
	case proof.PermitsForms:
		return lang.Say("pdf.permits_forms")
	case proof.PermitsComments:
		return lang.Say("pdf.permits_comments")
	}
	return ""
}

func addedWords(lang i18n.Language, f proof.Signature) string {
	switch {
	case f.Whole:
		return lang.Say("pdf.added_none")
	case len(f.Changes) == 0:
		return kit.Joined(lang.Size(f.Added), lang.Say("pdf.added_idle"))
	}
	var changes []string
	for _, c := range f.Changes {
		changes = append(changes, evidence.DescribeChange(c, lang))
	}
	return kit.Joined(lang.Size(f.Added), strings.Join(changes, ", "))
}
