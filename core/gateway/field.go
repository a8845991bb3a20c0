package gateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Field describes one setting of a profile, so that a form can be drawn for a kind of
// gateway without knowing it. In a form every value is a text; empty means that it is not set.
type Field struct {
	Key      string // as in gateways.toml; table.key where the setting is in a table
	Label    string
	Help     string // one or two sentences; may be empty
	Type     FieldType
	Options  []string // of a Choice; of a Text, what could be meant
	Required bool
	Rare     bool   // seldom touched: a form may fold it away
	Default  string // what counts when nothing is set, as it would be written
}

// FieldType says how a field is written in a form.
type FieldType string

// The types of fields.
const (
	Text    FieldType = "text"
	Long    FieldType = "long"   // text of several lines
	Secret  FieldType = "secret" // is no setting: it is kept apart; see Profile
	Bool    FieldType = "bool"   // true or false
	Number  FieldType = "number" // a whole number
	Choice  FieldType = "choice"
	List    FieldType = "list"    // lists of words: one list a line, its words separated by commas
	Numbers FieldType = "numbers" // numbers separated by commas
	Table   FieldType = "table"   // lines as in gateways.toml
)

// Form lists all the fields of a profile of this kind: those that all kinds have, and its own.
func (k Kind) Form() []Field {
	address := Field{Key: "url", Label: "Address", Help: "The root of the gateway, like https://sign.example.org.", Type: Text, Required: true}
	for _, h := range k.Hosts {
		address.Options = append(address.Options, h.URL)
	}
	return append([]Field{address}, append(slices.Clone(k.Fields), shared...)...)
}

// shared are the fields of every kind, besides the address.
var shared = []Field{
	{Key: "patience", Label: "Patience", Rare: true, Help: "How long a browser may be out before it counts as without an answer, like 15m. Empty: as the desk has it.", Type: Text},
	{Key: "callback_port", Label: "Return port", Rare: true, Help: "A fixed port of this machine for returns, from 1024 to 65535. Empty: the desk's own.", Type: Number},
	{Key: "timeout", Label: "Time for one call", Rare: true, Help: "How long the gateway may take for one answer, up to 10m.", Type: Text, Default: DefaultTimeout.String()},
	{Key: "ca_file", Label: "Certificates file", Rare: true, Help: "A PEM file with the issuers to trust for its connection, besides the system's.", Type: Text},
}

// Blank is a profile of this kind with nothing set, to read a form into.
func (k Kind) Blank(name string) Profile {
	return Profile{Name: name, Kind: k.Name, Timeout: DefaultTimeout, Settings: map[string]any{}}
}

// WriteForm gives the texts of a profile's fields by their keys.
func (k Kind) WriteForm(p Profile) map[string]string {
	texts := map[string]string{"url": p.URL, "ca_file": p.CAFile, "callback_port": "", "timeout": "", "patience": ""}
	if p.CallbackPort != 0 {
		texts["callback_port"] = strconv.Itoa(p.CallbackPort)
	}
	if p.Timeout != 0 && p.Timeout != DefaultTimeout {
		texts["timeout"] = p.Timeout.String()
	}
	if p.Patience != 0 {
		texts["patience"] = p.Patience.String()
	}
	for _, f := range k.Fields {
		if f.Type != Secret {
			texts[f.Key] = f.format(lookUp(p.Settings, f.Key))
		}
	}
	return texts
}

// ReadForm gives the profile as a form has it. What the form says nothing of, and what
// it says in the words of WriteForm, stays as it is in before.
func (k Kind) ReadForm(before Profile, texts map[string]string) (Profile, error) {
	was, after := k.WriteForm(before), before
	after.Settings = cloneTable(before.Settings)
	for _, f := range k.Form() {
		text, told := texts[f.Key]
		text = strings.TrimSpace(text)
		if !told || f.Type == Secret || text == was[f.Key] {
			continue
		}
		if text == "" && f.Required {
			return Profile{}, &settingError{before.Name, f.Key, "it is needed: fill it in"}
		}
		value, err := f.parse(text)
		if err == nil {
			err = after.set(f.Key, value)
		}
		if err != nil {
			return Profile{}, &settingError{before.Name, f.Key, err.Error()}
		}
	}
	return after, after.Validate()
}

