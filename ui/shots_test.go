package ui

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"

	"countersign/core/explain"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/i18n"
	"countersign/core/ledger"
	"countersign/core/preview"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/placement"
	"countersign/ui/prefs"
	"countersign/ui/uitest"
)

// shotsEnv names the folder that the pictures are written to.
const shotsEnv = "COUNTERSIGN_SHOTS"

// shotsLanguageEnv sets the language of the pictures; English when empty.
const shotsLanguageEnv = "COUNTERSIGN_SHOTS_LANGUAGE"

// shotsScaleEnv sets the scale of the screen.
const shotsScaleEnv = "COUNTERSIGN_SHOTS_SCALE"

// shotsWidthEnv sets the width of the window in the scenes that need none of their own.
const shotsWidthEnv = "COUNTERSIGN_SHOTS_WIDTH"

// shotsKeptEnv restricts the pictures to those in docs/screenshots.
const shotsKeptEnv = "COUNTERSIGN_SHOTS_KEPT"

// shotsHeight is the height of a window whose width is given, as a share of it.
const shotsHeight = 0.6

// scene is a state of the window to draw. Its name is the name of its picture.
type scene struct {
	seed []ledger.Change
	size fyne.Size
	play func(*office)
	desk officeOptions // options of the desk
	kept looks         // the looks whose pictures are in docs/screenshots
}

// looks are the looks whose pictures are kept.
type looks int

const (
	inNone looks = iota
	inLight
	inBoth
)

// files returns the names of the scene's pictures.
func (s scene) files(name string, keptOnly bool) map[kit.Look]string {
	files := map[kit.Look]string{}
	if !keptOnly || s.kept != inNone {
		files[kit.LightLook] = name + ".png"
	}
	if !keptOnly || s.kept == inBoth {
		files[kit.DarkLook] = name + "-dark.png"
	}
	return files
}

// TestShots draws all scenes.
func TestShots(t *testing.T) {
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		t.Skip("set " + shotsEnv + " to a folder to draw the window there")
	}
	renderer := preview.Open(t.TempDir(), preview.Options{})
	defer renderer.Close()
	pages := drawnBy(renderer)
	kept := os.Getenv(shotsKeptEnv) != ""
	scale, _ := strconv.ParseFloat(os.Getenv(shotsScaleEnv), 32)
	width, _ := strconv.ParseFloat(os.Getenv(shotsWidthEnv), 32)
	for name, s := range scenes(t) {
		for look, file := range s.files(name, kept) {
			if only := os.Getenv("COUNTERSIGN_SHOT"); only != "" && !strings.Contains(file, only) {
				continue
			}
			t.Run(strings.TrimSuffix(file, ".png"), func(t *testing.T) {
				if s.size == (fyne.Size{}) && width > 0 {
					s.size = fyne.NewSize(float32(width), float32(width)*shotsHeight)
				}
				s.desk.preview, s.desk.lang = pages, i18n.ParseLanguage(os.Getenv(shotsLanguageEnv))
				picture := s.draw(t, look, float32(scale))
				if kept {
					picture = inFewColors(picture)
				}
				uitest.Save(t, filepath.Join(dir, file), encoded(t, picture))
			})
		}
	}
}

// drawnBy returns a function that draws pages as the program does.
func drawnBy(r *preview.Renderer) placement.DrawFunc {
	rectangle := func(p preview.Rectangle) request.Rectangle {
		return request.Rectangle{X: p.Left, Y: p.Bottom, Width: p.Right - p.Left, Height: p.Top - p.Bottom}
	}
	return func(ctx context.Context, path string, number, width int) (placement.Page, error) {
		page, err := r.Page(ctx, path, number, width)
		drawn := placement.Page{Image: page.Image, Number: page.Number, Pages: page.Pages, Box: rectangle(page.Box), Rotation: page.Rotation}
		for _, field := range page.SignatureFields {
			drawn.Fields = append(drawn.Fields, rectangle(field))
		}
		return drawn, err
	}
}

