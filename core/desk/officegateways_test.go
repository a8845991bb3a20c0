package desk

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/gateways"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/team"
)

// names returns the gateways of a desk. Those of the office have a * before their names.
func (r *rig) names() (names []string) {
	r.Helper()
	infos, err := r.ListGateways(r.Context())
	r.must(err)
	for _, info := range infos {
		if info.Office {
			info.Name = "*" + info.Name
		}
		names = append(names, info.Name)
	}
	return names
}

// TestADeskNeverAsksItsOwnGatewayAboutAnotherDesks has two desks with a gateway of the same name each.
func TestADeskNeverAsksItsOwnGatewayAboutAnotherDesks(t *testing.T) {
	front, back, _ := newOffice(t)
	q, visit := front.launch("one")
	pending := front.add("one")
	if q.Gateway != "one@front" || visit.Gateway != "one@front" {
		t.Errorf("the request is at %q, its visit at %q", q.Gateway, visit.Gateway)
	}
	mine := back.add("one")
	back.catchUp()
	for what, call := range map[string]func() error{
		"ask":     func() error { return back.Refresh(t.Context(), q.ID) },
		"sign":    func() error { _, err := back.Sign(t.Context(), pending.ID); return err },
		"anew":    func() error { _, err := back.SignAnew(t.Context(), q.ID); return err },
		"add":     func() error { _, err := back.Add(t.Context(), New{Gateway: "one@front"}); return err },
		"check":   func() error { _, err := back.CheckGateway(t.Context(), "one@front"); return err },
		"remove":  func() error { return back.RemoveGateway(t.Context(), "one@front") },
		"secret":  func() error { _, err := back.SecretOrigin("one@front"); return err },
		"settled": func() error { _, err := back.Gateways.Open(t.Context(), visit.Gateway); return err },
	} {
		if err := call(); !errors.Is(err, gateway.ErrOfDesk) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if seen := back.One.Seen(); len(seen) > 0 {
		t.Errorf("the other desk has called its own gateway: %v", seen)
	}
	for _, r := range []request.Request{q, pending} {
		if now := back.get(r.ID); now.Version != r.Version {
			t.Errorf("%s has the new events %v", r.ID, back.kinds(r.ID)[r.Version:])
		}
	}
	for name, want := range map[string]request.ID{"one@back": mine.ID, "one@front": q.ID} {
		found, err := back.ledger.Query(t.Context(), ledger.Query{Gateway: name, Limit: 10})
		if err != nil || !slices.ContainsFunc(found.Requests, func(r request.Request) bool { return r.ID == want }) || len(found.Requests) > 2 {
			t.Errorf("at %s: %d, %v", name, len(found.Requests), err)
		}
	}
	// It is still signed where its gateway is.
	if _, err := front.SignAnew(t.Context(), q.ID); err != nil {
		t.Error(err)
	}
}

func TestAGatewayOfTheOfficeIsThatOfEachDesk(t *testing.T) {
	front, back, floor := newOffice(t)
	floor.share("far", "https://far.example", false)
	floor.share("one", "https://shared.example", false)
	front.catchUp()
	if names := front.names(); !slices.Equal(names, []string{"*far", "*one", "one@front", "two@front"}) {
		t.Errorf("gateways: %q", names)
	}
	for typed, want := range map[string]string{"far": "https://far.example", "one": "https://shared.example", "one@front": "https://one.example", "two": "https://two.example"} {
		if p, err := front.Profile(typed); err != nil || p.URL != want {
			t.Errorf("%s: %s, %v", typed, p.URL, err)
		}
	}
	// What one desk adds, another one signs.
	q := front.add("far")
	back.catchUp()
	if visits, err := back.Sign(t.Context(), q.ID); err != nil || len(visits) != 1 || visits[0].Gateway != "far" {
		t.Errorf("signed: %+v, %v", visits, err)
	}
	// The secrets of two gateways with one name are apart.
	for _, name := range []string{"one", "one@front"} {
		_, err := front.SetSecret(t.Context(), name, secret.Entered{Value: "the secret of " + name})
		front.must(err)
	}
	want := map[string]string{"office/one|https://shared.example:443": "the secret of one", "one|https://one.example:443": "the secret of one@front"}
	for key, value := range want {
		if front.Secrets.Kept[key] != value {
			t.Errorf("%s: kept %q", key, front.Secrets.Kept)
		}
	}

	// The form does the same.
	form := gateways.Form{Name: "formed", Kind: "fake", Texts: map[string]string{"url": "https://formed.example"}, Office: true}
	if _, err := front.AddForm(t.Context(), form); !errors.Is(err, team.ErrRefused) {
		t.Errorf("a clerk has shared: %v", err)
	}
	_, err := floor.AddForm(t.Context(), form)
	floor.must(err)
	if p, err := floor.Profile("formed"); err != nil || !p.Office || p.URL != "https://formed.example" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := floor.AddForm(t.Context(), form); len(settings.KeysOf(err)) != 1 || settings.KeysOf(err)[0].Key != gateways.NameKey {
		t.Errorf("shared twice: %v", err)
	}
	form.Texts["url"] = "https://reformed.example"
	_, err = floor.EditForm(t.Context(), form)
	floor.must(err)
	front.catchUp()
	if p, err := front.Profile("formed"); err != nil || p.URL != "https://reformed.example" {
		t.Errorf("%+v, %v", p, err)
	}
	floor.must(floor.RemoveGateway(t.Context(), "formed"))

	// Only a manager changes it, and nobody removes it while it is needed.
	for what, call := range map[string]func() error{
		"share": func() error {
			_, err := front.ShareGateway(t.Context(), gateway.Profile{Name: "three", Kind: "fake", URL: "https://x.example"}, secret.Entered{}, false)
			return err
		},
		"edit": func() error {
			_, err := front.EditForm(t.Context(), gateways.Form{Name: "far", Texts: map[string]string{"url": "https://evil.example"}})
			return err
		},
		"remove": func() error { return front.RemoveGateway(t.Context(), "one") },
	} {
		if err := call(); !errors.Is(err, team.ErrRefused) || !strings.Contains(err.Error(), "only a manager") {
			t.Errorf("a clerk: %s: %v", what, err)
		}
	}
	floor.catchUp()
	if err := floor.RemoveGateway(t.Context(), "far"); err == nil || !strings.Contains(err.Error(), "needed by open requests") {
		t.Errorf("removed: %v", err)
	}
	if _, err := floor.ShareGateway(t.Context(), gateway.Profile{Name: "far", Kind: "fake", URL: "https://x.example"}, secret.Entered{}, false); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("shared twice: %v", err)
	}
	// Its plain name does not fall back to the gateway of a desk.
	floor.must(floor.RemoveGateway(t.Context(), "one"))
	front.catchUp()
	if p, err := front.Profile("one"); err == nil {
		t.Errorf("one is %+v", p)
	}
	if names := front.names(); !slices.Equal(names, []string{"*far", "one@front", "two@front"}) {
		t.Errorf("gateways: %q", names)
	}
	front.restart()
	if names := front.names(); !slices.Equal(names, []string{"*far", "one@front", "two@front"}) {
		t.Errorf("after a restart: %q", names)
	}
}

