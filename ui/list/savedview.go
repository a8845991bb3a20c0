package list

import (
	"slices"

	"countersign/core/i18n"
	"countersign/core/settings"
	"countersign/ui/filter"
	"countersign/ui/kit"
)

// The names of a saved view's settings, besides those of its filters.
const (
	savedView   StoredName = "view"
	savedSearch StoredName = "search"
	savedSort   StoredName = "sort"
	savedOrder  StoredName = "order"

	descending StoredName = "descending"
)

// Save returns the view as it is stored in the settings.
func (v View) Save() settings.SavedView {
	query := map[string]string{}
	v.filters.Save(query)
	for name, value := range map[StoredName]string{savedView: string(v.Key), savedSearch: v.Search, savedSort: v.sort.Column} {
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
	base.filters = filter.Saved(s.Query)
	base.sort = settings.Sort{}
	for _, c := range columnSpecs(lang, false) {
		if string(c.name) == get(savedSort) {
			base.sort = settings.Sort{Column: get(savedSort), Descending: get(savedOrder) == string(descending)}
		}
	}
	base.EmptyTitle, base.EmptyText = lang.Say("list.empty_saved", s.Name), lang.Say("list.empty_saved_text")
	return base
}
