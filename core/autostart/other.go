//go:build !windows && (!unix || darwin)

package autostart

const known = false

// IsOn reports false: [New] makes no entry on this system.
func (e *Entry) IsOn() (bool, error) { return false, nil }

// Set does nothing.
func (e *Entry) Set(bool) error { return nil }
