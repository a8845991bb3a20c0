package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/i18n"
	"countersign/core/request"
)

func TestAChangeOfSigningDetailsIsSaidWithWhatWasBefore(t *testing.T) {
	from := request.SigningDetails{Gateway: "office", Signers: []request.Signer{{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "1"}}}
	look := request.SigningDetails{
		Gateway: "notary", Signers: []request.Signer{{Name: "Bea"}, {Name: "Carl"}}, CopyRecipients: []request.CopyRecipient{{Name: "Dora", Email: "dora@example.org"}},
		Signature: &request.SignatureOptions{Reason: "agreed", Field: "Field1", Page: "last", Rectangle: &request.Rectangle{X: 72, Y: 144, Width: 36, Height: 18}},
		Positions: []request.SignaturePosition{{}, {Page: "2", Rectangle: &request.Rectangle{X: 72, Y: 144, Width: 36, Height: 18}}},
	}
	moved := from
	moved.Signers = []request.Signer{{Name: "Ana", Email: "ana@example.org", Country: "ES", Number: "2"}}
	for name, test := range map[string]struct {
		lang     i18n.Language
		from, to request.SigningDetails
		want     []string
	}{
		"everything": {i18n.English, from, look, []string{
			"Gateway: notary (before: office)", "Signer: Bea; Carl (before: Ana)", "Copy to: Dora, dora@example.org (before: none)",
			"Reason for signing: agreed (before: none)", "Signature field name: Field1 (before: none)", "Page: last (before: none)",
			"Positions in single documents: none; 2, 25 mm from the left, 51 mm from the bottom, 13 × 6 mm (before: none)",
			"Signature position: 25 mm from the left, 51 mm from the bottom, 13 × 6 mm (before: none)",
		}},
		"a number alone": {i18n.French, from, moved, []string{"Signataire\u00a0: Ana, ana@example.org, ES 2 (avant\u00a0: Ana, ana@example.org, ES 1)"}},
		"nothing":        {i18n.English, look, look, nil},
	} {
		if diff := cmp.Diff(test.want, DetailsChange(test.lang, &request.DetailsChange{From: test.from, To: test.to})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if said := DetailsChange(i18n.English, nil); said != nil {
		t.Errorf("of nothing: %q", said)
	}
}
