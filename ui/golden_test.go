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
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"countersign/core/desk"
	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// goldensEnv, when it is "write", has the goldens written as things are drawn now.
const goldensEnv = "COUNTERSIGN_GOLDENS"

// howToWrite ends what is said of a golden that differs.
const howToWrite = "if that is meant, write them anew with: make goldens"

func writing() bool { return os.Getenv(goldensEnv) == "write" }

// TestWidgets compares how the window's own widgets are laid out and coloured with testdata/markup.
func TestWidgets(t *testing.T) {
	a := test.NewTempApp(t)
	a.Settings().SetTheme(kit.Theme(kit.LightLook))
	drawn := map[string]string{}
	for name, o := range goldenWidgets() {
		drawn[name+".xml"] = test.RenderObjectToMarkup(o)
	}
	folder := filepath.Join("testdata", "markup")
	onlyIn(t, folder, drawn)
	for name, got := range drawn {
		path := filepath.Join(folder, name)
		if writing() {
			save(t, path, []byte(got))
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; %s", err, howToWrite)
			continue
		}
		if line, was, is, ok := firstDifference(string(want), got); !ok {
			t.Errorf("%s: line %d was\n%s\nand is\n%s\n%s", path, line, was, is, howToWrite)
		}
	}
}

// firstDifference gives the first line in which two texts differ.
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

