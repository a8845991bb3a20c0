package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/core/request"
)

// history is a ledger with random events, and a model of its content. The model is simple: it has no
// sort keys, terms or counters.
type history struct {
	t      *rapid.T
	ledger *Ledger
	now    time.Time
	model  map[request.ID]*modelRequest
}

// modelRequest is a request in the model, with the words of the vocabulary that it was made of.
type modelRequest struct {
	request.Request
	events                   []request.Event
	title, reference, signer []string
	decided                  request.Decision
	archived, practice       bool
}

// vocabulary has the words that titles are made of, each with its term.
var vocabulary = map[string]string{
	"Contratación": "contratacion", "contrato": "contrato", "CONTRATOS": "contratos", "Lease": "lease", "LEASING": "leasing",
	"Núria": "nuria", "año": "ano", "2026": "2026", "Straße": "strasse",
}

// typed has texts that a person may type as a search, each with the prefixes of terms that it stands for.
var typed = map[string][]string{
	"": nil, "c": {"c"}, "CONTRAT": {"contrat"}, "contratación": {"contratacion"}, "Contratacion ": {"contratacion"}, "contrato": {"contrato"},
	"lea": {"lea"}, "LEASE": {"lease"}, "nú": {"nu"}, "strass": {"strass"}, "ñ": {"n"}, "an": {"an"}, "20": {"20"}, "zzz": {"zzz"},
	"c l": {"c", "l"}, "lease, lea": {"lease", "lea"}, "2026 contrato": {"2026", "contrato"}, "nuria zzz": {"nuria", "zzz"},
	"acta signed": {"acta", "signed"}, "said": {"said"}, " \t-": nil,
}

var (
	gateways = []string{"office", "Office", "notary", "sandbox"}
	people   = []string{"ana", "Ana", "ana b", "núria"}
	desks    = []string{"", "notary", "Notary", "notary 2"} // the first is none: the home is one of its own
	dates    = []string{"", "", "2026-03-01", "2026-03-02", "2026-12-31"}
)

// newHistory draws the events of a few requests. Time goes forward, back or stands still, as
// clocks do, and one append may change several requests.
func newHistory(t *rapid.T, tb *testing.T) *history {
	h := &history{t: t, now: start, model: map[request.ID]*modelRequest{}}
	l, err := Open(tb.Context(), tb.TempDir(), Options{Now: func() time.Time { return h.now }, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	h.ledger = l
	for range rapid.IntRange(0, 8).Draw(t, "appends") {
		h.now = h.now.Add(time.Duration(rapid.IntRange(-2, 5).Draw(t, "seconds")) * time.Second)
		var changes []Change
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			changes = append(changes, h.change())
		}
		h.append(changes...)
	}
	return h
}

func (h *history) close() {
	if err := h.ledger.Close(); err != nil {
		h.t.Error(err)
	}
}

func (h *history) append(changes ...Change) {
	h.t.Helper()
	if _, err := h.ledger.Append(h.t.Context(), changes...); err != nil {
		h.t.Fatal(err)
	}
}

// change draws what happens to a new or an old request, and applies it to the model.
func (h *history) change() Change {
	known := h.ids()
	if len(known) == 0 || rapid.IntRange(0, 2).Draw(h.t, "new") == 0 {
		// Unlike real ids these do not sort by time, to distinguish the two orders.
		id := request.ID(fmt.Sprintf("%c%02d", 'a'+rapid.IntRange(0, 25).Draw(h.t, "letter"), len(known)))
		m := &modelRequest{Request: request.Request{ID: id}, title: h.words("title", 1), reference: h.words("reference", 0), signer: h.words("signer", 0)}
		e := added(strings.Join(m.title, " "))
		e.By = rapid.SampledFrom(append([]string{""}, people...)).Draw(h.t, "person")
		e.Added.Gateway = rapid.SampledFrom(gateways).Draw(h.t, "gateway")
		m.practice = e.Added.Gateway == "sandbox"
		m.state(h, &e.Added.Practice)
		e.Added.Reference = strings.Join(m.reference, " ")
		e.Added.Due = rapid.SampledFrom(dates).Draw(h.t, "due")
		e.Added.Documents[0] = request.Original{Name: "acta.pdf", SHA256: rapid.SampledFrom([]string{"d1", "d2"}).Draw(h.t, "document")}
		if len(m.signer) > 0 {
			e.Added.Signers = []request.Signer{{Name: strings.Join(m.signer, " ")}}
		}
		h.model[id] = m
		return h.extend(m, e)
	}
	m := h.model[rapid.SampledFrom(known).Draw(h.t, "request")]
	return h.extend(m, h.steps(m)...)
}

func (h *history) words(what string, least int) []string {
	return rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(vocabulary))), least, least+2).Draw(h.t, what)
}

