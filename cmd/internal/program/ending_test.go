package program

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/home"
	"countersign/core/home/hometest"
	"countersign/core/ledger"
	"countersign/core/request"
)

func TestAProgramThatEndsInTimeIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, begin := range []int{0, 1, 2} {
			e := NewEnding("p", time.Second, os.Stderr, func(int) { t.Error("it had to leave") })
			for range begin {
				e.Begin()
			}
			time.Sleep(time.Second - time.Nanosecond)
			e.Done()
			e.Begin()
			time.Sleep(time.Minute)
		}
	})
}

func TestAProgramThatDoesNotEndLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		last  func() error
		after time.Duration
		says  string
	}{
		"nothing to close":      {nil, time.Second, "what it has written is complete"},
		"it is closed":          {func() error { return nil }, time.Second, "what it has written is complete"},
		"it cannot be closed":   {func() error { return errors.New("no space") }, time.Second, "no space"},
		"closing never returns": {func() error { time.Sleep(time.Minute); return nil }, 3 * time.Second, "could not be closed in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				left := make(chan time.Duration, 1)
				began := time.Now()
				e := NewEnding("p", time.Second, &out, func(code int) {
					if code != 1 {
						t.Errorf("it left with %d", code)
					}
					left <- time.Since(began)
				})
				e.Closing(c.last)
				e.Begin()
				if after := <-left; after != c.after {
					t.Errorf("it left after %v", after)
				}
				if text := out.String(); !strings.HasPrefix(text, "p: it did not end within 1s: ") || !strings.Contains(text, c.says) || strings.Count(text, "\n") != 1 {
					t.Errorf("it says %q", text)
				}
				time.Sleep(time.Hour) // until everything has returned
			})
		})
	}
}

// stuck opens the ledger of the home in args[0] for itself alone, writes to it, and is asked to end, but never does.
func stuck(ctx context.Context, args []string) error {
	ctx = context.WithoutCancel(ctx) // that of a role ends with its input, and this one has none
	l, err := ledger.Open(ctx, args[0], ledger.Options{Now: time.Now, Exclusive: true})
	if err != nil {
		return err
	}
	added := request.Event{Kind: request.KindAdded, Added: &request.Added{Title: "Lease", Gateway: "one", RemoteID: "1"}}
	if _, err := l.Append(ctx, ledger.Change{ID: "r1", Events: []request.Event{added}}); err != nil {
		return err
	}
	e := NewEnding("p", time.Millisecond, os.Stderr, os.Exit)
	e.Closing(l.Close)
	e.Begin()
	select {}
}

// TestAHomeIsFreeAfterAProgramThatDidNotEnd checks with a real process that it leaves, and that its home can be used at once.
func TestAHomeIsFreeAfterAProgramThatDidNotEnd(t *testing.T) {
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir.Path())
	cmd.Env = append(os.Environ(), hometest.RoleVariable+"=stuck")
	out, err := cmd.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != 1 || !bytes.Contains(out, []byte("p: it did not end within 1ms")) {
		t.Fatalf("%v: %s", err, out)
	}
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Now: time.Now, Exclusive: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if r, err := l.Get(t.Context(), "r1"); err != nil || r.Title != "Lease" {
		t.Errorf("got %v, %v", r, err)
	}
}
