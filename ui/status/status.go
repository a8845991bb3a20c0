// Package status defines how a request looks and what can be done with it: its badge, how its outcome is known, the
// signatures in its files, and the actions that fit its state.
package status

import (
	"time"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
)

// Of returns the badge of a request's status.
func Of(lang i18n.Language, r request.Request) kit.Badge {
	switch r.Status {
	case request.Pending:
		return kit.NewBadge(kit.IconPen, lang.Say("status.to_sign"), kit.ColorNeutral, kit.ColorNeutralPill)
	case request.Signing:
		if r.ReturnedAt != nil {
			return kit.NewBadge(kit.IconClock, lang.Say("status.confirming"), kit.ColorWaiting, kit.ColorWaitingPill)
		}
		return kit.NewBadge(kit.IconGlobe, lang.Say("status.in_browser"), kit.ColorBusy, kit.ColorBusyPill)
	case request.Signed:
		switch r.FileState() {
		case request.FilesDisproved:
			return kit.NewBadge(kit.IconWarning, lang.Say("status.unproven"), kit.ColorBad, kit.ColorBadPill)
		case request.FilesUnchecked:
			return kit.NewBadge(kit.IconQuestion, lang.Say("status.unchecked"), kit.ColorWarn, kit.ColorWarnPill)
		case request.FilesVouched:
			return kit.NewBadge(kit.IconFlag, lang.Say("status.vouched"), kit.ColorNeutral, kit.ColorNeutralPill)
		}
		return kit.NewBadge(kit.IconCheck, lang.Say("status.signed"), kit.ColorGood, kit.ColorGoodPill)
	case request.Partial:
		return kit.NewBadge(kit.IconHalf, lang.Say("status.partial"), kit.ColorWarn, kit.ColorWarnPill)
	case request.Rejected:
		return kit.NewBadge(kit.IconCross, lang.Say("status.rejected"), kit.ColorBad, kit.ColorBadPill)
	case request.Canceled:
		return kit.NewBadge(kit.IconDash, lang.Say("status.canceled"), kit.ColorWarn, kit.ColorWarnPill)
	case request.Failed:
		return kit.NewBadge(kit.IconWarning, lang.Say("status.failed"), kit.ColorBad, kit.ColorBadPill)
	case request.Gone:
		return kit.NewBadge(kit.IconQuestion, lang.Say("status.gone"), kit.ColorWarn, kit.ColorWarnPill)
	case request.Withdrawn:
		return kit.NewBadge(kit.IconBack, lang.Say("status.withdrawn"), kit.ColorOver, kit.ColorOverPill)
	}
	return kit.NewBadge(kit.IconQuestion, string(r.Status), kit.ColorOver, kit.ColorOverPill)
}

// LateAt returns when the open browser of a request counts as no answer; the zero time if no browser is open for it.
func LateAt(r request.Request, patience settings.Patience) time.Time {
	if r.Status != request.Signing || r.LaunchedAt == nil || r.ReturnedAt != nil {
		return time.Time{}
	}
	return r.LaunchedAt.Add(patience.Of(r.Gateway))
}

// IsLate reports whether a time returned by [LateAt] has passed. For the zero time it returns false.
func IsLate(at, now time.Time) bool { return !at.IsZero() && now.After(at) }

// LateBadge returns the badge of a request whose browser has been open for longer than the patience.
func LateBadge(lang i18n.Language) kit.Badge {
	return kit.NewBadge(kit.IconClock, lang.Say("list.no_answer"), kit.ColorWarn, kit.ColorWarnPill)
}

// EvidenceBadge returns the badge of how an outcome is known; the zero badge for unknown evidence.
func EvidenceBadge(lang i18n.Language, e request.Evidence) kit.Badge {
	switch e {
	case request.ByBrowser:
		return kit.NewBadge(kit.IconGlobe, lang.Say("evidence.browser"), kit.ColorWarn, kit.ColorWarnPill)
	case request.ByGateway:
		return kit.NewBadge(kit.IconGateway, lang.Say("evidence.gateway"), kit.ColorMuted, kit.ColorOverPill)
	case request.ByDocument:
		return kit.NewBadge(kit.IconProof, lang.Say("evidence.document"), kit.ColorGood, kit.ColorGoodPill)
	}
	return kit.Badge{}
}

// WidestPill returns the width of the widest pill that [Of] and [LateBadge] need in a language.
func WidestPill(lang i18n.Language) float32 {
	marks := []kit.Badge{
		LateBadge(lang),
		Of(lang, request.Request{Status: request.Signing, ReturnedAt: new(time.Time)}),
	}
	for _, file := range []request.SignedFile{{}, {Unchecked: true}, {Unchecked: true, Voucher: new(request.Voucher)}} {
		marks = append(marks, Of(lang, request.Request{Status: request.Signed, Documents: []request.Document{{Signed: &file}}}))
	}
	for _, s := range request.Statuses() {
		marks = append(marks, Of(lang, request.Request{Status: s}))
	}
	widest := float32(0)
	for _, m := range marks {
		widest = max(widest, m.PillWidth())
	}
	return widest
}

// HowKnown returns one line on how an outcome is known. When is the formatted time of the outcome.
func HowKnown(lang i18n.Language, e request.Evidence, when string) string {
	switch e {
	case request.ByBrowser:
		return lang.Say("known.browser", when)
	case request.ByGateway:
		return lang.Say("known.gateway", when)
	case request.ByDocument:
		return lang.Say("known.document")
	}
	return ""
}
