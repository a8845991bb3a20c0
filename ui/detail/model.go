package detail

import (
	"slices"
	"time"

	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// Model is a request as the right side shows it, put into words once for each
// version of the request.
type Model struct {
	Id      request.ID
	version int
	Title   string
	// Reference and Due are as they are edited.
	Reference, Due string
	Under          string // reference, gateway, attempt
	practice       bool
	late           bool // the browser is out for longer than the patience
	status         kit.Badge
	state          string
	advice         string
	evidence       kit.Badge
	Known          string // the evidence in one line
	trouble        troubleModel
	Visit          request.Visit // that goes on; empty when none does
	byHand         bool          // the browser did not start: the address is for a person
	Word           string        // what the gateway said
	Message        string
	Ids            string // how the gateway calls the signing
	facts          []string
	docs           []documentModel
	Signed         string // digest of the first signed file
	SignedAt       int    // which document it is the signed form of
	Original       string // digest of the first original
	reviewed       string // what was decided about the outcome; empty without one
	reviewNote     string
	attempts       []attemptModel
	events         []eventModel
	earlier        int // events that are not listed
	NextStep       status.Action
	others         []status.Action
}

// Allows reports whether an action may be done with the request. Stopping may be done always.
func (m Model) Allows(a status.Action) bool {
	return a == status.Stop || a != status.None && (a == m.NextStep || slices.Contains(m.others, a))
}

// maxEvents bounds the timeline that is drawn; the ledger keeps them all.
const maxEvents = 60

// NewModel puts a request and its history into words. Practice says that its gateway is for practice, late that its browser
// is out for longer than the patience.
func NewModel(lang i18n.Language, r request.Request, events []request.Event, practice, late bool) Model {
	where := explain.Request(r, lang)
	m := Model{
		Id: r.ID, version: r.Version, Title: r.Title, Under: kit.Joined(r.Reference, r.Gateway), practice: practice, late: late,
		status: status.Of(lang, r), state: where.State, advice: where.Advice, trouble: troubleOf(lang, r, events),
		Reference: r.Reference, Due: r.Due, docs: documentModels(lang, r), Ids: r.RemoteID,
	}
	if late {
		m.status = status.LateBadge(lang)
		if r.Outcome == nil {
			m.state, m.advice = lang.Say("win.late"), lang.Say("win.late_advice")
		}
	}
	m.Signed, m.SignedAt = status.FirstSigned(r)
	if r.Visit != nil {
		m.Ids = kit.Joined(m.Ids, r.Visit.ProcessID)
	}
	if r.Attempt > 1 {
		m.Under = kit.Joined(m.Under, lang.Say("detail.attempt", lang.Number(r.Attempt)))
	}
	if r.Outcome != nil {
		m.evidence = status.EvidenceBadge(lang, r.Outcome.Evidence)
		m.Known = status.HowKnown(lang, r.Outcome.Evidence, lang.Moment(r.Outcome.At))
		m.Word, m.Message = r.Outcome.Code, r.Outcome.Message
	}
	if r.Status == request.Signing && r.Visit != nil {
		m.Visit = *r.Visit
		m.byHand = browserFailed(events, r.Visit.Ticket)
	}
	m.reviewed = reviewText(lang, r)
	if r.Review != nil {
		m.reviewNote = r.Review.Note
	}
	m.NextStep, m.others = status.ActionsFor(r)
	m.facts = factsOf(lang, r)
	if len(r.Documents) > 0 {
		m.Original = r.Documents[0].SHA256
	}
	m.attempts = attemptsOf(lang, r, events)
	m.events, m.earlier = eventModels(lang, events)
	return m
}

// browserFailed tells that the last try to start the browser on a visit failed.
func browserFailed(events []request.Event, ticket string) bool {
	failed := false
	for _, e := range events {
		switch e.Kind {
		case request.KindLaunched, request.KindOpened:
			failed = false
		case request.KindOpenFailed:
			failed = true
		case request.KindReturned:
			if e.Return.Ticket == ticket {
				failed = false
			}
		}
	}
	return failed
}

// dueText say until when something is due; nothing without a date.
func dueText(lang i18n.Language, due string) string {
	if due == "" {
		return ""
	}
	if day, err := time.Parse(time.DateOnly, due); err == nil {
		due = lang.Date(day)
	}
	return lang.Say("detail.due", due)
}

func factsOf(lang i18n.Language, r request.Request) []string {
	var facts []string
	if r.Due != "" {
		facts = append(facts, dueText(lang, r.Due))
	}
	if r.RemoteID != "" {
		facts = append(facts, lang.Say("detail.remote_id", r.RemoteID))
	}
	for _, s := range r.Signers {
		facts = append(facts, lang.Say("detail.signer", kit.Joined(s.Name, s.Email)))
	}
	return facts
}
