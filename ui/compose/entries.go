package compose

import (
	"path/filepath"
	"slices"
	"strings"

	"countersign/core/desk"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/placement"
	"countersign/ui/status"
)

// entryKind is the kind of an entry of the form.
type entryKind int

// The kinds of entries.
const (
	fileEntry entryKind = iota // a file that is to be signed
	idEntry                    // a request that exists at a gateway
	listEntry                  // a list of such requests, to be imported
)

// entry is one line of the form, with its texts.
type entry struct {
	kind     entryKind
	key      string // unique among the entries of its kind
	path     string
	stored   *input.File // a document of another request, in place of a file with a path; nil for none
	name     string
	digest   string
	gateway  string // of a request that exists at a gateway
	remoteID string

	folder      string    // the folder of a file; empty unless another file has the same name
	facts       string    // pages, size, signatures
	badge       kit.Badge // a short warning; without a text if there is none
	explanation string    // the warning as a sentence
	bad         bool      // it cannot be added
	locked      bool      // the file is locked against changes; only some gateways take such files
	wanted      bool      // a person wants it to be added
	same        desk.Same
	position    *placement.Position // where its signature goes, in place of that for all documents; nil for none
}

// entryKey identifies an entry.
type entryKey struct {
	kind entryKind
	key  string
}

func (e entry) id() entryKey { return entryKey{e.kind, e.key} }

// diskPath returns where the file of the entry is, for a picture of it; empty for one that is on no disk.
func (e entry) diskPath() string {
	if e.stored != nil {
		return e.stored.DiskPath
	}
	return e.path
}

// included reports whether the entry will be added with the form: a person wants it, and nothing is wrong with it.
func (e entry) included() bool { return e.wanted && !e.bad }

func newFileEntry(lang i18n.Language, c desk.Candidate) entry {
	e := entry{kind: fileEntry, key: c.Path, path: c.Path, name: c.Name, digest: c.SHA256, wanted: true}
	if c.Problem.Text != "" {
		if c.Size > 0 {
			e.facts = lang.Size(c.Size)
		}
		e.reject(lang.Say("sheet.badge_bad"), kit.SentenceAbout(c.Name, explain.Reason(lang, c.Problem.Text, c.Problem.Cause)))
		return e
	}
	e.facts = kit.Joined(lang.Count("sheet.pages", c.Pages), lang.Size(c.Size))
	if len(c.Signatures) > 0 {
		var signers []string
		broken := false
		for _, s := range c.Signatures {
			broken = broken || s.Broken
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
			e.badge = kit.NewBadge(kit.IconWarning, lang.Say("sheet.badge_broken"), kit.ColorWarn, kit.ColorWarnBack)
			e.explanation = lang.Say("sheet.broken")
		}
	}
	e.applySame(lang, c.Same)
	if c.Protected {
		e.locked, e.wanted = true, false
		e.badge = kit.NewBadge(kit.IconWarning, lang.Say("sheet.badge_locked"), kit.ColorWarn, kit.ColorWarnBack)
		e.explanation = lang.Say("sheet.locked")
	}
	return e
}

func newIDEntry(lang i18n.Language, gateway, shown string, n desk.Named) entry {
	e := entry{
		kind: idEntry, key: gateway + "\n" + n.ID, gateway: gateway, remoteID: n.ID, wanted: true,
		name: lang.Say("sheet.id", n.ID), facts: lang.Say("sheet.at", shown),
	}
	e.applySame(lang, n.Same)
	return e
}

func newListEntry(lang i18n.Language, path string) entry {
	return entry{kind: listEntry, key: path, path: path, name: input.Name(path), wanted: true, facts: lang.Say("sheet.list")}
}

// reject makes an entry unusable.
func (e *entry) reject(label, reason string) {
	e.bad, e.wanted = true, false
	e.badge = kit.NewBadge(kit.IconCross, label, kit.ColorBad, kit.ColorBadBack)
	e.explanation = reason
}

// applySame warns of an existing request with the same document. Of several, a signed one counts most, then an
// open one.
func (e *entry) applySame(lang i18n.Language, same []desk.Same) {
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
		e.badge = kit.NewBadge(kit.IconWarning, lang.Say("sheet.badge_signed", date), kit.ColorWarn, kit.ColorWarnBack)
		e.explanation = lang.Say("sheet.same_signed", date, e.same.Title)
	case 1:
		e.wanted = false
		e.badge = kit.NewBadge(kit.IconWarning, lang.Say("sheet.badge_open"), kit.ColorWarn, kit.ColorWarnBack)
		e.explanation = lang.Say("sheet.same_open", e.same.Title, date)
	default:
		e.badge = kit.NewBadge(kit.IconInfo, lang.Say("sheet.badge_tried"), kit.ColorOver, kit.ColorOverBack)
		e.explanation = lang.Say("sheet.same_tried", e.same.Title, status.Of(lang, request.Request{Status: e.same.Status}).Label, date)
	}
}

// markDuplicate excludes the entry, with the warning that it is the same file as an earlier entry, whose name is passed
// as of.
func (e *entry) markDuplicate(lang i18n.Language, of string) {
	e.wanted = false
	e.badge = kit.NewBadge(kit.IconWarning, lang.Say("sheet.badge_duplicate"), kit.ColorWarn, kit.ColorWarnBack)
	e.explanation = lang.Say("sheet.duplicate", of)
}

// entries are the lines of the form.
type entries []entry

// add appends an entry, unless there is one of the same kind and key. A file with the same content as an earlier entry
// is appended, but marked as a duplicate. Files with the same name get their folders, to tell them apart.
func (all *entries) add(lang i18n.Language, e entry) {
	for i, before := range *all {
		if before.id() == e.id() {
			return
		}
		if e.kind == fileEntry && before.kind == fileEntry && strings.EqualFold(before.name, e.name) {
			(*all)[i].folder, e.folder = folderOf(before.path), folderOf(e.path)
		}
		if e.kind == fileEntry && e.digest != "" && before.digest == e.digest && e.same.ID == "" {
			e.markDuplicate(lang, before.name)
		}
	}
	*all = append(*all, e)
}

// folderOf returns the folder of the file at a path, to be shown.
func folderOf(path string) string { return input.PathLabel(filepath.Dir(path)) }

// toAdd returns the entries of a kind that will be added.
func (all entries) toAdd(kind entryKind) entries {
	var some entries
	for _, e := range all {
		if e.kind == kind && e.included() {
			some = append(some, e)
		}
	}
	return some
}

// hasUsable reports whether there is an entry of a kind that can be added.
func (all entries) hasUsable(kind entryKind) bool {
	return slices.ContainsFunc(all, func(e entry) bool { return e.kind == kind && !e.bad })
}

// summary counts the entries that will be added and those that will not; empty for fewer than two entries.
func (all entries) summary(lang i18n.Language) string {
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

// isList reports whether a file is a list to import, judging by its name.
func isList(path string) bool {
	return slices.Contains([]string{".csv", ".tsv", ".xlsx"}, strings.ToLower(filepath.Ext(path)))
}
