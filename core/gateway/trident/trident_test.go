package trident_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/request"
)

const createdAnswer = `{"id":"sp1","self":"ROOT/x/sp1","tasks":{"pending":[{"type":"UserBrowserTask","id":"t0","url":"ROOT/ui?signerProcessId=sp1"}]},
"documents":[{"id":"d1","url":"ROOT/trustedx-resources/esignsp/v2/documents/d1","content":"ROOT/trustedx-resources/esignsp/v2/documents/d1/content"}]}`

func TestPrepareReadsAllFormsOfAnswers(t *testing.T) {
	const content = "ROOT/trustedx-resources/esignsp/v2/documents/"
	pending := `"tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui?x=1"}]}`
	tests := map[string]struct {
		answer   string
		location string
		want     gateway.PreparedVisit
		notes    int
	}{
		"as documented": {createdAnswer, "/signer_processes/sp1", prepared("sp1", "ROOT/ui?signerProcessId=sp1", "d1", content+"d1/content"), 0},
		"a document with its url alone": {
			`{"id":"sp1",` + pending + `,"documents":[{"url":"ROOT/trustedx-resources/esignsp/v2/documents/dc_1/"}]}`, "",
			prepared("sp1", "ROOT/ui?x=1", "dc_1", content+"dc_1/content"), 0,
		},
		"a document with its id alone": {`{"id":"sp1",` + pending + `,"documents":[{"id":"d1"}]}`, "", prepared("sp1", "ROOT/ui?x=1", "d1", ""), 0},
		"ids that need escaping": {
			`{"id":"a/b c?#é",` + pending + `,"documents":[{"url":"ROOT/trustedx-resources/esignsp/v2/documents/x%2Fy%3F"}]}`, "/signer_processes/a%2Fb%20c%3F%23%C3%A9",
			prepared("a/b c?#é", "ROOT/ui?x=1", "x/y?", content+"x%2Fy%3F/content"), 0,
		},
		"several tasks, of which one is for the browser": {
			`{"id":"sp1","tasks":{"pending":[{"type":"OtherTask","url":"ROOT/other"},{"type":"UserBrowserTask","url":"ROOT/ui"},{"type":"UserBrowserTask","url":"ROOT/ui2"}]},"documents":[{"id":"d1"}]}`,
			"", prepared("sp1", "ROOT/ui", "d1", ""), 0,
		},
		"members nobody knows": {`{"more":{"a":[1]},"id":"sp1",` + pending + `,"documents":[{"id":"d1","size":3}]}`, "", prepared("sp1", "ROOT/ui?x=1", "d1", ""), 0},
		"a location that disagrees is noted, and the body counts": {
			`{"id":"sp1",` + pending + `,"documents":[{"id":"d1"}]}`, "/signer_processes/sp2", prepared("sp1", "ROOT/ui?x=1", "d1", ""), 1,
		},
		"a content elsewhere is noted, and left alone": {
			`{"id":"sp1",` + pending + `,"documents":[{"id":"d1","content":"https://files.example.org/d1"}]}`, "", prepared("sp1", "ROOT/ui?x=1", "d1", ""), 1,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.onDo("POST /signer_processes", func(w http.ResponseWriter, _ *http.Request) {
				if test.location != "" {
					w.Header().Set("Location", d.URL+"/trustedx-resources/esignsp/v2"+test.location)
				}
				w.WriteHeader(http.StatusCreated)
				io.WriteString(w, strings.ReplaceAll(test.answer, "ROOT", d.URL))
			})
			got, err := d.open(trident.Kind, nil).Prepare(t.Context(), spec())
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Notes) != test.notes {
				t.Errorf("notes: %q", got.Notes)
			}
			got.Notes = nil
			test.want.URL = strings.ReplaceAll(test.want.URL, "ROOT", d.URL)
			for _, s := range test.want.RemoteIDs {
				s.ContentURLs[0] = strings.ReplaceAll(s.ContentURLs[0], "ROOT", d.URL)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func prepared(process, task, doc, content string) gateway.PreparedVisit {
	return gateway.PreparedVisit{URL: task, ProcessID: process, RemoteIDs: map[request.ID]request.RemoteIDs{
		"r1": {Request: process, Documents: []string{doc}, ContentURLs: []string{content}},
	}}
}

func TestPrepareErrors(t *testing.T) {
	elsewhere := bystander(t)
	tests := map[string]struct {
		status int
		answer string
		want   gateway.Fault
	}{
		"it refuses":                           {400, `{"error":"bad labels"}`, gateway.Refused},
		"it is not allowed":                    {403, ``, gateway.Unauthorized},
		"it is broken":                         {500, `<html>`, gateway.ServerError},
		"it is another page":                   {200, `<html>`, gateway.BadAnswer},
		"it says yes in another way":           {200, createdAnswer, gateway.BadAnswer},
		"it sends somewhere else":              {307, ``, gateway.BadAnswer},
		"no JSON":                              {201, `<html>`, gateway.BadAnswer},
		"a list":                               {201, `[]`, gateway.BadAnswer},
		"nothing":                              {201, `null`, gateway.BadAnswer},
		"no id":                                {201, strings.Replace(createdAnswer, `"id":"sp1"`, `"id":""`, 1), gateway.BadAnswer},
		"an id that leads elsewhere":           {201, strings.Replace(createdAnswer, `"id":"sp1"`, `"id":".."`, 1), gateway.BadAnswer},
		"no task":                              {201, strings.Replace(createdAnswer, "UserBrowserTask", "OtherTask", 1), gateway.BadAnswer},
		"no document":                          {201, `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[]}`, gateway.BadAnswer},
		"two documents":                        {201, `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[{"id":"a"},{"id":"b"}]}`, gateway.BadAnswer},
		"a document whose url leads elsewhere": {201, `{"id":"sp1","tasks":{"pending":[{"type":"UserBrowserTask","url":"ROOT/ui"}]},"documents":[{"url":"ROOT/documents/.."}]}`, gateway.BadAnswer},
		"a task that is a script":              {201, strings.Replace(createdAnswer, "ROOT/ui", "javascript:alert(1)//", 1), gateway.BadAnswer},
		"a task that is a file":                {201, strings.Replace(createdAnswer, "ROOT/ui", "file:///etc/passwd", 1), gateway.BadAnswer},
		"a task without encryption":            {201, strings.Replace(createdAnswer, "ROOT/ui", "http://sign.example.org/ui", 1), gateway.BadAnswer},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.onDo("POST /signer_processes", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", elsewhere+"/signer_processes")
				w.WriteHeader(test.status)
				io.WriteString(w, strings.ReplaceAll(test.answer, "ROOT", d.URL)+r.Header.Get("Authorization"))
			})
			if test.status/100 == 2 { // text after the JSON would be another error
				d.on("POST /signer_processes", test.status, test.answer)
			}
			d.on("GET /signer_processes/sp1", 200, test.answer) // is asked for a task
			deleted := 0
			d.onDo("DELETE /signer_processes/sp1", func(w http.ResponseWriter, _ *http.Request) {
				deleted++
				w.WriteHeader(http.StatusNoContent)
			})
			got, err := d.open(trident.Kind, nil).Prepare(t.Context(), spec())
			if faultOf(err) != test.want || !cmp.Equal(got, gateway.PreparedVisit{}) {
				t.Errorf("got %v, %v", got, err)
			}
			if made := test.status == 201 && strings.Contains(test.answer, `"id":"sp1"`); made != (deleted == 1) {
				t.Errorf("deleted %d times", deleted)
			}
		})
	}
}

