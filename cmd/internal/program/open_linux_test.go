package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"countersign/core/home/hometest"
)

// openTerminal returns the two ends of a new terminal (pty(7)).
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("mount devpts (pts(4)) to try the end of a terminal: ", err)
	}
	var number, locked int32
	for request, value := range map[uintptr]*int32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &locked} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, user.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	program, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return user, program
}

// fifo makes a named pipe, and opens it so that neither end waits for the other.
func fifo(t *testing.T, path string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestTheBrowserOutlivesTheProgram has a program at a real terminal start a browser. Then the person presses Ctrl+C, and closes the
// terminal. The browser has to get no signal, and to be able to write to its standard output all the time.
func TestTheBrowserOutlivesTheProgram(t *testing.T) {
	for _, end := range []string{"interrupted", "terminal closed"} {
		t.Run(end, func(t *testing.T) {
			if end == "terminal closed" && signal.Ignored(syscall.SIGHUP) {
				t.Skip("run this without nohup: a program goes on after its terminal was closed if its parent does")
			}
			dir := t.TempDir()
			said, wake := fifo(t, filepath.Join(dir, "said")), fifo(t, filepath.Join(dir, "wake"))
			const browser = `#!/bin/sh
exec 3>"${0%/*}/said"
for signal in INT HUP TERM PIPE; do trap "echo got $signal >&3; exit 1" $signal; done
if [ -t 0 ] || [ -t 1 ] || [ -t 2 ]; then echo has the terminal >&3; exit; fi
echo started >&3
read -r _ <"${0%/*}/wake"
echo a page || exit
echo a warning >&2 || exit
echo lives on >&3
`
			if err := os.WriteFile(filepath.Join(dir, xdgOpen), []byte(browser), 0o700); err != nil {
				t.Fatal(err)
			}
			user, side := openTerminal(t)
			defer user.Close()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), hometest.RoleVariable+"=open page", "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"), "DISPLAY=:99")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = side, side, side
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // the terminal is that of standard input
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			side.Close()
			heard := bufio.NewScanner(said)
			next := func(want string) {
				t.Helper()
				if !heard.Scan() || heard.Text() != want {
					t.Fatalf("the browser: %q, %v, want %q", heard.Text(), heard.Err(), want)
				}
			}
			next("started")
			if line, err := bufio.NewReader(user).ReadString('\n'); strings.TrimSpace(line) != "opened" {
				t.Fatalf("the program printed %q, %v", line, err)
			}
			if end == "interrupted" {
				if _, err := io.WriteString(user, "\x03"); err != nil {
					t.Fatal(err)
				}
			} else {
				user.Close()
			}
			ended, ok := errors.AsType[*exec.ExitError](cmd.Wait())
			if !ok || !ended.Sys().(syscall.WaitStatus).Signaled() {
				t.Fatalf("the program ended with %v", ended)
			}
			if _, err := io.WriteString(wake, "\n"); err != nil {
				t.Fatal(err)
			}
			next("lives on")
		})
	}
}

// TestEndedBrowsersAreReaped checks that an opener that ends leaves no process behind while this program goes on.
func TestEndedBrowsersAreReaped(t *testing.T) {
	dir := t.TempDir()
	said := fifo(t, filepath.Join(dir, "said"))
	if err := os.WriteFile(filepath.Join(dir, xdgOpen), []byte("#!/bin/sh\necho $$ >\"${0%/*}/said\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
	if err := OpenURL("https://sign.example.org/"); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(said, &pid); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(fmt.Sprint("/proc/", pid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("process %d is left: %v", pid, err)
	}
}
