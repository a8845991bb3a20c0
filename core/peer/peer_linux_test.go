package peer

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

const sample = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 126 1 0 100 0 0 10 0
   1: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 500 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:A001 01 00000000:00000000 00:00000000 00000000  1000        0 501 1 0 20 4 30 10 -1
   3: 0100007F:A002 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 502 1 0 20 4 30 10 -1
   4: 0100007F:A003 0100007F:1F90 06 00000000:00000000 03:00000002 00000000     0        0 0 3 0
   5: 0100007F:A004 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 503 1 0 20 4 30 10 -1
   6: 0100007F:A005 0100007F:1F91 01 00000000:00000000 00:00000000 00000000  1000        0 504 1 0 20 4 30 10 -1
   7: 0000000000000000FFFF00000100007F:A006 0000000000000000FFFF00000100007F:1F90 01 0:0 00:0 0  1000        0 505 1 0
   8: 0100007F:A007 0100007F:1F90 01
   9: nonsense:A008 0100007F:1F90 01 0:0 00:0 0 1000 0 506
  10: 0100007F:A009 0100007F:1F90 01 0:0 00:0 0 -x 0 507
`

func TestOwnersAreReadFromTheTable(t *testing.T) {
	owners := map[netip.AddrPort]Owner{}
	local := netip.MustParseAddrPort("127.0.0.1:8080")
	if err := parseTable(owners, strings.NewReader(sample), local, 1000); err != nil {
		t.Fatal(err)
	}
	want := map[uint16]Owner{0xA001: Own, 0xA002: Other, 0xA003: Other, 0xA004: Own, 0xA006: Own}
	if len(owners) != len(want) {
		t.Errorf("got %v", owners)
	}
	for port, owner := range want {
		if got, found := owners[netip.AddrPortFrom(local.Addr(), port)]; !found || got != owner {
			t.Errorf("port %x: got %v, %t", port, got, found)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add(sample)
	f.Add("  0: 0100007F:A001 0100007F:1F90 01 0 0 0 99999999999999999999 0 5")
	f.Fuzz(func(t *testing.T, table string) {
		local := netip.MustParseAddrPort("127.0.0.1:8080")
		owners := map[netip.AddrPort]Owner{}
		_ = parseTable(owners, strings.NewReader(table), local, 1000)
		if len(owners) > strings.Count(table, "\n")+1 {
			t.Errorf("%d owners", len(owners))
		}
	})
}

// needDiag skips the test where the kernel does not list its connections by sock_diag. It asks for all of them, so it does not depend on how
// [ask] names one.
func needDiag(t *testing.T) {
	t.Helper()
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		t.Skip("allow netlink sockets (netlink(7)) to ask the system for one connection: ", err)
	}
	defer syscall.Close(s)
	all := diagRequest(netip.AddrPortFrom(netip.IPv4Unspecified(), 0), netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	binary.NativeEndian.PutUint16(all[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_DUMP)
	if err := syscall.Sendto(s, all, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 1<<16)
	if n, _, err := syscall.Recvfrom(s, answer, 0); err != nil || n < syscall.SizeofNlMsghdr || binary.NativeEndian.Uint16(answer[4:]) != sockDiagByFamily {
		t.Skip("load the kernel's module tcp_diag to ask the system for one connection: ", err)
	}
}

// askAbout asks the system for the owner of the other end of a connection.
func askAbout(c net.Conn) (owner Owner, answered bool) {
	return ask(plain(c.LocalAddr().(*net.TCPAddr).AddrPort()), plain(c.RemoteAddr().(*net.TCPAddr).AddrPort()))
}

func TestTheSystemIsAskedForOneConnection(t *testing.T) {
	accepted, made := connect(t, "tcp4", 3)
	needDiag(t)
	if owner, answered := askAbout(accepted[1]); owner != Own || !answered {
		t.Errorf("an own connection: %v, %t", owner, answered)
	}
	made[1].Close()
	if owner, answered := askAbout(accepted[1]); answered && owner != Other {
		t.Errorf("one whose other end was closed: %v", owner)
	}
}

// A socket for IPv6 can be connected to an IPv4 address.
func TestAConnectionByASocketForIPv6IsFound(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("enable IPv6 to try a socket for it that is connected to an IPv4 address: ", err)
	}
	defer syscall.Close(s)
	to := &syscall.SockaddrInet6{Port: l.Addr().(*net.TCPAddr).Port}
	copy(to.Addr[10:], []byte{0xff, 0xff, 127, 0, 0, 1})
	if err := syscall.Connect(s, to); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	needDiag(t)
	if owner, answered := askAbout(c); owner != Own || !answered {
		t.Errorf("got %v, %t", owner, answered)
	}
}

// The kernel answers with a listener on the address when there is no such connection.
func TestAListenerIsNoAnswer(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr).AddrPort()
	if owner, answered := ask(netip.MustParseAddrPort("127.0.0.1:9"), at); answered {
		t.Errorf("got %v", owner)
	}
}

func TestAnAnswerAboutASocketSaysWhoseItIs(t *testing.T) {
	answer := func(state byte, uid, inode uint32) []byte {
		m := make([]byte, syscall.SizeofNlMsghdr+diagAnswerSize)
		binary.NativeEndian.PutUint16(m[4:], sockDiagByFamily)
		m[syscall.SizeofNlMsghdr+1] = state
		binary.NativeEndian.PutUint32(m[syscall.SizeofNlMsghdr+diagUID:], uid)
		binary.NativeEndian.PutUint32(m[syscall.SizeofNlMsghdr+diagInode:], inode)
		return m
	}
	failure := answer(1, 1000, 5)
	binary.NativeEndian.PutUint16(failure[4:], syscall.NLMSG_ERROR)
	for name, test := range map[string]struct {
		message  []byte
		want     Owner
		answered bool
	}{
		"the own user":      {answer(1, 1000, 5), Own, true},
		"the administrator": {answer(1, 0, 5), Own, true},
		"another user":      {answer(1, 1001, 5), Other, true},
		"closed":            {answer(6, 0, 0), Other, true},
		"a listener":        {answer(stateListening, 1000, 5), Unknown, false},
		"an error":          {failure, Unknown, false},
		"cut off":           {answer(1, 1000, 5)[:80], Unknown, false},
	} {
		if owner, answered := parseDiagAnswer(test.message, 1000); owner != test.want || answered != test.answered {
			t.Errorf("%s: %v, %t", name, owner, answered)
		}
	}
}
