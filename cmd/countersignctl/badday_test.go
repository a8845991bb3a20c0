package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/assets"
	"countersign/cmd/internal/program"
	"countersign/core/home"
	"countersign/core/sandbox"
	"countersign/core/sandbox/badday"
	"countersign/core/sandbox/signer"
)

// terminalCase is countersignctl on a home of its own, whose practice gateways misbehave.
type terminalCase struct {
	*testing.T
	badday.Case
	dir         home.Dir
	root        string
	credentials sandbox.Credentials
	object      string // that misbehaves
	other       *httptest.Server
	printed     strings.Builder // by every command, on both outputs
}

func newTerminalCase(t *testing.T, it badday.Case) *terminalCase {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	c := &terminalCase{T: t, Case: it, dir: dir}
	practice := program.NewPractice(dir, slog.New(slog.DiscardHandler))
	t.Cleanup(practice.Close)
	if c.root, c.credentials, err = practice.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.other = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another machine was called: %s %s %v", r.Method, r.URL, r.Header)
	}))
	t.Cleanup(c.other.Close)
	return c
}

// ctl runs a command and returns its exit code and what it printed.
func (c *terminalCase) ctl(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = run(c.Context(), append([]string{"--home", c.dir.Path(), "--json"}, args...), strings.NewReader(""), &stdout, &stderr)
	c.printed.WriteString(stdout.String() + stderr.String())
	return code, stdout.String(), stderr.String()
}

// printedRequest is what the cases check of a request.
type printedRequest struct {
	URL     string
	ID      string
	Status  string
	Trouble string
	Outcome struct{ Word, Message, Evidence string }

	RemoteID  string `json:"remote_id"`
	Documents []struct{ Signed struct{ Problem string } }
}

func (c *terminalCase) read(line string) (r printedRequest) {
	c.Helper()
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		c.Fatalf("%q: %v", line, err)
	}
	return r
}

func (c *terminalCase) is(r printedRequest, status, evidence string) {
	c.Helper()
	if r.Status != status || r.Outcome.Evidence != evidence {
		c.Errorf("it is %s, known by %q; it should be %s, known by %q: %+v", r.Status, r.Outcome.Evidence, status, evidence, r)
	}
}

// misbehave turns the misbehavior of the case on or off for one object of the practice gateway; of names
// the object.
func (c *terminalCase) misbehave(of string, on bool) {
	c.Helper()
	if on {
		m := signer.Misbehavior{Of: of, How: c.How, Origin: c.other.URL}
		if err := m.Set(c.Context(), c.root, c.credentials.ClientID, c.credentials.ClientSecret); err != nil {
			c.Fatal(err)
		}
		return
	}
	if err := signer.Behave(c.Context(), c.root, c.credentials.ClientID, c.credentials.ClientSecret, of); err != nil {
		c.Fatal(err)
	}
}

// sign runs countersignctl sign and lets a signer go through the gateway's pages. With misbehaves, the
// gateway misbehaves from then on: the signer uses the switch on these pages, or misbehave does it where
// the switch cannot. Then the outcome may never come, and the command waits for three seconds only.
func (c *terminalCase) sign(id, choice string, misbehaves bool) (code int, last printedRequest, errs string) {
	c.Helper()
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	timeout := "1m"
	if misbehaves {
		timeout = "3s"
	}
	go func() {
		args := []string{"--home", c.dir.Path(), "--json", "sign", "--no-browser", "--timeout", timeout, id}
		ended <- run(c.Context(), args, strings.NewReader(""), writer, &stderr)
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		c.printed.WriteString(lines.Text())
		if last = c.read(lines.Text()); last.URL == "" {
			continue
		}
		if choice == "" {
			choice = string(signer.Sign)
		}
		way := signer.Visit{Choice: signer.Choice(choice)}
		switch {
		case !misbehaves:
		case c.Object == "document":
			c.object = c.documentOf(id)
			c.misbehave(c.object, true)
		case choice == string(signer.LookOnly), c.How == "redirect": // a signer who only looks presses no switch, and the switch names no machine
			c.object = c.remoteID(id)
			c.misbehave(c.object, true)
		case c.Object == "":
			c.object = c.remoteID(id)
			way.Misbehave = c.How
		}
		if _, err := way.Run(c.Context(), last.URL); err != nil {
			c.Error(err)
		}
	}
	code = <-ended
	c.printed.WriteString(stderr.String())
	return code, last, stderr.String()
}

// documentOf returns the gateway's id of the document of a request that is being signed.
func (c *terminalCase) documentOf(id string) (document string) {
	c.Helper()
	_, out, _ := c.ctl("events", id)
	for line := range strings.Lines(out) {
		var e struct {
			Visit struct {
				Sessions map[string]struct{ Documents []string }
			}
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			c.Fatal(err)
		}
		if session := e.Visit.Sessions[id]; len(session.Documents) > 0 {
			document = session.Documents[0]
		}
	}
	return document
}

