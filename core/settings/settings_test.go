package settings

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/home"
)

// rig is the settings of a home of its own.
type rig struct {
	testing.TB
	*Store
	dir home.Dir
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &rig{TB: t, Store: NewStore(dir, gatewaysOf(dir), time.Now, slog.New(slog.DiscardHandler)), dir: dir}
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func TestSettingsAreKept(t *testing.T) {
	r := newRig(t)
	s, err := r.Settings(t.Context())
	r.must(err)
	if diff := cmp.Diff(Default(), s); diff != "" {
		t.Error(diff)
	}
	want := Settings{
		Patience: time.Hour, OutputFolder: t.TempDir(), CallbackPort: 9001, Theme: "dark", Language: "ca", Reminder: "17:30", SilentDays: 3,
		Columns: map[string]Column{"due": {Hidden: true}, "the title": {Width: 120.5}}, Sort: Sort{Column: "due", Descending: true}, Window: Window{Width: 1280, Height: 720.5}, Dense: true, Mine: true, Split: 612.5, Period: "quarter",
		Views:   []SavedView{{Name: "Mine, late", Query: map[string]string{"search": "é \"x\"\n", "status": "pending"}}, {Name: "All"}},
		LastNew: LastNew{Gateway: "one", Together: true, SignerName: "Ana", SignerCountry: "ES"},
	}
	after, err := r.ChangeSettings(t.Context(), func(s *Settings) { *s = want })
	r.must(err)
	again, err := r.Settings(t.Context())
	r.must(err)
	for _, got := range []Settings{after, again} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if info, err := os.Stat(r.dir.Settings()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
	if got := again.LastNew.Signer(); got.Name != "Ana" || got.Country != "ES" {
		t.Errorf("got %+v", got)
	}
	// A change leaves the other settings as they are.
	want.Theme = "light"
	after, err = r.ChangeSettings(t.Context(), func(s *Settings) { s.Theme = "light" })
	r.must(err)
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	r := newRig(t)
	file := filepath.Join(t.TempDir(), "file")
	r.must(os.WriteFile(file, nil, 0o600))
	for say, change := range map[string]func(*Settings){
		"patience: enter a time":                      func(s *Settings) { s.Patience = time.Second },
		"output_folder: enter the full":               func(s *Settings) { s.OutputFolder = "signed" },
		"output_folder: the folder does not exist":    func(s *Settings) { s.OutputFolder = file + "-not" },
		"because it is not UTF-8":                     func(s *Settings) { s.OutputFolder = filepath.Dir(file) + "/\xf1" },
		"output_folder: this is a file":               func(s *Settings) { s.OutputFolder = file },
		"output_folder: this is in the des":           func(s *Settings) { s.OutputFolder = r.dir.Path() },
		"callback_port: this port cannot":             func(s *Settings) { s.CallbackPort = 80 },
		`theme: there is no theme "blue": use system`: func(s *Settings) { s.Theme = "blue" },
		`language: there is no language "de"`:         func(s *Settings) { s.Language = "de" },
		"a column has a name":                         func(s *Settings) { s.Columns = map[string]Column{"a": {Width: -1}} },
		"name one column":                             func(s *Settings) { s.Sort.Column = "a\nb" },
		"name one period":                             func(s *Settings) { s.Period = "a\nb" },
		"a saved view named \"A\"":                    func(s *Settings) { s.Views = []SavedView{{Name: "A"}, {Name: "A"}} },
		"give the saved view a name":                  func(s *Settings) { s.Views = []SavedView{{Name: " "}} },
		"a filter that is too long": func(s *Settings) {
			s.Views = []SavedView{{Name: "A", Query: map[string]string{"x": strings.Repeat("y", 2000)}}}
		},
		"more than 100 saved views":  func(s *Settings) { s.Views = make([]SavedView, 101) },
		"signer_name: use one short": func(s *Settings) { s.LastNew.SignerName = "A\nB" },
	} {
		if _, err := r.ChangeSettings(t.Context(), change); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", say, err)
		}
	}
	if _, err := os.Stat(r.dir.Settings()); err == nil {
		t.Error("something was kept")
	}
}

func TestAFaultInTheSettingsIsToldWithItsLine(t *testing.T) {
	r := newRig(t)
	for text, say := range map[string]string{
		"theme = \"dark\"\ncolour = 3\n":              "line 2: colour is not known here",
		"theme = \"dark\"\n[sort]\nby = \"x\"\n":      "line 3: sort.by is not known here",
		"\npatience = \"soon\"":                       "line 2: patience: enter a time",
		"callback_port = 99999999999":                 "line 1: callback_port",
		"# ours\n\ntheme = dark":                      "line 3: ",
		"theme = 3":                                   "correct the file",
		"[[view]]\nname = \"A\"\n[[view]]\nname=\"\"": "line 2: name: ",
	} {
		r.must(os.WriteFile(r.dir.Settings(), []byte(text), 0o600))
		s, err := r.Settings(t.Context())
		if err == nil || !strings.Contains(err.Error(), say) || !strings.Contains(err.Error(), r.dir.Settings()) {
			t.Errorf("%q: got %v", text, err)
		}
		if diff := cmp.Diff(Default(), s); diff != "" {
			t.Error(diff)
		}
		// What people wrote is not overwritten.
		if _, err := r.ChangeSettings(t.Context(), func(s *Settings) { s.Theme = "light" }); err == nil {
			t.Errorf("%q: it was changed", text)
		}
		if kept, err := os.ReadFile(r.dir.Settings()); err != nil || string(kept) != text {
			t.Errorf("got %q, %v", kept, err)
		}
	}
	r.must(os.WriteFile(r.dir.Settings(), []byte("columns = "+strings.Repeat("{a=", 300_000)), 0o600))
	if _, err := r.Settings(t.Context()); err == nil || !strings.Contains(err.Error(), "nested more than 32 deep") {
		t.Errorf("got %v", err)
	}
	r.must(os.WriteFile(r.dir.Settings(), []byte("# "+strings.Repeat("x", 1<<20)), 0o600))
	if _, err := r.Settings(t.Context()); err == nil || !strings.Contains(err.Error(), "larger than 1 MB") {
		t.Errorf("got %v", err)
	}
}

func TestPatienceIsTheGatewaysOrTheDesks(t *testing.T) {
	r := newRig(t)
	r.must(os.WriteFile(r.dir.Gateways(), []byte(strings.Replace(fake.Profiles, "kind = \"fake\"", "kind = \"fake\"\npatience = \"1h\"", 1)), 0o600))
	r.must(os.WriteFile(r.dir.Settings(), []byte("patience = \"20m\""), 0o600))
	for name, want := range map[string]time.Duration{"one": time.Hour, "two": 20 * time.Minute, "gone": 20 * time.Minute} {
		if got := r.Patience(t.Context()).Of(name); got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", fileHead, "patience = \"1h\"\ntheme = \"dark\"", "[columns.a]\nwidth = nan", "split = -1", "[[view]]\nname = \"A\"\n[view.query]\nx = \"y\"", "[[columns]]", "callback_port = 1e9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a word")
			}
			return
		}
		if err := s.check(); err != nil {
			t.Errorf("it was read and makes no sense: %v", err)
		}
	})
}

