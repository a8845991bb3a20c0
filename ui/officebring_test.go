package ui

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/gateways"
	officelink "countersign/core/office"
	"countersign/core/request"
	"countersign/core/team"
)

func (j *fakeJoiner) HasRequests(context.Context) (bool, error) { return j.plan.Requests > 0, nil }

func (j *fakeJoiner) PlanBringing(_ context.Context, e officelink.Joining, _ officelink.MapGateways) (officelink.BringingPlan, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.joining = append(j.joining, e)
	plan := j.plan
	plan.Membership = officelink.Membership{Name: "Notary Fuster", Desk: e.Desk, Login: "mara", Role: team.Clerk}
	return plan, j.fails
}

func (j *fakeJoiner) Bring(ctx context.Context, e officelink.Joining, _ officelink.MapGateways, tell func(requests, total int)) (officelink.Brought, error) {
	j.mu.Lock()
	j.bringing = append(j.bringing, e)
	fails, part := j.fails, j.part
	j.mu.Unlock()
	if fails != nil {
		return officelink.Brought{}, fails
	}
	tell(0, j.plan.Requests)
	if part > 0 {
		tell(part, j.plan.Requests)
		select {
		case <-ctx.Done():
			return officelink.Brought{}, ctx.Err()
		case <-j.interrupted:
			return officelink.Brought{}, team.ErrUnreachable
		}
	}
	return officelink.Brought{
		Membership: officelink.Membership{Name: "Notary Fuster", Desk: "BACK"}, Folder: "/home/mara/Countersign/offices/brought-17", Requests: j.plan.Requests,
	}, nil
}

// brings returns a joiner whose home has requests to bring along.
func brings() *fakeJoiner {
	return &fakeJoiner{interrupted: make(chan struct{}), plan: officelink.BringingPlan{Requests: 1204, Practice: 3, Gateways: map[string]string{"town-hall": "far", "one": "one"}}}
}

// openJoin opens the form for joining an office.
func (f *office) openJoin() {
	f.ctrl(fyne.KeyComma)
	f.settle()
	f.press("Office")
	f.saying("The requests of this home come along.")
	f.fields()[0].SetText("host=db.example.org dbname=notary user=mara")
	f.fields()[1].SetText("BACK")
}

func TestAHomeBringsItsRequestsAlongInTheSettings(t *testing.T) {
	joiner := brings()
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Joiner = joiner }})
	f.openJoin()

	// What is in the way is said before anything is changed.
	for said, err := range map[string]error{
		"Lease is not settled yet: sign or withdraw it first":                                   request.Errorf("bring_unsettled", "%s is not settled yet: sign or withdraw it first, and let the program finish what it does at the gateway", "Lease"),
		"The office has no gateway like town-hall of this home: a manager of the office has to": request.Errorf("bring_gateway", "the office has no gateway like %s of this home: a manager of the office has to share it first", "town-hall"),
	} {
		joiner.fail(err)
		f.press("Next…")
		f.saying(said)
	}
	joiner.fail(nil)
	f.press("Next…")
	f.saying("Join Notary Fuster with the requests of this home?", "Everybody in the office reads these requests", "mara", "Clerk: adds requests and has them signed",
		"1,204 requests, with their documents and their whole history", "3 practice requests, and the register as it was until now.", "one: the gateway one of the office\ntown-hall: the gateway far of the office")
	f.press("Back")
	if f.saying("The requests of this home come along."); f.fields()[1].Text != "BACK" || len(joiner.bringing) > 0 {
		t.Errorf("what was entered is %q; brought %d times", f.fields()[1].Text, len(joiner.bringing))
	}

	// What fails before the home is a desk leads back to the form.
	f.press("Next…")
	f.saying("Join Notary Fuster with")
	joiner.fail(request.Errorf("office_desk_other_home", "another home of yours is the desk %s already", "BACK"))
	f.press("Join and bring along")
	f.saying("Another home of yours is the desk BACK already", "That home is not used any more: take over its name")
	if f.window.system.closed {
		t.Error("the window is closed")
	}

	// From then on it is stopped, and goes on.
	joiner.fail(nil)
	joiner.set(400)
	f.press("Next…")
	f.saying("Join Notary Fuster with")
	f.press("Join and bring along")
	f.saying("In the office: 400 of 1,204")
	f.press("Stop")
	f.saying("Stopped. What is in the office stays there.", "Settings: Office")
	joiner.fail(team.ErrUnreachable)
	f.press("Go on")
	f.saying("The office’s server cannot be reached. What is in the office stays there.")
	joiner.fail(nil)
	f.press("Go on")
	f.press("Gateways") // meanwhile, another section is looked at
	f.saying("Add gateway…")
	joiner.interrupted <- struct{}{}
	f.saying("The office’s server cannot be reached. What is in the office stays there.", "In the office: 400 of 1,204")
	joiner.fail(nil)
	joiner.set(0)
	f.press("Go on")
	f.saying("This home is now the desk BACK of Notary Fuster", "1,204 requests have come along. The register as it was is in /home/mara/Countersign/offices/brought-17.")
	if f.window.system.closed {
		t.Error("the window is closed before that was read")
	}
	if f.press("Close Countersign"); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
}

