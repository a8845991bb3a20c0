package main

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func mustWatch(t *testing.T) (k *toolkit, errs, logged *bytes.Buffer) {
	t.Helper()
	flags, out := log.Flags(), log.Writer()
	t.Cleanup(func() { log.SetFlags(flags); log.SetOutput(out) })
	errs, logged = &bytes.Buffer{}, &bytes.Buffer{}
	return watchToolkit(slog.New(slog.NewTextHandler(logged, nil)), errs), errs, logged
}

func TestAWindowThatCannotBeDrawnIsToldOnceInASentence(t *testing.T) {
	k, errs, logged := mustWatch(t)
	opened := k.opens(func() {
		log.Println("Fyne error: ", "window creation error")
		log.Println("  Cause:", "APIUnavailable")
		log.Println("Fyne error: ", "window creation error")
	})
	if opened {
		t.Error("it opened")
	}
	const want = "countersign: this system offers no OpenGL to draw a window with, like many remote desktops: use countersignctl, which does the same from a terminal\n"
	if errs.String() != want {
		t.Errorf("standard error: %q", errs)
	}
	for _, words := range []string{"APIUnavailable", "use countersignctl"} {
		if !strings.Contains(logged.String(), words) {
			t.Errorf("the log says nothing of %s: %s", words, logged)
		}
	}
}

func TestAToolkitThatPanicsForWantOfADisplayIsNoCrash(t *testing.T) {
	k, errs, _ := mustWatch(t)
	opened := k.opens(func() {
		log.Println("Fyne error: ", "failed to initialise GLFW")
		panic("NotInitialized")
	})
	if opened || !strings.Contains(errs.String(), "countersignctl") {
		t.Errorf("opened: %v, standard error: %q", opened, errs)
	}
}

func TestOtherTroubleOfTheToolkitIsLeftToIt(t *testing.T) {
	k, errs, _ := mustWatch(t)
	if !k.opens(func() { log.Println("Fyne error: ", "failed to watch theme settings") }) || errs.Len() > 0 {
		t.Errorf("standard error: %q", errs)
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic of our own was kept quiet")
		}
	}()
	k.opens(func() { panic("a fault of ours") })
}

// The keys of fatal are words in the source of the toolkit, which another version may change.
func TestTheToolkitStillSaysTheseWords(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "fyne.io/fyne/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	var source bytes.Buffer
	for _, folder := range []string{"internal/driver/glfw", "internal/painter/gl"} {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	for sign := range fatal {
		if !strings.Contains(source.String(), `"`+sign+`"`) {
			t.Errorf("nothing in the toolkit says %q any more", sign)
		}
	}
}

func TestAWindowIsNotClosedAfterTheToolkitHasEnded(t *testing.T) {
	calls := 0
	unlessEnded(func() { calls++ })
	unlessEnded(func() { calls++; panic(errors.New("NotInitialized: The GLFW library is not initialized")) })
	defer func() {
		if p := recover(); p != "another" || calls != 3 {
			t.Error(p, calls)
		}
	}()
	unlessEnded(func() { calls++; panic("another") })
}
