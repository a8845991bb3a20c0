//go:build linux || freebsd || netbsd || openbsd

package filechooser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// startBus starts a session bus that has no service, and returns a connection to it.
func startBus(t *testing.T) *dbus.Conn {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("install dbus-daemon (Debian: dbus) to try the file dialogs against a bus")
	}
	bus := exec.Command(daemon, "--session", "--nofork", "--nopidfile", "--print-address", "--address=unix:path="+filepath.Join(t.TempDir(), "bus"))
	out, err := bus.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Process.Kill(); bus.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	conn, err := dbus.Connect(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// call is a dialog that the portal was asked for.
type call struct {
	method, parent, title string
	options               map[string]dbus.Variant
	handle                dbus.ObjectPath
}

// portal stands in for the desktop's portal. It shows each dialog by sending it to calls.
type portal struct {
	conn   *dbus.Conn
	calls  chan call
	closed chan dbus.ObjectPath
	old    bool        // it chooses the path of a request itself
	fails  *dbus.Error // what it answers; nil if it shows dialogs
}

// newPortal offers a portal on a bus. The functions set change it before it is called.
func newPortal(t *testing.T, conn *dbus.Conn, set ...func(*portal)) *portal {
	t.Helper()
	p := &portal{conn: conn, calls: make(chan call, 10), closed: make(chan dbus.ObjectPath, 10)}
	for _, change := range set {
		change(p)
	}
	if err := conn.Export(p, portalPath, chooserInterface); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.RequestName(portalName, 0); err != nil {
		t.Fatal(err)
	}
	return p
}

// OpenFile is called over the bus.
func (p *portal) OpenFile(sender dbus.Sender, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return p.show("OpenFile", sender, parent, title, options)
}

// SaveFile is called over the bus.
func (p *portal) SaveFile(sender dbus.Sender, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	return p.show("SaveFile", sender, parent, title, options)
}

func (p *portal) show(method string, sender dbus.Sender, parent, title string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	if p.fails != nil {
		return "", p.fails
	}
	token := options["handle_token"].Value().(string)
	if p.old {
		token = "t1"
	}
	handle := dbus.ObjectPath(portalPath + "/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + token)
	if err := p.conn.Export(shown{p, handle}, handle, requestInterface); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	p.calls <- call{method, parent, title, options, handle}
	return handle, nil
}

// shown is a request of the portal.
type shown struct {
	portal *portal
	handle dbus.ObjectPath
}

// Close is called over the bus.
func (s shown) Close() *dbus.Error {
	s.portal.closed <- s.handle
	return nil
}

// answer ends the dialog of a call.
func (p *portal) answer(t *testing.T, c call, code uint32, results map[string]dbus.Variant) {
	t.Helper()
	if err := p.conn.Emit(c.handle, requestInterface+".Response", code, results); err != nil {
		t.Fatal(err)
	}
}

// outcome is what [Show] returned.
type outcome struct {
	Answer
	err error
}

func showing(ctx context.Context, d Dialog) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		a, err := Show(ctx, d)
		done <- outcome{a, err}
	}()
	return done
}

func uris(list ...string) map[string]dbus.Variant {
	return map[string]dbus.Variant{"uris": dbus.MakeVariant(list)}
}

func TestManyFilesAreChosenAtOnceByTheirWholeNames(t *testing.T) {
	p := newPortal(t, startBus(t))
	var addresses []string
	want := []string{"/home/ana/Lease.pdf", "/home/ana/Kauf vertrag (2).pdf", "/home/ana/Größe 100% #1?.pdf", "/srv/\xff\xfe.pdf", "/run/user/1000/gvfs/smb-share:server=files,share=hr/offer.pdf"}
	for i := range 400 {
		want = append(want, fmt.Sprintf("/home/ana/%d.pdf", i))
	}
	for _, path := range want {
		addresses = append(addresses, "file://"+(&url.URL{Path: path}).EscapedPath())
	}
	done := showing(t.Context(), Dialog{
		Kind: OpenFiles, Title: "Add documents", Accept: "Add", Folder: "/home/\xff", Parent: 0x2a0001f,
		Filters: []Filter{{"PDF files", []string{".pdf"}}, {"Lists", []string{".csv", ".xlsx"}}, {"All files", nil}},
	})
	c := <-p.calls
	if c.method != "OpenFile" || c.parent != "x11:2a0001f" || c.title != "Add documents" {
		t.Errorf("the portal was called with %+v", c)
	}
	for name, value := range map[string]any{"multiple": true, "modal": true, "accept_label": "Add", "current_folder": []byte("/home/\xff\x00")} {
		if got := c.options[name].Value(); fmt.Sprint(got) != fmt.Sprint(value) {
			t.Errorf("%s: %v", name, got)
		}
	}
	var rules []rule
	if err := c.options["filters"].Store(&rules); err != nil || len(rules) != 3 || rules[0].Patterns[0].Glob != "*.[pP][dD][fF]" || len(rules[1].Patterns) != 2 || rules[2].Patterns[0].Glob != "*" {
		t.Errorf("%v; filters %v", err, rules)
	}
	results := uris(addresses...)
	results["current_filter"] = dbus.MakeVariant(rules[1])
	p.answer(t, c, 0, results)
	got := <-done
	if got.err != nil || got.Filter != 1 || !slices.Equal(got.Paths, want) {
		t.Errorf("%v; filter %d; %q", got.err, got.Filter, got.Paths)
	}
}

