package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countersign/assets"
	"countersign/core/sandbox/signer"
)

// deaf is a shell command that runs a program for which no inotify instance is left. The limit is that of a user namespace of its
// own (user_namespaces(7)), so that nobody else feels it.
const deaf = `echo 0 >/proc/sys/user/max_inotify_instances || exit 77; exec "$@"`

// deafly returns a command that runs countersignctl on a home, where the system tells it of no changes.
func deafly(home string, args ...string) *exec.Cmd {
	cmd := exec.Command("sh", append([]string{"-c", deaf, "sh", "countersignctl", "--home", home, "--json"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// A second sign of a request learns that it is signed from what the first one writes, also when the system tells of no changes.
func TestASecondSignLearnsTheOutcomeWithoutNotices(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	lease := filepath.Join(t.TempDir(), "Lease.pdf")
	if err := os.WriteFile(lease, assets.Samples()[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := deafly(home, "add", lease).Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); errors.Is(err, syscall.EPERM) || ok && ended.ExitCode() == 77 {
		t.Skip("allow user namespaces (user_namespaces(7)) to try a system without notices: ", err)
	}
	var r struct{ ID, URL, Status string }
	if err := errors.Join(err, json.Unmarshal(out, &r)); err != nil {
		t.Fatal(err)
	}
	start := func() (*exec.Cmd, *bufio.Scanner) {
		cmd := deafly(home, "sign", "--no-browser", "--timeout", "1m", r.ID)
		cmd.Stderr = t.Output()
		out, err := cmd.StdoutPipe()
		if err := errors.Join(err, cmd.Start()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if cmd.ProcessState == nil {
				cmd.Process.Kill()
				cmd.Wait()
			}
		})
		lines := bufio.NewScanner(out)
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &r) != nil || r.URL == "" {
			t.Fatalf("no address: %q", lines.Text())
		}
		return cmd, lines
	}
	first, ofFirst := start() // it runs the practice gateways, and settles
	second, ofSecond := start()
	if _, err := signer.Run(t.Context(), r.URL, signer.Sign, false); err != nil {
		t.Fatal(err)
	}
	for name, lines := range map[string]*bufio.Scanner{"first": ofFirst, "second": ofSecond} {
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &r) != nil || r.Status != "signed" {
			t.Errorf("the %s says %q", name, lines.Text())
		}
	}
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Error(err)
	}
	doctor := deafly(home, "doctor")
	said, _ := doctor.Output() // its exit code says what else is wrong with this machine
	if i := bytes.Index(said, []byte(`"change notices"`)); i < 0 || !strings.Contains(strings.SplitN(string(said[i:]), "\n", 2)[0], `"verdict":"warning"`) {
		t.Errorf("the doctor does not say that notices fail: %s", said)
	}
}
