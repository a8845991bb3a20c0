package list

import (
	"slices"
	"testing"

	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/settings"
)

func TestPracticeRequestsAreHiddenOnceThereIsARealGateway(t *testing.T) {
	d := &fakeDesk{requests: contracts(3), choices: []gateways.Choice{{Name: "sandbox", Practice: true}}}
	s := newFixture(t, 1000, d)
	reads := func(what string, want ledger.Among, changed bool) {
		t.Helper()
		s.settle()
		if _, q := d.asked(); q.Practice != want || s.Scope().HidePractice != (want == ledger.Without) {
			t.Errorf("%s: asked for practice %d", what, q.Practice)
		}
		if got := s.host.practice; !slices.Equal(got[max(len(got)-1, 0):], []bool{changed}) {
			t.Errorf("%s: the window heard %v", what, got)
		}
	}
	s.ReadPractice()
	reads("practice gateways alone", ledger.Both, false)
	d.mu.Lock()
	d.choices = append(d.choices, gateways.Choice{Name: "office"})
	d.mu.Unlock()
	s.ReadPractice()
	reads("a real gateway", ledger.Without, true)
	s.TogglePractice()
	reads("shown by choice", ledger.Both, true)
	if d.settings.Practice != settings.PracticeShown {
		t.Errorf("kept as %q", d.settings.Practice)
	}
	s.TogglePractice()
	reads("hidden by choice", ledger.Without, true)
	s.ReadPractice()
	reads("read again", ledger.Without, false)
}

func TestASearchFindsWhatIsArchived(t *testing.T) {
	d := &fakeDesk{requests: contracts(3)}
	s := newFixture(t, 1000, d)
	if _, q := d.asked(); q.Archived != ledger.Without {
		t.Errorf("a view lists what is archived: %d", q.Archived)
	}
	s.search.SetText("contract")
	s.settle()
	if _, q := d.asked(); q.Archived != ledger.Both {
		t.Errorf("a search leaves out what is archived: %d", q.Archived)
	}
	s.search.SetText("")
	views := Views(i18n.English)
	archived := views[len(views)-1]
	s.SetView(archived, true)
	s.settle()
	if _, q := d.asked(); q.Archived != ledger.Only || archived.Key != ViewArchived || archived.CountedByStatus() {
		t.Errorf("the archive: %d, %+v", q.Archived, archived)
	}
}
