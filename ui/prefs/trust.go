package prefs

import (
	"context"
	"errors"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"countersign/core/explain"
	"countersign/core/trust"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// trustPage is the section of the settings with the anchors of this home.
type trustPage struct {
	*settingsSheet
	isShown func() bool
	busy    bool     // files are being added
	waiting []string // paths of files to add next
}

// trustChange is what the last change of the anchors did, in sentences; empty for none.
type trustChange struct{ done, problem string }

// TrustFiles adds the certificates in files to the anchors. It reports whether the list of anchors is shown; if not, it
// does nothing.
func (p *Prefs) TrustFiles(paths []string) bool {
	if p.trust == nil || !p.trust.isShown() {
		return false
	}
	p.trust.add(paths)
	return true
}

// openTrust lists the anchors, below what the last change did.
func (s *settingsSheet) openTrust(last trustChange) {
	s.highlight(trustSection)
	t := &trustPage{settingsSheet: s}
	s.trust = t
	content := container.New(kit.Column(18), kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(s.lang.Say("prefs.trust_about")))
	for _, said := range []struct {
		text  string
		badge kit.Badge
	}{{last.done, kit.OKBadge}, {last.problem, kit.ErrorBadge}} {
		if said.text != "" {
			c := kit.NewCallout(said.badge)
			c.Set(said.text)
			content.Add(c.Root)
		}
	}
	add := s.NewButton(s.lang.Say("prefs.trust_add"), kit.IconPlus, widget.MediumImportance, func() {
		s.host.BrowseFiles(trust.Extensions, func(paths []string) { s.Prefs.TrustFiles(paths) })
	})
	content.Add(container.New(kit.NewFlow(8), add))
	list := container.New(kit.Column(14))
	content.Add(list)
	s.ShowPage(s.lang.Say("prefs.title"), s.Close, content, s.tabs[trustSection], s.newCloseButton())
	t.isShown = s.StillShown()
	async.Call(s.bg, s.desk.Anchors, func(set trust.Set, err error) {
		if !t.isShown() {
			return
		}
		if err != nil {
			set.Problems = append(set.Problems, err)
		}
		t.list(list, set)
		s.Arrange()
	})
}

// list shows what is in the trust folder: what cannot be used comes first.
func (t *trustPage) list(list *fyne.Container, set trust.Set) {
	for _, problem := range set.Problems {
		c := kit.NewCallout(kit.WarningBadge)
		c.Set(kit.Sentence(explain.Error(t.lang, problem)))
		list.Add(c.Root)
	}
	if len(set.Unused) > 0 {
		list.Add(kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(t.lang.Say("prefs.trust_unused", strings.Join(set.Unused, ", "))))
	}
	if len(set.Anchors) == 0 {
		list.Add(kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(t.lang.Say("prefs.trust_none")))
	}
	for _, a := range set.Anchors {
		list.Add(t.row(a))
	}
}

// row draws an anchor with its button.
func (t *trustPage) row(a trust.Anchor) fyne.CanvasObject {
	name := kit.NewBoldText(theme.SizeNameText, theme.ColorNameForeground)
	name.MaxLines = 1
	name.Set(a.Name)
	tags := container.NewHBox()
	if a.Expired(t.now()) {
		tags.Add(kit.NewBadgeWidget(kit.NewBadge(kit.IconWarning, t.lang.Say("prefs.trust_expired"), kit.ColorWarn, kit.ColorWarnBack)))
	}
	from, until := t.lang.Date(a.NotBefore), t.lang.Date(a.NotAfter)
	validity := t.lang.Say("prefs.trust_valid", from, until)
	if a.Issuer != a.Name {
		validity = t.lang.Say("pdf.issued", a.Issuer, from, until)
	}
	remove := t.NewButton(t.lang.Say("prefs.remove"), kit.IconClose, widget.MediumImportance, func() { t.confirmRemoval(a) })
	return container.New(kit.Column(6),
		widget.NewSeparator(), kit.NewGap(2),
		container.New(kit.Row{Gap: 10, Center: true}, kit.NewIcon(kit.IconProof, kit.ColorMuted, 18), name, tags),
		kit.NewText(theme.SizeNameText, kit.ColorMuted).Set(validity),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(t.lang.Say("pdf.hash", spaced(a.Fingerprint))),
		kit.NewGap(1), container.New(kit.NewFlow(8), remove),
	)
}

// spaced returns a fingerprint in groups of eight digits, so that people can compare it and lines can break.
func spaced(fingerprint string) string {
	const group = 8
	var groups []string
	for ; len(fingerprint) > group; fingerprint = fingerprint[group:] {
		groups = append(groups, fingerprint[:group])
	}
	return strings.Join(append(groups, fingerprint), " ")
}

// confirmRemoval asks whether to remove an anchor, and removes it.
func (t *trustPage) confirmRemoval(a trust.Anchor) {
	content := container.New(kit.Column(14),
		kit.NewText(theme.SizeNameText, theme.ColorNameForeground).Set(t.lang.Say("prefs.trust_remove_text")),
		kit.NewText(theme.SizeNameCaptionText, kit.ColorMuted).Set(t.lang.Say("pdf.hash", spaced(a.Fingerprint))),
	)
	back := func() { t.openTrust(trustChange{}) }
	no := t.NewFootButton(t.lang.Say("withdraw.no"), widget.MediumImportance, back)
	yes := t.NewFootButton(t.lang.Say("prefs.remove"), widget.DangerImportance, func() {
		shown := t.StillShown()
		async.Call(t.bg, func(ctx context.Context) (trust.Anchor, error) { return t.desk.RemoveAnchor(ctx, a.Fingerprint) }, func(_ trust.Anchor, err error) {
			if !shown() {
				return
			}
			if err != nil {
				t.openTrust(trustChange{problem: kit.Sentence(explain.Error(t.lang, err))})
				return
			}
			t.openTrust(trustChange{done: t.lang.Say("prefs.trust_removed", a.Name)})
		})
	})
	t.ShowPage(t.lang.Say("prefs.trust_remove_title", a.Name), back, content, no, no, yes)
}

// add adds the certificates in files on a background goroutine, and shows the list again.
func (t *trustPage) add(paths []string) {
	if t.waiting = append(t.waiting, paths...); t.busy {
		return
	}
	t.busy = true
	next := t.waiting
	t.waiting = nil
	async.Call(t.bg, func(ctx context.Context) (all []trust.Added, failed error) {
		for _, path := range next {
			added, err := t.desk.AddAnchors(ctx, path)
			all, failed = append(all, added...), errors.Join(failed, err)
		}
		return all, failed
	}, func(added []trust.Added, err error) {
		t.busy = false
		if !t.isShown() {
			return
		}
		later := t.waiting
		t.openTrust(t.changeOf(added, err))
		if len(later) > 0 {
			t.Prefs.TrustFiles(later)
		}
	})
}

// changeOf returns sentences about what adding files did, from the certificates that were added and the error.
func (t *trustPage) changeOf(added []trust.Added, err error) (c trustChange) {
	fresh := 0
	for _, a := range added {
		if a.New {
			fresh++
		}
	}
	var done []string
	if fresh > 0 {
		done = append(done, t.lang.Count("prefs.trust_added", fresh))
	}
	if known := len(added) - fresh; known > 0 {
		done = append(done, t.lang.Count("prefs.trust_known", known))
	}
	c.done = strings.Join(done, " ")
	if err != nil {
		c.problem = kit.Sentence(explain.Error(t.lang, err))
	}
	return c
}
