package portasigma_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/request"
)

// The addresses are those of the page "Signature Gateway", for every combination of settings.
func TestBrowserAddress(t *testing.T) {
	const (
		root    = "https://app.portasigma.com/in/house"
		back    = "http://xyz.com/return?x=12&y=ABC"
		escaped = "http%3A%2F%2Fxyz.com%2Freturn%3Fx%3D12%26y%3DABC"
		one     = "/sign.html?id=12&urlreturn=" + escaped
		many    = "/sign.html?id=12&id=27&id=2474&urlreturn=" + escaped
	)
	unset := any(nil)
	for _, test := range []struct {
		logout, view any
		one, many    string
	}{
		{unset, unset, one, many},
		{unset, true, one, many + "&view=true"},
		{unset, false, one, many + "&view=false"},
		{false, unset, one, many},
		{false, true, one, many + "&view=true"},
		{false, false, one, many + "&view=false"},
		{true, unset, one + "&logout=true", many + "&logout=true"},
		{true, true, one + "&logout=true", many + "&logout=true&view=true"},
		{true, false, one + "&logout=true", many + "&logout=true&view=false"},
	} {
		for context, path := range map[any]string{unset: "/gateway", "gateway": "/gateway", "usergateway": "/usergateway"} {
			settings := map[string]any{}
			for key, value := range map[string]any{"context": context, "logout": test.logout, "view": test.view} {
				if value != unset {
					settings[key] = value
				}
			}
			g := open(t, root+"/", settings)
			if diff := cmp.Diff(root+path+test.one, prepareIDs(t, g, back, []string{"12"}).URL); diff != "" {
				t.Errorf("%v: %s", settings, diff)
			}
			if diff := cmp.Diff(root+path+test.many, prepareIDs(t, g, back, []string{"12", "27", "2474"}).URL); diff != "" {
				t.Errorf("%v: %s", settings, diff)
			}
		}
	}
}

