package ui

import (
	"slices"
	"time"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// detailModel is a request as the right side shows it, put into words once for each
// version of the request.
type detailModel struct {
	id      request.ID
	version int
	title   string
	// reference and due are as they are edited.
	reference, due string
	under          string // reference, gateway, attempt
	practice       bool
	late           bool // the browser is out for longer than the patience
	status         kit.Badge
	state          string
	advice         string
	evidence       kit.Badge
	known          string // the evidence in one line
	trouble        troubleModel
	visit          request.Visit // that goes on; empty when none does
	byHand         bool          // the browser did not start: the address is for a person
	word           string        // what the gateway said
	message        string
	ids            string // how the gateway calls the signing
	facts          []string
	docs           []docModel
	signed         string // digest of the first signed file
	signedAt       int    // which document it is the signed form of
	original       string // digest of the first original
	reviewed       string // what was decided about the outcome; empty without one
	reviewNote     string
	attempts       []attemptModel
	events         []eventModel
	earlier        int // events that are not listed
	next           status.Action
	others         []status.Action
}

func (m detailModel) allows(a status.Action) bool {
	return a == status.Stop || a != status.None && (a == m.next || slices.Contains(m.others, a))
}

// maxEvents bounds the timeline that is drawn; the ledger keeps them all.
const maxEvents = 60

func newDetailModel(lang i18n.Language, r request.Request, events []request.Event, practice, late bool) detailModel {
	where := desk.Explain(r, lang)
	m := detailModel{
		id: r.ID, version: r.Version, title: r.Title, under: kit.Joined(r.Reference, r.Gateway), practice: practice, late: late,
		status: status.Of(lang, r), state: where.State, advice: where.Advice, trouble: troubleOf(lang, r, events),
		reference: r.Reference, due: r.Due, docs: docModels(lang, r), ids: r.RemoteID,
	}
	if late {
		m.status = status.LateBadge(lang)
		if r.Outcome == nil {
			m.state, m.advice = lang.Say("win.late"), lang.Say("win.late_advice")
		}
	}
	m.signed, m.signedAt = status.FirstSigned(r)
	if r.Visit != nil {
		m.ids = kit.Joined(m.ids, r.Visit.ProcessID)
	}
	if r.Attempt > 1 {
		m.under = kit.Joined(m.under, lang.Say("detail.attempt", lang.Number(r.Attempt)))
	}
	if r.Outcome != nil {
		m.evidence = status.EvidenceBadge(lang, r.Outcome.Evidence)
		m.known = status.HowKnown(lang, r.Outcome.Evidence, lang.Moment(r.Outcome.At))
		m.word, m.message = r.Outcome.Word, r.Outcome.Message
	}
	if r.Status == request.Signing && r.Visit != nil {
		m.visit = *r.Visit
		m.byHand = browserFailed(events, r.Visit.Ticket)
	}
	m.reviewed = reviewWords(lang, r)
	if r.Review != nil {
		m.reviewNote = r.Review.Note
	}
	m.next, m.others = status.ActionsFor(r)
	m.facts = factsOf(lang, r)
	if len(r.Documents) > 0 {
		m.original = r.Documents[0].SHA256
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

// dueWords say until when something is due; nothing without a date.
func dueWords(lang i18n.Language, due string) string {
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
		facts = append(facts, dueWords(lang, r.Due))
	}
	if r.RemoteID != "" {
		facts = append(facts, lang.Say("detail.remote_id", r.RemoteID))
	}
	for _, s := range r.Signers {
		facts = append(facts, lang.Say("detail.signer", kit.Joined(s.Name, s.Email)))
	}
	return facts
}
