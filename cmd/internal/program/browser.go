package program

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/request"
)

// openers are the programs that github.com/pkg/browser tries on Unix desktops, in its order.
var openers = []string{"xdg-open", "x-www-browser", "www-browser"}

// settingsTime is how long xdg-settings may take to name the default browser.
const settingsTime = 3 * time.Second

// FindBrowser returns what [OpenURL] would start, as a text for people. On Unix, it returns
// [diagnosis.ErrNoDisplay] when there is no X11 or Wayland display, and an error that wraps
// [exec.ErrNotFound] when none of the programs is installed that open a browser.
func FindBrowser(ctx context.Context) (request.Sentence, error) {
	switch runtime.GOOS {
	case "windows", "darwin":
		return request.Sentencef("browser_system", "the system's own browser"), nil
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return request.Sentence{}, diagnosis.ErrNoDisplay
	}
	for _, name := range openers {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if chosen := chosenBrowser(ctx); name == openers[0] && chosen != "" {
			return request.Sentencef("browser_starts", "%s, which starts %s", path, gateway.Sanitize(chosen)), nil
		}
		return request.Sentence{Text: path}, nil
	}
	return request.Sentence{}, &exec.Error{Name: strings.Join(openers, ", "), Err: exec.ErrNotFound}
}

// chosenBrowser returns the default browser of the desktop, as xdg-settings names it. It is empty when it
// is not known.
func chosenBrowser(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, settingsTime)
	defer cancel()
	ask := exec.CommandContext(ctx, "xdg-settings", "get", "default-web-browser")
	ask.WaitDelay = time.Second
	out, err := ask.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
