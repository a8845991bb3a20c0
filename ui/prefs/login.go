package prefs

import (
	"context"

	"countersign/core/explain"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// AtLogin is whether the program starts when the person logs in. It is a setting of the person at this computer and not of the desk, kept by the system,
// whose own tools can change it.
type AtLogin struct {
	Entry LoginEntry // nil where the system has no such setting
	Fixed bool       // an administrator has decided
}

// LoginEntry reads and changes it. Package autostart implements it. Its methods are called on background goroutines.
type LoginEntry interface {
	IsOn() (bool, error)
	Set(on bool) error
}

// loginLine returns the line for starting at login, and what reads it once the page is shown. A change is made at once.
func (s *settingsSheet) loginLine() (line *formLine, read func()) {
	entry := s.login.Entry
	var check *kit.Check
	show := func(on bool, err error) {
		check.Checked = on
		if line.fail(""); err != nil {
			line.fail(kit.Sentence(explain.Error(s.lang, err)))
		}
		if check.Refresh(); !s.login.Fixed {
			check.Enable()
		}
		s.Arrange()
	}
	check = s.NewCheck(s.lang.Say("prefs.login_on"), false, func(on bool) {
		check.Disable() // until it is done, so that the last choice wins
		shown := s.StillShown()
		async.Do(s.bg, func(context.Context) error { return entry.Set(on) }, func(err error) {
			if shown() {
				show(on == (err == nil), err)
			}
		})
	})
	check.Disable()
	line = newFormLine(s.lang.Say("prefs.login"), "", s.lang.Say("prefs.login_help"), check)
	if s.login.Fixed {
		line.lock(s.lang.Say("prefs.fixed"))
	}
	return line, func() {
		shown := s.StillShown()
		async.Call(s.bg, func(context.Context) (bool, error) { return entry.IsOn() }, func(on bool, err error) {
			if shown() {
				show(on, err)
			}
		})
	}
}
