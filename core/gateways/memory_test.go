package gateways

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"

	"countersign/core/home"
)

func TestWhatIsLearnedAboutAServerIsKnownToTheNextProcess(t *testing.T) {
	r := newRig(t)
	r.memory.Remember("client_auth https://a.example.org/token", "basic_plain")
	r.memory.Remember("client_auth https://b.example.org/token", "basic_plain")
	r.memory.Remember("client_auth https://b.example.org/token", "")
	r.restart()
	if got := r.memory.Recall("client_auth https://a.example.org/token"); got != "basic_plain" {
		t.Errorf("got %q", got)
	}
	if got := r.memory.Recall("client_auth https://b.example.org/token"); got != "" {
		t.Errorf("what was forgotten is back: %q", got)
	}
	info, err := os.Stat(r.dir.Learned())
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("got %v, %v", info, err)
	}
}

func TestWhatWasLearnedMayVanish(t *testing.T) {
	for name, content := range map[string]string{"damaged": `{"a":`, "another form": `["a"]`, "null": `null`, "empty": ``, "too large": strings.Repeat(" ", maxMemory) + `{"a":"b"}`} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.must(os.WriteFile(r.dir.Learned(), []byte(content), 0o600))
			if got := r.memory.Recall("a"); got != "" {
				t.Errorf("got %q", got)
			}
			r.memory.Remember("a", "c")
			if got := r.memory.Recall("a"); got != "c" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestTheMemoryIsBounded(t *testing.T) {
	r := newRig(t)
	for i := range maxFacts + 1 {
		r.memory.Remember(fmt.Sprint("server ", i), "x")
	}
	if n := len(r.memory.facts()); n > maxFacts {
		t.Errorf("%d facts are kept", n)
	}
	if r.memory.Recall(fmt.Sprint("server ", maxFacts)) != "x" {
		t.Error("the newest is lost")
	}
}

// FuzzMemory: whatever learned.json is, what is remembered then is recalled.
func FuzzMemory(f *testing.F) {
	for _, seed := range []string{``, `{}`, `null`, `{"a":"b"}`, `{"a":1}`, `[]`, `{"a":"b"`, "\ufeff{}"} {
		f.Add([]byte(seed))
	}
	dir, err := home.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	m := &memory{dir: dir, log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(dir.Learned(), content, 0o600); err != nil {
			t.Fatal(err)
		}
		m.Recall("a")
		m.Remember("subject", "fact")
		if got := m.Recall("subject"); got != "fact" {
			t.Errorf("got %q", got)
		}
	})
}
