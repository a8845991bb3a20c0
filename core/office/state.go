package office

import "time"

// Reach is how a desk stands to the server of its office.
type Reach string

// The values of [Reach].
const (
	CatchingUp Reach = "catching_up"  // the server answers, or was not asked yet, and there is more to read
	Online     Reach = "online"       // all that the office has is here
	OutOfReach Reach = "out_of_reach" // the server does not answer, or not to this login
	Parted     Reach = "parted"       // the office's register is not the one that this desk has read
)

// State is how a desk stands to the server of its office since when. The zero value is that of one that has not asked yet.
type State struct {
	Reach   Reach
	Since   time.Time
	Problem error // of [OutOfReach] and [Parted]
}

// State returns how the desk stands to the server, as far as the last calls have shown it.
func (l *Link) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Changed returns a channel that is closed when the state changes next, as [broadcast.Signal.Listen] does.
func (l *Link) Changed() <-chan struct{} { return l.changed.Listen() }

// enter notes a state. A desk that has parted from its office stays so until it joins anew.
func (l *Link) enter(reach Reach, problem error) {
	l.mu.Lock()
	changed := l.state.Reach != reach && l.state.Reach != Parted
	if changed {
		l.state = State{reach, l.now(), problem}
	}
	l.mu.Unlock()
	if changed {
		l.changed.Send()
	}
}

// startOver notes that the desk begins to read the register anew.
func (l *Link) startOver() {
	l.mu.Lock()
	l.state = State{Reach: CatchingUp, Since: l.now()}
	l.mu.Unlock()
	l.changed.Send()
}

// enterFrom notes a state if the present one is from.
func (l *Link) enterFrom(from, reach Reach) {
	if l.State().Reach == from {
		l.enter(reach, nil)
	}
}
