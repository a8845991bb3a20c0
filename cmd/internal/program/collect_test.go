package program

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"countersign/core/desk"
	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/core/support"
)

// secretWord is in every text that a person or a gateway makes in the tests of this file, and must be in nothing that is collected.
const secretWord = "zanahoria"

func typed(what string) string { return what + " " + secretWord }

// talkative is a gateway that refuses in words of its own.
func talkative(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("WWW-Authenticate", `Bearer realm="`+typed("realm")+`"`)
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":%q,"message":%q}`, secretWord, typed("description"), typed("message of "+r.URL.Path))
}

// profiles returns a gateways.toml in which every text that a person can type has the word.
func profiles(url string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "version = 2\ndefault = \"%s-0\"\n", secretWord)
	for i, k := range Kinds() {
		fmt.Fprintf(&text, "[gateways.%s-%d]\nkind = %q\nurl = %q\ntitle = %q\nca_file = %q\nclient_cert = %q\nclient_key = %q\n",
			secretWord, i, k.Name, url+"/"+secretWord, typed("title"), "/"+secretWord+".pem", "/"+secretWord+".crt", "/"+secretWord+".key")
		for _, f := range k.Fields {
			switch f.Type {
			case gateway.TextField, gateway.LongField:
				fmt.Fprintf(&text, "%s = %q\n", f.Key, typed(f.Key))
			case gateway.ListField:
				fmt.Fprintf(&text, "%s = [[%q]]\n", f.Key, typed(f.Key))
			}
		}
	}
	fmt.Fprintf(&text, "[gateways.plain-%s]\nkind = \"trident\"\nurl = %q\nclient_id = %q\n", secretWord, url, typed("client"))
	return text.String()
}

// talk writes to a log what parts of the program write, and what they might.
func talk(log *slog.Logger, dir home.Dir) {
	open := &os.PathError{Op: "open", Path: filepath.Join(dir.Path(), typed("Lease.pdf")), Err: syscall.ENOENT}
	for _, err := range []error{
		errors.New(typed("an error")), open, errors.Join(open, errors.New(typed("another"))),
		fmt.Errorf("%s: %w", typed("wrapped"), open),
		request.Errorf("home_full", "nothing can be stored in %s, because its disk is full: free space on it (%w)", typed("folder"), open),
		errors.New(typed("a forged line\ntime=2026-11-21T10:00:00Z level=INFO msg=")),
	} {
		log.Warn("a test failed", "error", err, "gateway", secretWord+"-0", "request", typed("id"), "port", 4711, "panic", typed("panic"))
	}
	log.Info("library: " + typed("of an earlier version"))
	log.With("who", typed("person")).WithGroup("group").Error("in a group", "what", typed("title"))
}

// collected are the files that were collected of a home, by name, as whoever gets them reads them.
func collected(t *testing.T, dir home.Dir, findings []diagnosis.Finding) map[string]string {
	t.Helper()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "out.zip")
	if err := support.Save(path, support.Collect(support.Source{Home: dir, Kinds: Kinds(), Findings: findings, At: at}), at); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	all := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
		if at := strings.Index(strings.ToLower(f.Name+"\n"+string(text)), secretWord); at >= 0 {
			t.Errorf("%s lets out what must stay:\n%s", f.Name, text)
		}
	}
	return all
}

