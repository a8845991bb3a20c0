//go:build walk

package walk

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// cover puts another program's window in front of the desk's, which loses the keyboard to it.
// uncover takes it away.
func (w *walk) cover() (uncover func()) {
	w.Helper()
	other := exec.CommandContext(w.ctx, "xmessage", "-geometry", "1000x600+100+60", "Another program is being worked with.")
	w.start(other)
	w.until("another window has the keyboard", func() bool {
		active := w.active()
		return active != "" && active != w.window && w.front() == active
	})
	return func() { end(other) }
}

// startAgain starts the program a second time, with files. The window that is open has to take
// them and come to the front, and the second start has to end without a window of its own.
func (w *walk) startAgain(files ...string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, longest)
	defer cancel()
	again := exec.CommandContext(ctx, windowProgram, files...)
	again.Env = w.env
	if said, err := again.CombinedOutput(); err != nil || len(said) > 0 {
		w.Fatalf("the second start: %v: %q", err, said)
	}
	w.until("the window has the keyboard", func() bool { return w.active() == w.window })
	w.until("the window is in front", func() bool { return w.front() == w.window })
	if found := w.windows(); found != w.window {
		w.Fatalf("there are these windows: %s; want %s alone", found, w.window)
	}
	w.settled()
}

// windows are those of the program, as X names them.
func (w *walk) windows() string {
	w.Helper()
	found, err := w.run("xdotool", "search", "--name", "^Countersign$")
	w.must(err)
	return strings.TrimSpace(found)
}

// active is the window that has the keyboard; empty when none has.
func (w *walk) active() string {
	found, err := w.run("xdotool", "getactivewindow")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(found)
}

// front is the window that no other one covers.
func (w *walk) front() string {
	w.Helper()
	said, err := w.run("xprop", "-root", "_NET_CLIENT_LIST_STACKING")
	w.must(err)
	_, ids, _ := strings.Cut(said, "#")
	all := strings.Split(ids, ",") // from the back to the front
	id, err := strconv.ParseUint(strings.TrimSpace(all[len(all)-1]), 0, 64)
	if err != nil {
		return "" // there is no window
	}
	return strconv.FormatUint(id, 10)
}
