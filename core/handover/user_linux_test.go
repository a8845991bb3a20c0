package handover

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"countersign/core/home/hometest"
)

// The socket is private even in a folder that was opened to others.
func TestAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("run it as root, who alone can become another user")
	}
	open, err := os.MkdirTemp("", "open-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(open) })
	dir := mustOpenAt(t, filepath.Join(open, "home"))
	first, err := Start(t.Context(), dir, Message{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	program := filepath.Join(open, "other")
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(program, binary, 0o700), os.Chmod(program, 0o755), os.Chmod(open, 0o755), os.Chmod(dir.Path(), 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, filepath.Join(dir.Path(), socketName))
	cmd.Dir = open
	cmd.Env = append(os.Environ(), hometest.RoleVariable+"=dial")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("permission denied")) {
		t.Errorf("output %s, %v", out, err)
	}
}
