package ui

import (
	"slices"
	"strings"
	"testing"

	"countersign/core/gateways"
	officelink "countersign/core/office"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestAGatewayOfTheOfficeIsChangedByManagersAlone(t *testing.T) {
	for role, may := range map[team.Role]bool{team.Clerk: false, team.Manager: true} {
		t.Run(string(role), func(t *testing.T) {
			secrets := newMemorySecrets(secret.Keyring)
			o := inOffice(&fakeOffice{role: role, state: officelink.State{Reach: officelink.Online, Since: noon}})
			o.kinds, o.secrets, o.profiles = kinds(), secrets, townHall
			f := newOffice(t, o)
			f.desk.shared = "town-hall"
			f.openGateways("sign.example.org")
			f.saying("town-hall", "of the office")
			removable := 2
			if may {
				removable = 3
			}
			for _, b := range uitest.Find[*kit.Button](f.sheet()) {
				if b.Text == "Remove" {
					removable--
				}
			}
			if removable != 0 {
				t.Errorf("%d buttons to remove a gateway are missing", removable)
			}
			edit := "Enter secret…"
			if may {
				edit = "Edit…"
			}
			f.pressOf("town-hall", edit)
			if may {
				f.saying("What you change here is changed for all desks of the office.")
			} else {
				f.saying("A manager of the office set this gateway up for all desks.")
			}
			for _, e := range f.fields() {
				if e.Disabled() == may && !e.Password {
					t.Errorf("the field with %q can be changed: %v", e.Text, !e.Disabled())
				}
			}
			f.setField("Client secret", "open sesame")
			f.press("Save")
			f.saying("town-hall was saved")
			if got := secrets.of("town-hall"); got != "open sesame" || !strings.HasSuffix(f.written(), townHall) {
				t.Errorf("the secret is %q, the gateways are\n%s", got, f.written())
			}
			f.press("Add gateway…")
			f.saying("Add a gateway")
			at := slices.IndexFunc(uitest.Find[*kit.Check](f.sheet()), func(c *kit.Check) bool { return c.Text == "For all desks of the office" })
			if (at >= 0) != may {
				t.Fatalf("it is offered to share a new gateway: %v", at >= 0)
			}
			if may {
				uitest.Find[*kit.Check](f.sheet())[at].SetChecked(true)
				f.setField("Name", "shared")
				f.setField("Address", "https://shared.example.org")
				f.press("Save")
				f.saying("This home belongs to no office") // the one that the test has; the window has asked for it
			}
		})
	}
}

func TestALoginThatWasPromotedIsShownWhatManagersAre(t *testing.T) {
	o := inOffice(&fakeOffice{promoted: true, state: officelink.State{Reach: officelink.Online, Since: noon}})
	o.kinds, o.secrets, o.profiles = kinds(), newMemorySecrets(secret.Keyring), townHall
	f := newOffice(t, o)
	f.desk.shared = "town-hall"
	f.openGateways("sign.example.org")
	f.pressOf("town-hall", "Edit…")
	f.saying("What you change here is changed for all desks of the office.")
}

func TestAChangedAddressIsConfirmedInTheSettings(t *testing.T) {
	o := inOffice(newFakeOffice())
	o.kinds, o.secrets, o.profiles = kinds(), newMemorySecrets(secret.Keyring), townHall
	f := newOffice(t, o)
	f.desk.shared, f.desk.moved = "town-hall", gateways.Moved{From: "https://old.example.org:443", To: "https://new.example.org:443"}
	f.openGateways("sign.example.org")
	f.saying("Your secret was entered for https://old.example.org:443 and is not sent to https://new.example.org:443 before you confirm that.")
	f.press("Confirm address…")
	f.saying("Confirm the address of town-hall", "Your secret goes to https://new.example.org:443 from now on")
	f.press("Confirm")
	f.saying("The secret of town-hall goes to https://new.example.org:443 from now on.")
	if f.desk.moved != (gateways.Moved{}) {
		t.Error("the desk was not told")
	}
	for _, b := range uitest.Find[*kit.Button](f.sheet()) {
		if b.Text == "Confirm address…" {
			t.Error("it is to be confirmed once more")
		}
	}
}
