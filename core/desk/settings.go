package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

// Settings are what people choose for a desk. They are kept in settings.toml of the home.
type Settings struct {
	Patience      time.Duration // how long a browser may be out before that is no answer
	OutputFolder  string        // where signed files that prove themselves are copied to, too; off when empty
	CallbackPort  int           // the fixed port for returns of gateways without one of their own; zero for one that is picked once
	Theme         string        // see Themes
	Language      string        // see Languages
	Notifications bool

	Columns map[string]Column // of the list, by their names; those that are not here are as they come
	Sort    Sort              // of the list
	Split   float64           // the width of the list beside the request; zero for the usual one
	Period  string            // that was last looked back on; the usual one when empty
	Views   []SavedView       // in the order in which they are shown
	LastNew LastNew           // what was chosen for the last new request
}

// Column is how a column of the list is shown.
type Column struct {
	Hidden bool    `toml:"hidden,omitempty"`
	Width  float64 `toml:"width,omitempty"` // zero for its usual one
}

// Sort is the order of the list.
type Sort struct {
	Column     string `toml:"column,omitempty"` // the usual order when empty
	Descending bool   `toml:"descending,omitempty"`
}

// SavedView is a search with a name.
type SavedView struct {
	Name  string            `toml:"name"`
	Query map[string]string `toml:"query,omitempty"` // its search and filters, as the window writes them
}

// LastNew is what was chosen for the last new request, to be offered for the next.
type LastNew struct {
	Gateway  string `toml:"gateway,omitempty"`
	Together bool   `toml:"together,omitempty"` // several files make one request

	SignerName    string `toml:"signer_name,omitempty"`
	SignerEmail   string `toml:"signer_email,omitempty"`
	SignerCountry string `toml:"signer_country,omitempty"`
	SignerNumber  string `toml:"signer_number,omitempty"`
}

// Signer is the person of the last new request, if one was named.
func (l LastNew) Signer() request.Signer {
	return request.Signer{Name: l.SignerName, Email: l.SignerEmail, Country: l.SignerCountry, Number: l.SignerNumber}
}

// BySystem leaves a theme or a language to the system.
const BySystem = "system"

// The themes that are not the system's.
const (
	LightTheme = "light"
	DarkTheme  = "dark"
)

// Themes and Languages are the choices there are.
func Themes() []string    { return []string{BySystem, LightTheme, DarkTheme} }
func Languages() []string { return []string{BySystem, "en", "es", "ca", "fr"} }

// DefaultSettings are those of a desk for which nobody has chosen anything.
func DefaultSettings() Settings {
	return Settings{Patience: 15 * time.Minute, Theme: BySystem, Language: BySystem, Notifications: true}
}

// Bounds of what is kept for the window.
const (
	maxSettings = 1 << 20 // bytes of the file
	maxColumns  = 50
	maxWidth    = 10_000
	maxViews    = 100
	maxFilters  = 30
	maxFilter   = 1000 // bytes of a saved search
)

const settingsHead = `# What was chosen for this desk. You may edit this file: it is read again at each use. The window
# writes it anew when something is changed there, without comments of your own. Gateways are in gateways.toml.

`

// settingsFile is settings.toml as it is written.
type settingsFile struct {
	Patience      string            `toml:"patience"`
	OutputFolder  string            `toml:"output_folder"`
	CallbackPort  int64             `toml:"callback_port"`
	Theme         string            `toml:"theme"`
	Language      string            `toml:"language"`
	Notifications bool              `toml:"notifications"`
	Split         float64           `toml:"split,omitempty"`
	Period        string            `toml:"period,omitempty"`
	Sort          Sort              `toml:"sort,omitempty"`
	LastNew       LastNew           `toml:"last_new,omitempty"`
	Columns       map[string]Column `toml:"columns,omitempty"`
	Views         []SavedView       `toml:"view,omitempty"`
}

func fileOf(s Settings) settingsFile {
	return settingsFile{
		Patience: s.Patience.String(), OutputFolder: s.OutputFolder, CallbackPort: int64(s.CallbackPort), Theme: s.Theme, Language: s.Language,
		Notifications: s.Notifications, Split: s.Split, Period: s.Period, Sort: s.Sort, LastNew: s.LastNew, Columns: s.Columns, Views: s.Views,
	}
}

