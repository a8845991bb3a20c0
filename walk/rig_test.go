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
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
)

const (
	opener    = "xdg-open"     // how the program starts a browser on Linux
	socketEnv = "WALK_BROWSER" // the environment variable with the socket to which the stand-in forwards addresses

	screen = "1280x860x24"

	// longest is how long the walk waits for any one thing before the test fails. It leaves room for a machine that is busy with other tests.
	longest = 3 * time.Minute

	// wholeWalk is how long the walk may take once the programs are built. On an idle machine it takes two minutes.
	wholeWalk = 15 * time.Minute
)

// The delivered programs, which the walk builds.
const (
	windowProgram   = "../build/countersign"
	terminalProgram = "../build/countersignctl"
)

// The delivered programs for Windows.
const (
	windowsWindow   = "../build/windows/countersign.exe"
	windowsTerminal = "../build/windows/countersignctl.exe"
)

// walk is a running test with its programs.
type walk struct {
	*testing.T
	ctx     context.Context
	out     string // the folder for pictures and signed files
	data    string // XDG_DATA_HOME of the programs
	home    string // the desk's home, below data
	env     []string
	pixels  string    // the file that the X server draws the screen into
	server  *exec.Cmd // the X server
	wine    string    // the script that runs programs for Windows; empty for those of this system
	desk    *exec.Cmd
	window  string // the id of the desk's window
	ledger  *ledger.Ledger
	changes <-chan ledger.Notice
	visits  chan string     // the addresses that the program opened in the browser
	browser context.Context // of the browser's tab
	steps   int
}

func (w *walk) step(format string, args ...any) {
	w.steps++
	fmt.Printf("%2d  %s\n", w.steps, fmt.Sprintf(format, args...))
}

// Fatal is like [testing.T.Fatal], and saves a picture of the screen.
func (w *walk) Fatal(args ...any) {
	w.Helper()
	w.saveScreen()
	w.T.Fatal(args...)
}

// Fatalf is like [testing.T.Fatalf], and saves a picture of the screen.
func (w *walk) Fatalf(format string, args ...any) {
	w.Helper()
	w.Fatal(fmt.Sprintf(format, args...))
}

// saveScreen saves a picture of the whole screen, if there is a window on it.
func (w *walk) saveScreen() {
	if w.window == "" {
		return
	}
	cmd := exec.Command("scrot", "--overwrite", filepath.Join(w.out, "stuck.png"))
	cmd.Env = w.env
	_ = cmd.Run() // the test fails already
}

func (w *walk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// requireTools fails the test if a tool is missing.
func requireTools(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: make walk installs what is needed on Debian; by hand: "+
				"apt-get install chromium dbus fonts-dejavu-core libgl1-mesa-dev libgl1-mesa-dri openbox openssl poppler-utils postgresql scrot x11-utils x11-xkb-utils xdotool xorg-dev xvfb", tool)
		}
	}
}

// outputFolder returns a folder below build, emptied.
func outputFolder(t *testing.T, name string) string {
	t.Helper()
	out, err := filepath.Abs(filepath.Join("../build", name))
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

// build builds both programs as they are delivered.
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

// windowCommand returns a start of the program with the window.
func (w *walk) windowCommand(ctx context.Context, args ...string) *exec.Cmd {
	if w.wine != "" {
		return exec.CommandContext(ctx, w.wine, append([]string{windowsWindow}, args...)...)
	}
	return exec.CommandContext(ctx, windowProgram, args...)
}

// log returns the path of what the desk has logged.
func (w *walk) log() string { return filepath.Join(w.out, filepath.Base(w.desk.Path)+".log") }

// start starts a program and stops it when the test ends.
func (w *walk) start(cmd *exec.Cmd) {
	w.Helper()
	cmd.Env = w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // the program ends with the test, even when that is killed
	if cmd.Stderr == nil {
		log, err := os.Create(filepath.Join(w.out, filepath.Base(cmd.Path)+".log"))
		w.must(err)
		w.Cleanup(func() { log.Close() })
		cmd.Stderr = log
	}
	w.must(cmd.Start())
	w.Cleanup(func() { stop(cmd) })
}

// stop kills a program, unless it has ended, and waits until it is gone.
func stop(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill() // fails only if it has ended meanwhile
		_ = cmd.Wait()
	}
}

