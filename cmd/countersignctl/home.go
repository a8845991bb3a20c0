package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/core/home"
)

type homeCommands struct {
	Move homeMove `cmd:"" help:"Move a home to the folder of --home, or to where the program looks for it by itself. No window and no other command may use it."`
}

type homeMove struct {
	From string `help:"Folder where the home is. Default: where an earlier version of this program made it." placeholder:"DIR"`
}

func (c *homeMove) Run(ctx context.Context, t *terminal) error {
	from := c.From
	if from == "" {
		former, found := home.FindFormer()
		if !found {
			return errors.New("there is no home where an earlier version of this program made it: name its folder with --from")
		}
		from = former.From
	}
	from, err := filepath.Abs(from)
	if err != nil {
		return err
	}
	err = home.Former{From: from, To: t.dir.Path()}.Move(ctx)
	if left, is := errors.AsType[home.LeftError](err); is {
		printf(t.err, "countersignctl: warning: %s\n", oneLine(left))
	} else if err != nil {
		return err
	}
	if t.json {
		return t.value(map[string]string{"home": t.dir.Path(), "from": from})
	}
	return printf(t.out, "%s: moved from %s\n", t.dir.Path(), from)
}

// formerHome returns the error that a home is still where an earlier version made it, with what to do about it.
func formerHome(f home.Former) error {
	return fmt.Errorf("the desk's folder is still %s, where an earlier version of this program made it, and belongs in %s now: countersignctl home move moves it there; with --home %s it is used where it is", f.From, f.To, f.From)
}

// needsNoHome reports whether a command also works while the home is where an earlier version made it.
func needsNoHome(parsed *kong.Context) bool {
	name, _, _ := strings.Cut(parsed.Command(), " ")
	return slices.Contains([]string{"completion", "home", "manual", "policy"}, name)
}
