package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// initLine is what the runtime prints about the initialization of a package of ours, which both programs have, with GODEBUG=inittrace=1.
var initLine = regexp.MustCompile(`(?m)^init (countersign/(?:core|cmd/internal)/\S+) @.* (\d+) allocs$`)

// Each command waits until all packages are initialized, of which it needs a few. So what takes long to make, as a regular expression, is made
// when it is needed for the first time.
func TestAStartMakesLittle(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	all, packages := 0, initLine.FindAllSubmatch(said, -1)
	for _, found := range packages {
		n, err := strconv.Atoi(string(found[2]))
		if err != nil {
			t.Fatal(err)
		}
		if all += n; n > 1000 { // the maps of package certificate take 800
			t.Errorf("%s takes %d allocations to start", found[1], n)
		}
	}
	if len(packages) < 10 {
		t.Fatalf("%d packages in\n%s", len(packages), said)
	}
	if all > 2600 {
		t.Errorf("the packages take %d allocations to start", all)
	}
	t.Logf("%d packages take %d allocations to start", len(packages), all)
}