// Every text that somebody can type, and every one that a gateway can answer, is in a home, in its log and in the findings about it; and none
// of them is in what is collected, also when the files of the home cannot be read.
func TestNothingThatPeopleTypeOrGatewaysAnswerIsCollected(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "") // no keyring of whoever runs the tests
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("HTTPS_PROXY", "http://"+secretWord+":"+secretWord+"@"+secretWord+".example:3128")
	server := httptest.NewServer(http.HandlerFunc(talkative))
	defer server.Close()
	dir, err := home.Open(filepath.Join(t.TempDir(), typed("home")))
	must(t, err)
	must(t, os.WriteFile(dir.Gateways(), []byte(profiles(server.URL)), 0o600))
	output := filepath.Join(t.TempDir(), typed("output"))
	must(t, os.Mkdir(output, 0o700))
	chosen := settings.Default()
	chosen.OutputFolder = output
	chosen.People = map[string]string{secretWord: typed("Ana")}
	chosen.RememberList([]string{typed("heading"), "b"}, []string{"title", ""})
	must(t, settings.Write(dir, chosen))
	file, err := OpenLog(dir)
	must(t, err)
	defer file.Close()
	log := slog.New(support.WithCodes(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug})))
	talk(log, dir)
	_, err = file.Write([]byte(typed("no line of a log") + "\nlevel=INFO msg=\"" + typed("half a line") + "\"\n"))
	must(t, err)

	findings := useHome(t, dir, log)
	whole, err := os.ReadFile(file.path)
	must(t, err)
	if !strings.Contains(string(whole), secretWord) || !strings.Contains(fmt.Sprintf("%+v", findings), secretWord) {
		t.Fatalf("there is nothing to be kept back:\n%s\n%+v", whole, findings)
	}
	got := collected(t, dir, findings)
	for name, want := range map[string][]string{
		"versions.txt":  {"program ", "made by   go"},
		"settings.txt":  {"output_folder                set", "people with names            1"},
		"gateways.txt":  {"gateway 4\n", "host                         " + strings.TrimPrefix(server.URL, "http://"), "client_id                    set", "kind                         portasigma"},
		"log.txt":       {"WARN a test failed error=…: " + syscall.ENOENT.Error(), "gateway=1", "port=4711", "codes=home_full,system_missing", "call_status_message,doing_token", "ERROR in a group who=… group.what=…"},
		"diagnosis.txt": {"bad       Gateway 4: ", "could not get a token"},
	} {
		for _, part := range want {
			if !strings.Contains(got[name], part) {
				t.Errorf("%s does not have %q:\n%s", name, part, got[name])
			}
		}
	}

	for path, broken := range map[string]string{
		dir.Settings(): secretWord + " = \"" + secretWord + "\"\n",
		dir.Gateways(): "[gateways." + secretWord + "]\nkind = \"trident\"\nurl = \"ftp://" + secretWord + "\"\n",
	} {
		must(t, os.WriteFile(path, []byte(broken), 0o600))
		findings := useHome(t, dir, log)
		collected(t, dir, findings)
	}
	cause := fmt.Errorf("open %s: %w", dir.Path(), errors.New(typed("cause")))
	if got := collected(t, dir, DiagnoseClosed(t.Context(), dir, cause, nil)); !strings.Contains(got["gateways.txt"], "gateways.toml cannot be read") || !strings.Contains(got["settings.txt"], "settings.toml cannot be read") || !strings.Contains(got["diagnosis.txt"], "desk cannot be opened") {
		t.Errorf("a desk that cannot be opened: %q", got)
	}
}

// useHome does in a home what people do who name things, and returns a diagnosis of it.
func useHome(t *testing.T, dir home.Dir, log *slog.Logger) []diagnosis.Finding {
	t.Helper()
	ctx := context.Background()
	p, err := Open(ctx, dir, "", log)
	must(t, err)
	defer func() { must(t, p.Close()) }()
	d := p.Workspace.Desk
	if _, err := p.Workspace.Profiles(); err == nil {
		_, err := p.Workspace.SetSecret(ctx, "plain-"+secretWord, secret.Entered{Value: typed("secret")})
		must(t, err)
		path := filepath.Join(t.TempDir(), typed("Lease")+".pdf")
		must(t, os.WriteFile(path, pdftest.Plain(t, typed("Lease")), 0o600))
		r, err := d.Add(ctx, desk.New{
			Gateway: "plain-" + secretWord, Title: typed("Lease"), Reference: typed("32-EE"), Files: []input.File{input.Path(path)},
			Signers: []request.Signer{{Name: typed("Ana"), Email: secretWord + "@example.org", Country: "ES", Number: secretWord}},
		})
		must(t, err)
		if _, err := d.Sign(ctx, r.ID); err == nil || !strings.Contains(err.Error(), secretWord) {
			t.Fatalf("the gateway has not refused in its own words: %v", err)
		} else {
			log.Info("an action failed", "request", r.ID, "error", err)
		}
		_, err = d.Withdraw(ctx, r.ID, typed("reason"))
		must(t, err)
		_, err = d.Review(ctx, r.ID, request.SentBack, typed("note"))
		must(t, err)
	}
	return p.Workspace.Diagnose(ctx, nil)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
