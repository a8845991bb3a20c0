package gateway

import (
	"cmp"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"countersign/core/request"
)

// Profiles are the gateways of a desk, in the order of gateways.toml.
type Profiles struct {
	Version int    // of the form of gateways.toml; 1 if the file names none
	Default string // name of the gateway for requests that name none; may be empty
	List    []Profile

	// Desk is the desk of an office whose own gateways have its name behind theirs; see [FullName]. It is empty in a home of its own.
	Desk string
	// Former are the names of gateways that the office has no more.
	Former []string
}

// atDesk stands between the name of a gateway and that of the desk.
const atDesk = "@"

// FullName returns the name by which an office knows a gateway of one of its desks, which no other desk may ask.
func FullName(name, desk string) string { return name + atDesk + desk }

// OwnName returns the name that a gateway has in gateways.toml.
func OwnName(full string) string {
	name, _, _ := strings.Cut(full, atDesk)
	return name
}

// ErrOfDesk is returned for a gateway of another desk of the office.
var ErrOfDesk = request.Errorf("gateway_other_desk", "only that desk asks it")

// Get returns the profile with a name. At a desk of an office it also finds one of the desk's own by the name that this has in gateways.toml, unless
// the office has, or had, one of that name. If there is none, Get returns an error whose text says so to the user.
func (p Profiles) Get(name string) (Profile, error) {
	find := func(name string) int { return slices.IndexFunc(p.List, func(q Profile) bool { return q.Name == name }) }
	i := find(name)
	if i < 0 && p.Desk != "" {
		if slices.Contains(p.Former, name) {
			return Profile{}, request.Errorf("gateway_former", "the office has no gateway %s any more", name)
		}
		i = find(FullName(name, p.Desk))
	}
	if own, desk, found := strings.Cut(name, atDesk); i < 0 && found && desk != p.Desk {
		return Profile{}, request.Errorf("gateway_of_desk", "gateway %s is one of the desk %s, and %w", own, desk, ErrOfDesk)
	}
	if i < 0 {
		return Profile{}, request.Errorf("gateway_unknown", "there is no gateway %q on this desk: check its name, or add it", name)
	}
	return p.List[i], nil
}

// Titles returns the names of all gateways as people see them, by the names of the profiles: the title if there is
// one. Where two would be the same, the name of the profile stands behind the title, in parentheses.
func (p Profiles) Titles() map[string]string {
	count := map[string]int{}
	for _, g := range p.List {
		count[cmp.Or(g.Title, g.Name)]++
	}
	titles := make(map[string]string, len(p.List))
	for _, g := range p.List {
		titles[g.Name] = cmp.Or(g.Title, g.Name)
		if g.Title != "" && count[g.Title] > 1 {
			titles[g.Name] = g.Title + " (" + g.Name + ")"
		}
	}
	return titles
}

// InitialConfig is the content of gateways.toml in a new home.
const InitialConfig = `# The signature gateways of this desk. Edit this file freely: it is read again at each use.
# Secrets are never in here: countersignctl gateway secret NAME keeps them safe.

version = 2 # of this file's form
default = "sandbox"

# Two practice gateways without legal value, run by the program itself.
[gateways.sandbox]
kind = "trident"
practice = true

[gateways.sandbox-portasigma]
kind = "portasigma"
practice = true
`

// maxGateways is the largest number of gateways that a desk may have. An office has a handful.
const maxGateways = 500

// configVersion is the version of gateways.toml that this program writes. Files of version 1, which do
// not name their version, are from before some settings had defaults; see [UpgradeConfig].
const configVersion = 2

// configFile is the structure of gateways.toml.
type configFile struct {
	Version  int                       `toml:"version"`
	Default  string                    `toml:"default"`
	Gateways map[string]map[string]any `toml:"gateways"`
}

// LoadProfiles reads the file gateways.toml at path. If there is no file, it returns the zero value
// and no error. Errors about the text are as in [ParseProfiles], after the path.
func LoadProfiles(path string) (Profiles, error) { return NewProfilesFile(path).Load() }

// ProfilesFile is a file gateways.toml that is read again and again, since people edit it. It is parsed when its text is another one: that takes much
// longer than reading it. Its methods may be called from any goroutine.
type ProfilesFile struct {
	path string

	mu       sync.Mutex
	text     string   // that was parsed last; empty for none
	profiles Profiles // in text
}

// NewProfilesFile returns the file at path, which need not be there.
func NewProfilesFile(path string) *ProfilesFile { return &ProfilesFile{path: path} }

