package trident_test

import (
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

// object is a decoded JSON object.
type object = map[string]any

var policy = object{"signature_policy_id": "urn:safelayer:eidas:policies:sign:document:pdf"}

// everything has all settings of a profile.
var everything = object{
	"auth_server": "as one", "labels": [][]string{{"a", "b"}}, "skip_agreement": true, "locale": "en_US", "process_type": "urn:p",
	"timestamp_provider": "urn:t", "callback_field": "finished_callback_url", "agreement_html": "<p>I agree & sign é</p>",
	"policy": "urn:policy", "signature_type": "pades-bes", "digest": "sha256", "reason": "I <agree>", "location": "Lugo", "contact": "ana@example.org",
	"field_name": "Sig", "page": "last", "rectangle": []any{int64(40), 60.5, int64(220), 70.0},
	"appearance": object{
		"signature_details": object{"details": []any{object{"type": "subject", "title": "By: "}, object{"type": "date", "title": "On: "}}, "font": object{"size": int64(9), "embed": true}},
		"background_image":  object{"binary": "QUJD"},
	},
	// These do not show in a process with one document.
	"keep": true, "max_size_mb": 25, "batch_limit": 3, "batch_member": "docs", "batch_items": "ids", "batch_signer": true,
}

// everythingSent returns the process with the settings of everything, without the field's name.
func everythingSent() object {
	return object{
		"process_type": "urn:p", "labels": []any{[]any{"a", "b"}}, "ui_locales": []any{"en_US"}, "finished_callback_url": returnURL,
		"views": object{"document_agreement": object{
			"skip_server_id": "true", "document_info": object{"html_body_content": "PHA+SSBhZ3JlZSAmIHNpZ24gw6k8L3A+"},
		}},
		"timestamp": object{"provider_id": "urn:t"},
		"signer": object{"signature_policy_id": "urn:policy", "parameters": object{
			"type": "pades-bes", "default_digest_algorithm": "sha256", "reason": "I <agree>", "location": "Lugo", "contact_info": "ana@example.org",
			"signature_field": object{
				"location": object{"page": object{"number": "last"}, "rectangle": object{"x": 40.0, "y": 60.5, "width": 220.0, "height": 70.0}},
				"appearance": object{
					"signature_details": object{"details": []any{object{"type": "subject", "title": "By: "}, object{"type": "date", "title": "On: "}}, "font": object{"size": 9.0, "embed": true}},
					"background_image":  object{"binary": "QUJD"},
				},
			},
		}},
	}
}

// TestADocumentWithAFieldGetsAFieldOfItsOwn checks that a gateway that would use the same name for each
// signature is told another one.
func TestADocumentWithAFieldGetsAFieldOfItsOwn(t *testing.T) {
	for name, test := range map[string]struct {
		settings  object
		hasField  bool
		wantField string
	}{
		"no field, nothing set":    {nil, false, ``},
		"a field, nothing set":     {nil, true, `Signature_[0-9a-f]{16}`},
		"a field, a name set":      {object{"field_name": "Sig"}, true, `Sig_[0-9a-f]{16}`},
		"a field, but none wanted": {object{"field_name": "none"}, true, ``},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("POST /signer_processes", 201, createdAnswer)
			visit := spec()
			visit.HasSignatureField = func(request.Document) bool { return test.hasField }
			if _, err := d.open(trident.Kind, test.settings).Prepare(t.Context(), visit); err != nil {
				t.Fatal(err)
			}
			if field := fieldOf(d.process["signer"]); !regexp.MustCompile(`^` + test.wantField + `$`).MatchString(field) {
				t.Errorf("the field is %q", field)
			}
		})
	}
}

// fieldOf removes the field's name from a signature definition and returns it.
func fieldOf(signer any) string {
	definition, _ := signer.(object)
	p, _ := definition["parameters"].(object)
	field, _ := p["signature_field"].(object)
	name, named := field["name"].(string)
	delete(field, "name")
	if named && len(field) == 0 {
		delete(p, "signature_field")
	}
	return name
}

