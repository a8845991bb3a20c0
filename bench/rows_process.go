package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// measureVerify compares the program that checks a small signed file with pdfsig of Poppler, from their start to their end.
func (b *bench) measureVerify(int) error {
	return b.inScratch(func(dir string) error {
		program := filepath.Join(dir, "countersignctl")
		build := b.command("go", "build", "-trimpath", "-o", program, "./cmd/countersignctl")
		build.Env = append(build.Env, "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, said)
		}
		signed := filepath.Join(b.root, "core", "pdf", "testdata", "signed.pdf")
		ours, floor, err := alternate(30, func() error {
			return b.command(program, "--home", filepath.Join(dir, "home"), "--json", "verify", signed).Run()
		}, func() error { return b.command("pdfsig", signed).Run() })
		b.record(verifyFile, 0, duration(ours), duration(floor))
		return err
	})
}

// command returns a command that runs in the checkout.
func (b *bench) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(b.ctx, name, args...) // #nosec G204 -- the commands of this program
	cmd.Dir, cmd.Env = b.root, os.Environ()
	return cmd
}

// startLine is what the test of package walk prints about a program.
var startLine = regexp.MustCompile(`(?m)^(the window|a bare list) +first picture after ([0-9.a-zµ]+), ([0-9]+) MB at rest$`)

// measureWindow has a test of package walk compare the window with a bare list of the toolkit.
func (b *bench) measureWindow(int) error {
	test := b.command("go", "test", "-tags", "walk,ci,migrated_fynedo", "-count=1", "-v", "-run", "^TestStartAndMemory$", "./walk")
	test.Env = append(test.Env, "COUNTERSIGN_BENCH=1")
	said, err := test.CombinedOutput()
	if err != nil {
		return fmt.Errorf("the test of the window: %w\n%s", err, said)
	}
	start, memory := map[string]quantity{}, map[string]quantity{}
	for _, found := range startLine.FindAllSubmatch(said, -1) {
		first, err := time.ParseDuration(string(found[2]))
		megabytes, err2 := strconv.Atoi(string(found[3]))
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		start[string(found[1])], memory[string(found[1])] = duration(first), quantity{float64(megabytes) * (1 << 20), "B"}
	}
	if len(start) != 2 {
		return fmt.Errorf("the test of the window has not said how long the starts took:\n%s", said)
	}
	b.record(windowMemory, 0, memory["the window"], memory["a bare list"])
	b.record(windowStart, 0, start["the window"], start["a bare list"])
	return nil
}