// Load does what [LoadProfiles] does. The settings of the profiles that it returns are shared with those of other calls, so nobody may change them.
func (f *ProfilesFile) Load() (Profiles, error) {
	text, err := ReadConfig(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profiles{}, nil
	}
	if err != nil {
		return Profiles{}, request.Errorf("gateways_read", "read the gateways: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if text != f.text || text == "" {
		profiles, err := ParseProfiles(text)
		if err != nil {
			return Profiles{}, request.Errorf("in_file", "%s: %w", f.path, err)
		}
		f.text, f.profiles = text, profiles
	}
	profiles := f.profiles
	profiles.List = slices.Clone(profiles.List)
	return profiles, nil
}

// ParseProfiles reads the text of gateways.toml. It checks what all kinds share, but not the kinds'
// own settings. An error about one place of the text names its line; an error about a setting wraps a
// [*SettingError].
func ParseProfiles(text string) (Profiles, error) {
	if err := CheckTOML(text); err != nil {
		return Profiles{}, err
	}
	var f configFile
	meta, err := toml.Decode(text, &f)
	if err != nil {
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			return Profiles{}, request.Errorf("gateways_syntax_line", "line %d: %s: correct the file, or move it away to start with a new one", parse.Position.Line, plainTOML(err))
		}
		return Profiles{}, request.Errorf("gateways_syntax", "%s: correct the file, or move it away to start with a new one", plainTOML(err))
	}
	for _, key := range meta.Undecoded() {
		if key[0] == "gateways" {
			continue // a setting of the kind's own; see Profile.Decode
		}
		return Profiles{}, request.Errorf("gateways_key_unknown", "line %d: %s is not known here: remove it, or write it below a gateway", lineOf(text, "", key.String()), key)
	}
	if len(f.Gateways) > maxGateways {
		return Profiles{}, request.Errorf("gateways_many", "there are %d gateways, more than %d: remove some from the file", len(f.Gateways), maxGateways)
	}
	if f.Version < 0 || f.Version > configVersion {
		return Profiles{}, request.Errorf("gateways_newer", "it is of version %d: open it with a newer version of this program", f.Version)
	}
	profiles := Profiles{Version: max(f.Version, 1), Default: f.Default}
	for _, name := range gatewayNames(meta) {
		p, err := parseProfile(name, f.Gateways[name])
		if err == nil {
			err = p.Validate()
		}
		if err != nil {
			key := ""
			if setting, ok := errors.AsType[*SettingError](err); ok {
				key = setting.Key
			}
			return Profiles{}, request.Errorf("in_line", "line %d: %w", lineOf(text, name, key), err)
		}
		profiles.List = append(profiles.List, p)
	}
	if profiles.Default != "" {
		if _, err := profiles.Get(profiles.Default); err != nil {
			return Profiles{}, request.Errorf("gateways_default", "line %d: default: there is no gateway %q in this file", lineOf(text, "", "default"), profiles.Default)
		}
	}
	return profiles, nil
}

// gatewayNames returns the names of the gateways in the order of the file, in whatever
// notation their tables are written.
func gatewayNames(meta toml.MetaData) []string {
	var names []string
	for _, key := range meta.Keys() {
		if len(key) >= 2 && key[0] == "gateways" && !slices.Contains(names, key[1]) {
			names = append(names, key[1])
		}
	}
	return names
}

var errNoKind = request.Errorf("setting_no_kind", "it has no kind: write one, like %s", `kind = "trident"`)

// parseProfile returns the profile that a gateway's table in the file describes. Errors are of the
// type [*SettingError].
func parseProfile(name string, table map[string]any) (Profile, error) {
	p := Profile{Name: name, Timeout: DefaultTimeout, Settings: map[string]any{}}
	for key, value := range table {
		var err error
		switch key {
		case "kind":
			err = assign(&p.Kind, value, errNotText)
		case "title":
			err = assign(&p.Title, value, errNotText)
		case "practice":
			err = assign(&p.Practice, value, errNotBool)
		case "url":
			err = assign(&p.URL, value, errNotText)
			p.URL = strings.TrimRight(p.URL, "/")
		case "ca_file":
			err = assign(&p.CAFile, value, errNotText)
		case "client_cert":
			err = assign(&p.ClientCert, value, errNotText)
		case "client_key":
			err = assign(&p.ClientKey, value, errNotText)
		case "callback_port":
			var port int64
			err = assign(&port, value, errNotWhole)
			p.CallbackPort = boundedPort(port)
		case "timeout":
			p.Timeout, err = durationOf(value, errTimeout)
		case "patience":
			p.Patience, err = durationOf(value, errPatience)
		case "encrypted":
			err = assign(&p.Encrypted, value, errNotBool)
		default:
			p.Settings[key] = value
		}
		if err != nil {
			return p, p.settingError(key, err)
		}
	}
	if p.Kind == "" {
		return p, p.settingError("kind", errNoKind)
	}
	return p, nil
}

// durationOf returns the duration that a value in the file stands for. If the value is not a text with
// a positive duration, the error is problem.
func durationOf(value any, problem error) (time.Duration, error) {
	text, ok := value.(string)
	if !ok || text == "" {
		return 0, problem
	}
	return parseDuration(text, 0, problem)
}

// lineOf returns the number, from 1, of the line that sets key in the table of a gateway. If it finds
// none, it returns the line at which the table begins, or 1 if it does not find that either. If
// gateway is empty, it looks for key above the first table of the file.
func lineOf(text, gateway, key string) int {
	line, inside := 1, gateway == ""
	at := 1
	for raw := range strings.Lines(text) {
		trimmed := strings.TrimSpace(raw)
		if h, ok := heading(trimmed); ok {
			if inside {
				break
			}
			if h == gateway {
				inside, at = true, line
			}
		} else if name, _, found := strings.Cut(trimmed, "="); found && inside && key != "" && strings.TrimSpace(name) == key {
			return line
		} else if found && !inside && strings.TrimSpace(name) == gateway {
			at = line // probably an inline table
		}
		line++
	}
	return at
}

var headingForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\[\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*\]\s*(?:#.*)?$`)
})

// heading reports whether a line looks like the heading of a table, and returns the table's name below
// "gateways" without quotes. The name of any other table is empty. It sees one line only: inside an
// array or a text of several lines, a line may look like a heading and not be one.
func heading(line string) (name string, ok bool) {
	found := headingForm().FindStringSubmatch(line)
	if found == nil {
		return "", false
	}
	parts := strings.Split(strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "").Replace(found[1]), ".")
	if parts[0] != "gateways" {
		return "", true
	}
	return strings.Join(parts[1:], "."), true
}

// plainTOML returns a sentence about an error of the TOML library. Its English text is that of the library
// without prefix and position.
func plainTOML(err error) request.Sentence {
	text := strings.TrimPrefix(err.Error(), "toml: ")
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		text = parse.Message
	}
	return request.Sentencef("toml_unreadable", "this is not valid TOML").WithText(text)
}
