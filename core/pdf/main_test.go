package pdf_test

import (
	"fmt"
	"os"
	"testing"
)

// otherTask does what the program was started for in the place of its tests; it is false when that is nothing.
var otherTask = func() (asked bool, err error) { return false, nil }

// TestMain fails when a test leaves anything in the folder where the parser would keep its configuration.
func TestMain(m *testing.M) {
	if asked, err := otherTask(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	} else if asked {
		return
	}
	folder, err := os.MkdirTemp("", "config")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, name := range []string{"XDG_CONFIG_HOME", "AppData"} {
		if err := os.Setenv(name, folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		fmt.Fprintf(os.Stderr, "something was written into the user's configuration: %v, %v\n", left, err)
		code = 1
	}
	if err := os.RemoveAll(folder); err != nil {
		code = 1
	}
	os.Exit(code)
}
