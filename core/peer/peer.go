// Package peer finds out whose program is at the other end of a connection on this computer.
//
// It asks the system, which tells on Linux (/proc/net/tcp). Where the system does not tell, the answer is [Unknown]. It
// uses the standard library alone, and decides about no connection.
package peer

import (
	"net"
	"net/netip"
)

// Owner is whose program is at the other end of a connection.
type Owner int

// The owners of a connection's other end.
const (
	Unknown Owner = iota // the system does not tell
	Own                  // a program of this process's user, or of the system's administrator, who may do everything anyway
	Other                // a program of another user; or it has closed its end, so that nobody can tell any more
)

// Finder finds the owners of the connections that one listener accepts, in the order in which it accepts them. It reads the
// system's table of connections only for a connection that was not in the table when it was last read, so that many
// connections at once cost one reading. It is not safe for concurrent use.
type Finder struct {
	// waiting are the owners of connections that the listener had not accepted yet when the table was last read, by the address of
	// the other end.
	waiting map[netip.AddrPort]Owner
	// accepted are the addresses of the other ends of the connections that Find was called with since then. Earlier ones are among
	// them, too, as long as they were still in the table when it was last read.
	accepted map[netip.AddrPort]bool

	read func(local netip.AddrPort) (map[netip.AddrPort]Owner, error)
}

// NewFinder returns a Finder.
func NewFinder() *Finder { return &Finder{accepted: map[netip.AddrPort]bool{}, read: readTable} }

// Find returns the owner of the other end of c, which was accepted just now. It returns Unknown with an error if the system
// could not be asked.
func (f *Finder) Find(c net.Conn) (Owner, error) {
	local, okLocal := c.LocalAddr().(*net.TCPAddr)
	remote, okRemote := c.RemoteAddr().(*net.TCPAddr)
	if !okLocal || !okRemote {
		return Unknown, nil
	}
	other := plain(remote.AddrPort())
	// A listener accepts connections in the order in which they were made, so this is the connection that was in the table. It
	// is not the next time: the address may be of somebody else then.
	owner, found := f.waiting[other]
	if !found {
		table, err := f.read(plain(local.AddrPort()))
		if err != nil || table == nil {
			return Unknown, err
		}
		if owner, found = table[other]; !found { // it has closed its end
			owner = Other
		}
		f.keep(table)
	}
	delete(f.waiting, other)
	f.accepted[other] = true
	return owner, nil
}

// keep makes f.waiting of a table that was read just now: the owners of all connections in it that Find was not called with yet.
// It changes the table.
func (f *Finder) keep(table map[netip.AddrPort]Owner) {
	for address := range f.accepted {
		if _, open := table[address]; !open {
			delete(f.accepted, address)
		}
		delete(table, address)
	}
	f.waiting = table
}

// plain returns an address without a zone and, for an IPv4 address that is written as an IPv6 one, in its own form.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
