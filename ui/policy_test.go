package ui

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/secret"
	"countersign/ui/kit"
	"countersign/ui/prefs"
	"countersign/ui/uitest"
)

func TestTheProxyOfThePolicyIsNamedWhereItsLoginIsEntered(t *testing.T) {
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: newMemorySecrets(secret.Keyring), policy: "version = 1\nproxy = \"proxy.example:3128\"\n"})
	f.openProxies()
	f.saying("The policy of this computer sets the proxy proxy.example:3128.")
	if strings.Contains(f.says(), "HTTPS_PROXY in the environment") {
		t.Error("the environment is said to decide")
	}
	f.setField("User", "ana")
	f.setField("Password", "s3cret")
	f.press("Save")
	f.saying("The login for http://proxy.example:3128 was saved.")
}

const officePolicy = `version = 1
proxy = "proxy.example.org:3128"
no_proxy = ["intern.example.org"]
[fixed]
theme = "light"
callback_port = 4711
practice_requests = "shown"
[gateways.notary]
kind = "trident"
url = "https://notary.example"
client_id = "desk"
locked = true
`

// checkLocked compares which fields, selects and checkboxes are disabled, by their texts.
func (f *office) checkLocked(want map[string]bool) {
	f.t.Helper()

	all := map[string]bool{}
	for _, layer := range f.window.window.Canvas().Overlays().List() {
		for _, e := range uitest.Find[*kit.Field](layer) {
			all[e.Text] = e.Disabled()
		}
		for _, s := range uitest.Find[*kit.Select](layer) {
			all[s.Selected] = s.Disabled()
		}
		for _, c := range uitest.Find[*kit.Check](layer) {
			all[c.Text] = c.Disabled()
		}
	}
	for text, locked := range want {
		if is, found := all[text]; !found || is != locked {
			f.t.Errorf("%q is not as it should be: %v", text, all)
		}
	}
}

func TestWhatTheAdministratorFixedIsLockedWithTheReason(t *testing.T) {
	f := newOffice(t, officeOptions{kinds: kinds(), policy: officePolicy})
	f.openGateways("Set up by the administrator of this computer.")
	f.press("Signing")
	f.saying("Set by the administrator of this computer.")
	f.checkLocked(map[string]bool{"4711": true, "15m": false})
	f.press("Appearance and language")
	f.saying("Colors")
	f.checkLocked(map[string]bool{"Light": true, "Always show": true, "Same as system": false})
	if n := strings.Count(f.says(), "Set by the administrator of this computer."); n != 2 {
		t.Errorf("the reason is given %d times:\n%s", n, f.says())
	}
}

func TestOnlyTheSecretOfALockedGatewayCanBeEntered(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	f := newOffice(t, officeOptions{kinds: kinds(), secrets: secrets, policy: officePolicy})
	before, err := os.ReadFile(f.dir.Gateways())
	if err != nil {
		t.Fatal(err)
	}
	f.openGateways("https://notary.example")
	f.press("Enter secret…")
	f.saying("only the secret is yours to enter")
	f.checkLocked(map[string]bool{"https://notary.example": true, "desk": true})
	e, ok := f.window.window.Canvas().Focused().(*kit.Field)
	if !ok || !e.Password {
		t.Fatalf("the keyboard is at %T", f.window.window.Canvas().Focused())
	}
	f.types("open sesame")
	f.key(fyne.KeyReturn)
	f.saying("notary was saved")
	if got := secrets.of("notary"); got != "open sesame" {
		t.Errorf("the secret is %q", got)
	}
	if after, err := os.ReadFile(f.dir.Gateways()); err != nil || string(after) != string(before) {
		t.Errorf("gateways.toml has changed, %v:\n%s", err, after)
	}
}

// policyScenes are the settings on a computer whose administrator has fixed some of them.
func policyScenes() map[string]scene {
	set := func() officeOptions {
		o := officeSettings()
		o.policy = officePolicy
		o.options = func(o *Options) { o.AtLogin = prefs.AtLogin{Entry: neverAtLogin{}, Fixed: true} }
		return o
	}
	return map[string]scene{
		"policy-gateways": {desk: set(), play: func(f *office) { f.openGateways(f.window.lang.Say("prefs.given")) }},
		"policy-gateway": {desk: set(), play: func(f *office) {
			f.openGateways(f.window.lang.Say("prefs.given"))
			f.press(f.window.lang.Say("prefs.enter_secret"))
			f.saying(f.window.lang.Say("prefs.given_locked"))
		}},
		"policy-signing": {desk: set(), play: func(f *office) { f.openSection(1) }},
		"policy-look":    {desk: set(), play: func(f *office) { f.openSection(2) }},
		"policy-proxies": {desk: set(), play: func(f *office) { f.openProxies() }},
	}
}
