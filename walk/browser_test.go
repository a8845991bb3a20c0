//go:build walk

package walk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// fillIn fills what the practice gateways' pages ask for, and gives the ids of the
// buttons that can be pressed. Their pages work without JavaScript; this runs in the
// browser's tools, not in the page.
const fillIn = `(() => {
	const answers = {username: "signer", password: "sample", pin: "1234"};
	for (const [id, value] of Object.entries(answers)) {
		const input = document.getElementById(id);
		if (input) input.value = value;
	}
	const read = document.getElementById("read");
	if (read) read.checked = true;
	return [...document.querySelectorAll("button")].map(b => b.id);
})()`

// maxPages is more than any signing has.
const maxPages = 10

// browse takes the browser to an address that the program sent it to, through the gateway's
// pages to the button that decides, and on to where it lands.
func (w *walk) browse(s signing, address string) {
	w.Helper()
	w.load(chromedp.Navigate(address))
	for page := 1; page <= maxPages; page++ {
		if at := w.location(); strings.Contains(at, "/return/") {
			w.shoot("page-%s-%d", s.name, page)
			w.checkLanding(s.landing)
			w.step("%s: the browser says %q", s.name, s.landing)
			return
		}
		buttons, err := chromedp.Run(w.browser, chromedp.Evaluate[[]string](fillIn))
		w.must(err)
		w.shoot("page-%s-%d", s.name, page)
		w.load(chromedp.Click("#" + w.choose(buttons, s.press)))
	}
	w.Fatalf("%s: the gateway's pages do not end", s.name)
}

// giveUp opens an address in a tab of its own and closes the tab there.
func (w *walk) giveUp(address string) {
	w.Helper()
	tab, closeTab := chromedp.NewContext(w.browser)
	defer closeTab()
	_, err := chromedp.RunResponse(tab, chromedp.Navigate(address))
	w.must(err)
	_, err = chromedp.Run(tab, chromedp.WaitReady("body"))
	w.must(err)
}

// choose takes the button that decides as soon as it is there. Signing comes last.
func (w *walk) choose(buttons []string, press string) string {
	w.Helper()
	for _, want := range []string{press, "sign-in", "continue"} {
		for _, b := range buttons {
			if b == want {
				return b
			}
		}
	}
	w.Fatalf("no button leads to %s; there are %v", press, buttons)
	return ""
}

// load does something that brings another page, and waits for the page.
func (w *walk) load(action chromedp.Action[chromedp.Void]) {
	w.Helper()
	_, err := chromedp.RunResponse(w.browser, action)
	w.must(err)
	_, err = chromedp.Run(w.browser, chromedp.WaitReady("body"))
	w.must(err)
}

func (w *walk) location() string {
	w.Helper()
	at, err := chromedp.Run(w.browser, chromedp.Location())
	w.must(err)
	return at
}

func (w *walk) checkLanding(want string) {
	w.Helper()
	heading, err := chromedp.Run(w.browser, chromedp.Text("h1"))
	w.must(err)
	if heading != want {
		w.Fatalf("the browser landed on %q, want %q", heading, want)
	}
}

func (w *walk) shoot(format string, args ...any) {
	w.Helper()
	png, err := chromedp.Run(w.browser, chromedp.FullScreenshot(100))
	w.must(err)
	w.must(os.WriteFile(filepath.Join(w.out, fmt.Sprintf(format, args...)+".png"), png, 0o644))
}