// extend adds events to the model, and returns the change that adds them to the ledger.
func (h *history) extend(m *modelRequest, events ...request.Event) Change {
	c := Change{ID: m.ID, Version: m.Version, Events: events}
	for _, e := range events {
		e.Seq, e.At = m.Version+1, h.now
		next, err := m.Apply(e)
		if err != nil {
			h.t.Fatalf("the model is wrong: %v", err)
		}
		m.Request, m.events = next, append(m.events, e)
	}
	return c
}

// failure returns an event of a kind that says that a launch failed.
func failure(kind request.EventKind) request.Event {
	return request.Event{Kind: kind, Reason: "the line is down"}
}

// steps draws events that are possible in the state of the request.
func (h *history) steps(m *modelRequest) []request.Event {
	ticket := fmt.Sprintf("%s-%d", m.ID, m.Version)
	launch := launched(string(m.ID), ticket)
	launch.Visit.Gateway = m.Gateway
	launch.Desk = rapid.SampledFrom(desks).Draw(h.t, "desk")
	launch.By = rapid.SampledFrom(append([]string{""}, people...)).Draw(h.t, "launched by")
	switch {
	case m.Status.Ended() && rapid.IntRange(0, 3).Draw(h.t, "archive") == 0:
		m.archived = !m.archived
		return []request.Event{{Kind: map[bool]request.EventKind{true: request.KindArchived, false: request.KindUnarchived}[m.archived]}}
	case rapid.IntRange(0, 4).Draw(h.t, "edited") == 0:
		m.title, m.reference = h.words("title", 1), h.words("reference", 0)
		return []request.Event{{Kind: request.KindEdited, Edited: &request.Edited{
			Title: strings.Join(m.title, " "), Reference: strings.Join(m.reference, " "), Due: rapid.SampledFrom(dates).Draw(h.t, "due"),
		}}}
	case m.Status == request.Pending && rapid.IntRange(0, 2).Draw(h.t, "details") == 0:
		m.signer = h.words("signer", 1)
		change := &request.DetailsChange{From: m.SigningDetails(), To: request.SigningDetails{
			Gateway: rapid.SampledFrom(gateways).Draw(h.t, "gateway"), Signers: []request.Signer{{Name: strings.Join(m.signer, " ")}},
		}}
		if change.To.Gateway != m.Gateway {
			m.practice = change.To.Gateway == "sandbox"
			m.state(h, &change.Practice)
		}
		return []request.Event{{Kind: request.KindDetailsChanged, Details: change}}
	case m.Status == request.Pending:
		return rapid.SampledFrom([][]request.Event{{launch}, {withdrawn}, {launch, returned(ticket)}, {launch, withdrawn, reopened}, {failure(request.KindLaunchFailed)}, {launch, failure(request.KindOpenFailed)}}).Draw(h.t, "step")
	case m.Status == request.Signing:
		outcome := rapid.SampledFrom([]request.Status{request.Signed, request.Signed, request.Partial, request.Rejected, request.Canceled, request.Failed, request.Gone, request.Signing}).Draw(h.t, "outcome")
		answer := answeredFor(m.Visit.ID, outcome)
		answer.Answer.Evidence = rapid.SampledFrom(request.EvidenceLevels()[:2]).Draw(h.t, "evidence")
		if m.Outcome != nil {
			answer.Answer.Evidence = m.Outcome.Evidence
		}
		if outcome == request.Signed {
			answer.Answer.NextStep = request.StepFetch
			if rapid.Bool().Draw(h.t, "proof") {
				answer.Answer.Evidence = request.ByDocument
			}
		}
		return rapid.SampledFrom([][]request.Event{{answer}, {answer}, {withdrawn}, {{Kind: request.KindReturned, Return: &request.Return{VisitID: m.Visit.ID}}, answer}}).Draw(h.t, "step")
	case m.Status.Ended() && rapid.Bool().Draw(h.t, "reviewed"):
		review := request.Event{Kind: request.KindReviewed, By: rapid.SampledFrom(people).Draw(h.t, "reviewer"), Reviewed: &request.Reviewed{
			Decision: rapid.SampledFrom([]request.Decision{request.Accepted, request.SentBack}).Draw(h.t, "decision"),
		}}
		m.decided = review.Reviewed.Decision
		return []request.Event{review}
	case m.Status == request.Signed && m.Outcome.Evidence == request.ByBrowser && rapid.Bool().Draw(h.t, "otherwise"):
		m.decided = ""
		return []request.Event{answeredFor(m.Visit.ID, request.Rejected)}
	case m.Reopenable() && rapid.Bool().Draw(h.t, "again"):
		m.decided, m.archived = "", false
		return []request.Event{reopened}
	}
	return []request.Event{returned("late")}
}

