package diagnosis

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/core/desk"
	"countersign/core/desk/desktest"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/secret"
)

// rig is a desk to be examined.
type rig struct {
	*desktest.Rig
	browser func(context.Context) (request.Sentence, error)
}

func newRig(t *testing.T) *rig { return &rig{Rig: desktest.New(t)} }

func (r *rig) config() Config {
	return Config{Home: r.Dir, Secrets: r.Secrets, Browser: r.browser}
}

func (r *rig) Diagnose(ctx context.Context, tell func(Finding)) []Finding {
	return New(r.config(), r.Gateways, r.Desk, r.Ledger).Diagnose(ctx, tell)
}

// verdicts are the findings by name.
func verdicts(findings []Finding) map[string]Verdict {
	all := map[string]Verdict{}
	for _, f := range findings {
		all[f.Name] = f.Verdict
	}
	return all
}

func find(t *testing.T, findings []Finding, name string) Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("nothing is said of %s: %+v", name, findings)
	}
	return findings[i]
}

// withoutProxy makes a test independent of the network that it runs in.
func withoutProxy(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AUTO_PROXY", "auto_proxy", "XDG_CURRENT_DESKTOP"} {
		t.Setenv(name, "")
	}
}

func TestAHealthyDeskIsWellInEverything(t *testing.T) {
	withoutProxy(t)
	r := newRig(t)
	r.browser = func(context.Context) (request.Sentence, error) {
		return request.Sentence{Text: "/usr/bin/xdg-open"}, nil
	}
	r.Restart()
	var told []Finding
	findings := r.Diagnose(t.Context(), func(f Finding) { told = append(told, f) })
	if !reflect.DeepEqual(told, findings) {
		t.Errorf("told %+v\nfound %+v", told, findings)
	}
	for _, name := range []string{"disk", "keyring", "proxy", "browser", "ledger", "change notices", "return address", "gateway one: address", "gateway two: address"} {
		if f := find(t, findings, name); f.Verdict != Well {
			t.Errorf("%+v", f)
		}
	}
	if len(findings) != 9 || IsBad(findings) {
		t.Errorf("%+v", verdicts(findings))
	}
	if entries, _ := filepath.Glob(filepath.Join(r.Dir.Path(), "probe*")); entries != nil {
		t.Errorf("left behind: %v", entries)
	}
}

// A keyring that is locked is neither a missing nor a broken one.
func TestEachStateOfAKeyringHasItsAnswer(t *testing.T) {
	withoutProxy(t)
	r := newRig(t)
	for _, test := range []struct {
		place        secret.Backend
		err          error
		detail, todo string
	}{
		{place: secret.Keyring, detail: "it stores and returns secrets"},
		{err: secret.ErrLocked, detail: "it is locked", todo: "unlock the system's keyring"},
		{err: secret.ErrKeyringTimeout, detail: "it cannot be used: the keyring does not answer", todo: "repair the system's keyring"},
		{place: secret.File, detail: "there is none: ", todo: "set up the system's keyring"},
	} {
		found := Closed(t.Context(), Config{Home: r.Dir, Secrets: probed{test.place, test.err}}, errors.New("closed"), nil)
		f := find(t, found, "keyring")
		if !strings.HasPrefix(f.Detail, test.detail) || !strings.HasPrefix(f.Advice, test.todo) || (f.Verdict == Well) != (test.todo == "") {
			t.Errorf("%q, %v: %+v", test.place, test.err, f)
		}
	}
}

// probed is a store of secrets with the result of its probe.
type probed struct {
	place secret.Backend
	err   error
}

func (p probed) Probe(context.Context) (secret.Backend, error) { return p.place, p.err }

func TestWhatIsNotWellIsSaidWithAdvice(t *testing.T) {
	withoutProxy(t)
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)

	r := newRig(t)
	profile := "[gateways.one]\nkind = \"fake\"\nurl = \"https://one.example\"\ncallback_port = " + port + "\n[gateways.odd]\nkind = \"unheard of\"\nurl = \"https://odd.example\"\n"
	if err := os.WriteFile(r.Dir.Gateways(), []byte("default = \"one\"\n"+profile), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Secrets.Failure = errors.New("the keyring is locked")
	r.browser = func(context.Context) (request.Sentence, error) {
		return request.Sentence{}, errors.New("no browser was found")
	}
	r.Restart()
	findings := r.Diagnose(t.Context(), nil)
	for name, want := range map[string]Verdict{
		"keyring": Warning, "browser": Bad, "return address": Well, "return address " + port: Bad, "gateway one: address": Well, "gateway odd": Bad,
	} {
		f := find(t, findings, name)
		if f.Verdict != want || want != Well && f.Advice == "" {
			t.Errorf("not %s: %+v", want, f)
		}
	}
	if f := find(t, findings, "return address "+port); runtime.GOOS == "linux" && !strings.Contains(f.Detail, "(process "+strconv.Itoa(os.Getpid())+")") {
		t.Errorf("it does not say who has the port: %s", f.Detail)
	}
	if !IsBad(findings) {
		t.Error("nothing is bad")
	}
	r.browser = func(context.Context) (request.Sentence, error) { return request.Sentence{}, ErrNoDisplay }
	r.Restart()
	if f := find(t, r.Diagnose(t.Context(), nil), "browser"); f.Verdict != Warning {
		t.Errorf("without a display: %+v", f)
	}
}

