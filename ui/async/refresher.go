package async

// Refresher repeats a reading. Only one reading is under way at a time. However often [Refresher.Refresh] is called during
// a reading, one more reading follows. So a source that changes often causes no pile of readings, and its last state is
// always read.
type Refresher struct {
	read        func(done func())
	busy, again bool
}

// NewRefresher returns a refresher. The function read starts a reading. When the reading is over, read must have done
// called on the drawing goroutine; until then no other reading starts.
func NewRefresher(read func(done func())) *Refresher { return &Refresher{read: read} }

// Refresh starts a reading. While one is under way, it arranges for one more after it instead.
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
