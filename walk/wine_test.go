//go:build walk

package walk

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/core/request"
)

// wineEnv is the variable of the environment with the path of the script that runs programs for Windows. scripts/test-windows sets it.
const wineEnv = "COUNTERSIGN_WINE"

// relayEnv is that with the address of the relay, through which the browser asks; see walk/relay.
const relayEnv = "COUNTERSIGN_RELAY"

// The files that a second start hands to the window, and that is chosen in a dialog.
const handed, chosen = "Offer-7", "Annex-3"

// TestWindowsWalk has the delivered programs for Windows sign with Wine. They keep files open and lock them in ways that programs of this
// system do not see, so whatever is asked of the home is asked of countersignctl.exe.
func TestWindowsWalk(t *testing.T) {
	if os.Getenv(wineEnv) == "" {
		t.Skip("make test-windows walks with the programs for Windows")
	}
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "xmessage", "chromium", "pdfsig", "openssl", "wine")
	out := outputFolder(t, "walk-windows")
	ctx, cancel := context.WithTimeout(t.Context(), wholeWalk)
	defer cancel()
	w := &walk{T: t, ctx: ctx, out: out, data: filepath.Join(out, "data"), wine: os.Getenv(wineEnv)}
	user := w.userFolder()
	w.home = filepath.Join(user, "AppData", "Local", "Countersign") // where the program looks for it by itself
	w.disableAnimations(filepath.Join(user, "AppData", "Roaming"))

	w.step("Windows: start a display and the desk on a new home")
	w.startDisplay()
	w.openBrowser()
	w.startDesk("light")
	w.savePicture("window-first-start")

	// This comes before anything is signed. A notification is above all windows, and while one is shown, Wine brings none to the front.
	w.takeFileOnWindows()
	w.addByDialog()
	for i, s := range []signing{signings[0], signings[2], signings[5]} {
		w.signOnWindows(s, i == 1)
	}
	w.lookAround()

	w.step("Windows: close the desk, and start it again")
	w.quitDesk()
	w.startDesk("dark")
	w.selectFirst("Lease")
	w.savePicture("window-dark")
	w.quitDesk()
	w.step("Windows: the register is intact")
	if said := w.onWindows("audit"); !strings.Contains(said, "the register is intact") {
		w.Fatal(said)
	}
	w.step("done: pictures and signed files are in %s", out)
}

// userFolder returns the folder of the user in the Windows that Wine has.
func (w *walk) userFolder() string {
	w.Helper()
	said, err := w.run(w.wine, "winepath.exe", "-u", w.onWine("cmd.exe", "/c", "echo %USERPROFILE%"))
	w.must(err)
	return strings.TrimSpace(said)
}

// onWine runs a program with Wine, which has to succeed, and returns what it prints.
func (w *walk) onWine(program string, args ...string) string {
	w.Helper()
	said, err := w.run(w.wine, append([]string{program}, args...)...)
	w.must(err)
	return strings.TrimSpace(said)
}

// onWindows runs a command of the terminal program for Windows, which has to succeed, and returns what it prints.
func (w *walk) onWindows(args ...string) string {
	w.Helper()
	return w.onWine(windowsTerminal, args...)
}

// shownRequest is a request as the terminal shows it.
type shownRequest struct {
	ID, Title, Status string
	Outcome           struct{ Word, Evidence string }
	Documents         []struct {
		Name, SHA256 string
		Signed       *struct{ SHA256 string }
	}
}

// awaitShown waits until a search of the terminal for text shows exactly one request and the function wanted returns true for it, and
// returns that request.
func (w *walk) awaitShown(text string, wanted func(shownRequest) bool) shownRequest {
	w.Helper()
	var r shownRequest
	w.waitFor(text+" is as wanted", func() bool {
		said := w.onWindows("--json", "list", "--search", text)
		if strings.Count(said, "\n") > 0 || said == "" {
			return false
		}
		r = shownRequest{}
		w.must(json.Unmarshal([]byte(said), &r))
		return wanted(r)
	})
	return r
}

// signOnWindows is [walk.signSample] for the programs for Windows.
func (w *walk) signOnWindows(s signing, again bool) {
	w.Helper()
	w.step("Windows, %s: find %q and decide on it in the browser", s.name, s.title)
	w.selectFirst(s.title)
	if again {
		w.press("ctrl+r")
		w.awaitShown(s.title, func(r shownRequest) bool { return r.Status == string(request.Pending) })
		w.waitSettled()
	}
	w.key("ctrl+Return")
	w.browse(s, w.nextVisit())
	r := w.awaitShown(s.title, func(r shownRequest) bool {
		signed := r.Status == string(request.Signed)
		return request.Status(r.Status).Ended() && (!signed || r.Outcome.Evidence == string(request.ByDocument))
	})
	if r.Status != string(s.status) || r.Outcome.Evidence != string(s.evidence) || r.Outcome.Word != s.code {
		w.Fatalf("%s: %+v, want %s, %s, %s", s.name, r, s.status, s.evidence, s.code)
	}
	w.savePicture("window-" + s.name)
	if s.status == request.Signed {
		for _, d := range r.Documents {
			document := request.Document{Original: request.Original{Name: d.Name, SHA256: d.SHA256}}
			if d.Signed != nil {
				document.Signed = &request.SignedFile{SHA256: d.Signed.SHA256}
			}
			w.checkFile(s.name, document)
		}
	}
}

// takeFileOnWindows hands a file to the window by starting the program again, and makes a request of it.
func (w *walk) takeFileOnWindows() {
	w.Helper()
	w.step("Windows, second start: hand a file to the window, which is covered by another one")
	uncover := w.coverWindow()
	w.addSources(1, func() { w.startAgain(w.addFile(handed)) })
	uncover()
	w.savePicture("window-composer")
	w.press("Return")
	w.awaitShown(handed, func(r shownRequest) bool { return r.Status == string(request.Pending) })
	w.savePicture("window-added")
}

// addByDialog chooses a file in the dialog of Windows, and makes a request of it.
func (w *walk) addByDialog() {
	w.Helper()
	w.step("Windows: choose a file in the dialog of Windows")
	path := "Z:" + strings.ReplaceAll(w.addFile(chosen), "/", `\`)
	w.addSources(1, func() {
		w.key("ctrl+o")
		w.waitFor("the dialog has the keyboard", func() bool {
			active := w.activeWindow()
			return active != "" && active != w.window
		})
		w.savePicture("dialog-files")
		w.typeText(path)
		w.key("Return")
		w.waitFor("the window has the keyboard again", func() bool { return w.activeWindow() == w.window })
	})
	w.savePicture("window-chosen")
	w.press("Return")
	w.awaitShown(chosen, func(r shownRequest) bool { return r.Status == string(request.Pending) })
}

// lookAround saves pictures of the settings, and of what the check of the desk finds.
func (w *walk) lookAround() {
	w.Helper()
	w.step("Windows: look at the settings, and check the desk")
	w.press("ctrl+comma")
	w.savePicture("window-settings")
	w.press("Escape")
	w.press("ctrl+F5")
	w.savePicture("window-check")
	w.press("Escape")
}
