package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"countersign/assets"
)

// mounting returns a shell command that runs script as root of its own user and mount namespace (user_namespaces(7)), where it may
// mount. $1 is the home, $2 a folder that is writable and empty. It skips the test where the system allows no such namespace.
func mounting(t *testing.T, script, home, out string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("it starts many processes")
	}
	namespaces := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	probe := exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "none", out)
	probe.SysProcAttr = namespaces
	if err := probe.Run(); err != nil {
		t.Skip("allow mounts in user namespaces (user_namespaces(7)), and install mount (Debian: mount), to try such homes: ", err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script, "sh", home, out)
	cmd.SysProcAttr = namespaces
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=", "GORACE=atexit_sleep_ms=0", "COUNTERSIGN_HOME="+home)
	cmd.Stderr = t.Output()
	return cmd
}

// runCtl runs countersignctl on a home. It returns what the program printed, which must be without an error.
func runCtl(t *testing.T, home string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("countersignctl", append([]string{"--home", home}, args...)...)
	cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(args, err)
	}
	return out
}

// newHome returns a home with one request, the request's id, and the path of its document.
func newHome(t *testing.T) (home, id, document string) {
	t.Helper()
	home, document = filepath.Join(t.TempDir(), "home"), filepath.Join(t.TempDir(), "Lease.pdf")
	if err := os.WriteFile(document, assets.Samples()[0].Bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	var r struct{ ID string }
	if err := json.Unmarshal(runCtl(t, home, "--json", "add", document), &r); err != nil {
		t.Fatal(err)
	}
	return home, r.ID, document
}

// contentOf returns the content of every file below a folder, by its path.
func contentOf(t *testing.T, folder string) map[string]string {
	t.Helper()
	content := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		content[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// A home on a disk that is mounted read-only is read by everything that only reads. What would write changes nothing and says why.
func TestAHomeOnAReadOnlyDiskIsRead(t *testing.T) {
	for name, missing := range map[string]string{"as it was left": "none", "without its lock files": "*.lock"} {
		t.Run(name, func(t *testing.T) {
			home, id, document := newHome(t)
			locks, _ := filepath.Glob(filepath.Join(home, missing))
			for _, lock := range locks {
				if err := os.Remove(lock); err != nil {
					t.Fatal(err)
				}
			}
			before := contentOf(t, home)
			script := `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 77
id=` + id + `; document='` + document + `'
out=$2; said=$2/said
reads() { countersignctl "$@" >"$said" 2>&1 || { echo "FAILS: $*"; cat "$said"; }; }
writes() { countersignctl "$@" >"$said" 2>&1 && echo "WRITES: $*"; grep -q "mount its disk writable" "$said" || { echo "UNEXPLAINED: $*"; cat "$said"; }; }
reads list; grep -q Lease "$said" || echo "LIST: $(cat "$said")"
reads show $id
reads events $id
countersignctl verify "$document" >"$said" 2>&1; test $? = 3 || { echo "VERIFY"; cat "$said"; }
reads stats
reads audit
reads export "$out/all.csv"
reads save --original $id "$out/copy.pdf"
reads backup "$out/home.zip"
reads gateway list
writes add "$document"
writes edit --title Other $id
writes withdraw $id
writes sign --no-browser --timeout 5s $id
writes gateway add other --kind trident --url https://example.com --client-id x
writes doctor
exit 0
`
			said, err := mounting(t, script, home, t.TempDir()).Output()
			if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() == 77 {
				t.Skip("allow bind mounts in user namespaces (user_namespaces(7)) to try a home that cannot be written to")
			}
			if err != nil || len(bytes.TrimSpace(said)) > 0 {
				t.Errorf("%v\n%s", err, said)
			}
			if !maps.Equal(contentOf(t, home), before) {
				t.Error("the home has changed")
			}
		})
	}
}

// A home on a full disk stays as it was, is read, and says what to do; when there is space again, it is written to.
func TestAHomeOnAFullDiskStaysAsItWas(t *testing.T) {
	home, id, document := newHome(t)
	script := `out=$2; said=$2.said
mount -t tmpfs -o size=4m none "$out" && cp -a "$1/." "$out/" || exit 77
export COUNTERSIGN_HOME=$out; id=` + id + `; document='` + document + `'
contents() { # the ledger's file may be longer without any new entry, or have room for the failed start of the signing
	find "$out" -type f ! -name filler ! -name '*.lock' ! -name ledger.db -exec sha256sum {} +
	countersignctl --json events $id | grep -v '"kind":"launch_failed"'
}
before=$(contents | sort)
dd if=/dev/zero of="$out/filler" bs=1k 2>/dev/null
reads() { countersignctl "$@" >"$said" 2>&1 || { echo "FAILS: $*"; cat "$said"; }; }
full() { countersignctl "$@" 2>"$said" >/dev/null && echo "WRITES: $*"; grep -q "free space on it" "$said" || { echo "UNEXPLAINED: $*"; cat "$said"; }; }
full add "$document"
full gateway add other --kind trident --url https://example.com --client-id x
full sign --no-browser --timeout 5s $id
after=$(contents | sort)
test "$before" = "$after" || { echo "CHANGED"; echo "$before"; echo "$after"; }
i=0
while [ $i -lt 60 ] && countersignctl edit --reference "$(printf '%0190d' $i)" $id 2>"$said" >/dev/null; do i=$((i+1)); done
grep -q "free space on it" "$said" || { echo "UNEXPLAINED after $i edits"; cat "$said"; }
test "$(countersignctl --json events $id | grep -c 00000000)" = $i || echo "not $i edits are in the history"
reads list
reads show $id
reads audit
mkdir "$out/new"; truncate -s -8k "$out/filler" # space for half of a new ledger
COUNTERSIGN_HOME=$out/new; full list
rm "$out/filler"
reads list
COUNTERSIGN_HOME=$out
reads edit --title Other $id
reads audit
exit 0
`
	said, err := mounting(t, script, home, t.TempDir()).Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() == 77 {
		t.Skip("allow tmpfs in user namespaces (user_namespaces(7)) to try a full disk")
	}
	if err != nil || strings.TrimSpace(string(said)) != "" {
		t.Errorf("%v\n%s", err, said)
	}
}
