package async

// Refresher repeats a reading. Only one is under way at a time. All requests for a refresh during a reading are served
// by one more reading after it, so a source that changes often causes no pile of readings, and its last state is always
// read.
type Refresher struct {
	read        func(done func())
	busy, again bool
}

// NewRefresher returns a refresher. Read starts a reading, and must have done called on the drawing goroutine when it
// is over.
func NewRefresher(read func(done func())) *Refresher { return &Refresher{read: read} }

// Refresh starts a reading, or has one follow the reading under way.
func (r *Refresher) Refresh() {
	if r.busy {
		r.again = true
		return
	}
	r.busy = true
	r.read(func() {
		r.busy = false
		if r.again {
			r.again = false
			r.Refresh()
		}
	})
}
