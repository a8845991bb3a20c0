// Command countersign is the program with the window. It reads the flags, opens the home, and shows the
// desk in a window. When a window is open on the home already, it hands that its files and ends.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/alecthomas/kong"

	"countersign/assets"
	"countersign/cmd/internal/manual"
	"countersign/cmd/internal/program"
	"countersign/core/about"
	"countersign/core/desk"
	"countersign/core/filechooser"
	"countersign/core/handover"
	"countersign/core/home"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/policy"
	"countersign/core/preview"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui"
	"countersign/ui/prefs"
)

// appID identifies the program to the desktop; see FyneApp.toml.
const appID = "app.countersign.desk"

type flags struct {
	Files []string `arg:"" optional:"" name:"FILE.pdf" help:"PDF files to add."`

	Home          string `help:"Folder where the desk keeps everything." placeholder:"DIR" env:"COUNTERSIGN_HOME"`
	RegisterKey   string `help:"File with the private key of the register, as countersignctl register export-key writes it. Used in place of the keyring." placeholder:"FILE" env:"COUNTERSIGN_REGISTER_KEY"`
	Look          string `enum:",system,light,dark" default:"" placeholder:"NAME" help:"Colors: system, light or dark. Default: as in the settings."`
	Language      string `enum:",system,en,es,ca,fr" default:"" placeholder:"CODE" help:"Language: system, en, es, ca or fr. Default: as in the settings."`
	Notifications *bool  `negatable:"" help:"Notify when signings end while the window is not in front. Default: as in the settings."`
	Tray          bool   `default:"true" negatable:"" help:"Stay in the system tray when the window is closed, where there is one."`
	Background    bool   `hidden:"" help:"Show only the icon in the system tray, where there is one. The program is started with it at login."`
	Verbose       bool   `short:"v" help:"Log more on standard error."`

	Manual string        `hidden:"" placeholder:"DIR" help:"Write the manual page and the scripts for shells into a folder, and end."`
	About  program.About `embed:""`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), program.EndSignals()...)
	var f flags
	parsed := kong.Parse(&f, kong.Name("countersign"), program.ExactText(), kong.Description("One window for everything that waits for a signature at a signature gateway."))
	if f.Manual != "" {
		parsed.FatalIfErrorf(manual.Write(f.Manual, parsed.Model, "Countersign "+about.Release()))
		return
	}
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	ending := program.NewEnding("countersign", program.EndTime, os.Stderr, os.Exit)
	context.AfterFunc(ctx, ending.Begin)
	system := program.OpenSession(stop)
	err := run(ctx, f, os.Stderr, ending, system)
	ending.Done()
	stop()
	system.Close()
	if errors.Is(err, errNoWindow) { // it was printed when it was noticed
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "countersign:", err)
		showMessage(err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, f flags, errs io.Writer, ending *program.Ending, system *program.Session) error {
	level := slog.LevelWarn
	if f.Verbose {
		level = slog.LevelDebug
	}
	terminal := slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level})
	log := slog.New(terminal)
	if former, found := home.FindFormer(); found && f.Home == "" {
		folder, goOn, err := placeHome(ctx, former, ui.FormerQuestion(languages[f.Language], former.From, former.To), ask, showMessage)
		if err != nil || !goOn {
			return err
		}
		f.Home = folder
	}
	first, dir, handed, err := start(ctx, f, log)
	if handed {
		return nil // the window that is open takes the files
	}
	set, unusable := program.ReadPolicy() // it has the level of the log, so it is read before that is opened
	if err == nil {
		err = unusable
	}
	log, leave := enter(dir, first, terminal, set.LogLevel, log)
	defer leave()
	kit := watchToolkit(log, errs)
	if noDisplay() {
		kit.fail("there is no display to open a window on")
		return errNoWindow
	}
	a := app.NewWithID(appID)
	a.SetIcon(fyne.NewStaticResource("countersign.png", assets.Icon()))
	var p *program.Program
	if err == nil {
		p, err = open(ctx, f, set, dir, log)
	}
	if err != nil {
		log.Info("the desk cannot be opened", "error", err)
		var w *ui.Failure
		if kit.opens(func() {
			r := recovery(dir, err, func() error { leave(); return nil })
			w = ui.ShowFailure(a, ui.LookOf(f.Look), languages[f.Language], err, r)
		}) {
			runUntilClosed(ctx, a, w.Close)
			w.Wait()
		}
		return err
	}
	ending.Closing(p.Workspace.Ledger.Close)
	s := session{flags: f, app: a, notify: notifier(a, system), workspace: p.Workspace, policy: set, close: sync.OnceValue(p.Close), first: first, leave: leave, kit: kit, log: log}
	return errors.Join(s.show(ctx, ending.Begin), s.close())
}

