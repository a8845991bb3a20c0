//go:build walk

package walk

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	benchEnv   = "COUNTERSIGN_BENCH" // set to compare the starts, which takes a quiet machine
	startRuns  = 3                   // of each program, one after the other
	restTime   = 35 * time.Second    // after the first picture, until the memory is read; PDFium is unloaded by then
	pictureMin = 12                  // colors of a window that has drawn something
)

// belowTheMenu is where a window of 1100 by 720 pixels has drawn something, wherever the window manager has placed it.
var belowTheMenu = image.Rect(0, 215, 1280, 860)

// startFigures are what the runs of a program took.
type startFigures struct {
	times  []time.Duration // to the first picture
	memory []int           // resident at rest, in kB
}

// TestStartAndMemory compares the window with a bare list of the toolkit, in turns: how long each takes to its first picture, and how much
// memory it has at rest. It prints the figures and judges none, since they are those of this machine.
func TestStartAndMemory(t *testing.T) {
	if os.Getenv(benchEnv) == "" {
		t.Skip("set " + benchEnv + " to compare the start with that of a bare list")
	}
	requireTools(t, "Xvfb", "openbox", "xdotool", "xprop", "scrot", "go")
	out := t.TempDir()
	w := &walk{T: t, ctx: t.Context(), out: out, data: filepath.Join(out, "data")}
	w.build()
	list := filepath.Join(out, "barelist")
	if said, err := exec.Command("go", "build", "-trimpath", "-tags", "x11,migrated_fynedo", "-o", list, "./barelist").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, said)
	}
	w.startDisplay()
	programs := map[string]string{"the window": windowProgram, "a bare list": list}
	titles := map[string]string{"the window": "^Countersign", "a bare list": "^A bare list"}
	figures := map[string]*startFigures{"the window": {}, "a bare list": {}}
	for run := range startRuns + 1 {
		for name, program := range programs {
			took, memory := w.startOnce(titles[name], belowTheMenu, program)
			if run > 0 { // the first makes the home, and the list of fonts
				figures[name].times, figures[name].memory = append(figures[name].times, took), append(figures[name].memory, memory)
			}
		}
	}
	for name, f := range figures {
		slices.Sort(f.times)
		slices.Sort(f.memory)
		fmt.Printf("%-12s first picture after %v, %d MB at rest\n", name, f.times[startRuns/2].Round(10*time.Millisecond), f.memory[startRuns/2]/1024)
	}
}

// startOnce starts a program, and returns how long it took to its first picture in an area of the screen, and its memory at rest in kB.
func (w *walk) startOnce(title string, area image.Rectangle, program string, args ...string) (took time.Duration, memory int) {
	w.Helper()
	cmd := exec.CommandContext(w.ctx, program, args...)
	begin := time.Now()
	w.start(cmd)
	w.waitPicture(title, area)
	took = time.Since(begin)
	time.Sleep(restTime)
	memory = w.residentMemory(cmd.Process.Pid)
	stop(cmd)
	return took, memory
}

// waitPicture waits until a window with that title has drawn something in an area of the screen.
func (w *walk) waitPicture(title string, area image.Rectangle) {
	w.Helper()
	w.waitFor("the first picture of "+title, func() bool {
		id, err := w.run("xdotool", "search", "--onlyvisible", "--name", title)
		return err == nil && strings.TrimSpace(id) != "" && w.coloredScreen(area)
	})
}

// coloredScreen reports whether an area of the screen has more colors than the window manager draws.
func (w *walk) coloredScreen(area image.Rectangle) bool {
	path := filepath.Join(w.out, ".start.png")
	if _, err := w.run("scrot", "--overwrite", "--quality", "100", path); err != nil {
		return false
	}
	content, err := os.ReadFile(path)
	w.must(err)
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return false
	}
	colors := map[color.Color]bool{}
	area = area.Intersect(picture.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y += 3 {
		for x := area.Min.X; x < area.Max.X; x += 3 {
			if colors[picture.At(x, y)] = true; len(colors) >= pictureMin {
				return true
			}
		}
	}
	return false
}

// residentMemory returns the resident memory of a process in kB.
func (w *walk) residentMemory(pid int) int { return w.memory(pid, "VmRSS:") }

// memory returns a number of the status of a process in kB, such as "VmHWM:" for the most memory that it had.
func (w *walk) memory(pid int, name string) int {
	w.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	w.must(err)
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name); ok {
			kB, err := strconv.Atoi(strings.Fields(value)[0])
			w.must(err)
			return kB
		}
	}
	w.Fatalf("process %d has no %s", pid, name)
	return 0
}
