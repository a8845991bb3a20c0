//go:build !linux

package peer

import "net/netip"

// readTable returns nil: the system is not asked here.
func readTable(netip.AddrPort) (map[netip.AddrPort]Owner, error) { return nil, nil }