// set takes a value that a field has parsed; nil when there is none.
func (p *Profile) set(key string, value any) (err error) {
	text, _ := value.(string)
	switch key {
	case "url":
		p.URL = strings.TrimRight(text, "/")
	case "ca_file":
		p.CAFile = text
	case "callback_port":
		number, _ := value.(int64)
		p.CallbackPort = boundedPort(number)
	case "timeout":
		p.Timeout, err = parseTime(text, DefaultTimeout, badTimeout)
	case "patience":
		p.Patience, err = parseTime(text, 0, badPatience)
	default:
		place(p.Settings, key, value)
	}
	return err
}

func parseTime(text string, without time.Duration, advice string) (time.Duration, error) {
	if text == "" {
		return without, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New(advice)
	}
	return d, nil
}

// parse reads the text of a field; nil means that it is not set.
func (f Field) parse(text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	switch f.Type {
	case Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", Bounded(text))
		}
		return b, nil
	case Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", Bounded(text))
		}
		return n, nil
	case Choice:
		if !slices.Contains(f.Options, text) {
			return nil, fmt.Errorf("%q is none of %s", Bounded(text), strings.Join(f.Options, ", "))
		}
	case List:
		return parseLists(text), nil
	case Numbers:
		return parseNumbers(text)
	case Table:
		table := map[string]any{}
		if _, err := toml.Decode(text, &table); err != nil {
			return nil, fmt.Errorf("%s: write it as in gateways.toml", plainTOML(err))
		}
		return table, nil
	}
	return text, nil
}

func parseLists(text string) any {
	var lists []any
	for line := range strings.Lines(text) {
		var words []any
		for word := range strings.SplitSeq(line, ",") {
			if word = strings.TrimSpace(word); word != "" {
				words = append(words, word)
			}
		}
		if words != nil {
			lists = append(lists, words)
		}
	}
	if lists == nil {
		return nil
	}
	return lists
}

func parseNumbers(text string) (any, error) {
	var numbers []any
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number: give numbers with commas between them", Bounded(word))
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// format writes the value of a setting as a form shows it.
func (f Field) format(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		return formatList(v)
	case [][]string:
		var lines []string
		for _, words := range v {
			lines = append(lines, strings.Join(words, ", "))
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		var text strings.Builder
		encoder := toml.NewEncoder(&text)
		encoder.Indent = ""
		if err := encoder.Encode(v); err != nil {
			return ""
		}
		return strings.TrimSpace(text.String())
	}
	return fmt.Sprint(value)
}

// formatList writes a list of lists by lines, and any other with commas.
func formatList(list []any) string {
	separator := ", "
	var parts []string
	for _, item := range list {
		if inner, ok := item.([]any); ok {
			separator, item = "\n", formatList(inner)
		}
		parts = append(parts, fmt.Sprint(item))
	}
	return strings.Join(parts, separator)
}

// lookUp finds a setting, also in a table.
func lookUp(settings map[string]any, key string) any {
	name, inner, nested := strings.Cut(key, ".")
	if !nested {
		return settings[key]
	}
	table, _ := settings[name].(map[string]any)
	return table[inner]
}

// place puts a setting where it belongs, or takes it away when the value is nil.
func place(settings map[string]any, key string, value any) {
	name, inner, nested := strings.Cut(key, ".")
	if nested {
		table, _ := settings[name].(map[string]any)
		if table == nil {
			table = map[string]any{}
		}
		place(table, inner, value)
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

// cloneTable copies a table and the tables in it.
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