func TestHowAListWasReadIsRemembered(t *testing.T) {
	s := Default()
	headings := []string{"Nr", "Was", "", "Was\n neu"}
	s.RememberList(headings, []string{"id", "title", "", ""})
	s.RememberList([]string{"Other"}, []string{"link"})
	text, err := format(s)
	if err != nil {
		t.Fatal(err)
	}
	after, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := after.ListFields(headings); !slices.Equal(got, []string{"id", "title", "", ""}) {
		t.Errorf("got %q", got)
	}
	if got := after.ListFields([]string{"Nr", "Was"}); got != nil {
		t.Errorf("other headings: %q", got)
	}
	after.RememberList(headings, []string{"", "id", "title", ""})
	if got := after.ListFields(headings); len(after.Lists) != 2 || !slices.Equal(got, []string{"", "id", "title", ""}) {
		t.Errorf("chosen anew: %q of %d", got, len(after.Lists))
	}
	after.RememberList(headings, nil)
	if got := after.ListFields(headings); got != nil {
		t.Errorf("forgotten: %q", got)
	}
	for i := range 2 * maxLists {
		after.RememberList([]string{strconv.Itoa(i)}, []string{"id"})
	}
	after.RememberList(make([]string, maxListColumns+1), make([]string, maxListColumns+1))
	if err := after.check(); err != nil || len(after.Lists) != maxLists || after.ListFields([]string{strconv.Itoa(2*maxLists - 1)}) == nil {
		t.Errorf("%v, %d lists", err, len(after.Lists))
	}
	after.Lists[0].Fields = nil
	if err := after.check(); err == nil {
		t.Error("a list without fields for its headings was taken")
	}
}

func TestNamesStandForAccountsAndGateways(t *testing.T) {
	dir, err := home.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir.Gateways(), []byte("[gateways.hall]\nkind = \"k\"\npractice = true\ntitle = \"City hall\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := NewStore(dir, gatewaysOf(dir), time.Now, slog.New(slog.DiscardHandler))
	if _, err := store.ChangeSettings(t.Context(), func(s *Settings) {
		s.People = map[string]string{"mara": "Mara Vidal", "anna": "Anna Puig", "apuig": "Anna Puig"}
	}); err != nil {
		t.Fatal(err)
	}
	names := store.Names(t.Context())
	for got, want := range map[string]string{
		names.Gateway("hall"): "City hall", names.Gateway("gone"): "gone", names.Person("mara"): "Mara Vidal", names.Person("jordi"): "jordi",
		names.Person("anna"): "Anna Puig (anna)", names.Person("apuig"): "Anna Puig (apuig)",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := store.ChangeSettings(t.Context(), func(s *Settings) { s.People["mara"] = "Mara\nVidal" }); err == nil {
		t.Error("a name of two lines was taken")
	} else if key, _ := KeyOf(err); key != PeopleKey {
		t.Errorf("the error is about %q", key)
	}
}

// gatewaysOf returns a function that reads the gateways of a home.
func gatewaysOf(dir home.Dir) func() (gateway.Profiles, error) {
	return func() (gateway.Profiles, error) { return gateway.LoadProfiles(dir.Gateways()) }
}
