// Package settings reads and writes settings.toml, the settings of a desk. It reads the file anew
// each time, since people edit it. A change of the settings fails when the present file cannot be
// read.
package settings

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/request"
)

// Settings are what people choose for a desk.
type Settings struct {
	Patience      time.Duration // how long a browser may be out before that counts as no answer
	OutputFolder  string        // signed files that are proofs are also copied here; none are when empty
	CallbackPort  int           // for returns from gateways whose profile sets no port; zero stands for the port that the desk picks and keeps
	Theme         string        // one of Themes
	Language      string        // one of Languages
	Notifications bool
	Reminder      string            // the time of day of the daily reminder, such as 09:00; there is none when empty
	SilentDays    int               // after how many days without an event a request in the browser counts as silent
	Practice      string            // whether the window lists practice requests: one of PracticeChoices
	People        map[string]string // names of people as the window shows them, by the names of their accounts

	Columns map[string]Column // columns of the list, by name; those without an entry are shown in the default way
	Sort    Sort              // of the list
	Window  Window            // its size when it was last changed
	Dense   bool              // the rows of the list have little height
	Mine    bool              // in an office, the list begins with the requests that the person added or launched
	Split   float64           // the width of the list beside the request; zero for the default
	Period  string            // the period that somebody last looked back on; the default when empty
	Views   []SavedView       // in the order in which they are shown
	LastNew LastNew           // offered again for the next new request
	Lists   []ListColumns     // how lists were read that were imported, the last one first
	// Positions are where signatures were placed, the last one first: one for each gateway and size of page.
	Positions []SignaturePosition
}

// ListColumns is how the columns of lists with certain headings are read.
type ListColumns struct {
	Headings []string `toml:"headings"`
	Fields   []string `toml:"fields"` // names of fields, one for each heading; empty for a column that is passed over
}

// ListFields returns the fields that were chosen for lists with these headings, and nil if none were.
func (s Settings) ListFields(headings []string) []string {
	headings = listHeadings(headings)
	for _, l := range s.Lists {
		if slices.Equal(l.Headings, headings) {
			return l.Fields
		}
	}
	return nil
}

// RememberList keeps how the columns of lists with these headings are read. Fields has a name for each heading, empty
// for a column that is passed over; nil forgets the choice. The choices that were made longest ago are forgotten
// when there are too many, and lists with very many columns are not kept at all.
func (s *Settings) RememberList(headings, fields []string) {
	headings = listHeadings(headings)
	kept := []ListColumns{}
	if fields != nil && len(headings) == len(fields) && len(headings) <= maxListColumns {
		kept = append(kept, ListColumns{headings, slices.Clone(fields)})
	}
	for _, l := range s.Lists {
		if !slices.Equal(l.Headings, headings) && len(kept) < maxLists {
			kept = append(kept, l)
		}
	}
	s.Lists = kept
}

// listHeadings returns headings as they are kept.
func listHeadings(headings []string) []string {
	kept := make([]string, len(headings))
	for i, h := range headings {
		kept[i] = input.Label(h)
	}
	return kept
}

// Column is how a column of the list is shown.
type Column struct {
	Hidden bool    `toml:"hidden,omitempty"`
	Shown  bool    `toml:"shown,omitempty"` // of a column that is hidden by default
	Width  float64 `toml:"width,omitempty"` // zero for the default
}

// Window is the size of the window, in the units of the toolkit. A window takes the default size if it is zero, or no size of a window.
type Window struct {
	Width  float64 `toml:"width,omitempty"`
	Height float64 `toml:"height,omitempty"`
}

// Sort is the order of the list.
type Sort struct {
	Column     string `toml:"column,omitempty"` // the default order when empty
	Descending bool   `toml:"descending,omitempty"`
}

// SavedView is a named search.
type SavedView struct {
	Name  string            `toml:"name"`
	Query map[string]string `toml:"query,omitempty"` // search and filters, as the window writes them
}

// LastNew is what was chosen for the last new request.
type LastNew struct {
	Gateway  string `toml:"gateway,omitempty"`
	Together bool   `toml:"together,omitempty"` // several files make one request

	SignerName    string `toml:"signer_name,omitempty"`
	SignerEmail   string `toml:"signer_email,omitempty"`
	SignerCountry string `toml:"signer_country,omitempty"`
	SignerNumber  string `toml:"signer_number,omitempty"`
}

// Signer returns the signer of the last new request; the zero value when none was named.
func (l LastNew) Signer() request.Signer {
	return request.Signer{Name: l.SignerName, Email: l.SignerEmail, Country: l.SignerCountry, Number: l.SignerNumber}
}

// BySystem is a value of [Settings.Theme] and of [Settings.Language]. It stands for the theme or the
// language of the operating system.
const BySystem = "system"

// The themes besides [BySystem].
const (
	LightTheme = "light"
	DarkTheme  = "dark"
)

