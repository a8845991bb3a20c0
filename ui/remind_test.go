package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"countersign/core/desk"
	"countersign/core/input"
	"countersign/core/pdf/pdftest"
	"countersign/core/request"
	"countersign/core/settings"
	"countersign/core/workspace"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

func (f *office) addDue(title, due string) request.Request {
	f.t.Helper()
	r, err := f.desk.Add(f.t.Context(), desk.New{Title: title, Due: due, Files: []input.File{input.Memory(title+".pdf", pdftest.Plain(f.t, title))}})
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// reminders returns the texts of the line of reminders; none while it is hidden.
func (f *office) reminders() []string {
	if !f.window.chrome.reminders.Root.Visible() {
		return nil
	}
	return uitest.Texts(f.window.chrome.reminders.Root, nil)
}

func TestWhatIsDueIsRemindedOfAboveTheList(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.settle()
	if got := f.reminders(); got != nil {
		t.Fatalf("of an empty desk: %q", got)
	}
	f.addDue("Later", "2026-11-22")
	f.addDue("Today", "2026-11-21")
	f.addDue("Yesterday", "2026-11-20")
	f.saying("Overdue: 1", "Due today: 1")
	if line, list := f.window.chrome.reminders.Root, f.window.list.Content(); line.Size().Height < 20 || list.Position().Y < line.Size().Height {
		t.Errorf("the line is %.0f high, and the list begins at %.0f", line.Size().Height, list.Position().Y)
	}
	uitest.FindLink(f.window.chrome.reminders.Root, "Due today: 1").Tapped(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(500, 0)})
	f.saying("Due today or overdue")
	f.settle()
	if rows := strings.Join(f.rows(), "\n"); f.listed() != 2 || strings.Contains(rows, "Later") {
		t.Errorf("it lists %s", rows)
	}
	f.escape()
	f.settle()
	if f.listed() != 3 || f.window.reviewing() || f.window.list.ShowsDrillDown() {
		t.Errorf("Escape leads to %q", f.rows())
	}
	// A person may hide it for the day.
	uitest.Find[*kit.Button](f.window.chrome.reminders.Root)[0].Tapped(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(1000, 0)})
	f.addDue("Also today", "2026-11-21")
	f.settle()
	if got := f.reminders(); got != nil || f.window.list.Content().Position().Y != 0 {
		t.Errorf("it is shown again, or leaves a gap: %q", got)
	}
}

func TestWhatIsSilentIsListed(t *testing.T) {
	now := noon
	f := newOffice(t, officeOptions{options: func(o *Options) { o.Now = func() time.Time { return now } }})
	f.addDue("Waiting", "")
	if _, err := f.desk.Sign(t.Context(), f.addDue("Silent", "").ID); err != nil {
		t.Fatal(err)
	}
	f.settle()
	for days, want := range map[int]int{6: 0, 8: 1} {
		now = noon.AddDate(0, 0, days)
		remindHost{f.window}.ListSilent(7)
		f.saying("In the browser, silent for 7 days")
		f.settle()
		if f.listed() != want {
			t.Errorf("after %d days it lists %q", days, f.rows())
		}
	}
}

func TestTheReminderOfTheDayIsSentOnce(t *testing.T) {
	sent := make(chan string, 10)
	o := officeOptions{
		prepare: func(d *workspace.Workspace) {
			if _, err := d.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Reminder = "12:30" }); err != nil {
				t.Fatal(err)
			}
		},
		options: func(o *Options) {
			o.Remind = func(_, text string) { sent <- text }
		},
	}
	f := newOffice(t, o)
	f.addDue("Lease", "2026-11-21")
	f.saying("Due today: 1")
	f.settle()
	f.window.onMinute()
	f.settle()
	if len(sent) != 0 {
		t.Errorf("at noon it says %q", <-sent)
	}
	if _, err := f.desk.ChangeSettings(t.Context(), func(s *settings.Settings) { s.Reminder = "11:30" }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.window.onMinute()
		f.settle()
	}
	if len(sent) != 1 {
		t.Fatalf("it is sent %d times", len(sent))
	}
	if text := <-sent; text != "Due today: 1" {
		t.Errorf("it says %q", text)
	}
}

func TestTheTimeOfTheReminderIsChosenInTheSettings(t *testing.T) {
	f := newOffice(t, officeOptions{})
	f.ctrl(fyne.KeyComma)
	f.settle()
	f.press("Appearance and language")
	f.saying("Daily reminder", "Silent after")
	for _, s := range uitest.Find[*kit.Select](f.sheet()) {
		for wanted, option := range map[string]string{"Off": "08:30", "7 days": "3 days"} {
			if s.Selected == wanted {
				s.SetSelected(option)
			}
		}
	}
	f.settle()
	if s, err := f.desk.Settings(t.Context()); err != nil || s.Reminder != "08:30" || s.SilentDays != 3 {
		t.Errorf("kept are %q and %d, %v", s.Reminder, s.SilentDays, err)
	}
}
