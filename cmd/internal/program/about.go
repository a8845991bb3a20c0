package program

import (
	"fmt"

	"github.com/alecthomas/kong"

	"countersign/core/about"
)

// About has the flags of both programs that print something about the program and end it.
type About struct {
	Version  versionFlag  `help:"Print the version, and nothing else."`
	Licenses licensesFlag `help:"Print the licenses of the software by others that is built in, and nothing else."`
}

// versionFlag is a flag that prints the version.
type versionFlag bool

// BeforeReset prints the version and ends the program. Kong calls it when the flag was given.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	_, err := fmt.Fprintf(app.Stdout, "%s %s (%s)\n", app.Model.Name, about.Version(), about.System())
	app.Exit(0)
	return err
}

// licensesFlag is a flag that prints the licenses of what is built in.
type licensesFlag bool

// BeforeReset prints the licenses and ends the program. Kong calls it when the flag was given.
func (licensesFlag) BeforeReset(app *kong.Kong) error {
	_, err := fmt.Fprint(app.Stdout, about.Notices())
	app.Exit(0)
	return err
}