func TestReturnAddressesAreEscaped(t *testing.T) {
	tests := map[string]struct {
		back string
		ids  []string
		want string
	}{
		"an id twice is one id":        {"http://x/", []string{"12", "12"}, "id=12&urlreturn=http%3A%2F%2Fx%2F"},
		"an id cannot add a parameter": {"http://x/", []string{"12&logout=true#"}, "id=12%26logout%3Dtrue%23&urlreturn=http%3A%2F%2Fx%2F"},
		"the desk's order is kept":     {"http://x/", []string{"9", "10", "1"}, "id=9&id=10&id=1&urlreturn=http%3A%2F%2Fx%2F&view=false"},
		"a return address of all kind": {"http://x/a+b c%20d#e;ñ", []string{"1"}, "id=1&urlreturn=http%3A%2F%2Fx%2Fa%2Bb%20c%2520d%23e%3B%C3%B1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := prepareIDs(t, open(t, "https://app.example", map[string]any{"view": false}), test.back, test.ids)
			if diff := cmp.Diff("https://app.example/gateway/sign.html?"+test.want, p.URL); diff != "" {
				t.Error(diff)
			}
			for _, id := range test.ids {
				if diff := cmp.Diff(request.RemoteIDs{Request: id, Signatures: []string{id}}, p.RemoteIDs[request.ID("r"+id)]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// The statuses follow from the codes of the page "Signature Gateway".
func TestReadReturn(t *testing.T) {
	type outcomes map[request.ID]request.Status
	one, two := []string{"12"}, []string{"12", "27"}
	tests := map[string]struct {
		ids    []string
		query  string
		want   outcomes
		claims request.Status
		code   string
	}{
		"signed":                             {one, "status=signed&result=success", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, and listed":                 {one, "status=signed&result=success&signed=12", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with an empty list":         {one, "status=signed&result=success&signed=12&unsigned=", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"signed, with two empty lists":       {one, "status=signed&result=success&signed=&unsigned=", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"signed, and nothing under it":       {two, "status=signed&result=success&signed=", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "signed"},
		"signed, and nothing under unsigned": {one, "status=signed&result=success&unsigned", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"rejected, and nothing is listed":    {one, "status=rejected&result=success&unsigned=", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"a query that could not be read":     {one, "unreadable=status%3Dsigned%26result%3Dsuccess%26%25", outcomes{"r12": request.Signing}, request.Signing, ""},
		"all signed":                         {two, "status=signed&result=success", outcomes{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"all signed, and listed":             {two, "status=signed&result=success&signed=27&signed=12", outcomes{"r12": request.Signed, "r27": request.Signed}, request.Signed, "signed"},
		"rejected":                           {one, "status=rejected&result=success", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"rejected, and listed":               {one, "status=rejected&result=success&unsigned=12", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"one rejected":                       {two, "status=rejected&result=success&signed=12&unsigned=27", outcomes{"r12": request.Signed, "r27": request.Rejected}, request.Partial, "rejected"},
		"rejected, but which of the two":     {two, "status=rejected&result=success", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"one of two is not mentioned":        {two, "status=signed&result=success&signed=12", outcomes{"r12": request.Signed, "r27": request.Signing}, request.Signing, "signed"},
		"rejected, and one not mentioned":    {two, "status=rejected&result=success&unsigned=12", outcomes{"r12": request.Rejected, "r27": request.Signing}, request.Signing, "rejected"},
		"access denied":                      {one, "result=accessDenied", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"page not found":                     {two, "result=pageNotFound", outcomes{"r12": request.Failed, "r27": request.Failed}, request.Failed, "pageNotFound"},
		"denied, whatever the status":        {one, "status=signed&result=accessDenied", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"signed, and under unsigned":         {one, "status=signed&result=success&unsigned=12", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"in both lists":                      {one, "status=rejected&result=success&signed=12&unsigned=12", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"rejected, and all under signed":     {two, "status=rejected&result=success&signed=12&signed=27", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "rejected"},
		"rejected, and the only one signed":  {one, "status=rejected&result=success&signed=12", outcomes{"r12": request.Signing}, request.Signing, "rejected"},
		"only others are listed":             {one, "status=signed&result=success&signed=99", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"ids in one value, with commas":      {two, "status=signed&result=success&signed=12,27", outcomes{"r12": request.Signing, "r27": request.Signing}, request.Signing, "signed"},
		"an id listed twice":                 {one, "status=signed&result=success&signed=12&signed=12", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"all rejected":                       {two, "status=rejected&result=success&unsigned=27&unsigned=12", outcomes{"r12": request.Rejected, "r27": request.Rejected}, request.Rejected, "rejected"},
		"denied, whatever the lists":         {one, "result=accessDenied&signed=12", outcomes{"r12": request.Failed}, request.Failed, "accessDenied"},
		"the return address's own query":     {one, "ref=24&status=rejected&result=success", outcomes{"r12": request.Rejected}, request.Rejected, "rejected"},
		"an id that only begins the same":    {one, "status=signed&result=success&signed=123", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"no result":                          {one, "status=signed", outcomes{"r12": request.Signing}, request.Signing, "signed"},
		"no status":                          {one, "result=success", outcomes{"r12": request.Signing}, request.Signing, "success"},
		"lists alone":                        {one, "signed=12", outcomes{"r12": request.Signing}, request.Signing, ""},
		"nothing":                            {one, "", outcomes{"r12": request.Signing}, request.Signing, ""},
		"an unknown status":                  {one, "status=half&result=success", outcomes{"r12": request.Signing}, request.Signing, "half"},
		"another case is unknown":            {one, "status=Signed&result=success", outcomes{"r12": request.Signing}, request.Signing, "Signed"},
		"an unknown result":                  {one, "status=signed&result=odd", outcomes{"r12": request.Signing}, request.Signing, "odd"},
		"two statuses":                       {one, "status=signed&status=rejected&result=success", outcomes{"r12": request.Signing}, request.Signing, "signed, rejected"},
		"the same status twice":              {one, "status=signed&status=signed&result=success", outcomes{"r12": request.Signed}, request.Signed, "signed"},
		"two results":                        {one, "result=accessDenied&result=pageNotFound", outcomes{"r12": request.Signing}, request.Signing, "accessDenied, pageNotFound"},
		"a code that cannot be shown":        {one, "status=%1b%5b31m&result=success", outcomes{"r12": request.Signing}, request.Signing, "[31m"},
	}
	g := open(t, "https://app.example", nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{}}
			for _, id := range test.ids {
				v.RemoteIDs[request.ID("r"+id)] = request.RemoteIDs{Request: id, Signatures: []string{id}}
			}
			hint := g.ParseReturn(v, query)
			got := outcomes{}
			for id, outcome := range hint.Outcomes {
				got[id] = outcome.Status
				if outcome.Code != test.code || outcome.NeedsProof || (outcome.Status == request.Failed) != (outcome.Message != "") {
					t.Errorf("%s: got %+v", id, outcome)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if hint.Status != test.claims || hint.Code != test.code || hint.Rejection.Text != "" {
				t.Errorf("got %+v", hint)
			}
		})
	}
}

func TestReadReturnOfARequestWithSeveralDocuments(t *testing.T) {
	g := open(t, "https://app.example", nil)
	v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "1", Documents: []string{"101", "102"}, Signatures: []string{"1", "2"}}}}
	hint := g.ParseReturn(v, url.Values{"status": {"rejected"}, "result": {"success"}, "signed": {"2"}, "unsigned": {"1"}})
	want := gateway.Outcome{Status: request.Partial, Code: "rejected", Documents: []request.DocumentResult{{Code: "rejected"}, {Code: "signed", Signed: true}}}
	if diff := cmp.Diff(want, hint.Outcomes["r"]); diff != "" {
		t.Error(diff)
	}
	// Ids of documents must not be taken for those of signature requests.
	hint = g.ParseReturn(v, url.Values{"status": {"signed"}, "result": {"success"}, "signed": {"101", "102"}})
	if got := hint.Outcomes["r"].Status; got != request.Signing {
		t.Errorf("got %s", got)
	}
}

func TestFailuresHaveACauseAndAdvice(t *testing.T) {
	g := open(t, "https://app.example", nil)
	visit := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{"r": {Request: "12", Signatures: []string{"12"}}}}
	for result, says := range map[string][]string{
		"accessDenied": {"another person's", "wrong certificate", "reopen it and choose those of the person who is asked to sign"},
		"pageNotFound": {"id", "deleted there", "reopen it, or add it again with the right id"},
	} {
		v := g.ParseReturn(visit, url.Values{"result": {result}}).Outcomes["r"]
		for _, say := range says {
			if !strings.Contains(v.Message, say) {
				t.Errorf("%s: %q is not in %q", result, say, v.Message)
			}
		}
		if v.Status != request.Failed || v.Code != result || v.Message != gateway.Sanitize(v.Message) {
			t.Errorf("%s: got %+v", result, v)
		}
	}
}

func FuzzReadReturn(f *testing.F) {
	for _, seed := range []string{
		"status=signed&result=success", "status=rejected&result=success&signed=1&unsigned=2", "result=accessDenied", "status=signed&status=rejected",
		"signed=1&signed=1;unsigned=%ff", "status=signed&result=success&signed=1,2,3", "ref=24&status=rejected&result=success&unsigned=1&unsigned=2&unsigned=3",
		"status=signed", "status=signed&result=success&signed=99", "status=rejected&result=success", "status=signed&status=rejected&result=success",
		"status=rejected&result=success&signed=1&signed=2&signed=3", "status=rejected&result=success&signed=1&signed=2&signed=3&unsigned=3",
	} {
		f.Add(seed)
	}
	g, err := portasigma.Kind.New(gateway.Profile{Name: "ours", Kind: "portasigma", URL: "https://app.example"}, gateway.Tools{})
	if err != nil {
		f.Fatal(err)
	}
	v := request.Visit{RemoteIDs: map[request.ID]request.RemoteIDs{
		"a": {Signatures: []string{"1"}}, "b": {Documents: []string{"20", "30"}, Signatures: []string{"2", "3"}},
	}}
	f.Fuzz(func(t *testing.T, text string) {
		query, _ := url.ParseQuery(text) // like the listener, use what can be parsed
		// has reports whether a parameter is present and has only this value.
		has := func(name, value string) bool {
			return len(query[name]) > 0 && !slices.ContainsFunc(query[name], func(v string) bool { return v != value })
		}
		hint := g.ParseReturn(v, query)
		if len(hint.Outcomes) != 2 || !hint.Status.Valid() {
			t.Errorf("got %+v", hint)
		}
		for id, outcome := range hint.Outcomes {
			listed := func(list string) (n int) { // number of the request's ids in a list
				for _, id := range v.RemoteIDs[id].Signatures {
					if slices.Contains(query[list], id) {
						n++
					}
				}
				return n
			}
			noLists := strings.Join(query["signed"], "")+strings.Join(query["unsigned"], "") == ""
			all := len(v.RemoteIDs[id].Signatures)
			switch outcome.Status {
			case request.Signed:
				if !has("result", "success") || !has("status", "signed") && !has("status", "rejected") ||
					listed("unsigned") != 0 || listed("signed") != all && (!noLists || !has("status", "signed")) {
					t.Errorf("%s is signed, by %q", id, text)
				}
			case request.Rejected:
				if !has("result", "success") || !has("status", "rejected") || listed("unsigned") != all || listed("signed") != 0 {
					t.Errorf("%s is rejected, by %q", id, text)
				}
			case request.Partial:
				if !has("result", "success") || !has("status", "rejected") || listed("unsigned") == 0 || listed("signed")+listed("unsigned") != all {
					t.Errorf("%s is partial, by %q", id, text)
				}
			case request.Failed:
				if !has("result", "accessDenied") && !has("result", "pageNotFound") {
					t.Errorf("%s is failed, by %q", id, text)
				}
			case request.Signing:
			default:
				t.Errorf("%s is %s", id, outcome.Status)
			}
			if outcome.Code != gateway.Sanitize(outcome.Code) || outcome.Message != gateway.Sanitize(outcome.Message) || outcome.Code != hint.Code {
				t.Errorf("not safe to show: %+v", outcome)
			}
		}
		again := g.ParseReturn(v, query)
		if !cmp.Equal(hint, again) {
			t.Error("read twice, it says two things")
		}
	})
}

func TestAVisitIsLimitedByTheLengthOfItsAddress(t *testing.T) {
	ids := func(n int) (all []request.Request) {
		for i := range n {
			all = append(all, request.Request{AddedRemoteID: strconv.Itoa(1_000_000 + i)})
		}
		return all
	}
	uploads := func(n int) []request.Request {
		return []request.Request{{}, {Documents: make([]request.Document, n)}}
	}
	for name, test := range map[string]struct {
		settings map[string]any
		requests []request.Request
		want     bool
	}{
		"forty ids":              {nil, ids(40), true},
		"as many as fit":         {nil, ids(165), true},
		"one more":               {nil, ids(175), false},
		"a longer address":       {map[string]any{"max_address": 4000}, ids(175), true},
		"a shorter address":      {map[string]any{"max_address": 500}, ids(40), false},
		"one that does not fit":  {nil, []request.Request{{AddedRemoteID: strings.Repeat("é", 1000)}}, true},
		"twenty uploads":         {nil, uploads(20), true},
		"more uploads":           {nil, uploads(21), false},
		"one request of uploads": {nil, uploads(21)[1:], true},
		"ids of many bytes":      {nil, append(ids(1), request.Request{AddedRemoteID: strings.Repeat("é", 400)}), false},
	} {
		if got := gateway.FitsVisit(open(t, "https://app.example", test.settings), test.requests); got != test.want {
			t.Errorf("%s: fits %t", name, got)
		}
	}
	g := open(t, "https://app.example", nil)
	all := ids(165)
	for i := range all {
		all[i].ID = request.ID(strconv.Itoa(i))
	}
	p, err := g.Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:65535/return/0123456789abcdef0123456789abcdef", Requests: all})
	if err != nil || len(p.URL) > 2000 {
		t.Errorf("the address has %d characters, %v", len(p.URL), err)
	}
	for _, wrong := range []int{0, 499, 100_001} {
		if _, err := portasigma.Kind.New(gateway.Profile{Name: "x", Kind: "portasigma", URL: "https://app.example", Settings: map[string]any{"max_address": wrong}}, gateway.Tools{}); err == nil {
			t.Errorf("max_address = %d is accepted", wrong)
		}
	}
}
