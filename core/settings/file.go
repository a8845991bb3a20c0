package settings

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/request"
)

const fileHead = `# What was chosen for this desk. You may edit this file: it is read again at each use. The window
# writes it anew when something is changed there, without comments of your own. Gateways are in gateways.toml.

`

// file is settings.toml as it is written.
type file struct {
	Patience      string            `toml:"patience"`
	OutputFolder  string            `toml:"output_folder"`
	CallbackPort  int64             `toml:"callback_port"`
	Theme         string            `toml:"theme"`
	Language      string            `toml:"language"`
	Notifications bool              `toml:"notifications"`
	Reminder      string            `toml:"reminder"`
	SilentDays    int64             `toml:"silent_days"`
	Practice      string            `toml:"practice_requests,omitempty"`
	Dense         bool              `toml:"dense,omitempty"`
	Mine          bool              `toml:"mine,omitempty"`
	Split         float64           `toml:"split,omitempty"`
	Period        string            `toml:"period,omitempty"`
	Window        Window            `toml:"window,omitempty"`
	Sort          Sort              `toml:"sort,omitempty"`
	LastNew       LastNew           `toml:"last_new,omitempty"`
	People        map[string]string `toml:"people,omitempty"`
	Columns       map[string]Column `toml:"columns,omitempty"`
	Views         []SavedView       `toml:"view,omitempty"`
	Lists         []ListColumns     `toml:"list,omitempty"`

	Positions []SignaturePosition `toml:"position,omitempty"`
}

func fileOf(s Settings) file {
	return file{
		Patience: s.Patience.String(), OutputFolder: s.OutputFolder, CallbackPort: int64(s.CallbackPort), Theme: s.Theme, Language: s.Language,
		Notifications: s.Notifications, Practice: s.Practice, Reminder: s.Reminder, SilentDays: int64(s.SilentDays), People: s.People, Window: s.Window, Dense: s.Dense, Mine: s.Mine, Split: s.Split, Period: s.Period, Sort: s.Sort, LastNew: s.LastNew, Columns: s.Columns, Views: s.Views, Lists: s.Lists, Positions: s.Positions,
	}
}

// parse reads the text of settings.toml. Its errors name the line.
func parse(text string) (Settings, error) {
	if err := gateway.CheckTOML(text); err != nil {
		return Settings{}, err
	}
	f := fileOf(Default())
	meta, err := toml.Decode(text, &f)
	if err != nil {
		unreadable := request.Sentencef("toml_unreadable", "this is not valid TOML")
		if syntax, ok := errors.AsType[toml.ParseError](err); ok {
			return Settings{}, request.Errorf("settings_syntax_line", "line %d: %s: correct the file, or move it away to start with a new one", syntax.Position.Line, unreadable.WithText(syntax.Message))
		}
		return Settings{}, request.Errorf("settings_syntax", "%s: correct the file, or move it away to start with a new one", unreadable.WithText(strings.TrimPrefix(err.Error(), "toml: ")))
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		key := unknown[0][len(unknown[0])-1]
		return Settings{}, request.Errorf("settings_key_unknown", "line %d: %s is not known here: remove it", lineOf(text, key), input.Label(unknown[0].String()))
	}
	s, err := settingsOf(f)
	if err != nil {
		if problem, ok := errors.AsType[*KeyError](err); ok {
			return Settings{}, request.Errorf("in_line", "line %d: %w", lineOf(text, problem.Key), err)
		}
		return Settings{}, err
	}
	return s, nil
}

// settingsOf returns the settings that are written in f. It fails for invalid ones.
func settingsOf(f file) (Settings, error) {
	s := Settings{
		OutputFolder: f.OutputFolder, CallbackPort: int(max(-1, min(f.CallbackPort, 1<<16))), Theme: f.Theme, Language: f.Language,
		Notifications: f.Notifications, Practice: f.Practice, Reminder: f.Reminder, SilentDays: int(max(0, min(f.SilentDays, maxSilentDays+1))), People: f.People, Window: f.Window, Dense: f.Dense, Mine: f.Mine, Split: f.Split, Period: f.Period, Sort: f.Sort, LastNew: f.LastNew, Columns: f.Columns, Views: f.Views, Lists: f.Lists, Positions: f.Positions,
	}
	var err error
	if s.Patience, err = time.ParseDuration(f.Patience); err != nil {
		s.Patience = 0 // which check refuses
	}
	return s, s.check()
}

// lineOf returns the first line on which a key stands before an equals sign or as a table's name;
// 1 when there is none.
func lineOf(text, key string) int {
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

// Load reads the settings of a home. When there is no file, it returns [Default] and no error. When
// the file cannot be read or has an invalid setting, it returns [Default] with the error.
func Load(dir home.Dir) (Settings, error) { return load(dir, Default()) }

// load does what [Load] does, and returns defaults where that returns [Default].
func load(dir home.Dir, defaults Settings) (Settings, error) {
	text, err := gateway.ReadConfig(dir.Settings())
	if errors.Is(err, fs.ErrNotExist) {
		return defaults, nil
	}
	if err != nil {
		return defaults, request.Errorf("settings_read", "read the settings: %w", err)
	}
	s, err := parse(text)
	if err != nil {
		return defaults, request.Errorf("in_file", "%s: %w", dir.Settings(), err)
	}
	return s, nil
}

// Write writes settings.toml without a lock, so no other process may use the home yet. It fails for
// invalid settings.
func Write(dir home.Dir, s Settings) error {
	text, err := format(s)
	if err != nil {
		return err
	}
	return home.WriteFile(dir.Settings(), text)
}

// format returns the text of settings.toml. It fails for settings that parse would refuse: they
// must not replace a file that can be read.
func format(s Settings) ([]byte, error) {
	var text bytes.Buffer
	text.WriteString(fileHead)
	encoder := toml.NewEncoder(&text)
	encoder.Indent = ""
	if err := encoder.Encode(fileOf(s)); err != nil {
		return nil, request.Errorf("settings_write", "write the settings: %w", err)
	}
	if _, err := parse(text.String()); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}
