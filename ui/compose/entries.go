package compose

import (
	"path/filepath"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// entryKind is what a line of the sheet is.
type entryKind int

// The kinds.
const (
	fileEntry  entryKind = iota // a file that is to be signed
	idEntry                     // a request that exists at a gateway
	listEntry                   // a list of such requests, to be imported
	faultEntry                  // a row of a list that was left out
)

// entry is a line of the sheet, put into words.
type entry struct {
	kind     entryKind
	key      string // tells it from every other line of its kind
	path     string
	name     string
	digest   string
	gateway  string // of a request that exists there
	remoteID string

	facts  string    // pages, size, signatures
	pill   kit.Badge // what there is to notice, in short
	why    string    // and in a sentence
	bad    bool      // it cannot be used
	wanted bool      // it is to be added
	same   desk.Same
}

// entryKey tells lines apart.
type entryKey struct {
	kind entryKind
	key  string
}

func (e entry) id() entryKey { return entryKey{e.kind, e.key} }

// takes tells that a line is to be added.
func (e entry) takes() bool { return e.wanted && !e.bad }

func newFileEntry(lang i18n.Language, c desk.Candidate) entry {
	e := entry{kind: fileEntry, key: c.Path, path: c.Path, name: c.Name, digest: c.SHA256, wanted: true}
	if c.Problem != "" {
		if c.Size > 0 {
			e.facts = lang.Size(c.Size)
		}
		e.refuse(lang.Say("sheet.pill_bad"), kit.SentenceAbout(c.Name, c.Problem))
		return e
	}
	e.facts = kit.Joined(lang.Count("sheet.pages", c.Pages), lang.Size(c.Size))
	if len(c.Signatures) > 0 {
		var signers []string
		broken := false
		for _, s := range c.Signatures {
			broken = broken || !s.Intact
			signer := s.Signer
			if signer == "" {
				signer = lang.Say("sheet.nobody")
			}
			if !slices.Contains(signers, signer) {
				signers = append(signers, signer)
			}
		}
		e.facts = kit.Joined(e.facts, lang.Count("sheet.signed_by", len(c.Signatures), strings.Join(signers, ", ")))
		if broken {
			e.pill = kit.NewBadge(kit.IconWarning, lang.Say("sheet.pill_broken"), kit.ColorWarn, kit.ColorWarnPill)
			e.why = lang.Say("sheet.broken")
		}
	}
	e.tellSame(lang, c.Same)
	return e
}

func newIDEntry(lang i18n.Language, gateway string, n desk.Named) entry {
	e := entry{
		kind: idEntry, key: gateway + "\n" + n.ID, gateway: gateway, remoteID: n.ID, wanted: true,
		name: lang.Say("sheet.id", n.ID), facts: lang.Say("sheet.at", gateway),
	}
	e.tellSame(lang, n.Same)
	return e
}

func newListEntry(lang i18n.Language, path string) entry {
	return entry{kind: listEntry, key: path, path: path, name: filepath.Base(path), wanted: true, facts: lang.Say("sheet.list")}
}

func newFaultEntry(lang i18n.Language, list string, f desk.RowFault) entry {
	e := entry{kind: faultEntry, key: list + "\n" + f.Error(), name: kit.Joined(list, lang.Say("sheet.line", lang.Number(f.Line)))}
	e.refuse(lang.Say("sheet.pill_bad"), kit.Sentence(f.Error()))
	return e
}

// refuse says why a line cannot be used.
func (e *entry) refuse(pill, why string) {
	e.bad, e.wanted = true, false
	e.pill = kit.NewBadge(kit.IconCross, pill, kit.ColorBad, kit.ColorBadPill)
	e.why = why
}

// tellSame says which request has the same: a signed one before an open one, and these before
// one that came to nothing.
func (e *entry) tellSame(lang i18n.Language, same []desk.Same) {
	rank := func(s request.Status) int {
		switch {
		case s == request.Signed:
			return 2
		case s.Open():
			return 1
		}
		return 0
	}
	if len(same) == 0 {
		return
	}
	e.same = slices.MaxFunc(same, func(a, b desk.Same) int { return rank(a.Status) - rank(b.Status) })
	date := lang.Date(e.same.Changed.Local())
	switch rank(e.same.Status) {
	case 2:
		e.wanted = false
		e.pill = kit.NewBadge(kit.IconWarning, lang.Say("sheet.pill_signed", date), kit.ColorWarn, kit.ColorWarnPill)
		e.why = lang.Say("sheet.same_signed", date, e.same.Title)
	case 1:
		e.wanted = false
		e.pill = kit.NewBadge(kit.IconWarning, lang.Say("sheet.pill_open"), kit.ColorWarn, kit.ColorWarnPill)
		e.why = lang.Say("sheet.same_open", e.same.Title, date)
	default:
		e.pill = kit.NewBadge(kit.IconInfo, lang.Say("sheet.pill_tried"), kit.ColorOver, kit.ColorOverPill)
		e.why = lang.Say("sheet.same_tried", e.same.Title, status.Of(lang, request.Request{Status: e.same.Status}).Word, date)
	}
}

// tellDuplicate says that an earlier line has the same bytes.
func (e *entry) tellDuplicate(lang i18n.Language, of string) {
	e.wanted = false
	e.pill = kit.NewBadge(kit.IconWarning, lang.Say("sheet.pill_twin"), kit.ColorWarn, kit.ColorWarnPill)
	e.why = lang.Say("sheet.twin", of)
}

// entries are the lines of the sheet.
type entries []entry

// add puts a line at the end, once.
func (all *entries) add(lang i18n.Language, e entry) {
	for _, before := range *all {
		if before.id() == e.id() {
			return
		}
		if e.kind == fileEntry && e.digest != "" && before.digest == e.digest && e.same.ID == "" {
			e.tellDuplicate(lang, before.name)
		}
	}
	*all = append(*all, e)
}

// taken gives the lines of a kind that are to be added.
func (all entries) taken(kind entryKind) entries {
	var some entries
	for _, e := range all {
		if e.kind == kind && e.takes() {
			some = append(some, e)
		}
	}
	return some
}

// has tells whether there is a line of a kind that can be used.
func (all entries) has(kind entryKind) bool {
	return slices.ContainsFunc(all, func(e entry) bool { return e.kind == kind && !e.bad })
}

// sum says what is to be added of all, and what is not; nothing where one line says it.
func (all entries) sum(lang i18n.Language) string {
	if len(all) < 2 {
		return ""
	}
	take, leave, bad := 0, 0, 0
	for _, e := range all {
		switch {
		case e.bad:
			bad++
		case e.wanted:
			take++
		default:
			leave++
		}
	}
	sum := ""
	if take+leave > 0 {
		sum = lang.Count("sheet.to_add", take)
	}
	if leave > 0 {
		sum = kit.Joined(sum, lang.Count("sheet.unchecked", leave))
	}
	if bad > 0 {
		sum = kit.Joined(sum, lang.Count("sheet.left_out", bad))
	}
	return sum
}

// isList tells by its name that a file is a list to be imported.
func isList(path string) bool { return strings.EqualFold(filepath.Ext(path), ".csv") }
