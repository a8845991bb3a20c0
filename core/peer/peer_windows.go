package peer

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
	"syscall"
	"unsafe"
)

// getTCPTable returns the connections of this computer with the processes that they belong to (GetExtendedTcpTable).
var getTCPTable = syscall.NewLazyDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")

const (
	ownerPIDConnections = 4 // TCP_TABLE_OWNER_PID_CONNECTIONS: no listeners

	// A row of the table is six numbers of 32 bits (MIB_TCPROW_OWNER_PID).
	rowSize  = 24
	rowCount = 4 // bytes before the first row: the number of rows

	queryLimitedInformation = 0x1000 // PROCESS_QUERY_LIMITED_INFORMATION

	maxTable   = 16 << 20 // bytes of the largest table that is read
	tableTries = 5        // readings of a table that grows meanwhile

	localSystem = "S-1-5-18" // the account of the system, which may do everything
)

// readTable returns the owners of all connections to the address local of this computer, by the addresses of their other ends.
func readTable(local netip.AddrPort) (map[netip.AddrPort]Owner, error) {
	table, err := tcpTable()
	if err != nil {
		return nil, err
	}
	user, err := userOfThisProcess()
	if err != nil {
		return nil, err
	}
	known := map[uint32]Owner{}
	return parseRows(table, local, func(pid uint32) Owner {
		owner, found := known[pid]
		if !found {
			owner = ownerOf(pid, user)
			known[pid] = owner
		}
		return owner
	}), nil
}

// tcpTable returns the table of all IPv4 connections. The listeners of this program have IPv4 addresses.
func tcpTable() ([]byte, error) {
	size := uint32(64 << 10)
	for range tableTries {
		if size > maxTable {
			break
		}
		table := make([]byte, size)
		code, _, _ := getTCPTable.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, syscall.AF_INET, ownerPIDConnections, 0)
		switch errno := syscall.Errno(code); errno {
		case 0:
			return table[:min(int(size), len(table))], nil
		case syscall.ERROR_INSUFFICIENT_BUFFER: // size says how much it needs
			size += size / 4
		default:
			return nil, errno
		}
	}
	return nil, errors.New("the system's table of connections is too large")
}

// parseRows returns the owners of the connections to local in a table, by the addresses of their other ends. ownerOf returns the
// owner of a process.
func parseRows(table []byte, local netip.AddrPort, ownerOf func(pid uint32) Owner) map[netip.AddrPort]Owner {
	owners := map[netip.AddrPort]Owner{}
	if len(table) < rowCount {
		return owners
	}
	rows := table[rowCount:]
	for range binary.LittleEndian.Uint32(table) {
		if len(rows) < rowSize {
			break
		}
		// The row of the other end: what is local there is remote here.
		if to := rowAddress(rows[12:]); to == local {
			owners[rowAddress(rows[4:])] = ownerOf(binary.LittleEndian.Uint32(rows[20:]))
		}
		rows = rows[rowSize:]
	}
	return owners
}

// rowAddress returns an address of a row: four bytes, and the port in the low half of a number, with its bytes swapped.
func rowAddress(b []byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b)), bits.ReverseBytes16(binary.LittleEndian.Uint16(b[4:])))
}

// ownerOf returns whose a process is: Own for the user with that SID and for the system, and Other for one that cannot be looked at,
// or that has ended.
func ownerOf(pid uint32, user string) Owner {
	process, err := syscall.OpenProcess(queryLimitedInformation, false, pid)
	if err != nil {
		return Other
	}
	defer syscall.CloseHandle(process)
	if sid, err := userOf(process); err == nil && (sid == user || sid == localSystem) {
		return Own
	}
	return Other
}

func userOfThisProcess() (string, error) {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return "", err
	}
	return userOf(process)
}

// userOf returns the SID of the user that a process runs for.
func userOf(process syscall.Handle) (string, error) {
	var token syscall.Token
	if err := syscall.OpenProcessToken(process, syscall.TOKEN_QUERY, &token); err != nil {
		return "", err
	}
	defer token.Close()
	user, err := token.GetTokenUser()
	if err != nil {
		return "", err
	}
	return user.User.Sid.String()
}
