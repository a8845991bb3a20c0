//go:build !windows

package program

// Session is this program's part in the session of whoever is logged on. On this system there is nothing to listen to: the end of a session comes as a signal.
type Session struct{}

// OpenSession returns a Session that does nothing.
func OpenSession(func()) *Session { return &Session{} }

// Close does nothing.
func (*Session) Close() {}
