package program

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"countersign/core/diagnosis"
)

// openers are the programs that the browser library tries on desktops, in its order.
var openers = []string{"xdg-open", "x-www-browser", "www-browser"}

// settingsTime is how long the desktop may take to name its browser.
const settingsTime = 3 * time.Second

// FindBrowser returns the name of what [OpenURL] would start. It fails with
// [diagnosis.ErrNoDisplay] when a browser could not show its window.
func FindBrowser(ctx context.Context) (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin":
		return "the system's own browser", nil
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return "", diagnosis.ErrNoDisplay
	}
	for _, name := range openers {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if chosen := chosenBrowser(ctx); name == openers[0] && chosen != "" {
			return path + ", which starts " + chosen, nil
		}
		return path, nil
	}
	return "", &exec.Error{Name: strings.Join(openers, ", "), Err: exec.ErrNotFound}
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
