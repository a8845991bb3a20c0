//go:build walk

package walk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// fillIn fills in the form of a practice gateway's page and returns the ids of the page's buttons. It runs in the browser's developer
// tools; the pages themselves need no JavaScript.
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

// maxPages is the number of pages after which [walk.browse] gives a visit up: more than any visit has.
const maxPages = 10

// browse opens address and goes through the gateway's pages until it has pressed the button s.press. It fails the test unless the browser
// then lands on a page with the heading s.landing. It saves a picture of each page.
func (w *walk) browse(s signing, address string) {
	w.Helper()
	w.load(chromedp.Navigate(address))
	for page := 1; page <= maxPages; page++ {
		if at := w.location(); strings.Contains(at, "/return/") {
			w.savePage("page-%s-%d", s.name, page)
			w.checkLanding(s.landing)
			w.step("%s: the browser says %q", s.name, s.landing)
			return
		}
		buttons, err := chromedp.Run(w.browser, chromedp.Evaluate[[]string](fillIn))
		w.must(err)
		w.savePage("page-%s-%d", s.name, page)
		w.load(chromedp.Click("#" + w.nextButton(buttons, s.press)))
	}
	w.Fatalf("%s: the visit does not end", s.name)
}

// closeTab opens address in a new tab and closes the tab.
func (w *walk) closeTab(address string) {
	w.Helper()
	tab, closeTab := chromedp.NewContext(w.browser)
	defer closeTab()
	_, err := chromedp.RunResponse(tab, chromedp.Navigate(address))
	w.must(err)
	_, err = chromedp.Run(tab, chromedp.WaitReady("body"))
	w.must(err)
}

// nextButton returns press if it is among the ids of a page's buttons, or else the id of a button that leads on to it. It fails the test
// if there is neither.
func (w *walk) nextButton(buttons []string, press string) string {
	w.Helper()
	for _, want := range []string{press, "sign-in", "continue"} {
		for _, b := range buttons {
			if b == want {
				return b
			}
		}
	}
	w.Fatalf("no button leads to %s; the page has %v", press, buttons)
	return ""
}

// load runs an action that makes the browser open another page, and waits until that page is loaded.
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

func (w *walk) savePage(format string, args ...any) {
	w.Helper()
	png, err := chromedp.Run(w.browser, chromedp.FullScreenshot(100))
	w.must(err)
	w.must(os.WriteFile(filepath.Join(w.out, fmt.Sprintf(format, args...)+".png"), png, 0o644))
}
