package gateway

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"countersign/core/request"
)

// Field declares one setting of a profile. [Profile.Decode] reads, completes and checks the
// settings of a profile by the list of its kind's fields. Forms, and the flags of the terminal,
// are made from the same list, in its order.
//
// The texts are English. Those of other languages are in the catalogs of core/i18n, with the
// keys "field.KEY" and "field.KEY_help".
type Field struct {
	Key      string // name in gateways.toml; "table.key" for a setting in a table
	Flag     string // name of its flag at a terminal; "" for the key with dashes, see [Field.FlagName]
	Label    string
	Help     string // one or two sentences; may be empty
	Type     FieldType
	Options  []string // allowed values of a choice; suggestions for a text
	Required bool     // must be set, and not to an empty text
	Advanced bool     // seldom changed, so that a form may fold it away
	Default  string   // value if nothing is set, in the form's notation; "" for the zero value
	// CanBeNone means that the text [None] stands for no value, so that there is a way to do without
	// the default. It is for texts and lists.
	CanBeNone bool
	// DefaultIsNew means that the setting had no default in files of version 1. [UpgradeConfig] sets it to
	// None in the profiles of such a file in which it was not set.
	DefaultIsNew bool

	// Members are the paths of what the setting sets in calls: the members, fields or parts, from the
	// outside to the inside with periods between them, such as "signer.parameters.type". A gateway that
	// refuses a call and names one of them speaks of this setting.
	Members []string
	// NamesMember means that the setting, a text, is itself the name of a member or part.
	NamesMember bool

	// Value points to the variable in which [Profile.Decode] stores the setting. Its type
	// belongs to the type of the field:
	//
	//	text, long, choice  *string
	//	bool                *bool, or **bool to tell false from not set, which is nil
	//	number              *int or *int64
	//	list                *[][]string
	//	numbers             *[]float64
	//	table               *map[string]any
	Value any
	// Check returns what is wrong with the stored value, and what to do. It is called once
	// all fields are stored. Nil accepts every value.
	Check func() error
}

// None is the value of a setting for which nothing is sent to the gateway. A setting can have it if
// [Field.CanBeNone] is true.
const None = "none"

// FieldType is the type of a setting, and how it is written in a form.
type FieldType string

// The types of fields.
const (
	TextField    FieldType = "text"
	LongField    FieldType = "long"   // text of several lines
	SecretField  FieldType = "secret" // not a setting: the desk stores it apart from the profile
	BoolField    FieldType = "bool"   // true or false
	NumberField  FieldType = "number" // whole number
	ChoiceField  FieldType = "choice"
	ListField    FieldType = "list"    // list of lists of texts; in a form one list a line, its texts separated by commas
	NumbersField FieldType = "numbers" // list of numbers; in a form separated by commas
	TableField   FieldType = "table"   // TOML table; in a form its lines as in gateways.toml
)

// SettingError is returned for a setting of a profile that is missing or wrong.
type SettingError struct {
	Gateway string // name of the profile
	Key     string // see [Field]; NameKey for the profile's name
	Problem error  // what is wrong and what to do
}

// NameKey is the key of a [SettingError] about the name of a profile.
const NameKey = "name"

// ClientCertKey and ClientKeyKey are the keys of the files of a client certificate.
const (
	ClientCertKey = "client_cert"
	ClientKeyKey  = "client_key"
)

func (e *SettingError) Error() string {
	return e.sentence().Text
}

// Cause returns the error as a code with arguments, from which package explain makes its text in any
// language.
func (e *SettingError) Cause() request.Cause { return e.sentence().Cause }

func (e *SettingError) sentence() request.Sentence {
	if e.Key == NameKey {
		return request.Sentencef("gateway_name", "gateway name %w", e.Problem)
	}
	return request.Sentencef("gateway_setting", "gateway %s: %s: %w", e.Gateway, e.Key, e.Problem)
}

func (e *SettingError) Unwrap() error { return e.Problem }

// The problems that a setting of any kind can have.
var (
	errRequired = request.Errorf("setting_required", "it is required: enter a value")
	errNotText  = request.Errorf("setting_not_text", "write a text in quotes, like %s", `"abc"`)
	errNotBool  = request.Errorf("setting_not_bool", "use true or false")
	errNotMaybe = request.Errorf("setting_not_maybe", "use true or false, or %s to leave it to the gateway", `""`)
	errNotWhole = request.Errorf("setting_not_whole", "use a whole number")
	errNotLists = request.Errorf("setting_not_lists", "write lists of texts, like %s", `[["a", "b"], ["c"]]`)
	errNotFloat = request.Errorf("setting_not_numbers", "write numbers, like %s", "[40, 60, 220, 70]")
	errNotTable = request.Errorf("setting_not_table", "write a table here")
)

// checkOption returns an error if text is none of the field's options.
func (f Field) checkOption(text string) error {
	if slices.Contains(f.Options, text) {
		return nil
	}
	last := len(f.Options) - 1
	return request.Errorf("setting_option", "%q is not allowed: use %s or %s", Sanitize(text), strings.Join(f.Options[:last], ", "), f.Options[last])
}

// FlagName returns the name of the field's flag at a terminal, without the dashes before it. A secret
// has no flag: secret-stdin makes the terminal read it from standard input.
func (f Field) FlagName() string {
	if f.Type == SecretField {
		return "secret-stdin"
	}
	return cmp.Or(f.Flag, flagNames.Replace(f.Key))
}

// flagNames makes the name of a flag from a key.
var flagNames = strings.NewReplacer("_", "-", ".", "-")

// Usage returns the label and the help as one text in English.
func (f Field) Usage() string {
	return strings.TrimSpace(f.Label + ". " + f.Help)
}

// lookUp returns the value of a setting, or nil if it is not set. A key like "table.key" is that of a
// setting in a table.
func lookUp(settings map[string]any, key string) any {
	name, inner, nested := strings.Cut(key, ".")
	if !nested {
		return settings[key]
	}
	table, _ := settings[name].(map[string]any)
	return table[inner]
}

// setIn sets a setting, which may be in a table, or takes it away if value is nil. A table that
// becomes empty is removed, too.
func setIn(settings map[string]any, key string, value any) {
	name, inner, nested := strings.Cut(key, ".")
	if nested {
		table, _ := settings[name].(map[string]any)
		if table == nil {
			table = map[string]any{}
		}
		setIn(table, inner, value)
		if key, value = name, table; len(table) == 0 {
			value = nil
		}
	}
	if value == nil {
		delete(settings, key)
		return
	}
	settings[key] = value
}

// cloneTable returns a copy of a table and of the tables in it.
func cloneTable(table map[string]any) map[string]any {
	clone := maps.Clone(table)
	if clone == nil {
		clone = map[string]any{}
	}
	for key, value := range clone {
		if inner, ok := value.(map[string]any); ok {
			clone[key] = cloneTable(inner)
		}
	}
	return clone
}

// assign stores value in target. If it has another type, the error is mismatch.
func assign[T any](target *T, value any, mismatch error) error {
	v, ok := value.(T)
	if !ok {
		return mismatch
	}
	*target = v
	return nil
}
