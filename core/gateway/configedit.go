package gateway

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/request"
)

// AddProfile returns the text of gateways.toml with a profile appended. The rest of the text stays
// as it is, with its comments. It fails if text or p is invalid, or if text has a gateway with the
// name of p.
func AddProfile(text string, p Profile) (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	profiles, err := ParseProfiles(text)
	if err != nil {
		return "", err
	}
	if _, err := profiles.Get(p.Name); err == nil {
		return "", request.Errorf("gateway_taken", "gateway %s already exists: remove it first, or choose another name", p.Name)
	}
	body, err := encodeProfile(p)
	if err != nil {
		return "", err
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += "\n" + body
	if _, err := ParseProfiles(text); err != nil {
		return "", err
	}
	return text, nil
}

// tableFor returns a profile as its table in gateways.toml.
func tableFor(p Profile) map[string]any {
	table := map[string]any{"kind": p.Kind}
	for key, value := range p.Settings {
		table[key] = value
	}
	for key, value := range map[string]string{"title": p.Title, "url": p.URL, "ca_file": p.CAFile, "client_cert": p.ClientCert, "client_key": p.ClientKey} {
		if value != "" {
			table[key] = value
		}
	}
	if p.CallbackPort != 0 {
		table["callback_port"] = p.CallbackPort
	}
	if p.Timeout != 0 && p.Timeout != DefaultTimeout {
		table["timeout"] = p.Timeout.String()
	}
	if p.Patience != 0 {
		table["patience"] = p.Patience.String()
	}
	if p.Encrypted {
		table["encrypted"] = true
	}
	if p.Practice {
		table["practice"] = true
	}
	return table
}

// encodeProfile returns a profile as the lines of its table and of the tables in it.
func encodeProfile(p Profile) (string, error) {
	var body strings.Builder
	encoder := toml.NewEncoder(&body)
	encoder.Indent = ""
	if err := encoder.Encode(map[string]any{"gateways": map[string]any{p.Name: tableFor(p)}}); err != nil {
		return "", request.Errorf("gateway_write", "write gateway %s: %w", p.Name, err)
	}
	// The heading stands in the file only once.
	return strings.TrimPrefix(body.String(), "[gateways]\n"), nil
}

// RemoveProfile returns the text of gateways.toml without a gateway. If that was the default, the
// first of the others becomes the default. It fails if there is no such gateway, or if its table is
// written in a way that cannot be removed line by line.
func RemoveProfile(text, name string) (string, error) {
	before, err := ParseProfiles(text)
	if err != nil {
		return "", err
	}
	if _, err := before.Get(name); err != nil {
		return "", err
	}
	left := slices.DeleteFunc(slices.Clone(before.List), func(p Profile) bool { return p.Name == name })
	result := removeTable(text, name)
	if before.Default == name {
		result = replaceDefault(result, left)
	}
	// Lines are removed by their looks, so make sure that the result means what it should.
	after, err := ParseProfiles(result)
	if err != nil || !slices.EqualFunc(after.List, left, func(a, b Profile) bool { return reflect.DeepEqual(a, b) }) {
		return "", request.Errorf("gateway_unremovable", "gateway %s is written in a way that cannot be removed from here: edit gateways.toml", name)
	}
	return result, nil
}

// removeTable returns the text without the lines of a gateway's table and of the tables in it.
// Comments right above the next table belong to that one and stay.
func removeTable(text, name string) string {
	var kept, held []string
	inside := false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if h, ok := heading(trimmed); ok {
			if inside = h == name || strings.HasPrefix(h, name+"."); !inside {
				kept = append(kept, held...)
			}
			held = nil
		}
		switch {
		case !inside:
			kept = append(kept, line)
		case strings.HasPrefix(trimmed, "#"):
			held = append(held, line)
		default:
			held = nil
		}
	}
	return strings.Join(kept, "")
}

