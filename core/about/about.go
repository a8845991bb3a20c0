// Package about knows which version of the program this is, and what it contains by others.
package about

import (
	_ "embed"
	"runtime"
	"runtime/debug"
	"strings"
)

// release is the version of the program. The Makefile sets it with the linker where the sources have a tag.
var release = "0.1.0"

// revision is the commit that the program was built from. The Makefile sets it with the linker, so that
// a build does not depend on where the sources are.
var revision string

//go:embed notices.txt
var notices string

// Notices returns the names and the licenses of everything by others that is built into the two programs,
// as a text of some 140 kB in English.
func Notices() string { return notices }

// Release returns the version of the program without the commit.
func Release() string { return release }

// Version returns the version of the program, followed by the commit it was built from where the build
// recorded one.
func Version() string { return strings.TrimSpace(release + " " + commit()) }

// Describe returns the program's name and version, and what it runs on, as a line for support.
func Describe() string { return "Countersign " + Version() + " (" + System() + ")" }

// System returns the version of Go that the program was built with, and the system that it was built for.
func System() string { return runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH }

// commit returns the commit that the program was built from: what the linker set, or else the first 12
// digits of what the go command recorded, or "" if neither did.
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok && revision == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(len(s.Value), 12)]
			}
		}
	}
	return revision
}
