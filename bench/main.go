// Bench measures what the program takes for an office with many requests, each time against the least that the same could take on this
// machine. It prints a table and writes it into docs/performance.md, which explains the figures.
//
// It is a module of its own, so that the database that some figures are compared with is not among the dependencies of the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to do
	}
}

// group is a part of the measurements.
type group struct {
	name    string
	sized   bool // it is repeated for each size
	measure func(b *bench, n int) error
}

// groups are in the order in which they run. What adds requests to a ledger comes last.
var groups = []group{
	{"verify", false, (*bench).measureVerify},
	{"window", false, (*bench).measureWindow},
	{"disk", true, (*bench).measureDisk},
	{"load", true, (*bench).measureLoad},
	{"reading", true, (*bench).measureReading},
	{"statistics", true, (*bench).measureStatistics},
	{"export", true, (*bench).measureExport},
	{"audit", true, (*bench).measureAudit},
	{"copies", true, (*bench).measureCopies},
	{"write", true, (*bench).measureWrite},
	{"return", true, (*bench).measureReturn},
	{"returns", true, (*bench).measureManyReturns},
	{"add", true, (*bench).measureAdding},
}

func run(ctx context.Context) error {
	sizes := flag.String("sizes", "10k,1m", "the numbers of requests, separated by commas")
	only := flag.String("only", "", "a regular expression for the names of the measurements; all if empty")
	keep := flag.Bool("keep", false, "keep the ledgers for the next run, and use those of the last")
	flag.Parse()
	root, err := rootOf()
	if err != nil {
		return err
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, root: root, commit: commitOf(root), dir: filepath.Join(root, "build", "bench"), loaded: map[string]time.Duration{}}
	if !*keep {
		if err := os.RemoveAll(b.dir); err != nil {
			return err
		}
		defer os.RemoveAll(b.dir)
	}
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	machine, err := b.describeMachine()
	if err != nil {
		return err
	}
	fmt.Print(machine)
	failed := b.runGroups(chosen, strings.Split(*sizes, ","))
	return errors.Join(failed, updatePage(filepath.Join(root, "docs", "performance.md"), machine, b.figures))
}

// runGroups measures what was chosen. What fails does not keep the others from being measured.
func (b *bench) runGroups(chosen *regexp.Regexp, sizes []string) (failed error) {
	for i, text := range sizes {
		n, err := parseSize(text)
		if err != nil {
			return err
		}
		for _, g := range groups {
			if !chosen.MatchString(g.name) || !g.sized && i > 0 || b.ctx.Err() != nil {
				continue
			}
			if err := g.measure(b, n); err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s at %s: %w", g.name, text, err))
			}
		}
	}
	return failed
}
