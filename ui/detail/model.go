package detail

import (
	"slices"
	"strings"
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Model is a request as the pane shows it: all of its texts. A new one is made for each version of the request.
// The zero value stands for no request.
type Model struct {
	ID      request.ID
	version int
	Pending bool // the request is shown as it will be after a decision that is not written yet
	names   settings.Names
	Title   string
	// Reference and Due are unformatted, as they are edited.
	Reference, Due string
	Subtitle       string // reference, gateway, attempt
	tag            string // that it is practice or archived; empty if it is neither
	signed         bool
	Elsewhere      string // the desk of the office at which the visit goes on; empty if that is this one
	late           bool   // the visit has taken longer than the patience of its gateway
	status         kit.Badge
	state          string
	advice         string
	evidence       kit.Badge
	EvidenceText   string // a sentence about the evidence of the outcome
	trouble        troubleModel
	Visit          request.Visit // the current one; zero when there is none
	byHand         bool          // the browser did not start, so the address is shown
	Code           string        // the gateway's status code and message
	Message        string
	RemoteIDs      string // the gateway's identifiers of the signing
	facts          []string
	docs           []documentModel
	Signed         string // SHA-256 of the first signed file
	SignedIndex    int    // index of the document it belongs to
	Original       string // SHA-256 of the first original
	reviewed       string // the review in words; empty without an outcome
	reviewNote     string
	attempts       []attemptModel
	events         []eventModel
	earlier        int // number of older events that are not listed
	NextStep       status.Action
	others         []status.Action
}

// Allows reports whether an action may be applied to the request. [status.Stop] is always allowed.
func (m Model) Allows(a status.Action) bool {
	return a == status.Stop || a != status.None && (a == m.NextStep || slices.Contains(m.others, a))
}

// maxEvents bounds the timeline that is drawn. The ledger keeps all events.
const maxEvents = 60

// Trouble returns the unresolved problem as the pane shows it; empty when there is none.
func (m Model) Trouble() string { return m.trouble.text }

// NewModel returns the model of a request with its events, oldest first. names are those of gateways and people. Set late if its visit
// has taken longer than the patience of the gateway. here is the name of this desk in its office, and empty in a home of its own.
func NewModel(lang i18n.Language, names settings.Names, r request.Request, events []request.Event, late bool, here string) Model {
	explanation := explain.Request(r, lang)
	m := Model{
		ID: r.ID, version: r.Version, names: names, Title: r.Title, Subtitle: kit.Joined(r.Reference, names.Gateway(r.Gateway)), tag: status.Tag(lang, r), signed: r.Status == request.Signed, late: late,
		status: status.Of(lang, r), state: explanation.State, advice: explanation.Advice, trouble: troubleOf(lang, r, events),
		Reference: r.Reference, Due: r.Due, docs: documentModels(lang, names, r, checkedAt(events, here)), RemoteIDs: r.RemoteID,
	}
	m.state = strings.TrimPrefix(strings.TrimPrefix(m.state, lang.Say("state.signed")), " ") // the badge says so
	if late {
		m.status = status.LateBadge(lang)
		if r.Outcome == nil {
			m.state, m.advice = lang.Say("win.late"), lang.Say("win.late_advice")
		}
	}
	refused := r.Trouble == "" && m.trouble != (troubleModel{}) // a return that is not accepted; nobody has come back by the state
	if r.Status == request.Pending || r.LaunchFailed() || refused {
		m.state, m.advice = "", "" // the badge, the callout and the button say it
	}
	if r.Status == request.Signing && r.Desk != here {
		m.Elsewhere = r.Desk
	}
	if m.Elsewhere != "" && r.ReturnedAt == nil {
		desk := request.ShowHidden(r.Desk)
		m.state, m.advice = lang.Say("office.browser_at", desk), lang.Say("office.browser_advice", desk)
	}
	m.Signed, m.SignedIndex = status.FirstSigned(r)
	if r.Visit != nil {
		m.RemoteIDs = kit.Joined(m.RemoteIDs, r.Visit.ProcessID)
	}
	if r.Attempt > 1 {
		m.Subtitle = kit.Joined(m.Subtitle, lang.Say("detail.attempt", lang.Number(r.Attempt)))
	}
	if r.Outcome != nil {
		m.evidence = status.EvidenceBadge(lang, r.Outcome.Evidence)
		m.EvidenceText = explain.HowKnown(lang, r.Outcome.Evidence, lang.Moment(r.Outcome.At))
		m.Code, m.Message = r.Outcome.Code, explain.Reason(lang, r.Outcome.Message, r.Outcome.Cause)
	}
	if r.HearsReturn() && r.Visit != nil {
		m.Visit = *r.Visit
		m.byHand = browserFailed(events, r.Visit.ID)
	}
	m.reviewed = reviewText(lang, names, r)
	if r.Review != nil {
		m.reviewNote = r.Review.Note
	}
	m.NextStep, m.others = status.ActionsFor(r)
	m.facts = factsOf(lang, names, r, here)
	if len(r.Documents) > 0 {
		m.Original = r.Documents[0].SHA256
	}
	m.attempts = attemptsOf(lang, r, events)
	m.events, m.earlier = eventModels(lang, names, events, here)
	return m
}

// browserFailed reports whether the last attempt to start the browser for the visit failed.
func browserFailed(events []request.Event, visit request.VisitID) bool {
	failed := false
	for _, e := range events {
		switch e.Kind {
		case request.KindLaunched, request.KindOpened:
			failed = false
		case request.KindOpenFailed:
			failed = true
		case request.KindReturned:
			if e.Return.VisitID == visit {
				failed = false
			}
		}
	}
	return failed
}

// dueText returns a due date as a sentence; empty without one.
func dueText(lang i18n.Language, due string) string {
	if due == "" {
		return ""
	}
	if day, err := time.Parse(time.DateOnly, due); err == nil {
		due = lang.Date(day)
	}
	return lang.Say("detail.due", due)
}

// archivedText returns who archived a request, when and why, as a line.
func archivedText(lang i18n.Language, names settings.Names, a request.Archived) string {
	if a.Reason == "" {
		return lang.Say("detail.archived", lang.Moment(a.At), names.Person(a.By))
	}
	return lang.Say("detail.archived_because", lang.Moment(a.At), names.Person(a.By), request.ShowHidden(a.Reason))
}

// launchedText returns who of an office launched the present visit, and where if that was at another desk; empty in a home of its own.
func launchedText(lang i18n.Language, names settings.Names, r request.Request, here string) string {
	desk, person := request.ShowHidden(r.Desk), request.ShowHidden(names.Person(r.LaunchedBy))
	switch elsewhere := r.Desk != here; {
	case elsewhere && r.Desk != "" && r.LaunchedBy == "":
		return lang.Say("office.launched_at", desk)
	case r.LaunchedBy == "":
		return ""
	case elsewhere:
		return lang.Say("office.launched_by_at", person, desk)
	}
	return lang.Say("office.launched_by", person)
}

// checkedAt returns at which desks of the office signed files were checked, other than this one, by their SHA-256.
func checkedAt(events []request.Event, here string) map[string]string {
	desks := map[string]string{}
	for _, e := range events {
		if e.Stored != nil && e.Desk != here {
			desks[e.Stored.SHA256] = request.ShowHidden(e.Desk)
		}
	}
	return desks
}

// factsOf returns lines about the request: about characters in its texts that cannot be seen, practice, the archive, its due
// date, its remote id, its signers, and who launched it in an office.
func factsOf(lang i18n.Language, names settings.Names, r request.Request, here string) []string {
	var facts []string
	for _, said := range explain.Hidden(lang, r) {
		facts = append(facts, kit.Sentence(said))
	}
	if r.Practice {
		facts = append(facts, lang.Say("detail.practice"))
	}
	if r.Archived != nil {
		facts = append(facts, archivedText(lang, names, *r.Archived))
	}
	if r.Due != "" {
		facts = append(facts, dueText(lang, r.Due))
	}
	if r.RemoteID != "" {
		facts = append(facts, lang.Say("detail.remote_id", r.RemoteID))
	}
	for _, s := range r.Signers {
		facts = append(facts, lang.Say("detail.signer", request.ShowHidden(kit.Joined(s.Name, s.Email))))
	}
	if launched := launchedText(lang, names, r, here); launched != "" {
		facts = append(facts, launched)
	}
	return facts
}