// parseSettings reads the text of settings.toml. A fault is told with its line.
func parseSettings(text string) (Settings, error) {
	f := fileOf(DefaultSettings())
	meta, err := toml.Decode(text, &f)
	if err != nil {
		if parse, ok := errors.AsType[toml.ParseError](err); ok {
			return Settings{}, fmt.Errorf("line %d: %s: mend the file, or move it away to choose anew", parse.Position.Line, parse.Message)
		}
		return Settings{}, fmt.Errorf("%s: mend the file, or move it away to choose anew", strings.TrimPrefix(err.Error(), "toml: "))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		key := unknown[0][len(unknown[0])-1]
		return Settings{}, fmt.Errorf("line %d: %s is not known here: take it out", settingLine(text, key), label(unknown[0].String()))
	}
	s := Settings{
		OutputFolder: f.OutputFolder, CallbackPort: int(max(-1, min(f.CallbackPort, 1<<16))), Theme: f.Theme, Language: f.Language,
		Notifications: f.Notifications, Split: f.Split, Period: f.Period, Sort: f.Sort, LastNew: f.LastNew, Columns: f.Columns, Views: f.Views,
	}
	if s.Patience, err = time.ParseDuration(f.Patience); err != nil {
		s.Patience = 0 // no patience there is
	}
	if err := s.check(); err != nil {
		if fault, ok := errors.AsType[*settingFault](err); ok {
			return Settings{}, fmt.Errorf("line %d: %w", settingLine(text, fault.key), err)
		}
		return Settings{}, err
	}
	return s, nil
}

// settingLine finds the line of a setting: the first where its name stands before a =, or as a table.
func settingLine(text, key string) int {
	line := 0
	for raw := range strings.Lines(text) {
		line++
		name, _, _ := strings.Cut(strings.TrimSpace(raw), "=")
		if strings.Trim(strings.TrimSpace(name), `[]"'`) == key {
			return line
		}
	}
	return 1
}

// settingFault is about one setting.
type settingFault struct{ key, problem string }

func (f *settingFault) Error() string { return f.key + ": " + f.problem }

func (s Settings) check() error {
	switch {
	case s.Patience < gateway.MinPatience || s.Patience > gateway.MaxPatience:
		return &settingFault{"patience", `give a time like "15m", from "1m" to "720h"`}
	case s.OutputFolder != "" && !filepath.IsAbs(s.OutputFolder):
		return &settingFault{"output_folder", "give the whole path of the folder, from its root on"}
	case s.CallbackPort != 0 && (s.CallbackPort < 1024 || s.CallbackPort > 65535):
		return &settingFault{"callback_port", "this is no port that a program may use: give one from 1024 to 65535, or 0 to have one picked"}
	case !slices.Contains(Themes(), s.Theme):
		return &settingFault{"theme", fmt.Sprintf("%q is none: use %s", label(s.Theme), strings.Join(Themes(), ", "))}
	case !slices.Contains(Languages(), s.Language):
		return &settingFault{"language", fmt.Sprintf("%q is none: use %s", label(s.Language), strings.Join(Languages(), ", "))}
	}
	return errors.Join(s.checkList(), s.checkViews(), s.LastNew.check())
}

func (s Settings) checkList() error {
	if len(s.Columns) > maxColumns {
		return &settingFault{"columns", fmt.Sprintf("there are more than %d", maxColumns)}
	}
	for name, c := range s.Columns {
		if !isLine(name) || !(c.Width >= 0 && c.Width <= maxWidth) {
			return &settingFault{"columns", fmt.Sprintf("%q: a column has a name of one line, and a width from 0 to %d", label(name), maxWidth)}
		}
	}
	if !(s.Split >= 0 && s.Split <= maxWidth) {
		return &settingFault{"split", fmt.Sprintf("the list has a width from 0 to %d", maxWidth)}
	}
	if s.Period != "" && !isLine(s.Period) {
		return &settingFault{"period", "name one period to look back on"}
	}
	if s.Sort.Column != "" && !isLine(s.Sort.Column) {
		return &settingFault{"column", "name one column to sort by"}
	}
	return nil
}

func (s Settings) checkViews() error {
	if len(s.Views) > maxViews {
		return &settingFault{"view", fmt.Sprintf("there are more than %d saved views: take some out", maxViews)}
	}
	names := map[string]bool{}
	for _, v := range s.Views {
		switch {
		case !isLine(v.Name):
			return &settingFault{"name", fmt.Sprintf("%q: give the saved view a name of one short line", label(v.Name))}
		case names[v.Name]:
			return &settingFault{"name", fmt.Sprintf("there is a saved view %q already: choose another name", v.Name)}
		case len(v.Query) > maxFilters:
			return &settingFault{"query", fmt.Sprintf("the saved view %q has more than %d filters", v.Name, maxFilters)}
		}
		names[v.Name] = true
		for key, value := range v.Query {
			if !isLine(key) || len(value) > maxFilter {
				return &settingFault{"query", fmt.Sprintf("the saved view %q has a filter that is too long: up to %d bytes", v.Name, maxFilter)}
			}
		}
	}
	return nil
}

func (l LastNew) check() error {
	for key, text := range map[string]string{
		"gateway": l.Gateway, "signer_name": l.SignerName, "signer_email": l.SignerEmail, "signer_country": l.SignerCountry, "signer_number": l.SignerNumber,
	} {
		if text != "" && !isLine(text) {
			return &settingFault{key, "this is one short line"}
		}
	}
	return nil
}

