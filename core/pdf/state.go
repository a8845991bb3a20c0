package pdf

// State is what checking a signature or a time-stamp found. Reports print these words, so they must not change.
type State string

const (
	// Intact is a signature whose covered bytes are unchanged and were signed with the key of its certificate.
	Intact State = "intact"
	// Broken is a signature whose covered bytes, or whose value, do not fit. Only such a signature is a reason not to rely
	// on a file.
	Broken State = "broken"
	// Unchecked is a signature that needs something this program cannot read, such as a curve or an algorithm. It is no
	// proof, and no sign of a change either.
	Unchecked State = "unchecked"
)