// TestTheKeptScreenshotsAreThere compares the files in docs/screenshots with the scenes.
func TestTheKeptScreenshotsAreThere(t *testing.T) {
	wanted := map[string]bool{}
	for name, s := range scenes(t) {
		for _, file := range s.files(name, true) {
			wanted[file] = true
		}
	}
	entries, err := os.ReadDir(filepath.Join("..", "docs", "screenshots"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !wanted[e.Name()] {
			t.Errorf("docs/screenshots/%s is of no scene: draw them anew with: make screenshots", e.Name())
		}
		delete(wanted, e.Name())
	}
	for file := range wanted {
		t.Errorf("docs/screenshots has no %s: draw them anew with: make screenshots", file)
	}
}

// draw creates the window, plays the scene and draws it; a scale of 0 draws one pixel only.
func (s scene) draw(t *testing.T, look kit.Look, scale float32) image.Image {
	t.Helper()
	o := s.desk
	if secrets, ok := o.secrets.(*memorySecrets); ok { // what one window stores there belongs to its home
		o.secrets = secrets.clone()
	}
	o.seed, o.look, o.size, o.lang = withRealFiles(t, s.seed), look, s.size, cmp.Or(o.lang, i18n.English)
	wrap := o.wrap
	o.wrap = func(d *watchedDesk) {
		d.signedAt = noon.Add(-25*time.Hour + 3*time.Minute)
		if wrap != nil {
			wrap(d)
		}
	}
	// The toolkit drops its caches when the last picture was drawn more than a minute ago.
	software.NewCanvas().Capture()
	f := newOffice(t, o)
	f.settle()
	if s.play != nil {
		s.play(f)
	}
	f.settle()
	f.wait("the counts of all views", func() bool {
		return !slices.ContainsFunc(f.window.chrome.sidebar.nav.items, func(i *navItem) bool { return i.count == "" })
	})
	c := f.window.window.Canvas()
	if scale > 0 {
		c.(interface{ SetScale(float32) }).SetScale(scale)
	}
	hideFieldsScrolledAway(c)
	return c.Capture()
}

// hideFieldsScrolledAway hides the fields that are scrolled out of sight. The software driver draws what is in them outside of the
// scroller; the window's own driver does not.
func hideFieldsScrolledAway(c fyne.Canvas) {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject
	for _, layer := range append(c.Overlays().List(), c.Content()) {
		for _, scroll := range uitest.Find[*container.Scroll](layer) {
			top, bottom := at(scroll).Y, at(scroll).Y+scroll.Size().Height
			for _, field := range uitest.Find[*kit.Field](scroll.Content) {
				if y := at(field).Y; y > bottom || y+field.Size().Height < top {
					field.Hide()
				}
			}
		}
	}
}

// scenes returns all scenes. Add an entry for a new screen here, or in the scenes of its own test.
func scenes(t *testing.T) map[string]scene {
	all := map[string]scene{
		"check-pdf": {play: func(f *office) {
			files := signedFiles(f.t)
			f.check(files["twice"], files["exchanged"], files["broken"], files["plain"])
			f.saying(f.window.lang.Say("pdf.none"))
		}},
		"check-pdf-facts": {play: func(f *office) {
			f.check(signedFiles(f.t)["twice"])
			f.saying("Bea Example")
			links := uitest.Find[*kit.Link](f.sheet())
			f.window.window.Canvas().Focus(links[0])
			uitest.Tap(links[0])
			f.settle()
		}},
		"check-pdf-empty":   {play: func(f *office) { f.ctrlShift(fyne.KeyI); f.settle() }},
		"settings-gateways": {kept: inBoth, desk: officeSettings(), play: func(f *office) { f.ctrl(fyne.KeyComma); f.saying("sign.example.net") }},
		"settings-signing":  {kept: inLight, desk: officeSettings(), play: func(f *office) { f.openSection(1) }},
		"settings-trust": {kept: inBoth, desk: officeSettings(), play: func(f *office) {
			f.seedAnchors()
			f.openSection(3)
			f.saying("letter.cer", f.window.lang.Say("prefs.trust_expired"))
		}},
		"settings-trust-remove": {desk: officeSettings(), play: func(f *office) {
			f.seedAnchors()
			f.openSection(3)
			f.saying("letter.cer")
			f.pressOf("Town Registry", f.window.lang.Say("prefs.remove"))
		}},
		"settings-proxies": {desk: officeSettings(), play: func(f *office) {
			f.openProxies()
			for field, text := range map[string]string{"prefs.proxy_address": "proxy.example.org:3128", "prefs.proxy_user": "ana", "prefs.proxy_password": "s3cret"} {
				f.setField(f.window.lang.Say(field), text)
			}
			f.press(f.window.lang.Say("prefs.save"))
			f.saying(f.window.lang.Say("prefs.proxy_as", "ana"))
		}},
		"gateway-faults": {desk: settingsDesk(), play: func(f *office) {
			f.openForm(trident.Kind.Name)
			f.press(f.window.lang.Say("prefs.save_check"))
			f.saying(f.window.lang.Say("prefs.needed"))
			f.settle()
		}},
		"guide": {play: func(f *office) { f.chooseItem(f.window.lang.Say("guide.title")) }},
		"guide-chapter": {play: func(f *office) {
			f.chooseItem(f.window.lang.Say("guide.title"))
			f.types("amber")
			f.key(fyne.KeyDown)
			f.key(fyne.KeyReturn)
		}},
		"about":   {play: func(f *office) { f.chooseItem(f.window.lang.Say("about.title")) }},
		"support": {desk: officeOptions{wrap: func(d *watchedDesk) { d.found = deskFindings() }}, play: func(f *office) { f.collects() }},
		"licenses": {play: func(f *office) {
			f.chooseItem(f.window.lang.Say("about.title"))
			f.press(f.window.lang.Say("about.licenses"))
		}},
		"settings-look": {kept: inLight, desk: officeSettings(), play: func(f *office) { f.openSection(2) }},
		"gateway-form":  {kept: inLight, desk: officeSettings(), play: func(f *office) { f.openForm(trident.Kind.Name) }},
		"form-uaepass":  {desk: settingsDesk(), play: func(f *office) { f.openForm(trident.UAEPass.Name) }},
		"form-porta":    {desk: settingsDesk(), play: func(f *office) { f.openForm(portasigma.Kind.Name) }},
		"form-more": {desk: settingsDesk(), play: func(f *office) {
			f.openForm(trident.Kind.Name)
			f.unfoldForm(trident.Kind.Name)
			f.fillForm("town-hall")
			for _, field := range f.kind(trident.Kind.Name).FormFields() {
				if field.Key == settings.PortKey {
					label, _ := explain.Field(f.window.lang, field)
					f.setField(label, "80")
				}
			}
			f.press(f.window.lang.Say("prefs.save"))
			f.settle()
		}},
		"form-wrong": {desk: settingsDesk(), play: func(f *office) {
			f.openForm(portasigma.Kind.Name)
			f.fillForm("town hall")
			f.press(f.window.lang.Say("prefs.save"))
			f.settle()
		}},
		"settings-switch": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(2)
			f.window.window.Canvas().FocusNext()
			f.window.window.Canvas().FocusNext()
			f.key(fyne.KeyRight)
			f.key(fyne.KeyRight)
			f.wait("the dark look", func() bool {
				s, err := f.desk.Settings(f.t.Context())
				return err == nil && s.Theme == settings.DarkTheme
			})
			f.queue.Drain()
		}},
		"settings-small": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(0)
			f.window.window.Resize(fyne.NewSize(820, 560))
		}},
		"remove": {desk: settingsDesk(), play: func(f *office) {
			f.add("Lease")
			f.openSection(0)
			f.pressOf("office", f.window.lang.Say("prefs.remove"))
			f.press(f.window.lang.Say("prefs.remove"))
			f.saying(kit.Sentence(f.window.lang.Say("reason.gateway_needed", "office")))
		}},
		"checked": {desk: settingsDesk(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
			f.openSection(0)
			f.pressOf("office", f.window.lang.Say("prefs.check"))
			f.settle()
			f.examined()
		}},
		"try": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(0)
			f.pressOf("office", f.window.lang.Say("prefs.check"))
			f.examined()
			f.press(f.window.lang.Say("prefs.try"))
			f.settle()
		}},
		"tried": {desk: settingsDesk(), kept: inLight, play: func(f *office) {
			f.openSection(0)
			f.pressOf("office", f.window.lang.Say("prefs.check"))
			f.examined()
			f.press(f.window.lang.Say("prefs.try"))
			f.confirmTrial()
			f.examined()
		}},
		"seal":     {desk: sealingDesk(), play: func(f *office) { f.add("Lease"); f.sealed() }},
		"seal-bad": {desk: sealingDesk(), play: func(f *office) { f.add("Lease"); f.pasteSeal("Countersign seal v1: 2026-11-22") }},
		"audit":    {desk: sealingDesk(), play: func(f *office) { f.add("Lease"); f.add("Minutes"); f.pasteSeal(f.sealed()) }},
		"audit-bad": {desk: sealingDesk(), play: func(f *office) {
			f.lose(f.add("Lease"))
			f.ctrlShift(fyne.KeyD)
			f.examined()
		}},
		"export": {kept: inLight, seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.window.askExport(exportJob{title: f.window.lang.Say("export.view", f.window.lang.Say("view.all"))}, "/home/mara/Documents/All 2026-11-22.xlsx", nil)
		}},
		"exported": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.window.list.SelectAll()
			f.wait("the selection", func() bool { return f.selecting() })
			f.window.reportSaved(f.window.lang.Count("export.done", 48_213, "/home/mara/Documents/All 2026-11-22.xlsx"), "/home/mara/Documents/All 2026-11-22.xlsx")
		}},
		"evidence": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key6)
			f.settle()
			f.window.askEvidence("x", "/home/mara/Documents/Lease (evidence).zip", nil)
		}},
		"three": {seed: threeRows(), play: func(f *office) { f.ctrl(fyne.Key7) }},
		"hard-all": {seed: officeDay(), desk: officeOptions{note: "Practice home\n~/.local/share/countersign"}, play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.key(fyne.KeyDown)
			f.key(fyne.KeyDown)
			f.settle()
			f.key(fyne.KeyDown)
		}},
		"many":    {seed: many(30_000), play: func(f *office) { f.ctrl(fyne.Key7); f.settle(); f.key(fyne.KeyEnd) }},
		"columns": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) { f.ctrl(fyne.Key7) }},
		"manycolumns": {seed: many(3_000), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.focusHeader()
		}},
		"dense": {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.Key7); f.settle(); f.ctrlShift(fyne.KeyH) }},
		"dense-columns": {seed: many(3_000), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.ctrlShift(fyne.KeyH)
		}},
		"row-menu": {seed: threeRows(), play: func(f *office) { f.ctrl(fyne.Key1); f.settle(); f.rightClick(0) }},
		"row-menu-many": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() == 11 })
			f.rightClick(2)
		}},
		"noreference": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.window.onColumnMenu()
			f.pick(f.window.lang.Say("list.reference"))
		}},
		"sortmenu":   {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.KeyT) }},
		"columnmenu": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) { f.window.onColumnMenu() }},
		"saveview": {seed: officeDay(), play: func(f *office) {
			f.search().SetText("contract")
			f.settle()
			f.ctrl(fyne.KeyS)
		}},
		"saved": {seed: officeDay(), play: func(f *office) {
			f.window.changeSaved(func(saved []settings.SavedView) []settings.SavedView {
				return append(saved, keptView("Contracts of the human resources department", "all", "search", "contract"), keptView("Signed this year", "signed", "changed", "year"))
			}, func() { f.window.setView(7, true) })
			f.saying("Employment")
		}},
		"withdrawall": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() == 11 })
			f.key(fyne.KeyDelete)
		}},
		"nothing": {seed: threeRows(), play: func(f *office) { f.search().SetText("zebra") }},
		"byhand": {play: func(f *office) {
			f.browser = func(string) error { return fmt.Errorf("exec: \"xdg-open\": executable file not found in $PATH") }
			f.show("Supplier agreement")
			f.ctrl(fyne.KeyReturn)
			f.saying("https://sign.example.org/visit/1")
		}},
		"withdraw": {seed: threeRows(), play: func(f *office) { f.key(fyne.KeyDelete) }},
	}
	maps.Copy(all, composeScenes(t))
	maps.Copy(all, requestScenes())
	maps.Copy(all, officeScenes())
	maps.Copy(all, bringScenes())
	maps.Copy(all, policyScenes())
	maps.Copy(all, tourScenes(t))
	maps.Copy(all, windowScenes(t))
	maps.Copy(all, reviewScenes())
	return all
}

