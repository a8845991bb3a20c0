package gateways

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/ledger"
	"countersign/core/policy"
	"countersign/core/secret"
	"countersign/core/settings"
)

const givenGateways = `version = 1
practice = false
[gateways.bank]
kind = "trident"
url = "https://bank.example"
client_id = "desk"
labels = [["a", "b"]]
locked = true
[gateways.town]
kind = "portasigma"
url = "https://town.example"
api_url = "https://town.example/api"
user = "desk"
locked = true
`

// follow has the desk of the rig follow a policy.
func (r *rig) follow(text string) {
	r.Helper()
	r.config.Kinds = append(r.Office.Kinds(), trident.Kind, portasigma.Kind)
	set, mistakes := policy.Parse(text, r.config.Kinds)
	for _, m := range mistakes {
		r.Fatal(m)
	}
	r.config.Policy = set
	r.restart()
}

func TestALockedGatewayIsUsedAndItsSecretIsEachPersonsOwn(t *testing.T) {
	r := newRig(t)
	mine := "[gateways.bank]\nkind = \"fake\"\nurl = \"https://mine.example\"\n[gateways.practice]\nkind = \"fake\"\npractice = true\n"
	text := fake.Profiles + mine
	r.must(os.WriteFile(r.dir.Gateways(), []byte(text), 0o600))
	r.follow(givenGateways)
	for _, name := range []string{"bank", "town"} {
		form, err := r.FormOf(t.Context(), name)
		r.must(err)
		form.Secret = secret.Entered{Value: "open sesame"}
		_, err = r.EditForm(t.Context(), form)
		r.must(err)
		p, err := r.Profile(name)
		r.must(err)
		if got, err := r.secretOf(t.Context(), mustKind(r, p), p); err != nil || got != "open sesame" {
			t.Errorf("the secret of %s is %q, %v", name, got, err)
		}
		form.Texts["url"] = "https://evil.example"
		if _, err := r.EditForm(t.Context(), form); err == nil || !strings.Contains(err.Error(), "was set up by the administrator") {
			t.Errorf("%s was changed: %v", name, err)
		}
		if err := r.RemoveGateway(t.Context(), name); err == nil || !strings.Contains(err.Error(), "was set up by the administrator") {
			t.Errorf("%s was removed: %v", name, err)
		}
		if got, err := r.secretOf(t.Context(), mustKind(r, p), p); err != nil || got != "open sesame" {
			t.Errorf("the secret of %s is %q, %v", name, got, err)
		}
	}
	if _, err := r.Profile("practice"); err == nil {
		t.Error("there is a practice gateway")
	}
	if after, err := os.ReadFile(r.dir.Gateways()); err != nil || string(after) != text {
		t.Errorf("what the desk had is lost: %v\n%s", err, after)
	}
}

func mustKind(r *rig, p gateway.Profile) gateway.Kind {
	r.Helper()
	kind, err := r.Kind(p.Kind)
	r.must(err)
	return kind
}

// A policy that sends people to another address does not get the secrets that they entered for the old one.
func TestASecretIsNotGivenToAnAddressThatAPolicyNames(t *testing.T) {
	r := newRig(t)
	r.follow("version = 1\n")
	_, err := r.AddGateway(t.Context(), gateway.Profile{Name: "bank", Kind: "trident", URL: "https://mine.example", Settings: map[string]any{"client_id": "me"}}, secret.Entered{Value: "open sesame"})
	r.must(err)
	r.follow(givenGateways)
	p, err := r.Profile("bank")
	r.must(err)
	if got, err := r.secretOf(t.Context(), mustKind(r, p), p); err == nil || got != "" || p.URL != "https://bank.example" {
		t.Errorf("the secret went to %s: %q, %v", p.URL, got, err)
	}
}

func TestANewHomeHasNoPracticeGatewaysWhereTheyAreOff(t *testing.T) {
	r := newRig(t)
	r.close()
	r.must(os.Remove(r.dir.Gateways()))
	r.config.Policy.Gateways.NoPractice = true
	r.open()
	if text, err := os.ReadFile(r.dir.Gateways()); err != nil || string(text) != gateway.EmptyConfig {
		t.Errorf("got %q, %v", text, err)
	}
}

// The requests of a home that are at a gateway of the policy are brought to the office's gateway with its address, and to no other of its name.
func TestAGatewayOfThePolicyIsThatOfTheOfficeWithItsAddress(t *testing.T) {
	r := newRig(t)
	r.follow(givenGateways)
	shared := func(seq int, name, url string) ledger.OfficeEvent {
		return ledger.OfficeEvent{Seq: seq, Content: fmt.Appendf(nil, `{"kind":"gateway_shared","gateway_shared":{"name":%q,"settings":{"kind":"trident","url":%q}}}`, name, url)}
	}
	other := shared(1, "bank", "https://elsewhere.example")
	if got, err := r.MapGateways([]ledger.OfficeEvent{other}, []string{"bank"}); err == nil {
		t.Errorf("brought to another gateway: %v", got)
	}
	got, err := r.MapGateways([]ledger.OfficeEvent{other, shared(2, "treasury", "https://bank.example")}, []string{"bank"})
	if err != nil || got["bank"] != "treasury" {
		t.Errorf("%v, %v", got, err)
	}
	_, err = r.AddForm(t.Context(), Form{Name: "bank", Kind: "trident", Texts: map[string]string{"url": "https://mine.example", "client_id": "me"}, Secret: secret.Entered{Value: "open sesame"}})
	if fields := settings.KeysOf(err); len(fields) != 1 || fields[0].Key != NameKey {
		t.Errorf("a gateway of the same name is added: %v", err)
	}
}
