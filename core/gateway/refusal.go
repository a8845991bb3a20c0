package gateway

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"countersign/core/request"
)

// Refusal returns the [*Error] for an answer whose HTTP status is not the expected one, as
// [Caller.UnexpectedStatus] does. If the gateway refused the call, and its answer contains the name of a
// member that one of the fields sets, the advice is to check that setting; see [Field.Members].
func (c Caller) Refusal(resp *http.Response, body []byte, doing request.Sentence, fields []Field) *Error {
	e := c.UnexpectedStatus(resp, body, doing)
	e.AdviseSettings(resp, body, fields)
	return e
}

// AdviseSettings sets the advice of e, the error for an answer, to check the settings that the answer is
// about; see [Field.Members]. It does nothing if the answer is no refusal, if e has advice already, or
// if the answer names nothing that one of the fields sets.
func (e *Error) AdviseSettings(resp *http.Response, body []byte, fields []Field) {
	if e.Fault != Refused || e.Advice.Text != "" {
		return
	}
	named := namedFields(answerTexts(resp, body), fields)
	if len(named) == 0 || len(named) > maxNamed {
		return
	}
	e.Advice = AdviceOn(named...)
}

// AdviceOn returns the advice to check the settings that the fields declare. There must be at least one.
func AdviceOn(fields ...Field) request.Sentence {
	all := fields[0].Sentence()
	for _, f := range fields[1:] {
		all = request.Sentencef("setting_and", "%s and %s", all, f.Sentence())
	}
	return request.Sentencef("advice_setting", "check the setting %s", all)
}

// maxNamed is the largest number of settings that an error names. An answer that names more is about no
// setting in particular.
const maxNamed = 3

// Sentence returns the field's label and its key, as a person finds it in the form and in gateways.toml.
func (f Field) Sentence() request.Sentence {
	return request.Sentence{Text: f.Label + " (" + f.Key + ")", Cause: request.Cause{Code: request.CodeSetting, Args: []request.Arg{{Text: f.Key}}}}
}

// answerTexts returns the texts of an answer in which a gateway may say what it refuses: what a JSON body
// says, or else the answer's message.
func answerTexts(resp *http.Response, body []byte) []string {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return []string{RedactedMessage(resp, body)}
	}
	return saidTexts(value, false)
}

// namedFields returns the fields with a member that one of the texts names, in the order of fields.
func namedFields(texts []string, fields []Field) []Field {
	found := map[string]bool{}
	for _, text := range texts {
		for _, m := range mentions(text) {
			for _, key := range m.fields(fields) {
				found[key] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return !found[f.Key] })
}

// mention is what looks like the path of a member in a text.
type mention struct {
	names  []string // from the outside to the inside; in lower case, with underscores
	quoted bool     // it stands between quotes, is the whole text, or is a JSONPath
}

// fields returns the keys of the fields that the mention is about. If it goes on to what is below a
// member, the innermost member counts. A quoted name that could be an ordinary word counts if only one
// field has a member with that name.
func (m mention) fields(fields []Field) []string {
	var sure, quoted []string
	innermost := 0
	for _, f := range fields {
		depth := 0
		for _, member := range f.members() {
			path := strings.Split(member, ".")
			depth = max(depth, m.depth(path))
			if name := path[len(path)-1]; m.quoted && len(m.names) == 1 && m.names[0] == name && len(name) >= minQuoted {
				quoted = append(quoted, f.Key)
			}
		}
		if depth > innermost {
			innermost, sure = depth, nil
		}
		if depth > 0 && depth == innermost {
			sure = append(sure, f.Key)
		}
	}
	if quoted = slices.Compact(quoted); sure == nil && len(quoted) == 1 {
		return quoted
	}
	return sure
}

// minQuoted is the length of the shortest quoted name that counts.
const minQuoted = 3

// depth returns how many names of the mention lead to the member with a path, or 0 if it is not certain
// that the mention is about this member. It is certain if they share the last two names of the path, or
// the last one where that is no ordinary word. The mention may begin outside of the path or within it,
// and may go on to what is below the member.
func (m mention) depth(path []string) int {
	for end := len(m.names); end > 0; end-- {
		shared := 0
		for shared < min(end, len(path)) && m.names[end-1-shared] == path[len(path)-1-shared] {
			shared++
		}
		if shared >= 2 || shared == 1 && strings.ContainsAny(path[len(path)-1], "_-") {
			return end
		}
	}
	return 0
}

// members returns the paths of the members that the field sets.
func (f Field) members() []string {
	if name, ok := f.Value.(*string); ok && f.NamesMember && *name != "" {
		return append(slices.Clone(f.Members), snakeCase(*name))
	}
	return f.Members
}

// mentionForm matches a name, or a path of names with periods or slashes between them, and indexes
// within. JSON Pointers (RFC 6901) begin with a slash, and JSONPath (RFC 9535) with a dollar sign.
var mentionForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?:/|\$\.)?[A-Za-z_][A-Za-z0-9_-]*(?:(?:\[[0-9]*\])?[./][A-Za-z_][A-Za-z0-9_-]*)*`)
})

var indexForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[0-9]*\]`) })

const quotes = "\"'`“”‘’«»‹›"

// mentions returns what looks like a path of a member in a text.
func mentions(text string) []mention {
	var all []mention
	for _, at := range mentionForm().FindAllStringIndex(text, -1) {
		before, after := text[:at[0]], text[at[1]:]
		m := mention{quoted: text[at[0]] == '$' || before == "" && after == "" || strings.ContainsAny(last(before), quotes) && strings.ContainsAny(first(after), quotes)}
		path := indexForm().ReplaceAllString(text[at[0]:at[1]], "")
		for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("$./", r) }) {
			m.names = append(m.names, snakeCase(name))
		}
		all = append(all, m)
	}
	return all
}

func first(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

func last(text string) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-1):])
}

// snakeCase returns a name like processType as process_type.
func snakeCase(name string) string {
	var b strings.Builder
	for i, r := range name {
		if 'A' <= r && r <= 'Z' {
			if i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

var (
	hiddenHTML = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>|<!--.*?-->`)
	})
	tagHTML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<[^>]*>`) })
)

// pageText returns the text of an HTML page, without its head.
func pageText(body []byte) string {
	body = tagHTML().ReplaceAll(hiddenHTML().ReplaceAll(body, []byte(" ")), []byte(" "))
	return Sanitize(html.UnescapeString(string(bytes.TrimSpace(body))))
}
