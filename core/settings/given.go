package settings

import (
	"bytes"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/home"
	"countersign/core/request"
)

// Given are the settings that an administrator has chosen for all desks of a computer; see package policy. The zero value has
// none.
type Given struct {
	Fixed    Chosen // nobody can change them
	Defaults Chosen // a desk without a settings.toml begins with them
}

// Chosen are values for some of the settings.
type Chosen struct {
	Keys   []string // sorted; they are some of [GivableKeys]
	values Settings
}

// givable are the settings that an administrator can choose, with what copies each of them.
var givable = map[string]func(to, from *Settings){
	PatienceKey:      func(to, from *Settings) { to.Patience = from.Patience },
	FolderKey:        func(to, from *Settings) { to.OutputFolder = from.OutputFolder },
	PortKey:          func(to, from *Settings) { to.CallbackPort = from.CallbackPort },
	ThemeKey:         func(to, from *Settings) { to.Theme = from.Theme },
	LanguageKey:      func(to, from *Settings) { to.Language = from.Language },
	NotificationsKey: func(to, from *Settings) { to.Notifications = from.Notifications },
	ReminderKey:      func(to, from *Settings) { to.Reminder = from.Reminder },
	SilentDaysKey:    func(to, from *Settings) { to.SilentDays = from.SilentDays },
	PracticeKey:      func(to, from *Settings) { to.Practice = from.Practice },
}

// GivableKeys returns the keys of the settings that an administrator can choose.
func GivableKeys() []string {
	return []string{PatienceKey, FolderKey, PortKey, ThemeKey, LanguageKey, NotificationsKey, ReminderKey, SilentDaysKey, PracticeKey}
}

// Choose adds a value, as the TOML library decodes it. It fails if nobody can choose the setting of that key for others, or if it cannot have the
// value.
func (c *Chosen) Choose(key string, value any) error {
	take, known := givable[key]
	if !known {
		return &KeyError{key, request.Sentencef("setting_not_givable", "this is no setting that an administrator can choose: use one of %s", strings.Join(GivableKeys(), ", "))}
	}
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(map[string]any{key: value}); err != nil {
		return &KeyError{key, errWrongKind}
	}
	f := fileOf(Default())
	if _, err := toml.Decode(text.String(), &f); err != nil {
		return &KeyError{key, errWrongKind}
	}
	read, err := settingsOf(f)
	if err != nil {
		_, problem := KeyOf(err)
		return &KeyError{key, problem}
	}
	take(&c.values, &read)
	if !slices.Contains(c.Keys, key) {
		c.Keys = append(c.Keys, key)
		slices.Sort(c.Keys)
	}
	return nil
}

var errWrongKind = request.Sentencef("setting_wrong_kind", "a value of this kind does not fit here: see settings.toml of a desk for an example")

// Value returns the value of a setting that is chosen, as settings.toml has it.
func (c Chosen) Value(key string) any {
	f := reflect.ValueOf(fileOf(c.values))
	for i := range f.NumField() {
		if name, _, _ := strings.Cut(f.Type().Field(i).Tag.Get("toml"), ","); name == key {
			return f.Field(i).Interface()
		}
	}
	return nil
}

// over returns s with the values that are chosen.
func (c Chosen) over(s Settings) Settings {
	for _, key := range c.Keys {
		givable[key](&s, &c.values)
	}
	return s
}

// checkKept returns an error for the first of the chosen settings that s has with another value.
func (c Chosen) checkKept(s Settings) error {
	for _, key := range c.Keys {
		kept := s
		if givable[key](&kept, &c.values); !reflect.DeepEqual(kept, s) {
			return &KeyError{key, ByAdministrator}
		}
	}
	return nil
}

// ByAdministrator is why a setting or a gateway cannot be changed.
var ByAdministrator = request.Sentencef("by_administrator", "set by the administrator of this computer")

// IsFixed reports whether nobody can change the setting of that key.
func (g Given) IsFixed(key string) bool { return slices.Contains(g.Fixed.Keys, key) }

// Default returns the settings of a desk for which nobody has chosen anything.
func (g Given) Default() Settings { return g.Fixed.over(g.Defaults.over(Default())) }

// Load does what the function [Load] does, with the settings of g.
func (g Given) Load(dir home.Dir) (Settings, error) {
	s, err := load(dir, g.Defaults.over(Default()))
	return g.Fixed.over(s), err
}

// stored returns changed as it is written to settings.toml, where the fixed settings stay what they are in before: they apply again
// when the administrator frees them. It fails if a fixed setting was changed.
func (g Given) stored(before, changed Settings) (Settings, error) {
	if err := g.Fixed.checkKept(changed); err != nil {
		return Settings{}, err
	}
	for _, key := range g.Fixed.Keys {
		givable[key](&changed, &before)
	}
	return changed, nil
}
