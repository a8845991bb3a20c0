package detail

import (
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
)

// troubleModel is a problem that is not resolved yet: what happened, and the details with what to do.
type troubleModel struct{ what, text string }

// troubleOf returns the unresolved problem of a request; zero when there is none.
func troubleOf(lang i18n.Language, r request.Request, events []request.Event) troubleModel {
	if r.Trouble == "" {
		return refusedReturn(lang, r, events)
	}
	m := troubleModel{text: kit.Sentence(explain.Reason(lang, r.Trouble, r.TroubleCause))}
	switch lastTrouble(events) {
	case request.KindLaunchFailed:
		m.what = lang.Say("request.trouble_launch")
	case request.KindOpenFailed:
		m.what = lang.Say("request.trouble_browser")
	default:
		m.what = lang.Say("request.trouble_rest")
		if r.Status == request.Signing {
			m.what = lang.Say("request.trouble_ask")
		}
		m.text += " " + lang.Say("request.goes_on")
	}
	return m
}

// lastTrouble returns the kind of the last event that reports a problem; empty if no event does.
func lastTrouble(events []request.Event) request.EventKind {
	for i := len(events) - 1; i >= 0; i-- {
		switch kind := events[i].Kind; kind {
		case request.KindLaunchFailed, request.KindOpenFailed, request.KindTrouble:
			return kind
		}
	}
	return ""
}

// refusedReturn returns the problem that a return of the browser from the current visit was rejected; zero if none was.
// The person has seen a landing page, but the request is still in signing.
func refusedReturn(lang i18n.Language, r request.Request, events []request.Event) troubleModel {
	if r.Status != request.Signing || r.ReturnedAt != nil || r.Visit == nil {
		return troubleModel{}
	}
	for i := len(events) - 1; i >= 0; i-- {
		if back := events[i].Return; back != nil && back.VisitID == r.Visit.ID && back.Rejection != "" {
			return troubleModel{lang.Say("request.refused"), kit.Sentence(explain.Reason(lang, back.Rejection, back.Cause)) + " " + lang.Say("request.refused_text")}
		}
	}
	return troubleModel{}
}
