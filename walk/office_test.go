//go:build walk

package walk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/team/teamtest"
)

// What the clerk has signed, and why the manager returns it.
const (
	permit = "Permit-17"
	note   = "the plan is missing"
)

// TestTwoDesksOfAnOffice has a clerk and a manager work in two windows, on two displays, with one register on a PostgreSQL server.
func TestTwoDesksOfAnOffice(t *testing.T) {
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "xmessage", "chromium", "dbus-daemon", "dbus-monitor", "go")
	out := outputFolder(t, "walk-office")
	ctx, cancel := context.WithTimeout(t.Context(), wholeWalk)
	defer cancel()
	desk := func(name string) *walk {
		w := &walk{T: t, ctx: ctx, out: filepath.Join(out, name), data: filepath.Join(out, name, "data")}
		w.home = filepath.Join(w.data, "countersign")
		w.must(os.MkdirAll(w.out, 0o755))
		return w
	}
	clerk, manager := desk("clerk"), desk("manager")

	clerk.step("office: a database server, a clerk's desk and a manager's, each with a display of its own")
	clerk.build()
	server := clerk.startServer()
	clerk.startDisplay()
	manager.startDisplay()
	clerk.openBrowser()
	notified := clerk.startBus()
	login := clerk.makeOffice(server)
	clerk.useRealGateway(filepath.Join(out, "gateways"))
	clerk.terminal("", "team", "join", login("clara", "clerk"), "--desk", "front")
	manager.terminal("", "team", "join", login("max", "manager"), "--desk", "first floor")
	clerk.startDesk("light")
	manager.startDesk("light")
	for _, w := range []*walk{clerk, manager} {
		w.openLedger()
	}

	clerk.step("office: the clerk adds a request and signs it; the manager sees it signed")
	clerk.terminal("", "add", "--gateway", "office", clerk.addFile(permit))
	added := manager.await(permit, func(request.Request) bool { return true })
	manager.selectFirst(permit)
	manager.savePicture("1-waiting")
	before := manager.waitSettled()
	clerk.selectFirst(permit)
	clerk.key("ctrl+Return")
	signed := signing{"office", permit, "sign", "Signed. You can close this tab", request.Signed, request.ByDocument, "finished"}
	clerk.browse(signed, clerk.nextVisit())
	clerk.check(signed, clerk.awaitEnd(permit))
	clerk.savePicture("1-signed")
	if r := manager.await(permit, func(r request.Request) bool { return r.Status == request.Signed }); r.ID != added.ID || r.LaunchedBy != "clara" || r.Desk != "front" {
		manager.Fatalf("the manager's desk has %s, launched by %s at %s", r.ID, r.LaunchedBy, r.Desk)
	}
	manager.waitFor("the manager's window shows it", func() bool { return !bytes.Equal(manager.look(), before) })
	manager.savePicture("2-signed")

	clerk.step("office: the manager returns it with a note; the clerk, who looks at another program, is notified")
	uncover := clerk.coverWindow()
	manager.press("ctrl+9")
	manager.press("r")
	manager.typeText(note)
	manager.savePicture("3-note")
	manager.key("Return")
	returned := func(r request.Request) bool {
		return r.Review != nil && r.Review.Decision == request.SentBack && r.Review.Note == note && r.Review.By == "max"
	}
	clerk.await(permit, returned)
	clerk.waitFor("the system is told that an outcome was returned", func() bool {
		select {
		case said := <-notified:
			return strings.Contains(said, "returned")
		default:
			return false
		}
	})
	uncover()
	clerk.press("ctrl+0")
	clerk.key("Down", "Return")
	clerk.savePicture("2-returned")
	page, err := clerk.ledger.Query(ctx, ledger.Query{Decision: request.SentBack, Limit: 2})
	clerk.must(err)
	if len(page.Requests) != 1 || !returned(page.Requests[0]) {
		clerk.Fatalf("returned at the clerk's desk: %+v", page.Requests)
	}

	clerk.step("office: the server is killed; both windows say so, and find it again by themselves")
	online := map[*walk][]byte{clerk: clerk.foot(), manager: manager.foot()}
	clerk.must(server.Kill())
	for _, w := range []*walk{clerk, manager} {
		w.awaitLog("the office is not followed for the moment")
		w.waitFor("the window says that the office is out of reach", func() bool { return !bytes.Equal(w.foot(), online[w]) })
		w.savePicture("8-out-of-reach")
	}
	clerk.must(server.Restart())
	for _, w := range []*walk{clerk, manager} {
		w.waitFor("the window says that the office is online again", func() bool { return bytes.Equal(w.foot(), online[w]) })
		w.savePicture("9-online-again")
	}
	clerk.terminal("", "audit")
	clerk.closeDesk()
	manager.closeDesk()
	clerk.step("office: done: pictures are in %s", out)
}

// startServer starts a PostgreSQL server until the test ends.
func (w *walk) startServer() *teamtest.Cluster {
	w.Helper()
	server, err := teamtest.Start()
	w.must(err)
	w.Cleanup(func() { w.must(server.Stop()) })
	return server
}