// Themes returns the values of [Settings.Theme].
func Themes() []string { return []string{BySystem, LightTheme, DarkTheme} }

// Languages returns the values of [Settings.Language].
func Languages() []string { return []string{BySystem, "en", "es", "ca", "fr"} }

// PracticeByGateways is a value of [Settings.Practice]. Practice requests are shown while there is no other gateway.
const PracticeByGateways = ""

// The other values of [Settings.Practice].
const (
	PracticeShown  = "shown"
	PracticeHidden = "hidden"
)

// PracticeChoices returns the values of [Settings.Practice].
func PracticeChoices() []string { return []string{PracticeByGateways, PracticeShown, PracticeHidden} }

// HidesPractice reports whether the window leaves practice requests out of its lists. The parameter hasReal says whether there is
// a gateway that is no practice gateway.
func (s Settings) HidesPractice(hasReal bool) bool {
	return s.Practice == PracticeHidden || s.Practice == PracticeByGateways && hasReal
}

// Default returns the settings of a desk for which nobody has chosen anything.
func Default() Settings {
	return Settings{Patience: 15 * time.Minute, Theme: BySystem, Language: BySystem, Notifications: true, SilentDays: 7}
}

// maxSilentDays is the largest value of [Settings.SilentDays].
const maxSilentDays = 365

// reminderForm is the form of [Settings.Reminder].
const reminderForm = "15:04"

// ReminderTime returns the time of day of the daily reminder, in minutes after midnight, and whether there is one.
func (s Settings) ReminderTime() (minutes int, set bool) {
	t, err := time.Parse(reminderForm, s.Reminder)
	return t.Hour()*60 + t.Minute(), err == nil
}

// Keys of settings, as [KeyOf] returns them and settings.toml has them.
const (
	PatienceKey      = "patience"
	PortKey          = "callback_port"
	FolderKey        = "output_folder"
	PeopleKey        = "people"
	ThemeKey         = "theme"
	LanguageKey      = "language"
	NotificationsKey = "notifications"
	ReminderKey      = "reminder"
	SilentDaysKey    = "silent_days"
	PracticeKey      = "practice_requests"
)

// KeyError is a problem with one setting, of a desk or of a gateway.
type KeyError struct {
	Key     string
	Problem request.Sentence // what is wrong and what to do
}

// Error implements error.
func (e *KeyError) Error() string { return e.sentence().Text }

// Cause returns the error as a code with arguments, from which package explain makes its text in any
// language.
func (e *KeyError) Cause() request.Cause { return e.sentence().Cause }

func (e *KeyError) sentence() request.Sentence {
	return request.Sentencef("setting", "%s: %s", e.Key, e.Problem)
}

// KeyOf returns the key of the setting that err is about and what is wrong with it, from the
// [KeyError] in its chain. Without one, the key is empty and the problem is the whole text.
func KeyOf(err error) (key string, problem request.Sentence) {
	if e, ok := errors.AsType[*KeyError](err); ok {
		return e.Key, e.Problem
	}
	return "", request.SentenceOf(err)
}

// KeysOf returns all problems with single settings that err has, in their order: those of the errors that it
// joins, see [errors.Join]. A problem that is about no single setting has an empty key.
func KeysOf(err error) []KeyError {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []KeyError
		for _, one := range joined.Unwrap() {
			all = append(all, KeysOf(one)...)
		}
		return all
	}
	key, problem := KeyOf(err)
	return []KeyError{{key, problem}}
}

// Limits of the settings in which the window keeps its columns and saved views.
const (
	maxColumns = 50     // entries of Settings.Columns
	maxWidth   = 10_000 // the width of a column, or of the list
	maxViews   = 100    // entries of Settings.Views
	maxPeople  = 500    // entries of Settings.People
	maxFilters = 30     // entries of SavedView.Query
	maxFilter  = 1000   // bytes of one value in SavedView.Query

	maxLists       = 30  // entries of Settings.Lists
	maxListColumns = 100 // headings of one entry
)

func (s Settings) check() error {
	switch {
	case s.Patience < gateway.MinPatience || s.Patience > gateway.MaxPatience:
		return &KeyError{PatienceKey, request.Sentencef("setting_patience", "enter a time like %s, from %s to %s", `"15m"`, `"1m"`, `"720h"`)}
	case s.OutputFolder != "" && !filepath.IsAbs(s.OutputFolder):
		return &KeyError{FolderKey, request.Sentencef("folder_relative", "enter the full path of the folder")}
	case !utf8.ValidString(s.OutputFolder):
		return &KeyError{FolderKey, request.Sentencef("folder_bytes", "the settings cannot store the name of this folder, because it is not UTF-8: rename the folder, or choose another one")}
	case s.CallbackPort != 0 && (s.CallbackPort < 1024 || s.CallbackPort > 65535):
		return &KeyError{PortKey, request.Sentencef("desk_port", "this port cannot be used: enter a number from 1024 to 65535, or 0 to have one chosen automatically")}
	case !slices.Contains(Themes(), s.Theme):
		return &KeyError{ThemeKey, request.Sentencef("theme_unknown", "there is no theme %q: use %s", input.Label(s.Theme), strings.Join(Themes(), ", "))}
	case !slices.Contains(Languages(), s.Language):
		return &KeyError{LanguageKey, request.Sentencef("language_unknown", "there is no language %q: use %s", input.Label(s.Language), strings.Join(Languages(), ", "))}
	}
	if !slices.Contains(PracticeChoices(), s.Practice) {
		return &KeyError{PracticeKey, request.Sentencef("practice_choice", "%q is no choice: use %s or %s, or remove the line", input.Label(s.Practice), PracticeShown, PracticeHidden)}
	}
	return errors.Join(s.checkReminder(), s.checkPeople(), s.checkList(), s.checkViews(), s.LastNew.check(), s.checkPositions())
}

