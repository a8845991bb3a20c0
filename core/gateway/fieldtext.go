package gateway

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/request"
)

// Parse returns the value of the setting that a text in a form, or of a flag, stands for. The value
// has the type to which the TOML library decodes it; it is nil if the text is empty. The error says
// what is wrong with the text, and what to do.
func (f Field) Parse(text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	switch f.Type {
	case BoolField:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errNotBool
		}
		return b, nil
	case NumberField:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errNotWhole
		}
		return n, nil
	case ChoiceField:
		return text, f.checkOption(text)
	case ListField:
		return parseLists(text), nil
	case NumbersField:
		return parseNumbers(text)
	case TableField:
		table := map[string]any{}
		if err := CheckTOML(text); err != nil {
			return nil, err
		}
		if _, err := toml.Decode(text, &table); err != nil {
			return nil, request.Errorf("setting_table", "%s: write it as in gateways.toml", plainTOML(err))
		}
		return table, nil
	}
	return text, nil
}

func parseLists(text string) any {
	var lists []any
	for line := range strings.Lines(text) {
		var list []any
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.TrimSpace(item); item != "" {
				list = append(list, item)
			}
		}
		if list != nil {
			lists = append(lists, list)
		}
	}
	if lists == nil {
		return nil
	}
	return lists
}

func parseNumbers(text string) (any, error) {
	var numbers []any
	for item := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(item), 64)
		if err != nil {
			return nil, request.Errorf("setting_number", "%q is not a number: separate numbers with commas", Sanitize(item))
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// format returns the text that stands for a value of a setting in a form. [Field.Parse] parses it.
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
		for _, list := range v {
			lines = append(lines, strings.Join(list, ", "))
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

// formatList returns the text of a list. In a list of lists, each list is a line; the items of any
// other list are separated by commas.
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