func threeRows() []ledger.Change {
	signed := newHistory(1, "Lease of office premises", "L-2026-014", "office", noon.Add(-26*time.Hour), 182_044).launched(time.Hour).
		returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true}).
		stored(2*time.Second, 0, "")
	out := newHistory(2, "Supplier agreement", "SA-2026-031", "office", noon.Add(-40*time.Minute), 96_120).launched(36 * time.Minute)
	signed.change.Events[0].Added.Due = "2026-11-10"
	out.change.Events[0].Added.Due = "2026-11-18"
	out.change.Events[0].Added.Signers = []request.Signer{{Name: "Marie-Thérèse Villeneuve"}}
	waiting := newHistory(3, "Holiday request", "HR-2026-207", "sandbox", noon.Add(-90*time.Second), 41_200)
	waiting.change.Events[0].Added.Due = "2026-11-24"
	return []ledger.Change{signed.change, out.change, waiting.change}
}

// officeDay returns requests of every status, and some that are hard to lay out.
func officeDay() []ledger.Change {
	const longMessage = "The signing service could not complete the operation: the qualified certificate of the signer (CN=MARÍA DE LOS ÁNGELES FERNÁNDEZ-VILLAVERDE, serialNumber=IDCES-00000000T) was suspended by its issuer on 2026-11-19T08:14:02Z, and policy urn:safelayer:tws:policies:authentication:level:substantial does not accept suspended certificates. Correlation 4b7f0f2e-93a1-4c1a-8a52-1d6a7be0c9ab."
	day := 24 * time.Hour
	var all []ledger.Change
	add := func(h *history) { all = append(all, h.change) }
	add(newHistory(10, "Framework agreement on the maintenance of lifts, escalators and moving walkways in all municipal buildings, lots 1 to 7, with annexes A to K and the tender’s terms", "EXP-2026/004417-B", "office", noon.Add(-3*day), 4_204_551, 88_100).
		launched(time.Hour).returned(5*time.Minute, "failed").answered(time.Second, request.Failed, request.ByGateway, "failed", longMessage).
		event(2*time.Hour, request.Event{Kind: request.KindReopened, By: "mara"}).
		launched(time.Minute).returned(3*time.Minute, "failed").answered(2*day, request.Failed, request.ByGateway, "failed", longMessage))
	add(newHistory(11, "Employment contract, K. Okafor", "HR-2026-311", "office", noon.Add(-5*day), 210_000).
		launched(time.Hour).returned(time.Minute, "rejected").answered(time.Second, request.Rejected, request.ByBrowser, "rejected", "The salary does not match the offer."))
	add(newHistory(12, "Board minutes, 14 November", "BM-11", "office", noon.Add(-7*day), 77_000).
		launched(time.Hour).returned(time.Minute, "canceled").answered(time.Second, request.Canceled, request.ByGateway, "canceled", ""))
	add(newHistory(13, "Annual accounts", "AA-2025", "office", noon.Add(-8*day), 900_000, 120_000, 64_000).
		launched(time.Hour).returned(time.Minute, "failed_documents").answered(time.Second, request.Partial, request.ByGateway, "failed_documents", "",
		request.DocumentResult{Code: "signed", Signed: true}, request.DocumentResult{Code: "failed", Message: "damaged page tree"}, request.DocumentResult{Code: "signed", Signed: true}).
		stored(time.Second, 0, ""))
	add(newHistory(14, "Delivery note 88-1204", "", "office", noon.Add(-400*day), 12_000).launched(time.Hour).answered(30*day, request.Gone, request.ByGateway, "410", ""))
	add(newHistory(15, "Non-disclosure agreement", "NDA-7", "office", noon.Add(-2*day), 120_400).
		launched(time.Hour).returned(time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Code: "signed", Signed: true}).
		stored(time.Second, 0, "the file does not begin with the bytes that were sent"))
	add(newHistory(16, "Rental car, week 47", "RC-47", "office", noon.Add(-3*time.Hour), 55_000).
		launched(2*time.Hour).returned(4*time.Minute, "finished").
		event(time.Second, request.Event{Kind: request.KindTrouble, Reason: "gateway office: sign.example.org does not answer (connection refused): check the network, then try again"}))
	add(newHistory(17, "Old purchase order", "PO-1", "office", noon.Add(-12*day), 31_000).event(time.Hour, request.Event{Kind: request.KindWithdrawn, By: "mara", Reason: "replaced by PO-2"}))
	return append(all, threeRows()...)
}

