package gateways

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/settings"
)

func TestAFormIsKeptAsItWasFilledIn(t *testing.T) {
	r := newRig(t)
	text := "# ours\n" + fake.Profiles + "# the end\n"
	r.must(os.WriteFile(r.dir.Gateways(), []byte(text), 0o600))
	form, err := r.FormOf(t.Context(), "one")
	r.must(err)
	if form.Kind != "fake" || form.Texts["url"] != "https://one.example" {
		t.Fatalf("got %+v", form)
	}
	form.Texts["callback_port"] = "4711"
	_, err = r.EditForm(t.Context(), form)
	r.must(err)
	_, err = r.AddForm(t.Context(), Form{Name: "fresh", Kind: "fake", Texts: map[string]string{"url": "https://fresh.example", "patience": "5m"}})
	r.must(err)
	after, err := r.Profiles()
	r.must(err)
	if p, _ := after.Get("one"); p.CallbackPort != 4711 {
		t.Errorf("got %+v", p)
	}
	if p, _ := after.Get("fresh"); p.URL != "https://fresh.example" || p.Patience.Minutes() != 5 {
		t.Errorf("got %+v", p)
	}
	written, err := os.ReadFile(r.dir.Gateways())
	r.must(err)
	if !strings.HasPrefix(string(written), "# ours\n") || !strings.Contains(string(written), "# the end\n") {
		t.Errorf("the comments are lost: %s", written)
	}
}

func TestAFaultOfAFormIsToldAtItsField(t *testing.T) {
	r := newRig(t)
	for want, form := range map[string]Form{
		"name: use up to":        {Name: "Ours & theirs", Texts: map[string]string{"url": "https://x.example"}},
		"name: a gateway with":   {Name: "one", Texts: map[string]string{"url": "https://x.example"}},
		"name: it is required":   {Name: "", Texts: map[string]string{"url": "https://x.example"}},
		"url: it is required":    {Name: "new", Texts: map[string]string{"url": " "}},
		"url: http://x.example":  {Name: "new", Texts: map[string]string{"url": "http://x.example"}},
		"callback_port: this":    {Name: "new", Texts: map[string]string{"url": "https://x.example", "callback_port": "80"}},
		"patience: enter a time": {Name: "new", Texts: map[string]string{"url": "https://x.example", "patience": "soon"}},
	} {
		form.Kind = "fake"
		_, err := r.AddForm(t.Context(), form)
		if err == nil {
			t.Errorf("%s: it was taken", want)
			continue
		}
		key, problem := settings.KeyOf(err)
		if got := key + ": " + problem.Text; !strings.HasPrefix(strings.Replace(got, `"Ours & theirs": `, "", 1), want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if key, problem := settings.KeyOf(errors.New("gateway one is needed by open requests")); key != "" || problem.Text == "" {
		t.Errorf("got %q, %q", key, problem)
	}
}

func TestAFormSaysAllThatIsWrongAtOnce(t *testing.T) {
	r := newRig(t)
	_, err := r.AddForm(t.Context(), Form{Name: "one", Kind: "fake", Texts: map[string]string{"url": "", "callback_port": "80", "patience": "soon", "ca_file": "nowhere.pem"}})
	var got []string
	for _, fault := range settings.KeysOf(err) {
		got = append(got, fault.Key)
	}
	slices.Sort(got)
	if want := []string{"ca_file", "callback_port", "name", "patience", "url"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestASettingErrorIsFoundAtItsField(t *testing.T) {
	kind := gateway.Kind{Fields: []gateway.Field{{Key: "page"}, {Key: "default_signer.name"}}}
	for _, key := range []string{"name", "url", "page", "default_signer.name"} {
		err := fmt.Errorf("line 3: %w", &gateway.SettingError{Gateway: "one", Key: key, Problem: errors.New("it is wrong")})
		if got, problem := settings.KeyOf(fieldError(kind, err)); got != key || problem.Text != "it is wrong" {
			t.Errorf("%s: got %q, %q", key, got, problem)
		}
	}
	other := &gateway.SettingError{Gateway: "one", Key: "color", Problem: errors.New("it is unknown")}
	if key, problem := settings.KeyOf(fieldError(kind, other)); key != "" || problem.Text != other.Error() {
		t.Errorf("a setting without a field: %q, %q", key, problem)
	}
	if fieldError(kind, nil) != nil {
		t.Error("no error becomes one")
	}
}
