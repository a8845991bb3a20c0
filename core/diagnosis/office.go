package diagnosis

import (
	"context"
	"time"

	"countersign/core/office"
	"countersign/core/request"
)

// Office is the connection to the office that the home is a desk of. Package office implements it.
type Office interface {
	Status(ctx context.Context) (office.Status, error)
	State() office.State
}

const (
	// maxAhead is how far the clock of a desk may be ahead: the server refuses what happens later.
	maxAhead = 5 * time.Minute
	// muchAhead is how far it may be ahead or behind without a warning.
	muchAhead = time.Minute
)

// checkOffice checks the connection to the office's server, and what waits for it. It returns nil for a home of its own.
func (x *Examiner) checkOffice(ctx context.Context) []Finding {
	if x.cfg.Office == nil {
		return nil
	}
	findings := x.checkServer(ctx)
	if waiting, err := x.ledger.KeptReturns(ctx); err == nil && len(waiting) > 0 {
		findings = append(findings, newFinding(PartOutbox, Warning,
			request.Sentencef("office_outbox", "returns of browsers that the office does not have yet: %d", request.Count(len(waiting))),
			request.Sentencef("office_outbox_todo", "leave Countersign running, or start it again when the office’s server can be reached: they are handed in then")))
	}
	if unfit, err := x.ledger.Unfit(ctx); err == nil && len(unfit) > 0 {
		findings = append(findings, newFinding(PartUnfit, Warning,
			request.Sentencef("office_unfit", "entries that cannot have happened and change nothing: %d, the first of them entry %d", request.Count(len(unfit)), request.Count(unfit[0].Number)),
			request.Sentencef("office_unfit_todo", "ask who runs the office’s server: somebody with a login has added them without Countersign")))
	}
	return findings
}

func (x *Examiner) checkServer(ctx context.Context) []Finding {
	s, err := x.cfg.Office.Status(ctx)
	if err != nil {
		return []Finding{newFinding(PartOffice, Bad, request.SentenceOf(err),
			request.Sentencef("office_reach_todo", "check the network and the login, and ask who runs the office’s server: until then everything can be read here, and nothing new is written"))}
	}
	if state := x.cfg.Office.State(); state.Reach == office.Parted {
		return []Finding{newFinding(PartOffice, Bad, request.SentenceOf(state.Problem),
			request.Sentencef("office_parted_todo", "keep this home as it is, and ask who runs the office’s server; when that is the right one, join anew: countersignctl team rejoin"))}
	}
	if s.Role == "" {
		return []Finding{newFinding(PartOffice, Bad, request.Sentencef("office_role_none", "this login has no role in the office any more"),
			request.Sentencef("office_role_todo", "ask the owner of the office’s database for a role"))}
	}
	reached := request.Sentencef("office_reached", "PostgreSQL %s, encrypted (%s), role: %s", s.Version, s.TLS, s.Role)
	if s.TLS == "" {
		reached = request.Sentencef("office_reached_here", "PostgreSQL %s, on this computer and not encrypted, role: %s", s.Version, s.Role)
	}
	return []Finding{newFinding(PartOffice, Well, reached, none), checkOfficeClock(s.Ahead)}
}

// checkOfficeClock judges how far this computer's clock is ahead of the server's.
func checkOfficeClock(ahead time.Duration) Finding {
	seconds := request.Count(ahead.Abs().Round(time.Second) / time.Second)
	todo := request.Sentencef("office_clock_todo", "set the clock of this computer, or let the system set it: the office’s server refuses what happens more than five minutes later than its own clock says")
	switch {
	case ahead > maxAhead:
		return newFinding(PartOfficeClock, Bad, request.Sentencef("office_clock_ahead", "this computer’s clock is ahead of that of the office’s server, in seconds: %d", seconds), todo)
	case ahead > muchAhead:
		return newFinding(PartOfficeClock, Warning, request.Sentencef("office_clock_ahead", "this computer’s clock is ahead of that of the office’s server, in seconds: %d", seconds), todo)
	case ahead < -muchAhead:
		return newFinding(PartOfficeClock, Warning, request.Sentencef("office_clock_behind", "this computer’s clock is behind that of the office’s server, in seconds: %d", seconds), todo)
	}
	return newFinding(PartOfficeClock, Well, request.Sentencef("office_clock", "difference to the clock of the office’s server in seconds: %d", seconds), none)
}
