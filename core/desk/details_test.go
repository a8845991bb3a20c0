package desk

import (
	"slices"
	"strings"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/request"
)

var ana = request.Signer{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "1"}

// to returns a change of the gateway of a request.
func to(name string) func(*request.SigningDetails) {
	return func(d *request.SigningDetails) { d.Gateway = name }
}

func TestWhatWaitsIsSignedAtAnotherGateway(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	r.One.Set(func(g *fake.Gateway) { g.PrepareErr = fake.ErrDown })
	if _, err := r.Sign(t.Context(), q.ID); err == nil {
		t.Fatal("the gateway is not down")
	}
	after, err := r.ChangeDetails(t.Context(), q.ID, func(d *request.SigningDetails) {
		d.Gateway, d.Signers = "two", []request.Signer{{Name: " Ana\n", Email: "ana@example.org", Country: "ES", Number: "1"}}
	})
	r.must(err)
	if after.Gateway != "two" || !slices.Equal(after.Signers, []request.Signer{ana}) || after.Trouble != "" {
		t.Errorf("got %+v", after)
	}
	e := r.last(q.ID)
	if after.Practice || e.Details.Practice != nil {
		t.Error("a real gateway counts as a practice gateway")
	}
	if e.Kind != request.KindDetailsChanged || e.By != "ana" || e.Details.From.Gateway != "one" || e.Details.To.Gateway != "two" {
		t.Errorf("got %+v", e)
	}
	again, err := r.ChangeDetails(t.Context(), q.ID, to("two"))
	if r.must(err); again.Version != after.Version {
		t.Error("a change that changes nothing is in the history")
	}
	for name, want := range map[string]int{"one": 0, "two": 1} {
		if n, _, err := r.ledger.Count(t.Context(), ledger.Query{Gateway: name}, 10); err != nil || n != want {
			t.Errorf("%s has %d requests, %v", name, n, err)
		}
	}
	r.must(r.RemoveGateway(t.Context(), "one"))
	if err := r.RemoveGateway(t.Context(), "two"); err == nil {
		t.Error("the gateway that the request waits for was removed")
	}
	visits, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	if len(visits) != 1 || visits[0].Gateway != "two" || len(r.Two.Visits) != 1 {
		t.Errorf("got %+v", visits)
	}
}

func TestWhatTheOtherGatewayCannotUseIsLeftOut(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(g *fake.Gateway) { g.Can.CopyRecipients, g.Can.CustomAppearance = true, true })
	look := &request.SignatureOptions{Reason: "agreed"}
	q, err := r.Add(t.Context(), New{
		Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", original)}, Signers: []request.Signer{ana},
		Copies: []request.CopyRecipient{{Name: "Carl", Email: "carl@example.org"}}, Signature: look,
	})
	r.must(err)
	_, err = r.ChangeDetails(t.Context(), q.ID, func(d *request.SigningDetails) {
		d.Gateway, d.Signature.Reason = "two", "seen"
	})
	if err == nil || !strings.Contains(err.Error(), "decides how its signatures look") {
		t.Errorf("a reason for a gateway that takes none: %v", err)
	}
	after, err := r.ChangeDetails(t.Context(), q.ID, to("two"))
	r.must(err)
	if after.Signature != nil || after.CopyRecipients != nil || !slices.Equal(after.Signers, []request.Signer{ana}) {
		t.Errorf("got %+v", after)
	}
	if e := r.last(q.ID); e.Details.From.Signature == nil || *e.Details.From.Signature != *look {
		t.Errorf("the history does not have what was left out: %+v", e.Details)
	}
}

func TestAChangeIsCheckedAsANewRequestIs(t *testing.T) {
	r := newRig(t)
	q := r.add("one")
	for say, test := range map[string]struct {
		can    func(*gateway.Capabilities)
		change func(*request.SigningDetails)
	}{
		`there is no gateway "three"`:    {change: to("three")},
		"needs to know who signs":        {func(c *gateway.Capabilities) { c.NeedsSigner = true }, to("two")},
		"has no API user":                {func(c *gateway.Capabilities) { c.AcceptsFiles = false }, to("two")},
		"and the limit is 0 MB":          {func(c *gateway.Capabilities) { c.MaxSize = 1 }, to("two")},
		"so many documents in one visit": {func(c *gateway.Capabilities) { c.MaxDocuments = 0 }, to("two")},
		"cannot send copies":             {change: func(d *request.SigningDetails) { d.CopyRecipients = []request.CopyRecipient{{Name: "Carl"}} }},
		"one short line each": {func(c *gateway.Capabilities) { c.CustomAppearance = true }, func(d *request.SigningDetails) {
			d.Gateway, d.Signature = "two", &request.SignatureOptions{Field: "a.b"}
		}},
		"enter its number, or last": {func(c *gateway.Capabilities) { c.CustomAppearance = true }, func(d *request.SigningDetails) {
			d.Gateway, d.Positions = "two", []request.SignaturePosition{{Page: "first"}}
		}},
		"has no visible characters":        {change: func(d *request.SigningDetails) { d.Signers = []request.Signer{{Name: "\u202e"}} }},
		"decides how its signatures look:": {change: func(d *request.SigningDetails) { d.Signature = &request.SignatureOptions{Reason: "agreed"} }},
	} {
		before := r.Two.Capabilities()
		if test.can != nil {
			r.Two.Set(func(g *fake.Gateway) { test.can(&g.Can) })
		}
		if _, err := r.ChangeDetails(t.Context(), q.ID, test.change); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", say, err)
		}
		r.Two.Set(func(g *fake.Gateway) { g.Can = before })
	}
	if after := r.get(q.ID); after.Version != q.Version {
		t.Errorf("got %+v", after)
	}
}

