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

// history is a ledger with a random past, and beside it a model of what it should hold,
// which knows nothing of views, words or counters.
type history struct {
	t      *rapid.T
	ledger *Ledger
	now    time.Time
	model  map[request.ID]*modelled
}

// modelled is a request as the model knows it: as it was folded, and the plain words
// it was made of.
type modelled struct {
	request.Request
	events []request.Event
	words  []string
}

// vocabulary is what titles are made of, with each word as it is found.
var vocabulary = map[string]string{
	"Contratación": "contratacion", "contrato": "contrato", "CONTRATOS": "contratos", "Lease": "lease", "LEASING": "leasing",
	"Núria": "nuria", "año": "ano", "2026": "2026", "Straße": "strasse",
}

// typed is what people type, with the beginnings of words that it stands for.
var typed = map[string][]string{
	"": nil, "c": {"c"}, "CONTRAT": {"contrat"}, "contratación": {"contratacion"}, "Contratacion ": {"contratacion"}, "contrato": {"contrato"},
	"lea": {"lea"}, "LEASE": {"lease"}, "nú": {"nu"}, "strass": {"strass"}, "ñ": {"n"}, "an": {"an"}, "20": {"20"}, "zzz": {"zzz"},
	"c l": {"c", "l"}, "lease, lea": {"lease", "lea"}, "2026 contrato": {"2026", "contrato"}, "nuria zzz": {"nuria", "zzz"},
	"acta signed": {"acta", "signed"}, "said": {"said"}, " \t-": nil,
}

var gateways = []string{"office", "Office", "notary"}

// newHistory draws a past of a few requests. Times go forward, back and stand still, as
// clocks do, and several requests may change in one append.
func newHistory(t *rapid.T, tb *testing.T) *history {
	h := &history{t: t, now: start, model: map[request.ID]*modelled{}}
	l, err := Open(tb.Context(), tb.TempDir(), Options{Now: func() time.Time { return h.now }, Private: true})
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

// change draws what happens to a request, new or old, and notes it in the model.
func (h *history) change() Change {
	known := h.ids()
	if len(known) == 0 || rapid.IntRange(0, 2).Draw(h.t, "new") == 0 {
		words := rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(vocabulary))), 1, 3).Draw(h.t, "title")
		// Ids are in no order of time here, to tell the two orders apart.
		id := request.ID(fmt.Sprintf("%c%02d", 'a'+rapid.IntRange(0, 25).Draw(h.t, "letter"), len(known)))
		e := added(strings.Join(words, " "))
		e.Added.Gateway = rapid.SampledFrom(gateways).Draw(h.t, "gateway")
		e.Added.Documents[0].Name = "acta.pdf"
		m := &modelled{Request: request.Request{ID: id}, words: []string{"acta", "pdf"}}
		for _, w := range words {
			m.words = append(m.words, vocabulary[w])
		}
		h.model[id] = m
		return h.extend(m, e)
	}
	m := h.model[rapid.SampledFrom(known).Draw(h.t, "request")]
	return h.extend(m, h.steps(m)...)
}

// extend adds events to the model, and makes the change that adds them to the ledger.
func (h *history) extend(m *modelled, events ...request.Event) Change {
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

// steps draws what may happen to a request as it stands.
func (h *history) steps(m *modelled) []request.Event {
	ticket := fmt.Sprintf("%s-%d", m.ID, m.Version)
	launch := launched(string(m.ID), ticket)
	launch.Visit.Gateway = m.Gateway
	switch {
	case m.Status == request.Pending:
		return rapid.SampledFrom([][]request.Event{{launch}, {withdrawn}, {launch, returned(ticket)}, {launch, withdrawn, reopened}}).Draw(h.t, "step")
	case m.Status == request.Signing:
		outcome := rapid.SampledFrom([]request.Status{request.Signed, request.Signed, request.Partial, request.Rejected, request.Canceled, request.Failed, request.Gone, request.Signing}).Draw(h.t, "outcome")
		answer := answered(m.Visit.Ticket, outcome)
		if outcome == request.Signed {
			answer.Answer.Next = request.Fetch
		}
		return rapid.SampledFrom([][]request.Event{{answer}, {answer}, {withdrawn}, {returned(m.Visit.Ticket), answer}}).Draw(h.t, "step")
	case m.Status.Reopenable() && rapid.Bool().Draw(h.t, "again"):
		return []request.Event{reopened}
	}
	return []request.Event{returned("late")}
}

func (h *history) ids() []request.ID { return slices.Sorted(maps.Keys(h.model)) }

// find answers a query by looking at everything.
func (h *history) find(statuses []request.Status, gateway string, beginnings []string) []request.ID {
	var found []*modelled
	for _, m := range h.model {
		words := m.words
		if m.Outcome != nil {
			words = append(slices.Clone(words), strings.Fields(m.Outcome.Message)...)
		}
		hit := (len(statuses) == 0 || slices.Contains(statuses, m.Status)) && (gateway == "" || gateway == m.Gateway)
		for _, b := range beginnings {
			hit = hit && slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, b) })
		}
		if hit {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b *modelled) int {
		return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(a.ID, b.ID))
	})
	all := []request.ID{}
	for _, m := range found {
		all = append(all, m.ID)
	}
	return all
}