// replaceDefault returns the text with the first of the profiles in left as the default, or
// without a default if left is empty.
func replaceDefault(text string, left []Profile) string {
	var lines []string
	inTable := false
	for line := range strings.Lines(text) {
		_, begins := heading(strings.TrimSpace(line))
		inTable = inTable || begins
		if key, _, found := strings.Cut(line, "="); found && !inTable && strings.TrimSpace(key) == "default" {
			if len(left) == 0 {
				continue
			}
			line = fmt.Sprintf("default = %q\n", left[0].Name)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

// EditProfile returns the text of gateways.toml with the profile of the same name replaced by p. The
// rest of the text stays as it is, with its comments. It fails if p is invalid, if there is no such
// profile, or if its table is written in a way that cannot be changed line by line.
func EditProfile(text string, p Profile) (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	before, err := ParseProfiles(text)
	if err != nil {
		return "", err
	}
	current, err := before.Get(p.Name)
	if err != nil {
		return "", err
	}
	body, err := encodeProfile(p)
	if err != nil {
		return "", err
	}
	written, err := ParseProfiles(body)
	if err != nil {
		return "", err
	}
	if p = written.List[0]; reflect.DeepEqual(p, current) {
		return text, nil
	}
	want := before
	want.List = slices.Clone(before.List)
	want.List[slices.IndexFunc(want.List, func(q Profile) bool { return q.Name == p.Name })] = p
	// Try to change few lines first. Lines are edited by their looks, so make sure that the
	// result means what it should.
	for _, result := range []string{editLines(text, p.Name, tableOf(text, p.Name), tableOf(body, p.Name)), replaceTable(text, p.Name, body)} {
		if after, err := ParseProfiles(result); err == nil && reflect.DeepEqual(after, want) {
			return result, nil
		}
	}
	return "", request.Errorf("gateway_unchangeable", "gateway %s is written in a way that cannot be changed from here: edit gateways.toml", p.Name)
}

// tableOf returns a gateway's table in a text of gateways.toml. It returns nil if there is none or
// if the text cannot be read.
func tableOf(text, name string) map[string]any {
	var f configFile
	if _, err := DecodeTOML(text, &f); err != nil {
		return nil
	}
	return f.Gateways[name]
}

// editLines returns the text with the lines of one gateway's table changed. before has the settings
// of the table as it is, and after those that it is to have: settings that differ are rewritten,
// settings that are only in before are removed, and settings that are only in after are appended. It
// returns "" if it finds no such table.
func editLines(text, name string, before, after map[string]any) string {
	var lines []string
	last, inside := -1, false // last is the index of the table's last setting, or of its heading
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		h, begins := heading(trimmed)
		if begins {
			inside = h == name
		}
		key, _, setting := strings.Cut(trimmed, "=")
		key = strings.TrimSpace(key)
		was, known := before[key]
		if inside && !begins && setting && known && !strings.HasPrefix(trimmed, "#") {
			now, kept := after[key]
			if !kept {
				continue
			}
			if !reflect.DeepEqual(was, now) {
				line = settingLine(key, now, commentOf(trimmed))
			}
		}
		lines = append(lines, line)
		if inside && (begins || setting && known && !strings.HasPrefix(trimmed, "#")) {
			last = len(lines) - 1
		}
	}
	if last < 0 {
		return ""
	}
	if !strings.HasSuffix(lines[last], "\n") {
		lines[last] += "\n"
	}
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(after))) {
		if _, known := before[key]; !known {
			lines = slices.Insert(lines, last+1, settingLine(key, after[key], ""))
		}
	}
	return strings.Join(lines, "")
}

// settingLine returns the line that sets a setting. The line ends with comment, which may be empty.
// If the value cannot be written in one line, the result is not valid TOML, which callers notice
// when they parse it.
func settingLine(key string, value any, comment string) string {
	var text strings.Builder
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	if err := encoder.Encode(map[string]any{key: value}); err != nil {
		return "\x00"
	}
	line := strings.TrimRight(text.String(), "\n")
	if comment != "" {
		line += " " + comment
	}
	return line + "\n"
}

// commentOf returns the comment at the end of a line that sets a setting, or "" if there is none. A
// # may also be part of the setting's value, so each # in the line is tried. In a line of more than
// maxLine bytes none is tried.
func commentOf(line string) string {
	const maxLine = 2000
	var whole map[string]any
	if len(line) > maxLine {
		return ""
	}
	if _, err := DecodeTOML(line, &whole); err != nil {
		return ""
	}
	for i, r := range line {
		if r != '#' {
			continue
		}
		var part map[string]any
		if _, err := DecodeTOML(line[:i], &part); err == nil && reflect.DeepEqual(part, whole) {
			return line[i:]
		}
	}
	return ""
}

// replaceTable returns the text with body in place of a gateway's table and of the tables in it.
// Comments on lines of their own are moved behind body; those right above the next table belong to
// that one and stay. It returns "" if it finds no such table.
func replaceTable(text, name, body string) string {
	var kept, comments, held []string
	at, inside := -1, false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if h, begins := heading(trimmed); begins {
			if inside = h == name || strings.HasPrefix(h, name+"."); !inside {
				kept = append(kept, held...)
			} else {
				comments = append(comments, held...)
			}
			held = nil
			if inside && at < 0 {
				at = len(kept)
			}
		}
		switch {
		case !inside:
			kept = append(kept, line)
		case strings.HasPrefix(trimmed, "#"):
			held = append(held, line)
		default:
			comments, held = append(comments, held...), nil
		}
	}
	if at < 0 {
		return ""
	}
	comments = append(comments, held...)
	behind := strings.Join(kept[at:], "")
	if behind != "" {
		behind = "\n" + behind
	}
	return strings.Join(kept[:at], "") + body + strings.Join(comments, "") + behind
}

// SetDefault returns the text of gateways.toml in which the gateway of the given name is the
// default. It fails if there is no such gateway, or if the default is written in a way that cannot
// be changed line by line.
func SetDefault(text, name string) (string, error) {
	before, err := ParseProfiles(text)
	if err != nil {
		return "", err
	}
	p, err := before.Get(name)
	if err != nil {
		return "", err
	}
	result := replaceDefault(text, []Profile{p})
	if before.Default == "" {
		result = fmt.Sprintf("default = %q\n%s", name, text)
	}
	want := before
	want.Default = name
	if after, err := ParseProfiles(result); err != nil || !reflect.DeepEqual(after, want) {
		return "", request.Errorf("default_unchangeable", "the default is written in a way that cannot be changed from here: edit gateways.toml")
	}
	return result, nil
}