// startDisplay starts an X server on a free display, and a window manager.
func (w *walk) startDisplay() {
	w.Helper()
	reader, writer, err := os.Pipe()
	w.must(err)
	pixels := w.TempDir()
	w.pixels = filepath.Join(pixels, "Xvfb_screen0")
	w.server = exec.CommandContext(w.ctx, "Xvfb", "-displayfd", "3", "-screen", "0", screen, "-fbdir", pixels, "-nolisten", "tcp", "-r") // -r: keys do not repeat
	w.server.ExtraFiles = []*os.File{writer}
	w.env = os.Environ()
	w.start(w.server)
	writer.Close()
	number, err := bufio.NewReader(reader).ReadString('\n')
	w.must(err)
	config := filepath.Join(w.out, "config")
	w.disableAnimations(config)
	w.env = append(w.env, "DISPLAY=:"+strings.TrimSpace(number), "LANG=C.UTF-8", "LC_ALL=", "LC_MESSAGES=", "LANGUAGE=", "COUNTERSIGN_HOME=", "XDG_DATA_HOME="+w.data,
		"DBUS_SESSION_BUS_ADDRESS=", "XDG_CONFIG_HOME="+config)
	w.start(exec.CommandContext(w.ctx, "openbox", "--sm-disable"))
	// A window manager announces itself on the root window when it is ready.
	w.waitFor("the window manager is ready", func() bool {
		names, err := w.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		return err == nil && strings.Contains(names, "window id")
	})
}

// disableAnimations turns off the animations of the toolkit. A window with a blinking cursor would never stop changing.
func (w *walk) disableAnimations(config string) {
	w.Helper()
	folder := filepath.Join(config, "fyne")
	w.must(os.MkdirAll(folder, 0o755))
	w.must(os.WriteFile(filepath.Join(folder, "settings.json"), []byte(`{"no_animations": true}`), 0o644))
}

// addFile creates a PDF for a new request and returns its path.
func (w *walk) addFile(name string) string {
	w.Helper()
	folder := filepath.Join(w.out, "files")
	w.must(os.MkdirAll(folder, 0o755))
	path := filepath.Join(folder, name+".pdf")
	w.must(os.WriteFile(path, pdftest.Plain(w, name), 0o644))
	return path
}

// waitFor polls until the function so returns true, for a condition of which no notice is sent. After [longest] it fails the test; the
// message has what, which says what was waited for.
func (w *walk) waitFor(what string, so func() bool) {
	w.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	limit := time.NewTimer(longest)
	defer limit.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-limit.C:
			w.Fatalf("not within %v: %s", longest, what)
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

// openBrowser starts Chromium, and puts the stand-in for xdg-open first in PATH.
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

	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1100, 900), chromedp.UserDataDir(w.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	if w.wine != "" {
		options = append(options, chromedp.ProxyServer(os.Getenv(relayEnv)), chromedp.Flag("proxy-bypass-list", "<-loopback>")) // the proxy is for this computer's addresses, too
	}
	allocator, end := chromedp.NewExecAllocator(w.ctx, options...)
	w.Cleanup(end)
	tab, closeTab := chromedp.NewContext(allocator)
	w.Cleanup(closeTab)
	_, err = chromedp.Run(tab, chromedp.Navigate("about:blank"))
	w.must(err)
	w.browser = tab
}

// forwardAddress is what the stand-in does: it sends the address that it was started with to the test. It returns an exit code.
func forwardAddress(args []string) int {
	c, err := net.Dial("unix", os.Getenv(socketEnv))
	if err != nil || len(args) != 1 {
		fmt.Fprintln(os.Stderr, "no test to forward the address to:", err)
		return 1
	}
	defer c.Close()
	if _, err := io.WriteString(c, args[0]); err != nil {
		return 1
	}
	return 0
}

