package ui

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/desk"
	"countersign/core/gateway"
	"countersign/core/gateway/portasigma"
	"countersign/core/gateway/trident"
	"countersign/core/ledger"
	"countersign/core/preview"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/words"
)

// shotsEnv names a folder to draw the window into, for people to look at.
const shotsEnv = "COUNTERSIGN_SHOTS"

// shotsLanguageEnv has it drawn in another language than English.
const shotsLanguageEnv = "COUNTERSIGN_SHOTS_LANGUAGE"

// scene is a state of the window to look at.
type scene struct {
	seed []ledger.Change
	size fyne.Size
	play func(*office)
	desk officeOptions // what else the desk has
}

// shotsScaleEnv has it drawn as on a screen with that scale.
const shotsScaleEnv = "COUNTERSIGN_SHOTS_SCALE"

// TestShots draws the window in the states a designer asks for.
func TestShots(t *testing.T) {
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		t.Skip("set " + shotsEnv + " to a folder to draw the window there")
	}
	scenes := map[string]scene{
		"settings":      {desk: settingsDesk(), play: func(f *office) { f.ctrl(fyne.KeyComma); f.saying("sign.example.net") }},
		"settings-sign": {desk: settingsDesk(), play: func(f *office) { f.openSection(1) }},
		"settings-look": {desk: settingsDesk(), play: func(f *office) { f.openSection(2) }},
		"form-trident":  {desk: settingsDesk(), play: func(f *office) { f.openForm(trident.Kind.Name) }},
		"form-uaepass":  {desk: settingsDesk(), play: func(f *office) { f.openForm(trident.UAEPass.Name) }},
		"form-porta":    {desk: settingsDesk(), play: func(f *office) { f.openForm(portasigma.Kind.Name) }},
		"form-more": {desk: settingsDesk(), play: func(f *office) {
			form := f.openForm(trident.Kind.Name)
			form.name.SetText("town hall")
			form.unfold(true)
			form.fail(desk.PortKey, "this is no port that a program may use: give one from 1024 to 65535")
		}},
		"form-wrong": {desk: settingsDesk(), play: func(f *office) {
			form := f.openForm(portasigma.Kind.Name)
			form.name.SetText("town hall")
			form.fail(desk.NameKey, "\"town hall\": use up to 63 small letters, digits, - and _")
			form.failed.set("The address could not be written: the disk is full.")
			f.window.window.Canvas().Focus(form.name)
			form.s.arrange()
		}},
		"settings-switch": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(lookSection)
			f.window.window.Canvas().FocusNext()
			f.window.window.Canvas().FocusNext()
			f.key(fyne.KeyRight)
			f.key(fyne.KeyRight)
			f.wait("the dark look", func() bool {
				s, err := f.desk.Settings(f.t.Context())
				return err == nil && s.Theme == desk.DarkTheme
			})
			f.queue.drain()
		}},
		"settings-small": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(gatewaySection)
			f.window.window.Resize(fyne.NewSize(820, 560))
		}},
		"remove": {desk: settingsDesk(), play: func(f *office) {
			f.openSection(0).removeGateway("office", "Gateway office is needed by open requests: sign or withdraw them first.")
		}},
		"checked": {desk: settingsDesk(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
			f.openSection(0).checkGateway("office")
			f.settle()
			f.examined()
		}},
		"diagnosis": {seed: officeDay(), desk: settingsDesk(), play: func(f *office) {
			f.gateway.set(func(g *fakeGateway) { g.findings = someFindings() })
			f.window.onDiagnose()
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
		"empty":   {},
		"three":   {seed: threeRows(), play: func(f *office) { f.ctrl(fyne.Key7) }},
		"signed":  {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.Key6) }},
		"failed":  {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.Key4) }},
		"signing": {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.Key2) }},
		"all": {seed: officeDay(), play: func(f *office) {
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
			f.window.window.Canvas().Focus(f.window.list.header)
		}},
		"noreference": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.window.list.table.toggle(columnReference)
			f.window.list.header.onArrange()
		}},
		"selection": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.settle()
			f.window.onSelectAll()
			f.wait("the selection", func() bool { return f.marked() == 11 })
		}},
		"filters": {seed: officeDay(), play: func(f *office) {
			f.ctrl(fyne.Key7)
			f.window.onFilters()
			f.window.list.setFilters(filters{gateway: "office"})
			f.window.filterBar.set(filters{gateway: "office"})
		}},
		"sortmenu":   {seed: officeDay(), play: func(f *office) { f.ctrl(fyne.KeyT) }},
		"columnmenu": {seed: officeDay(), size: fyne.NewSize(1640, 860), play: func(f *office) { f.window.onColumnMenu() }},
		"saveview": {seed: officeDay(), play: func(f *office) {
			f.window.list.search.SetText("contract")
			f.settle()
			f.ctrl(fyne.KeyS)
		}},
		"saved": {seed: officeDay(), play: func(f *office) {
			f.window.changeSaved(func(saved []desk.SavedView) []desk.SavedView {
				return append(saved, view{key: viewAll, name: "Contracts of the human resources department", search: "contract"}.save(), view{key: viewSigned, name: "Signed this year", filters: filters{changed: year}}.save())
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
		"nothing": {seed: threeRows(), play: func(f *office) { f.window.list.search.SetText("zebra") }},
		"byhand": {play: func(f *office) {
			f.browser = func(string) error { return fmt.Errorf("exec: \"xdg-open\": executable file not found in $PATH") }
			f.show("Supplier agreement")
			f.ctrl(fyne.KeyReturn)
			f.saying("https://sign.example.org/visit/1")
		}},
		"withdraw": {seed: threeRows(), play: func(f *office) { f.key(fyne.KeyDelete) }},
		"help":     {seed: threeRows(), play: func(f *office) { f.key(fyne.KeyF1) }},
	}
	maps.Copy(scenes, draftScenes(t))
	maps.Copy(scenes, reviewScenes())
	for name, play := range requestScenes {
		scenes[name] = scene{seed: requestDay(), play: play}
	}
	renderer := preview.Open(t.TempDir(), preview.Options{})
	defer renderer.Close()
	pages := func(ctx context.Context, path string, width int) (image.Image, int, error) {
		page, err := renderer.FirstPage(ctx, path, width)
		return page.Image, page.Pages, err
	}
	for name, scene := range scenes {
		for look, suffix := range map[Look]string{LightLook: "light", DarkLook: "dark"} {
			if only := os.Getenv("COUNTERSIGN_SHOT"); only != "" && !strings.Contains(name+"-"+suffix, only) {
				continue
			}
			t.Run(name+" "+suffix, func(t *testing.T) {
				o := scene.desk
				o.seed, o.look, o.size, o.lang, o.note = scene.seed, look, scene.size, words.For(os.Getenv(shotsLanguageEnv)), "Practice home\n~/.local/share/countersign"
				o.preview = pages
				f := newOffice(t, o)
				f.file(scene.seed)
				f.settle()
				if scene.play != nil {
					scene.play(f)
				}
				f.settle()
				f.draw(filepath.Join(dir, name+"-"+suffix+".png"))
			})
		}
	}
}

func (f *office) draw(path string) {
	f.t.Helper()
	if scale, err := strconv.ParseFloat(os.Getenv(shotsScaleEnv), 32); err == nil {
		f.window.window.Canvas().(interface{ SetScale(float32) }).SetScale(float32(scale))
	}
	file, err := os.Create(path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, f.window.window.Canvas().Capture()); err != nil {
		f.t.Fatal(err)
	}
}

func threeRows() []ledger.Change {
	signed := newHistory(1, "Lease of office premises", "L-2026-014", "office", noon.Add(-26*time.Hour), 182_044).launched(time.Hour).
		returned(4*time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Word: "signed", Signed: true}).
		stored(2*time.Second, 0, "")
	out := newHistory(2, "Supplier agreement", "SA-2026-031", "office", noon.Add(-40*time.Minute), 96_120).launched(36 * time.Minute)
	signed.change.Events[0].Added.Due = "2026-11-10"
	out.change.Events[0].Added.Due = "2026-11-18"
	out.change.Events[0].Added.Signers = []request.Signer{{Name: "Marie-Thérèse Villeneuve"}}
	waiting := newHistory(3, "Holiday request", "HR-2026-207", "sandbox", noon.Add(-90*time.Second), 41_200)
	waiting.change.Events[0].Added.Due = "2026-11-24"
	return []ledger.Change{signed.change, out.change, waiting.change}
}

// officeDay has every status, and what is hard to draw.
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
		request.DocumentResult{Word: "signed", Signed: true}, request.DocumentResult{Word: "failed", Message: "damaged page tree"}, request.DocumentResult{Word: "signed", Signed: true}).
		stored(time.Second, 0, ""))
	add(newHistory(14, "Delivery note 88-1204", "", "sandbox", noon.Add(-400*day), 12_000).launched(time.Hour).answered(30*day, request.Gone, request.ByGateway, "410", ""))
	add(newHistory(15, "Non-disclosure agreement", "NDA-7", "office", noon.Add(-2*day), 120_400).
		launched(time.Hour).returned(time.Minute, "finished").answered(time.Second, request.Signed, request.ByGateway, "finished", "", request.DocumentResult{Word: "signed", Signed: true}).
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

// settingsDesk is a desk with gateways to set up.
func settingsDesk() officeOptions {
	secrets := newMemorySecrets(secret.File)
	secrets.kept["town-hall"] = "x"
	return officeOptions{kinds: kinds(), secrets: secrets, profiles: townHall + "[gateways.old]\nkind = \"portasigma\"\nurl = \"https://app.portasigma.com\"\nuser = \"mara\"\n"}
}

func someFindings() []gateway.Finding {
	return []gateway.Finding{
		{Name: "address", OK: true, Detail: "https://sign.example.org answers"},
		{Name: "tls", OK: true, Detail: "TLS 1.3, certificate of Example Issuing CA 3 good until 2026-12-01", Advice: "tell the gateway's operator that its certificate ends soon"},
		{Name: "clock", OK: true, Detail: "this machine differs by 1s"},
		{Name: "token", Detail: "sign.example.org refuses the client: invalid_client", Advice: "check client_id, and enter the secret again"},
	}
}

// openSection opens the settings at one of their sections.
func (f *office) openSection(to section) *settingsSheet {
	f.t.Helper()
	s := f.window.newSettings()
	f.window.readSettings(s, to)
	f.wait("the settings", func() bool { return s.page > 1 })
	if to == gatewaySection {
		f.saying("https://sign.example.org")
	}
	return s
}

// openForm opens the form for a new gateway of a kind.
func (f *office) openForm(kind string) *gatewayForm {
	f.t.Helper()
	s := f.openSection(gatewaySection)
	for _, k := range s.desk.Kinds() {
		if k.Name == kind {
			form := newGatewayForm(s, k, desk.GatewayForm{Kind: kind, Texts: map[string]string{}}, true)
			form.open()
			return form
		}
	}
	f.t.Fatalf("there is no kind %s", kind)
	return nil
}

// examined waits until what is looked at was seen.
func (f *office) examined() {
	f.t.Helper()
	again := f.window.lang.Say("prefs.again")
	f.wait("the end of an examination", func() bool { return f.button(again) != nil })
}
