// Package autostart has a program start when its user logs in. Whether it does is kept where the system keeps it and shows it to people, and nowhere
// else: in the folder autostart of a desktop (Desktop Application Autostart Specification), or in the key Run of the registry of Windows.
package autostart

// Entry is a program that can start when its user logs in. [New] returns one.
type Entry struct {
	program string   // its path
	args    []string // with which it is started then
}

// New returns the entry of the program at a path, which is started with these arguments. It returns nil on a system that has no place for
// such entries which is known here.
func New(program string, args ...string) *Entry {
	if !known {
		return nil
	}
	return &Entry{program, args}
}
