package settings

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// give has the store of the rig use settings of an administrator.
func (r *rig) give(fixed, defaults map[string]any) {
	r.Helper()
	r.Given = Given{}
	for key, value := range fixed {
		r.must(r.Given.Fixed.Choose(key, value))
	}
	for key, value := range defaults {
		r.must(r.Given.Defaults.Choose(key, value))
	}
}

func (r *rig) change(change func(*Settings)) error {
	_, err := r.ChangeSettings(r.Context(), change)
	return err
}

func TestAFixedSettingCannotBeChangedAndComesBackWhenItIsFreed(t *testing.T) {
	r := newRig(t)
	r.must(r.change(func(s *Settings) { s.Language, s.Theme = "fr", "dark" }))
	r.give(map[string]any{"language": "es", "silent_days": int64(30)}, nil)
	if s, err := r.Settings(t.Context()); err != nil || s.Language != "es" || s.SilentDays != 30 || s.Theme != "dark" {
		t.Errorf("read %+v, %v", s, err)
	}
	if !r.IsFixed("language") || r.IsFixed("theme") {
		t.Error("what is fixed is told wrongly")
	}
	err := r.change(func(s *Settings) { s.Language = "ca" })
	if key, problem := KeyOf(err); key != "language" || problem.Text != ByAdministrator.Text {
		t.Errorf("a fixed setting was changed: %v", err)
	}
	r.must(r.change(func(s *Settings) { s.Theme = "light" }))
	text, err := os.ReadFile(r.dir.Settings())
	r.must(err)
	if !strings.Contains(string(text), `language = "fr"`) || !strings.Contains(string(text), "silent_days = 7") {
		t.Errorf("what the person had chosen is lost:\n%s", text)
	}
	// It is fixed also where the file of the person cannot be read.
	r.must(os.WriteFile(r.dir.Settings(), []byte("language = ["), 0o600))
	if s, err := r.Settings(t.Context()); err == nil || s.Language != "es" {
		t.Errorf("read %+v, %v", s, err)
	}
	r.must(os.WriteFile(r.dir.Settings(), text, 0o600))
	r.give(nil, nil)
	if s, err := r.Settings(t.Context()); err != nil || s.Language != "fr" || s.Theme != "light" {
		t.Errorf("read %+v, %v", s, err)
	}
}

func TestANewDeskBeginsWithWhatTheAdministratorChose(t *testing.T) {
	r := newRig(t)
	r.give(nil, map[string]any{"language": "ca", "patience": "1h", "notifications": false, "practice_requests": "hidden"})
	s, err := r.Settings(t.Context())
	if err != nil || s.Language != "ca" || s.Patience != time.Hour || s.Notifications || s.Practice != PracticeHidden || s.Theme != BySystem {
		t.Errorf("read %+v, %v", s, err)
	}
	r.must(r.change(func(s *Settings) { s.Practice, s.Language = PracticeByGateways, "en" }))
	if again, err := r.Settings(t.Context()); err != nil || again.Practice != PracticeByGateways || again.Language != "en" || again.Patience != time.Hour {
		t.Errorf("read %+v, %v", again, err)
	}
}

func TestWhatAnAdministratorCannotChooseIsRefused(t *testing.T) {
	for key, value := range map[string]any{
		"language": "xx", "theme": int64(3), "patience": "soon", "output_folder": "relative", "callback_port": int64(80), "notifications": "yes",
		"reminder": "9", "silent_days": int64(0), "practice_requests": "no", "window": map[string]any{"width": 3.0}, "people": "x", "unknown": true,
	} {
		var c Chosen
		if got, problem := KeyOf(c.Choose(key, value)); got != key || problem.Text == "" || len(c.Keys) > 0 {
			t.Errorf("%s = %v: %q, %q, %v", key, value, got, problem, c.Keys)
		}
	}
}

func TestEverySettingThatCanBeGivenIsKept(t *testing.T) {
	values := map[string]any{
		"language": "es", "theme": "dark", "patience": "1h0m0s", "output_folder": t.TempDir(), "callback_port": int64(9001), "notifications": false,
		"reminder": "09:30", "silent_days": int64(9), "practice_requests": "hidden",
	}
	if len(values) != len(GivableKeys()) || len(givable) != len(values) {
		t.Fatal("this test does not know all settings")
	}
	var c Chosen
	for key, value := range values {
		if err := c.Choose(key, value); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]any{}
	for _, key := range c.Keys {
		got[key] = c.Value(key)
	}
	if diff := cmp.Diff(values, got); diff != "" {
		t.Error(diff)
	}
	for _, key := range GivableKeys() {
		one := Chosen{}
		if err := one.Choose(key, values[key]); err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(one.over(Default()), Default()) || one.checkKept(Default()) == nil {
			t.Errorf("%s does not count", key)
		}
	}
}
