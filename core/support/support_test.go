package support

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"countersign/core/request"
)

func TestWhatIsSavedIsForItsOwnerAloneAndReplacesNothing(t *testing.T) {
	folder, at := t.TempDir(), time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	path := filepath.Join(folder, "out.zip")
	texts := []Text{{Name: "a.txt", Body: "a\n"}}
	if err := Save(path, texts, at); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(path, nil, at); !errors.Is(err, ErrTaken) {
		t.Errorf("over a file: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file that was there has changed: %v", err)
	}
	if err := Save(filepath.Join(folder, "none", "out.zip"), texts, at); request.CauseOf(err).Code != "support_folder" {
		t.Errorf("in no folder: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestOnlyWhatNobodyHasMadeIsPlain(t *testing.T) {
	g := gateways{permitted: map[string]bool{"sign.example.org": true}}
	for text, want := range map[string]string{
		"4711": "4711", "1.3": "1.3", "2026-11-21": "2026-11-21", "10:00:00": "10:00:00", "15.8": "15.8",
		"https://sign.example.org": "https://sign.example.org", "sign.example.org": "sign.example.org", "http://127.0.0.1:4711": "http://127.0.0.1:4711",
		"invalid_client": "invalid_client", "read /home/ana/Lease.pdf: i/o timeout": "…: i/o timeout", "(a: EOF)": "…: EOF",
		"123456": "…", "12345678": "…", "12345678Z": "…", "https://sign.example.org/Ana": "…", "other.example.org": "…", "http://127.0.0.1:4711/ticket": "…",
		"Ana": "…", "i/o timeout of Ana": "…", "": "…", "EOF: Ana": "…", "32-EE-245": "…",
	} {
		if got := g.plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestALineOfTheLogIsReadAsItWasWritten(t *testing.T) {
	for line, want := range map[string]string{
		`time=2026-11-21T10:00:00.000Z level=WARN msg="the settings cannot be read" error="Ana: EOF" codes=settings_read,nobody`: "2026-11-21T10:00:00.000Z WARN the settings cannot be read error=…: EOF codes=settings_read,…",
		`time=2026-11-21T10:00:00.000Z level=INFO msg="made a daily backup" size=4711 warnings=[Ana]`:                            "2026-11-21T10:00:00.000Z INFO made a daily backup size=4711 warnings=…",
		`time=2026-11-21T10:00:00.000Z level=INFO msg="x" "set aside"="/home/ana"`:                                               "2026-11-21T10:00:00.000Z INFO x set aside=…",
		`time=Ana level=INFO msg=x`: "…", `time=2026-11-21T10:00:00Z level=Ana msg=x`: "…", `level=INFO time=2026-11-21T10:00:00Z msg=x`: "…",
		"Ana": "…", "": "…", `time=2026-11-21T10:00:00Z level=INFO msg=x Ana`: "…", `time=2026-11-21T10:00:00Z level=INFO msg=x "Ana 1"=2`: "…",
	} {
		if got := (gateways{}).logLine(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}
