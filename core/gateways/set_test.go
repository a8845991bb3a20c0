package gateways

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/secret"
)

func given() gateway.Profile {
	return gateway.Profile{Name: "three", Kind: "fake", URL: "https://three.example"}
}

func TestAGatewayIsAddedWithItsSecret(t *testing.T) {
	r := newRig(t)
	place, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "s3cret"})
	if err != nil || place != secret.File {
		t.Fatalf("got %q, %v", place, err)
	}
	if got := r.Secrets.Kept["three|https://three.example:443"]; got != "s3cret" {
		t.Errorf("kept: %v", r.Secrets.Kept)
	}
	text, err := os.ReadFile(r.dir.Gateways())
	if err != nil || strings.Contains(string(text), "s3cret") || !strings.HasPrefix(string(text), fake.Profiles) {
		t.Errorf("got %s, %v", text, err)
	}
	infos, err := r.ListGateways(t.Context())
	r.must(err)
	var got []string
	for _, i := range infos {
		line := i.Name + " " + string(i.Secret) + " " + i.Fault.Text
		if i.Default {
			line += "default"
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"one  default", "two  ", "three file "}, got); diff != "" {
		t.Error(diff)
	}
}

// A gateway that open requests need cannot be removed, so its secret has to be replaceable.
func TestASecretIsReplacedForTheAddressThatIsSetNow(t *testing.T) {
	r := newRig(t)
	_, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "old"})
	r.must(err)
	if _, err := r.SetSecret(t.Context(), "three", secret.Entered{Value: "new"}); err != nil {
		t.Fatal(err)
	}
	if got := r.Secrets.Kept["three|https://three.example:443"]; got != "new" || len(r.Secrets.Kept) != 1 {
		t.Errorf("got %v", r.Secrets.Kept)
	}
	if _, err := r.SetSecret(t.Context(), "three", secret.Entered{Value: "newer\nline"}); err == nil || !strings.Contains(err.Error(), "more than one line") {
		t.Errorf("a secret of two lines: %v", err)
	}
	if _, err := r.SetSecret(t.Context(), "nobody", secret.Entered{Value: "x"}); err == nil || !strings.Contains(err.Error(), `no gateway "nobody"`) {
		t.Errorf("got %v", err)
	}
	if _, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "other"}); err == nil || !strings.Contains(err.Error(), "gateway three already exists") {
		t.Errorf("got %v", err)
	}
}

func TestAGatewayThatMakesNoSenseIsNotKept(t *testing.T) {
	tests := map[string]struct {
		change func(*gateway.Profile)
		say    string
	}{
		"no such kind":         {func(p *gateway.Profile) { p.Kind = "fax" }, "use fake, other"},
		"a setting of another": {func(p *gateway.Profile) { p.Settings = map[string]any{"colour": "red"} }, "no such setting"},
		"no encryption":        {func(p *gateway.Profile) { p.URL = "http://three.example" }, "not encrypted"},
		"a password in it":     {func(p *gateway.Profile) { p.URL = "https://me:s3cret@three.example" }, "no user"},
		"a bad name":           {func(p *gateway.Profile) { p.Name = "Three!" }, "lowercase letters"},
		"no anchors":           {func(p *gateway.Profile) { p.CAFile = "/nowhere.pem" }, "trust anchors"},
		"a port for masters":   {func(p *gateway.Profile) { p.CallbackPort = 80 }, "1024 to 65535"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			p := given()
			test.change(&p)
			_, err := r.AddGateway(t.Context(), p, secret.Entered{Value: "s3cret"})
			if err == nil || !strings.Contains(err.Error(), test.say) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v", err)
			}
			text, readErr := os.ReadFile(r.dir.Gateways())
			if readErr != nil || string(text) != fake.Profiles || len(r.Secrets.Kept) != 0 {
				t.Errorf("something was kept: %s, %v", text, r.Secrets.Kept)
			}
		})
	}
	r := newRig(t)
	r.Secrets.Failure = errors.New("the keyring is locked")
	if _, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "s3cret"}); !errors.Is(err, r.Secrets.Failure) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || string(text) != fake.Profiles {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestASecretGoesToTheOriginItWasGivenFor(t *testing.T) {
	r := newRig(t)
	var find func(context.Context) (string, error)
	r.config.Kinds[0].New = func(_ gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		find = tools.Secret
		return r.One, nil
	}
	_, err := r.AddGateway(t.Context(), given(), secret.Entered{Value: "s3cret"})
	r.must(err)
	_, err = r.Open(t.Context(), "three")
	r.must(err)
	if got, err := find(t.Context()); err != nil || got != "s3cret" {
		t.Errorf("got %q, %v", got, err)
	}
	// Somebody edits the address in the file: the secret does not follow.
	text, err := os.ReadFile(r.dir.Gateways())
	r.must(err)
	r.must(os.WriteFile(r.dir.Gateways(), []byte(strings.Replace(string(text), "https://three.example", "https://evil.example", 1)), 0o600))
	_, err = r.Open(t.Context(), "three")
	r.must(err)
	if got, err := find(t.Context()); err == nil || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestANewHomeBeginsWithTheInitialFile(t *testing.T) {
	r := newRig(t)
	r.must(os.Remove(r.dir.Gateways()))
	r.restart()
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || string(text) != gateway.InitialConfig {
		t.Errorf("got %s, %v", text, err)
	}
	// The file may be moved away while the desk is open: there is no gateway then.
	r.must(os.Remove(r.dir.Gateways()))
	if _, err := r.AddGateway(t.Context(), given(), secret.Entered{}); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(r.dir.Gateways())
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info, err)
	}
}

// Another program keeps the lock for as long as a person takes to unlock the keyring.
func TestWhoWaitsToChangeTheGatewaysCanStop(t *testing.T) {
	r := newRig(t)
	lock, err := r.dir.TryLock("gateways")
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	changes := map[string]func(context.Context) error{
		"add": func(ctx context.Context) error { _, err := r.AddGateway(ctx, given(), secret.Entered{}); return err },
		"edit": func(ctx context.Context) error {
			return r.editGateway(ctx, "one", gateway.Profile{Name: "one", Kind: "fake", URL: "https://elsewhere.example"})
		},
		"default": func(ctx context.Context) error { return r.SetDefaultGateway(ctx, "two") },
		"remove":  func(ctx context.Context) error { return r.RemoveGateway(ctx, "two") },
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, change := range changes {
		if err := change(stopped); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.must(lock.Release())
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || string(text) != fake.Profiles {
		t.Errorf("something has changed: %v\n%s", err, text)
	}
}
