package sandbox_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// More connections than are kept, without a complete request: those that have waited longest are closed, and a client is served.
func TestConnectionsWithoutARequestMakeRoom(t *testing.T) {
	t.Parallel()
	const most = 128
	r := newRig(t)
	address := strings.TrimPrefix(r.root, "http://")
	for name, sent := range map[string]string{
		"idle":                    "",
		"slow headers":            "GET / HTTP/1.1\r\nHost: ",
		"a body that never comes": "POST /trustedx-authserver/oauth/main/token HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n",
	} {
		var oldest net.Conn
		for range most + 6 {
			conn, err := net.Dial("tcp", address)
			r.must(err)
			defer conn.Close()
			// The connection may have been closed for another one.
			_, _ = io.WriteString(conn, sent)
			if oldest == nil {
				oldest = conn
			}
		}
		client, err := net.Dial("tcp", address)
		r.must(err)
		defer client.Close()
		_, err = io.WriteString(client, "GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n")
		r.must(err)
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		r.must(err)
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: got %d", name, resp.StatusCode)
		}
		r.must(oldest.SetReadDeadline(time.Now().Add(2 * time.Second))) // a header may take five
		if _, err := io.ReadAll(oldest); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the oldest connection is still open", name)
		}
	}
}
