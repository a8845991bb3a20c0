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

// openers are the programs that the browser library tries on desktops, in its order.
var openers = []string{"xdg-open", "x-www-browser", "www-browser"}

// settingsTime is how long the desktop may take to name its browser.
const settingsTime = 3 * time.Second

// FindBrowser returns what [OpenURL] would start. It fails with
// [diagnosis.ErrNoDisplay] when a browser could not show its window.
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

// chosenBrowser returns the browser that is set for the desktop; empty when it is not known.
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
