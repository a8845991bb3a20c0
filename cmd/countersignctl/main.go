// Command countersignctl is the desk on a terminal. It works on the same home as the window, with the
// same ledger, gateways and rules, also while the window is open. It needs no display and no C library.
//
// It parses the command line and prints results. The work is done by the parts of a
// [workspace.Workspace].
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/program"
	"countersign/core/export"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/lists"
	"countersign/core/workspace"
)

// Exit codes. Scripts rely on them.
const (
	exitDone      = 0
	exitError     = 1
	exitUsage     = 2
	exitOtherwise = 3 // of sign: a request ended as something else than signed; of verify: a signature is not intact; of import: rows were left out
	exitOpen      = 4 // of sign: a request was still open when the time ran out
)

// exit is an error that ends the program with an exit code, without a message.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// commands is the command line: the flags of all commands, and the commands.
type commands struct {
	Home        string `help:"Folder where the desk keeps everything." placeholder:"DIR" env:"COUNTERSIGN_HOME"`
	RegisterKey string `help:"File with the private key of the register, as register export-key writes it. Used in place of the keyring, for unattended jobs." placeholder:"FILE" env:"COUNTERSIGN_REGISTER_KEY"`
	JSON        bool   `name:"json" help:"Print JSON Lines on standard output, and nothing else."`
	Verbose     bool   `short:"v" help:"Log more on standard error."`

	About program.About `embed:""`

	Add       addCommand       `cmd:"" help:"Add PDF files, or requests that exist at the gateway."`
	Import    importCommand    `cmd:"" help:"Add requests that exist at a gateway, from a list (CSV or XLSX)."`
	List      listCommand      `cmd:"" help:"List requests, last changed first."`
	Show      showCommand      `cmd:"" help:"Show one request."`
	Sign      signCommand      `cmd:"" help:"Sign requests in the browser, and wait for the outcome."`
	Refresh   refreshCommand   `cmd:"" help:"Ask the gateways now for the outcome of open requests."`
	Reopen    reopenCommand    `cmd:"" help:"Reopen a request that ended without all of its signatures, to sign it again."`
	Withdraw  withdrawCommand  `cmd:"" help:"Withdraw a request that has no outcome yet."`
	Archive   archiveCommand   `cmd:"" help:"Archive requests that have ended, so that the window lists them apart."`
	Unarchive unarchiveCommand `cmd:"" help:"Take requests out of the archive."`
	Edit      editCommand      `cmd:"" help:"Change the title, reference and due date of a request, and how it is signed while it is pending."`
	Review    reviewCommand    `cmd:"" help:"Accept the outcome of a request, or return it with a note."`
	Attach    attachCommand    `cmd:"" help:"Add a signed file that did not come from the gateway, such as one that was mailed."`
	Save      saveCommand      `cmd:"" help:"Save a copy of a signed file, or of a document as it was added, after checking it."`
	SaveAll   saveAllCommand   `cmd:"" help:"Save the signed files of many requests in a folder or a ZIP file."`
	Events    eventsCommand    `cmd:"" help:"Show a request's history."`
	Stats     statsCommand     `cmd:"" help:"Count the requests that are waiting or were signed, in any period."`
	Verify    verifyCommand    `cmd:"" help:"Show and check the signatures in PDF files."`
	Export    exportCommand    `cmd:"" help:"Write requests to a table: CSV, XLSX or JSON."`
	Evidence  evidenceCommand  `cmd:"" help:"Write a ZIP file with everything about one request. Others can check it without this program."`
	Audit     auditCommand     `cmd:"" help:"Check that nothing in the register, the requests and the documents was changed."`
	Seal      sealCommand      `cmd:"" help:"Print today's seal, a line to print or mail. Later, audit --seal shows with it whether anything before was changed."`
	Backup    backupCommand    `cmd:"" help:"Write the whole home without its secrets into one file, even while the desk is in use."`
	Restore   restoreCommand   `cmd:"" help:"Make a home from a backup: --home has to be empty, or must not exist yet."`
	Register  registerCommand  `cmd:"" help:"The register as text, and the key that it is signed with."`
	Doctor    doctorCommand    `cmd:"" help:"Check everything that signing needs, and say what to do."`
	Gateway   gatewayCommands  `cmd:"" help:"Add, list, check and remove gateways."`
	Proxy     proxyCommands    `cmd:"" help:"The logins for proxies between this computer and the gateways."`
	Trust     trustCommands    `cmd:"" help:"Add, list and remove the issuers that are trusted here."`
	Sandbox   sandboxCommand   `cmd:"" help:"Run only the practice gateways, to try other programs against them."`
}

