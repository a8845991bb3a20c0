package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// signing is a sign command that runs, and waits for the browser of a PortaSigma gateway that cannot be asked.
type signing struct {
	*testing.T
	dir     string
	id      string
	back    string // the address at which the browser comes back
	printed *bufio.Scanner
	errs    lines    // what the command prints on standard error
	ended   chan int // delivers its exit code
}

// lines is a writer that delivers each text that is written to it. It has room for those of a test.
type lines chan string

func (l lines) Write(text []byte) (int, error) {
	l <- string(text)
	return len(text), nil
}

// startSign starts a sign command, and returns it once it has printed the address of the visit.
func startSign(t *testing.T) *signing {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	s := &signing{T: t, dir: filepath.Join(t.TempDir(), "home"), errs: make(lines, 100), ended: make(chan int, 1)}
	s.command("gateway", "add", "porta", "--kind", "portasigma", "--url", "http://127.0.0.1:9/x")
	s.id = s.read(s.command("add", "--gateway", "porta", "--remote-id", "12")).ID
	reader, writer := io.Pipe()
	go func() {
		defer writer.Close()
		args := []string{"--home", s.dir, "--json", "sign", "--no-browser", "--timeout", "1m", s.id}
		s.ended <- run(t.Context(), args, bytes.NewReader(nil), writer, s.errs)
	}()
	s.printed = bufio.NewScanner(reader)
	address, err := url.Parse(s.next().URL)
	if err != nil {
		t.Fatal(err)
	}
	s.back = address.Query().Get("urlreturn")
	return s
}

// command runs another command on the same home, which has to succeed, and returns what it prints.
func (s *signing) command(args ...string) []byte {
	s.Helper()
	var out bytes.Buffer
	if code := run(s.Context(), append([]string{"--home", s.dir, "--json"}, args...), bytes.NewReader(nil), &out, s.Output()); code != exitDone {
		s.Fatalf("%s: exit code %d", args, code)
	}
	return out.Bytes()
}

type signLine struct{ ID, Status, URL string }

func (s *signing) read(text []byte) (line signLine) {
	s.Helper()
	if err := json.Unmarshal(text, &line); err != nil {
		s.Fatalf("%s: %v", text, err)
	}
	return line
}

// next returns the next line that sign prints.
func (s *signing) next() signLine {
	s.Helper()
	if !s.printed.Scan() {
		s.Fatalf("sign printed nothing more: %v", s.printed.Err())
	}
	return s.read(s.printed.Bytes())
}

// get goes to an address as a browser does, and returns the status.
func (s *signing) get(address, purpose string) int {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Sec-Purpose", purpose)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

const signedQuery = "?status=signed&result=success&signed=12"

// A browser asks for the return address ahead of the person, then the person goes there, and reloads the page after sign has
// printed the outcome.
func TestTheLandingPageOutlivesTheOutcome(t *testing.T) {
	s := startSign(t)
	if got := s.get(s.back+signedQuery, "prefetch"); got != http.StatusForbidden {
		t.Errorf("the prefetch: %d", got)
	}
	if shown := s.command("show", s.id); bytes.Contains(shown, []byte(`"status":"signed"`)) {
		t.Errorf("the prefetch is a return: %s", shown)
	}
	if got := s.get(s.back+signedQuery, ""); got != http.StatusOK {
		t.Errorf("the visit: %d", got)
	}
	if line := s.next(); line.Status != "signed" {
		t.Errorf("the outcome: %s", line.Status)
	}
	if got := s.get(s.back+signedQuery, ""); got != http.StatusOK {
		t.Errorf("the page again: %d", got)
	}
	if code := <-s.ended; code != exitDone {
		t.Errorf("sign: exit code %d", code)
	}
}

// The first return cannot be read, and nobody can be asked: sign says so at once, goes on, and takes the one that can be read.
func TestAReturnWithoutAnOutcomeIsWarnedOf(t *testing.T) {
	s := startSign(t)
	for _, uri := range []string{"/signed", ""} {
		if got := s.get(s.back+uri, ""); got != http.StatusOK {
			t.Errorf("%s: %d", uri, got)
		}
		const warning = "countersignctl: warning: The browser came back without an outcome, and this gateway cannot be asked. Ask the signer,"
		if got := <-s.errs; !strings.HasPrefix(got, warning) {
			t.Errorf("got %s", got)
		}
	}
	if got := s.get(s.back+"/"+signedQuery, ""); got != http.StatusOK {
		t.Errorf("the return that can be read: %d", got)
	}
	if line := s.next(); line.Status != "signed" {
		t.Errorf("the outcome: %s", line.Status)
	}
	if code := <-s.ended; code != exitDone {
		t.Errorf("sign: exit code %d", code)
	}
}
