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
	gateway.Field          // the setting, as the first kind that has it describes it
	kinds         []string // the names of the kinds that have the setting
}

// settingFlags returns a flag for each setting in the fields of the kinds, in their order. A setting of
// several kinds has one flag; a secret has none.
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

// declareFlags returns the flags in the form that kong takes: one pointer to a struct, whose fields are
// the flags in the same order. A field is a *bool, a []string or a string.
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

// help returns the text about a flag for --help.
func (f settingFlag) help() string {
	if f.Type == gateway.ListField {
		return f.Usage() + " May be repeated, once for each line."
	}
	return f.Usage()
}

// placeholder returns what stands for a flag's value in --help. It is empty for a flag without a value.
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

// setFlags sets the settings of p whose flags were given. given is what [declareFlags] returned for
// flags. It also sets a setting that the kind does not have: the desk refuses it by name when the gateway is
// added. It returns a [usageError] for a value that cannot be parsed.
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

// formText returns the value of a flag as [gateway.Field.Parse] reads it: an item on each line for a list,
// true or false for a *bool. It is empty for a flag that was not given.
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

// fieldJSON is a setting of a kind of gateway as --json prints it.
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