// terminal is what a command gets from its surroundings: the standard streams, the log and the home. With
// json set, it prints JSON Lines for scripts.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	verbose  bool
	log      *slog.Logger
	dir      home.Dir
	keyFile  string // with the register's private key; empty for none
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), program.EndSignals()...)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	ending := program.NewEnding("countersignctl", program.EndTime, os.Stderr, os.Exit)
	context.AfterFunc(ctx, ending.Begin)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	ending.Done()
	stop()
	os.Exit(code)
}

// run runs the program with the arguments and the standard streams that are given, and returns the exit
// code. When ctx is done, the command ends early.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	exited := -1
	c, parser, err := newParser(program.Kinds(),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		panic(err) // the commands above do not fit together
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // help was asked for
		return exited
	}
	if err != nil {
		printf(errs, "countersignctl: %v: countersignctl --help lists the commands\n", err)
		return exitUsage
	}
	t := &terminal{in: in, out: out, err: errs, json: c.JSON, verbose: c.Verbose, keyFile: c.RegisterKey, log: newLog(errs, c.Verbose)}
	program.FilterLibraryLog(func(line string) { t.log.Debug("library: " + line) })
	return t.finish(t.run(parsed, c.Home))
}

// newParser returns the parser of the command line, and the commands into which it parses. gateway add has
// flags for the settings of the kinds.
func newParser(kinds []gateway.Kind, options ...kong.Option) (*commands, *kong.Kong, error) {
	c := &commands{}
	c.Gateway.Kinds.kinds, c.Gateway.Add.kinds, c.Gateway.Add.flags = kinds, kinds, settingFlags(kinds)
	c.Gateway.Add.Given = declareFlags(c.Gateway.Add.flags)
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Name)
	}
	parser, err := kong.New(c, append(options,
		kong.Name("countersignctl"), program.ExactText(),
		kong.Description("The desk for everything that waits for a signature at a signature gateway."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"pattern": export.DefaultPattern, "kinds": strings.Join(names, ","), "languages": languageCodes(), "fields": fieldNames(), "encodings": strings.Join(lists.Encodings(), ", ")},
	)...)
	return c, parser, err
}

func newLog(w io.Writer, verbose bool) *slog.Logger {
	level := slog.LevelError
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func (t *terminal) run(parsed *kong.Context, path string) (err error) {
	if path == "" {
		if path, err = home.Default(); err != nil {
			return err
		}
	}
	if t.dir, err = home.Open(path); err != nil {
		return err
	}
	return parsed.Run(t)
}

// finish returns the exit code for the error of a command, and prints the error on one line unless it is
// nil or an [exit].
func (t *terminal) finish(err error) int {
	if err == nil {
		return exitDone
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		printf(t.err, "countersignctl: %v\n", usage)
		return exitUsage
	}
	printf(t.err, "countersignctl: %s\n", oneLine(err))
	return exitError
}

// usageError is an error in the command line; the program ends with [exitUsage].
type usageError string

func (e usageError) Error() string { return string(e) }

// withWorkspace opens the home, calls the function use with its workspace, and closes the home. It warns on standard error
// when the ledger is damaged, so that it is only read, and when the home is on a network share. It returns
// the errors of use and of closing, joined. When the home cannot be opened, it returns that error and does
// not call use.
func (t *terminal) withWorkspace(ctx context.Context, use func(*workspace.Workspace) error) error {
	p, err := program.Open(ctx, t.dir, t.keyFile, t.log)
	if err != nil {
		return err
	}
	for _, err := range []error{p.Workspace.Ledger.Damage(), p.Workspace.Home.CheckPlace()} {
		if err != nil {
			printf(t.err, "countersignctl: warning: %s\n", oneLine(err))
		}
	}
	return errors.Join(use(p.Workspace), p.Close())
}
