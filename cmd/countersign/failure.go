package main

import (
	"context"
	"log/slog"
	"sync"

	"fyne.io/fyne/v2"

	"countersign/cmd/internal/program"
	"countersign/core/handover"
	"countersign/core/home"
	"countersign/core/support"
	"countersign/core/workspace"
	"countersign/ui"
)

// enter opens the log file of the home, if this process is the one with its window. The file gets what is of that level or above. leave closes first and
// the file, so that nothing of the home is open any more; it may be called again.
func enter(dir home.Dir, first *handover.Primary, terminal slog.Handler, level slog.Level, log *slog.Logger) (both *slog.Logger, leave func()) {
	if first == nil {
		return log, func() {}
	}
	file, err := program.OpenLog(dir)
	if err != nil {
		log.Warn("there is no log file", "error", err)
		return log, sync.OnceFunc(func() { log.Debug("the window is closed", "error", first.Close()) })
	}
	log = slog.New(slog.NewMultiHandler(terminal, support.WithCodes(slog.NewTextHandler(file, &slog.HandlerOptions{Level: level}))))
	return log, sync.OnceFunc(func() {
		log.Debug("the window is closed", "error", first.Close())
		_ = file.Close()
	})
}

// recovery returns what the window offers for a home because of cause: to restore its newest daily backup. It is nil if the ledger is
// not damaged, or if there is no such backup. leave is called before, so that nothing of the home is open when its folder is renamed.
func recovery(dir home.Dir, cause error, leave func() error) *ui.Recovery {
	newest := workspace.NewestBackup(dir, cause)
	if newest == "" {
		return nil
	}
	return &ui.Recovery{
		Backup: newest, Dispatch: fyne.Do,
		Restore: func(ctx context.Context) (string, error) {
			if err := leave(); err != nil {
				return "", err
			}
			return workspace.Replace(ctx, dir)
		},
	}
}
