package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"countersign/core/evidence"
	"countersign/core/i18n"
	"countersign/core/proof"
)

// factsView is one signature in one line, with everything else that is told of it under it when somebody asks.
type factsView struct {
	lang    i18n.Language
	facts   proof.Signature
	open    bool
	rows    *fyne.Container
	more    *link
	arrange func() // lays out again what the view stands in
	root    *fyne.Container
}

const factWidth = 96 // of the names of the facts

func newFactsView(lang i18n.Language, f proof.Signature, pass passKey, reveal func(fyne.CanvasObject), arrange func()) *factsView {
	v := &factsView{lang: lang, facts: f, arrange: arrange, rows: container.New(column{gap: 3})}
	v.rows.Hide()
	m := signatureMark(lang, f)
	v.more = newLink(face{lang.Say("pdf.details"), iconDown}, pass, v.toggle)
	v.more.reveal = reveal
	v.root = container.New(column{gap: 2},
		container.New(beside{gap: 6, center: true},
			newIcon(m.icon, m.color, 13), newText(theme.SizeNameCaptionText, m.color).set(joined(whoSigned(lang, f), m.word)), v.more),
		container.New(inset{19, 0}, v.rows),
	)
	return v
}

// toggle shows the facts, or puts them away.
func (v *factsView) toggle() {
	v.open = !v.open
	name, i := v.lang.Say("pdf.details"), iconDown
	if v.open {
		name, i = v.lang.Say("pdf.less"), iconUp
	}
	if len(v.rows.Objects) == 0 {
		for _, row := range factRows(v.lang, v.facts) {
			v.rows.Add(newFactRow(row))
		}
	}
	v.rows.Hidden = !v.open
	v.more.show(name, i)
	v.arrange()
}

func newFactRow(row [2]string) fyne.CanvasObject {
	return container.New(beside{gap: 10},
		container.New(fixedWidth(factWidth), newText(theme.SizeNameCaptionText, colorMuted).set(row[0])),
		newText(theme.SizeNameCaptionText, theme.ColorNameForeground).set(row[1]),
	)
}

// signatureMark says in a word whether a signature holds.
func signatureMark(lang i18n.Language, f proof.Signature) mark {
	switch {
	case !f.Intact:
		return mark{icon: iconCross, word: sentence(f.Problem), color: colorBad}
	case f.Shows || f.Breach != "":
		return mark{icon: iconWarning, word: lang.Say("pdf.changed_after"), color: colorBad}
	case f.Trusted:
		return mark{icon: iconCheck, word: lang.Say("pdf.trusted"), color: colorGood}
	case f.Trust != "":
		return mark{icon: iconCheck, word: lang.Say("pdf.untrusted"), color: colorGood}
	}
	return mark{icon: iconCheck, word: lang.Say("request.intact"), color: colorGood}
}

func whoSigned(lang i18n.Language, f proof.Signature) string {
	who := f.Signer
	if who == "" {
		who = lang.Say("request.nobody")
	}
	if f.Timestamp {
		who = lang.Say("pdf.stamp_by", who)
	}
	if !f.SignedAt.IsZero() {
		who = joined(who, lang.Moment(f.SignedAt))
	}
	return who
}

// factRows are the facts of a signature, each with its name.
func factRows(lang i18n.Language, f proof.Signature) [][2]string {
	var rows [][2]string
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, [2]string{name, value})
		}
	}
	add(lang.Say("pdf.field"), f.Field)
	add(lang.Say("pdf.kind"), f.Level)
	add(lang.Say("pdf.method"), f.Algorithm)
	if f.Issuer != "" {
		add(lang.Say("pdf.certificate"), lang.Say("pdf.issued", f.Issuer, lang.Date(f.ValidFrom), lang.Date(f.ValidUntil)))
	}
	add(lang.Say("pdf.trust"), sentence(f.Trust))
	if !f.Timestamp && f.Intact {
		add(lang.Say("pdf.time"), stampWords(lang, f.Stamp))
	}
	if f.Intact {
		add(lang.Say("pdf.added"), addedWords(lang, f))
	}
	add(lang.Say("pdf.permits"), sentence(f.Permits))
	add(lang.Say("pdf.breach"), sentence(f.Breach))
	return rows
}

// stampWords say who vouches for the time of signing.
func stampWords(lang i18n.Language, s *proof.Stamp) string {
	switch {
	case s == nil:
		return lang.Say("pdf.no_stamp")
	case !s.Intact:
		return sentence(s.Problem)
	}
	return joined(lang.Say("pdf.stamp_at", lang.Moment(s.At), s.Authority), sentence(s.Trust))
}

func addedWords(lang i18n.Language, f proof.Signature) string {
	switch {
	case f.Whole:
		return lang.Say("pdf.added_none")
	case len(f.Changes) == 0:
		return joined(lang.Size(f.Added), lang.Say("pdf.added_idle"))
	}
	var changes []string
	for _, c := range f.Changes {
		changes = append(changes, evidence.ChangeIn(c, lang))
	}
	return joined(lang.Size(f.Added), strings.Join(changes, ", "))
}
