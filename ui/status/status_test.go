package status

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"countersign/core/i18n"
	"countersign/core/proof"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func TestEveryStatusHasItsOwnMark(t *testing.T) {
	shown := map[string]bool{}
	for _, s := range request.Statuses() {
		m := Of(i18n.English, request.Request{Status: s})
		if m.Icon == "" || m.Label == "" || shown[m.Label] {
			t.Errorf("%s is shown as %q with icon %q", s, m.Label, m.Icon)
		}
		shown[m.Label] = true
	}
}

func TestEveryStatusIsToldApartInEveryLanguage(t *testing.T) {
	for _, lang := range i18n.Languages() {
		seen := map[string]request.Status{}
		for _, s := range request.Statuses() {
			m := Of(lang, request.Request{Status: s})
			if other, ok := seen[m.Label]; ok || m.Label == "" {
				t.Errorf("%s: %s is called %q like %s", lang, s, m.Label, other)
			}
			seen[m.Label] = s
		}
	}
}

func TestWordsStandOutFromWhatIsBehindThem(t *testing.T) {
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorSidebar, kit.ColorSurface, kit.ColorRowChosen, theme.ColorNameSelection, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground}
	type pair struct{ ink, ground fyne.ThemeColorName }
	var pairs []pair
	for _, g := range grounds {
		for _, ink := range []fyne.ThemeColorName{theme.ColorNameForeground, kit.ColorMuted, theme.ColorNamePrimary, theme.ColorNameError} {
			pairs = append(pairs, pair{ink, g})
		}
	}
	for _, g := range []fyne.ThemeColorName{theme.ColorNameBackground, kit.ColorSurface, kit.ColorRowChosen} {
		pairs = append(pairs, pair{kit.ColorGood, g}, pair{kit.ColorWarn, g}, pair{kit.ColorBad, g})
	}
	for _, s := range request.Statuses() {
		m := Of(i18n.English, request.Request{Status: s})
		pairs = append(pairs, pair{m.Color, m.Back})
	}
	pairs = append(pairs,
		pair{kit.ColorWaiting, kit.ColorWaitingBack}, pair{kit.ColorBad, kit.ColorBadBack}, pair{kit.ColorBusy, kit.ColorBusyBack}, pair{kit.ColorWarn, kit.ColorWarnBack},
		pair{theme.ColorNameForeground, kit.ColorOverBack}, pair{theme.ColorNameForeground, theme.ColorNameButton},
		pair{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary}, pair{theme.ColorNameForegroundOnError, theme.ColorNameError},
		pair{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess}, pair{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning},
		pair{theme.ColorNameDisabled, theme.ColorNameDisabledButton}, pair{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground},
		pair{theme.ColorNameForeground, theme.ColorNameInputBackground},
	)
	for _, look := range []kit.Look{kit.LightLook, kit.DarkLook} {
		th := kit.Theme(look)
		for _, p := range pairs {
			if got := uitest.Contrast(th.Color(p.ink, 0), th.Color(p.ground, 0)); got < uitest.EnoughContrast {
				t.Errorf("look %d: %s on %s has a contrast of %.2f", look, p.ink, p.ground, got)
			}
		}
		// Fields and boxes that are not ticked are seen by their borders alone.
		for _, g := range []fyne.ThemeColorName{theme.ColorNameInputBackground, theme.ColorNameBackground, kit.ColorSidebar, kit.ColorSurface, theme.ColorNameOverlayBackground} {
			if got := uitest.Contrast(th.Color(theme.ColorNameInputBorder, 0), th.Color(g, 0)); got < uitest.EnoughContrastOfShapes {
				t.Errorf("look %d: the border of fields on %s has a contrast of %.2f", look, g, got)
			}
		}
		// The toolkit draws its hover and focus colors over a button; the text must stay readable.
		for _, over := range []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNameFocus} {
			for ink, ground := range map[fyne.ThemeColorName]fyne.ThemeColorName{
				theme.ColorNameForeground: theme.ColorNameButton, theme.ColorNameForegroundOnPrimary: theme.ColorNamePrimary,
			} {
				if got := uitest.Contrast(th.Color(ink, 0), uitest.Laid(th.Color(over, 0), th.Color(ground, 0))); got < uitest.EnoughContrast {
					t.Errorf("look %d: %s on %s under %s has a contrast of %.2f", look, ink, ground, over, got)
				}
			}
		}
	}
}

func TestTheIconsOfActionsAreDrawings(t *testing.T) {
	test.NewTempApp(t)
	for a := Sign; a <= Stop; a++ {
		drawing := kit.NewIcon(a.Icon(), theme.ColorNameForeground, 10).Resource
		if err := xml.Unmarshal(drawing.Content(), new(struct{})); err != nil || a.Icon() == "" {
			t.Errorf("the icon of action %d: %v", a, err)
		}
	}
}

