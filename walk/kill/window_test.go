//go:build linux

package kill

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"countersign/core/request"
)

// startDisplay builds the window's program, and starts an X server for it.
func (h *harness) startDisplay() {
	h.Helper()
	h.window = h.build("countersign")
	reader, writer, err := os.Pipe()
	h.must(err)
	defer reader.Close()
	server := exec.CommandContext(h.ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{writer}
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	h.must(server.Start())
	writer.Close()
	h.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	number, err := bufio.NewReader(reader).ReadString('\n')
	h.must(err)
	h.env = append(h.env, "DISPLAY=:"+strings.TrimSpace(number))
}

// killWindow kills the window while it settles a visit that a terminal program has begun beside it. The terminal program must bring
// the visit to its end alone.
func (h *harness) killWindow() {
	h.Helper()
	ref := h.pick(func(r request.Request, k *known) bool { return r.Status.Open() && k.finished == "" })
	if ref == "" {
		h.killAdd()
		return
	}
	w := h.start(h.window, "--home", h.home, "--no-tray", "--no-notifications")
	h.awaitSettler(w)
	h.forgetWrites()
	v := h.start(h.terminal, h.args([]string{"sign", "--no-browser", "--timeout", "1m", string(h.requests[ref].id)})...)
	done, signed, choice := make(chan struct{}), make(chan error, 1), h.choice()
	go func() {
		defer close(done)
		signed <- h.follow(v, ref, choice)
	}()
	if h.end(w, h.nextAim(time.Second), done) != none {
		h.windowKills++
	}
	h.must(<-signed)
	if code := v.wait(); code != 0 && code != 3 {
		h.Errorf("%s: exit code %d: %s", ref, code, &v.errs)
	}
	h.checkRequest(ref)
}

// awaitSettler waits until the window has opened the home and settles visits. After a minute it fails the test.
func (h *harness) awaitSettler(w *victim) {
	h.Helper()
	h.awaitLock(w, "settle.lock")
}

// awaitLock waits until the window holds a lock of the home. After a minute it fails the test.
func (h *harness) awaitLock(w *victim, name string) {
	h.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for !h.holds(w.cmd.Process.Pid, name) {
		select {
		case <-look.C:
		case <-limit.C:
			h.Fatalf("the window does not start: %s", &w.errs)
		}
	}
}