// start makes this process the one with the window of the home; the caller has to close the
// [handover.Primary], unless it is nil. When another process has a window already, start hands the files over to it
// and reports that. A home that can only be read may have several windows, none of which is a Primary.
func start(ctx context.Context, f flags, log *slog.Logger) (first *handover.Primary, dir home.Dir, handed bool, err error) {
	dir, err = openHome(f.Home)
	if err != nil {
		return nil, home.Dir{}, false, err
	}
	message, err := handover.NewMessage(f.Files)
	if err != nil {
		return nil, home.Dir{}, false, err
	}
	first, err = handover.Start(ctx, dir, message, log)
	if err != nil && (request.IsNotWritable(err) || request.IsDiskFull(err)) && !dir.IsNew() {
		log.Info("the window takes no files from other starts of the program", "error", err)
		return nil, dir, false, nil
	}
	return first, dir, first == nil && err == nil, err
}

// session is what the window works with.
type session struct {
	flags     flags
	app       fyne.App
	notify    func(title, text string)
	workspace *workspace.Workspace
	policy    policy.Policy
	close     func() error      // closes the workspace, the first time it is called
	first     *handover.Primary // nil for a home that can only be read
	leave     func()            // closes first and the log file; it may be called again
	kit       *toolkit
	log       *slog.Logger
}

