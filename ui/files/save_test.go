package files

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"countersign/core/filechooser"
	"countersign/core/i18n"
	"countersign/ui/kit"
)

var table = Save{Kinds: []Kind{{".xlsx", "Spreadsheet"}, {".csv", "Text"}, {".json", "For programs"}}}

func TestTheFormatFollowsTheExtensionAndBack(t *testing.T) {
	test.NewTempApp(t)
	c := &Chooser{lang: i18n.English}
	line := kit.NewField(nil)
	line.Text = "/tmp/all.xlsx"
	kinds := c.newKinds(table, line)
	kinds.SetSelectedIndex(1)
	if line.Text != "/tmp/all.csv" {
		t.Errorf("the name is %s", line.Text)
	}
	line.SetText("/tmp/all.JSON")
	if kinds.SelectedIndex() != 2 || line.Text != "/tmp/all.JSON" {
		t.Errorf("kind %d of %s", kinds.SelectedIndex(), line.Text)
	}
	line.SetText("/tmp/all.v2")
	kinds.SetSelectedIndex(0)
	if line.Text != "/tmp/all.v2.xlsx" {
		t.Errorf("the name is %s", line.Text)
	}
	for path, want := range map[string]string{"/tmp/a": "/tmp/a.xlsx", "/tmp/a.CSV": "/tmp/a.CSV", "/tmp/a.txt": "/tmp/a.txt.xlsx"} {
		if got := table.withExtension(path); got != want {
			t.Errorf("%s becomes %s", path, got)
		}
	}
}

func TestADialogOfTheSystemHasAFormat(t *testing.T) {
	for _, test := range []struct {
		path   string
		filter int
		want   string
	}{
		{"/tmp/a.xlsx", -1, "/tmp/a.xlsx"},
		{"/tmp/a.csv", -1, "/tmp/a.csv"},
		{"/tmp/a", -1, "/tmp/a.xlsx"},
		{"/tmp/a", 2, "/tmp/a.json"},
		{"/tmp/a.v2", 1, "/tmp/a.v2.csv"},
		{"/tmp/a.xlsx", 1, "/tmp/a.csv"}, // the suggested extension
		{"/tmp/a.json", 1, "/tmp/a.json"},
		{"/tmp/a.xlsx", 7, "/tmp/a.xlsx"},
	} {
		if got := table.pathOf(filechooser.Answer{Paths: []string{test.path}, Filter: test.filter}); got != test.want {
			t.Errorf("%s with filter %d becomes %s", test.path, test.filter, got)
		}
	}
}
