// Package peer finds out whose program is at the other end of a connection on this computer.
//
// It asks the system, which tells on Linux (sock_diag, or else /proc/net/tcp) and on Windows (GetExtendedTcpTable). Where the system does not tell,
// the answer is [Unknown]. The package uses the standard library alone, and decides about no connection.
package peer

import (
	"net/netip"
	"sync"
)

// Owner is whose program is at the other end of a connection.
type Owner int

// The owners of a connection's other end.
const (
	Unknown Owner = iota // the system does not tell
	Own                  // a program of this process's user, or of the system's administrator, who may do everything anyway
	Other                // a program of another user; or it has closed its end, so that nobody can tell any more
)

// Finder finds whose program is at the other end of a connection to a listener of this process. Its methods may be called from any goroutine. The zero value is
// ready to use.
type Finder struct {
	turn sync.Mutex // held while the system's table is read
	mu   sync.Mutex // guards next
	next *reading   // the reading that has not begun yet; nil when nobody waits for one

	read func(local netip.AddrPort) (map[netip.AddrPort]Owner, error) // readTable when nil
}

// reading is one reading of the system's table, shared by all calls of [Finder.Find] that come before it begins.
type reading struct {
	done   chan struct{} // closed when owners and err are set
	owners map[netip.AddrPort]Owner
	err    error
}

// Find returns the owner of the other end of a connection, which has to be open. local is the address of this end, and remote that of
// the other end. Find returns Unknown with an error if the system could not be asked, and Unknown without one if the system does not
// tell. Where it does not answer for the one connection, its table of all connections is read. Calls at the same time share one reading of
// the table, and must have the same local address.
func (f *Finder) Find(local, remote netip.AddrPort) (Owner, error) {
	if owner, answered := ask(plain(local), plain(remote)); answered {
		return owner, nil
	}
	r, first := f.join()
	if first {
		f.lead(r, plain(local))
	}
	<-r.done
	if r.err != nil || r.owners == nil {
		return Unknown, r.err
	}
	// The table was read after the connection was made, and no other one can have its two addresses while this end is open.
	owner, found := r.owners[plain(remote)]
	if !found { // it has closed its end
		return Other, nil
	}
	return owner, nil
}

// join returns the next reading. first is true if no other call waits for it yet: then the caller has to call lead.
func (f *Finder) join() (r *reading, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next, first = &reading{done: make(chan struct{})}, true
	}
	return f.next, first
}

// lead waits until the reading before is over, and then reads the table for all who wait for r.
func (f *Finder) lead(r *reading, local netip.AddrPort) {
	f.turn.Lock()
	defer f.turn.Unlock()
	f.mu.Lock()
	f.next = nil // whoever asks from now on is not sure to be in the table
	f.mu.Unlock()
	read := f.read
	if read == nil {
		read = readTable
	}
	r.owners, r.err = read(local)
	close(r.done)
}

// plain returns an address without a zone and, for an IPv4 address that is written as an IPv6 one, in its own form.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
