package desk

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/request"
)

func TestALinkTellsWhichOfItsRequestsAreHere(t *testing.T) {
	r := newRig(t)
	r.setup.Kinds[0].ParseLink = func(_ gateway.Profile, link string) ([]string, bool) {
		_, ids, _ := strings.Cut(link, "#")
		return strings.Split(ids, ","), true
	}
	r.restart()
	r.One.Set(func(f *fake.Gateway) { f.Can.AcceptsIDs = true })
	known, err := r.Add(t.Context(), New{Gateway: "one", Title: "Lease", RemoteID: "12"})
	r.must(err)
	got, err := r.LookLink(t.Context(), "https://one.example/#12,27")
	r.must(err)
	want := Linked{Gateway: "one", Requests: []Named{
		{ID: "12", Same: []Same{{ID: known.ID, Title: "Lease", Status: request.Pending, Changed: known.UpdatedAt}}}, {ID: "27"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r.setup.Kinds[0].ParseLink = nil
	r.restart()
	if _, err := r.LookLink(t.Context(), "https://nowhere.example/#1"); err == nil {
		t.Error("a link to nowhere was read")
	}
}
