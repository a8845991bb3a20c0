package secret

import (
	"os"
	"strings"
	"testing"

	"countersign/core/home"
)

// FuzzFile: whatever the file of secrets is, a secret goes to its origin alone, and no error quotes the file.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		`{"office":{"origin":"` + origin + `","secret":"hush-hush"}}`, `{"office":{"origin":"https://other.example","secret":"hush-hush"}}`,
		"", "null", "[]", `{"office":null}`, `{"office":"hush-hush"}`, `{"office":{"origin":1}}`, `{"OFFICE":{"secret":"x"}}`,
	} {
		f.Add([]byte(seed))
	}
	dir, err := home.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(dir.Secrets(), file, 0o600); err != nil {
			t.Fatal(err)
		}
		s := &Store{home: dir, path: dir.Secrets()}
		got, err := s.Get(t.Context(), "office", origin)
		if err == nil && !strings.Contains(string(file), origin[:8]) && !strings.Contains(string(file), `\`) {
			t.Errorf("%q is handed out for %s of %q", got, origin, file)
		}
		if err != nil && strings.Contains(err.Error(), "hush-hush") {
			t.Errorf("%v quotes the file", err)
		}
	})
}