func (s Settings) checkReminder() error {
	if _, set := s.ReminderTime(); s.Reminder != "" && !set {
		return &KeyError{ReminderKey, request.Sentencef("reminder_wrong", "%q is not a time of day: enter it like %s, or leave it empty", input.Label(s.Reminder), "09:00")}
	}
	if s.SilentDays < 1 || s.SilentDays > maxSilentDays {
		return &KeyError{SilentDaysKey, request.Sentencef("silent_days_wrong", "enter a number of days from 1 to %d", maxSilentDays)}
	}
	return nil
}

func (s Settings) checkPeople() error {
	if len(s.People) > maxPeople {
		return &KeyError{PeopleKey, request.Sentencef("too_many_people", "there are more than %d names: remove some", maxPeople)}
	}
	for account, name := range s.People {
		if !isLine(account) || !isLine(name) {
			return &KeyError{PeopleKey, request.Sentencef("person_name", "%q: use a name of one short line", input.Label(name))}
		}
	}
	return nil
}

func (s Settings) checkList() error {
	for _, l := range s.Lists {
		if len(s.Lists) > maxLists || len(l.Headings) > maxListColumns || len(l.Fields) != len(l.Headings) {
			return &KeyError{"list", request.Sentencef("lists_wrong", "a list has a field for each of its headings, and there are at most %d lists", maxLists)}
		}
	}
	if len(s.Columns) > maxColumns {
		return &KeyError{"columns", request.Sentencef("too_many_columns", "there are more than %d", maxColumns)}
	}
	for name, c := range s.Columns {
		if !isLine(name) || !(c.Width >= 0 && c.Width <= maxWidth) {
			return &KeyError{"columns", request.Sentencef("column_wrong", "%q: a column has a name of one line, and a width from 0 to %d", input.Label(name), maxWidth)}
		}
	}
	if !(s.Split >= 0 && s.Split <= maxWidth) {
		return &KeyError{"split", request.Sentencef("split_wrong", "the list has a width from 0 to %d", maxWidth)}
	}
	if s.Period != "" && !isLine(s.Period) {
		return &KeyError{"period", request.Sentencef("period_wrong", "name one period")}
	}
	if s.Sort.Column != "" && !isLine(s.Sort.Column) {
		return &KeyError{"column", request.Sentencef("sort_wrong", "name one column to sort by")}
	}
	return nil
}

func (s Settings) checkViews() error {
	if len(s.Views) > maxViews {
		return &KeyError{"view", request.Sentencef("too_many_views", "there are more than %d saved views: remove some", maxViews)}
	}
	names := map[string]bool{}
	for _, v := range s.Views {
		switch {
		case !isLine(v.Name):
			return &KeyError{"name", request.Sentencef("view_name", "%q: give the saved view a name of one short line", input.Label(v.Name))}
		case names[v.Name]:
			return &KeyError{"name", request.Sentencef("view_exists", "a saved view named %q already exists: choose another name", v.Name)}
		case len(v.Query) > maxFilters:
			return &KeyError{"query", request.Sentencef("view_filters", "the saved view %q has more than %d filters", v.Name, maxFilters)}
		}
		names[v.Name] = true
		for key, value := range v.Query {
			if !isLine(key) || len(value) > maxFilter {
				return &KeyError{"query", request.Sentencef("view_filter_long", "the saved view %q has a filter that is too long: up to %d bytes", v.Name, maxFilter)}
			}
		}
	}
	return nil
}

func (l LastNew) check() error {
	for key, text := range map[string]string{
		"gateway": l.Gateway, "signer_name": l.SignerName, "signer_email": l.SignerEmail, "signer_country": l.SignerCountry, "signer_number": l.SignerNumber,
	} {
		if text != "" && !isLine(text) {
			return &KeyError{key, request.Sentencef("not_one_line", "use one short line")}
		}
	}
	return nil
}

// isLine reports whether a text can be shown as it is: one short line.
func isLine(text string) bool { return text != "" && input.Label(text) == text }
