package list

import (
	"context"
	"slices"

	"countersign/core/gateways"
	"countersign/core/settings"
	"countersign/ui/async"
)

// ReadPractice reads whether practice requests are shown, which depends on the settings and on which gateways there are, and
// lists them or leaves them out.
func (p *Pane) ReadPractice() { p.readPractice(p.desk.Settings) }

// TogglePractice shows practice requests if they are hidden, and hides them otherwise. The choice is kept in the settings.
func (p *Pane) TogglePractice() {
	choice := settings.PracticeHidden
	if p.scope.HidePractice {
		choice = settings.PracticeShown
	}
	p.readPractice(func(ctx context.Context) (settings.Settings, error) {
		return p.desk.ChangeSettings(ctx, func(s *settings.Settings) { s.Practice = choice })
	})
}

// readPractice lists practice requests or leaves them out, as the settings say that the function read returns on a background
// goroutine.
func (p *Pane) readPractice(read func(context.Context) (settings.Settings, error)) {
	async.CallLatest(p.bg, &p.latestPractice, func(ctx context.Context) (hide bool, err error) {
		chosen, err := read(ctx)
		if err != nil {
			return false, err
		}
		choices, err := p.desk.Choices(ctx)
		return chosen.HidesPractice(slices.ContainsFunc(choices, func(c gateways.Choice) bool { return !c.Practice })), err
	}, func(hide bool, err error) {
		changed := err == nil && p.practiceRead && p.scope.HidePractice != hide
		if err == nil {
			p.scope.HidePractice, p.practiceRead = hide, true
			if p.rows.query.Practice != p.Query().Practice {
				p.clearSelected()
				p.sendQuery()
			}
		}
		p.host.PracticeRead(changed, err)
	})
}
