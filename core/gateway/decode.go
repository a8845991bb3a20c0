package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/request"
)

// Decode stores the profile's [Profile.Settings] in the variables that [Field.Value] of the
// fields point to. A setting that is not set gets its default. Then Decode calls [Field.Check] of
// the fields that could be stored. A setting that no field declares is an error, and so is a secret among
// the settings. The error joins one of the type [*SettingError] for each setting that is wrong.
func (p Profile) Decode(fields []Field) error {
	settings, err := plainTable(p.Settings)
	if err != nil {
		return request.Errorf("gateway_problem", "gateway %s: %w", p.Name, err)
	}
	fields = slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return f.Type == SecretField })
	if key := unknownKey(settings, fields); key != "" {
		return p.settingError(key, request.Errorf("setting_unknown", "the kind %s has no such setting: remove it, or correct its name", p.Kind))
	}
	faults := make([]error, len(fields))
	for i, f := range fields {
		faults[i] = f.decode(lookUp(settings, f.Key))
	}
	for i, f := range fields {
		if faults[i] == nil && f.Check != nil {
			faults[i] = f.Check()
		}
		if faults[i] != nil {
			faults[i] = p.settingError(f.Key, faults[i])
		}
	}
	return errors.Join(faults...)
}

// plainTable returns a copy of a table in which every value has the type that the TOML
// library decodes it to, whatever Go type it had.
func plainTable(table map[string]any) (map[string]any, error) {
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(table); err != nil {
		return nil, err
	}
	plain := map[string]any{}
	_, err := toml.Decode(text.String(), &plain)
	return plain, err
}

// unknownKey returns the first key, in alphabetical order, of a setting that no field declares,
// or "".
func unknownKey(settings map[string]any, fields []Field) string {
	known, tables := map[string]bool{}, map[string]bool{}
	for _, f := range fields {
		known[f.Key] = true
		if table, _, nested := strings.Cut(f.Key, "."); nested {
			tables[table] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		inner, isTable := settings[key].(map[string]any)
		switch {
		case known[key]:
		case !tables[key] || !isTable:
			return key
		default:
			for _, name := range slices.Sorted(maps.Keys(inner)) {
				if !known[key+"."+name] {
					return key + "." + name
				}
			}
		}
	}
	return ""
}

// decode stores value in the variable that f.Value points to. value has the type that the TOML library
// gives it; nil stands for the field's default. If the field allows [None] and value is None, the
// variable stays as it is. The error says what is wrong with value. decode does not call Check.
func (f Field) decode(value any) error {
	if value == nil {
		var err error
		if value, err = f.Parse(f.Default); err != nil {
			return err
		}
	}
	if f.CanBeNone && f.format(value) == None {
		return nil
	}
	if f.Required && (value == nil || value == "") {
		return errRequired
	}
	if value == nil {
		return nil
	}
	if err := store(f.Value, value); err != nil {
		return err
	}
	if f.Type == ChoiceField {
		return f.checkOption(fmt.Sprint(value))
	}
	return nil
}

// store assigns a value of a plain table to the variable that target points to. It panics if
// target has a type that [Field.Value] does not allow.
func store(target, value any) error {
	switch target := target.(type) {
	case *string:
		return assign(target, value, errNotText)
	case *bool:
		return assign(target, value, errNotBool)
	case **bool:
		if value == "" {
			*target = nil
			return nil
		}
		*target = new(bool)
		return assign(*target, value, errNotMaybe)
	case *int64:
		return assign(target, value, errNotWhole)
	case *int:
		var whole int64
		err := assign(&whole, value, errNotWhole)
		*target = int(whole)
		return err
	case *map[string]any:
		return assign(target, value, errNotTable)
	case *[][]string:
		lists, err := storeList(value, errNotLists, func(item any) ([]string, error) {
			return storeList(item, errNotLists, func(text any) (stored string, err error) {
				err = assign(&stored, text, errNotLists)
				return stored, err
			})
		})
		*target = lists
		return err
	case *[]float64:
		numbers, err := storeList(value, errNotFloat, toFloat)
		*target = numbers
		return err
	}
	panic(fmt.Sprintf("a setting cannot be stored in a %T", target))
}

// storeList calls the function item for each item of a list, and returns the results. If value is
// not a list, the error is mismatch; otherwise it is that of item.
func storeList[T any](value any, mismatch error, item func(any) (T, error)) ([]T, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, mismatch
	}
	var stored []T
	for _, v := range list {
		one, err := item(v)
		if err != nil {
			return nil, err
		}
		stored = append(stored, one)
	}
	return stored, nil
}

func toFloat(value any) (float64, error) {
	switch v := value.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, errNotFloat
}
