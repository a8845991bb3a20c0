package menus

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"countersign/core/i18n"
	"countersign/core/request"
	"countersign/ui/kit"
	"countersign/ui/status"
)

// labels returns the labels of the items of a menu without their keys, those that are possible and those that are gray.
func labels(m *fyne.Menu) (possible, gray []string) {
	for _, item := range m.Items {
		label, _, _ := strings.Cut(item.Label, "   ")
		switch {
		case item.IsSeparator:
		case item.Disabled:
			gray = append(gray, label)
		default:
			possible = append(possible, label)
		}
	}
	return possible, gray
}

func TestWhileARequestIsBusyOnlyWhatRunsBesideIsPossible(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(kit.Theme(kit.LightLook))
	signing := request.Request{Status: request.Signing, Visit: &request.Visit{}, Documents: []request.Document{{}}}
	p := status.PossibleFor(signing)
	if possible, _ := labels(ForOne(i18n.English, p, false, func(status.Action) {})); !slices.Contains(possible, "Withdraw…") || !slices.Contains(possible, "Copy address") {
		t.Errorf("possible is %q", possible)
	}
	possible, gray := labels(ForOne(i18n.English, p, true, func(status.Action) {}))
	if !slices.Contains(gray, "Withdraw…") || !slices.Contains(possible, "Copy address") || slices.Contains(possible, "Open browser again") {
		t.Errorf("while it is busy, possible is %q, and gray %q", possible, gray)
	}
	possible, _ = labels(ForMany(i18n.English, 2, true, func(status.Action) int { return 2 }, func(status.Action) {}))
	if len(possible) > 0 {
		t.Errorf("while a job runs, possible is %q", possible)
	}
}

func TestANumberThatIsNotKnownIsNotSaid(t *testing.T) {
	test.NewTempApp(t)
	possible, gray := labels(ForMany(i18n.English, 10, false, func(status.Action) int { return -1 }, func(status.Action) {}))
	if len(gray) > 0 || !slices.Contains(possible, "Sign all") || !slices.Contains(possible, "Withdraw…") {
		t.Errorf("possible is %q, and gray %q", possible, gray)
	}
}

func TestEachSectionOfAMenuBeginsWithALineButTheFirst(t *testing.T) {
	test.NewTempApp(t)
	m := ForOne(i18n.English, status.Possible{}, false, func(status.Action) {})
	for i, item := range m.Items {
		if item.IsSeparator && (i == 0 || i == len(m.Items)-1 || m.Items[i-1].IsSeparator) {
			t.Errorf("the line at %d separates nothing", i)
		}
	}
}

func TestItemsFollowTheirConditions(t *testing.T) {
	test.NewTempApp(t)
	on := false
	bar := NewBar(i18n.English)
	item := bar.When(func() bool { return on }, fyne.NewMenuItem("Sign", nil))
	item.Shortcut = kit.Ctrl(fyne.KeyB)
	bar.Build(fyne.NewMenu("Request", item))
	bar.Update()
	if !item.Disabled || !strings.HasSuffix(item.Label, "Ctrl+B") || ShortcutOf(item).ShortcutName() != kit.Ctrl(fyne.KeyB).ShortcutName() {
		t.Errorf("%q is disabled: %v", item.Label, item.Disabled)
	}
	on = true
	bar.Update()
	if item.Disabled {
		t.Error("it stays gray")
	}
}
