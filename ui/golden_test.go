package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"countersign/core/i18n"
	"countersign/ui/list"
	"countersign/ui/uitest"
)

// TestWidgets compares the layout and colors of the shell's widgets with testdata/markup.
func TestWidgets(t *testing.T) { uitest.CheckWidgets(t, goldenWidgets) }

// goldenWidgets returns the shell's widgets, each in a few states.
func goldenWidgets() map[string]fyne.CanvasObject {
	lang := i18n.English
	all := map[string]fyne.CanvasObject{}
	for name, item := range map[string]*navItem{
		"plain":   {count: "12"},
		"chosen":  {count: "12", chosen: true, focused: true},
		"counted": {count: "999+", hovered: true},
	} {
		item.view = list.Views(lang)[3]
		item.ExtendBaseWidget(item)
		item.Resize(fyne.NewSize(sidebarWidth, navHeight))
		all["sidebar-entry-"+name] = item
	}
	return all
}

// goldenScenes are the scenes that are compared, in both looks.
var goldenScenes = []string{"signed", "select-many", "dense", "new-request", "settings-gateways"}

// TestWholeWindow compares pictures of the window with those in testdata/window. Fonts
// and clock are fixed, so the pictures differ only by the rounding of floating-point units.
func TestWholeWindow(t *testing.T) {
	folder := filepath.Join("testdata", "window")
	known := map[string]bool{}
	all := scenes(t)
	for _, name := range goldenScenes {
		for look, picture := range all[name].files(name, false) {
			known[picture] = true
			t.Run(strings.TrimSuffix(picture, ".png"), func(t *testing.T) {
				got := all[name].draw(t, look, 0)
				path := filepath.Join(folder, picture)
				if uitest.Writing() {
					uitest.Save(t, path, encoded(t, got))
					return
				}
				if difference := unlike(readPicture(t, path), got); difference != "" {
					drawn := filepath.Join("..", "build", "goldens", picture)
					uitest.Save(t, drawn, encoded(t, got))
					t.Errorf("%s: %s; it was drawn into %s; %s", path, difference, drawn, uitest.HowToWrite)
				}
			})
		}
	}
	uitest.CheckNoStale(t, folder, known)
}

// hair is the tolerance of a color channel, of 255.
const hair = 3

// unlike returns the area in which two pictures differ.
func unlike(want, got image.Image) string {
	if want == nil {
		return "there is no such picture"
	}
	if want.Bounds() != got.Bounds() {
		return fmt.Sprintf("it has %v, and had %v", got.Bounds().Size(), want.Bounds().Size())
	}
	var differing image.Rectangle
	count := 0
	old, now := inBytes(want), inBytes(got)
	for y := range want.Bounds().Dy() {
		was, is := old.Pix[y*old.Stride:][:old.Stride], now.Pix[y*now.Stride:][:now.Stride]
		if bytes.Equal(was, is) {
			continue
		}
		for x := range want.Bounds().Dx() {
			if apart(was[4*x:4*x+3], is[4*x:4*x+3]) {
				count++
				differing = differing.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if count == 0 {
		return ""
	}
	return fmt.Sprintf("%d pixels differ, all of them in %v", count, differing)
}

// inBytes converts a picture to one byte for each channel.
func inBytes(picture image.Image) *image.RGBA {
	all := image.NewRGBA(image.Rectangle{Max: picture.Bounds().Size()})
	draw.Draw(all, all.Rect, picture, picture.Bounds().Min, draw.Src)
	return all
}

// apart reports whether two colors differ by more than hair.
func apart(a, b []uint8) bool {
	for i := range a {
		if max(a[i], b[i])-min(a[i], b[i]) > hair {
			return true
		}
	}
	return false
}

func readPicture(t *testing.T, path string) image.Image {
	t.Helper()
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func encoded(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
