//go:build walk

package walk

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/chromedp/chromedp"

	"countersign/core/request"
	"countersign/core/sandbox/signer"
)

const crashTitle = "Supplier"

// killWhileReturning kills the desk when the browser's return is kept and the gateway has
// not answered yet. The gateway runs on its own here, so that it can be made to hold its
// answer back.
func (w *walk) killWhileReturning() {
	w.Helper()
	w.closeDesk()
	gateways := w.startGateways()
	w.startDesk("dark")

	w.find(crashTitle)
	w.key("ctrl+Return")
	back, err := signer.Walk(w.ctx, w.nextVisit(), signer.Sign, true)
	w.must(err)
	w.must(gateways.Process.Signal(syscall.SIGSTOP))
	w.load(chromedp.Navigate(back))
	w.checkLanding("Signed. You can close this tab")
	w.must(w.desk.Process.Kill())
	_ = w.desk.Wait() // says that it was killed
	r := w.await(crashTitle, func(r request.Request) bool { return r.Returned != nil })
	if r.Status != request.Signing {
		w.Fatalf("the gateway answered before the desk was killed: %s", r.Status)
	}
	w.step("crash: the desk is killed, the return is kept, the gateway was not heard")

	w.must(gateways.Process.Signal(syscall.SIGCONT))
	w.startDesk("dark")
	r = w.await(crashTitle, func(r request.Request) bool { return r.Status.Ended() && r.Next == request.Nothing })
	w.check(signing{"crash", crashTitle, "", "", request.Signed, request.ByDocument, "finished"}, r)
	w.picture("window-after-crash")
	w.checkFile("crash", r)
}

// startGateways runs the practice gateways of the home as a program of their own.
func (w *walk) startGateways() *exec.Cmd {
	w.Helper()
	cmd := exec.CommandContext(w.ctx, w.buildTerminal(), "sandbox")
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.start(cmd)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		w.Fatalf("the practice gateways did not start: %v", err)
	}
	return cmd
}

func (w *walk) buildTerminal() string {
	w.Helper()
	path, err := filepath.Abs("../build/countersignctl")
	w.must(err)
	build := exec.CommandContext(w.ctx, "go", "build", "-trimpath", "-o", path, "../cmd/countersignctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		w.Fatalf("build: %v\n%s", err, output)
	}
	return path
}

func (w *walk) audit() {
	w.Helper()
	said, err := w.run(w.buildTerminal(), "audit")
	w.must(err)
	if !strings.Contains(said, "the register holds") {
		w.Fatal(said)
	}
}

// closeDesk ends the program as the system does, and expects it to end well.
func (w *walk) closeDesk() {
	w.Helper()
	w.must(w.desk.Process.Signal(syscall.SIGTERM))
	if err := w.desk.Wait(); err != nil {
		w.Fatalf("the desk did not end well: %v", err)
	}
}
