package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/core/gateway"
)

// settingFlag is the flag for a setting of one or more kinds of gateway.
type settingFlag struct {
	gateway.Field          // of the first kind that has it
	kinds         []string // that have it
}

// settingFlags returns the flags for the kinds' own settings, each once, in the order of their forms.
// Secrets have none.
func settingFlags(kinds []gateway.Kind) []settingFlag {
	var flags []settingFlag
	for _, kind := range kinds {
		for _, field := range kind.Fields {
			i := slices.IndexFunc(flags, func(f settingFlag) bool { return f.FlagName() == field.FlagName() })
			switch {
			case field.Type == gateway.SecretField:
			case i < 0:
				flags = append(flags, settingFlag{field, []string{kind.Name}})
			default:
				flags[i].kinds = append(flags[i].kinds, kind.Name)
			}
		}
	}
	return flags
}

// declareFlags returns what kong reads flags into: a pointer to a structure with a field for each.
func declareFlags(flags []settingFlag) kong.Plugins {
	var fields []reflect.StructField
	for i, f := range flags {
		field := reflect.StructField{Name: "Flag" + strconv.Itoa(i), Type: reflect.TypeFor[string]()}
		switch f.Type {
		case gateway.BoolField:
			field.Type = reflect.TypeFor[*bool]()
		case gateway.ListField:
			field.Type = reflect.TypeFor[[]string]()
		}
		tag := fmt.Sprintf("name:%q help:%q group:%q sep:none", f.FlagName(), f.help(), strings.Join(f.kinds, ", "))
		if shown := f.placeholder(); shown != "" {
			tag += fmt.Sprintf(" placeholder:%q", shown)
		}
		field.Tag = reflect.StructTag(tag)
		fields = append(fields, field)
	}
	return kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}
}

// help returns the help of a flag.
func (f settingFlag) help() string {
	if f.Type == gateway.ListField {
		return f.Usage() + " May be repeated, once for each line."
	}
	return f.Usage()
}

// placeholder returns what stands for a flag's value in the help.
func (f settingFlag) placeholder() string {
	switch f.Type {
	case gateway.BoolField:
		return ""
	case gateway.NumberField:
		return "N"
	case gateway.NumbersField:
		return "N,N"
	case gateway.ListField:
		return "A,B"
	case gateway.TableField:
		return "TOML"
	case gateway.ChoiceField:
		return strings.Join(f.Options, "|")
	}
	return "TEXT"
}

// setFlags sets the settings of p whose flags were given. What the kind has no setting for is set, too:
// the desk refuses it by its name.
func setFlags(p *gateway.Profile, kind gateway.Kind, flags []settingFlag, given kong.Plugins) error {
	values := reflect.ValueOf(given[0]).Elem()
	for i, f := range flags {
		text := formText(values.Field(i).Interface())
		if text == "" {
			continue
		}
		field := f.Field
		if own := slices.IndexFunc(kind.Fields, func(own gateway.Field) bool { return own.FlagName() == f.FlagName() }); own >= 0 {
			field = kind.Fields[own]
		}
		value, err := field.Parse(text)
		if err == nil {
			err = p.Set(field.Key, value)
		}
		if err != nil {
			return usageError(fmt.Sprintf("--%s: %v", f.FlagName(), err))
		}
	}
	return nil
}

// formText returns the value of a flag in the notation of a form, empty if it was not given.
func formText(value any) string {
	switch v := value.(type) {
	case *bool:
		if v == nil {
			return ""
		}
		return strconv.FormatBool(*v)
	case []string:
		return strings.Join(v, "\n")
	}
	return fmt.Sprint(value)
}

// fieldJSON is a setting of a kind of gateway for scripts.
type fieldJSON struct {
	Key      string            `json:"key"`
	Flag     string            `json:"flag"`
	Label    string            `json:"label"`
	Help     string            `json:"help,omitempty"`
	Type     gateway.FieldType `json:"type"`
	Options  []string          `json:"options,omitempty"`
	Required bool              `json:"required,omitempty"`
	Advanced bool              `json:"advanced,omitempty"`
	Default  string            `json:"default,omitempty"`
}

func fieldsJSON(kind gateway.Kind) []fieldJSON {
	all := []fieldJSON{}
	for _, f := range kind.FormFields() {
		all = append(all, fieldJSON{f.Key, "--" + f.FlagName(), f.Label, f.Help, f.Type, f.Options, f.Required, f.Advanced, f.Default})
	}
	return all
}

// printFields prints a kind's settings, one on each line.
func (t *terminal) printFields(kind gateway.Kind) error {
	table := t.table()
	for _, f := range kind.FormFields() {
		key, note := f.Key, ""
		switch {
		case f.Type == gateway.SecretField: // it does not stand in gateways.toml
			key = "--" + f.FlagName()
		case f.Required:
			note = " Required."
		case f.Default != "":
			note = " Default: " + f.Default
		}
		printf(table, "    %s\t%s%s\n", key, f.Usage(), note)
	}
	return table.Flush()
}