func TestOneDocumentPerVisit(t *testing.T) {
	d := newDouble(t)
	two := spec()
	two.Requests = append(two.Requests, two.Requests[0])
	if _, err := d.open(trident.Kind, map[string]any{"batch_limit": 1}).Prepare(t.Context(), two); err == nil || !strings.Contains(err.Error(), "one after the other") || len(d.seen()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatCannotBeOpenedIsNotSent(t *testing.T) {
	d := newDouble(t)
	broken := spec()
	broken.OpenDocument = func(request.Document) (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }
	if _, err := d.open(trident.Kind, nil).Prepare(t.Context(), broken); !errors.Is(err, io.ErrUnexpectedEOF) || len(d.seen()) != 0 {
		t.Errorf("got %v, calls %v", err, d.seen())
	}
}

func TestAsk(t *testing.T) {
	all := func(v gateway.Outcome) map[request.ID]gateway.Outcome {
		return map[request.ID]gateway.Outcome{"r1": v}
	}
	doc := func(code, message string, signed bool) []request.DocumentResult {
		return []request.DocumentResult{{Code: code, Message: message, Signed: signed}}
	}
	tests := map[string]struct {
		status int
		body   string
		want   map[request.ID]gateway.Outcome
		fault  gateway.Fault
	}{
		"finished":                     {200, `{"status":"finished"}`, all(gateway.Outcome{Status: request.Signed, Code: "finished", Documents: doc("finished", "", true)}), 0},
		"failed, and why":              {200, `{"status":"failed","details":{"message":"no\nidentity"}}`, all(gateway.Outcome{Status: request.Failed, Code: "failed", Message: "no identity", Documents: doc("failed", "no identity", false)}), 0},
		"canceled":                     {200, `{"status":"canceled","details":{}}`, all(gateway.Outcome{Status: request.Canceled, Code: "canceled", Documents: doc("canceled", "", false)}), 0},
		"details that are null":        {200, `{"status":"finished","details":null,"x":1}`, all(gateway.Outcome{Status: request.Signed, Code: "finished", Documents: doc("finished", "", true)}), 0},
		"a code nobody knows":          {200, `{"status":"success"}`, all(gateway.Outcome{Status: request.Signing, Code: "success", Documents: doc("success", "", false)}), 0},
		"another spelling is unknown":  {200, `{"status":"Finished"}`, all(gateway.Outcome{Status: request.Signing, Code: "Finished", Documents: doc("Finished", "", false)}), 0},
		"a space makes another code":   {200, `{"status":" finished"}`, all(gateway.Outcome{Status: request.Signing, Code: "finished", Documents: doc("finished", "", false)}), 0},
		"a member of another name":     {200, `{"Status":"finished"}`, nil, gateway.BadAnswer},
		"an odd message is left out":   {200, `{"status":"finished","details":["x"]}`, all(gateway.Outcome{Status: request.Signed, Code: "finished", Documents: doc("finished", "", true)}), 0},
		"two Ls are unknown":           {200, `{"status":"cancelled"}`, all(gateway.Outcome{Status: request.Signing, Code: "cancelled", Documents: doc("cancelled", "", false)}), 0},
		"not finished":                 {404, `{"error":"not yet"}`, nil, 0},
		"not finished, as a page":      {404, `<html>`, nil, 0},
		"gone":                         {410, `{"description":"no such process"}`, all(gateway.Outcome{Status: request.Gone, Code: "gone", Message: "no such process", Documents: doc("gone", "no such process", false)}), 0},
		"no status":                    {200, `{}`, nil, gateway.BadAnswer},
		"a status of nothing":          {200, `{"status":""}`, nil, gateway.BadAnswer},
		"a status that is a number":    {200, `{"status":1}`, nil, gateway.BadAnswer},
		"null":                         {200, `null`, nil, gateway.BadAnswer},
		"a list":                       {200, `["finished"]`, nil, gateway.BadAnswer},
		"a page":                       {200, `<html>finished</html>`, nil, gateway.BadAnswer},
		"nothing at all":               {200, ``, nil, gateway.BadAnswer},
		"two statuses":                 {200, `{"status":"failed","status":"finished"}`, nil, gateway.BadAnswer},
		"two of one kind":              {200, `{"status":"finished","status":"failed"}`, nil, gateway.BadAnswer},
		"a status and one in capitals": {200, `{"status":"finished","Status":"failed","STATUS":"failed"}`, nil, gateway.BadAnswer},
		"a hidden second status":       {200, `{"status":"finished","st\u0061tus":"failed"}`, nil, gateway.BadAnswer},
		"details twice":                {200, `{"status":"finished","details":{"a":1,"A":2}}`, nil, gateway.BadAnswer},
		"a list for a status":          {200, `{"status":["finished"]}`, nil, gateway.BadAnswer},
		"yes for a status":             {200, `{"status":true}`, nil, gateway.BadAnswer},
		"null for a status":            {200, `{"status":null}`, nil, gateway.BadAnswer},
		"a mark in front":              {200, "\ufeff" + `{"status":"finished"}`, all(gateway.Outcome{Status: request.Signed, Code: "finished", Documents: doc("finished", "", true)}), 0},
		"two answers":                  {200, `{"status":"finished"}{"status":"failed"}`, nil, gateway.BadAnswer},
		"too deep":                     {200, `{"status":"finished","a":` + strings.Repeat("[", 200000) + strings.Repeat("]", 200000) + `}`, nil, gateway.BadAnswer},
		"a byte of no text":            {200, "{\"status\":\"finished\xff\"}", all(gateway.Outcome{Status: request.Signing, Code: "finishedÿ", Documents: doc("finishedÿ", "", false)}), 0},
		"a zero byte at the end":       {200, `{"status":"finished\u0000"}`, all(gateway.Outcome{Status: request.Signing, Code: "finished", Documents: doc("finished", "", false)}), 0},
		"half of it":                   {200, `{"status":"finished"`, nil, gateway.BadAnswer},
		"more than it":                 {200, `{"status":"finished"}}`, nil, gateway.BadAnswer},
		"accepted is no answer":        {202, `{"status":"finished"}`, nil, gateway.BadAnswer},
		"forbidden":                    {403, `{"status":"finished"}`, nil, gateway.Unauthorized},
		"an internal error":            {500, `{"status":"finished"}`, nil, gateway.ServerError},
		"too many":                     {429, ``, nil, gateway.Busy},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("GET /signer_processes/sp1/result", test.status, test.body)
			got, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
			if faultOf(err) != test.fault || (err == nil) != (test.fault == 0) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAskForEachDocument(t *testing.T) {
	tests := map[string]struct {
		documents string
		want      request.Status
	}{
		"some signed":                      {`{"id":"d1","result":{"status":"finished"}},{"url":"ROOT/documents/d2","result":{"status":"failed","details":{"message":"in use"}}}`, request.Partial},
		"some signed, some canceled":       {`{"id":"d1","result":{"status":"canceled"}},{"id":"d2","result":{"status":"finished"}}`, request.Partial},
		"all of this request signed":       {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}},{"id":"d3","result":{"status":"failed"}}`, request.Signed},
		"none of this request signed":      {`{"id":"d1","result":{"status":"failed"}},{"id":"d2","result":{"status":"failed"}}`, request.Failed},
		"none signed, for various reasons": {`{"id":"d1","result":{"status":"failed"}},{"id":"d2","result":{"status":"canceled"}}`, request.Failed},
		"one is not mentioned":             {`{"id":"d1","result":{"status":"finished"}}`, request.Signing},
		"one has no result":                {`{"id":"d1","result":{"status":"finished"}},{"id":"d2"}`, request.Signing},
		"one has an unknown code":          {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"odd"}}`, request.Signing},
		"one has a code and a space":       {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished\n"}}`, request.Signing},
		"one is told twice, differently":   {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"failed"}},{"id":"d2","result":{"status":"finished"}}`, request.Signing},
		"one is told twice, the same":      {`{"id":"d1","result":{"status":"finished"}},{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}}`, request.Signed},
		"none":                             {``, request.Signing},
		"a url of somebody else":           {`{"id":"d1","result":{"status":"finished"}},{"url":"https://evil.example/documents/d2","result":{"status":"finished"}}`, request.Signing},
		"a url out of the way":             {`{"id":"d1","result":{"status":"finished"}},{"url":"http://x/../d2?a=b","result":{"status":"finished"}}`, request.Signing},
		"a url without its host":           {`{"id":"d1","result":{"status":"finished"}},{"url":"/documents/d2","result":{"status":"finished"}}`, request.Signed},
		"an id and another one's url":      {`{"id":"d1","url":"ROOT/documents/d2","result":{"status":"finished"}},{"id":"d2","url":"ROOT/documents/d1","result":{"status":"failed"}}`, request.Signing},
		"an id in capital letters":         {`{"id":"d1","result":{"status":"finished"}},{"ID":"d2","result":{"status":"finished"}}`, request.Signing},
		"a result in capital letters":      {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","RESULT":{"status":"finished"}}`, request.Signing},
		"no result at all":                 {`{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":null}`, request.Signing},
		"others":                           {`{"id":"x","result":{"status":"finished"}},{"id":"y","result":{"status":"finished"}}`, request.Signing},
		"nothing, and one":                 {`null,{"id":"d2","result":{"status":"finished"}}`, request.Signing},
		"told three times":                 {`{"id":"d1","result":{"status":"finished"}},{"id":"d1","result":{"status":"failed"}},{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}}`, request.Signing},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents","details":{"message":"some"}}`)
			d.on("GET /signer_processes/sp1/documents", 200, `{"documents":[`+test.documents+`]}`)
			got, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1", "d2"))
			if err != nil {
				t.Fatal(err)
			}
			v := got["r1"]
			if v.Status != test.want || v.Code != "failed_documents" || v.Message != "some" || len(v.Documents) != 2 {
				t.Errorf("got %+v", v)
			}
			for _, result := range v.Documents {
				if result.Signed != (result.Code == "finished") && name != "one has a code and a space" {
					t.Errorf("got %+v", result)
				}
			}
			if name == "some signed" && v.Documents[1].Message != "in use" {
				t.Errorf("the message is lost: %+v", v.Documents)
			}
		})
	}
	for name, body := range map[string]string{
		"a list twice":               `{"documents":[{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}}],"documents":[{"id":"d1"},{"id":"d2"}]}`,
		"a list in capitals besides": `{"documents":[{"id":"d1","result":{"status":"failed"}}],"DOCUMENTS":[{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}}]}`,
		"a second list without ids":  `{"documents":[{"id":"d1","result":{"status":"finished"}},{"id":"d2","result":{"status":"finished"}}],"documents":[{"result":{"status":"failed"}}]}`,
		"a result twice":             `{"documents":[{"id":"d1","result":{"status":"finished"},"result":{}},{"id":"d2","result":{"status":"failed"},"result":{"status":"finished"}}]}`,
		"a result besides":           `{"documents":[{"id":"d1","result":{"status":"failed"},"Result":{"status":"finished"}},{"id":"d2","RESULT":{"status":"finished"}}]}`,
		"an id twice":                `{"documents":[{"id":"d1","result":{"status":"finished"}},{"id":"q","Id":"d2","result":{"status":"finished"}}]}`,
		"a status twice":             `{"documents":[{"id":"d1","result":{"status":"failed","status":"finished"}},{"id":"d2","result":{"status":"finished"}}]}`,
		"an id that is an object":    `{"documents":[{"id":{"d1":1},"result":{"status":"finished"}}]}`,
		"no list":                    `{"documents":{"d1":{"status":"finished"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents"}`)
			d.on("GET /signer_processes/sp1/documents", 200, body)
			if got, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1", "d2")); faultOf(err) != gateway.BadAnswer || got != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("the list in capitals alone", func(t *testing.T) {
		d := newDouble(t)
		d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents"}`)
		d.on("GET /signer_processes/sp1/documents", 200, `{"Documents":[{"id":"d1","result":{"status":"finished"}}]}`)
		if got, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1")); err != nil || got["r1"].Status != request.Signing {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("the list cannot be had", func(t *testing.T) {
		d := newDouble(t)
		d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed_documents"}`)
		d.on("GET /signer_processes/sp1/documents", 404, ``)
		if got, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1")); faultOf(err) != gateway.Refused || got != nil {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	d := newDouble(t)
	d.on("GET /signer_processes/sp1/result", 200, `{"status":"finished"}`)
	g := d.open(trident.Kind, nil)
	for range 2 {
		if _, err := g.Ask(t.Context(), visit("d1")); err != nil {
			t.Fatal(err)
		}
	}
	if d.tokens != 1 {
		t.Errorf("%d tokens for two calls", d.tokens)
	}
	d.expire()
	if got, err := g.Ask(t.Context(), visit("d1")); err != nil || got["r1"].Status != request.Signed || d.tokens != 2 {
		t.Errorf("got %v, %v after %d tokens", got, err, d.tokens)
	}
	// The same for a call with a document in its body.
	d.expire()
	d.on("POST /signer_processes", 201, createdAnswer)
	if _, err := g.Prepare(t.Context(), spec()); err != nil || d.tokens != 3 {
		t.Errorf("got %v after %d tokens", err, d.tokens)
	}
}

