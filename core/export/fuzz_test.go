package export

import (
	"log/slog"
	"os"
	"testing"

	"countersign/core/home"
)

// FuzzCopies: whatever copies.json is, what was copied is known or begins anew, and can be written to.
func FuzzCopies(f *testing.F) {
	for _, seed := range []string{
		`{"folder":"/tmp/out","since":"2026-11-21T10:00:00Z","done":{"a/1":"2026-11-21T10:00:00Z"}}`,
		"", "null", `{"done":null}`, `{"done":{"a":1}}`, `{"folder":[]}`, `{"since":"never"}`, `{"folder":"x"`,
	} {
		f.Add([]byte(seed))
	}
	dir, err := home.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	c := &copying{Outbox: &Outbox{exporter: &Exporter{cfg: Config{Home: dir, Log: slog.New(slog.DiscardHandler)}}}}
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(dir.Copies(), file, 0o600); err != nil {
			t.Fatal(err)
		}
		c.state = copied{}
		c.load()
		if c.state.Done == nil {
			t.Errorf("nothing can be noted as copied after %q", file)
		}
	})
}
