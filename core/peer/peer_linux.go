package peer

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// maxTable bounds how many bytes of a table are read: some 100,000 connections.
const maxTable = 16 << 20

// readTable returns the owners of all connections to the address local of this computer, by the addresses of their other ends.
func readTable(local netip.AddrPort) (map[netip.AddrPort]Owner, error) {
	owners := map[netip.AddrPort]Owner{}
	// A program that connects to an IPv4 address by a socket for IPv6 is in the second table.
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(path) // #nosec G304 -- a file of the kernel
		if errors.Is(err, os.ErrNotExist) && path != "/proc/net/tcp" {
			continue // a system without IPv6
		}
		if err != nil {
			return nil, err
		}
		err = parseTable(owners, io.LimitReader(f, maxTable), local, os.Geteuid())
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
	return owners, nil
}

// The columns of a line of /proc/net/tcp (proc_pid_net(5)).
const (
	columnLocal  = 1
	columnRemote = 2
	columnUID    = 7
	columnInode  = 9
)

// parseTable reads a table of the form of /proc/net/tcp. It puts the owners of the connections to the address local into the
// map owners, by the addresses of their other ends. user is the id of this process's user. It skips lines that it does not
// understand.
func parseTable(owners map[netip.AddrPort]Owner, table io.Reader, local netip.AddrPort, user int) error {
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		columns := strings.Fields(lines.Text())
		if len(columns) <= columnInode {
			continue
		}
		// The lines of the other end: what is local there is remote here.
		to, okTo := parseAddress(columns[columnRemote])
		from, okFrom := parseAddress(columns[columnLocal])
		if !okTo || !okFrom || to != local {
			continue
		}
		uid, err := strconv.Atoi(columns[columnUID])
		if err != nil {
			continue
		}
		owners[from] = ownerOf(uid, columns[columnInode] == "0", user)
	}
	return lines.Err()
}

// ownerOf returns the owner of a socket of the user with the id uid. closed is set if its program has closed it: it has no inode and no
// owner any more then, and its uid is shown as 0. user is the id of this process's user.
func ownerOf(uid int, closed bool, user int) Owner {
	if !closed && (uid == user || uid == 0) {
		return Own
	}
	return Other
}

// parseAddress parses an address of the table: words of 32 bits in the machine's byte order, in hexadecimal, then a colon and
// the port.
func parseAddress(text string) (netip.AddrPort, bool) {
	words, portText, found := strings.Cut(text, ":")
	raw, err := hex.DecodeString(words)
	if !found || err != nil || len(raw) != 4 && len(raw) != 16 {
		return netip.AddrPort{}, false
	}
	port, err := strconv.ParseUint(portText, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	addr, _ := netip.AddrFromSlice(raw)
	return plain(netip.AddrPortFrom(addr, uint16(port))), true
}