func TestATokenIsRenewedOnlyOnce(t *testing.T) {
	d := newDouble(t)
	d.token = func(w http.ResponseWriter, _ *http.Request) {
		d.expire()
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"hush","token_type":"Bearer"}`)
	}
	_, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
	if faultOf(err) != gateway.Unauthorized || d.tokens != 2 || len(d.seen()) != 2 {
		t.Errorf("got %v after %d tokens and %v", err, d.tokens, d.seen())
	}
}

func TestAnExpiredTokenIsNotUsed(t *testing.T) {
	d := newDouble(t)
	d.on("GET /signer_processes/sp1/result", 404, ``)
	d.token = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		// The library treats a token as expired some seconds before its end.
		io.WriteString(w, `{"access_token":"`+d.valid+`","token_type":"bearer","expires_in":1}`)
	}
	g := d.open(trident.Kind, nil)
	for range 3 {
		if _, err := g.Ask(t.Context(), visit("d1")); err != nil {
			t.Fatal(err)
		}
	}
	if d.tokens != 3 {
		t.Errorf("%d tokens", d.tokens)
	}
}

func TestTokenErrors(t *testing.T) {
	elsewhere := bystander(t)
	echo := `{"error":"invalid_client","error_description":"bad secret ` + clientSecret + `"}`
	tests := map[string]struct {
		status int
		body   string
		want   gateway.Fault
		say    string
	}{
		"the client is unknown":           {401, echo, gateway.Unauthorized, "bad secret"},
		"the client is unknown, with 400": {400, `{"error":"invalid_client"}`, gateway.Unauthorized, "invalid_client"},
		"the grant is not for it":         {400, `{"error":"unauthorized_client"}`, gateway.Unauthorized, "check client_id"},
		"the scope is not for it":         {400, `{"error":"invalid_scope"}`, gateway.Refused, "invalid_scope"},
		"it repeats the secret as text":   {400, "what is " + clientSecret + " supposed to be", gateway.Refused, "what is"},
		"it repeats the secret escaped":   {400, "what is " + url.QueryEscape(clientSecret) + "?", gateway.Refused, "what is"},
		"it is broken":                    {503, `<html>`, gateway.ServerError, "try again later"},
		"it sends somewhere else":         {302, ``, gateway.BadAnswer, "302"},
		"another page":                    {200, `<html>hush`, gateway.BadAnswer, "no token"},
		"no token":                        {200, `{"token_type":"bearer"}`, gateway.BadAnswer, "no token"},
		"a token of two lines":            {200, `{"access_token":"a\nb"}`, gateway.BadAnswer, "no token"},
		"a token that no header can have": {200, `{"access_token":"señal"}`, gateway.BadAnswer, "no token"},
		"a token of nothing":              {200, `{"access_token":""}`, gateway.BadAnswer, "no token"},
		"a fault that calls itself fine":  {200, `{"error":"invalid_client"}`, gateway.Unauthorized, "invalid_client"},
		"an answer that does not end":     {200, `{"access_token":"` + strings.Repeat("x", 2<<20), gateway.BadAnswer, "no token"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.token = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", elsewhere)
				if strings.HasPrefix(test.body, "{") {
					w.Header().Set("Content-Type", "application/json")
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}
			_, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1"))
			if faultOf(err) != test.want || !strings.Contains(err.Error(), test.say) || !strings.Contains(err.Error(), "get a token") {
				t.Errorf("got %v", err)
			}
			if len(d.seen()) != 0 {
				t.Errorf("it went on: %v", d.seen())
			}
		})
	}
}

