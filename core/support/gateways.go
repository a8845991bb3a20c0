package support

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"countersign/core/gateway"
)

// gateways are the gateways of a home, which have numbers in place of their names.
type gateways struct {
	list      []gateway.Profile
	chosen    string // the default
	kinds     map[string]gateway.Kind
	numbers   map[string]string // such as "1", by the name of a gateway
	permitted map[string]bool   // the hosts, and that of the policy's proxy
	given     gateway.Given
}

// readGateways returns the gateways of a home. With an error, there are none.
func readGateways(s Source) (gateways, error) {
	g := gateways{kinds: map[string]gateway.Kind{}, numbers: map[string]string{}, permitted: map[string]bool{}, given: s.Given}
	for _, k := range s.Kinds {
		g.kinds[k.Name] = k
	}
	if s.Proxy != "" {
		g.permitted[s.Proxy] = true
	}
	profiles, err := s.Given.Load(gateway.NewProfilesFile(s.Home.Gateways()))
	if err != nil {
		return g, err
	}
	g.list, g.chosen = profiles.List, profiles.Default
	for i, p := range g.list {
		g.numbers[p.Name] = strconv.Itoa(i + 1)
		if host := hostOf(p); host != "" {
			g.permitted[host] = true
		}
	}
	return g, nil
}

// hostOf returns the host of a gateway's address, with its port if that is in the address; "" for a practice gateway.
func hostOf(p gateway.Profile) string {
	root, err := p.Root()
	if err != nil {
		return ""
	}
	return root.Host
}

// text returns the gateways as they are set up; a setting of a kind that is not set is not in it. unread is why they could not be read; nil if they were.
func (g gateways) text(unread error) string {
	switch {
	case errors.Is(unread, fs.ErrNotExist):
		return "there is no gateways.toml\n"
	case unread != nil:
		return "gateways.toml cannot be read: " + g.errorText(unread) + "\n"
	}
	var text strings.Builder
	for i, p := range g.list {
		fmt.Fprintf(&text, "gateway %d\n", i+1)
		line := func(key, value string) { fmt.Fprintf(&text, "  %-28s %s\n", key, value) }
		kind, isKnown := g.kinds[p.Kind]
		if isKnown {
			line("kind", kind.Name)
		} else {
			line("kind", leftOut)
		}
		line("default", yesOrNo(p.Name == g.chosen))
		line("of the policy", yesOrNo(g.given.Has(p)))
		line("practice", yesOrNo(p.Practice))
		if host := hostOf(p); host != "" {
			line("host", host)
		}
		line("callback_port", strconv.Itoa(p.CallbackPort))
		line("timeout", p.Timeout.String())
		line("patience", p.Patience.String())
		line("encrypted", yesOrNo(p.Encrypted))
		line("title", setOrNot(p.Title != ""))
		line("ca_file", setOrNot(p.CAFile != ""))
		line("client_cert", setOrNot(p.ClientCert != ""))
		line("client_key", setOrNot(p.ClientKey != ""))
		for _, f := range kind.Fields {
			if value := settingOf(p.Settings, f.Key); value != nil && f.Type != gateway.SecretField {
				line(f.Key, fieldText(f, value))
			}
		}
	}
	return text.String()
}

// settingOf returns the setting with a key such as "table.key", or nil.
func settingOf(settings map[string]any, key string) any {
	if table, rest, nested := strings.Cut(key, "."); nested {
		inner, _ := settings[table].(map[string]any)
		return inner[rest]
	}
	return settings[key]
}

// fieldText returns a value that the program itself could have proposed, and of any other only that there is one.
func fieldText(f gateway.Field, value any) string {
	switch value := value.(type) {
	case bool:
		return strconv.FormatBool(value)
	case int64:
		if f.Type == gateway.NumberField {
			return strconv.FormatInt(value, 10)
		}
	case string:
		if value == f.Default || value == gateway.None || slices.Contains(f.Options, value) {
			return value
		}
	}
	return "set"
}

func setOrNot(is bool) string {
	if is {
		return "set"
	}
	return "not set"
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