func TestAFileIsSavedWhereThePersonSays(t *testing.T) {
	p := newPortal(t, startBus(t))
	done := showing(t.Context(), Dialog{Kind: SaveFile, Title: "Save", Folder: "/home/ana", Name: "Lease (signed).pdf"})
	c := <-p.calls
	if c.method != "SaveFile" || c.parent != "" || c.options["current_name"].Value() != "Lease (signed).pdf" {
		t.Errorf("the portal was called with %+v", c)
	}
	p.answer(t, c, 0, uris("file:///srv/Lease.pdf"))
	if got := <-done; got.err != nil || got.Filter != -1 || !slices.Equal(got.Paths, []string{"/srv/Lease.pdf"}) {
		t.Errorf("%+v", got)
	}
}

func TestAFolderIsChosen(t *testing.T) {
	p := newPortal(t, startBus(t), func(p *portal) { p.old = true })
	done := showing(t.Context(), Dialog{Kind: OpenFolder, Filters: []Filter{{"PDF files", []string{".pdf"}}}})
	c := <-p.calls
	if _, filtered := c.options["filters"]; filtered || c.options["directory"].Value() != true {
		t.Errorf("the portal was called with %+v", c)
	}
	// A portal before 0.9 has a path of its own, which is subscribed to when the call has returned.
	if err := awaitRule(p.conn, "t1"); err != nil {
		t.Fatal(err)
	}
	p.answer(t, c, 0, uris("file://localhost/srv/in/"))
	if got := <-done; got.err != nil || !slices.Equal(got.Paths, []string{"/srv/in/"}) {
		t.Errorf("%+v", got)
	}
}

// awaitRule waits until a connection to the bus has subscribed to the signals of a request.
func awaitRule(conn *dbus.Conn, token string) error {
	for {
		var rules map[string][]string
		if err := conn.BusObject().Call("org.freedesktop.DBus.Debug.Stats.GetAllMatchRules", 0).Store(&rules); err != nil {
			return err
		}
		for _, of := range rules {
			if slices.ContainsFunc(of, func(rule string) bool { return strings.Contains(rule, "/"+token+"'") }) {
				return nil
			}
		}
	}
}

func TestADismissedDialogChoosesNothing(t *testing.T) {
	p := newPortal(t, startBus(t))
	done := showing(t.Context(), Dialog{})
	p.answer(t, <-p.calls, 1, map[string]dbus.Variant{})
	if got := <-done; got.err != nil || len(got.Paths) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheDialogIsClosedWhenNobodyWantsItsAnswer(t *testing.T) {
	p := newPortal(t, startBus(t))
	ctx, cancel := context.WithCancel(t.Context())
	done := showing(ctx, Dialog{})
	c := <-p.calls
	cancel()
	if got := <-done; !errors.Is(got.err, context.Canceled) {
		t.Errorf("%+v", got)
	}
	if handle := <-p.closed; handle != c.handle {
		t.Errorf("%s was closed", handle)
	}
}

func TestOnlyFilesOfThisComputerAreTaken(t *testing.T) {
	p := newPortal(t, startBus(t))
	for _, address := range []string{"smb://files/hr/offer.pdf", "https://example.org/a.pdf", "file://files/hr/offer.pdf", "file:///a%00.pdf", "file:///a%zz.pdf", "file://", "/a.pdf", ""} {
		done := showing(t.Context(), Dialog{})
		p.answer(t, <-p.calls, 0, uris("file:///b.pdf", address))
		if got := <-done; !errors.Is(got.err, ErrNotLocal) || len(got.Paths) > 0 {
			t.Errorf("%q: %+v", address, got)
		}
	}
}

func TestWithoutAPortalThereIsNoDialog(t *testing.T) {
	t.Run("no session", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
		t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		if _, err := Show(t.Context(), Dialog{}); !errors.Is(err, ErrNoDialog) {
			t.Error(err)
		}
	})
	t.Run("a session without a portal", func(t *testing.T) {
		startBus(t)
		if _, err := Show(t.Context(), Dialog{}); !errors.Is(err, ErrNoDialog) {
			t.Error(err)
		}
	})
	t.Run("a session that says nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "bus")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
		was := portalTime
		portalTime = 1
		defer func() { portalTime = was }()
		if _, err := Show(t.Context(), Dialog{}); !errors.Is(err, ErrNoDialog) {
			t.Error(err)
		}
	})
	t.Run("a portal that shows no files", func(t *testing.T) {
		newPortal(t, startBus(t), func(p *portal) { p.fails = &dbus.ErrMsgUnknownInterface })
		if _, err := Show(t.Context(), Dialog{}); !errors.Is(err, ErrNoDialog) {
			t.Error(err)
		}
	})
	t.Run("a portal that fails", func(t *testing.T) {
		p := newPortal(t, startBus(t))
		done := showing(t.Context(), Dialog{})
		p.answer(t, <-p.calls, 2, map[string]dbus.Variant{})
		if got := <-done; !errors.Is(got.err, ErrNoDialog) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a portal that ends", func(t *testing.T) {
		p := newPortal(t, startBus(t))
		done := showing(t.Context(), Dialog{})
		<-p.calls
		p.conn.Close()
		if got := <-done; !errors.Is(got.err, ErrNoDialog) {
			t.Errorf("%+v", got)
		}
	})
}

// FuzzPathOf checks that whatever address a portal answers with, pathOf returns an absolute path without a zero byte, or none.
func FuzzPathOf(f *testing.F) {
	for _, seed := range []string{"file:///home/a%20b.pdf", "file://localhost/%ff.pdf", "FILE:///x", "file://server/share/x", "file:///a%00b", "https://a/b", "file:x", "file:///%zz", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		path, ok := pathOf(uri)
		if ok && (!strings.HasPrefix(path, "/") || strings.Contains(path, "\x00") || !strings.HasPrefix(strings.ToLower(uri), "file://")) {
			t.Errorf("%q is taken for the file %q", uri, path)
		}
		if !ok && path != "" {
			t.Errorf("%q is no file, and %q is returned", uri, path)
		}
	})
}
