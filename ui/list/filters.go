package list

import (
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/settings"
	"countersign/ui/kit"
)

// filters narrow a view down.
type filters struct {
	gateway  string
	person   string
	changed  period
	from, to string // the first and the last day of the period between two days; either may be empty
}

// period is how long ago a request may have changed at the most.
type period StoredName

// The periods. They end now, so that a saved view moves on with the days.
const (
	anyTime    period = ""
	today      period = "today"
	week       period = "7 days"
	month      period = "30 days"
	year       period = "year"
	customDays period = "two days" // two days that a person chose
)

// periods are the choices there are.
func periods() []period { return []period{anyTime, today, week, month, year, customDays} }

// name is what a period is called in a choice.
func (p period) name(lang i18n.Language) string {
	switch p {
	case today:
		return lang.Say("list.today")
	case week:
		return lang.Say("list.week")
	case month:
		return lang.Say("list.month")
	case year:
		return lang.Say("list.year")
	case customDays:
		return lang.Say("win.between")
	}
	return lang.Say("list.any_time")
}

// start is when a period begins; the zero time for no bound.
func (p period) start(now time.Time) time.Time {
	y, m, d := now.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	switch p {
	case today:
		return day
	case week:
		return day.AddDate(0, 0, -6)
	case month:
		return day.AddDate(0, 0, -29)
	case year:
		return time.Date(y, time.January, 1, 0, 0, 0, 0, now.Location())
	}
	return time.Time{}
}

// apply adds the filters to a query.
func (f filters) apply(q ledger.Query, now time.Time) ledger.Query {
	q.Gateway, q.Person, q.From = f.gateway, f.person, f.changed.start(now)
	if f.changed == customDays {
		q.From = kit.StartOfDay(f.from, now.Location())
		if last := kit.StartOfDay(f.to, now.Location()); !last.IsZero() {
			q.To = last.AddDate(0, 0, 1)
		}
	}
	return q
}

// matchAll tells that every row passes.
func (f filters) matchAll() bool {
	return f == filters{} || f == filters{changed: customDays}
}

// The names of what a saved view keeps.
const (
	savedView    StoredName = "view"
	savedSearch  StoredName = "search"
	savedGateway StoredName = "gateway"
	savedPerson  StoredName = "person"
	savedChanged StoredName = "changed"
	savedFrom    StoredName = "from"
	savedTo      StoredName = "to"
	savedSort    StoredName = "sort"
	savedOrder   StoredName = "order"

	descending StoredName = "descending"
)

// Save gives the view as it is kept, under its name.
func (v View) Save() settings.SavedView {
	query := map[string]string{}
	for name, value := range map[StoredName]string{
		savedView: string(v.Key), savedSearch: v.Search, savedGateway: v.filters.gateway, savedPerson: v.filters.person,
		savedChanged: string(v.filters.changed), savedFrom: v.filters.from, savedTo: v.filters.to, savedSort: v.sort.Column,
	} {
		if value != "" {
			query[string(name)] = value
		}
	}
	if v.sort.Descending {
		query[string(savedOrder)] = string(descending)
	}
	return settings.SavedView{Name: v.Name, Query: query}
}

// SavedView makes the view of what was kept. What is not known any more is left out: a person may
// have edited it.
func SavedView(lang i18n.Language, s settings.SavedView) View {
	of := func(name StoredName) string { return s.Query[string(name)] }
	base := Views(lang)[len(Views(lang))-1]
	for _, v := range Views(lang) {
		if string(v.Key) == of(savedView) {
			base = v
		}
	}
	base.Name, base.Icon, base.Saved, base.Search = s.Name, kit.IconFlag, true, of(savedSearch)
	base.filters = filters{gateway: of(savedGateway), person: of(savedPerson)}
	for _, p := range periods() {
		if string(p) == of(savedChanged) {
			base.filters.changed = p
		}
	}
	if base.filters.changed == customDays {
		base.filters.from, base.filters.to = validDay(of(savedFrom)), validDay(of(savedTo))
	}
	base.sort = settings.Sort{}
	for _, c := range columnSpecs(lang) {
		if string(c.name) == of(savedSort) {
			base.sort = settings.Sort{Column: of(savedSort), Descending: of(savedOrder) == string(descending)}
		}
	}
	base.EmptyTitle, base.EmptyText = lang.Say("list.empty_saved", s.Name), lang.Say("list.empty_saved_text")
	return base
}

// validDay is a day that was kept; empty when it is none.
func validDay(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}
