package ui

import (
	"slices"
	"time"

	"countersign/core/desk"
	"countersign/core/request"
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

func newDetailModel(r request.Request, events []request.Event, practice bool) detailModel {
	words := desk.Explain(r)
	m := detailModel{
		id: r.ID, version: r.Version, title: r.Title, under: joined(r.Reference, r.Gateway), practice: practice,
		status: statusMark(r), state: words.State, advice: words.Advice, trouble: sentence(r.Trouble),
		signed: signedFile(r),
	}
	if r.Attempt > 1 {
		m.under = joined(m.under, wordAttempt(r.Attempt))
	}
	if r.Outcome != nil {
		m.evidence = evidenceMark(r.Outcome.Evidence)
		m.known = wordKnown(r.Outcome.Evidence, moment(r.Outcome.At))
		m.word, m.message = r.Outcome.Word, r.Outcome.Message
	}
	if r.Status == request.Signing && r.Visit != nil {
		m.visit = *r.Visit
		m.byHand = browserFailed(events, r.Visit.Ticket)
	}
	m.next, m.others = actionsFor(r)
	m.facts = factsOf(r)
	for _, d := range r.Documents {
		m.docs = append(m.docs, newDocModel(r, d))
	}
	if len(r.Documents) > 0 {
		m.original = r.Documents[0].SHA256
	}
	m.attempts = attemptsOf(r, events)
	m.events, m.earlier = eventModels(events)
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

func factsOf(r request.Request) []string {
	var facts []string
	if r.Due != "" {
		due := r.Due
		if day, err := time.Parse(time.DateOnly, r.Due); err == nil {
			due = day.Format(wordDateForm)
		}
		facts = append(facts, wordDue(due))
	}
	if r.RemoteID != "" {
		facts = append(facts, wordRemoteID(r.RemoteID))
	}
	for _, s := range r.Signers {
		facts = append(facts, wordSigner(s.Name, s.Email))
	}
	return facts
}

func newDocModel(r request.Request, d request.Document) docModel {
	m := docModel{name: d.Name, under: fileSize(d.Size), original: d.SHA256}
	if said := joined(d.Result, d.Message); said != "" {
		m.under = joined(m.under, wordGatewaySays(said))
	}
	switch {
	case d.Signed != nil && d.Signed.Proves:
		m.signed = d.Signed.SHA256
		m.state = mark{iconProof, wordFileProves(fileSize(d.Signed.Size)), colorGood, colorGoodPill}
	case d.Signed != nil:
		m.signed = d.Signed.SHA256
		m.state = mark{iconWarning, wordFileProvesNot, colorBad, colorBadPill}
		m.problem = sentence(d.Signed.Problem)
	case d.Expected, r.Status == request.Signed:
		m.state = mark{iconClock, wordFileMissing, colorWarn, colorWarnPill}
	case r.Status == request.Partial:
		m.state = mark{iconCross, wordFileUnsigned, colorBad, colorBadPill}
	default:
		m.state = mark{iconFile, wordFileOriginal, colorMuted, colorOverPill}
	}
	return m
}

// attemptsOf tells how each attempt went, when there was more than one.
func attemptsOf(r request.Request, events []request.Event) []string {
	if r.Attempt < 2 {
		return nil
	}
	var attempts []string
	ended, when := "", time.Time{}
	for _, e := range events {
		switch e.Kind {
		case request.KindAnswered:
			if e.Answer.Status.Ended() {
				ended, when = statusMark(request.Request{Status: e.Answer.Status}).word, e.At
			}
		case request.KindWithdrawn:
			ended, when = wordWithdrawn, e.At
		case request.KindReopened:
			attempts = append(attempts, wordAttemptEnded(len(attempts)+1, ended, moment(when)))
			ended = ""
		}
	}
	return append(attempts, wordAttemptNow(r.Attempt, statusMark(r).word))
}