// state draws whether an event says that its gateway is a practice gateway, that it is none, or nothing about it.
func (m *modelRequest) state(h *history, into **bool) {
	if says := rapid.IntRange(0, 3).Draw(h.t, "practice"); says < 2 {
		m.practice = says == 0
		*into = new(m.practice)
	}
}

func (h *history) ids() []request.ID { return slices.SortedFunc(maps.Keys(h.model), compareAge) }

// compareAge compares two requests of a history by when they were added, which is in their ids.
func compareAge(a, b request.ID) int { return cmp.Compare(a[1:], b[1:]) }

// find returns all rows of a query by checking every request. It takes the search as prefixes of
// terms.
func (h *history) find(q Query, beginnings []string) []request.ID {
	found := slices.Collect(maps.Values(h.model))
	found = slices.DeleteFunc(found, func(m *modelRequest) bool { return !m.meets(q) || !m.has(beginnings) })
	slices.SortFunc(found, func(a, b *modelRequest) int {
		return cmp.Or(compareBy[q.Order](a, b), b.UpdatedAt.Compare(a.UpdatedAt), compareAge(a.ID, b.ID))
	})
	if q.Reverse {
		slices.Reverse(found)
	}
	all := []request.ID{}
	for _, m := range found {
		all = append(all, m.ID)
	}
	return all
}

func (m *modelRequest) meets(q Query) bool {
	out, before := m.Status == request.Signing && m.ReturnedAt == nil, q.LeftBefore
	if at, ok := q.LeftBeforeByGateway[m.Gateway]; ok {
		before = at
	}
	decided := m.decided
	if decided == "" && m.Status.Ended() {
		decided = request.Undecided
	}
	ended := m.endedAt()
	return (len(q.Statuses) == 0 || slices.Contains(q.Statuses, m.Status)) &&
		(q.Gateway == "" || q.Gateway == m.Gateway) &&
		(q.Person == "" || q.Person == m.AddedBy) &&
		(q.AddedOrLaunchedBy == "" || q.AddedOrLaunchedBy == m.AddedBy || m.launch().Desk != "" && q.AddedOrLaunchedBy == m.launch().By) &&
		(q.Desk == "" || q.Desk == m.launch().Desk) &&
		(q.From.IsZero() || !m.UpdatedAt.Before(q.From)) &&
		(q.To.IsZero() || m.UpdatedAt.Before(q.To)) &&
		(q.DueBy == "" || m.Due != "" && m.Due <= q.DueBy) &&
		(q.Decision == "" || q.Decision == decided) &&
		(!q.LaunchFailed || m.launchFailed()) && !q.None &&
		(q.Archived == Both || (q.Archived == Only) == m.archived) &&
		(q.Practice == Both || (q.Practice == Only) == m.practice) &&
		(q.EndedFrom.IsZero() || !ended.IsZero() && !ended.Before(q.EndedFrom)) &&
		(q.EndedTo.IsZero() || !ended.IsZero() && ended.Before(q.EndedTo)) &&
		(q.LeftBefore.IsZero() || out && m.LaunchedAt.Before(before))
}