// A window whose home has become a desk must not go on with the register of before.
func TestAWindowEndsAfterBringingWasStopped(t *testing.T) {
	joiner := brings()
	joiner.part = 400
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Joiner = joiner }})
	f.openJoin()
	f.press("Next…")
	f.saying("Join Notary Fuster with")
	f.press("Join and bring along")
	f.saying("In the office: 400 of 1,204")
	f.key(fyne.KeyEscape) // stops it
	f.saying("Stopped.")
	if f.window.system.closed {
		t.Error("the window is closed before that was read")
	}
	if f.press("Close Countersign"); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
}

func TestAHomeGoesOnBringingItsRequestsAlong(t *testing.T) {
	joiner, link := brings(), newFakeOffice()
	link.bringing = true
	o := inOffice(link, officeSeed()...)
	options := o.options
	o.options = func(chosen *Options) {
		options(chosen)
		chosen.Joiner = joiner
	}
	f := newOffice(t, o)
	f.window.chrome.sidebar.office.Tapped(&fyne.PointEvent{})
	f.saying("The office does not have all yet that this home brings along.")
	joiner.fail(team.ErrUnreachable)
	f.press("Bring the rest along")
	f.saying("The office’s server cannot be reached.")
	f.press("Close")
	f.saying("The office does not have all yet that this home brings along.")
	if f.window.system.closed {
		t.Error("the window is closed, though the home is the desk that it was")
	}
	joiner.fail(nil)
	f.press("Bring the rest along")
	f.saying("1,204 requests have come along.")
	if got := joiner.bringing[len(joiner.bringing)-1]; got != (officelink.Joining{}) {
		t.Errorf("entered: %+v", got)
	}
	if f.key(fyne.KeyEscape); !f.window.system.closed {
		t.Error("the window goes on with the register of before")
	}
	if strings.Contains(f.says(), "--bring") {
		t.Error("the window speaks of the terminal")
	}
}

// bringScenes are what the window shows of bringing requests along.
func bringScenes() map[string]scene {
	with := func(j *fakeJoiner) officeOptions { return officeOptions{options: func(o *Options) { o.Joiner = j }} }
	form := func(f *office) {
		f.ctrl(fyne.KeyComma)
		f.settle()
		f.press(f.window.lang.Say("prefs.office"))
		f.saying(f.window.lang.Say("office.about_bring"))
		f.fields()[0].SetText("host=db.example.org dbname=notary user=mara")
		f.fields()[1].SetText("BACK")
	}
	refused := brings()
	refused.fails = request.Errorf("bring_gateway", "the office has no gateway like %s of this home: a manager of the office has to share it first", "town-hall")
	stopped := brings()
	stopped.part = 400
	return map[string]scene{
		"office-bring-refused": {desk: with(refused), play: func(f *office) { form(f); f.press(f.window.lang.Say("office.bring_look")); f.settle() }},
		"office-bring-plan": {desk: with(brings()), play: func(f *office) {
			form(f)
			f.press(f.window.lang.Say("office.bring_look"))
			f.saying(f.window.lang.Say("office.bring_word"))
		}},
		"office-bring-stopped": {desk: with(stopped), play: func(f *office) {
			form(f)
			f.press(f.window.lang.Say("office.bring_look"))
			f.saying(f.window.lang.Say("office.bring_word"))
			f.press(f.window.lang.Say("office.bring_yes"))
			f.press(f.window.lang.Say("act.stop"))
			f.saying(f.window.lang.Say("office.bring_rest"))
		}},
		"office-certificate": {desk: certificateDesk(), play: func(f *office) {
			f.desk.shared, f.desk.asksCert, f.desk.moved = "office", true, gateways.Moved{}
			f.ctrl(fyne.KeyComma)
			f.saying(f.window.lang.Say("prefs.is_office"))
			f.press(f.window.lang.Say("prefs.enter_secret"))
			f.saying(f.window.lang.Say("prefs.office_fixed"))
		}},
	}
}

// certificateDesk is a desk of an office whose gateway asks for a client certificate.
func certificateDesk() officeOptions {
	o := inOffice(newFakeOffice())
	o.kinds, o.secrets, o.gateways = officeSettings().kinds, officeSettings().secrets, officeSettings().gateways
	return o
}
