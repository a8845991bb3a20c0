//go:build walk

package walk

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// coverWindow opens another program's window in front of the desk's, and waits until it has the keyboard focus. uncover closes it.
func (w *walk) coverWindow() (uncover func()) {
	w.Helper()
	other := exec.CommandContext(w.ctx, "xmessage", "-geometry", "1000x600+100+60", "Another program is being worked with.")
	w.start(other)
	w.waitFor("another window has the keyboard", func() bool {
		active := w.activeWindow()
		return active != "" && active != w.window && w.frontWindow() == active
	})
	return func() { stop(other) }
}

// startAgain starts the program a second time, with files. The second process must end without a window of its own, and the open window
// must come to the front.
func (w *walk) startAgain(files ...string) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, longest)
	defer cancel()
	again := w.windowCommand(ctx, files...)
	again.Env = w.env
	if said, err := again.CombinedOutput(); err != nil || len(said) > 0 {
		w.Fatalf("the second start: %v: %q", err, said)
	}
	if w.wine == "" { // Wine 8 leaves the keyboard to the window manager
		w.waitFor("the window has the keyboard", func() bool { return w.activeWindow() == w.window })
	}
	w.waitFor("the window is in front", func() bool { return w.frontWindow() == w.window })
	if found := w.visible(); found != w.window {
		w.Fatalf("there are these windows: %s; want %s alone", found, w.window)
	}
	w.waitSettled()
}

// visible returns the ids of the program's windows that can be seen, one on each line.
func (w *walk) visible() string {
	w.Helper()
	found, err := w.run("xdotool", "search", "--onlyvisible", "--name", "^Countersign")
	if err != nil { // there are none
		return ""
	}
	return strings.TrimSpace(found)
}

// activeWindow returns the id of the window with the keyboard focus. It is empty if that cannot be found out.
func (w *walk) activeWindow() string {
	found, err := w.run("xdotool", "getactivewindow")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(found)
}

// frontWindow returns the id of the window that lies in front of all others. It is empty if there is no window.
func (w *walk) frontWindow() string {
	w.Helper()
	said, err := w.run("xprop", "-root", "_NET_CLIENT_LIST_STACKING")
	w.must(err)
	_, ids, _ := strings.Cut(said, "#")
	all := strings.Split(ids, ",") // from back to front
	id, err := strconv.ParseUint(strings.TrimSpace(all[len(all)-1]), 0, 64)
	if err != nil {
		return "" // there is no window
	}
	return strconv.FormatUint(id, 10)
}
