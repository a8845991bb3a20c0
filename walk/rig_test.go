//go:build walk

package walk

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
)

const (
	opener    = "xdg-open"     // what the program starts a browser with on this system
	socketEnv = "WALK_BROWSER" // where the stand-in passes addresses on to

	screen = "1280x860x24"

	// longest is how long anything may take that is waited for.
	longest = 90 * time.Second
)

// The programs that are built.
const (
	windowProgram   = "../build/countersign"
	terminalProgram = "../build/countersignctl"
)

// walk is what a walk has at hand.
type walk struct {
	*testing.T
	ctx     context.Context
	out     string // where pictures and files go
	data    string // where programs keep their data
	home    string // the desk's, in there
	env     []string
	desk    *exec.Cmd
	window  string // the desk's window, as X names it
	ledger  *ledger.Ledger
	changes <-chan ledger.Notice
	visits  chan string     // addresses the program wants the browser sent to
	browser context.Context // of the browser's one tab
	steps   int
}

func (w *walk) step(format string, args ...any) {
	w.steps++
	fmt.Printf("%2d  %s\n", w.steps, fmt.Sprintf(format, args...))
}

// Fatal ends the walk, and keeps what the screen shows then.
func (w *walk) Fatal(args ...any) {
	w.Helper()
	w.keepScreen()
	w.T.Fatal(args...)
}

// Fatalf is like Fatal.
func (w *walk) Fatalf(format string, args ...any) {
	w.Helper()
	w.Fatal(fmt.Sprintf(format, args...))
}

// keepScreen takes a picture of the whole screen, once there is a window on it.
func (w *walk) keepScreen() {
	if w.window == "" {
		return
	}
	cmd := exec.Command("scrot", "--overwrite", filepath.Join(w.out, "stuck.png"))
	cmd.Env = w.env
	_ = cmd.Run() // there is something worse to tell
}

func (w *walk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// need fails where a tool is missing: a walk that was not made proves nothing.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: make walk installs what a walk needs, on Debian; by hand: "+
				"apt-get install chromium fonts-dejavu-core libgl1-mesa-dev libgl1-mesa-dri openbox openssl poppler-utils scrot x11-utils xdotool xorg-dev xvfb", tool)
		}
	}
}

// outputFolder makes build/walk anew.
func outputFolder(t *testing.T) string {
	t.Helper()
	out, err := filepath.Abs("../build/walk")
	if err == nil {
		err = os.RemoveAll(out)
	}
	if err == nil {
		err = os.MkdirAll(out, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// build makes both programs as they are delivered.
func (w *walk) build() {
	w.Helper()
	window := exec.CommandContext(w.ctx, "go", "build", "-trimpath", "-tags", "x11,migrated_fynedo", "-o", windowProgram, "../cmd/countersign")
	terminal := exec.CommandContext(w.ctx, "go", "build", "-trimpath", "-o", terminalProgram, "../cmd/countersignctl")
	terminal.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, build := range []*exec.Cmd{window, terminal} {
		if output, err := build.CombinedOutput(); err != nil {
			w.Fatalf("build: %v\n%s", err, output)
		}
	}
}

// start runs a program until the test ends.
func (w *walk) start(cmd *exec.Cmd) {
	w.Helper()
	cmd.Env = w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // nothing outlives a test that is killed
	if cmd.Stderr == nil {
		log, err := os.Create(filepath.Join(w.out, filepath.Base(cmd.Path)+".log"))
		w.must(err)
		w.Cleanup(func() { log.Close() })
		cmd.Stderr = log
	}
	w.must(cmd.Start())
	w.Cleanup(func() { end(cmd) })
}

// end ends a program that was started, unless it has ended.
func end(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill() // ended meanwhile, or killed now
		_ = cmd.Wait()
	}
}

// startDisplay starts an X server on a display that it picks, and a window manager.
func (w *walk) startDisplay() {
	w.Helper()
	reader, writer, err := os.Pipe()
	w.must(err)
	server := exec.CommandContext(w.ctx, "Xvfb", "-displayfd", "3", "-screen", "0", screen, "-nolisten", "tcp", "-r") // no key repeats itself
	server.ExtraFiles = []*os.File{writer}
	w.env = os.Environ()
	w.start(server)
	writer.Close()
	number, err := bufio.NewReader(reader).ReadString('\n')
	w.must(err)
	config := filepath.Join(w.out, "config")
	w.calm(config)
	w.env = append(w.env, "DISPLAY=:"+strings.TrimSpace(number), "LANG=C.UTF-8", "LC_ALL=", "LC_MESSAGES=", "LANGUAGE=", "COUNTERSIGN_HOME=", "XDG_DATA_HOME="+w.data,
		"DBUS_SESSION_BUS_ADDRESS=", "XDG_CONFIG_HOME="+config)
	w.start(exec.CommandContext(w.ctx, "openbox", "--sm-disable"))
	// The window manager is there when it says so on the root window.
	w.until("the window manager is there", func() bool {
		names, err := w.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		return err == nil && strings.Contains(names, "window id")
	})
}

// calm has the toolkit move nothing by itself: a window in which a cursor blinks never comes
// to rest.
func (w *walk) calm(config string) {
	w.Helper()
	folder := filepath.Join(config, "fyne")
	w.must(os.MkdirAll(folder, 0o755))
	w.must(os.WriteFile(filepath.Join(folder, "settings.json"), []byte(`{"no_animations": true}`), 0o644))
}

// paper makes a PDF that is not on the desk yet, and gives its path.
func (w *walk) paper(name string) string {
	w.Helper()
	folder := filepath.Join(w.out, "papers")
	w.must(os.MkdirAll(folder, 0o755))
	path := filepath.Join(folder, name+".pdf")
	w.must(os.WriteFile(path, pdftest.Plain(w, name), 0o644))
	return path
}

// until looks again until something is so that nobody tells of.
func (w *walk) until(what string, so func() bool) {
	w.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(longest)
	defer limit.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-limit.C:
			w.Fatalf("waited in vain: %s", what)
		case <-w.ctx.Done():
			w.Fatalf("%s: %v", what, w.ctx.Err())
		}
	}
}

