package portasigma_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/request"
)

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

const deleteRoute = "docs/{document}/"

func TestATrialUploadsADocumentAndDeletesIt(t *testing.T) {
	for name, test := range map[string]struct {
		created, deleted, fetched http.HandlerFunc
		ok                        []bool
		says, advice              string
	}{
		"deleted":     {nil, status(204, ""), status(404, ""), []bool{true, true}, "deleted again: 2475", ""},
		"still there": {nil, status(204, ""), status(200, "{}"), []bool{true, false}, "still at the gateway, although its deletion was accepted: 2475", "delete 2475 at the gateway"},
		"not deleted": {nil, status(405, ""), status(404, ""), []bool{true, false}, "(405): check the setting Delete document route (delete_route)", "delete 2475 at the gateway"},
		"refused": {
			status(400, `{"message":"part 'file' is unknown"}`), status(204, ""), status(404, ""),
			[]bool{false},
			"(400: part 'file' is unknown): check the setting Upload: file part (file_part)", "",
		},
		"not named": {see("https://elsewhere.example/docs/1/"), status(204, ""), status(404, ""), []bool{false}, "another address", "make sure that no document countersign-trial.pdf is left"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.created, d.deleted, d.fetched = test.created, test.deleted, test.fetched
			tried := d.open(map[string]any{"delete_route": deleteRoute}).(gateway.Trier)
			if err := tried.CanTry(); err != nil {
				t.Fatal(err)
			}
			results := tried.Try(t.Context(), gateway.TrialVisit("http://127.0.0.1:1/return/t"))
			if len(results) != len(test.ok) {
				t.Fatalf("got %+v", results)
			}
			for i, ok := range test.ok {
				if results[i].OK != ok || results[i].Name != gateway.PartTrial {
					t.Errorf("got %+v", results[i])
				}
			}
			last := results[len(results)-1]
			if !strings.Contains(last.Detail, test.says) || !strings.HasPrefix(last.Advice, test.advice) || test.advice == "" && last.Advice != "" {
				t.Errorf("got %+v", last)
			}
			if len(d.forms) != 0 || d.parts["title"] != "Countersign trial" {
				t.Errorf("somebody was asked to sign: %v, %v", d.forms, d.parts)
			}
		})
	}
}

func TestNothingIsTriedThatWouldStay(t *testing.T) {
	d := newDouble(t)
	if err := d.open(nil).(gateway.Trier).CanTry(); err == nil || !strings.Contains(err.Error(), "set delete_route") {
		t.Errorf("without a way to delete: %v", err)
	}
	if err := open(t, d.URL, nil).(gateway.Trier).CanTry(); err == nil || !strings.Contains(err.Error(), "set api_url") {
		t.Errorf("without the API: %v", err)
	}
	if len(d.calls) != 0 {
		t.Errorf("calls: %q", d.calls)
	}
}

// adviceOf returns the advice of the error with which a visit fails.
func adviceOf(t *testing.T, g gateway.Gateway, r request.Request) string {
	t.Helper()
	_, err := g.Prepare(t.Context(), gateway.VisitSpec{ReturnURL: "http://127.0.0.1:1/return/t", Requests: []request.Request{r}, OpenDocument: openDocument})
	var e *gateway.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	return e.Advice.Text
}

func TestARefusalNamesASettingOnlyIfItIsSetThere(t *testing.T) {
	usual := map[string]any{"default_signer": map[string]any{"name": ana.Name, "email": ana.Email, "country": ana.Country, "number": ana.Number}}
	refuse := status(400, `{"error":"id-number is not known"}`)
	for name, test := range map[string]struct {
		settings map[string]any
		signer   request.Signer
		want     string
	}{
		"the usual signer": {usual, request.Signer{}, "check the setting Default signer: ID number (default_signer.number)"},
		"another signer":   {usual, request.Signer{Name: "Bob", Email: "bob@example.test", Country: "FR", Number: "x"}, ""},
		"no usual signer":  {nil, ana, ""},
	} {
		d := newDouble(t)
		d.added = refuse
		r := withFile("r")
		if test.signer.Name != "" {
			r.Signers = []request.Signer{test.signer}
		}
		if got := adviceOf(t, d.open(test.settings), r); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for code, want := range map[int]string{404: "check the setting Copy recipients route (copy_route)", 405: "check the setting Copy recipients route (copy_route)", 400: ""} {
		d := newDouble(t)
		d.copied = status(code, "")
		r := withFile("r", ana)
		r.CopyRecipients = []request.CopyRecipient{{Name: "Bea", Email: "bea@example.test"}}
		if got := adviceOf(t, d.open(nil), r); got != want {
			t.Errorf("%d: %q", code, got)
		}
	}
}
