//go:build walk

package walk

import (
	"bufio"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"

	"countersign/core/desk/fake"
	"countersign/core/request"
	"countersign/core/sandbox/signer"
)

const crashTitle = "Supplier"

// killWhileReturning kills the desk after the browser's return is stored and before the gateway has answered. The gateways run as a
// program of their own, which is stopped meanwhile so that it cannot answer.
func (w *walk) killWhileReturning() {
	w.Helper()
	w.closeDesk()
	gateways := w.startGateways()
	w.startDesk("dark")

	w.selectFirst(crashTitle)
	w.key("ctrl+Return")
	address, err := fake.Follow(w.nextVisit())
	w.must(err)
	back, err := signer.Run(w.ctx, address, signer.Sign, true)
	w.must(err)
	w.must(gateways.Process.Signal(syscall.SIGSTOP))
	w.load(chromedp.Navigate(back))
	w.checkLanding("Signed. You can close this tab")
	w.must(w.desk.Process.Kill())
	_ = w.desk.Wait() // reports that it was killed
	r := w.await(crashTitle, func(r request.Request) bool { return r.ReturnedAt != nil })
	if r.Status != request.Signing {
		w.Fatalf("the gateway answered before the desk was killed: %s", r.Status)
	}
	w.step("crash: the desk is killed; the return is stored, and the gateway has not answered")

	w.must(gateways.Process.Signal(syscall.SIGCONT))
	w.startDesk("dark")
	r = w.awaitEnd(crashTitle)
	w.selectFirst(crashTitle)
	w.verify(signing{"after-crash", crashTitle, "", "", request.Signed, request.ByDocument, "finished"}, r)
}

// startGateways runs the practice gateways of the home as a program of their own, until the test ends. It returns once they run.
func (w *walk) startGateways() *exec.Cmd {
	w.Helper()
	cmd := exec.CommandContext(w.ctx, terminalProgram, "sandbox")
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.start(cmd)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		w.Fatalf("the practice gateways did not start: %v", err)
	}
	return cmd
}

func (w *walk) audit() {
	w.Helper()
	said, err := w.run(terminalProgram, "audit")
	w.must(err)
	if !strings.Contains(said, "the register is intact") {
		w.Fatal(said)
	}
}

// closeDesk ends the desk as the system does, by SIGTERM, and waits until it has ended.
func (w *walk) closeDesk() {
	w.Helper()
	w.must(w.desk.Process.Signal(syscall.SIGTERM))
	w.deskEnds()
}

// quitDesk ends the desk by its own shortcut, and waits until it has ended.
func (w *walk) quitDesk() {
	w.Helper()
	w.key("ctrl+q")
	w.deskEnds()
}

// deskEnds waits until the desk has ended. It fails the test if the exit code is not 0, and after [longest], with a picture of the window.
func (w *walk) deskEnds() {
	w.Helper()
	ended := make(chan error, 1)
	go func() { ended <- w.desk.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			w.Fatalf("the desk did not exit normally: %v", err)
		}
	case <-time.After(longest):
		w.savePicture("does-not-end")
		w.Fatalf("the desk did not end within %v", longest)
	}
}
