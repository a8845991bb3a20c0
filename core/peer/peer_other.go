//go:build !linux && !windows

package peer

import "net/netip"

// readTable returns no table and no error, so that all owners are unknown: on this system it does
// not ask.
func readTable(netip.AddrPort) (map[netip.AddrPort]Owner, error) { return nil, nil }
