package async

// Refresher repeats one reading. However often it is asked to, one reading is under way at a time and at most one
// follows it, so that a busy source can neither pile readings up nor keep its last state from being read.
type Refresher struct {
	read        func(done func())
	busy, again bool
}

// NewRefresher returns a refresher for a reading. Read begins the reading and has done called on the drawing goroutine
// when it is over.
func NewRefresher(read func(done func())) *Refresher { return &Refresher{read: read} }

// Refresh reads now or, when a reading is under way, once more after it.
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
