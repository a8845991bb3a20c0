package gateway

// Memory keeps what an adapter finds out about a server by trying, so that the next program need not try again. What it
// has can vanish at any time, and nothing secret goes into it. Its methods may be called from several goroutines at once.
type Memory interface {
	// Recall returns what was remembered about a subject, or "".
	Recall(subject string) string
	// Remember keeps a fact about a subject in place of the one before. If the fact is "", it forgets the subject.
	Remember(subject, fact string)
}

// forgetful is a [Memory] that keeps nothing.
type forgetful struct{}

func (forgetful) Recall(string) string    { return "" }
func (forgetful) Remember(string, string) {}
