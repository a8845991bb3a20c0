package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign/core/gateway"
	"countersign/core/request"
)

// Texts from outside stay on their line and do nothing to the terminal.
func TestOutsideTextStaysOnItsLine(t *testing.T) {
	const evil = "a\x1b[31m\u202eb\r\nc\td\u0085e\xff"
	for name, show := range map[string]func(*terminal) error{
		"a request": func(t *terminal) error {
			return t.requests(nil, request.Request{ID: evil, Status: evil, Gateway: evil, Title: evil})
		},
		"its details": func(t *terminal) error {
			return t.details(nil, request.Request{
				Title: evil, Reference: evil, Status: request.Signing, Trouble: evil, RemoteID: evil, Visit: &request.Visit{URL: evil},
				Outcome: &request.Outcome{Code: evil, Message: evil}, Documents: []request.Document{{Original: request.Original{Name: evil}}},
				Signers: []request.Signer{{Name: evil, Email: evil}}, CopyRecipients: []request.CopyRecipient{{Name: evil, Email: evil}},
			})
		},
		"an address": func(t *terminal) error { return t.address(request.Visit{URL: evil}) },
		"a finding":  func(t *terminal) error { return t.finding(gateway.CheckResult{Name: evil, Detail: evil, Advice: evil}) },
		"a warning": func(t *terminal) error {
			t.warn([]request.Request{{Title: evil, Status: request.Signed, Trouble: evil}, {Title: evil, Status: request.Pending}})
			return nil
		},
		"an error": func(t *terminal) error { t.finish(errors.Join(errors.New(evil), errors.New(evil))); return nil },
		"a usage":  func(t *terminal) error { t.finish(usageError(evil)); return nil },
		"an event": func(t *terminal) error {
			return t.event(t.out, request.Event{Kind: evil, By: evil, Reason: evil, At: time.Unix(0, 0)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := show(&terminal{out: &out, err: &out}); err != nil {
				t.Fatal(err)
			}
			if text := out.String(); !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\r\u202e\u0085") || strings.Contains(text, "b\n") || !strings.Contains(text, "a<U+001B>[31m<U+202E>b ") {
				t.Errorf("%q", text)
			}
		})
	}
}

// A proof may show changes made before signing: there is a warning for each file.
func TestAPageThatWasChangedBeforeItWasSignedIsToldOf(t *testing.T) {
	changed := request.SignedFile{Proves: true, Changes: []string{"something else", "form fields"}}
	var out, errs bytes.Buffer
	term := &terminal{out: &out, err: &errs}
	term.warnFiles([]request.Request{{Documents: []request.Document{
		{Original: request.Original{Name: "Lease.pdf"}, Signed: &changed},
		{Original: request.Original{Name: "Annex.pdf"}, Signed: &request.SignedFile{Proves: true}},
	}}})
	const want = "countersignctl: warning: Lease.pdf: visible content of the signed file was changed between sending and signing (pages or other visible content, form fields): compare it with the document that was sent\n"
	if out.Len() > 0 || errs.String() != want {
		t.Errorf("got %q and %q", out.String(), errs.String())
	}
	errs.Reset()
	if err := term.event(&errs, request.Event{Kind: request.KindStored, Stored: &request.Stored{Proves: true, Changes: changed.Changes}}); err != nil || !strings.Contains(errs.String(), "between sending and signing") {
		t.Errorf("%q, %v", errs.String(), err)
	}
}
