package gateway

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"countersign/core/request"
)

// EmptyConfig is the text of a gateways.toml without gateways: the line with its version.
var EmptyConfig = fmt.Sprintf("version = %d\n", configVersion)

// KeptUnset is a profile in which [UpgradeConfig] wrote [None] for settings that have a default now.
type KeptUnset struct {
	Gateway string
	Keys    []string // of the settings
}

// UpgradeConfig returns the text of a gateways.toml of version 1 as one of the present version, in which
// every profile means what it meant before: a setting that was not set, and got its default later, is
// [None]. It also returns the profiles in which it wrote None. Profiles whose kind is not in kinds stay
// as they are, as does the rest of the text with its comments. A text of the present version is returned
// unchanged. The error is not nil if text is invalid, or if a profile is written in a way that cannot be
// changed line by line.
func UpgradeConfig(text string, kinds []Kind) (string, []KeptUnset, error) {
	before, err := ParseProfiles(text)
	if err != nil || before.Version == configVersion {
		return text, nil, err
	}
	var all []KeptUnset
	for _, p := range before.List {
		i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == p.Kind })
		if i < 0 {
			continue
		}
		kept := KeptUnset{Gateway: p.Name}
		p.Settings = cloneTable(p.Settings)
		for _, f := range kinds[i].Fields {
			if f.DefaultIsNew && lookUp(p.Settings, f.Key) == nil {
				setIn(p.Settings, f.Key, None)
				kept.Keys = append(kept.Keys, f.Key)
			}
		}
		if kept.Keys == nil {
			continue
		}
		if text, err = EditProfile(text, p); err != nil {
			return "", nil, err
		}
		all = append(all, kept)
	}
	upgraded := putVersion(text)
	want, _ := ParseProfiles(text)
	want.Version = configVersion
	if after, err := ParseProfiles(upgraded); err != nil || !reflect.DeepEqual(after, want) {
		return "", nil, request.Errorf("gateways_version", "the file's version cannot be changed here: write %q at the top of the file", strings.TrimSpace(EmptyConfig))
	}
	return upgraded, all, nil
}

// putVersion returns the text with the line of the version before its first line that is neither empty
// nor a comment. If that is the heading of a table, the version comes before the comments right above
// the heading.
func putVersion(text string) string {
	lines := slices.Collect(strings.Lines(text))
	first := slices.IndexFunc(lines, func(line string) bool {
		trimmed := strings.TrimSpace(line)
		return trimmed != "" && !strings.HasPrefix(trimmed, "#")
	})
	if first < 0 {
		first = len(lines)
	}
	// Comments right above a table belong to it.
	for first > 0 && first < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[first]), "[") && strings.HasPrefix(strings.TrimSpace(lines[first-1]), "#") {
		first--
	}
	written := EmptyConfig
	if first < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[first]), "[") || first < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[first]), "#") {
		written += "\n"
	}
	if first > 0 && !strings.HasSuffix(lines[first-1], "\n") {
		written = "\n" + written
	}
	return strings.Join(slices.Insert(lines, first, written), "")
}
