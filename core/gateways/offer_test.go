package gateways

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/desk/fake"
	"countersign/core/gateway"
)

func TestOffersTellWhatTheGatewaysCanDo(t *testing.T) {
	r := newRig(t)
	r.One.Set(func(f *fake.Gateway) {
		f.Can = gateway.Capabilities{MaxDocuments: 3, AcceptsFiles: true, AcceptsIDs: true, NeedsSigner: true, CustomAppearance: true}
	})
	offers, err := r.Offers(t.Context())
	r.must(err)
	found := map[string]Offer{}
	for _, o := range offers {
		found[o.Name] = o
	}
	want := Offer{Choice: Choice{Name: "one", Title: "one", Default: true}, Documents: 3, TakesFiles: true, KnowsIDs: true, NeedsSigner: true, PlacesMarks: true}
	if diff := cmp.Diff(want, found["one"]); diff != "" {
		t.Error(diff)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Offers(ended); err == nil {
		t.Error("it goes on when nobody waits")
	}
}

// Practice is offered first only where there is nothing else.
func TestARealGatewayIsOfferedFirst(t *testing.T) {
	r := newRig(t)
	r.config.Practice = func(_ context.Context, p gateway.Profile) (gateway.Profile, string, error) { return p, "", nil }
	r.restart()
	first := func(profiles string) (names []string) {
		t.Helper()
		r.must(os.WriteFile(r.dir.Gateways(), []byte(profiles), 0o600))
		choices, err := r.Choices(t.Context())
		r.must(err)
		for _, c := range choices {
			if c.Default {
				names = append(names, c.Name)
			}
		}
		return names
	}
	practice := "[gateways.sandbox]\nkind = \"fake\"\npractice = true\n"
	if got := first("default = \"sandbox\"\n" + practice); !slices.Equal(got, []string{"sandbox"}) {
		t.Errorf("practice alone: %q", got)
	}
	if got := first(strings.Replace(fake.Profiles, `default = "one"`, `default = "sandbox"`, 1) + practice); !slices.Equal(got, []string{"one"}) {
		t.Errorf("with real ones: %q", got)
	}
	if got := first(strings.Replace(fake.Profiles, `default = "one"`, `default = "two"`, 1) + practice); !slices.Equal(got, []string{"two"}) {
		t.Errorf("a real default: %q", got)
	}
}

func TestAnOfferTellsWhyItsGatewayCannotBeUsed(t *testing.T) {
	r := newRig(t)
	r.config.Kinds = r.config.Kinds[:1]
	r.restart()
	offers, err := r.Offers(t.Context())
	r.must(err)
	faults := map[string]string{}
	for _, o := range offers {
		faults[o.Name] = o.Fault.Text
	}
	if !strings.Contains(faults["two"], "there is no kind of gateway") || faults["one"] != "" {
		t.Errorf("got %q", faults)
	}
}
