package trident_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/core/gateway"
	"countersign/core/gateway/trident"
	"countersign/core/pdf"
)

// trialSpec is the visit of a trial, with the test's document instead of its own.
func trialSpec() gateway.VisitSpec {
	s := gateway.TrialVisit(returnURL)
	s.OpenDocument = spec().OpenDocument
	s.Requests[0].Documents[0].Original.Size = spec().Requests[0].Documents[0].Original.Size
	return s
}

func TestATrialCreatesAProcessAndDeletesIt(t *testing.T) {
	const deleteProcess, deleteDocument, read = "DELETE /signer_processes/sp1", "DELETE /documents/d1", "GET /signer_processes/sp1"
	tests := map[string]struct {
		create        int
		answer        string
		delete, still int
		ok            []bool
		says, advice  string // of the last result
	}{
		"deleted":             {201, createdAnswer, 204, 404, []bool{true, true}, "deleted again: sp1", ""},
		"gone":                {201, createdAnswer, 204, 410, []bool{true, true}, "deleted again: sp1", ""},
		"cannot be looked at": {201, createdAnswer, 204, 500, []bool{true, true}, "accepted the deletion of sp1", ""},
		"still there":         {201, createdAnswer, 204, 200, []bool{true, false}, "still at the gateway, although its deletion was accepted: sp1", "delete sp1 at the gateway"},
		"not deleted":         {201, createdAnswer, 405, 200, []bool{true, false}, "it refuses the request (405)", "delete sp1 at the gateway"},
		"refused":             {400, `{"message":"\"process_type\": unknown"}`, 204, 404, []bool{false}, `(400: "process_type": unknown): check the setting Process type (process_type)`, ""},
		"not understood":      {201, `<html>`, 204, 404, []bool{false}, "it does not answer like a gateway", "make sure that no document countersign-trial.pdf is left"},
		"failed":              {502, ``, 204, 404, []bool{false}, "(502)", "make sure that no document countersign-trial.pdf is left"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDouble(t)
			d.on("POST /signer_processes", test.create, test.answer)
			for call, status := range map[string]int{deleteProcess: test.delete, deleteDocument: 404, read: test.still} {
				d.on(call, status, "")
			}
			results := d.open(trident.Kind, nil).(checked).Gateway.(gateway.Trier).Try(t.Context(), trialSpec())
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
			if created := len(test.ok) == 2; created != (d.process != nil && strings.Contains(strings.Join(d.seen(), " "), deleteProcess)) {
				t.Errorf("calls: %q", d.seen())
			}
		})
	}
}

func TestATrialShowsNoQuery(t *testing.T) {
	d := newDouble(t)
	d.on("POST /signer_processes", 201, strings.Replace(createdAnswer, "ROOT/ui?signerProcessId=sp1", "ROOT/ui/page?ticket=sesame", 1))
	d.on("DELETE /signer_processes/sp1", 204, "")
	d.on("DELETE /documents/d1", 204, "")
	d.on("GET /signer_processes/sp1", 404, "")
	results := d.open(trident.Kind, nil).(checked).Gateway.(gateway.Trier).Try(t.Context(), trialSpec())
	if len(results) != 2 || !strings.HasPrefix(results[0].Detail, "created as sp1, with the address "+d.URL+"/ui/page") || strings.Contains(results[0].Detail, "?") {
		t.Errorf("got %+v", results)
	}
}

// TestATrialIsDeletedWhenItIsStopped stops a trial while the process is being created.
func TestATrialIsDeletedWhenItIsStopped(t *testing.T) {
	d := newDouble(t)
	ctx, stop := context.WithCancel(t.Context())
	d.onDo("POST /signer_processes", func(w http.ResponseWriter, _ *http.Request) {
		stop()
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, strings.ReplaceAll(createdAnswer, "ROOT", d.URL))
	})
	deleted := 0
	d.onDo("DELETE /signer_processes/sp1", func(w http.ResponseWriter, _ *http.Request) {
		deleted++
		w.WriteHeader(http.StatusNoContent)
	})
	d.on("DELETE /documents/d1", 204, "")
	d.on("GET /signer_processes/sp1", 404, "")
	s := trialSpec()
	results := d.open(trident.Kind, nil).(checked).Gateway.(gateway.Trier).Try(ctx, s)
	if deleted != 1 || len(results) != 2 || !results[1].OK || results[1].Detail != "deleted again: sp1" {
		t.Errorf("deleted %d times, %+v", deleted, results)
	}
}

func TestTheDocumentOfATrial(t *testing.T) {
	s := gateway.TrialVisit(returnURL)
	d := s.Requests[0].Documents[0]
	file, err := s.OpenDocument(d)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(file)
	if err != nil || int64(len(data)) != d.Original.Size {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	if info, err := pdf.Check(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Errorf("%+v, %v", info, err)
	}
}