// TestAChangedAddressIsConfirmedBeforeASecretGoesThere is about a manager who moves a gateway, perhaps to an address of his own.
func TestAChangedAddressIsConfirmedBeforeASecretGoesThere(t *testing.T) {
	front, _, floor := newOffice(t)
	floor.share("far", "https://far.example", false)
	front.catchUp()
	var find func(context.Context) (string, error)
	front.setup.Kinds[0].New = func(_ gateway.Profile, tools gateway.Tools) (gateway.Gateway, error) {
		find = tools.Secret
		return front.One, nil
	}
	ask := func() (string, error) {
		_, err := front.Gateways.Open(t.Context(), "far")
		front.must(err)
		return find(t.Context())
	}
	_, err := front.SetSecret(t.Context(), "far", secret.Entered{Value: "hunter2"})
	front.must(err)
	if value, err := ask(); value != "hunter2" {
		t.Fatalf("%q, %v", value, err)
	}
	floor.share("far", "https://moved.example", true)
	front.catchUp()
	if value, err := ask(); value != "" || !errors.Is(err, secret.ErrOtherOrigin) || !strings.Contains(err.Error(), "https://moved.example:443") || !strings.Contains(err.Error(), "gateway confirm far") {
		t.Errorf("not confirmed: %q, %v", value, err)
	}
	moved := func() gateways.Moved {
		infos, err := front.ListGateways(t.Context())
		front.must(err)
		return infos[0].Moved
	}
	if now := moved(); now != (gateways.Moved{From: "https://far.example:443", To: "https://moved.example:443"}) {
		t.Errorf("listed as %+v", now)
	}
	// What was confirmed is the address that the person has seen.
	floor.share("far", "https://elsewhere.example", true)
	front.catchUp()
	if err := front.ConfirmGateway(t.Context(), "far", "https://moved.example:443"); err == nil {
		t.Error("an address is confirmed that is not the present one")
	}
	if value, err := ask(); value != "" || !errors.Is(err, secret.ErrOtherOrigin) {
		t.Errorf("not confirmed: %q, %v", value, err)
	}
	front.must(front.ConfirmGateway(t.Context(), "far", "https://elsewhere.example:443"))
	if value, err := ask(); value != "hunter2" || moved() != (gateways.Moved{}) {
		t.Errorf("confirmed: %q, %v, listed as %+v", value, err, moved())
	}
	if err := front.ConfirmGateway(t.Context(), "one", "https://one.example:443"); err == nil {
		t.Error("a gateway of the desk is confirmed")
	}
}