// show shows the window, and runs the desk, the queue, the outbox, the daily backups and the handover, until the window is
// closed or ctx is done. It calls closed when the window is closed, and returns when all that it runs has ended. The result is the
// errors of what it runs, joined, or [errNoWindow].
func (s session) show(ctx context.Context, closed func()) error {
	pages := openPages(s.workspace.Home)
	defer pages.Close()
	window := ui.New(s.app, s.workspace, s.options(ctx, pages))
	if !s.kit.opens(window.Show) {
		window.Close()
		window.Wait()
		return errNoWindow
	}
	running, stop := context.WithCancel(ctx)
	var work, restoring sync.WaitGroup
	failures := make(chan error, 5)
	background := func(run func() error) {
		work.Go(func() {
			err := run()
			if err != nil {
				window.Fail(err)
			}
			failures <- err
		})
	}
	if decided := s.policy.AtLogin; decided != nil && s.flags.Home == "" {
		work.Go(func() { followAtLogin(atLogin("", s.workspace.Home), *decided, s.log) })
	}
	if s.first != nil {
		background(func() error {
			return s.first.Serve(running, func(ctx context.Context, m handover.Message) error { return window.Receive(ctx, m.Files) })
		})
	}
	if len(s.flags.Files) > 0 {
		work.Go(func() {
			if err := receive(running, window, s.flags.Files); err != nil {
				s.log.Info("the window closed before it took its files", "error", err)
			}
		})
	}
	switch damage, unwritable := s.workspace.Ledger.Damage(), s.workspace.Unwritable; {
	case damage != nil:
		s.offerRestore(window, damage, func() { stop(); window.Wait(); work.Wait() }, &restoring)
	case request.IsNotWritable(unwritable):
		window.Fail(unwritable)
	default: // space may become free while the window is open
		if err := cmp.Or(unwritable, s.workspace.Home.CheckPlace()); err != nil {
			window.Fail(err)
		}
		background(func() error { return s.workspace.Desk.Run(running) })
		background(func() error { return s.workspace.Queue().Run(running) })
		background(func() error { return s.workspace.Outbox.Run(running) })
		background(func() error { return s.workspace.Daily.Run(running) })
	}
	runUntilClosed(ctx, s.app, window.Close)
	closed()
	stop()
	window.Wait()
	work.Wait()
	restoring.Wait()
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// offerRestore shows the error of a damaged ledger, which is only read, and offers to restore the newest daily backup, if there is
// one. end ends everything that uses the desk. Restoring counts in running.
func (s session) offerRestore(window *ui.Window, damage error, end func(), running *sync.WaitGroup) {
	r := recovery(s.workspace.Home, damage, func() error {
		end()
		err := s.close()
		s.leave()
		return err
	})
	if r == nil {
		window.Fail(damage)
		return
	}
	restore := r.Restore
	r.Restore = func(ctx context.Context) (string, error) {
		running.Add(1)
		defer running.Done()
		return restore(ctx)
	}
	window.OfferRestore(damage, r)
}

// withoutFixed returns f without the flags for settings that the administrator of the computer has fixed.
func (f flags) withoutFixed(isFixed func(key string) bool) flags {
	if isFixed(settings.ThemeKey) {
		f.Look = ""
	}
	if isFixed(settings.LanguageKey) {
		f.Language = ""
	}
	if isFixed(settings.NotificationsKey) {
		f.Notifications = nil
	}
	return f
}

// options returns the options of the window: those of the settings, unless a flag says otherwise.
func (s session) options(ctx context.Context, pages *preview.Renderer) ui.Options {
	f := s.flags.withoutFixed(s.workspace.IsFixed)
	chosen, err := s.workspace.Settings(ctx)
	if err != nil {
		s.log.Warn("the settings cannot be read", "error", err)
	}
	o := ui.Options{
		OpenFile: program.OpenFile, ShowInFolder: program.ShowInFolder, Preview: drawPages(pages), FileDialogs: filechooser.Show, Mail: program.Mail, Print: program.Print, Dispatch: fyne.Do, Log: s.log,
		HomeNote: f.Home, Size: chosen.Window, Look: ui.LookOf(cmp.Or(f.Look, chosen.Theme)), Language: languages[cmp.Or(f.Language, chosen.Language)],
	}
	written := s.workspace.Unwritable == nil && s.workspace.Ledger.Damage() == nil
	if link := s.workspace.Office; link != nil {
		o.Office = link
		if written {
			o.Copy = s.workspace.Ledger
		}
	}
	if written {
		o.Joiner, o.JoinDSN = s.workspace.Joiner, s.policy.Office
	}
	if f.Notifications == nil || *f.Notifications {
		o.Notify = func(title, text string) {
			if f.Notifications != nil || notifies(ctx, s.workspace) {
				s.notify(title, text)
			}
		}
		o.Remind = s.notify
	}
	if entry := atLogin(f.Home, s.workspace.Home); entry != nil {
		o.AtLogin = prefs.AtLogin{Entry: entry, Fixed: s.policy.AtLogin != nil}
	}
	o.Background = f.Background
	if system, ok := s.app.(desktop.App); ok && f.Tray && hasTray(ctx, f.Background) {
		o.Tray = system.SetSystemTrayMenu
	}
	return o
}

// closeAgain is the time between two attempts of [runUntilClosed] to close the window.
const closeAgain = time.Second

// runUntilClosed runs the loop of the toolkit until its last window is closed. When ctx is done, it calls closeWindow every
// [closeAgain] until the loop has ended: the loop can miss a call that comes just before it waits for events, and the next call wakes it.
func runUntilClosed(ctx context.Context, a fyne.App, closeWindow func()) {
	ended := make(chan struct{})
	var closing sync.WaitGroup
	closing.Go(func() {
		select {
		case <-ctx.Done():
		case <-ended:
			return
		}
		again := time.NewTicker(closeAgain)
		defer again.Stop()
		for {
			fyne.Do(func() { unlessEnded(closeWindow) })
			select {
			case <-again.C:
			case <-ended:
				return
			}
		}
	})
	a.Run()
	close(ended)
	closing.Wait()
}

// receive hands the files at paths, which this process's own command line names, to its window.
func receive(ctx context.Context, window *ui.Window, paths []string) error {
	m, err := handover.NewMessage(paths)
	if err != nil {
		return err
	}
	return window.Receive(ctx, m.Files)
}

// open opens a home on a computer with a policy, and adds the sample documents to a new one, unless there are no practice gateways for them. The caller has
// to close the program.
func open(ctx context.Context, f flags, set policy.Policy, dir home.Dir, log *slog.Logger) (*program.Program, error) {
	fresh := dir.IsNew()
	p, err := program.OpenWith(ctx, set, dir, f.RegisterKey, log)
	if err != nil || !fresh || p.Workspace.Unwritable != nil || set.Gateways.NoPractice {
		return p, err
	}
	if err := addSamples(ctx, p.Workspace); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// notifies reports whether notifications are on in the settings as they are now.
func notifies(ctx context.Context, w *workspace.Workspace) bool {
	chosen, _ := w.Store.Settings(ctx) // the defaults when they cannot be read
	return chosen.Notifications
}

// languages maps the values of --language and of the setting to languages. An empty language stands for
// that of the system.
var languages = map[string]i18n.Language{
	"system": "", "en": i18n.English, "es": i18n.Spanish, "ca": i18n.Catalan, "fr": i18n.French,
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

// noDisplay reports whether this is a Linux system without an X11 or Wayland display, where no window can open.
func noDisplay() bool {
	return runtime.GOOS == "linux" && os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
}

// addSamples adds the sample documents to a new desk, the last one for the practice PortaSigma, so
// that both kinds of gateway can be tried at once.
func addSamples(ctx context.Context, w *workspace.Workspace) error {
	for i, sample := range assets.Samples() {
		n := desk.New{
			Title: sample.Title, Reference: sample.Reference,
			Files: []input.File{input.Memory(sample.Name, sample.Bytes)},
		}
		if i == len(assets.Samples())-1 {
			n.Gateway = "sandbox-portasigma"
		}
		if _, err := w.Desk.Add(ctx, n); err != nil {
			return request.Errorf("samples_add", "add the sample documents: %w", err)
		}
	}
	return nil
}
