package kit

import (
	"time"

	"fyne.io/fyne/v2"
)

// doubleTapTime is the longest time between the two taps of a double click.
const doubleTapTime = 500 * time.Millisecond

// doubleTapReach is the longest way between them, in each direction.
const doubleTapReach = 6

// lastTap is the tap on a button or a link before the present one.
var lastTap struct {
	on    fyne.CanvasObject
	label string
	at    fyne.Position
	when  time.Time
}

// tapClock returns the time of a tap. Tests replace it.
var tapClock Clock = time.Now

// isSecondTap reports whether a tap is the second one of a double click whose first one did something else: there is another
// button under the mouse now, or the button got another label. People who double-click mean the first tap alone. The position
// is that of the mouse on the canvas.
func isSecondTap(on fyne.CanvasObject, label string, at fyne.Position) bool {
	last, now := lastTap, tapClock()
	lastTap.on, lastTap.label, lastTap.at, lastTap.when = on, label, at, now
	way := at.Subtract(last.at)
	near := max(way.X, -way.X) <= doubleTapReach && max(way.Y, -way.Y) <= doubleTapReach
	return near && now.Sub(last.when) < doubleTapTime && (on != last.on || label != last.label)
}

// DoubleTap recognizes double clicks on things that a first click does not replace. The zero value is ready for use.
type DoubleTap struct {
	thing string
	when  time.Time
}

// IsSecond reports whether a tap on a thing is the second one of a double click. A third tap begins anew.
func (d *DoubleTap) IsSecond(thing string) bool {
	now := tapClock()
	if d.thing == thing && now.Sub(d.when) < doubleTapTime {
		*d = DoubleTap{}
		return true
	}
	d.thing, d.when = thing, now
	return false
}