func many(n int) []ledger.Change {
	changes := make([]ledger.Change, n)
	for i := range changes {
		changes[i] = newHistory(100+i, fmt.Sprintf("Contract %05d", i), fmt.Sprintf("C-%05d", i), "office", noon.Add(-time.Duration(n-i)*time.Minute), 50_000).change
	}
	return changes
}

// settingsDesk returns a desk with gateways.
func settingsDesk() officeOptions {
	secrets := newMemorySecrets(secret.File)
	secrets.kept["town-hall"] = "x"
	return officeOptions{kinds: kinds(), secrets: secrets, profiles: townHall + "[gateways.old]\nkind = \"portasigma\"\nurl = \"https://app.portasigma.com\"\nuser = \"mara\"\n"}
}

// officeSettings returns a desk with gateways of the program's kinds.
func officeSettings() officeOptions {
	o := settingsDesk()
	o.options = func(o *Options) { o.AtLogin = prefs.AtLogin{Entry: neverAtLogin{}} }
	o.gateways = "version = 2\ndefault = \"office\"\n[gateways.office]\nkind = \"trident\"\nurl = \"https://sign.example.org\"\nclient_id = \"desk\"\n" +
		"[gateways.sandbox]\nkind = \"trident\"\npractice = true\n"
	secrets := o.secrets.(*memorySecrets)
	secrets.place, secrets.kept["office"] = secret.Keyring, "x"
	return o
}

