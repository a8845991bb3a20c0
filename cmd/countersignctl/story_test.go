package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign/assets"
	"countersign/cmd/internal/program"
	"countersign/core/ledger"
	"countersign/core/pdf/pdftest"
	"countersign/core/policy"
	"countersign/core/request"
	"countersign/core/sandbox/signer"
)

// installed is the variable of the environment with the path of an installed countersignctl, which the stories are then run with in place of
// this one. A path that ends in .exe is that of a program for Windows, which is run with Wine.
const installed = "COUNTERSIGN_INSTALLED"

// wine is the variable of the environment with the path of the script that runs programs for Windows, for the programs of a story.
const wine = "WINE"

// relay is the variable of the environment with the address of a proxy for the signer, who otherwise would be nobody to programs on Wine; see
// walk/relay.
const relay = "COUNTERSIGN_RELAY"

// onWine reports whether the stories are run with the program for Windows.
func onWine() bool { return strings.HasSuffix(os.Getenv(installed), ".exe") }

// The stories in testdata/script run the real program against its practice gateways, with a signer that
// goes through their pages.
func TestMain(m *testing.M) {
	program.PolicyFile = policy.File{} // that of this computer must not decide what tests find
	// These tests wait for programs and for timeouts rather than compute, so more of them run at once than there are cores.
	// The flag -parallel still overrides this.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"countersignctl": countersignctl,
		"signer":         sign,
	})
}

// countersignctl is the command "countersignctl".
func countersignctl() {
	if path := os.Getenv(installed); path != "" {
		args := os.Args
		if onWine() {
			args = append([]string{wine, path}, os.Args[1:]...)
			path = os.Getenv(wine)
		}
		fmt.Fprintln(os.Stderr, syscall.Exec(path, args, os.Environ())) // it returns only when it has failed
		os.Exit(99)
	}
	program.PolicyFile = policy.File{Path: os.Getenv(storyPolicy), Owner: os.Getuid()}
	main()
}

// storyPolicy is the variable of the environment with the path of the policy for the programs of a story; the real program has no such
// variable. The policy belongs to whoever runs the tests.
const storyPolicy = "STORY_POLICY"

func TestStories(t *testing.T) { testscript.Run(t, stories(t, "testdata/script")) }

// stories returns how the stories in a folder are run.
func stories(t *testing.T, dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Condition: func(name string) (bool, error) {
			switch name {
			case "installed":
				return os.Getenv(installed) != "", nil
			case "wine", "keyring": // one of Windows is always there
				return onWine(), nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("COUNTERSIGN_HOME", e.Getenv("WORK")+"/home")
			e.Setenv(installed, os.Getenv(installed))
			script, err := filepath.Abs("../../scripts/wine")
			if err != nil {
				return err
			}
			e.Setenv(wine, script)
			e.Setenv(relay, os.Getenv(relay))
			e.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // tests must not use the keyring of whoever runs them
			e.Setenv("XDG_RUNTIME_DIR", "")
			// The race detector would delay the end of each program by a second.
			e.Setenv("GORACE", "atexit_sleep_ms=0")
			// Only the programs of the stories are found, and no browser.
			e.Setenv("BIN", filepath.SplitList(e.Getenv("PATH"))[0])
			for _, sample := range assets.Samples() {
				if err := os.WriteFile(e.Getenv("WORK")+"/"+sample.Name, sample.Bytes, 0o600); err != nil {
					return err
				}
			}
			for name, content := range sampleFiles(t) {
				if err := os.WriteFile(filepath.Join(e.Getenv("WORK"), name), content, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"appears":   cmdAppears,
			"code":      cmdCode,
			"field":     cmdField,
			"happen":    cmdHappen,
			"hold":      cmdHold,
			"misbehave": cmdMisbehave,
			"occupy":    cmdOccupy,
			"proxy":     cmdProxy,
			"unzip":     cmdUnzip,
			"workbook":  cmdWorkbook,
			"write":     cmdWrite,
		},
	}
}

// sampleFiles returns files for the stories: signed and changed ones, and certificates to trust.
func sampleFiles(t *testing.T) map[string][]byte {
	plain := pdftest.Plain(t, "Lease")
	signed := pdftest.Sign(t, plain, "Ann Example")
	page := pdftest.Find(t, signed, "/Type /Page\n")
	return map[string][]byte{
		"encrypted.pdf": pdftest.Encrypted(t),
		"plain.pdf":     plain,
		"unread.pdf":    pdftest.Embed(t, plain, pdftest.SignatureField{SubFilter: "example.signature"}, func([]byte) []byte { return []byte("a signature") }),
		"ann.pdf":       signed,
		"ann-bob.pdf":   pdftest.Sign(t, signed, "Bob Example"),
		"changed.pdf":   bytes.Replace(signed, []byte("(Lease)"), []byte("(Least)"), 1),
		"exchanged.pdf": pdftest.Update(t, signed, page.Replace(t, "/Contents 4 0 R", "/Contents 5 0 R")),
		"authority.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pdftest.Authority(t).Raw}),
	}
}

// cmdCode is "code N PROGRAM ARGUMENTS…": it runs a program that has to end with that exit code.
func cmdCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program arguments…")
	}
	err := ts.Exec(args[1], args[2:]...)
	ended := 0
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		ended = exited.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(ended) != args[0] {
		ts.Fatalf("exit code %d, want %s", ended, args[0])
	}
}

