// Command countersign is the desk as a window. It reads flags, builds the desk and
// shows it; everything else is elsewhere.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/alecthomas/kong"

	"countersign/assets"
	"countersign/cmd/internal/program"
	"countersign/core/desk"
	"countersign/core/home"
	"countersign/core/words"
	"countersign/ui"
)

// appID names the program to the desktop; see FyneApp.toml.
const appID = "app.countersign.desk"

type flags struct {
	Home     string `help:"Folder where the desk keeps everything." placeholder:"DIR" env:"COUNTERSIGN_HOME"`
	Look     string `enum:"system,light,dark" default:"system" help:"Colours: ${enum}."`
	Language string `enum:"system,en,es,ca,fr" default:"system" help:"Words: ${enum}."`
	Verbose  bool   `short:"v" help:"Tell more on standard error."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var f flags
	kong.Parse(&f, kong.Name("countersign"), kong.Description("One window for everything that waits for a signature at a signature gateway."))
	err := run(ctx, f, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "countersign:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags, errs io.Writer) error {
	if noDisplay() {
		return errors.New("there is no display to open a window on: use countersignctl, which does the same from a terminal")
	}
	level := slog.LevelWarn
	if f.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))
	a := app.NewWithID(appID)
	p, err := open(ctx, f.Home, log)
	if err != nil {
		w := ui.ShowFailure(a, looks[f.Look], languages[f.Language], err)
		defer context.AfterFunc(ctx, func() { fyne.Do(w.Close) })()
		a.Run()
		return err
	}
	window := ui.New(a, p.Desk, ui.Options{
		OpenFile: program.OpenFile, ShowInFolder: program.ShowInFolder, Dispatch: fyne.Do, Log: log,
		HomeNote: f.Home, Look: looks[f.Look], Language: languages[f.Language],
	})
	running, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() {
		err := p.Desk.Run(running)
		if err != nil {
			window.Fail(err)
		}
		stopped <- err
	}()
	// The last window that closes ends the program.
	keep := context.AfterFunc(ctx, func() { fyne.Do(window.Close) })
	window.Show()
	a.Run()
	keep()
	stop()
	return errors.Join(<-stopped, p.Close())
}

// open opens the desk of a home; a new one gets the sample documents.
func open(ctx context.Context, path string, log *slog.Logger) (*program.Program, error) {
	dir, err := openHome(path)
	if err != nil {
		return nil, err
	}
	fresh := dir.IsNew()
	p, err := program.Open(ctx, dir, log)
	if err != nil || !fresh {
		return p, err
	}
	if err := addSamples(ctx, p.Desk); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

var looks = map[string]ui.Look{"system": ui.SystemLook, "light": ui.LightLook, "dark": ui.DarkLook}

// languages are the choices; the system's is chosen by the window.
var languages = map[string]words.Language{
	"system": "", "en": words.English, "es": words.Spanish, "ca": words.Catalan, "fr": words.French,
}

func openHome(path string) (home.Dir, error) {
	if path == "" {
		var err error
		if path, err = home.Default(); err != nil {
			return home.Dir{}, err
		}
	}
	return home.Open(path)
}

// noDisplay tells that a window cannot open, where that can be told beforehand.
func noDisplay() bool {
	return runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
}

// addSamples puts the sample documents on a new desk, one of them at the practice
// PortaSigma, so that both kinds of gateway can be tried at once.
func addSamples(ctx context.Context, d *desk.Desk) error {
	for i, sample := range assets.Samples() {
		n := desk.New{
			Title: sample.Title, Reference: sample.Reference,
			Files: []desk.File{desk.MemoryFile(sample.Name, sample.Bytes)},
		}
		if i == len(assets.Samples())-1 {
			n.Gateway = "sandbox-portasigma"
		}
		if _, err := d.Add(ctx, n); err != nil {
			return fmt.Errorf("add the sample documents: %w", err)
		}
	}
	return nil
}
