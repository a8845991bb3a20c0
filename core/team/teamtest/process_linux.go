package teamtest

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ordinary returns how a program runs as an ordinary user and ends with the test.
func ordinary() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return attr
}

// Kill ends the server at once, whatever it is doing, as if the machine had lost its power, and returns when it has ended. If its first process
// alone were killed, the others would let go of commits that wait for a standby, and show them to each other, before they ended as well.
func (c *Cluster) Kill() error {
	pid := c.server.Process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL) // it may have ended
		}
	}
	err = errors.Join(err, c.server.Process.Kill())
	<-c.ended
	return err
}