// remoteID returns the gateway's id of a request.
func (c *terminalCase) remoteID(id string) string {
	c.Helper()
	_, out, _ := c.ctl("show", id)
	return c.read(out).RemoteID
}

// refresh runs countersignctl refresh twice, because a gateway may misbehave only the first time.
func (c *terminalCase) refresh(id string) (printedRequest, string) {
	c.Helper()
	_, _, first := c.ctl("refresh", id)
	_, out, second := c.ctl("refresh", id)
	return c.read(out), first + second
}

func (c *terminalCase) run() {
	lease := assets.Samples()[0]
	path := filepath.Join(c.TempDir(), lease.Name)
	if err := os.WriteFile(path, lease.Bytes, 0o600); err != nil {
		c.Fatal(err)
	}
	gateway := map[string]string{badday.Trident: "sandbox", badday.PortaSigma: "sandbox-portasigma"}[c.Kind]
	code, out, errs := c.ctl("add", path, "--gateway", gateway)
	if code != exitDone {
		c.Fatal(errs)
	}
	id := c.read(out).ID
	if c.Object == "next" {
		c.object = "next-" + c.Kind
		c.misbehave(c.object, true)
	}
	code, last, errs := c.sign(id, c.Choice, true)
	if c.LaunchError != "" {
		if code != exitError || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, c.LaunchError) {
			c.Errorf("exit code %d, %s", code, errs)
		}
		_, out, _ := c.ctl("show", id)
		c.is(c.read(out), "pending", "")
		c.misbehave(c.object, false)
		c.finish(id)
		return
	}
	if want := exitCodeOf(last.Status); code != want {
		c.Errorf("exit code %d for a request that is %s", code, last.Status)
	}
	now, errs := c.refresh(id)
	if c.EarlyStatus != "" && now.Status == c.EarlyStatus && now.Outcome.Evidence == c.EarlyEvidence {
		return
	}
	c.is(now, c.Status, c.Evidence)
	told := strings.Join([]string{now.Trouble, now.Outcome.Word, now.Outcome.Message, errs}, "; ")
	for _, d := range now.Documents {
		told += d.Signed.Problem
	}
	if !strings.Contains(told, c.Contains) {
		c.Errorf("nothing says %q: %s", c.Contains, told)
	}
	c.misbehave(c.object, false)
	if c.LaterStatus != "" {
		now, _ = c.refresh(id)
		c.is(now, c.LaterStatus, c.LaterEvidence)
	}
	if now.Outcome.Evidence != "document" {
		if code, _, errs := c.ctl("reopen", id); code != exitDone {
			c.Fatal(errs)
		}
		c.finish(id)
	}
}

func exitCodeOf(status string) int {
	switch status {
	case "signed":
		return exitDone
	case "signing":
		return exitOpen
	}
	return exitOtherwise
}

// finish signs the request at a gateway that behaves.
func (c *terminalCase) finish(id string) {
	c.Helper()
	code, last, errs := c.sign(id, "", false)
	if code != exitDone {
		c.Errorf("exit code %d: %s", code, errs)
	}
	c.is(last, "signed", "document")
}

// keepsSecrets checks that no secret of the gateways was printed, or is in the home outside of the
// practice gateways' own folder.
func (c *terminalCase) keepsSecrets() {
	c.Helper()
	places := map[string]string{"what was printed": c.printed.String()}
	err := filepath.WalkDir(c.dir.Path(), func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == c.dir.Sandbox():
			return filepath.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		places[path] = string(content)
		return err
	})
	if err != nil {
		c.Fatal(err)
	}
	for place, text := range places {
		for _, secret := range c.secrets() {
			if strings.Contains(text, secret) {
				c.Errorf("%s has a secret in it", place)
			}
		}
	}
}

// secrets returns the secrets of the gateways, as they are kept and as they are sent.
func (c *terminalCase) secrets() []string {
	basic := func(user, password string) string {
		return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	}
	a := c.credentials
	return []string{a.ClientSecret, a.Password, basic(a.ClientID, a.ClientSecret), basic(a.User, a.Password)}
}

// The cases of package badday through the terminal.
func TestEveryBadDayEndsWell(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
	t.Run("cases", func(t *testing.T) {
		for _, it := range badday.Cases {
			t.Run(strings.Join(strings.Fields(it.Kind+" "+it.How+" "+it.Object+" "+it.Choice), " "), func(t *testing.T) {
				t.Parallel()
				c := newTerminalCase(t, it)
				c.run()
				c.keepsSecrets()
				if code, _, errs := c.ctl("audit"); code != exitDone {
					t.Error(errs)
				}
			})
		}
	})
}
