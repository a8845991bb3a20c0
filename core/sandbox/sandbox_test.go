package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"countersign/core/sandbox"
)

// encryptedPDF returns a PDF that is protected by a password.
func encryptedPDF(t testing.TB) []byte {
	t.Helper()
	doc := fpdf.New("P", "mm", "A4", "")
	doc.SetProtection(fpdf.CnProtectPrint, "secret", "owner")
	doc.AddPage()
	var out bytes.Buffer
	if err := doc.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	p := r.createProcess(token, processPart(""), original)
	address, ids := r.addDoc(original, sample)
	b := r.browser()
	b.toDocument(p, "server")
	b.press("continue", "read", "yes")
	credentials, authority := r.box.Credentials(), r.box.Authority()
	old := r.root
	jar := b.client.Jar

	r.restart()
	if r.box.Credentials() != credentials || !authority.Equal(r.box.Authority()) {
		t.Error("credentials or authority changed")
	}
	moved := func(address string) string { return strings.Replace(address, old, r.root, 1) }
	p.Self = moved(p.Self)
	b = r.browser()
	b.client.Jar = jar
	b.open(moved(p.Tasks.Pending[0].URL))
	b.shows("Step 4 of 4")
	b.press("sign", "pin", sandbox.SamplePIN)
	if got := r.result(token, p); got.Status != "finished" {
		t.Errorf("result %+v", got)
	}
	b.open("/portasigma/usergateway/sign.html?id=" + ids[0] + "&urlreturn=" + returnTo)
	b.press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	b.press("sign", "read", "yes", "pin", sandbox.SamplePIN)

	r.restart()
	p.Self = r.root + strings.TrimPrefix(p.Self, "http://"+strings.Split(p.Self, "/")[2])
	if got := r.result(token, p); got.Status != "finished" {
		t.Errorf("result after the second restart %+v", got)
	}
	signed := r.want(200, r.service(r.request("GET", r.root+address[strings.Index(address, "/portasigma"):]+"content/", nil)))
	checkSigned(t, original, signed.body, 1)
}

func TestSeveralOpensAgree(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "practice")
	var wg sync.WaitGroup
	boxes := make([]*sandbox.Sandbox, 8)
	for i := range boxes {
		wg.Go(func() {
			box, err := sandbox.Open(dir, sandbox.Options{})
			if err != nil {
				t.Error(err)
			}
			boxes[i] = box
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, box := range boxes {
		if box.Credentials() != boxes[0].Credentials() || !box.Authority().Equal(boxes[0].Authority()) {
			t.Fatal("two opens of one directory disagree")
		}
	}
	if c := boxes[0].Authority(); !c.IsCA || !strings.Contains(c.Subject.String(), "no legal value") {
		t.Errorf("the authority is %v", c.Subject)
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // Windows has no such permissions
	}
	r := newRig(t)
	r.token()
	r.must(filepath.WalkDir(r.dir, func(path string, entry os.DirEntry, err error) error {
		r.must(err)
		info, err := entry.Info()
		r.must(err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
		return nil
	}))
	files, err := os.ReadDir(r.dir)
	r.must(err)
	if len(files) != 3 {
		t.Errorf("left over in the directory: %v", files)
	}
	state, err := os.ReadFile(filepath.Join(r.dir, "state.db"))
	r.must(err)
	if bytes.Contains(state, []byte(r.token())) {
		t.Error("a token is stored as it is")
	}
}

func TestTwoTabsMakeOneSignature(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	token, original := r.token(), samplePDF(t)
	p := r.createProcess(token, processPart(""), original)
	var tabs [2]*browser
	for i := range tabs {
		tabs[i] = r.browser()
		tabs[i].open(p.Tasks.Pending[0].URL)
		tabs[i].press("sign-in", "username", sandbox.SampleUser, "password", sandbox.SamplePassword)
	}
	tabs[0].press("continue", "identity", "server")
	tabs[0].press("continue", "read", "yes")
	tabs[1].open(p.Tasks.Pending[0].URL)
	var wg sync.WaitGroup
	for _, tab := range tabs {
		wg.Go(func() { tab.press("sign", "pin", sandbox.SamplePIN) })
	}
	wg.Wait()
	for _, tab := range tabs {
		tab.isBack(callback + "&signer_process_id=" + p.ID + "&status=finished")
	}
	checkSigned(t, original, r.call(token, "GET", p.Documents[0].Content).body, 1)
}

func TestServingEndsDespiteAHangingClient(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.root, "http://"))
	r.must(err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST /trustedx-authserver/oauth/main/token HTTP/1.1\r\nHost: " + strings.TrimPrefix(r.root, "http://") +
		"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"))
	r.must(err)
	_, err = io.ReadFull(conn, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))) // the server now waits for the body
	r.must(err)
	begin := time.Now()
	r.stop()
	if took := time.Since(begin); took > time.Minute { // a client may take two minutes for a request
		t.Errorf("serving ended after %v", took)
	}
	r.must(conn.SetReadDeadline(time.Now().Add(time.Minute)))
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}

func TestAFolderIsServedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.token() // the first Serve has the folder now
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a Serve that succeeds would not end
	defer cancel()
	if err := r.box.Serve(ctx, ln); err == nil || !strings.Contains(err.Error(), "another program is serving the same practice gateways") {
		t.Errorf("a second Serve: %v", err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is not closed: %v", err)
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Open(filepath.Join(t.TempDir(), "practice"), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Serve(t.Context(), ln); err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("serving all of this computer's addresses: %v", err)
	}
}

func TestOnlyThisComputersNamesAreServed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	port := r.root[strings.LastIndex(r.root, ":"):]
	for host, status := range map[string]int{
		"localhost" + port: 200, "127.0.0.1" + port: 200, "[::1]" + port: 200,
		"rebound.example.com" + port: 421, "127.0.0.1": 421, "127.0.0.1:1": 421, "192.168.1.1" + port: 421,
	} {
		req := r.request("GET", "/", nil)
		req.Host = host
		if a := r.do(req); a.status != status {
			t.Errorf("host %s: status %d, want %d", host, a.status, status)
		}
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.createProcess(r.token(), processPart(""), samplePDF(t))
	b := r.browser()
	b.open(p.Tasks.Pending[0].URL)
	b.shows("Nothing that is signed here has legal value.")
	want := "default-src 'none'; style-src 'self'; object-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' http://127.0.0.1:29999"
	if got := b.header.Get("Content-Security-Policy"); got != want {
		t.Errorf("policy %q", got)
	}
	for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := b.header.Get(name); got != value {
			t.Errorf("%s is %q", name, got)
		}
	}
	cookie := b.header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie %q", cookie)
	}
	b.open("/")
	b.shows(r.root + "/portasigma/v1")
	b.open("/practice.css")
	if !strings.HasPrefix(b.header.Get("Content-Type"), "text/css") {
		t.Errorf("style is %q", b.header.Get("Content-Type"))
	}
}
