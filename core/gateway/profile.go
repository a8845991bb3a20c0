package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Profile is one gateway of the desk, as gateways.toml has it.
type Profile struct {
	Name         string
	Kind         string
	Practice     bool           // built in and run by the program itself; it has no URL in the file
	URL          string         // the root of the gateway, without a slash at its end
	CAFile       string         // PEM file with trust anchors for TLS, besides the system's
	CallbackPort int            // a fixed loopback port for returns; zero for the desk's own
	Timeout      time.Duration  // how long one call may take
	Patience     time.Duration  // how long a browser may be out before that is no answer; zero for the desk's own
	Settings     map[string]any // what the kind alone understands; see [Profile.Decode]
}

// What the patience with a browser that is out may be.
const (
	MinPatience = time.Minute
	MaxPatience = 30 * 24 * time.Hour
)

const (
	badTimeout  = `give a time like "30s", up to "10m"`
	badPatience = `give a time like "15m", from "1m" to "720h"`
)

// DefaultTimeout is how long a gateway may take for one call.
const DefaultTimeout = 30 * time.Second

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Validate tells what is wrong with the parts that all kinds share.
func (p Profile) Validate() error {
	if !nameForm.MatchString(p.Name) {
		return fmt.Errorf("gateway name %q: use up to 63 small letters, digits, - and _", p.Name)
	}
	if p.CallbackPort != 0 && (p.CallbackPort < 1024 || p.CallbackPort > 65535) {
		return &settingError{p.Name, "callback_port", "this is no port that a program may use: give one from 1024 to 65535"}
	}
	if p.Timeout < 0 || p.Timeout > 10*time.Minute {
		return &settingError{p.Name, "timeout", fmt.Sprintf("%s is out of range: use up to 10m", p.Timeout)}
	}
	if p.Patience != 0 && (p.Patience < MinPatience || p.Patience > MaxPatience) {
		return &settingError{p.Name, "patience", badPatience}
	}
	if p.Practice {
		return nil
	}
	if _, err := ParseRoot(p.URL); err != nil {
		return &settingError{p.Name, "url", err.Error()}
	}
	return nil
}

// ParseRoot reads an address credentials may be sent to: https, or http to this
// machine alone.
func ParseRoot(address string) (*url.URL, error) {
	// An address with a password in it is not repeated, however it is written.
	u, err := url.Parse(address)
	if strings.Contains(address, "@") || err == nil && (u.RawQuery != "" || u.ForceQuery || u.Fragment != "") {
		return nil, errors.New("the address of a gateway has no user, query or fragment: give one like https://sign.example.org")
	}
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, fmt.Errorf("%q is not an address: give one like https://sign.example.org", address)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !IsLoopback(u.Hostname())) {
		return nil, fmt.Errorf("%s is not encrypted: use https (http is for this machine only)", address)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// IsLoopback tells whether host is this machine by its name: localhost, 127.0.0.0/8 or ::1.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Origin is the scheme, host and port of an address, in one form.
func Origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// Decode reads the kind's own settings into target, a pointer to a struct with toml
// tags. A setting that the kind does not know is an error.
func (p Profile) Decode(target any) error {
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(p.Settings); err != nil {
		return fmt.Errorf("gateway %s: %w", p.Name, err)
	}
	meta, err := toml.Decode(text.String(), target)
	if err != nil {
		return fmt.Errorf("gateway %s: %s", p.Name, plainTOML(err))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return &settingError{p.Name, unknown[0].String(), fmt.Sprintf("the kind %s has no such setting", p.Kind)}
	}
	return nil
}

// settingError is about one setting, so that its line can be named.
type settingError struct{ gateway, key, problem string }

func (e *settingError) Error() string {
	return fmt.Sprintf("gateway %s: %s: %s", e.gateway, e.key, e.problem)
}

func plainTOML(err error) string {
	if parse, ok := errors.AsType[toml.ParseError](err); ok {
		return parse.Message
	}
	return strings.TrimPrefix(err.Error(), "toml: ")
}

// Profiles are the gateways of a desk in the order of the file.
type Profiles struct {
	Default string // the gateway of requests that name none
	List    []Profile
}

// Get finds a profile by name.
func (p Profiles) Get(name string) (Profile, error) {
	i := slices.IndexFunc(p.List, func(q Profile) bool { return q.Name == name })
	if i < 0 {
		return Profile{}, fmt.Errorf("there is no gateway %q on this desk: check its name, or add it", name)
	}
	return p.List[i], nil
}

// Initial is the file of a new home.
const Initial = `# The signature gateways of this desk. Edit this file freely: it is read again at each use.
# Secrets are never in here: countersignctl gateway secret NAME keeps them safe.

default = "sandbox"

# Two practice gateways without legal value, run by the program itself.
[gateways.sandbox]
kind = "trident"
practice = true

[gateways.sandbox-portasigma]
kind = "portasigma"
practice = true
`

// file is gateways.toml as it is written.
type file struct {
	Default  string                    `toml:"default"`
	Gateways map[string]map[string]any `toml:"gateways"`
}

// Load reads gateways.toml. A fault is told with its line.
func Load(path string) (Profiles, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profiles{}, nil
	}
	if err != nil {
		return Profiles{}, fmt.Errorf("read the gateways: %w", err)
	}
	profiles, err := Parse(string(text))
	if err != nil {
		return Profiles{}, fmt.Errorf("%s: %w", path, err)
	}
	return profiles, nil
}