// The function that changes the details gets a copy of the positions, so that the event has those before.
func TestThePositionOfOneDocumentIsChanged(t *testing.T) {
	r := newRig(t)
	sampleFiles(t)
	r.One.Set(func(g *fake.Gateway) { g.Can.CustomAppearance = true })
	q, err := r.Add(t.Context(), New{
		Gateway: "one", Files: []input.File{input.Memory("Lease.pdf", original)}, Signers: []request.Signer{ana}, Positions: []request.SignaturePosition{{Page: "1"}},
	})
	r.must(err)
	after, err := r.ChangeDetails(t.Context(), q.ID, func(d *request.SigningDetails) {
		d.Positions[0].Page = "last"
		d.Positions = append(d.Positions, request.SignaturePosition{Page: "2"}) // there is no second document
	})
	r.must(err)
	if len(after.Positions) != 1 || after.Positions[0].Page != "last" {
		t.Errorf("got %+v", after.Positions)
	}
	if e := r.last(q.ID); e.Kind != request.KindDetailsChanged || e.Details.From.Positions[0].Page != "1" {
		t.Errorf("got %+v", e)
	}
}

func TestARequestThatExistsAtItsGatewayStaysThere(t *testing.T) {
	r := newRig(t)
	for _, g := range []*fake.Gateway{r.One, r.Two} {
		g.Set(func(g *fake.Gateway) { g.Can.AcceptsIDs = true })
	}
	q, err := r.Add(t.Context(), New{Gateway: "one", RemoteID: "27"})
	r.must(err)
	if _, err := r.ChangeDetails(t.Context(), q.ID, to("two")); err == nil || !strings.Contains(err.Error(), "exists at gateway one") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatWaitsCanBeSignedInAnotherWay(t *testing.T) {
	r := newRig(t)
	out, _ := r.launch("one")
	if _, err := r.ChangeDetails(t.Context(), out.ID, to("two")); err == nil || !strings.Contains(err.Error(), "withdraw and reopen it") {
		t.Errorf("in the browser: %v", err)
	}
	_, err := r.Withdraw(t.Context(), out.ID, "")
	r.must(err)
	if _, err := r.ChangeDetails(t.Context(), out.ID, to("two")); err == nil || !strings.Contains(err.Error(), "reopen it to change") {
		t.Errorf("withdrawn: %v", err)
	}
	_, err = r.Reopen(t.Context(), out.ID)
	r.must(err)
	after, err := r.ChangeDetails(t.Context(), out.ID, to("two"))
	r.must(err)
	if after.Gateway != "two" || len(after.PendingDeletes) != 1 {
		t.Errorf("got %+v", after)
	}
	// The copies of the visit before are deleted at the gateway where they are.
	r.must(r.Refresh(t.Context(), out.ID))
	if seen := r.One.Seen(); !slices.Contains(seen, "discard p1") {
		t.Errorf("the first gateway saw %v", seen)
	}
	if slices.ContainsFunc(r.Two.Seen(), func(call string) bool { return strings.HasPrefix(call, "discard") }) {
		t.Error("the second gateway was asked to delete what it never had")
	}
}

// Of a change and a launch at the same moment, in two processes, the one that is written first counts.
func TestALaunchAndAChangeAtTheSameMoment(t *testing.T) {
	r := newRig(t)
	r.close()
	r.alone = false
	r.open()
	other := r.second()
	defer other.close()
	q := r.add("one")
	r.One.Set(func(g *fake.Gateway) {
		g.AtPrepare = func() {
			g.AtPrepare = nil
			_, err := other.ChangeDetails(t.Context(), q.ID, to("two"))
			r.must(err)
		}
	})
	if visits, err := r.Sign(t.Context(), q.ID); err == nil || len(visits) != 0 || !strings.Contains(err.Error(), "sign it again") {
		t.Errorf("got %v, %v", visits, err)
	}
	if after := r.get(q.ID); after.Status != request.Pending || after.Gateway != "two" {
		t.Errorf("got %+v", after)
	}
	if seen := r.One.Seen(); !slices.Contains(seen, "discard p1") {
		t.Errorf("the visit that was not used is left at the gateway: %v", seen)
	}
	visits, err := r.Sign(t.Context(), q.ID)
	r.must(err)
	if len(visits) != 1 || visits[0].Gateway != "two" {
		t.Errorf("got %+v", visits)
	}
	launched := false
	if _, err := other.ChangeDetails(t.Context(), r.add("one").ID, func(d *request.SigningDetails) {
		d.Gateway = "two"
		if launched {
			return
		}
		launched = true
		ids, err := r.ledger.Query(t.Context(), ledger.Query{Statuses: []request.Status{request.Pending}})
		r.must(err)
		_, err = r.Sign(t.Context(), ids.Requests[0].ID)
		r.must(err)
	}); err == nil || !strings.Contains(err.Error(), "is in the browser") {
		t.Errorf("a visit that is out was changed: %v", err)
	}
}