// neverAtLogin is a program that does not start at login.
type neverAtLogin struct{}

func (neverAtLogin) IsOn() (bool, error) { return false, nil }
func (neverAtLogin) Set(bool) error      { return nil }

func someFindings() []gateway.CheckResult {
	return []gateway.CheckResult{
		gateway.NewCheckResult(gateway.PartAddress, true, request.Sentencef("address_answers", "%s answers", "https://sign.example.org"), request.Sentence{}),
		gateway.NewCheckResult(gateway.PartTLS, true, request.Sentencef("tls_valid", "%s, certificate of %s valid until %s", "TLS 1.3", "Example Issuing CA 3", "2026-12-01"),
			request.Sentencef("tls_expiring_todo", "tell the gateway's operator that the certificate expires soon")),
		gateway.NewCheckResult(gateway.PartClock, true, request.Sentencef("clock_differs", "this computer's clock differs by %s", time.Second), request.Sentence{}),
		gateway.NewCheckResult(gateway.PartToken, false, request.SentenceOf(&gateway.Error{
			Fault: gateway.Unauthorized, Gateway: "office", Doing: request.Sentencef("doing_token", "get a token"), Status: 401, Message: request.Sentence{Text: "invalid_client"},
		}), request.Sentencef("advice_client", "check client_id and the client secret; if both are right, set client_auth to body")),
	}
}