// TestAnOfficeOfFormat1GoesOnWithItsGateways is about desks that had given their gateways the same names, and about the upgrade.
func TestAnOfficeOfFormat1GoesOnWithItsGateways(t *testing.T) {
	front, back, floor, owner := newFirstOffice(t)
	before := front.add("one")
	back.catchUp()
	if visits, err := back.Sign(t.Context(), before.ID); err != nil || len(visits) != 1 || before.Gateway != "one" {
		t.Errorf("at %q: %+v, %v", before.Gateway, visits, err)
	}
	pending := front.add("one")
	if names := front.names(); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("gateways: %q", names)
	}
	if _, err := floor.ShareGateway(t.Context(), gateway.Profile{Name: "far", Kind: "fake", URL: "https://far.example"}, secret.Entered{}, false); !errors.Is(err, office.ErrOlderOffice) || !strings.Contains(err.Error(), "team upgrade") {
		t.Errorf("shared: %v", err)
	}
	_, err := team.Upgrade(t.Context(), owner, "")
	front.must(err)
	floor.share("far", "https://far.example", false) // floor has not heard of it
	back.catchUp()
	if names := back.names(); !slices.Equal(names, []string{"*far", "one@back", "two@back"}) {
		t.Errorf("after the upgrade: %q", names)
	}
	// What was added before is signed as before.
	if visits, err := back.Sign(t.Context(), pending.ID); err != nil || len(visits) != 1 || visits[0].Gateway != "one" {
		t.Errorf("signed: %+v, %v", visits, err)
	}
	if q := back.add("one"); q.Gateway != "one@back" {
		t.Errorf("added at %q", q.Gateway)
	}
	if audit, err := back.ledger.Audit(t.Context(), ledger.AuditOptions{}); err != nil || audit.Fault != nil {
		t.Errorf("audit: %+v, %v", audit, err)
	}
}

// TestWhatIsSharedHasNoPathAndNoSecret reads the bytes of the event.
func TestWhatIsSharedHasNoPathAndNoSecret(t *testing.T) {
	front, _, floor := newOffice(t)
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	issuer := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := floor.dir.Path() + "/issuers.pem"
	floor.must(os.WriteFile(file, append([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), issuer...), 0o600))
	_, err := floor.ShareGateway(t.Context(), gateway.Profile{Name: "far", Kind: "fake", URL: "https://far.example", CAFile: file}, secret.Entered{Value: "hunter2"}, false)
	floor.must(err)
	front.catchUp()
	events, err := front.ledger.OfficeEvents(t.Context(), 0)
	front.must(err)
	content := string(events[len(events)-1].Content)
	if !strings.Contains(content, `"kind":"gateway_shared"`) || !strings.Contains(content, "BEGIN CERTIFICATE") {
		t.Fatal(content)
	}
	for _, private := range []string{"PRIVATE", "issuers.pem", floor.dir.Path(), "hunter2"} {
		if strings.Contains(content, private) {
			t.Errorf("%q is shared: %s", private, content)
		}
	}
	if p, err := front.Profile("far"); err != nil || p.CA != issuer || p.CAFile != "" {
		t.Errorf("%+v, %v", p, err)
	}
	for _, p := range []gateway.Profile{
		{Name: "sandbox", Kind: "fake", URL: "https://x.example"},
		{Name: "mine", Kind: "fake", Practice: true},
		{Name: "not a name", Kind: "fake", URL: "https://x.example"},
		{Name: "cert", Kind: "fake", URL: "https://x.example", ClientKey: file},
	} {
		if _, err := floor.ShareGateway(t.Context(), p, secret.Entered{}, false); err == nil {
			t.Errorf("%s is shared", p.Name)
		}
	}
}

