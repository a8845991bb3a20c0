package peer

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
)

// The messages of sock_diag(7), which answers for one connection. The tables of /proc/net are made from those of all connections that
// the kernel has room for, which takes milliseconds.
const (
	netlinkSockDiag  = 4  // NETLINK_SOCK_DIAG
	sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY

	diagRequestSize = 56 // inet_diag_req_v2: family(1), protocol(1), extensions(1), 0(1), states(4), then the socket's identity
	diagIdentity    = 8  // in a request: ports(2, 2) and addresses(16, 16) of the socket and of its other end, device(4), cookie(8)
	diagCookie      = diagIdentity + 40

	diagAnswerSize = 72 // inet_diag_msg: family(1), state(1), timer(1), retransmissions(1), the identity, and then
	diagUID        = 64 // uid(4)
	diagInode      = 68 // inode(4)

	stateListening = 10 // TCP_LISTEN
)

// ask asks the system for the owner of the other end of one IPv4 connection. answered is false if the system cannot be asked in this
// way, or finds no such connection.
func ask(local, remote netip.AddrPort) (owner Owner, answered bool) {
	if !local.Addr().Is4() || !remote.Addr().Is4() {
		return Unknown, false
	}
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return Unknown, false
	}
	defer syscall.Close(s)
	if err := syscall.Sendto(s, diagRequest(remote, local), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return Unknown, false
	}
	answer := make([]byte, 1024)
	n, from, err := syscall.Recvfrom(s, answer, syscall.MSG_DONTWAIT) // the kernel has answered before Sendto returned
	if kernel, ok := from.(*syscall.SockaddrNetlink); err != nil || !ok || kernel.Pid != 0 {
		return Unknown, false
	}
	return parseDiagAnswer(answer[:n], os.Geteuid())
}

// diagRequest returns the request for the socket with the address local and the other end remote.
func diagRequest(local, remote netip.AddrPort) []byte {
	m := make([]byte, syscall.SizeofNlMsghdr+diagRequestSize)
	binary.NativeEndian.PutUint32(m, uint32(len(m))) // #nosec G115 -- 72
	binary.NativeEndian.PutUint16(m[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(m[6:], syscall.NLM_F_REQUEST)
	body := m[syscall.SizeofNlMsghdr:]
	body[0], body[1] = syscall.AF_INET, syscall.IPPROTO_TCP
	binary.NativeEndian.PutUint32(body[4:], ^uint32(0)) // all states
	id := body[diagIdentity:]
	binary.BigEndian.PutUint16(id, local.Port())
	binary.BigEndian.PutUint16(id[2:], remote.Port())
	copy(id[4:], local.Addr().AsSlice())
	copy(id[20:], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(body[diagCookie:], ^uint64(0)) // any socket with these addresses
	return m
}

// parseDiagAnswer returns the owner of the socket that an answer is about. answered is false if the answer is an error, or is about a
// listener: the kernel answers with that when there is no connection.
func parseDiagAnswer(m []byte, user int) (owner Owner, answered bool) {
	if len(m) < syscall.SizeofNlMsghdr+diagAnswerSize || binary.NativeEndian.Uint16(m[4:]) != sockDiagByFamily {
		return Unknown, false
	}
	body := m[syscall.SizeofNlMsghdr:]
	if body[1] == stateListening {
		return Unknown, false
	}
	return ownerOf(int(binary.NativeEndian.Uint32(body[diagUID:])), binary.NativeEndian.Uint32(body[diagInode:]) == 0, user), true
}
