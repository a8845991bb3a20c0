package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/core/sandbox"
)

func TestMisbehaviorIsSetOnThePages(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token := r.token()
	p := r.createProcess(token, processPart(""), samplePDF(t))
	_, ids := r.addDoc(samplePDF(t), sample)
	b := r.browser()
	b.open(p.Tasks.Pending[0].URL)
	b.press("set-misbehavior", "misbehave", "slow-result")
	b.shows(`<option value="slow-result" selected>`)
	b.shows("Step 1 of 4")
	b.press("set-misbehavior", "misbehave", "dance")
	b.shows("Choose one of the misbehaviors.")
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.press("set-misbehavior", "misbehave", "lying-return")
	b.shows("Step 2 of 4")
	b.press("continue", "identity", "mobile")
	b.open(gatewayAddress("gateway", "", ids[0]))
	b.press("set-misbehavior", "misbehave", "lost-return")
	b.shows("Choose your certificate")
	if strings.Contains(b.page, `value="old-shape"`) || strings.Contains(b.page, `value="wrong-location"`) {
		t.Error("kinds that this gateway does not have are offered")
	}
	want := []string{ids[0] + " lost-return", p.ID + " lying-return"}
	slices.Sort(want) // the id of a process is random, and may begin with a smaller digit
	if list := r.set(); !slices.Equal(list, want) {
		t.Errorf("set: %v", list)
	}
	b.press("set-misbehavior", "misbehave", "")
	b.open(p.Tasks.Pending[0].URL)
	b.press("continue", "read", "yes")
	b.isBack(callback + "&signer_process_id=" + p.ID + "&status=canceled")
	b.open(p.Tasks.Pending[0].URL)
	b.shows(callback + "&signer_process_id=" + p.ID + "&status=canceled")
	if list := r.set(); !slices.Equal(list, []string{p.ID + " lying-return"}) {
		t.Errorf("set: %v", list)
	}
}

func TestMisbehaviorThatIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.createProcess(r.token(), processPart(""), samplePDF(t))
	_, ids := r.addDoc(samplePDF(t), sample)
	for name, c := range map[string]struct {
		of, how string
		times   int
		origin  string
		status  int
	}{
		"unknown kind":      {p.ID, "dance", 0, "", 400},
		"no kind":           {p.ID, "", 0, "", 400},
		"negative":          {p.ID, "gone", -1, "", 400},
		"too often":         {p.ID, "gone", 1_000_001, "", 400},
		"path in origin":    {p.ID, "redirect", 0, "http://127.0.0.1:1/x", 400},
		"other scheme":      {p.ID, "redirect", 0, "ftp://127.0.0.1", 400},
		"kind of the other": {ids[0], "old-shape", 0, "", 400},
		"nothing of this":   {"none", "gone", 0, "", 404},
		"nothing at all":    {"", "gone", 0, "", 404},
		"no such request":   {"99", "gone", 0, "", 404},
		"no such doc":       {"doc:99", "gone", 0, "", 404},
		"a doc":             {"doc:1", "gone", 1, "", 200},
		"a document":        {p.Documents[0].ID, "gone", 1, "", 200},
	} {
		t.Run(name, func(t *testing.T) { r.want(c.status, r.misbehave(c.of, c.how, c.times, c.origin)) })
	}
	r.want(404, r.service(r.request("DELETE", "/practice/misbehaviour?of=none", nil)))
	r.want(400, r.service(r.request("PUT", "/practice/misbehaviour", strings.NewReader(`{"of":"1","how":"gone","often":1}`))))
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		r.want(401, r.do(r.request(method, "/practice/misbehaviour", nil)))
	}
	c := r.box.Credentials()
	r.want(200, r.do(withBasic(r.request("GET", "/practice/misbehaviour", nil), c.ClientID, c.ClientSecret)))
	r.want(401, r.do(withBasic(r.request("GET", "/practice/misbehaviour", nil), c.ClientID, c.Password)))
}
