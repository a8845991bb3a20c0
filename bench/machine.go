package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// describeMachine returns what the figures depend on, as a list in Markdown.
func (b *bench) describeMachine() (string, error) {
	fsync, err := b.measureSync()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("- %s, %d cores, %s of memory, %s/%s\n- A write of 4 kB with fsync takes %v (median of 100).\n- %s, commit %s, %s\n",
		fieldOf("/proc/cpuinfo", "model name"), runtime.NumCPU(), fieldOf("/proc/meminfo", "MemTotal"), runtime.GOOS, runtime.GOARCH,
		duration(fsync), runtime.Version(), b.commit, time.Now().Format(time.DateOnly)), nil
}

// measureSync returns how long it takes to write a page and to wait until it is on the disk.
func (b *bench) measureSync() (time.Duration, error) {
	f, err := os.CreateTemp(b.dir, "fsync-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var all []time.Duration
	for i := range 100 {
		t, err := took(func() error {
			if _, err := f.WriteAt(make([]byte, 4096), int64(i)*4096); err != nil {
				return err
			}
			return f.Sync()
		})
		if err != nil {
			return 0, err
		}
		all = append(all, t)
	}
	return median(all), nil
}

// fieldOf returns the value of a field in a file of lines such as "name : value", or "unknown".
func fieldOf(path, name string) string {
	content, err := os.ReadFile(path) // #nosec G304 -- the two files of the kernel above
	if err != nil {
		return "unknown"
	}
	for text := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(text, ":"); ok && strings.TrimSpace(key) == name {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return "unknown"
}

// commitOf returns the commit of the checkout, or "unknown" outside of one.
func commitOf(root string) string {
	out, err := exec.Command("git", "-C", root, "describe", "--always", "--abbrev=8", "--dirty", "--exclude=*").Output() // #nosec G204 -- a folder of this run
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// rootOf returns the folder of the checkout that the working folder is in.
func rootOf() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "docs", "architecture.md")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("run this within a checkout of the program")
}