// Parse reads the text of gateways.toml.
func Parse(text string) (Profiles, error) {
	var f file
	meta, err := toml.Decode(text, &f)
	if err != nil {
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			return Profiles{}, fmt.Errorf("line %d: %s: mend the file, or move it away to start with a new one", parse.Position.Line, parse.Message)
		}
		return Profiles{}, fmt.Errorf("%s: mend the file, or move it away to start with a new one", plainTOML(err))
	}
	for _, key := range meta.Undecoded() {
		if key[0] == "gateways" {
			continue // a table within a gateway's: its kind reads it
		}
		return Profiles{}, fmt.Errorf("line %d: %s is not known here: take it out, or write it below a gateway", lineOf(text, "", key.String()), key)
	}
	profiles := Profiles{Default: f.Default}
	for _, name := range names(meta) {
		p, err := parseProfile(name, f.Gateways[name])
		if err == nil {
			err = p.Validate()
		}
		if err != nil {
			setting, _ := errors.AsType[*settingError](err)
			if setting == nil {
				setting = &settingError{gateway: name}
			}
			return Profiles{}, fmt.Errorf("line %d: %w", lineOf(text, name, setting.key), err)
		}
		profiles.List = append(profiles.List, p)
	}
	if profiles.Default != "" {
		if _, err := profiles.Get(profiles.Default); err != nil {
			return Profiles{}, fmt.Errorf("line %d: default: there is no gateway %q in this file", lineOf(text, "", "default"), profiles.Default)
		}
	}
	return profiles, nil
}

// names are the gateways' names in the order of the file, however their tables are written.
func names(meta toml.MetaData) []string {
	var all []string
	for _, key := range meta.Keys() {
		if len(key) >= 2 && key[0] == "gateways" && !slices.Contains(all, key[1]) {
			all = append(all, key[1])
		}
	}
	return all
}

func parseProfile(name string, settings map[string]any) (Profile, error) {
	p := Profile{Name: name, Timeout: DefaultTimeout, Settings: map[string]any{}}
	for key, value := range settings {
		ok := true
		switch key {
		case "kind":
			p.Kind, ok = value.(string)
		case "practice":
			p.Practice, ok = value.(bool)
		case "url":
			p.URL, ok = value.(string)
			p.URL = strings.TrimRight(p.URL, "/")
		case "ca_file":
			p.CAFile, ok = value.(string)
		case "callback_port":
			var port int64
			port, ok = value.(int64)
			p.CallbackPort = boundedPort(port)
		case "timeout", "patience":
			var text string
			if text, ok = value.(string); ok {
				if text == "" {
					text = "-" // no time at all
				}
				if err := p.set(key, text); err != nil {
					return p, &settingError{name, key, err.Error()}
				}
			}
		default:
			p.Settings[key] = value
		}
		if !ok {
			return p, &settingError{name, key, "a value of this kind does not fit here"}
		}
	}
	if p.Kind == "" {
		return p, &settingError{name, "kind", "it has no kind: write one, like kind = \"trident\""}
	}
	return p, nil
}

