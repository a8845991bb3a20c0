package main

import (
	"io"

	"github.com/alecthomas/kong"

	"countersign/cmd/internal/manual"
	"countersign/cmd/internal/program"
	"countersign/core/about"
)

// completionCommand prints a script for a shell. It needs no home.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,fish,powershell,zsh" help:"The shell: bash, fish, powershell or zsh."`
}

// AfterApply prints the script and ends the program. Kong calls it when the command line was read.
func (c *completionCommand) AfterApply(app *kong.Kong) error {
	model, err := wholeModel()
	if err != nil {
		return err
	}
	script, err := manual.Completion(model, c.Shell)
	if err != nil {
		return err
	}
	_, err = io.WriteString(app.Stdout, script)
	app.Exit(exitDone)
	return err
}

// manualCommand writes what packages have besides the program. It needs no home.
type manualCommand struct {
	Folder string `arg:"" help:"Folder for the manual pages and the scripts for shells."`
}

// AfterApply writes the files and ends the program. Kong calls it when the command line was read.
func (c *manualCommand) AfterApply(app *kong.Kong) error {
	model, err := wholeModel()
	if err != nil {
		return err
	}
	err = manual.Write(c.Folder, model, "Countersign "+about.Release(), manualSections()...)
	app.Exit(exitDone)
	return err
}

// wholeModel returns the definition of the command line with all commands.
func wholeModel() (*kong.Application, error) {
	kinds := program.Kinds()
	_, parser, err := newParser(allCommands(kinds), kinds, nil)
	if err != nil {
		return nil, err
	}
	return parser.Model, nil
}

// manualSections returns what the manual page says besides the commands and the flags.
func manualSections() []manual.Section {
	return []manual.Section{
		{Title: "EXIT STATUS", Text: "0: the command has done what it was told.\n\n" +
			"1: it has not, and the line on standard error says why.\n\n" +
			"2: the command line was wrong.\n\n" +
			"3: sign: a request ended as something else than signed. verify: a signature is not intact. import: rows were left out.\n\n" +
			"4: sign: a request was still open when the time ran out."},
		{Title: "FILES", Text: "The home is the folder .local/share/countersign in the folder of the user, unless XDG_DATA_HOME names another place. The option --home names another folder."},
		{Title: "EXAMPLES", Text: "countersignctl add Lease.pdf\n\ncountersignctl sign 01a2\n\ncountersignctl --json list --status pending"},
		{Title: "SEE ALSO", Text: "countersign(1)"},
	}
}
