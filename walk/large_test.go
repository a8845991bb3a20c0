//go:build walk

package walk

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

const (
	usualRegister = 100_000 // requests, unless the variable of the environment says how many
	atOnce        = 1000    // of them are added at a time
	followers     = 9       // desks beside the one that is looked at
)

// registerSize returns how many requests the registers have.
func registerSize() int {
	if n, err := strconv.Atoi(os.Getenv(benchEnv)); err == nil && n > 1 {
		return n / atOnce * atOnce
	}
	return usualRegister
}

// rows is where rows of the list are in the window as the window manager places it, and nothing is while the list is empty.
var rows = image.Rect(340, 430, 740, 760)

// TestStartOnALargeRegister compares windows on a register of many requests, in turns: that of a home of its own, and that of a desk which
// has read all of its office's, while other desks follow the office. Then a new desk reads it while its window is open. It prints the figures and judges none.
func TestStartOnALargeRegister(t *testing.T) {
	if os.Getenv(benchEnv) == "" {
		t.Skip("set " + benchEnv + " to compare the start on a large register with that of a desk of an office")
	}
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "go")
	size := registerSize()
	out := outputFolder(t, "walk-large")
	w := &walk{T: t, ctx: t.Context(), out: out, data: filepath.Join(out, "data")}
	w.build()
	server := w.startServer()
	w.startDisplay()
	login := w.makeOffice(server)
	clara := login("clara", "clerk")
	own, desk, newDesk := filepath.Join(out, "own"), filepath.Join(out, "desk"), filepath.Join(out, "new")
	w.terminal("", "--home", desk, "team", "join", clara, "--desk", "front")
	w.terminal("", "--home", newDesk, "team", "join", clara, "--desk", "back")
	begin := time.Now()
	w.fillOffice(clara, size)
	fmt.Printf("the office has %d requests after %v\n", size, time.Since(begin).Round(time.Second))
	begin = time.Now()
	w.terminal("", "--home", desk, "audit", "--quick") // opens the home
	for read := 0; read <= size; {
		var status struct{ Read int }
		w.must(json.Unmarshal([]byte(w.terminal("", "--home", desk, "--json", "team", "status")), &status)) // reads for two seconds
		read = status.Read
	}
	fmt.Printf("a desk has read it after %v\n", time.Since(begin).Round(time.Second))
	w.fillHome(own, size)

	for n := range followers {
		w.follow(login(fmt.Sprintf("clerk%d", n), "clerk"))
	}
	figures, homes := map[string]*startFigures{own: {}, desk: {}}, []string{own, desk}
	for run := range startRuns + 1 {
		for _, dir := range homes {
			took, memory := w.startOnce("^Countersign", rows, windowProgram, "--home", dir)
			if f := figures[dir]; run > 0 {
				f.times, f.memory = append(f.times, took), append(f.memory, memory)
			}
		}
	}
	for _, dir := range homes {
		f := figures[dir]
		slices.Sort(f.times)
		slices.Sort(f.memory)
		fmt.Printf("%-5s first rows after %v, %d MB at rest\n", filepath.Base(dir), f.times[startRuns/2].Round(10*time.Millisecond), f.memory[startRuns/2]/1024)
	}

	cmd := exec.CommandContext(w.ctx, windowProgram, "--home", newDesk)
	begin = time.Now()
	w.start(cmd)
	w.waitPicture("^Countersign", rows)
	first := time.Since(begin)
	l, err := ledger.Open(w.ctx, newDesk, ledger.Options{})
	w.must(err)
	defer l.Close()
	notices, err := l.Watch(w.ctx)
	w.must(err)
	for all := false; !all; {
		head, err := l.Head(w.ctx)
		w.must(err)
		if all = head.Count > size; !all {
			<-notices
		}
	}
	fmt.Printf("new   first rows after %v, all read after %v, %d MB at most\n", first.Round(10*time.Millisecond), time.Since(begin).Round(100*time.Millisecond), w.memory(cmd.Process.Pid, "VmHWM:")/1024)
	stop(cmd)
}

// added returns the requests from number n on, each as it is added.
func added(n int) (all []ledger.Change) {
	for i := range atOnce {
		all = append(all, ledger.Change{ID: request.ID(fmt.Sprintf("r-%06d", n+i)), Events: []request.Event{{
			Kind: request.KindAdded, By: "clara", Added: &request.Added{Title: fmt.Sprintf("Lease of flat %d", n+i), Reference: fmt.Sprintf("2026/%d", n+i), Gateway: "office", RemoteID: fmt.Sprint(n + i)},
		}}})
	}
	return all
}

// follow listens to an office and asks for what is new, as a desk does that has read all of it, until the test ends.
func (w *walk) follow(dsn string) {
	w.Helper()
	office, err := team.Open(w.ctx, dsn, "", "")
	w.must(err)
	number, _, err := office.Head(w.ctx)
	w.must(err)
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = office.Listen(ctx, 30*time.Second, func(context.Context, int) { _, _ = office.Entries(ctx, number, 1) }) // ends with the test
	}()
	w.Cleanup(func() { cancel(); <-ended; office.Close() })
}

// fillOffice adds requests to an office, as the desk front of a login.
func (w *walk) fillOffice(dsn string, size int) {
	w.Helper()
	office, err := team.Open(w.ctx, dsn, "", "front")
	w.must(err)
	defer office.Close()
	for n := 0; n < size; n += atOnce {
		var events []register.Event
		for _, c := range added(n) {
			e := c.Events[0]
			e.Seq, e.At, e.Desk = 1, time.Now().UTC(), "front"
			content, err := json.Marshal(e)
			w.must(err)
			events = append(events, register.Event{Request: string(c.ID), Seq: 1, Content: content})
		}
		_, err := office.Append(w.ctx, team.NewKey(), register.Head{}, events...)
		w.must(err)
	}
}

// fillHome adds the same requests to a home of its own.
func (w *walk) fillHome(path string, size int) {
	w.Helper()
	dir, err := home.Open(path)
	w.must(err)
	l, err := ledger.Open(w.ctx, dir.Path(), ledger.Options{Exclusive: true})
	w.must(err)
	for n := 0; n < size; n += atOnce {
		_, err := l.Append(w.ctx, added(n)...)
		w.must(err)
	}
	w.must(l.Close())
}
