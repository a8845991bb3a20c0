package explain

import (
	"math"
	"strings"

	"countersign/core/i18n"
	"countersign/core/request"
)

// DetailsChange returns a sentence for each of the signing details that a person changed, with the value before. It returns
// nil for a nil c.
func DetailsChange(lang i18n.Language, c *request.DetailsChange) []string {
	if c == nil {
		return nil
	}
	before, after := signatureOf(c.From), signatureOf(c.To)
	wasSigner, signer := signersText(c.From.Signers, c.To.Signers)
	var said []string
	for _, d := range []struct{ label, before, after string }{
		{lang.Say("sheet.gateway"), c.From.Gateway, c.To.Gateway},
		{lang.Say("sheet.signer_name"), wasSigner, signer},
		{lang.Say("details.copies"), copiesText(c.From.CopyRecipients), copiesText(c.To.CopyRecipients)},
		{lang.Say("sheet.reason"), before.Reason, after.Reason},
		{lang.Say("win.field_name"), before.Field, after.Field},
		{lang.Say("details.page"), pageText(lang, before.Page), pageText(lang, after.Page)},
		{lang.Say("details.positions"), positionsText(lang, c.From.Positions), positionsText(lang, c.To.Positions)},
		{lang.Say("win.place"), rectangleText(lang, before.Rectangle), rectangleText(lang, after.Rectangle)},
	} {
		if d.before != d.after {
			said = append(said, lang.Say("details.changed", d.label, orNone(lang, d.after), orNone(lang, d.before)))
		}
	}
	return said
}

func orNone(lang i18n.Language, text string) string {
	if text == "" {
		return lang.Say("details.none")
	}
	return text
}

func signatureOf(d request.SigningDetails) request.SignatureOptions {
	if d.Signature == nil {
		return request.SignatureOptions{}
	}
	return *d.Signature
}

// signersText returns the names of signers before and after a change. If the names are the same and something else
// differs, it returns everything about them.
func signersText(before, after []request.Signer) (was, is string) {
	name := func(s request.Signer) string { return s.Name }
	whole := func(s request.Signer) string { return join(", ", s.Name, s.Email, join(" ", s.Country, s.Number)) }
	if was, is = eachText(before, name), eachText(after, name); was == is {
		was, is = eachText(before, whole), eachText(after, whole)
	}
	return was, is
}

func copiesText(copies []request.CopyRecipient) string {
	return eachText(copies, func(c request.CopyRecipient) string { return join(", ", c.Name, c.Email) })
}

func eachText[T any](all []T, text func(T) string) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, text(one))
	}
	return join("; ", texts...)
}

// join joins the texts that are not empty.
func join(between string, texts ...string) string {
	var some []string
	for _, text := range texts {
		if text != "" {
			some = append(some, text)
		}
	}
	return strings.Join(some, between)
}

func pageText(lang i18n.Language, page string) string {
	if page == "last" {
		return lang.Say("win.last_page")
	}
	return page
}

// positionsText returns where the signatures of single documents are, one after the other; "" if all have the same position.
func positionsText(lang i18n.Language, positions []request.SignaturePosition) string {
	return eachText(positions, func(p request.SignaturePosition) string {
		return orNone(lang, join(", ", pageText(lang, p.Page), rectangleText(lang, p.Rectangle)))
	})
}

// rectangleText returns where a rectangle is, in whole millimeters; "" for nil.
func rectangleText(lang i18n.Language, r *request.Rectangle) string {
	if r == nil {
		return ""
	}
	mm := func(points float64) string { return lang.Number(int(math.Round(points * 25.4 / 72))) }
	return lang.Say("details.rectangle", mm(r.X), mm(r.Y), mm(r.Width), mm(r.Height))
}
