package queue

import (
	"log/slog"
	"os"
	"slices"
	"testing"

	"countersign/core/home"
)

// FuzzRestore: whatever queue.json is, the queue opens, is paused when something waits, and can be written again.
func FuzzRestore(f *testing.F) {
	for _, seed := range []string{
		`{"waiting":["a","b"],"total":2}`, `{"waiting":["a","a"],"out":["a"],"total":-7}`, `{"out":["x"],"total":1,"reason":"r","cause":{"code":"c","args":["x",{"code":"d"}]}}`,
		"", "null", "[]", `{"waiting":{}}`, `{"total":1e99}`, `{"waiting":[null]}`, `{"cause":{"args":[[]]}}`,
	} {
		f.Add([]byte(seed))
	}
	dir, err := home.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(dir.Queue(), file, 0o600); err != nil {
			t.Fatal(err)
		}
		q := New(Config{Home: dir, Log: slog.New(slog.DiscardHandler)})
		defer q.Close()
		q.restore()
		s := q.State()
		if len(s.Out) > 0 || s.Total < len(s.Waiting) || !s.Here || len(s.Waiting) > 0 && !s.Paused {
			t.Errorf("of %q it makes %+v", file, s)
		}
		if err := q.change(func(s *state) { s.Total++ }); err != nil {
			t.Fatal(err)
		}
		q.leave()
		q.restore()
		if again := q.State(); !slices.Equal(again.Waiting, s.Waiting) || again.Total != s.Total+1 {
			t.Errorf("of %q it makes %+v, and then %+v", file, s, again)
		}
	})
}
