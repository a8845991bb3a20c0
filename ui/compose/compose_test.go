package compose

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"countersign/core/desk"
	"countersign/core/gateways"
	"countersign/core/i18n"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/ui/kit"
)

func TestInvalidPlacementsOfASignature(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	for name, c := range map[string]struct {
		fill  func(p *placementFields)
		wrong func(p *placementFields) *kit.Field
	}{
		"a field with a period": {func(p *placementFields) { p.name.Text = "a.b" }, func(p *placementFields) *kit.Field { return p.name }},
		"page zero":             {func(p *placementFields) { p.page.Text = "0" }, func(p *placementFields) *kit.Field { return p.page }},
		"no width":              {func(p *placementFields) { p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "1", "0", "1" }, func(p *placementFields) *kit.Field { return p.width }},
		"below the page": {func(p *placementFields) {
			p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "-1", "1", "1"
		}, func(p *placementFields) *kit.Field { return p.bottom }},
		"no number": {func(p *placementFields) {
			p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "NaN", "1", "1", "1"
		}, func(p *placementFields) *kit.Field { return p.left }},
		"beyond every page": {func(p *placementFields) {
			p.left.Text, p.bottom.Text, p.width.Text, p.height.Text = "1", "1", "1e9", "1"
		}, func(p *placementFields) *kit.Field { return p.width }},
	} {
		p := newPlacementFields(i18n.French, nil, nil, nil, nil)
		c.fill(p)
		if s, problem, wrong := p.signature(""); s != nil || problem == "" || wrong != c.wrong(p) {
			t.Errorf("%s: %+v, %q", name, s, problem)
		}
	}
	p := newPlacementFields(i18n.French, nil, nil, nil, nil)
	if s, problem, _ := p.signature(""); s != nil || problem != "" {
		t.Errorf("empty fields are %+v, %q", s, problem)
	}
	p.page.Text = "Dernière"
	if s, _, _ := p.signature(""); s == nil || s.Page != "last" {
		t.Errorf("the last page is %+v", s)
	}
}

func TestAnEarlierRequestWithTheSameFileIsShown(t *testing.T) {
	at := time.Date(2026, 5, 3, 12, 0, 0, 0, time.Local)
	tried := desk.Same{ID: "r1", Title: "Lease", Status: request.Rejected, Changed: at}
	open := desk.Same{ID: "r2", Title: "Lease 2", Status: request.Signing, Changed: at}
	signed := desk.Same{ID: "r3", Title: "Lease 3", Status: request.Signed, Changed: at}
	e := newFileEntry(i18n.English, desk.Candidate{Name: "a.pdf", Same: []desk.Same{tried}})
	if !e.included() || e.explanation != "Tried before as “Lease”: Rejected, 3 May 2026." {
		t.Errorf("got %+v", e)
	}
	e = newFileEntry(i18n.English, desk.Candidate{Name: "a.pdf", Same: []desk.Same{tried, open, signed}})
	if e.included() || e.same != signed || e.badge.Label != "Signed 3 May 2026" {
		t.Errorf("got %+v", e)
	}
	e = newFileEntry(i18n.English, desk.Candidate{Name: "a.pdf", Pages: 1, Size: 10, Signatures: []desk.Signature{{Signer: "Ana", Intact: true}, {Broken: true}}})
	if !e.included() || e.facts != "1 page · 10 bytes · 2 signatures: Ana, an unnamed signer" || e.explanation == "" {
		t.Errorf("got %+v", e)
	}
	e = newFileEntry(i18n.English, desk.Candidate{Name: "a.pdf", Pages: 1, Size: 10, Signatures: []desk.Signature{{Signer: "Ana"}}})
	if !e.included() || e.explanation != "" {
		t.Errorf("a signature that cannot be checked: got %+v", e)
	}
}

func TestFilesOfOneNameAreToldApartByTheirFolders(t *testing.T) {
	var all entries
	for i, path := range []string{"/ana/Lease.pdf", "/ana/Order.pdf", "/eva \xf1/lease.pdf"} {
		all.add(i18n.English, newFileEntry(i18n.English, desk.Candidate{Path: path, Name: input.Name(path), SHA256: string(rune('a' + i))}))
	}
	for i, want := range []string{"/ana", "", "/eva \ufffd"} {
		if all[i].folder != want {
			t.Errorf("%s has the folder %q, not %q", all[i].path, all[i].folder, want)
		}
	}
}

func TestLockedFilesAreOnlyAddedForAGatewayThatTakesThem(t *testing.T) {
	e := newFileEntry(i18n.English, desk.Candidate{Name: "a.pdf", Pages: 1, Size: 10, Protected: true})
	if e.included() || e.bad || e.badge.Label != "Locked" || e.facts != "1 page · 10 bytes" || e.explanation == "" {
		t.Errorf("got %+v", e)
	}
	s := &form{Composer: &Composer{lang: i18n.English}, offersRead: true}
	if got := s.problemText(entries{e}, gateways.Offer{Choice: gateways.Choice{Name: "office"}, TakesFiles: true}); !strings.Contains(got, "office does not accept files that are locked") {
		t.Errorf("another gateway: %q", got)
	}
	if got := s.problemText(entries{e}, gateways.Offer{TakesFiles: true, TakesLocked: true}); got != "" {
		t.Errorf("one that takes them: %q", got)
	}
}

func FuzzParsePaste(f *testing.F) {
	for _, seed := range []string{"", "/a.pdf\n", "file:///C:/a%20b.pdf", "file://host/a", "https://x.example/?a=1", "~/a.pdf", "\"/a b.pdf\"\r\n<https://x.example>", "file:///%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		paths, links := parsePaste(text)
		for _, path := range paths {
			if !filepath.IsAbs(path) || strings.ContainsAny(path, "\x00\n") && !strings.Contains(text, "%") {
				t.Errorf("%q is a path of %q", path, text)
			}
		}
		if len(links) > maxLinks {
			t.Errorf("%d links", len(links))
		}
	})
}

func TestWhatIsWrongWithAFileIsSaidInTheLanguage(t *testing.T) {
	problem := request.SentenceOf(input.Explain("Bail.pdf", fs.ErrNotExist))
	e := newFileEntry(i18n.French, desk.Candidate{Name: "Bail.pdf", Problem: problem})
	if want := "Il n’y a pas de fichier Bail.pdf\u00a0: vérifiez le nom."; e.explanation != want {
		t.Errorf("got %q, want %q", e.explanation, want)
	}
}