// TestWhatCanBeDone lists the actions for each state independently of the table in the code.
func TestWhatCanBeDone(t *testing.T) {
	when := time.Date(2026, 11, 21, 12, 0, 0, 0, time.Local)
	doc := request.Document{Original: request.Original{Name: "A.pdf", SHA256: "a"}}
	signed := doc
	signed.Signed = &request.SignedFile{SHA256: "s", Proves: true}
	proof := &request.Outcome{Code: "finished", Evidence: request.ByDocument, At: when}
	for _, test := range []struct {
		r    request.Request
		next Action
		can  []Action
		not  []Action
	}{
		{request.Request{Status: request.Pending}, Sign, []Action{Withdraw, Edit}, []Action{Reopen, Attach, OpenOriginal, SaveEvidence}},
		{request.Request{Status: request.Signing, Visit: &request.Visit{}}, BrowseAgain, []Action{Check, CopyAddress, Withdraw, Attach}, []Action{Reopen, SaveEvidence, SignAnew}},
		{request.Request{Status: request.Signing, Visit: &request.Visit{}, LostPort: 8080}, SignAnew, []Action{Check, Withdraw, Attach}, []Action{BrowseAgain, CopyAddress}},
		{request.Request{Status: request.Signing, Visit: &request.Visit{Unheard: true}}, SignAnew, []Action{Check, Withdraw, Attach}, []Action{BrowseAgain, CopyAddress}},
		{request.Request{Status: request.Signing, Visit: &request.Visit{}, ReturnedAt: &when}, Check, []Action{BrowseAgain}, nil},
		{request.Request{Status: request.Signed, Outcome: proof, Documents: []request.Document{signed}}, OpenSigned, []Action{SaveCopy, ShowFolder, CopySaid, SaveEvidence}, []Action{Check, Reopen, Attach, Withdraw}},
		{request.Request{Status: request.Withdrawn, Outcome: proof, Documents: []request.Document{doc}}, Reopen, []Action{OpenOriginal}, []Action{Check, Withdraw, SaveCopy}},
	} {
		next, others := ActionsFor(test.r)
		if next != test.next {
			t.Errorf("%s: next is %d, not %d", test.r.Status, next, test.next)
		}
		for _, a := range test.can {
			if !slices.Contains(others, a) {
				t.Errorf("%s: %d cannot be done", test.r.Status, a)
			}
		}
		for _, a := range test.not {
			if next == a || slices.Contains(others, a) {
				t.Errorf("%s: %d can be done", test.r.Status, a)
			}
		}
	}
}

func TestWhatWasAddedAfterASignatureIsSaid(t *testing.T) {
	f := proof.Signature{Added: 2048, Changes: []string{proof.TimestampAdded, proof.ValidationAdded, "news"}}
	if got := addedWords(i18n.Spanish, f); !strings.HasSuffix(got, "un sello de tiempo, datos de validación, otra cosa: lo que muestra puede ser otro documento") {
		t.Errorf("got %q", got)
	}
}

// Where the gateway cannot be asked, nothing is being confirmed, and asking is not what helps.
func TestNothingIsConfirmedWhereTheGatewayCannotBeAsked(t *testing.T) {
	r := request.Request{Status: request.Signing, ReturnedAt: new(time.Time), Visit: &request.Visit{ID: "v"}, NextStep: request.StepAsk}
	if next, _ := ActionsFor(r); next != Check || Of(i18n.English, r).Label != "Confirming" {
		t.Errorf("the gateway can be asked: %v, %q", next, Of(i18n.English, r).Label)
	}
	r.CannotAsk = true
	next, others := ActionsFor(r)
	if next != BrowseAgain || !slices.Contains(others, Attach) || !slices.Contains(others, Withdraw) || Of(i18n.English, r).Label != "No outcome" {
		t.Errorf("it cannot be asked: %v, %v, %q", next, others, Of(i18n.English, r).Label)
	}
}

func TestAnArchivedRequestHasNoNextStepButItsSignedFile(t *testing.T) {
	r := request.Request{Status: request.Rejected, Outcome: &request.Outcome{Evidence: request.ByGateway}}
	if next, _ := ActionsFor(r); next != Reopen {
		t.Errorf("before it is archived: %v", next)
	}
	r.Archived = &request.Archived{}
	next, others := ActionsFor(r)
	if next != None || !slices.Contains(others, Reopen) || !slices.Contains(others, Unarchive) || slices.Contains(others, Archive) {
		t.Errorf("next is %v, and possible %v", next, others)
	}
	r.Status, r.Documents = request.Signed, []request.Document{{Signed: &request.SignedFile{SHA256: "s", Proves: true}}}
	if next, _ := ActionsFor(r); next != OpenSigned {
		t.Errorf("of a signed one: %v", next)
	}
}

func TestAVisitAtAnotherDeskIsNotLost(t *testing.T) {
	launched := time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	lost := request.Request{Status: request.Signing, LaunchedAt: &launched, Visit: &request.Visit{Unheard: true}}
	elsewhere := lost
	elsewhere.Desk = "FRONT"
	if got, want := Of(i18n.English, elsewhere), Of(i18n.English, request.Request{Status: request.Signing}); got != want {
		t.Errorf("got %q", got.Label)
	}
	if next, _ := ActionsFor(elsewhere); next != Check {
		t.Errorf("the next step is %q", next.Label(i18n.English))
	}
	if next, _ := ActionsFor(lost); next != SignAnew {
		t.Errorf("the next step of a visit that is lost is %q", next.Label(i18n.English))
	}
	if LateAt(elsewhere, settings.Patience{Usual: time.Hour}).IsZero() || !LateAt(lost, settings.Patience{Usual: time.Hour}).IsZero() {
		t.Error("a visit at another desk is late as one here is, and one that is lost is not")
	}
}
