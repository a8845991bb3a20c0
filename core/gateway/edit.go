package gateway

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Edit puts a profile in the place of the one of the same name and leaves the rest of the
// text, with the comments people made in it, as it is.
func Edit(text string, p Profile) (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	before, err := Parse(text)
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
	written, err := Parse(body)
	if err != nil {
		return "", err
	}
	if p = written.List[0]; reflect.DeepEqual(p, current) {
		return text, nil
	}
	want := before
	want.List = slices.Clone(before.List)
	want.List[slices.IndexFunc(want.List, func(q Profile) bool { return q.Name == p.Name })] = p
	// The fewest lines first. Text is edited by lines, which some ways of writing defeat: each
	// result is read again.
	for _, result := range []string{editLines(text, p.Name, tableOf(text, p.Name), tableOf(body, p.Name)), replaceTable(text, p.Name, body)} {
		if after, err := Parse(result); err == nil && reflect.DeepEqual(after, want) {
			return result, nil
		}
	}
	return "", fmt.Errorf("gateway %s is written in a way that cannot be changed from here: edit gateways.toml", p.Name)
}

// tableOf gives a gateway's table as it is in a text that can be read.
func tableOf(text, name string) map[string]any {
	var f file
	if _, err := toml.Decode(text, &f); err != nil {
		return nil
	}
	return f.Gateways[name]
}

// editLines changes the lines of the settings that differ, drops those that are no longer set
// and puts new ones behind the last.
func editLines(text, name string, before, after map[string]any) string {
	var lines []string
	last, inside := -1, false // last: where the table's last setting, or its heading, is
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
			now, stays := after[key]
			if !stays {
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

// settingLine writes one setting; nothing that could be read where it cannot be a line.
func settingLine(key string, value any, comment string) string {
	var text strings.Builder
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	if err := encoder.Encode(map[string]any{key: value}); err != nil {
		return "\x00" // is no TOML
	}
	line := strings.TrimRight(text.String(), "\n")
	if comment != "" {
		line += " " + comment
	}
	return line + "\n"
}

// commentOf gives the comment behind a setting. A # may be part of its text, too.
func commentOf(line string) string {
	var whole map[string]any
	if _, err := toml.Decode(line, &whole); err != nil {
		return ""
	}
	for i, r := range line {
		if r != '#' {
			continue
		}
		var part map[string]any
		if _, err := toml.Decode(line[:i], &part); err == nil && reflect.DeepEqual(part, whole) {
			return line[i:]
		}
	}
	return ""
}

// replaceTable puts a table in the place of a gateway's, with those below it. Comments on
// lines of their own go behind it; those right above the next table are about that one.
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

// SetDefault makes a gateway the one of requests that name none.
func SetDefault(text, name string) (string, error) {
	before, err := Parse(text)
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
	if after, err := Parse(result); err != nil || !reflect.DeepEqual(after, want) {
		return "", fmt.Errorf("the default is written in a way that cannot be changed from here: edit gateways.toml")
	}
	return result, nil
}