// onlyIn finds goldens that nothing is compared with, and removes them when they are written anew.
func onlyIn[T any](t *testing.T, folder string, known map[string]T) {
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
		if !writing() {
			t.Errorf("nothing is drawn for %s; %s", path, howToWrite)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func save(t *testing.T, path string, content []byte) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, content, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wide gives an object a width, as a layout of the window does, and the height that it needs then.
func wide(width float32, o fyne.CanvasObject) fyne.CanvasObject {
	stack := container.New(kit.Column(0), o)
	stack.Resize(fyne.NewSize(width, 0))
	stack.Resize(fyne.NewSize(width, stack.MinSize().Height))
	return stack
}

// goldenWidgets are the window's own widgets, each in a few states.
func goldenWidgets() map[string]fyne.CanvasObject {
	lang := i18n.English
	nothing := func(*fyne.KeyEvent) {}
	all := map[string]fyne.CanvasObject{}
	for _, s := range request.Statuses() {
		all["pill-"+string(s)] = kit.NewPill(status.Of(lang, request.Request{Status: s}))
	}
	for _, e := range []request.Evidence{request.ByBrowser, request.ByGateway, request.ByDocument} {
		m := status.EvidenceBadge(lang, e)
		all["evidence-"+string(e)] = wide(200, kit.NewBadgeLine(m, m.Word))
	}

	for name, width := range map[string]float32{"narrow": 404, "wide": 1400} {
		table := newTable(lang)
		h := newHeader(lang, table, nothing)
		h.onArrange = func() {}
		h.Resize(fyne.NewSize(width, headerHeight))
		all["header-"+name] = h
		for state, look := range goldenRows() {
			r := newRow(lang, table)
			r.Resize(fyne.NewSize(width, table.height()))
			r.set(look)
			all["row-"+state+"-"+name] = r
		}
	}

	for name, item := range map[string]*navItem{
		"plain":   {count: "12"},
		"chosen":  {count: "12", chosen: true, focused: true},
		"counted": {count: "999+", hovered: true},
	} {
		item.view = views(lang)[3]
		item.ExtendBaseWidget(item)
		item.Resize(fyne.NewSize(sidebarWidth, navHeight))
		all["sidebar-entry-"+name] = item
	}

	for name, k := range map[string]*knot{"first": newKnot(kit.ColorGood, true, false), "between": newKnot(kit.ColorMuted, false, false), "only": newKnot(kit.ColorBad, true, true)} {
		k.Resize(fyne.NewSize(knotSize, 60))
		all["knot-"+name] = k
	}

	plain := kit.NewCallout(kit.InfoBadge)
	plain.Set("The address is on the clipboard.")
	all["callout"] = wide(400, plain.Root)
	headed := kit.NewCallout(kit.WarningBadge)
	headed.SetHead("The gateway does not answer")
	headed.Set("gateway office: sign.example.org does not answer (connection refused): check the network, then try again")
	all["callout-headed"] = wide(400, headed.Root)

	all["section"] = wide(400, kit.NewSection("DETAILS", newLines([]string{"Due 24 Nov 2026", "For: Maria Example"})))
	all["attempts"] = wide(400, newAttempts([]attemptModel{
		{"Attempt 1: Failed, 20 Nov 2026, 15:09", "failed · the certificate is suspended", status.Of(lang, request.Request{Status: request.Failed})},
		{"Attempt 2: To sign", "", status.Of(lang, request.Request{Status: request.Pending})},
	}))
	all["timeline"] = wide(400, newTimeline(lang, []eventModel{
		{"Signed file received and checked", "It continues what was sent.", "21 Nov 2026, 12:04", kit.ColorGood},
		{"Opened in the browser", "", "21 Nov 2026, 12:00 · mara", kit.ColorMuted},
	}, 3))
	empty := kit.NewEmptyState(40)
	showEmpty(empty, lang, views(lang)[0], "", false, false)
	all["empty"] = wide(400, empty.Root)
	all["link"] = kit.NewLink(status.OpenSigned.Label(lang), status.OpenSigned.Icon(), nothing, nil)
	all["tag"] = kit.NewTag("practice")
	all["page"] = newPage(nil)

	typed := kit.NewField(nothing)
	typed.Text = "town hall"
	failed := kit.NewFormLine("Name", "needed", "Small letters, digits, - and _", typed)
	failed.Fail("\"town hall\": use up to 63 small letters, digits, - and _")
	chosen := kit.NewSelect(nothing, func(int) {})
	chosen.Options, chosen.Selected = []string{"shown", "skipped"}, "skipped"
	ticked := kit.NewCheck(nothing, nil)
	ticked.Text, ticked.Checked = "keep", true
	all["form-field-wrong"] = wide(560, failed.Root)
	all["form-field-choice"] = wide(560, kit.NewFormLine("Agreement", "", "", chosen).Root)
	all["form-field-tick"] = wide(560, kit.NewFormLine("Documents", "", "Otherwise they are deleted at the gateway.", ticked).Root)

	for name, m := range map[string]queueModel{
		"waiting": {shown: true, visit: true, out: "a", outName: "Lease of office premises", count: "3 of 40 done, one after the other", state: "Waiting for the signer:"},
		"paused":  {shown: true, paused: true, count: "3 of 40 done, one after the other", state: "Paused: 37 left"},
	} {
		b := newQueueBar(lang, nothing, nil, nil, func() {})
		b.set(m)
		all["queue-"+name] = wide(1100, b.root)
	}
	return all
}

// goldenRows are rows of every kind.
func goldenRows() map[string]rowLook {
	open := newRowModel(i18n.English, request.Request{
		ID: "1", Title: "Supplier agreement with a title that is longer than the room that there is for it in a narrow list", Reference: "SA-2026-031",
		Gateway: "office", Status: request.Pending, Due: "2026-11-18", Signers: []request.Signer{{Name: "Maria Example"}}, UpdatedAt: noon.Add(-3 * time.Minute),
	}, false, noon, desk.Patience{})
	ended := newRowModel(i18n.English, request.Request{
		ID: "2", Title: "Lease", Gateway: "sandbox", Status: request.Signed, UpdatedAt: noon.AddDate(0, 0, -3),
		Outcome: &request.Outcome{Evidence: request.ByDocument, At: noon.AddDate(0, 0, -3)},
	}, true, noon, desk.Patience{})
	return map[string]rowLook{"open": {model: open}, "chosen": {model: open, chosen: true, focused: true}, "ended": {model: ended}}
}

// goldenScenes are those of the whole window that are compared, in both looks.
var goldenScenes = []string{"signed", "select-many", "new-request", "settings-gateways"}

// TestWholeWindow compares pictures of the window with those in testdata/window. The fonts are
// the toolkit's own and the clock is the test's, so that they are the same everywhere, but for
// what processors make of the last bit of a curve.
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
				if writing() {
					save(t, path, encoded(t, got))
					return
				}
				if difference := unlike(readPicture(t, path), got); difference != "" {
					drawn := filepath.Join("..", "build", "goldens", picture)
					save(t, drawn, encoded(t, got))
					t.Errorf("%s: %s; it was drawn into %s; %s", path, difference, drawn, howToWrite)
				}
			})
		}
	}
	onlyIn(t, folder, known)
}

// hair is by how much a channel of a pixel, of 255, may differ.
const hair = 3

// unlike says where two pictures differ.
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

// inBytes gives a picture with a byte for each channel.
func inBytes(picture image.Image) *image.RGBA {
	all := image.NewRGBA(image.Rectangle{Max: picture.Bounds().Size()})
	draw.Draw(all, all.Rect, picture, picture.Bounds().Min, draw.Src)
	return all
}

// apart tells whether two colours differ by more than a hair.
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