func TestAGatewaysFileThatCannotBeReadIsSaid(t *testing.T) {
	r := newRig(t)
	if err := os.WriteFile(r.Dir.Gateways(), []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := find(t, r.Diagnose(t.Context(), nil), "gateways"); f.Verdict != Bad {
		t.Errorf("%+v", f)
	}
}

func TestADeskThatCannotBeOpenedIsLookedAtAllTheSame(t *testing.T) {
	r := newRig(t)
	findings := Closed(t.Context(), r.config(), errors.New("the ledger is damaged"), nil)
	if f := find(t, findings, "desk"); f.Verdict != Bad || f.Detail != "the desk cannot be opened: the ledger is damaged" {
		t.Errorf("%+v", f)
	}
	find(t, findings, "disk")
	find(t, findings, "keyring")
}

func TestADiskThatTakesNothingIsBad(t *testing.T) {
	r := newRig(t)
	if err := os.RemoveAll(r.Dir.Path()); err != nil {
		t.Fatal(err)
	}
	if f := checkDisk(r.Dir); f.Verdict != Bad || f.Advice == "" {
		t.Errorf("%+v", f)
	}
}

func TestAHomeThatOthersCanOpenIsAWarning(t *testing.T) {
	r := newRig(t)
	if findings := checkAccess(r.Dir); findings != nil {
		t.Errorf("%+v", findings)
	}
	if runtime.GOOS == "windows" {
		t.Skip("there, modes say nothing")
	}
	if err := os.Chmod(r.Dir.Path(), 0o750); err != nil {
		t.Fatal(err)
	}
	findings := Closed(t.Context(), r.config(), errors.New("closed"), nil)
	want := "other users of this computer can open " + r.Dir.Path()
	if !slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Part == PartDisk && f.Verdict == Warning && f.Detail == want && strings.Contains(f.Advice, "chmod 700")
	}) {
		t.Errorf("%+v", findings)
	}
}

func TestTheReportIsAPageForStrangers(t *testing.T) {
	t.Setenv("HOME", "/srv/people/ana")
	t.Setenv("USERPROFILE", "/srv/people/ana") // on Windows
	e := &examination{}
	e.note(
		newFinding(PartDisk, Well, request.Sentence{Text: "/srv/people/ana/desk can be written to, /srv/people/anabel/x is not hers"}, none),
		newFinding(PartKeyring, Warning, request.Sentence{Text: `secrets are in C:\Users\Ana\AppData\secrets.json` + "\nand /home/ana/secrets.json"},
			request.Sentencef("c", "unlock %s (%w)", "/Users/ana/ring", request.Errorf("d", "see %s", "/home/ana/x"))),
		newFinding(PartBrowser, Bad, request.Sentence{Text: "none"}, request.Sentence{Text: "install one"}),
	)
	page := Report(e.found, time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))
	for _, want := range []string{
		"2026-11-21T10:00:00Z", runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(),
		"\nbad       browser: none\n          install one\n",
		"\nwarning   keyring: secrets are in ~\\AppData\\secrets.json and ~/secrets.json\n          unlock ~/ring (see ~/x)\n",
		"\nwell      disk: ~/desk can be written to, /srv/people/anabel/x is not hers\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q:\n%s", want, page)
		}
	}
	if strings.Index(page, "browser") > strings.Index(page, "keyring") {
		t.Error("what is bad does not come first")
	}
	want := request.Cause{Code: "c", Args: []request.Arg{{Text: "~/ring"}, {Cause: request.Cause{Code: "d", Args: []request.Arg{{Text: "~/x"}}}}}}
	if got := e.found[1].AdviceCause; !got.Equal(want) {
		t.Errorf("the arguments are %+v", got)
	}
}

func TestAdviceOnWhatIsWellIsAWarning(t *testing.T) {
	for want, g := range map[Verdict]gateway.CheckResult{
		Well:    {Name: "tls", OK: true, Detail: "d"},
		Warning: {Name: "tls", OK: true, Detail: "d", Advice: "soon"},
		Bad:     {Name: "tls", Detail: "d", Advice: "now"},
	} {
		if got := findingOf(g); got.Verdict != want || got.Detail != "d" || got.Advice != g.Advice {
			t.Errorf("%+v", got)
		}
	}
}

// A practice gateway that nobody uses is not started for a diagnosis.
func TestAPracticeGatewayThatNobodyUsesIsLeftAlone(t *testing.T) {
	r := newRig(t)
	started := 0
	r.Setup.Practice = func(_ context.Context, p gateway.Profile) (gateway.Profile, string, error) {
		started++
		return p, "", nil
	}
	text := fake.Profiles + "[gateways.play]\nkind = \"fake\"\npractice = true\n"
	if err := os.WriteFile(r.Dir.Gateways(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Restart()
	r.Diagnose(t.Context(), nil)
	if started != 0 {
		t.Error("it was started")
	}
	if _, err := r.Add(t.Context(), desk.New{Gateway: "play", Files: []input.File{input.Memory("a.pdf", pdftest.Plain(t, "a"))}}); err != nil {
		t.Fatal(err)
	}
	find(t, r.Diagnose(t.Context(), nil), "gateway play: address")
}

func TestEventsThatAreNotSignedAreAWarning(t *testing.T) {
	r := newRig(t)
	r.Secrets.Change(func(s *fake.Secrets) { s.Failure = errors.New("the keyring is locked") })
	r.NewRequest("one")
	f := New(r.config(), r.Gateways, r.Desk, r.Ledger).checkLedger(t.Context())
	if f.Verdict != Warning || !strings.Contains(f.Detail, "not signed yet: 1") {
		t.Errorf("got %+v", f)
	}
}
