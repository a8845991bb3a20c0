// Package status defines how a request looks and what can be done with it: its badge, how its outcome is known, the
// signatures in its files, and the actions that fit its state.
package status

import (
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
)

// Tag returns the text of the tag beside a request: that it is practice, or archived, or both. It is empty for a
// request that is neither.
func Tag(lang i18n.Language, r request.Request) string {
	tag := ""
	if r.Practice {
		tag = lang.Say("window.practice")
	}
	if r.Archived != nil {
		tag = kit.Joined(tag, lang.Say("window.archived"))
	}
	return tag
}

// Of returns the badge of a request's status. If one of the stored files is damaged, it returns a badge that says so
// instead, unless the status is [request.Signing]; if a reviewer returned the outcome and it was not replaced, or
// if the last launch failed, one that says that.
func Of(lang i18n.Language, r request.Request) kit.Badge {
	if len(r.DamagedFiles()) > 0 && r.Status != request.Signing {
		return kit.NewBadge(kit.IconWarning, lang.Say("status.damaged"), kit.ColorBad, kit.ColorBadBack)
	}
	if r.IsToDo() {
		return kit.NewBadge(kit.IconBack, lang.Say("status.returned"), kit.ColorWarn, kit.ColorWarnBack)
	}
	if r.LaunchFailed() {
		return kit.NewBadge(kit.IconWarning, lang.Say("status.launch_failed"), kit.ColorWarn, kit.ColorWarnBack)
	}
	switch r.Status {
	case request.Pending:
		return kit.NewBadge(kit.IconPen, lang.Say("status.to_sign"), kit.ColorNeutral, kit.ColorNeutralBack)
	case request.Signing:
		if r.ReturnedAt != nil && r.CannotAsk {
			return kit.NewBadge(kit.IconQuestion, lang.Say("status.no_outcome"), kit.ColorWarn, kit.ColorWarnBack)
		}
		if r.ReturnedAt != nil {
			return kit.NewBadge(kit.IconClock, lang.Say("status.confirming"), kit.ColorWaiting, kit.ColorWaitingBack)
		}
		if !r.HearsReturn() && !isElsewhere(r) {
			return kit.NewBadge(kit.IconWarning, lang.Say("status.not_heard"), kit.ColorWarn, kit.ColorWarnBack)
		}
		return kit.NewBadge(kit.IconGlobe, lang.Say("status.in_browser"), kit.ColorBusy, kit.ColorBusyBack)
	case request.Signed:
		switch r.FileState() {
		case request.FilesDisproved:
			return kit.NewBadge(kit.IconWarning, lang.Say("status.unproven"), kit.ColorBad, kit.ColorBadBack)
		case request.FilesUnchecked:
			return kit.NewBadge(kit.IconQuestion, lang.Say("status.unchecked"), kit.ColorWarn, kit.ColorWarnBack)
		case request.FilesVouched:
			return kit.NewBadge(kit.IconFlag, lang.Say("status.vouched"), kit.ColorNeutral, kit.ColorNeutralBack)
		}
		return kit.NewBadge(kit.IconCheck, lang.Say("status.signed"), kit.ColorGood, kit.ColorGoodBack)
	case request.Partial:
		return kit.NewBadge(kit.IconHalf, lang.Say("status.partial"), kit.ColorWarn, kit.ColorWarnBack)
	case request.Rejected:
		return kit.NewBadge(kit.IconCross, lang.Say("status.rejected"), kit.ColorBad, kit.ColorBadBack)
	case request.Canceled:
		return kit.NewBadge(kit.IconDash, lang.Say("status.canceled"), kit.ColorWarn, kit.ColorWarnBack)
	case request.Failed:
		return kit.NewBadge(kit.IconWarning, lang.Say("status.failed"), kit.ColorBad, kit.ColorBadBack)
	case request.Gone:
		return kit.NewBadge(kit.IconQuestion, lang.Say("status.gone"), kit.ColorWarn, kit.ColorWarnBack)
	case request.Withdrawn:
		return kit.NewBadge(kit.IconBack, lang.Say("status.withdrawn"), kit.ColorOver, kit.ColorOverBack)
	}
	return kit.NewBadge(kit.IconQuestion, string(r.Status), kit.ColorOver, kit.ColorOverBack)
}

// isElsewhere reports whether a request is in a visit that goes on at another desk of the office.
func isElsewhere(r request.Request) bool {
	return r.Status == request.Signing && r.Desk != "" && r.Visit != nil && r.Visit.Unheard
}

// LateAt returns the time from which on the open browser of a request counts as no answer. It returns the zero time if no
// browser was opened for the request, or if its return would not be heard, here or at the desk of the office at which the visit began.
func LateAt(r request.Request, patience settings.Patience) time.Time {
	if r.NotOpened || !r.HearsReturn() && !isElsewhere(r) || r.LaunchedAt == nil || r.ReturnedAt != nil {
		return time.Time{}
	}
	return r.LaunchedAt.Add(patience.Of(r.Gateway))
}

// IsLate reports whether a time returned by [LateAt] has passed. For the zero time it returns false.
func IsLate(at, now time.Time) bool { return !at.IsZero() && now.After(at) }

// LateBadge returns the badge of a request whose browser has been open for longer than the patience.
func LateBadge(lang i18n.Language) kit.Badge {
	return kit.NewBadge(kit.IconClock, lang.Say("list.no_answer"), kit.ColorWarn, kit.ColorWarnBack)
}

// EvidenceBadge returns the badge of how an outcome is known; the zero badge for unknown evidence.
func EvidenceBadge(lang i18n.Language, e request.Evidence) kit.Badge {
	switch e {
	case request.ByBrowser:
		return kit.NewBadge(kit.IconGlobe, explain.Evidence(lang, e), kit.ColorWarn, kit.ColorWarnBack)
	case request.ByGateway:
		return kit.NewBadge(kit.IconGateway, explain.Evidence(lang, e), kit.ColorMuted, kit.ColorOverBack)
	case request.ByDocument:
		return kit.NewBadge(kit.IconProof, explain.Evidence(lang, e), kit.ColorGood, kit.ColorGoodBack)
	}
	return kit.NewBadge(kit.IconWarning, explain.Evidence(lang, e), kit.ColorWarn, kit.ColorWarnBack)
}

// WidestBadge returns the width of the widest badge of [Of] and [LateBadge] in a language.
func WidestBadge(lang i18n.Language) float32 {
	badges := []kit.Badge{
		LateBadge(lang),
		Of(lang, request.Request{Status: request.Signing, ReturnedAt: new(time.Time)}),
		Of(lang, request.Request{Status: request.Signing, ReturnedAt: new(time.Time), CannotAsk: true}),
		Of(lang, request.Request{Status: request.Signing, LostPort: 1}),
		Of(lang, request.Request{Status: request.Signing, NotOpened: true}),
		Of(lang, request.Request{Status: request.Signed, Review: &request.Review{Decision: request.SentBack}}),
	}
	for _, file := range []request.SignedFile{{}, {Unchecked: true}, {Unchecked: true, Voucher: new(request.Voucher)}, {Damage: request.Altered}} {
		badges = append(badges, Of(lang, request.Request{Status: request.Signed, Documents: []request.Document{{Signed: &file}}}))
	}
	for _, s := range request.Statuses() {
		badges = append(badges, Of(lang, request.Request{Status: s}))
	}
	widest := float32(0)
	for _, m := range badges {
		widest = max(widest, m.Width())
	}
	return widest
}