// boundedPort keeps what is out of range so, however large it is.
func boundedPort(n int64) int { return int(max(-1, min(n, 1<<16))) }

// lineOf finds the line of a setting, or of its gateway's heading.
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
			at = line // written inline, most likely
		}
		line++
	}
	return at
}

var headingForm = regexp.MustCompile(`^\[\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*\]\s*(?:#.*)?$`)

// heading tells whether a table begins at a line and gives its name below gateways,
// without quotes; empty for tables that are somewhere else. An array that goes over
// several lines has lines that look almost the same.
func heading(line string) (name string, ok bool) {
	found := headingForm.FindStringSubmatch(line)
	if found == nil {
		return "", false
	}
	parts := strings.Split(strings.NewReplacer(`"`, "", "'", "", " ", "", "\t", "").Replace(found[1]), ".")
	if parts[0] != "gateways" {
		return "", true
	}
	return strings.Join(parts[1:], "."), true
}

// Add writes a profile behind the others and leaves the rest of the text, with the
// comments people made in it, as it is.
func Add(text string, p Profile) (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	profiles, err := Parse(text)
	if err != nil {
		return "", err
	}
	if _, err := profiles.Get(p.Name); err == nil {
		return "", fmt.Errorf("there is a gateway %s already: remove it first, or choose another name", p.Name)
	}
	body, err := encodeProfile(p)
	if err != nil {
		return "", err
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += "\n" + body
	if _, err := Parse(text); err != nil {
		return "", err
	}
	return text, nil
}

// encodeProfile writes a gateway's table and those below it.
func encodeProfile(p Profile) (string, error) {
	table := map[string]any{"kind": p.Kind}
	for key, value := range p.Settings {
		table[key] = value
	}
	for key, value := range map[string]string{"url": p.URL, "ca_file": p.CAFile} {
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
	if p.Practice {
		table["practice"] = true
	}
	var body strings.Builder
	encoder := toml.NewEncoder(&body)
	encoder.Indent = ""
	if err := encoder.Encode(map[string]any{"gateways": map[string]any{p.Name: table}}); err != nil {
		return "", fmt.Errorf("write gateway %s: %w", p.Name, err)
	}
	// A file has one table of gateways; the encoder opens another one.
	return strings.TrimPrefix(body.String(), "[gateways]\n"), nil
}

// Remove cuts a gateway's table out of the text. The gateway of the default is
// replaced there by the first that is left.
func Remove(text, name string) (string, error) {
	before, err := Parse(text)
	if err != nil {
		return "", err
	}
	if _, err := before.Get(name); err != nil {
		return "", err
	}
	left := slices.DeleteFunc(slices.Clone(before.List), func(p Profile) bool { return p.Name == name })
	result := cut(text, name)
	if before.Default == name {
		result = replaceDefault(result, left)
	}
	// Text is cut by lines, which a table written in some other way defeats: look again.
	after, err := Parse(result)
	if err != nil || !slices.EqualFunc(after.List, left, func(a, b Profile) bool { return reflect.DeepEqual(a, b) }) {
		return "", fmt.Errorf("gateway %s is written in a way that cannot be removed from here: edit gateways.toml", name)
	}
	return result, nil
}

// cut leaves out the lines of a gateway's table and of those below it. Comments right
// above the next table are about that one, and stay.
func cut(text, name string) string {
	var kept, held []string
	cutting := false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if h, ok := heading(trimmed); ok {
			if cutting = h == name || strings.HasPrefix(h, name+"."); !cutting {
				kept = append(kept, held...)
			}
			held = nil
		}
		switch {
		case !cutting:
			kept = append(kept, line)
		case strings.HasPrefix(trimmed, "#"):
			held = append(held, line)
		default:
			held = nil
		}
	}
	return strings.Join(kept, "")
}

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