// isLine tells whether a text can be shown as it is: one line, and not too long.
func isLine(text string) bool { return text != "" && label(text) == text }

// Settings reads what people chose for the desk. The file is read anew each time: people edit
// it. When it cannot be read, the settings are the usual ones, with the error.
func (d *Desk) Settings(context.Context) (Settings, error) { return readSettings(d.cfg.Home) }

func readSettings(dir home.Dir) (Settings, error) {
	f, err := os.Open(dir.Settings())
	if errors.Is(err, fs.ErrNotExist) {
		return DefaultSettings(), nil
	}
	if err != nil {
		return DefaultSettings(), fmt.Errorf("read the settings: %w", err)
	}
	defer f.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(io.LimitReader(f, maxSettings+1)); err != nil {
		return DefaultSettings(), fmt.Errorf("read the settings: %w", err)
	}
	if text.Len() > maxSettings {
		return DefaultSettings(), fmt.Errorf("%s has more than %d MB: move it away to choose anew", dir.Settings(), maxSettings>>20)
	}
	s, err := parseSettings(text.String())
	if err != nil {
		return DefaultSettings(), fmt.Errorf("%s: %w", dir.Settings(), err)
	}
	return s, nil
}

// ChangeSettings has change make the settings what they are to be, and keeps them; one
// process at a time. Nothing is kept when they make no sense, or when those that are there
// cannot be read.
func (d *Desk) ChangeSettings(ctx context.Context, change func(*Settings)) (Settings, error) {
	lock, err := d.cfg.Home.WaitLock(ctx, "settings")
	if err != nil {
		return Settings{}, err
	}
	after, err := d.changeSettings(change)
	if err := errors.Join(err, lock.Release()); err != nil {
		return Settings{}, err
	}
	d.settingsChanged.send()
	return after, nil
}

func (d *Desk) changeSettings(change func(*Settings)) (Settings, error) {
	before, err := readSettings(d.cfg.Home)
	if err != nil {
		return Settings{}, err
	}
	after := before
	after.Columns, after.Views = maps.Clone(before.Columns), slices.Clone(before.Views)
	change(&after)
	if err := after.check(); err != nil {
		return Settings{}, err
	}
	if after.OutputFolder != "" && after.OutputFolder != before.OutputFolder {
		if err := canWriteIn(after.OutputFolder, d.cfg.Home); err != nil {
			return Settings{}, &settingFault{"output_folder", err.Error()}
		}
	}
	var text bytes.Buffer
	text.WriteString(settingsHead)
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	if err := encoder.Encode(fileOf(after)); err != nil {
		return Settings{}, fmt.Errorf("write the settings: %w", err)
	}
	// What cannot be read again must not take the place of what can.
	if _, err := parseSettings(text.String()); err != nil {
		return Settings{}, err
	}
	if before.OutputFolder == "" && after.OutputFolder != "" {
		now := d.cfg.Now()
		d.copiesFrom.Store(&now) // before anybody can read it and act on it
	}
	return after, home.WriteFile(d.cfg.Home.Settings(), text.Bytes())
}

// settings are the ones that count: the usual ones where the file cannot be read.
func (d *Desk) settings() Settings {
	s, err := readSettings(d.cfg.Home)
	if err != nil {
		d.cfg.Log.Warn("the settings cannot be read", "error", err)
	}
	return s
}

// Patience is how long a browser may be out before that counts as no answer.
type Patience struct {
	Usual time.Duration
	Own   map[string]time.Duration // of the gateways that have one of their own, by name
}

// Of is the patience with a gateway.
func (p Patience) Of(gatewayName string) time.Duration {
	if own, ok := p.Own[gatewayName]; ok {
		return own
	}
	return p.Usual
}

// Equal tells whether all patience is the same.
func (p Patience) Equal(other Patience) bool {
	return p.Usual == other.Usual && maps.Equal(p.Own, other.Own)
}

// Unanswered narrows a query down to the requests whose browser is out for longer at a time.
func (p Patience) Unanswered(q ledger.Query, now time.Time) ledger.Query {
	q.OutSince, q.OutFor = now.Add(-p.Usual), nil
	for name, own := range p.Own {
		if q.OutFor == nil {
			q.OutFor = map[string]time.Time{}
		}
		q.OutFor[name] = now.Add(-own)
	}
	return q
}

// Patience reads how long browsers may be out. What cannot be read counts as if nobody had
// chosen anything; that is told where it is changed.
func (d *Desk) Patience(context.Context) Patience {
	p := Patience{Usual: d.settings().Patience}
	profiles, err := d.Gateways()
	if err != nil {
		d.cfg.Log.Warn("the gateways cannot be read", "error", err)
	}
	for _, g := range profiles.List {
		if g.Patience != 0 {
			if p.Own == nil {
				p.Own = map[string]time.Duration{}
			}
			p.Own[g.Name] = g.Patience
		}
	}
	return p
}