// reviewer returns who reviewed the outcome, in lower case and without accents; empty if nobody has.
func (m *modelRequest) reviewer() string {
	if m.decided == "" {
		return ""
	}
	return folded(m.Review.By)
}

// folded returns the name of one of people in lower case and without accents.
func folded(name string) string { return strings.ReplaceAll(strings.ToLower(name), "ú", "u") }

// launchFailed reports whether the last launch of an open request failed: no event since then says that a browser
// left or came back, that another attempt began, or that it is to be signed in another way now.
func (m *modelRequest) launchFailed() bool {
	for _, e := range slices.Backward(m.events) {
		switch e.Kind {
		case request.KindLaunchFailed, request.KindOpenFailed:
			return m.Status.Open()
		case request.KindLaunched, request.KindReturned, request.KindReopened, request.KindDetailsChanged:
			return false
		}
	}
	return false
}

// launch returns the event that launched the present attempt; a zero one if it has not been launched.
func (m *modelRequest) launch() request.Event {
	for _, e := range slices.Backward(m.events) {
		if e.Kind == request.KindLaunched {
			return e
		}
		if e.Kind == request.KindReopened {
			break
		}
	}
	return request.Event{}
}

// endedAt returns when the request got its status, or the zero time if it has not ended.
func (m *modelRequest) endedAt() (at time.Time) {
	r := request.Request{ID: m.ID}
	for _, e := range m.events {
		before := r.Status
		r, _ = r.Apply(e) // cannot fail, since extend did the same
		if r.Status != before {
			at = e.At
		}
	}
	if !r.Status.Ended() {
		return time.Time{}
	}
	return at
}

func (m *modelRequest) has(beginnings []string) bool {
	words := []string{"acta", "pdf"}
	for _, w := range slices.Concat(m.title, m.reference, m.signer) {
		words = append(words, vocabulary[w])
	}
	if m.Outcome != nil {
		words = append(words, strings.Fields(m.Outcome.Message)...)
	}
	for _, b := range beginnings {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, b) }) {
			return false
		}
	}
	return true
}

// compareBy has a comparison for each sort order. It returns 0 for rows that are equal in the order; find sorts these.
var compareBy = map[SortOrder]func(a, b *modelRequest) int{
	ByChanged:   func(_, _ *modelRequest) int { return 0 },
	ByTitle:     func(a, b *modelRequest) int { return compareWords(a.title, b.title) },
	ByReference: func(a, b *modelRequest) int { return compareWords(a.reference, b.reference) },
	BySigner:    func(a, b *modelRequest) int { return compareWords(a.signer, b.signer) },
	ByGateway: func(a, b *modelRequest) int {
		return cmp.Compare(strings.ToLower(a.Gateway), strings.ToLower(b.Gateway))
	},
	ByStatus: func(a, b *modelRequest) int {
		return cmp.Compare(slices.Index(request.Statuses(), a.Status), slices.Index(request.Statuses(), b.Status))
	},
	ByEvidence: func(a, b *modelRequest) int {
		strength := func(m *modelRequest) int {
			if m.Outcome == nil {
				return 3
			}
			return slices.Index(request.EvidenceLevels(), m.Outcome.Evidence)
		}
		return cmp.Compare(strength(a), strength(b))
	},
	ByDue:        func(a, b *modelRequest) int { return emptyLast(a.Due, b.Due) },
	ByCreated:    func(a, b *modelRequest) int { return b.CreatedAt.Compare(a.CreatedAt) },
	ByEnded:      func(a, b *modelRequest) int { return b.endedAt().Compare(a.endedAt()) },
	ByAddedBy:    func(a, b *modelRequest) int { return emptyLast(folded(a.AddedBy), folded(b.AddedBy)) },
	ByReviewedBy: func(a, b *modelRequest) int { return emptyLast(a.reviewer(), b.reviewer()) },
}

func compareWords(a, b []string) int {
	plain := func(words []string) string {
		all := slices.Clone(words)
		for i, w := range all {
			all[i] = vocabulary[w]
		}
		return strings.Join(all, " ")
	}
	return emptyLast(plain(a), plain(b))
}

func emptyLast(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}