func TestTheProcessHasExactlyTheSettings(t *testing.T) {
	uae := func() object {
		return object{
			"process_type":        "urn:safelayer:eidas:processes:document:sign:esigp",
			"labels":              []any{[]any{"digitalid", "server", "qualified"}},
			"signer":              object{"signature_policy_id": policy["signature_policy_id"], "parameters": object{"type": "pades-baseline"}},
			"finish_callback_url": returnURL,
			"views":               object{"document_agreement": object{"skip_server_id": "false"}},
			"timestamp":           object{"provider_id": "urn:uae:tws:generation:policy:digitalid"},
		}
	}
	with := func(base object, member string, value any) object {
		base[member] = value
		return base
	}
	with2 := func(parameters object) object {
		return object{"signer": object{"signature_policy_id": policy["signature_policy_id"], "parameters": parameters}, "finish_callback_url": returnURL}
	}
	plain := object{"signer": policy, "finish_callback_url": returnURL}
	tests := map[string]struct {
		kind     gateway.Kind
		as       string
		settings object
		want     object
		field    string // pattern of the field's name
	}{
		"nothing is set": {trident.Kind, "main", nil, object{
			"process_type": "urn:safelayer:eidas:processes:document:sign:esigp", "finish_callback_url": returnURL,
			"signer": object{"signature_policy_id": policy["signature_policy_id"], "parameters": object{"type": "pades-baseline"}},
		}, ``},
		"none is not sent": {trident.Kind, "main", object{"policy": "none", "process_type": "none", "signature_type": "none", "timestamp_provider": "none", "field_name": "none"}, object{"finish_callback_url": returnURL}, ``},
		"what uaepass brings can be none": {trident.UAEPass, "main-as", object{
			"labels": []any{[]any{"none"}}, "signature_type": "none", "timestamp_provider": "none", "process_type": "none", "field_name": "none", "skip_agreement": "",
		}, plain, ``},
		"everything is set":               {trident.Kind, "as one", everything, everythingSent(), `Sig_[0-9a-f]{16}`},
		"uaepass brings its own":          {trident.UAEPass, "main-as", nil, uae(), `Signature_[0-9a-f]{16}`},
		"labels replace those of uaepass": {trident.UAEPass, "main-as", object{"labels": [][]string{{"a"}, {"b", "c"}}}, with(uae(), "labels", []any{[]any{"a"}, []any{"b", "c"}}), `Signature_[0-9a-f]{16}`},
		"what uaepass brings can be replaced": {trident.UAEPass, "x", object{
			"auth_server": "x", "skip_agreement": true, "process_type": "urn:safelayer:eidas:processes:sign:esigp", "signature_type": "pades-epes", "timestamp_provider": "urn:t", "field_name": "Sign", "labels": [][]string{{"a"}},
		}, object{
			"process_type": "urn:safelayer:eidas:processes:sign:esigp", "labels": []any{[]any{"a"}}, "finish_callback_url": returnURL,
			"signer":    object{"signature_policy_id": policy["signature_policy_id"], "parameters": object{"type": "pades-epes"}},
			"views":     object{"document_agreement": object{"skip_server_id": "true"}},
			"timestamp": object{"provider_id": "urn:t"},
		}, `Sign_[0-9a-f]{16}`},
		"what uaepass brings can be left out": {trident.UAEPass, "main-as", object{
			"labels": []string{}, "signature_type": "", "timestamp_provider": "", "process_type": "", "field_name": "", "skip_agreement": "",
		}, plain, ``},
		"no policy, no signer":              {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "policy": ""}, object{"finish_callback_url": returnURL}, ``},
		"parameters without a policy":       {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "policy": "", "reason": "x"}, object{"signer": object{"parameters": object{"reason": "x"}}, "finish_callback_url": returnURL}, ``},
		"the agreement is shown if said so": {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "skip_agreement": false}, object{"signer": policy, "finish_callback_url": returnURL, "views": object{"document_agreement": object{"skip_server_id": "false"}}}, ``},
		"an agreement alone":                {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "agreement_html": "a"}, object{"signer": policy, "finish_callback_url": returnURL, "views": object{"document_agreement": object{"document_info": object{"html_body_content": "YQ=="}}}}, ``},
		"a page alone":                      {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "page": "2"}, with2(object{"signature_field": object{"location": object{"page": object{"number": "2"}}}}), ``},
		"a rectangle alone":                 {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "rectangle": []any{0, 0, 1, 2.5}}, with2(object{"signature_field": object{"location": object{"rectangle": object{"x": 0.0, "y": 0.0, "width": 1.0, "height": 2.5}}}}), ``},
		"a field alone":                     {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "field_name": "F"}, with2(object{}), `F_[0-9a-f]{16}`},
		"empty is not set":                  {trident.Kind, "main", object{"process_type": "none", "signature_type": "none", "appearance": object{}, "rectangle": []any{}, "page": "", "digest": "", "reason": "", "location": "", "contact": "", "field_name": "", "agreement_html": "", "locale": ""}, plain, ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.as = url.PathEscape(test.as)
			d.on("POST /signer_processes", 201, createdAnswer)
			if _, err := d.open(test.kind, test.settings).Prepare(t.Context(), spec()); err != nil {
				t.Fatal(err)
			}
			if field := fieldOf(d.process["signer"]); !regexp.MustCompile(`^` + test.field + `$`).MatchString(field) {
				t.Errorf("the field is %q", field)
			}
			if diff := cmp.Diff(test.want, d.process); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"process|application/json|", "document|application/pdf|Lease__.pdf"}, d.parts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARequestOverridesTheProfile(t *testing.T) {
	d := newDouble(t)
	d.as = "as%20one"
	d.on("POST /signer_processes", 201, createdAnswer)
	g := d.open(trident.Kind, everything)
	send := func(own *request.SignatureOptions) any {
		t.Helper()
		its := spec()
		its.Requests[0].Signature = own
		if _, err := g.Prepare(t.Context(), its); err != nil {
			t.Fatal(err)
		}
		return d.process["signer"]
	}
	want := everythingSent()["signer"].(object)
	p := want["parameters"].(object)
	place := p["signature_field"].(object)["location"].(object)

	p["reason"] = "mine"
	got := send(&request.SignatureOptions{Reason: "mine"})
	if field := fieldOf(got); !strings.HasPrefix(field, "Sig_") {
		t.Errorf("the field is %q", field)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	place["page"], place["rectangle"] = object{"number": "7"}, object{"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}
	got = send(&request.SignatureOptions{Reason: "mine", Field: "form[0].Signature 1", Page: "7", Rectangle: &request.Rectangle{X: 1, Y: 2, Width: 3, Height: 4}})
	if field := fieldOf(got); field != "form[0].Signature 1" {
		t.Errorf("the field is %q", field)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// The profile has not changed.
	got = send(nil)
	fieldOf(got)
	want = everythingSent()["signer"].(object)
	delete(want["parameters"].(object)["signature_field"].(object), "name")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEverySignatureGetsItsOwnField(t *testing.T) {
	d := newDouble(t)
	d.as = "main-as"
	d.on("POST /signer_processes", 201, createdAnswer)
	g := d.open(trident.UAEPass, nil)
	seen := map[string]bool{}
	for range 5 {
		if _, err := g.Prepare(t.Context(), spec()); err != nil {
			t.Fatal(err)
		}
		seen[fieldOf(d.process["signer"])] = true
	}
	if len(seen) != 5 {
		t.Errorf("fields: %v", seen)
	}
}

func TestWrongSettingsAreRefused(t *testing.T) {
	const root = "https://x.example"
	set := func(key string, value any) object { return object{"client_id": "c", key: value} }
	tests := map[string]struct {
		url      string
		settings object
		say      string
	}{
		"no client":                      {root, object{}, "client_id"},
		"another callback field":         {root, set("callback_field", "callback"), "use finish_callback_url or finished_callback_url"},
		"an unknown setting":             {root, set("color", "red"), "no such setting"},
		"no encryption":                  {"http://x.example", set("page", "1"), "not encrypted"},
		"no authorization server":        {root, set("auth_server", ""), "auth_server"},
		"one that leads elsewhere":       {root, set("auth_server", ".."), "auth_server"},
		"page nought":                    {root, set("page", "0"), `page: "0" is not allowed: use a number from "1", or "last"`},
		"the first page, in words":       {root, set("page", "first"), "page"},
		"a negative page":                {root, set("page", "-1"), "page"},
		"a page that is a number":        {root, set("page", 2), "page"},
		"three numbers":                  {root, set("rectangle", []any{1, 2, 3}), "rectangle"},
		"five numbers":                   {root, set("rectangle", []any{1, 2, 3, 4, 5}), "rectangle"},
		"no width":                       {root, set("rectangle", []any{1, 2, 0, 4}), "rectangle: [1 2 0 4] is not allowed: give x, y, width and height"},
		"a negative height":              {root, set("rectangle", []any{1, 2, 3, -4}), "rectangle"},
		"a rectangle without end":        {root, set("rectangle", []any{1, 2, 3, math.Inf(1)}), "rectangle"},
		"a place that is no number":      {root, set("rectangle", []any{math.NaN(), 2, 3, 4}), "rectangle"},
		"an appearance that is no JSON":  {root, set("appearance", object{"a": []any{object{"b": math.NaN()}}}), "appearance"},
		"an appearance that is a word":   {root, set("appearance", "nice"), "write a table"},
		"an agreement without end":       {root, set("agreement_html", strings.Repeat("x", 64<<10+1)), "agreement_html: it has 65537 bytes"},
		"neither yes nor no":             {root, set("skip_agreement", "perhaps"), "use true or false"},
		"a negative size":                {root, set("max_size_mb", -1), "max_size_mb: -1"},
		"a size beyond counting":         {root, set("max_size_mb", int64(math.MaxInt64)), "max_size_mb"},
		"no document in a batch":         {root, set("batch_limit", 0), "batch_limit: 0"},
		"a batch without a member":       {root, set("batch_member", ""), "batch_member"},
		"a batch in another's member":    {root, set("batch_member", "signer"), `batch_member: "signer" is not allowed: give a name that no other`},
		"a batch in place of the return": {root, set("batch_member", "finish_callback_url"), "batch_member"},
		"a batch of other things":        {root, set("batch_items", "names"), "use objects, ids or urls"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := trident.Kind.New(gateway.Profile{Name: "ours", Kind: "trident", URL: test.url, Settings: test.settings}, gateway.Tools{})
			if err == nil || !strings.Contains(err.Error(), test.say) || !strings.HasPrefix(err.Error(), "gateway ours: ") {
				t.Errorf("got %v", err)
			}
		})
	}
	fits := set("agreement_html", strings.Repeat("x", 64<<10))
	if _, err := trident.Kind.New(gateway.Profile{Name: "ours", Kind: "trident", URL: root, Settings: fits}, gateway.Tools{}); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestSettingsAreReadFromTheFile(t *testing.T) {
	profiles, err := gateway.ParseProfiles(`
[gateways.ours]
kind = "trident"
url = "https://x.example"
client_id = "c"
rectangle = [40, 60.5, 220, 70]
page = "last"
signature_type = "none"

[gateways.ours.appearance.signature_details]
details = [{type = "subject", title = "By: "}]
`)
	if err != nil {
		t.Fatal(err)
	}
	d := newDouble(t)
	d.on("POST /signer_processes", 201, createdAnswer)
	settings := profiles.List[0].Settings
	settings["client_id"] = clientID
	if _, err := d.open(trident.Kind, settings).Prepare(t.Context(), spec()); err != nil {
		t.Fatal(err)
	}
	want := object{"signature_field": object{
		"location":   object{"page": object{"number": "last"}, "rectangle": object{"x": 40.0, "y": 60.5, "width": 220.0, "height": 70.0}},
		"appearance": object{"signature_details": object{"details": []any{object{"type": "subject", "title": "By: "}}}},
	}}
	if diff := cmp.Diff(want, d.process["signer"].(object)["parameters"]); diff != "" {
		t.Error(diff)
	}
}

func TestKinds(t *testing.T) {
	want := []gateway.Host{{Name: "staging", Title: "Staging", URL: "https://stg-id.uaepass.ae"}, {Name: "production", Title: "Production", URL: "https://id.uaepass.ae"}}
	if diff := cmp.Diff(want, trident.UAEPass.Hosts); diff != "" {
		t.Error(diff)
	}
	for _, h := range trident.UAEPass.Hosts {
		if _, err := gateway.ParseRootURL(h.URL); err != nil {
			t.Error(err)
		}
	}
	for _, word := range []string{"SOP1", "SOP2", "SOP3", "cannot sign", "logged in", "phone"} {
		if !strings.Contains(trident.UAEPass.Help, word) {
			t.Errorf("nothing of %s", word)
		}
	}
	if trident.Kind.Help == "" || trident.Kind.Hosts != nil {
		t.Errorf("got %q, %v", trident.Kind.Help, trident.Kind.Hosts)
	}
}
