package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/handover"
	"countersign/core/home"
)

func TestTheLogFileHasWhatThePolicyAsksFor(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelDebug: "debug info warn", slog.LevelInfo: "info warn", slog.LevelWarn: "warn"} {
		dir, err := home.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		first, err := handover.Start(t.Context(), dir, handover.Message{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		log, leave := enter(dir, first, slog.DiscardHandler, level, slog.New(slog.DiscardHandler))
		log.Debug("debug")
		log.Info("info")
		log.Warn("warn")
		text, err := os.ReadFile(filepath.Join(dir.Log(), "countersign.log"))
		leave()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(text)) {
			_, message, _ := strings.Cut(strings.TrimSpace(line), "msg=")
			got = append(got, message)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: the log has %q", level, got)
		}
	}
}
