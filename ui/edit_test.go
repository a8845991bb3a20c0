package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func newOfficeThatNamesSigners(t *testing.T) *office {
	t.Helper()
	f := newOffice(t, officeOptions{profiles: "[gateways.notary]\nkind = \"fake\"\nurl = \"https://notary.example.org\"\n"})
	f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner, g.can.CustomAppearance = true, true })
	return f
}

// addSignedBy adds a request that Ana is to sign.
func (f *office) addSignedBy(title string) request.Request {
	f.t.Helper()
	f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner = false })
	r := f.add(title)
	f.gateway.set(func(g *fakeGateway) { g.can.NeedsSigner = true })
	r, err := f.desk.ChangeDetails(f.t.Context(), r.ID, func(d *request.SigningDetails) {
		d.Signers = []request.Signer{{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "1"}}
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func TestHowAWaitingRequestIsSignedIsEdited(t *testing.T) {
	f := newOfficeThatNamesSigners(t)
	r := f.addSignedBy("Lease")
	f.saying("Lease")
	f.window.choose(r.ID)
	f.settle()
	f.ctrl(fyne.KeyE)
	f.saying("Edit this request", "office", "Reason for signing")
	f.settle()
	f.escape()
	if f.window.modals.IsOpen() {
		t.Fatal("what the sheet filled in counts as typed")
	}
	f.ctrl(fyne.KeyE)
	f.settle()
	gateway := uitest.Find[*kit.Select](f.sheet())[0]
	if gateway.Selected != "office" || f.field("sheet.signer_name").Text != "Ana" || f.field("sheet.signer_country").Text != "ES" {
		t.Errorf("it begins with %s and %s", gateway.Selected, f.field("sheet.signer_name").Text)
	}
	gateway.SetSelected("notary")
	f.field("sheet.signer_name").SetText("Bea")
	f.field("sheet.reason").SetText("agreed\nand seen")
	f.press("Save")
	f.saying("one short line")
	if !f.window.modals.IsOpen() || f.field("sheet.signer_name").Text != "Bea" || f.get(r.ID).Gateway != "office" {
		t.Error("what was typed is gone, or half of it was saved")
	}
	f.field("sheet.reason").SetText("agreed")
	f.press("Save")
	f.saying("Signing details changed", "Gateway: notary (before: office)", "Signer: Bea (before: Ana)", "Reason for signing: agreed (before: none)")
	f.settle()
	now := f.get(r.ID)
	want := request.Signer{Name: "Bea", Email: "ana@example.org", Country: "ES", Number: "1"}
	if now.Gateway != "notary" || now.Signers[0] != want || now.Signature.Reason != "agreed" || f.window.modals.IsOpen() {
		t.Errorf("got %+v", now)
	}
	f.ctrl(fyne.KeyE)
	f.settle()
	f.press("Save")
	f.settle()
	if again := f.get(r.ID); again.Version != now.Version {
		t.Error("a change that changes nothing is in the history")
	}
}

func TestHowARequestInTheBrowserIsSignedIsNotEdited(t *testing.T) {
	f := newOfficeThatNamesSigners(t)
	r := f.addSignedBy("Lease")
	if _, err := f.desk.Sign(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	f.ctrl(fyne.Key7)
	f.saying("Lease")
	f.window.choose(r.ID)
	f.settle()
	f.ctrl(fyne.KeyE)
	f.saying("Edit this request")
	if n := len(uitest.Find[*kit.Select](f.sheet())); n != 0 {
		t.Error("its gateway can be chosen")
	}
}

// A request may be launched, by another process, while the sheet is open.
func TestARequestThatWasLaunchedMeanwhileIsSaidOnTheSheet(t *testing.T) {
	f := newOfficeThatNamesSigners(t)
	r := f.addSignedBy("Lease")
	f.saying("Lease")
	f.window.choose(r.ID)
	f.settle()
	f.ctrl(fyne.KeyE)
	f.settle()
	if _, err := f.desk.Sign(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	uitest.Find[*kit.Select](f.sheet())[0].SetSelected("notary")
	f.press("Save")
	f.saying("is in the browser: withdraw and reopen it")
	f.window.modals.Close()
	f.settle()
	if now := f.get(r.ID); now.Gateway != "office" {
		t.Errorf("it is at %s", now.Gateway)
	}
}

// The title can be changed at any time, and what was not touched on the sheet stays as others have changed it meanwhile.
func TestATitleIsSavedThoughTheRequestChangedMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]func(*office, request.ID) error{
		"launched": func(f *office, id request.ID) error {
			_, err := f.desk.Sign(f.t.Context(), id)
			return err
		},
		"at another gateway": func(f *office, id request.ID) error {
			_, err := f.desk.ChangeDetails(f.t.Context(), id, func(d *request.SigningDetails) { d.Gateway = "notary" })
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newOfficeThatNamesSigners(t)
			r := f.addSignedBy("Lease")
			f.saying("Lease")
			f.window.choose(r.ID)
			f.settle()
			f.ctrl(fyne.KeyE)
			f.settle()
			if err := meanwhile(f, r.ID); err != nil {
				t.Fatal(err)
			}
			then := f.get(r.ID)
			uitest.Find[*kit.Field](f.sheet())[0].SetText("Lease of the garage")
			f.press("Save")
			f.settle()
			if now := f.get(r.ID); now.Title != "Lease of the garage" || now.Gateway != then.Gateway || f.window.modals.IsOpen() {
				t.Errorf("it is %q at %s, and the sheet says %s", now.Title, now.Gateway, f.says())
			}
		})
	}
}

func TestHowManyWaitingRequestsAreSignedIsChangedAtOnce(t *testing.T) {
	f := newOfficeThatNamesSigners(t)
	first, second, out := f.addSignedBy("Lease"), f.addSignedBy("Minutes"), f.addSignedBy("Offer")
	if _, err := f.desk.Sign(t.Context(), out.ID); err != nil {
		t.Fatal(err)
	}
	f.saying("Minutes")
	f.settle()
	f.ctrl(fyne.Key7)
	f.settle()
	f.shortcut(&fyne.ShortcutSelectAll{})
	f.saying("3 selected")
	f.settle()
	f.ctrl(fyne.KeyE)
	f.saying("Leave as it is")
	f.settle()
	uitest.Find[*kit.Select](f.sheet())[0].SetSelected("notary")
	f.field("sheet.signer_number").SetText("2")
	f.press("Save")
	f.settle()
	for _, r := range []request.Request{first, second} {
		if now := f.get(r.ID); now.Gateway != "notary" || now.Signers[0].Number != "2" || now.Signers[0].Name != "Ana" || now.Signature != nil {
			t.Errorf("%s: got %+v", r.Title, now)
		}
	}
	if now := f.get(out.ID); now.Gateway != "office" {
		t.Errorf("a visit that is out was changed: %+v", now)
	}
}
