package gateway

import (
	"errors"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/files"
	"countersign/core/request"
)

// Limits of a file that people edit, like gateways.toml. The TOML library has none: it recurses into
// nested values until the stack of the program overflows, which no program survives.
const (
	maxTOML   = 1 << 20 // bytes
	maxNested = 32      // arrays and inline tables in one another, and the parts of a dotted key
	maxValues = 20_000  // keys, and elements of arrays
)

// ReadConfig returns the text of a file that people edit. It refuses pipes and devices, which might
// never end, and files of more than 1 MiB. The error wraps [fs.ErrNotExist] if there is no file.
func ReadConfig(path string) (string, error) {
	text, err := files.ReadRegular(path, maxTOML)
	switch {
	case errors.Is(err, files.ErrFolder), errors.Is(err, files.ErrNotRegular):
		return "", request.Errorf("config_not_regular", "%s is not a regular file: move it away to start with a new one", path)
	case errors.Is(err, files.ErrTooLarge):
		return "", request.Errorf("config_large", "%s is larger than %d MB: correct the file, or move it away to start with a new one", path, maxTOML>>20)
	}
	return string(text), err
}

// CheckTOML returns an error if a TOML text is longer than maxTOML, nested more deeply than
// maxNested or has more values than maxValues. The error's text says to the user what to correct.
// CheckTOML does not check the syntax.
func CheckTOML(text string) error {
	if len(text) > maxTOML {
		return request.Errorf("toml_large", "this is larger than %d MB: shorten it", maxTOML>>20)
	}
	line, depth, parts, values := 1, 0, 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"', '\'':
			end := i + lengthOfString(text[i:])
			line += strings.Count(text[i:end], "\n")
			i = end - 1
		case '#':
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case '\n':
			line, parts = line+1, 0
		case '[', '{':
			depth, parts, values = depth+1, 0, values+1
		case ']', '}':
			depth = max(0, depth-1)
		case '=', ',':
			parts, values = 0, values+1
		case '.':
			parts++
		}
		switch {
		case depth > maxNested || parts > maxNested:
			return request.Errorf("toml_nested", "line %d: values are nested more than %d deep: correct this line", line, maxNested)
		case values > maxValues:
			return request.Errorf("toml_values", "line %d: there are more than %d values: write fewer", line, maxValues)
		}
	}
	return nil
}

// lengthOfString returns the length in bytes of the string at the beginning of a TOML text, with its
// quotes. A string that is not closed ends with the text, or at the end of its line if it has only one.
func lengthOfString(text string) int {
	quote, escapes := text[:1], text[0] == '"'
	long := strings.HasPrefix(text, strings.Repeat(quote, 3))
	i := 1
	if long {
		quote, i = strings.Repeat(quote, 3), 3
	}
	for i < len(text) {
		switch {
		case strings.HasPrefix(text[i:], quote):
			i += len(quote)
			for n := 0; long && n < 2 && i < len(text) && text[i] == quote[0]; n++ {
				i++ // the string ends with quotes of its own
			}
			return i
		case text[i] == '\n' && !long:
			return i
		case text[i] == '\\' && escapes:
			i++
		}
		i++
	}
	return len(text)
}

// DecodeTOML decodes a TOML text into the variable that into points to. It returns the error of
// [CheckTOML] for a text that this refuses.
func DecodeTOML(text string, into any) (toml.MetaData, error) {
	if err := CheckTOML(text); err != nil {
		return toml.MetaData{}, err
	}
	return toml.Decode(text, into)
}
