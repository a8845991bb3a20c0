package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/program"
	"countersign/core/export"
	"countersign/core/gateway"
	"countersign/core/lists"
)

// globalFlags are the flags of all commands.
type globalFlags struct {
	Home        string `help:"Folder where the desk keeps everything." placeholder:"DIR" env:"COUNTERSIGN_HOME"`
	RegisterKey string `help:"File with the private key of the register, as register export-key writes it. Used in place of the keyring, for unattended jobs." placeholder:"FILE" env:"COUNTERSIGN_REGISTER_KEY"`
	JSON        bool   `name:"json" help:"Print JSON Lines on standard output, and nothing else."`
	Verbose     bool   `short:"v" help:"Log more on standard error."`

	About program.About `embed:""`
}

// command is a command with its line in the help. Without such a line, it is hidden.
type command struct {
	name, help string
	// grammar returns a pointer to a new struct. Its fields are the flags and arguments if it has a method Run or AfterApply, and
	// otherwise further commands.
	grammar func() any
}

// allCommands returns the commands in the order of the help. gateway add has flags for the settings of the kinds.
func allCommands(kinds []gateway.Kind) []command {
	return []command{
		{"add", "Add PDF files, or requests that exist at the gateway.", grammar[addCommand]},
		{"import", "Add requests that exist at a gateway, from a list (CSV or XLSX).", grammar[importCommand]},
		{"list", "List requests, last changed first.", grammar[listCommand]},
		{"show", "Show one request.", grammar[showCommand]},
		{"sign", "Sign requests in the browser, and wait for the outcome.", grammar[signCommand]},
		{"refresh", "Ask the gateways now for the outcome of open requests.", grammar[refreshCommand]},
		{"reopen", "Reopen a request that ended without all of its signatures, to sign it again.", grammar[reopenCommand]},
		{"withdraw", "Withdraw a request that has no outcome yet.", grammar[withdrawCommand]},
		{"archive", "Archive requests that have ended, so that the window lists them apart.", grammar[archiveCommand]},
		{"unarchive", "Take requests out of the archive.", grammar[unarchiveCommand]},
		{"edit", "Change the title, reference and due date of a request, and how it is signed while it is pending.", grammar[editCommand]},
		{"review", "Accept the outcome of a request, or return it with a note.", grammar[reviewCommand]},
		{"attach", "Add a signed file that did not come from the gateway, such as one that was mailed.", grammar[attachCommand]},
		{"save", "Save a copy of a signed file, or of a document as it was added, after checking it.", grammar[saveCommand]},
		{"save-all", "Save the signed files of many requests in a folder or a ZIP file.", grammar[saveAllCommand]},
		{"events", "Show a request's history.", grammar[eventsCommand]},
		{"stats", "Count the requests that are waiting or were signed, in any period.", grammar[statsCommand]},
		{"verify", "Show and check the signatures in PDF files.", grammar[verifyCommand]},
		{"export", "Write requests to a table: CSV, XLSX or JSON.", grammar[exportCommand]},
		{"evidence", "Write a ZIP file with everything about one request. Others can check it without this program.", grammar[evidenceCommand]},
		{"audit", "Check that nothing in the register, the requests and the documents was changed.", grammar[auditCommand]},
		{"seal", "Print today's seal, a line to print or mail. Later, audit --seal shows with it whether anything before was changed.", grammar[sealCommand]},
		{"backup", "Write the whole home without its secrets into one file, even while the desk is in use.", grammar[backupCommand]},
		{"restore", "Make a home from a backup: --home has to be empty, or must not exist yet.", grammar[restoreCommand]},
		{"home", "The folder where the desk keeps everything.", grammar[homeCommands]},
		{"register", "The register as text, and the key that it is signed with.", grammar[registerCommand]},
		{"doctor", "Check everything that signing needs, and say what to do.", grammar[doctorCommand]},
		{"gateway", "Add, list, check and remove gateways.", func() any { return newGatewayCommands(kinds) }},
		{"proxy", "The logins for proxies between this computer and the gateways.", grammar[proxyCommands]},
		{"team", "Share one register with other desks: make an office, join it, and see how this desk stands to it.", grammar[teamCommands]},
		{"documents", "Delete what an office must not keep.", grammar[documentsCommands]},
		{"policy", "What the administrator has set up for all users of this computer.", grammar[policyCommands]},
		{"trust", "Add, list and remove the issuers that are trusted here.", grammar[trustCommands]},
		{"sandbox", "Run only the practice gateways, to try other programs against them.", grammar[sandboxCommand]},
		{"completion", "Print the script by which a shell completes the command line of this program.", grammar[completionCommand]},
		{"manual", "", grammar[manualCommand]},
	}
}

func grammar[T any]() any { return new(T) }

// parse parses the command line. The error is an [exit] when a flag such as --help has printed what was asked for. Any other error
// is about the arguments.
func parse(args []string, kinds []gateway.Kind, options ...kong.Option) (*globalFlags, *kong.Context, error) {
	all := allCommands(kinds)
	// Reading the definitions of all commands takes longer than the work of many a command. The first attempt therefore knows only
	// the commands that the arguments may name, and no --help. When it succeeds, the second one would have the same result.
	flags, parsed, err := parseWith(namedIn(args, all), args, kinds, append(slices.Clone(options), kong.NoDefaultHelp()))
	if code := exit(0); errors.As(err, &code) || err == nil && parsed.Selected() != nil {
		return flags, parsed, err
	}
	return parseWith(all, args, kinds, options)
}

// namedIn returns the commands whose name is one of the arguments. It may be a title or the name of a file there.
func namedIn(args []string, all []command) (named []command) {
	for _, c := range all {
		if slices.Contains(args, c.name) {
			named = append(named, c)
		}
	}
	return named
}

// parseWith does what [parse] does for a program that has only these commands.
func parseWith(commands []command, args []string, kinds []gateway.Kind, options []kong.Option) (*globalFlags, *kong.Context, error) {
	exited := exit(-1)
	flags, parser, err := newParser(commands, kinds, append(slices.Clone(options), kong.Exit(func(code int) { exited = exit(code) })))
	if err != nil {
		panic(err) // the commands do not fit together
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return nil, nil, exited
	}
	return flags, parsed, err
}

// newParser returns a parser for a program that has only these commands, and the flags into which it parses.
func newParser(commands []command, kinds []gateway.Kind, options []kong.Option) (*globalFlags, *kong.Kong, error) {
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Name)
	}
	options = append(
		slices.Clone(options),
		kong.Name("countersignctl"), program.ExactText(),
		kong.Description("The desk for everything that waits for a signature at a signature gateway."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"pattern": export.DefaultPattern, "kinds": strings.Join(names, ","), "languages": languageCodes(), "fields": fieldNames(), "encodings": strings.Join(lists.Encodings(), ", ")},
	)
	for _, c := range commands {
		var tags []string
		if c.help == "" {
			tags = append(tags, `hidden:""`)
		}
		options = append(options, kong.DynamicCommand(c.name, c.help, "", c.grammar(), tags...))
	}
	flags := &globalFlags{}
	parser, err := kong.New(flags, options...)
	return flags, parser, err
}
