package request

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzEvents: a history of any events is folded or refused, and a request that is folded can be written and read.
func FuzzEvents(f *testing.F) {
	const added = `{"seq":1,"kind":"added","at":"2026-11-21T10:00:00Z","added":{"title":"Lease","gateway":"office","documents":[{"name":"a.pdf","sha256":"aa","size":1}]}}`
	for _, seed := range []string{
		"[" + added + "]", "[" + added + `,{"seq":2,"kind":"withdrawn","at":"2026-11-21T10:00:00Z"}]`, "[" + added + `,{"seq":2,"kind":"launched"}]`,
		"[" + added + `,{"seq":2,"kind":"answered","outcome":{}}]`, "[" + added + `,{"seq":2,"kind":"stored","stored":{"index":-1}}]`, "[" + added + `,{"seq":2,"kind":"returned"}]`,
		"[" + added + `,{"seq":2,"kind":"launched","visit":{"ticket":"t","url":"https://x","requests":["a"]}},{"seq":3,"kind":"returned","return":{"ticket":"t"}},{"seq":4,"kind":"answered","answer":{"status":"signed"}}]`,
		"[" + added + `,{"seq":2,"kind":"reviewed"}]`, "[" + added + `,{"seq":2,"kind":"discarded"}]`, "[{}]", "null",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, history []byte) {
		var events []Event
		if json.Unmarshal(history, &events) != nil {
			return
		}
		r, err := Fold("a", events)
		if err != nil {
			return
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again Request
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if r.Version != len(events) || again.Status != r.Status || again.Title != r.Title {
			t.Errorf("%s is read as %+v", text, again)
		}
	})
}

// FuzzCause: a cause that is read is written and read as the same one.
func FuzzCause(f *testing.F) {
	for _, seed := range []string{`{"code":"c","args":["x",{"code":"d","args":["y"]}]}`, `{}`, `{"args":[null,1,[]]}`, `{"code":"c","args":[{}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c, again Cause
		if json.Unmarshal(text, &c) != nil {
			return
		}
		written, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s becomes %s: %v", text, written, err)
		}
		// Compared as JSON, because an empty list of arguments and none are written alike.
		if twice, err := json.Marshal(again); err != nil || !bytes.Equal(twice, written) {
			t.Errorf("%s becomes %s and then %s: %v", text, written, twice, err)
		}
	})
}
