package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
)

// A browser asks for the return address ahead of the person, then the person goes there, and reloads the page after sign has
// printed the outcome.
func TestTheLandingPageOutlivesTheOutcome(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	dir := filepath.Join(t.TempDir(), "home")
	command := func(out io.Writer, args ...string) int {
		return run(t.Context(), append([]string{"--home", dir, "--json"}, args...), bytes.NewReader(nil), out, t.Output())
	}
	if code := command(io.Discard, "gateway", "add", "porta", "--kind", "portasigma", "--url", "http://127.0.0.1:9/x"); code != exitDone {
		t.Fatalf("gateway add: exit code %d", code)
	}
	var added bytes.Buffer
	if code := command(&added, "add", "--gateway", "porta", "--remote-id", "12"); code != exitDone {
		t.Fatalf("add: exit code %d", code)
	}
	var line struct{ ID, Status, URL string }
	read := func(text []byte) {
		t.Helper()
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	read(added.Bytes())

	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		defer writer.Close()
		ended <- command(writer, "sign", "--no-browser", "--timeout", "1m", line.ID)
	}()
	printed := bufio.NewScanner(reader)
	next := func() {
		t.Helper()
		if !printed.Scan() {
			t.Fatalf("sign printed nothing more: %v", printed.Err())
		}
		read(printed.Bytes())
	}
	next()
	address, err := url.Parse(line.URL)
	if err != nil {
		t.Fatal(err)
	}
	back := address.Query().Get("urlreturn") + "?status=signed&result=success&signed=12"
	get := func(purpose string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true
		req.Header.Set("Sec-Purpose", purpose)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := get("prefetch"); got != http.StatusForbidden {
		t.Errorf("the prefetch: %d", got)
	}
	var shown bytes.Buffer
	if command(&shown, "show", line.ID); bytes.Contains(shown.Bytes(), []byte(`"status":"signed"`)) {
		t.Errorf("the prefetch is a return: %s", shown.Bytes())
	}
	if got := get(""); got != http.StatusOK {
		t.Errorf("the visit: %d", got)
	}
	next()
	if line.Status != "signed" {
		t.Errorf("the outcome: %s", line.Status)
	}
	if got := get(""); got != http.StatusOK {
		t.Errorf("the page again: %d", got)
	}
	if code := <-ended; code != exitDone {
		t.Errorf("sign: exit code %d", code)
	}
}
