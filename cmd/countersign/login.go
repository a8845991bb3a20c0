package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"countersign/cmd/internal/program"
	"countersign/core/autostart"
	"countersign/core/home"
)

// atLogin returns what starts the program in the background when its user logs in, with the home that it has now. chosen is the home that a person named;
// empty for the usual one. atLogin returns nil where that is not possible.
func atLogin(chosen string, dir home.Dir) *autostart.Entry {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	args := []string{"--background"}
	if chosen != "" {
		args = append(args, "--home", dir.Path())
	}
	return autostart.New(path, args...)
}

// followAtLogin has the program start at login, or not, as the policy of the computer has it. entry may be nil.
func followAtLogin(entry *autostart.Entry, decided bool, log *slog.Logger) {
	if entry == nil {
		return
	}
	on, err := entry.IsOn()
	if err == nil && on != decided {
		err = entry.Set(decided)
	}
	if err != nil {
		log.Warn("the policy about starting at login cannot be followed", "error", err)
	}
}

const (
	trayWait  = 8 * time.Second // for the tray of a session that has just begun; less than a second start of the program waits for the first
	trayAgain = 500 * time.Millisecond
)

// hasTray reports whether there is a tray. At login the tray may come after the program, so in the background hasTray waits for it.
func hasTray(ctx context.Context, background bool) bool {
	ctx, cancel := context.WithTimeout(ctx, trayWait)
	defer cancel()
	again := time.NewTicker(trayAgain)
	defer again.Stop()
	for {
		switch there := program.HasTray(ctx); {
		case there:
			return true
		case !background, ctx.Err() != nil:
			return false
		}
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}
