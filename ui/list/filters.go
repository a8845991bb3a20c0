package list

import (
	"slices"
	"time"

	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/settings"
	"countersign/ui/days"
	"countersign/ui/kit"
)

// filters restrict the requests of a view. The zero value restricts nothing.
type filters struct {
	gateway  string
	person   string
	changed  period
	from, to string // the first and the last day of customDays, as 2006-01-02; either may be empty
}

// period is the time within which a request must have been changed last, to be listed.
type period StoredName

// The periods. All but customDays end at the present moment, also in a view that was saved earlier.
const (
	anyTime    period = ""
	today      period = "today"
	week       period = "7 days"
	month      period = "30 days"
	year       period = "year"
	customDays period = "two days" // between two days that a person chose
)

// periods returns all periods in the order of the select.
func periods() []period { return []period{anyTime, today, week, month, year, customDays} }

// name returns the name of a period for a person.
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

// start returns when a period that ends now begins; the zero time for anyTime and customDays.
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

// apply returns q restricted by the filters as well. It replaces the gateway, the person and the bounds of the last
// change that q has.
func (f filters) apply(q ledger.Query, now time.Time) ledger.Query {
	q.Gateway, q.Person, q.From = f.gateway, f.person, f.changed.start(now)
	if f.changed == customDays {
		q.From = days.StartOf(f.from, now.Location())
		if last := days.StartOf(f.to, now.Location()); !last.IsZero() {
			q.To = last.AddDate(0, 0, 1)
		}
	}
	return q
}

// matchAll reports whether the filters restrict nothing.
func (f filters) matchAll() bool {
	return f == filters{} || f == filters{changed: customDays}
}

// The names of a saved view's settings.
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

// Save returns the view as it is stored in the settings.
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

// SavedView returns the view that was stored as s. Names and values that are not known are ignored, because a person
// may have edited the settings.
func SavedView(lang i18n.Language, s settings.SavedView) View {
	get := func(name StoredName) string { return s.Query[string(name)] }
	views := Views(lang)
	named := func(key string) int {
		return slices.IndexFunc(views, func(v View) bool { return string(v.Key) == key })
	}
	base := views[max(named(get(savedView)), 0)]
	if named(get(savedView)) < 0 {
		base = views[named(string(viewAll))]
	}
	base.Name, base.Icon, base.Saved, base.Search = s.Name, kit.IconFlag, true, get(savedSearch)
	base.filters = filters{gateway: get(savedGateway), person: get(savedPerson)}
	for _, p := range periods() {
		if string(p) == get(savedChanged) {
			base.filters.changed = p
		}
	}
	if base.filters.changed == customDays {
		base.filters.from, base.filters.to = validDay(get(savedFrom)), validDay(get(savedTo))
	}
	base.sort = settings.Sort{}
	for _, c := range columnSpecs(lang) {
		if string(c.name) == get(savedSort) {
			base.sort = settings.Sort{Column: get(savedSort), Descending: get(savedOrder) == string(descending)}
		}
	}
	base.EmptyTitle, base.EmptyText = lang.Say("list.empty_saved", s.Name), lang.Say("list.empty_saved_text")
	return base
}

// validDay returns day if it has the format of [time.DateOnly]; otherwise the empty string.
func validDay(day string) string {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}