// startDesk starts the program and waits until its window has the keyboard focus.
func (w *walk) startDesk(look string) {
	w.Helper()
	w.desk = w.windowCommand(w.ctx, "--verbose", "--look", look)
	w.start(w.desk)
	w.waitFor("the window is open", func() bool {
		found, err := w.run("xdotool", "search", "--onlyvisible", "--name", "^Countersign")
		w.window = strings.TrimSpace(found)
		return err == nil && w.window != ""
	})
	_, err := w.run("xdotool", "windowactivate", "--sync", w.window)
	w.must(err)
	_, err = w.run("xdotool", "windowsize", "--sync", w.window, "1100", "720")
	w.must(err)
	w.waitSettled()
}

// key presses keys, which go to the window with the keyboard focus.
func (w *walk) key(keys ...string) {
	w.Helper()
	_, err := w.run("xdotool", append([]string{"key"}, keys...)...)
	w.must(err)
}

// press presses keys, and waits until the window has changed and has drawn everything.
func (w *walk) press(keys ...string) {
	w.Helper()
	before := w.waitSettled()
	w.key(keys...)
	w.waitFor("the window changes after "+strings.Join(keys, ", "), func() bool { return !bytes.Equal(w.look(), before) })
	w.waitSettled()
}

// addSources runs add, which adds files to the composer, and waits until the composer has read them and shows count entries. A window
// that waits for a file to be read does not change either, so the desk's log is read.
func (w *walk) addSources(count int, add func()) {
	w.Helper()
	log := w.log()
	earlier, err := os.ReadFile(log)
	w.must(err)
	add()
	line := fmt.Sprintf("msg=\"the composer has read everything\" entries=%d\n", count)
	w.waitFor(fmt.Sprintf("the composer shows %d entries", count), func() bool {
		text, err := os.ReadFile(log)
		w.must(err)
		return bytes.Contains(text[min(len(earlier), len(text)):], []byte(line))
	})
	w.waitSettled()
}

// typeText types a text into the window with the keyboard focus. It does not wait until the text is drawn.
func (w *walk) typeText(text string) {
	w.Helper()
	_, err := w.run("xdotool", "type", text)
	w.must(err)
}

// search switches the window to the view of all requests and types text into the search field.
func (w *walk) search(text string) {
	w.Helper()
	w.key("ctrl+7", "ctrl+f", "ctrl+a")
	w.typeText(text)
	w.waitSettled()
}

// selectFirst searches for text in the window, and chooses the first request that is found.
func (w *walk) selectFirst(text string) {
	w.Helper()
	w.search(text)
	w.key("Return")
	w.waitSettled()
}

// look returns the pixels of the whole screen.
func (w *walk) look() []byte {
	w.Helper()
	pixels, err := os.ReadFile(w.pixels)
	w.must(err)
	return pixels
}

// waitSettled waits until the window has drawn everything, and returns the pixels of the screen: they must be the same several times in a
// row, while the desk and the X server are idle.
func (w *walk) waitSettled() []byte {
	w.Helper()
	const enough = 5
	var last []byte
	same := 0
	w.waitFor("the window stops changing", func() bool {
		idle := w.idle(w.desk) && w.idle(w.server)
		now := w.look()
		if !idle || !bytes.Equal(now, last) {
			last, same = now, 0
		}
		same++
		return idle && same == enough
	})
	return last
}

// idle reports whether all threads of a program sleep, so that none runs or waits for a processor (proc_pid_stat(5)).
func (w *walk) idle(program *exec.Cmd) bool {
	w.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", program.Process.Pid))
	w.must(err)
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // the thread has ended
		}
		if _, state, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(state, "S") { // the state follows the name
			return false
		}
	}
	return len(threads) > 0
}

// savePicture waits until the window has drawn everything, and saves a picture of it as name.png.
func (w *walk) savePicture(name string) {
	w.Helper()
	w.waitSettled()
	_, err := w.run("scrot", "--overwrite", "--focused", filepath.Join(w.out, name+".png"))
	w.must(err)
}

// nextVisit waits for the next address that the program opens in the browser, and returns it. After [longest] it fails the test.
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