// openSection opens a section of the settings.
func (f *office) openSection(n int) {
	f.t.Helper()
	lang := f.window.lang
	f.window.prefs.Settings()
	f.saying(lang.Say("prefs.gateways_about"))
	switch n {
	case 0:
		f.saying("https://sign.example.org")
	case 1:
		f.press(lang.Say("prefs.signing"))
		f.saying(lang.Say("prefs.signing_about"))
	case 2:
		f.press(lang.Say("prefs.look"))
		f.saying(lang.Say("prefs.look_about"))
	case 3:
		f.press(lang.Say("prefs.trust"))
		f.saying(lang.Say("prefs.trust_about"))
	}
}

// openForm opens the form for a new gateway of a kind.
func (f *office) openForm(kind string) {
	f.t.Helper()
	f.openSection(0)
	f.press(f.window.lang.Say("prefs.add"))
	f.saying(f.window.lang.Say("prefs.add_title"))
	for i, k := range f.desk.Kinds() {
		if k.Name == kind {
			uitest.Find[*kit.Select](f.sheet())[0].SetSelectedIndex(i)
		}
	}
}

// fillForm fills in the required fields.
func (f *office) fillForm(name string) {
	f.t.Helper()
	for i, field := range uitest.Find[*kit.Field](f.sheet())[:4] {
		field.SetText([]string{name, "https://sign.example.net", "desk-7", "open sesame"}[i])
	}
}

// examined waits until a check has ended.
func (f *office) examined() {
	f.t.Helper()
	again := f.window.lang.Say("prefs.again")
	f.wait("the end of an examination", func() bool { return f.button(again) != nil })
}

// keptView returns a saved view.
func keptView(name, of, key, value string) settings.SavedView {
	return settings.SavedView{Name: name, Query: map[string]string{"view": of, key: value}}
}

// focusHeader moves the focus to the column headers.
func (f *office) focusHeader() {
	f.t.Helper()
	f.window.list.FocusSearch()
	c := f.window.window.Canvas()
	for range 4 { // past the buttons beside the search field
		if _, is := c.Focused().(*kit.Button); !is && c.Focused() != fyne.Focusable(f.search()) {
			return
		}
		c.FocusNext()
	}
}
