package policy

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/core/gateway"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/team"
)

// version is the version of the form of policy.toml that this program reads.
const version = 1

// logLevels are the levels of the log by their names in a policy.
var logLevels = map[string]slog.Level{"error": slog.LevelError, "warn": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug}

// Parse reads the text of a policy. It returns all mistakes that it finds, in the order of their lines; if there are any, the policy is the
// zero value.
func Parse(text string, kinds []gateway.Kind) (Policy, []Mistake) {
	var top map[string]any
	meta, err := gateway.DecodeTOML(text, &top)
	if err != nil {
		return Policy{}, []Mistake{notationMistake(err)}
	}
	r := reader{text: text, kinds: kinds}
	for key, value := range top {
		r.readTop(key, value)
	}
	if _, found := top["version"]; !found {
		r.mistake(policyNoVersion(), "version")
	}
	r.readGateways(top["gateways"], gatewayNames(meta))
	r.checkDefaultGateway()
	r.checkExceptions()
	if len(r.mistakes) > 0 {
		slices.SortFunc(r.mistakes, func(a, b Mistake) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key)) })
		return Policy{}, r.mistakes
	}
	return r.policy, nil
}

// notationMistake returns the mistake of a text that cannot be read as TOML.
func notationMistake(err error) Mistake {
	unreadable := request.Sentencef("toml_unreadable", "this is not valid TOML")
	if syntax, ok := errors.AsType[toml.ParseError](err); ok {
		return Mistake{Line: max(1, syntax.Position.Line), Problem: unreadable.WithText(syntax.Message)}
	}
	return Mistake{Line: 1, Problem: request.SentenceOf(err)}
}

// gatewayNames returns the names of the gateways in the order of the file.
func gatewayNames(meta toml.MetaData) []string {
	var names []string
	for _, key := range meta.Keys() {
		if len(key) >= 2 && key[0] == "gateways" && !slices.Contains(names, key[1]) {
			names = append(names, key[1])
		}
	}
	return names
}

// reader is the state of one call of [Parse].
type reader struct {
	text     string
	kinds    []gateway.Kind
	policy   Policy
	mistakes []Mistake
}

// mistake notes what is wrong with the value of a key, unless something is noted already. The path has the names of its tables before the key.
func (r *reader) mistake(problem request.Sentence, path ...string) {
	key := strings.Join(path, ".")
	if !slices.ContainsFunc(r.mistakes, func(m Mistake) bool { return m.Key == key }) {
		r.mistakes = append(r.mistakes, Mistake{lineOf(r.text, path), key, problem})
	}
}

func policyNoVersion() request.Sentence {
	return request.Sentencef("policy_no_version", "the policy does not say which form it has: write %s at its top", "version = 1")
}

func (r *reader) readTop(key string, value any) {
	switch key {
	case "version":
		if number, ok := value.(int64); !ok || number < 1 {
			r.mistake(policyNoVersion(), key)
		} else if number > version {
			r.mistake(request.Sentencef("policy_newer", "the policy has the form %d, and this program knows forms up to %d: install a newer version of this program", number, version), key)
		}
	case "practice":
		on := readAs[bool](r, value, request.Sentencef("policy_not_bool", "write true or false, without quotation marks"), key)
		r.policy.Gateways.NoPractice = !on
	case "default_gateway":
		r.policy.Gateways.Default = readAs[string](r, value, errNotText, key)
	case "log_level":
		name := readAs[string](r, value, errNotText, key)
		level, known := logLevels[name]
		if !known {
			r.mistake(request.Sentencef("policy_log_level", "there is no such level: use %s", "error, warn, info, debug"), key)
		}
		r.policy.LogLevel = level
	case "start_at_login":
		r.policy.AtLogin = new(bool)
		*r.policy.AtLogin = readAs[bool](r, value, request.Sentencef("policy_not_bool", "write true or false, without quotation marks"), key)
	case "proxy":
		r.policy.Proxy.Chosen, r.policy.Proxy.Proxy = r.readProxy(value)
	case "no_proxy":
		r.readExceptions(value)
	case "fixed":
		r.readSettings(&r.policy.Settings.Fixed, value, key)
	case "defaults":
		r.readSettings(&r.policy.Settings.Defaults, value, key)
	case "office":
		r.readOffice(value)
	case "gateways": // readGateways reads it in the order of the file
	default:
		r.mistake(errKeyUnknown, key)
	}
}

var (
	errKeyUnknown = request.Sentencef("policy_key_unknown", "a policy has no such key: remove it, or correct its name")
	errNotText    = request.Sentencef("policy_not_text", "write a text in quotation marks")
	errNotTable   = request.Sentencef("policy_not_table", "this has to be a table: write it as a heading in brackets, with one value on each line below it")
)

