//go:build linux

package kill

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// instant is what a program was doing when it was killed.
type instant int

const (
	none       instant = iota // it had ended by itself
	elsewhere                 // none of the following
	atLedger                  // it had the ledger open for writing: a commit was under way, or had just ended
	inDocument                // it was writing the file of a document
)

var instantNames = [...]string{"ended by itself", "elsewhere", "at the ledger", "in a document"}

func (i instant) String() string { return instantNames[i] }

// victim is a running program that may be killed.
type victim struct {
	cmd   *exec.Cmd
	lines chan string // of its standard output; closed when that ends
	errs  strings.Builder
}

// start starts a program in the environment of the harness, and fails the test if that is not possible. The system kills the program when
// the process of the test ends, even when that process is killed.
func (h *harness) start(program string, args ...string) *victim {
	h.Helper()
	v := &victim{cmd: exec.Command(program, args...), lines: make(chan string, 100)}
	v.cmd.Env = h.env
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	v.cmd.Stderr = &v.errs
	out, err := v.cmd.StdoutPipe()
	h.must(err)
	h.must(v.cmd.Start())
	go v.read(out)
	return v
}

// read sends the lines of the program's output to v.lines, and closes v.lines at the end. It drops lines for which there is no room, so
// that it ends even if nobody receives them.
func (v *victim) read(out io.Reader) {
	defer close(v.lines)
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		select {
		case v.lines <- scan.Text():
		default:
		}
	}
}

// wait waits until the program has ended by itself, and returns its exit code.
func (v *victim) wait() int {
	_ = v.cmd.Wait() // the exit code says the same
	return v.cmd.ProcessState.ExitCode()
}

// kill stops the program, finds out what it was doing, kills it, and waits until it is gone. It returns none if the program had ended by
// itself.
func (h *harness) kill(v *victim) instant {
	h.Helper()
	pid := v.cmd.Process.Pid
	h.must(syscall.Kill(pid, syscall.SIGSTOP)) // it is our child: nobody else has this id before we wait for it
	// All threads stand still when the kernel reports the stop. A thread within a system call, such as fsync, is waited for.
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		if err == syscall.EINTR {
			continue
		}
		h.must(err)
		break
	}
	at := none
	if status.Stopped() {
		at = h.doing(pid)
		h.must(syscall.Kill(pid, syscall.SIGKILL))
	}
	_ = v.cmd.Wait() // returns an error: it was killed, or is waited for already
	return at
}

// doing returns what a stopped program was doing.
func (h *harness) doing(pid int) instant {
	h.Helper()
	if h.holds(pid, "ledger.lock") {
		return atLedger
	}
	for _, folder := range []string{h.home, filepath.Join(h.home, "documents")} {
		incoming, err := filepath.Glob(filepath.Join(folder, "incoming-*"))
		h.must(err)
		if slices.ContainsFunc(incoming, func(path string) bool { return isOpenIn(pid, path) }) {
			return inDocument
		}
	}
	return elsewhere
}

// holds reports whether a process has the exclusive lock of a file in the home, as /proc/locks has it (proc_locks(5)).
func (h *harness) holds(pid int, name string) bool {
	h.Helper()
	info, err := os.Stat(filepath.Join(h.home, name))
	if err != nil {
		return false // nobody has made it yet
	}
	locks, err := os.ReadFile("/proc/locks")
	h.must(err)
	inode := fmt.Sprintf(":%d", info.Sys().(*syscall.Stat_t).Ino)
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line) // number, FLOCK, ADVISORY, WRITE, process, device:inode, 0, EOF
		if len(f) > 5 && f[1] == "FLOCK" && f[3] == "WRITE" && f[4] == strconv.Itoa(pid) && strings.HasSuffix(f[5], inode) {
			return true
		}
	}
	return false
}

// isOpenIn reports whether a process has a file open.
func isOpenIn(pid int, path string) bool {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(open, func(e os.DirEntry) bool {
		target, err := os.Readlink(filepath.Join(folder, e.Name()))
		return err == nil && target == path
	})
}

// aim is the moment at which a victim is to be killed: a time after its start, or one of its writes.
type aim struct {
	after  time.Duration // this long after its start
	writes int           // if not 0: at the write with this number (see isWrite); after is then the longest wait
}

// nextAim returns an aim that is chosen at random. Two of three aims are at a write, the others at a time before longest.
func (h *harness) nextAim(longest time.Duration) aim {
	if h.rand.IntN(3) == 0 {
		return aim{after: time.Duration(h.rand.Int64N(int64(longest)))}
	}
	return aim{after: 2 * longest, writes: 1 + h.rand.IntN(14)}
}

// await waits until the moment that an aim says, or until done is closed.
func (h *harness) await(a aim, done <-chan struct{}) {
	limit := time.NewTimer(a.after)
	defer limit.Stop()
	for n := 0; ; {
		select {
		case e := <-h.watcher.Events:
			if !isWrite(e.Name, e.Op) {
				continue
			}
			if n++; n == a.writes {
				return
			}
		case err := <-h.watcher.Errors:
			h.Fatal(err)
		case <-limit.C:
			return
		case <-done:
			return
		}
	}
}

// forgetWrites drops the notices of the file system that were not received yet, so that [harness.await] counts later writes only.
func (h *harness) forgetWrites() {
	for {
		select {
		case <-h.watcher.Events:
		default:
			return
		}
	}
}
