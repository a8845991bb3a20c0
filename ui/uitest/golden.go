package uitest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"countersign/ui/kit"
)

// goldensEnv is the environment variable that, set to "write", makes tests write goldens instead of comparing them.
const goldensEnv = "COUNTERSIGN_GOLDENS"

// HowToWrite is the sentence about how to replace golden files. Every message about a golden file that differs ends with it.
const HowToWrite = "if that is meant, write them anew with: make goldens"

// Writing reports whether goldens are written instead of compared.
func Writing() bool { return os.Getenv(goldensEnv) == "write" }

// ownTypes matches the Go types of our own widgets in the markup. They are removed from goldens, because a type can be
// renamed without a change of its look.
var ownTypes = regexp.MustCompile(` type="\*(?:ui|queuebar|compose|detail|filter|kit|list|placement|prefs|report|status)\.\w+"`)

// CheckWidgets compares the layout and the colors of widgets, in the light look, with the files in testdata/markup, and
// fails the test for each that differs. If [Writing] is true, it writes the files instead. The function draw returns the
// widgets by file name without extension; it is called after the theme is set.
func CheckWidgets(t *testing.T, draw func() map[string]fyne.CanvasObject) {
	t.Helper()
	App(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	drawn := map[string]string{}
	for name, o := range draw() {
		drawn[name+".xml"] = ownTypes.ReplaceAllString(test.RenderObjectToMarkup(o), "")
	}
	folder := filepath.Join("testdata", "markup")
	CheckNoStale(t, folder, drawn)
	for name, got := range drawn {
		path := filepath.Join(folder, name)
		if Writing() {
			Save(t, path, []byte(got))
			continue
		}
		want, err := os.ReadFile(path) // #nosec G304 -- pictures of the source tree
		if err != nil {
			t.Errorf("%v; %s", err, HowToWrite)
			continue
		}
		if line, was, is, ok := firstDifference(string(want), got); !ok {
			t.Errorf("%s: line %d was\n%s\nand is\n%s\n%s", path, line, was, is, HowToWrite)
		}
	}
}

// firstDifference returns the number of the first line in which two texts differ, counted from 1, and that line of want
// and of got. If the texts are the same, it returns 0 and, as the last result, true.
func firstDifference(want, got string) (line int, was, is string, same bool) {
	if want == got {
		return 0, "", "", true
	}
	old, now := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(old), len(now)) {
		was, is = "(nothing)", "(nothing)"
		if i < len(old) {
			was = old[i]
		}
		if i < len(now) {
			is = now[i]
		}
		if was != is {
			return i + 1, was, is, false
		}
	}
	return 0, "", "", false
}

// CheckNoStale fails for every file in folder that is not a key of known. While goldens are written, it removes such
// files instead.
func CheckNoStale[T any](t *testing.T, folder string, known map[string]T) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := known[e.Name()]; ok {
			continue
		}
		path := filepath.Join(folder, e.Name())
		if !Writing() {
			t.Errorf("nothing is drawn for %s; %s", path, HowToWrite)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// Save writes a file and creates its folder if needed. It fails the test if it cannot.
func Save(t *testing.T, path string, content []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755) // #nosec G301 -- pictures of the source tree, for everybody
	if err == nil {
		err = os.WriteFile(path, content, 0o644) // #nosec G306 -- pictures of the source tree, for everybody
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Wide returns an object laid out in a width, with the height that it needs at that width.
func Wide(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	stack := container.New(kit.Column(0), o)
	stack.Resize(fyne.NewSize(width, 0))
	stack.Resize(fyne.NewSize(width, stack.MinSize().Height))
	return stack
}
