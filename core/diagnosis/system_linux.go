package diagnosis

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// portOwner returns the program that listens on a port of this machine; the zero value when that
// is not known.
func portOwner(port int) request.Sentence {
	sockets := listening(port)
	if len(sockets) == 0 {
		return request.Sentence{}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !slices.Contains(sockets, target) {
			continue
		}
		pid := strings.Split(link, "/")[2]
		name, err := os.ReadFile(filepath.Join("/proc", pid, "comm")) // #nosec G304 -- a file of the kernel
		if err != nil {
			continue // it has just ended
		}
		return request.Sentencef("port_owner", "%s (process %s)", gateway.Sanitize(strings.TrimSpace(string(name))), pid)
	}
	return request.Sentencef("port_owner_unknown", "a program of another user")
}

// listening returns the sockets that listen on a port, as the links in /proc/PID/fd name them.
func listening(port int) []string {
	var sockets []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table) // #nosec G304 -- a file of the kernel
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			// sl local_address rem_address st tx_queue:rx_queue tr:tm retrnsmt uid timeout inode
			fields := strings.Fields(lines.Text())
			if len(fields) < 10 || fields[3] != "0A" {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
				sockets = append(sockets, "socket:["+fields[9]+"]")
			}
		}
		_ = file.Close()
	}
	return sockets
}

// SystemName returns the name of the operating system, and its version where it is known.
func SystemName() string {
	name := runtime.GOOS + "/" + runtime.GOARCH
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return name
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return name + ", " + gateway.Sanitize(strings.Trim(value, `"`))
		}
	}
	return name
}
