package diagnosis

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"countersign/core/home"
)

func TestTheNewestDailyBackupIsDiagnosed(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		files   []string
		verdict Verdict // empty for no finding
		code    string
	}{
		{nil, "", ""},
		{[]string{"notes.txt"}, "", ""},
		{[]string{"daily-2026-11-22.tar.gz"}, Well, "daily_made"},
		{[]string{"daily-2026-11-21.tar.gz", "daily-2026-11-01.tar.gz"}, Well, "daily_made"},
		{[]string{"daily-2026-11-18.tar.gz"}, Warning, "daily_made"},
		{[]string{"daily-2026-11-22-incomplete.tar.gz", "daily-2026-11-21.tar.gz"}, Warning, "daily_incomplete"},
		{[]string{"daily-2026-11-22-without-documents.tar.gz"}, Warning, "daily_without"},
	} {
		dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range c.files {
			if err := os.MkdirAll(dir.Backups(), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir.Backups(), name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		findings := checkBackups(dir, now)
		switch {
		case c.verdict == "":
			if len(findings) > 0 {
				t.Errorf("%v: %+v", c.files, findings)
			}
		case len(findings) != 1 || findings[0].Verdict != c.verdict || findings[0].Code != c.code || (findings[0].Advice == "") != (c.verdict == Well):
			t.Errorf("%v: %+v", c.files, findings)
		}
	}
}
