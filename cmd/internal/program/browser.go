package program

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"countersign/core/diagnosis"
	"countersign/core/gateway"
	"countersign/core/request"
)

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
	opener, err := findOpener()
	if err != nil {
		return request.Sentence{}, err
	}
	if chosen := chosenBrowser(ctx); filepath.Base(opener[0]) == xdgOpen && chosen != "" {
		return request.Sentencef("browser_starts", "%s, which starts %s", opener[0], gateway.Sanitize(chosen)), nil
	}
	return request.Sentence{Text: opener[0]}, nil
}

// chosenBrowser returns the browser that xdg-open starts: the default browser of the desktop, as xdg-settings names it, or else
// the one in the variable BROWSER. It is empty when neither is known.
func chosenBrowser(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, settingsTime)
	defer cancel()
	ask := exec.CommandContext(ctx, "xdg-settings", "get", "default-web-browser")
	ask.WaitDelay = time.Second
	out, err := ask.Output()
	if chosen := strings.TrimSpace(string(out)); err == nil && chosen != "" {
		return chosen
	}
	return os.Getenv(browserVariable)
}
