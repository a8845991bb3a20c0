package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAnInterruptedSignSendsItsBrowserOn checks that a browser that has been started, but has not asked for its page yet, still gets
// to the gateway when sign is interrupted.
func TestAnInterruptedSignSendsItsBrowserOn(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	programs := t.TempDir()
	pipe := filepath.Join(programs, "address")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := os.WriteFile(filepath.Join(programs, "xdg-open"), []byte("#!/bin/sh\necho \"$1\" >\"${0%/*}/address\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs)

	dir := filepath.Join(t.TempDir(), "home")
	command := func(ctx context.Context, out io.Writer, args ...string) int {
		return run(ctx, append([]string{"--home", dir, "--json"}, args...), bytes.NewReader(nil), out, t.Output())
	}
	var added bytes.Buffer
	if code := command(t.Context(), io.Discard, "gateway", "add", "porta", "--kind", "portasigma", "--url", "http://127.0.0.1:9/x"); code != exitDone {
		t.Fatalf("gateway add: exit code %d", code)
	}
	if code := command(t.Context(), &added, "add", "--gateway", "porta", "--remote-id", "12"); code != exitDone {
		t.Fatalf("add: exit code %d", code)
	}
	var request struct{ ID string }
	if err := json.Unmarshal(added.Bytes(), &request); err != nil {
		t.Fatal(err)
	}

	interrupted, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan int, 1)
	go func() { ended <- command(interrupted, io.Discard, "sign", request.ID) }()
	address, err := bufio.NewReader(opened).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	interrupt()
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Get(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusFound || !strings.HasPrefix(to, "http://127.0.0.1:9/x") {
		t.Errorf("the browser got %s, to %q", resp.Status, to)
	}
	if code := <-ended; code == exitDone {
		t.Error("the interrupted sign says that all is done")
	}
}
