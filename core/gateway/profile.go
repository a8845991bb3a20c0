package gateway

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"countersign/core/request"
)

// Profile is a configured gateway, as gateways.toml has it.
type Profile struct {
	Name         string
	Title        string         // name that people see in place of Name; "" for Name, see [Profiles.Titles]
	Kind         string         // name of its [Kind]
	Practice     bool           // built in and run by the program itself; it has no URL in the file
	URL          string         // root of the gateway, without a slash at its end
	CAFile       string         // PEM file with trust anchors for TLS besides the system's; "" for none
	ClientCert   string         // PEM file with the certificate for a gateway that asks for one, and those that issued it; "" for none
	ClientKey    string         // PEM file with its private key; "" if that is in ClientCert
	CallbackPort int            // fixed loopback port for returns; 0 for the desk's own
	Timeout      time.Duration  // for one call; 0 for DefaultTimeout
	Patience     time.Duration  // how long a visit may last before it counts as unanswered; 0 for the desk's own
	Encrypted    bool           // it signs encrypted PDFs that open without a password
	Settings     map[string]any // the kind's own settings; see [Profile.Decode]

	// Office is set for a gateway of the office, which is not in gateways.toml; see [Shared]. CA has its certificates of issuers to trust, in
	// PEM form, in place of CAFile.
	Office bool
	CA     string
	// AsksClientCert is set for a gateway of the office that asks for a client certificate. ClientCert and ClientKey are those of this desk then.
	AsksClientCert bool
}

const (
	// DefaultTimeout is how long a gateway may take for one call unless its profile says
	// otherwise.
	DefaultTimeout = 30 * time.Second
	maxTimeout     = 10 * time.Minute // the largest [Profile.Timeout]

	maxTitle = 60 // characters of [Profile.Title]

	// MinPatience and MaxPatience are the limits of [Profile.Patience].
	MinPatience = time.Minute
	MaxPatience = 30 * 24 * time.Hour
)

var (
	errTitle    = request.Errorf("setting_title", "use one line of up to %d characters, without invisible ones", maxTitle)
	errPort     = request.Errorf("setting_port", "this port cannot be used: enter a number from 1024 to 65535")
	errTimeout  = request.Errorf("setting_timeout", "enter a time like %s, up to %s", `"30s"`, `"10m"`)
	errPatience = request.Errorf("setting_patience", "enter a time like %s, from %s to %s", `"15m"`, `"1m"`, `"720h"`)
)

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`) })

// Validate checks the settings that all kinds share. Its error is about the first that is wrong, and of
// the type [*SettingError].
func (p Profile) Validate() error {
	if faults := p.faults(); len(faults) > 0 {
		return faults[0]
	}
	return nil
}

// faults returns an error for each of the settings that all kinds share and that is wrong, all of the type
// [*SettingError].
func (p Profile) faults() []error {
	var faults []error
	if p.Name == "" {
		faults = append(faults, p.settingError(NameKey, errRequired))
	} else if !nameForm().MatchString(p.Name) {
		faults = append(faults, p.settingError(NameKey, request.Errorf("setting_name_form", "%q: use up to 63 lowercase letters, digits, - and _", p.Name)))
	}
	if !isTitle(p.Title) {
		faults = append(faults, p.settingError("title", errTitle))
	}
	if p.CallbackPort != 0 && (p.CallbackPort < 1024 || p.CallbackPort > 65535) {
		faults = append(faults, p.settingError("callback_port", errPort))
	}
	if p.Timeout < 0 || p.Timeout > maxTimeout {
		faults = append(faults, p.settingError("timeout", errTimeout))
	}
	if p.Patience != 0 && (p.Patience < MinPatience || p.Patience > MaxPatience) {
		faults = append(faults, p.settingError("patience", errPatience))
	}
	if !p.Practice {
		if _, err := p.Root(); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// isTitle reports whether a text can be the title of a profile: one short line that is seen as it is.
func isTitle(text string) bool {
	return OneLine(text) == text && utf8.RuneCountInString(text) <= maxTitle && !request.HasHidden(text)
}

// Root returns the parsed URL of the profile. Its error is of the type [*SettingError].
func (p Profile) Root() (*url.URL, error) {
	root, err := ParseRootURL(p.URL)
	if err != nil {
		return nil, p.settingError("url", err)
	}
	return root, nil
}

func (p Profile) settingError(key string, problem error) error {
	return &SettingError{Gateway: p.Name, Key: key, Problem: problem}
}

// Set changes the setting of a key. value is as [Field.Parse] returns it; nil takes the setting
// away. The error is not nil if value does not fit one of the settings that all kinds share.
// Set does not check whether the kind has such a setting: [Profile.Decode] does.
func (p *Profile) Set(key string, value any) (err error) {
	text, _ := value.(string)
	switch key {
	case "title":
		p.Title = text
	case "url":
		p.URL = strings.TrimRight(text, "/")
	case "ca_file":
		p.CAFile = text
	case "client_cert":
		p.ClientCert = text
	case "client_key":
		p.ClientKey = text
	case "callback_port":
		number, _ := value.(int64)
		p.CallbackPort = boundedPort(number)
	case "timeout":
		p.Timeout, err = parseDuration(text, DefaultTimeout, errTimeout)
	case "patience":
		p.Patience, err = parseDuration(text, 0, errPatience)
	case "encrypted":
		if p.Encrypted = false; value != nil {
			err = assign(&p.Encrypted, value, errNotBool)
		}
	default:
		setIn(p.Settings, key, value)
	}
	return err
}

// boundedPort converts n to an int. If n is no port, neither is the result.
func boundedPort(n int64) int { return int(max(-1, min(n, 1<<16))) }

// parseDuration returns the duration that text stands for, or ifEmpty if text is empty. If text
// is not a positive duration, the error is problem.
func parseDuration(text string, ifEmpty time.Duration, problem error) (time.Duration, error) {
	if text == "" {
		return ifEmpty, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, problem
	}
	return d, nil
}