// cmdHappen is "happen FILE": it appends events to the ledger of the home, as other people and other desks do. Each line of FILE is
// the id of a request and an event as JSON, in which $NAME stands for a variable of the environment.
func cmdHappen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: happen FILE")
	}
	ctx := context.Background()
	l, err := ledger.Open(ctx, ts.Getenv("COUNTERSIGN_HOME"), ledger.Options{})
	ts.Check(err)
	for line := range strings.Lines(os.Expand(ts.ReadFile(args[0]), ts.Getenv)) {
		id, text, _ := strings.Cut(line, " ")
		var e request.Event
		ts.Check(json.Unmarshal([]byte(text), &e))
		r, err := l.Get(ctx, request.ID(id))
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			ts.Check(err)
		}
		_, err = l.Append(ctx, ledger.Change{ID: request.ID(id), Version: r.Version, Events: []request.Event{e}})
		ts.Check(err)
	}
	ts.Check(l.Close())
}

// cmdField is "field NAME FILE [VAR]": it reads the member NAME, like outcome.evidence, from
// the last JSON line of FILE and puts it into the environment variable VAR. Without VAR, the
// variable has the name of the last part of NAME.
func cmdField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: field NAME FILE [VAR]")
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n")
	var value any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &value); err != nil {
		ts.Fatalf("%v", err)
	}
	path := strings.Split(args[0], ".")
	for _, name := range path {
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		object, ok := value.(map[string]any)
		if !ok {
			ts.Fatalf("there is no %s in %s", args[0], lines[len(lines)-1])
		}
		value = object[name]
	}
	text, ok := value.(string)
	if !ok {
		ts.Fatalf("%s is %v, not a text", args[0], value)
	}
	if rest, ok := strings.CutPrefix(text, "Z:"); ok && onWine() {
		text = strings.ReplaceAll(rest, `\`, "/") // as the other programs of the story call the file
	}
	name := path[len(path)-1]
	if len(args) == 3 {
		name = args[2]
	}
	ts.Setenv(name, text)
}

// sign is the command "signer CHOICE ID...": it runs countersignctl sign --no-browser for
// the requests and goes through the gateway's pages from each address that countersignctl
// prints. It prints what countersignctl prints, and ends with the same exit code. With
// CHOICE closed, the signer closes the browser before it comes back.
func sign() {
	if onWine() {
		through, err := url.Parse(os.Getenv(relay))
		http.DefaultTransport.(*http.Transport).Proxy = func(*http.Request) (*url.URL, error) { return through, err }
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := signAs(ctx, os.Args[1], os.Args[2:])
	stop()
	os.Exit(code)
}

func signAs(ctx context.Context, choice string, args []string) int {
	closed := choice == "closed"
	if closed {
		choice = string(signer.Sign)
	}
	ctx, hurry := context.WithCancel(ctx)
	defer hurry()
	toPrint := len(args)
	command := exec.CommandContext(ctx, "countersignctl", append([]string{"--json", "sign", "--no-browser", "--timeout", "1m"}, args...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.Stdin, command.Stderr = os.Stdin, os.Stderr
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		os.Stderr.WriteString("signer: " + err.Error() + "\n")
		return 99
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		os.Stdout.WriteString(lines.Text() + "\n")
		var visit struct{ URL string }
		if json.Unmarshal(lines.Bytes(), &visit) != nil || visit.URL == "" {
			if toPrint--; toPrint == 0 {
				hurry() // this signer does not reload the landing page
			}
			continue
		}
		if _, err := signer.Run(ctx, visit.URL, signer.Choice(choice), closed); err != nil {
			os.Stderr.WriteString("signer: " + err.Error() + "\n")
			return 99
		}
	}
	_ = command.Wait() // the exit code says how it went
	return command.ProcessState.ExitCode()
}