func TestSlowAnswersTimeOut(t *testing.T) {
	hang := func(d *double, begin bool) http.HandlerFunc {
		release := make(chan struct{})
		d.Cleanup(func() { close(release) })
		return func(w http.ResponseWriter, r *http.Request) {
			if begin {
				w.WriteHeader(200)
				w.(http.Flusher).Flush()
			}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	}
	const soon = 30 * time.Millisecond
	for _, begin := range []bool{false, true} {
		d := newDouble(t)
		d.onDo("GET /signer_processes/sp1/result", hang(d, begin))
		if _, err := d.openWith(trident.Kind, nil, soon).Ask(t.Context(), visit("d1")); faultOf(err) != gateway.TimedOut {
			t.Errorf("result, begun: %v: got %v", begin, err)
		}
		d = newDouble(t)
		d.token = hang(d, begin)
		if _, err := d.openWith(trident.Kind, nil, soon).Ask(t.Context(), visit("d1")); faultOf(err) != gateway.TimedOut {
			t.Errorf("token, begun: %v: got %v", begin, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	d := newDouble(t)
	d.token = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}
	if _, err := d.open(trident.Kind, nil).Ask(ctx, visit("d1")); !errors.Is(err, context.Canceled) || faultOf(err) != 0 {
		t.Errorf("broken off: got %v", err)
	}
}

func TestAnAnswerThatIsTooLongIsRefused(t *testing.T) {
	d := newDouble(t)
	d.onDo("GET /signer_processes/sp1/result", func(w http.ResponseWriter, _ *http.Request) {
		for piece := bytes.Repeat([]byte(" "), 64<<10); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	if _, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1")); faultOf(err) != gateway.BadAnswer {
		t.Errorf("got %v", err)
	}
}

func TestFetch(t *testing.T) {
	elsewhere := bystander(t)
	tests := map[string]struct {
		id, content string
		path        string
	}{
		"from where the gateway says":     {"d1", "ROOT/trustedx-resources/esignsp/v2/other/d1", "/other/d1"},
		"by its id":                       {"d1", "", "/documents/d1/content"},
		"by an id that needs escaping":    {"a/b?", "", "/documents/a%2Fb%3F/content"},
		"never from another place":        {"d1", elsewhere + "/documents/d1/content", "/documents/d1/content"},
		"never from another port":         {"d1", "http://127.0.0.1:1/content", "/documents/d1/content"},
		"never without an origin":         {"d1", "/documents/d1", "/documents/d1/content"},
		"never from the origin's sidecar": {"d1", "https://127.0.0.1/", "/documents/d1/content"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("GET "+test.path, 200, "%PDF signed")
			v := visit(test.id)
			s := v.RemoteIDs["r1"]
			s.ContentURLs = []string{strings.ReplaceAll(test.content, "ROOT", d.URL)}
			v.RemoteIDs["r1"] = s
			body, err := d.open(trident.Kind, nil).Fetch(t.Context(), v, "r1", 0)
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			if got, err := io.ReadAll(body); err != nil || string(got) != "%PDF signed" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestFetchErrors(t *testing.T) {
	elsewhere := bystander(t)
	for status, want := range map[int]gateway.Fault{302: gateway.BadAnswer, 307: gateway.BadAnswer, 401: gateway.Unauthorized, 403: gateway.Unauthorized, 500: gateway.ServerError} {
		d := newDouble(t)
		d.onDo("GET /documents/d1/content", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(status)
			io.WriteString(w, r.Header.Get("Authorization"))
		})
		if body, err := d.open(trident.Kind, nil).Fetch(t.Context(), visit("d1"), "r1", 0); faultOf(err) != want || body != nil {
			t.Errorf("%d: got %v", status, err)
		}
	}
	d := newDouble(t)
	d.on("GET /documents/d1/content", 404, `{}`)
	g := d.open(trident.Kind, nil)
	for _, document := range []int{0, 1} {
		if _, err := g.Fetch(t.Context(), visit("d1"), "r1", document); !errors.Is(err, gateway.ErrNoFile) {
			t.Errorf("document %d: got %v", document, err)
		}
	}
	if _, err := g.Fetch(t.Context(), visit("d1"), "r2", 0); !errors.Is(err, gateway.ErrNoFile) {
		t.Errorf("another request: got %v", err)
	}
}

func TestFetchFailsIfTheDownloadStops(t *testing.T) {
	d := newDouble(t)
	d.onDo("GET /documents/d1/content", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "%PDF")
	})
	body, err := d.open(trident.Kind, nil).Fetch(t.Context(), visit("d1"), "r1", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadAll(body); err == nil {
		t.Error("it passed for the whole")
	}
}

func TestDiscard(t *testing.T) {
	tests := map[string]struct {
		process, document int
		fault             gateway.Fault
		calls             int
	}{
		"both":                       {204, 204, 0, 2},
		"the process took it along":  {204, 404, 0, 2},
		"both are gone already":      {404, 410, 0, 2},
		"the process stays":          {500, 204, gateway.ServerError, 2},
		"neither can be deleted":     {500, 405, gateway.ServerError, 2},
		"the document is refused":    {405, 500, gateway.ServerError, 2},
		"the document stays":         {204, 403, gateway.Unauthorized, 2},
		"a redirect is no deletion":  {302, 204, gateway.BadAnswer, 2},
		"deleting is not allowed":    {405, 204, gateway.Refused, 2},
		"a page instead of a result": {200, 200, 0, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("DELETE /signer_processes/sp1", test.process, "")
			d.on("DELETE /documents/d%2F1", test.document, "")
			err := d.open(trident.Kind, nil).Discard(t.Context(), visit("d/1"))
			if faultOf(err) != test.fault || (err == nil) != (test.fault == 0) {
				t.Errorf("got %v", err)
			}
			if got := d.seen(); len(got) != test.calls || got[0] != "DELETE /signer_processes/sp1" {
				t.Errorf("calls: %v", got)
			}
		})
	}
}

func TestReadReturn(t *testing.T) {
	tests := map[string]struct {
		query  string
		want   gateway.ReturnHint
		refuse bool
	}{
		"finished":               {"status=finished&signer_process_id=sp1", gateway.ReturnHint{Code: "finished", Status: request.Signed}, false},
		"failed":                 {"status=failed&signer_process_id=sp1", gateway.ReturnHint{Code: "failed", Status: request.Failed}, false},
		"canceled":               {"status=canceled&signer_process_id=sp1", gateway.ReturnHint{Code: "canceled", Status: request.Canceled}, false},
		"a code of results only": {"status=failed_documents", gateway.ReturnHint{Code: "failed_documents", Status: request.Signing}, false},
		"a code nobody knows":    {"status=success%0a", gateway.ReturnHint{Code: "success", Status: request.Signing}, false},
		"two codes":              {"status=finished&status=failed", gateway.ReturnHint{Code: "finished, failed", Status: request.Signing}, false},
		"the same code twice":    {"status=finished&status=finished", gateway.ReturnHint{Code: "finished", Status: request.Signed}, false},
		"no parameters":          {"", gateway.ReturnHint{Status: request.Signing}, false},
		"no process":             {"status=finished", gateway.ReturnHint{Code: "finished", Status: request.Signed}, false},
		"another process":        {"status=finished&signer_process_id=sp2", gateway.ReturnHint{Code: "finished", Status: request.Signed}, true},
		"a process of nothing":   {"status=finished&signer_process_id=", gateway.ReturnHint{Code: "finished", Status: request.Signed}, true},
		"two processes":          {"status=finished&signer_process_id=sp1&signer_process_id=sp2", gateway.ReturnHint{Code: "finished", Status: request.Signed}, true},
	}
	d := newDouble(t)
	g := d.open(trident.Kind, nil)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			got := g.ParseReturn(visit("d1"), query)
			if (got.Rejection.Text != "") != test.refuse {
				t.Errorf("refused: %q", got.Rejection)
			}
			got.Rejection = request.Sentence{}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if len(d.seen()) != 0 || d.tokens != 0 {
		t.Error("somebody was asked")
	}
}

func TestAbilities(t *testing.T) {
	d := newDouble(t)
	want := gateway.Capabilities{MaxDocuments: 20, AcceptsFiles: true, ReturnsSigned: true, CustomAppearance: true, DeleteAfterFetch: true}
	if diff := cmp.Diff(want, d.open(trident.Kind, nil).Capabilities()); diff != "" {
		t.Error(diff)
	}
	want.DeleteAfterFetch, want.MaxDocuments, want.MaxSize = false, 3, 25<<20
	if diff := cmp.Diff(want, d.open(trident.Kind, map[string]any{"keep": true, "batch_limit": 3, "max_size_mb": 25}).Capabilities()); diff != "" {
		t.Error(diff)
	}
	if got := trident.Kind.SecretURL(gateway.Profile{URL: "https://x.example/a"}); got != "https://x.example/a" {
		t.Errorf("the secret goes to %s", got)
	}
}

// Outcomes are stored for good, and a gateway may repeat credentials in them.
func TestOutcomesAreWithoutCredentials(t *testing.T) {
	echo := `for ` + clientSecret + ` with tok-1-hush`
	said, err := json.Marshal(map[string]any{"status": "failed_documents", "details": map[string]string{"message": echo}})
	if err != nil {
		t.Fatal(err)
	}
	listed, err := json.Marshal(map[string]any{"documents": []any{map[string]any{"id": "d1", "result": map[string]any{
		"status": "failed", "details": map[string]string{"message": echo},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	d := newDouble(t)
	d.on("GET /signer_processes/sp1/result", 200, string(said))
	d.on("GET /signer_processes/sp1/documents", 200, string(listed))
	all, err := d.open(trident.Kind, nil).Ask(t.Context(), visit("d1")) // checks all texts
	if err != nil || all["r1"].Message != "for … with …" || all["r1"].Documents[0].Message != "for … with …" {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestWithoutTheSecretThereIsNoCall(t *testing.T) {
	d := newDouble(t)
	locked := errors.New("the keyring is locked")
	g, err := trident.Kind.New(gateway.Profile{Name: "ours", Kind: "trident", URL: d.URL, Settings: map[string]any{"client_id": clientID}}, gateway.Tools{
		HTTP: http.DefaultClient, Secret: func(context.Context) (string, error) { return "", locked },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Ask(t.Context(), visit("d1")); !errors.Is(err, locked) || d.tokens != 0 {
		t.Errorf("got %v", err)
	}
}

// A valid token is enough to learn the outcome. If the keyring was locked meanwhile, only the
// gateway's message is lost.
func TestAskDoesNotNeedTheSecret(t *testing.T) {
	d := newDouble(t)
	asked := 0
	g, err := trident.Kind.New(gateway.Profile{Name: "ours", Kind: "trident", URL: d.URL, Settings: map[string]any{"client_id": clientID}}, gateway.Tools{
		HTTP: http.DefaultClient, Secret: func(context.Context) (string, error) {
			if asked++; asked > 1 {
				return "", errors.New("the keyring is locked")
			}
			return clientSecret, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.on("GET /signer_processes/sp1/result", 200, `{"status":"finished"}`)
	if all, err := g.Ask(t.Context(), visit("d1")); err != nil || all["r1"].Status != request.Signed || asked != 1 {
		t.Errorf("got %+v, %v, asked %d times", all, err, asked)
	}
	d.on("GET /signer_processes/sp1/result", 200, `{"status":"failed","details":{"message":"no"}}`)
	if all, err := g.Ask(t.Context(), visit("d1")); err != nil || all["r1"].Status != request.Failed || all["r1"].Message != "" {
		t.Errorf("got %+v, %v", all, err)
	}
	d.on("GET /signer_processes/sp1/result", 500, `{"message":"no"}`)
	if _, err := g.Ask(t.Context(), visit("d1")); faultOf(err) != gateway.ServerError || !strings.Contains(err.Error(), "(500)") {
		t.Errorf("got %v", err)
	}
}