// TestWhatTheAdministratorOfAComputerLocksIsLockedInAnOffice: there the gateway has the name of the desk behind its own, and the office may have one of the
// same name, which is for the office to change.
func TestWhatTheAdministratorOfAComputerLocksIsLockedInAnOffice(t *testing.T) {
	front, _, floor := newOffice(t)
	floor.share("bank", "https://bank-of-the-office.example", false)
	front.close()
	front.setup.Policy.Gateways = gateway.Given{
		Profiles: []gateway.Profile{{Name: "bank", Kind: "fake", URL: "https://bank.example"}, {Name: "notary", Kind: "fake", URL: "https://notary.example"}},
		Locked:   map[string]bool{"bank": true},
	}
	front.open()
	front.catchUp()
	infos, err := front.ListGateways(t.Context())
	front.must(err)
	got := map[string][2]bool{}
	for _, info := range infos {
		got[info.Name] = [2]bool{info.Given, info.Locked}
	}
	want := map[string][2]bool{"bank": {false, false}, "bank@front": {true, true}, "notary@front": {true, false}, "one@front": {false, false}, "two@front": {false, false}}
	if !maps.Equal(got, want) {
		t.Errorf("given and locked: %v, want %v", got, want)
	}
}

// overtaken is an office in which another manager changes a gateway as soon as it is shared.
type overtaken struct {
	gateways.Office
	other func(ctx context.Context) error
}

func (o overtaken) ShareGateway(ctx context.Context, shared json.RawMessage) error {
	return errors.Join(o.Office.ShareGateway(ctx, shared), o.other(ctx))
}

// What a person enters for a gateway that they share goes to the address that they have seen, and to no other that somebody has given the gateway meanwhile.
func TestASecretThatIsSharedWithGoesToTheAddressThatWasEntered(t *testing.T) {
	_, _, floor := newOffice(t)
	cert, key := floor.clientFiles("Max")
	setup := floor.setup
	setup.Ledger, setup.Office = floor.ledger, overtaken{floor.link, func(ctx context.Context) error {
		_, err := floor.ShareGateway(ctx, gateway.Profile{Name: "bank", Kind: "fake", URL: "https://evil.example", ClientCert: cert, ClientKey: key}, secret.Entered{}, true)
		return err
	}}
	mine, err := gateways.Open(setup)
	floor.must(err)
	defer mine.Close()
	check := func(what string) {
		t.Helper()
		if p, err := floor.Profile("bank"); err != nil || p.URL != "https://evil.example" {
			t.Errorf("%s: %+v, %v", what, p, err)
		}
		for key, kept := range floor.Secrets.Kept {
			if strings.Contains(key, "bank") && !strings.Contains(key, "https://bank.example") {
				t.Errorf("%s: %s is kept for %s", what, kept, key)
			}
		}
	}
	_, err = mine.ShareGateway(t.Context(), gateway.Profile{Name: "bank", Kind: "fake", URL: "https://bank.example", ClientCert: cert, ClientKey: key}, secret.Entered{Value: "open sesame"}, false)
	floor.must(err)
	check("shared")
	if p, err := floor.Profile("bank"); err != nil || p.ClientCert != "" {
		t.Errorf("the certificate is shown to %+v, %v", p, err)
	}
	_, err = mine.EditForm(t.Context(), gateways.Form{Name: "bank", Texts: map[string]string{"url": "https://bank.example"}, Secret: secret.Entered{Value: "open sesame"}})
	floor.must(err)
	check("edited")
}
