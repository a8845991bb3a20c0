package callback_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"countersign/core/callback"
	"countersign/core/home/hometest"
)

// TestAnotherUserIsNotAnswered checks that a program of another user cannot make a return, although it knows the address, and that
// one of the same user can.
func TestAnotherUserIsNotAnswered(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("run it as root, who alone can become another user")
	}
	var taken atomic.Int32
	l := listen(t, func(context.Context, callback.Return) (callback.Landing, error) {
		taken.Add(1)
		return callback.Landing{}, nil
	})
	folder, err := os.MkdirTemp("", "open-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	program := filepath.Join(folder, "get")
	binary, err := os.ReadFile(os.Args[0])
	if err := errors.Join(err, os.WriteFile(program, binary, 0o700), os.Chmod(program, 0o755), os.Chmod(folder, 0o755)); err != nil {
		t.Fatal(err)
	}
	get := func(address string, user *syscall.Credential) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, address)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), hometest.RoleVariable+"=get")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		return strings.TrimSpace(string(out))
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	for _, path := range []string{"/return/" + ticket, "/return/" + ticket + "?status=finished", "/"} {
		if got := get("http://"+l.addr+path, nobody); got != "403" {
			t.Errorf("another user gets %s for %s", got, path)
		}
	}
	// An IPv4 address that is written as an IPv6 one.
	_, port, _ := strings.Cut(l.addr, ":")
	if got := get("http://[::ffff:127.0.0.1]:"+port+"/return/"+ticket, nobody); got != "403" {
		t.Errorf("another user gets %s over IPv6", got)
	}
	if taken.Load() != 0 {
		t.Errorf("%d returns of another user were taken", taken.Load())
	}
	if got := get("http://"+l.addr+"/return/"+ticket, nil); got != "200" || taken.Load() != 1 {
		t.Errorf("the own user gets %s, and %d returns were taken", got, taken.Load())
	}
}
