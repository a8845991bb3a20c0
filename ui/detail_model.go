package ui

import (
	"slices"
	"time"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/core/words"
)

// detailModel is a request as the right side shows it, put into words once for each
// version of the request.
type detailModel struct {
	id       request.ID
	version  int
	title    string
	under    string // reference, gateway, attempt
	practice bool
	status   mark
	state    string
	advice   string
	evidence mark
	known    string // the evidence in one line
	trouble  string
	visit    request.Visit // that goes on; empty when none does
	byHand   bool          // the browser did not start: the address is for a person
	word     string        // what the gateway said
	message  string
	facts    []string
	docs     []docModel
	signed   string // digest of the first signed file
	original string // digest of the first original
	attempts []string
	events   []eventModel
	earlier  int // events that are not listed
	next     action
	others   []action
}

// docModel is one document.
type docModel struct {
	name     string
	under    string // its size, and the gateway's word for it
	state    mark
	problem  string
	original string // digests
	signed   string
}

func (m detailModel) allows(a action) bool {
	return a == actStop || a != noAction && (a == m.next || slices.Contains(m.others, a))
}

// maxEvents bounds the timeline that is drawn; the ledger keeps them all.
const maxEvents = 60

func newDetailModel(lang words.Language, r request.Request, events []request.Event, practice bool) detailModel {
	where := desk.Explain(r, lang)
	m := detailModel{
		id: r.ID, version: r.Version, title: r.Title, under: joined(r.Reference, r.Gateway), practice: practice,
		status: statusMark(lang, r), state: where.State, advice: where.Advice, trouble: sentence(r.Trouble),
		signed: signedFile(r),
	}
	if r.Attempt > 1 {
		m.under = joined(m.under, lang.Say("detail.attempt", lang.Number(r.Attempt)))
	}
	if r.Outcome != nil {
		m.evidence = evidenceMark(lang, r.Outcome.Evidence)
		m.known = howKnown(lang, r.Outcome.Evidence, lang.Moment(r.Outcome.At))
		m.word, m.message = r.Outcome.Word, r.Outcome.Message
	}
	if r.Status == request.Signing && r.Visit != nil {
		m.visit = *r.Visit
		m.byHand = browserFailed(events, r.Visit.Ticket)
	}
	m.next, m.others = actionsFor(r)
	m.facts = factsOf(lang, r)
	for _, d := range r.Documents {
		m.docs = append(m.docs, newDocModel(lang, r, d))
	}
	if len(r.Documents) > 0 {
		m.original = r.Documents[0].SHA256
	}
	m.attempts = attemptsOf(lang, r, events)
	m.events, m.earlier = eventModels(lang, events)
	return m
}

// howKnown says in one line how an outcome is known.
func howKnown(lang words.Language, e request.Evidence, when string) string {
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

func factsOf(lang words.Language, r request.Request) []string {
	var facts []string
	if r.Due != "" {
		due := r.Due
		if day, err := time.Parse(time.DateOnly, r.Due); err == nil {
			due = lang.Date(day)
		}
		facts = append(facts, lang.Say("detail.due", due))
	}
	if r.RemoteID != "" {
		facts = append(facts, lang.Say("detail.remote_id", r.RemoteID))
	}
	for _, s := range r.Signers {
		facts = append(facts, lang.Say("detail.signer", joined(s.Name, s.Email)))
	}
	return facts
}

func newDocModel(lang words.Language, r request.Request, d request.Document) docModel {
	m := docModel{name: d.Name, under: lang.Size(d.Size), original: d.SHA256}
	if said := joined(d.Result, d.Message); said != "" {
		m.under = joined(m.under, lang.Say("file.gateway_says", said))
	}
	switch {
	case d.Signed != nil && d.Signed.Proves:
		m.signed = d.Signed.SHA256
		m.state = mark{iconProof, lang.Say("file.proves", lang.Size(d.Signed.Size)), colorGood, colorGoodPill}
	case d.Signed != nil:
		m.signed = d.Signed.SHA256
		m.state = mark{iconWarning, lang.Say("file.proves_not"), colorBad, colorBadPill}
		m.problem = sentence(d.Signed.Problem)
	case d.Expected, r.Status == request.Signed:
		m.state = mark{iconClock, lang.Say("file.missing"), colorWarn, colorWarnPill}
	case r.Status == request.Partial:
		m.state = mark{iconCross, lang.Say("file.unsigned"), colorBad, colorBadPill}
	default:
		m.state = mark{iconFile, lang.Say("file.original"), colorMuted, colorOverPill}
	}
	return m
}

// attemptsOf tells how each attempt went, when there was more than one.
func attemptsOf(lang words.Language, r request.Request, events []request.Event) []string {
	if r.Attempt < 2 {
		return nil
	}
	var attempts []string
	ended, when := "", time.Time{}
	for _, e := range events {
		switch e.Kind {
		case request.KindAnswered:
			if e.Answer.Status.Ended() {
				ended, when = statusMark(lang, request.Request{Status: e.Answer.Status}).word, e.At
			}
		case request.KindWithdrawn:
			ended, when = lang.Say("status.withdrawn"), e.At
		case request.KindReopened:
			attempts = append(attempts, lang.Say("detail.attempt_ended", lang.Number(len(attempts)+1), ended, lang.Moment(when)))
			ended = ""
		}
	}
	return append(attempts, lang.Say("detail.attempt_now", lang.Number(r.Attempt), statusMark(lang, r).word))
}
