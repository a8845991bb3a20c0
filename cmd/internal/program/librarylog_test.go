package program

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
)

// filterInto collects what libraries log while a test runs.
func filterInto(t *testing.T) <-chan string {
	t.Helper()
	flags, prefix, out := log.Flags(), log.Prefix(), log.Writer()
	t.Cleanup(func() { log.SetFlags(flags); log.SetPrefix(prefix); log.SetOutput(out) })
	lines := make(chan string, 100)
	FilterLibraryLog(func(line string) { lines <- line })
	return lines
}

// A gateway sends an answer that nobody asked for, with the token in it, on a connection that is kept open.
func TestWhatAGatewaySendsUnaskedIsNotLogged(t *testing.T) {
	const token = "eyJhbGciOi.s3cr3t-t0ken"
	lines := filterInto(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		fmt.Fprintf(c, "HTTP/1.1 401 Bearer %s\r\nX: \x1b[2J%s\r\n\r\n", token, token)
		_, _ = io.Copy(io.Discard, c) // until the client is gone
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	line := <-lines
	if !strings.HasPrefix(line, "Unsolicited response received on idle HTTP channel") {
		t.Errorf("another line was logged: %s", line)
	}
	if strings.Contains(line, "s3cr3t") || strings.Contains(line, "401") {
		t.Errorf("it was logged: %s", line)
	}
}

func TestLinesOfLibrariesAreCleaned(t *testing.T) {
	for line, want := range map[string]string{
		"Fyne error:  window creation error\n":                      "Fyne error:  window creation error",
		"starting with \"HTTP/1.1 200 \\\"s3cr3t\\\" OK\"; err=EOF": "starting with …; err=EOF",
		"an end is missing: \"s3cr3t":                               "an end is missing: …",
		"in `s3cr3t` and":                                           "in … and",
		"Authorization: Bearer s3cr3t was refused":                  "Authorization: … was refused",
		"bearer=s3cr3t":                                             "bearer=…",
		"GET https://sign.test:8443/return/s3cr3t?a=b failed":       "GET https://sign.test:8443/… failed",
		"GET http://127.0.0.1:4000?ticket=s3cr3t failed":            "GET http://127.0.0.1:4000/… failed",
		"word c2VjcmV0LXdvcmQtdGhhdC1pcy1sb25n":                     "word …",
		"a\x1b[2Jb\x00\nc\u202ed\xff":                               `a\x1b[2Jb\x00\nc\u202ed\xff`,
		strings.Repeat("ab ", 1000):                                 strings.Repeat("ab ", 166) + "ab…",
	} {
		want = strings.ReplaceAll(want, `\xff`, "\uFFFD")
		if got := CleanLibraryLine(line); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}