// terminal runs the terminal program on the home of the desk, and returns what it prints. The program may read something.
func (w *walk) terminal(input string, args ...string) string {
	w.Helper()
	cmd := exec.CommandContext(w.ctx, terminalProgram, args...)
	cmd.Env, cmd.Stdin = w.env, strings.NewReader(input)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	said, err := cmd.Output()
	if err != nil {
		w.Fatalf("countersignctl %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return string(said)
}

// makeOffice makes an office on a server. The function that it returns makes a login with a role, and returns how that connects.
func (w *walk) makeOffice(server *teamtest.Cluster) (login func(name, role string) string) {
	w.Helper()
	owner := server.MustCreate(w)
	var made struct {
		Roles map[string]string `json:"roles"`
	}
	w.must(json.Unmarshal([]byte(w.terminal("", "--json", "team", "init", server.DSN(owner, owner), "--office", "Town hall")), &made))
	return func(name, role string) string {
		w.Helper()
		server.MustExec(w, "postgres", "postgres", "CREATE ROLE "+name+" LOGIN")
		server.MustExec(w, owner, owner, "GRANT "+made.Roles[role]+" TO "+name)
		return server.DSN(name, owner)
	}
}

// useRealGateway adds a gateway to the home of the desk that is no practice gateway for it: one that runs as a program of its own, on a home of
// its own.
func (w *walk) useRealGateway(home string) {
	w.Helper()
	cmd := exec.CommandContext(w.ctx, terminalProgram, "--json", "--home", home, "sandbox")
	out, err := cmd.StdoutPipe()
	w.must(err)
	w.start(cmd)
	var made struct {
		Trident struct {
			URL    string `json:"url"`
			ID     string `json:"client_id"`
			Secret string `json:"client_secret"`
		} `json:"trident"`
	}
	w.must(json.NewDecoder(out).Decode(&made))
	w.terminal(made.Trident.Secret, "gateway", "add", "office", "--kind", "trident", "--url", made.Trident.URL, "--client-id", made.Trident.ID, "--secret-stdin", "--in-file")
}

// startBus starts a message bus of the session, on which there is no program but that of the desk. What is said to the program that would show
// notifications comes from the channel.
func (w *walk) startBus() <-chan string {
	w.Helper()
	config := filepath.Join(w.out, "bus.conf")
	w.must(os.WriteFile(config, []byte(`<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
		<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600))
	bus := exec.CommandContext(w.ctx, "dbus-daemon", "--config-file", config, "--nofork", "--print-address")
	out, err := bus.StdoutPipe()
	w.must(err)
	w.start(bus)
	address, err := bufio.NewReader(out).ReadString('\n')
	w.must(err)
	address = strings.TrimSpace(address)
	w.env = append(w.env, "DBUS_SESSION_BUS_ADDRESS="+address)
	monitor := exec.CommandContext(w.ctx, "dbus-monitor", "--address", address, "interface='org.freedesktop.Notifications'")
	out, err = monitor.StdoutPipe()
	w.must(err)
	w.start(monitor)
	lines := bufio.NewScanner(out)
	if !lines.Scan() { // it says that it is connected
		w.Fatal("the bus cannot be watched")
	}
	said := make(chan string, 1000)
	go func() {
		for lines.Scan() {
			said <- lines.Text()
		}
	}()
	return said
}

// awaitLog waits until the desk has written a line with a text into its log.
func (w *walk) awaitLog(text string) {
	w.Helper()
	w.waitFor("the log has: "+text, func() bool {
		log, err := os.ReadFile(w.log())
		w.must(err)
		return bytes.Contains(log, []byte(text))
	})
}

// footRows is how many rows of pixels the foot of the sidebar has, which says how the desk stands to its office, and footWidth how wide it is.
const footRows, footWidth = 60, 200

// foot waits until the window has drawn everything, and returns the pixels of the foot of its sidebar.
func (w *walk) foot() []byte {
	w.Helper()
	at := w.place()
	screen := w.waitSettled()
	// An XWD file, as the X server maps it: see XWDFile.h of X11. All numbers of its head have 32 bits.
	head := func(field int) int { return int(binary.BigEndian.Uint32(screen[4*field:])) }
	const size, line, colors = 0, 12, 19 // of the head, of a line of pixels, and how many colors of 12 bytes are between both
	pixels := screen[head(size)+12*head(colors):]
	var foot []byte
	for y := at.Max.Y - footRows; y < at.Max.Y; y++ {
		start := y*head(line) + 4*at.Min.X
		foot = append(foot, pixels[start:start+4*footWidth]...)
	}
	return foot
}

// place returns where the window is on the screen.
func (w *walk) place() image.Rectangle {
	w.Helper()
	said, err := w.run("xdotool", "getwindowgeometry", "--shell", w.window)
	w.must(err)
	var x, y, width, height int
	_, err = fmt.Sscanf(said[strings.Index(said, "X="):], "X=%d\nY=%d\nWIDTH=%d\nHEIGHT=%d", &x, &y, &width, &height)
	w.must(err)
	return image.Rect(x, y, x+width, y+height)
}