// readAs returns a value of the type that it has to be of. If it is not, readAs notes the mistake and returns the zero value.
func readAs[T any](r *reader, value any, problem request.Sentence, path ...string) T {
	typed, ok := value.(T)
	if !ok {
		r.mistake(problem, path...)
	}
	return typed
}

func (r *reader) readSettings(chosen *settings.Chosen, value any, table string) {
	for key, value := range readAs[map[string]any](r, value, errNotTable, table) {
		if err := chosen.Choose(key, value); err != nil {
			_, problem := settings.KeyOf(err)
			r.mistake(problem, table, key)
		}
	}
}

func (r *reader) readOffice(value any) {
	table := readAs[map[string]any](r, value, errNotTable, "office")
	for key, value := range table {
		if key != "dsn" {
			r.mistake(errKeyUnknown, "office", key)
			continue
		}
		dsn := readAs[string](r, value, errNotText, "office", key)
		if err := team.CheckNoPassword(dsn); err != nil {
			r.mistake(request.SentenceOf(err), "office", key)
		} else if gateway.OneLine(dsn) != dsn {
			r.mistake(request.Sentencef("not_one_line", "use one short line"), "office", key)
		}
		r.policy.Office = dsn
	}
}

func (r *reader) readGateways(value any, names []string) {
	if value == nil {
		return
	}
	all := readAs[map[string]any](r, value, errNotTable, "gateways")
	for _, name := range names {
		table, ok := all[name].(map[string]any)
		if !ok {
			r.mistake(errNotTable, "gateways", name)
			continue
		}
		table = maps.Clone(table)
		locked := false
		if value, found := table["locked"]; found {
			locked = readAs[bool](r, value, request.Sentencef("policy_not_bool", "write true or false, without quotation marks"), "gateways", name, "locked")
			delete(table, "locked")
		}
		p, err := gateway.ParseGiven(name, table, r.kinds)
		r.gatewayMistakes(name, err)
		if err != nil {
			continue
		}
		r.policy.Gateways.Profiles = append(r.policy.Gateways.Profiles, p)
		if locked {
			if r.policy.Gateways.Locked == nil {
				r.policy.Gateways.Locked = map[string]bool{}
			}
			r.policy.Gateways.Locked[name] = true
		}
	}
}

// gatewayMistakes notes the mistakes that an error of [gateway.ParseGiven] joins.
func (r *reader) gatewayMistakes(name string, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			r.gatewayMistakes(name, one)
		}
		return
	}
	wrong, ok := errors.AsType[*gateway.SettingError](err)
	switch {
	case !ok:
		r.mistake(request.SentenceOf(err), "gateways", name)
	case wrong.Key == gateway.NameKey:
		r.mistake(request.SentenceOf(wrong.Problem), "gateways", name)
	default:
		r.mistake(request.SentenceOf(wrong.Problem), append([]string{"gateways", name}, strings.Split(wrong.Key, ".")...)...)
	}
}

func (r *reader) checkDefaultGateway() {
	named := r.policy.Gateways.Default
	if named == "" || slices.ContainsFunc(r.policy.Gateways.Profiles, func(p gateway.Profile) bool { return p.Name == named }) {
		return
	}
	if len(r.mistakes) == 0 { // otherwise the gateway may be one with a mistake
		r.mistake(request.Sentencef("policy_default_unknown", "there is no gateway %q in this policy: name one of its own", named), "default_gateway")
	}
}

// lineOf returns the number of the line on which a key is set. If it finds none, it returns the line of the innermost table around the key
// that has a heading, and 1 if there is none.
func lineOf(text string, path []string) int {
	best, depth := 1, 0
	table := []string{} // in which the line is
	number := 0
	for raw := range strings.Lines(text) {
		number++
		line := strings.TrimSpace(raw)
		if strings.HasPrefix(line, "[") {
			if name, _, closed := strings.Cut(strings.Trim(line, "["), "]"); closed && !strings.Contains(name, "=") {
				table = parts(name)
				if len(table) > depth && len(table) <= len(path) && slices.Equal(table, path[:len(table)]) {
					best, depth = number, len(table)
				}
			}
			continue
		}
		key, _, found := strings.Cut(line, "=")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		full := append(slices.Clone(table), parts(key)...)
		if len(full) > depth && len(full) <= len(path) && slices.Equal(full, path[:len(full)]) {
			best, depth = number, len(full)
		}
	}
	return best
}

// parts returns the names in a dotted key, without quotation marks.
func parts(key string) []string {
	all := strings.Split(key, ".")
	for i, part := range all {
		all[i] = strings.Trim(strings.TrimSpace(part), `"'`)
	}
	return all
}