func (w *walk) run(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(w.ctx, name, args...)
	cmd.Env = w.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, errs.String())
	}
	return out.String(), nil
}

// openBrowser starts Chromium and puts the stand-in in the way of the system's opener.
func (w *walk) openBrowser() {
	w.Helper()
	self, err := os.Executable()
	w.must(err)
	folder := w.TempDir()
	w.must(os.Symlink(self, filepath.Join(folder, opener)))
	socket := filepath.Join(folder, "browser")
	listener, err := net.Listen("unix", socket)
	w.must(err)
	w.Cleanup(func() { listener.Close() })
	w.visits = make(chan string, 10)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			address, _ := io.ReadAll(io.LimitReader(c, 64<<10))
			c.Close()
			w.visits <- string(address)
		}
	}()
	w.env = append(w.env, socketEnv+"="+socket, "PATH="+folder+":"+os.Getenv("PATH"))

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1100, 900), chromedp.UserDataDir(w.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, end := chromedp.NewExecAllocator(w.ctx, options...)
	w.Cleanup(end)
	tab, closeTab := chromedp.NewContext(allocator)
	w.Cleanup(closeTab)
	_, err = chromedp.Run(tab, chromedp.Navigate("about:blank"))
	w.must(err)
	w.browser = tab
}

// passOn is the stand-in's whole work.
func passOn(args []string) int {
	c, err := net.Dial("unix", os.Getenv(socketEnv))
	if err != nil || len(args) != 1 {
		fmt.Fprintln(os.Stderr, "no browser to pass the address on to:", err)
		return 1
	}
	defer c.Close()
	if _, err := io.WriteString(c, args[0]); err != nil {
		return 1
	}
	return 0
}

// startDesk starts the program and waits for its window to have the keyboard.
func (w *walk) startDesk(look string) {
	w.Helper()
	w.desk = exec.CommandContext(w.ctx, windowProgram, "--verbose", "--look", look)
	w.start(w.desk)
	w.until("the window is there", func() bool {
		found, err := w.run("xdotool", "search", "--onlyvisible", "--name", "^Countersign$")
		w.window = strings.TrimSpace(found)
		return err == nil && w.window != ""
	})
	_, err := w.run("xdotool", "windowactivate", "--sync", w.window)
	w.must(err)
	_, err = w.run("xdotool", "windowsize", "--sync", w.window, "1100", "720")
	w.must(err)
	w.settled()
}

// key presses keys, as a person does: they go to whatever window has the keyboard.
func (w *walk) key(keys ...string) {
	w.Helper()
	_, err := w.run("xdotool", append([]string{"key"}, keys...)...)
	w.must(err)
}

// press presses keys and waits until the window has followed.
func (w *walk) press(keys ...string) {
	w.Helper()
	before := w.settled()
	w.key(keys...)
	w.until("the window follows "+strings.Join(keys, ", "), func() bool { return !bytes.Equal(w.shown(), before) })
	w.settled()
}

// write types a text.
func (w *walk) write(text string) {
	w.Helper()
	_, err := w.run("xdotool", "type", text)
	w.must(err)
}

// search has the view of all requests show those that a text finds.
func (w *walk) search(text string) {
	w.Helper()
	w.key("ctrl+7", "ctrl+f", "ctrl+a")
	w.write(text)
	w.settled()
}

// find selects the first request that a text finds.
func (w *walk) find(text string) {
	w.Helper()
	w.search(text)
	w.key("Return")
	w.settled()
}

// shown is a picture of the window that has the keyboard.
func (w *walk) shown() []byte {
	w.Helper()
	path := filepath.Join(w.out, ".screen.png")
	_, err := w.run("scrot", "--overwrite", "--focused", path)
	w.must(err)
	picture, err := os.ReadFile(path)
	w.must(err)
	return picture
}

// settled waits until the window has drawn what it has to: until pictures of it, one after
// the other, are the same, and the desk has nothing to do.
func (w *walk) settled() []byte {
	w.Helper()
	const enough = 3
	var last []byte
	same := 0
	w.until("the window comes to rest", func() bool {
		now, idle := w.shown(), w.idle()
		if !idle || !bytes.Equal(now, last) {
			last, same = now, 0
		}
		same++
		return idle && same == enough
	})
	return last
}

// idle tells that none of the desk's threads runs, nor would if the machine had time for it.
func (w *walk) idle() bool {
	w.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", w.desk.Process.Pid))
	w.must(err)
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended
		}
		if _, state, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(state, "S") { // behind its name
			return false
		}
	}
	return len(threads) > 0
}

// picture keeps what the window shows.
func (w *walk) picture(name string) {
	w.Helper()
	w.must(os.WriteFile(filepath.Join(w.out, name+".png"), w.settled(), 0o644))
}

// nextVisit is where the program sends the browser.
func (w *walk) nextVisit() string {
	w.Helper()
	select {
	case address := <-w.visits:
		if _, err := url.Parse(address); err != nil {
			w.Fatalf("the program opened %q", address)
		}
		return address
	case <-time.After(longest):
		w.Fatal("the program did not open the browser")
	}
	return ""
}
