package callback

// SetMaxConnections sets how many connections are open at once in servers that start from now on, and returns the number before.
func SetMaxConnections(n int) (before int) {
	before, maxConnections = maxConnections, n
	return before
}
