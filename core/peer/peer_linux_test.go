package peer

import (
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
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

// connect makes connections to a listener, and returns the ends that it accepted, in their order.
func connect(t *testing.T, network string, n int) (accepted, made []net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for range n {
		c, err := net.Dial(network, l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		made = append(made, c)
	}
	for range n {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		accepted = append(accepted, c)
	}
	return accepted, made
}

func TestManyConnectionsCostOneReading(t *testing.T) {
	accepted, _ := connect(t, "tcp4", 20)
	f := NewFinder()
	readings := 0
	f.read = func(local netip.AddrPort) (map[netip.AddrPort]Owner, error) {
		readings++
		return readTable(local)
	}
	for _, c := range accepted {
		if owner, err := f.Find(c); owner != Own || err != nil {
			t.Errorf("got %v, %v", owner, err)
		}
	}
	if readings != 1 {
		t.Errorf("the table was read %d times", readings)
	}
}

// TestAnAddressThatIsUsedAgainIsLookedUpAgain checks that the owner of a connection is never taken for that of a later one from the
// same port.
func TestAnAddressThatIsUsedAgainIsLookedUpAgain(t *testing.T) {
	local := netip.MustParseAddrPort("127.0.0.1:8080")
	first, second := netip.MustParseAddrPort("127.0.0.1:40001"), netip.MustParseAddrPort("127.0.0.1:40002")
	conn := func(remote netip.AddrPort) net.Conn {
		return addressed{local: net.TCPAddrFromAddrPort(local), remote: net.TCPAddrFromAddrPort(remote)}
	}
	table := map[netip.AddrPort]Owner{first: Own}
	f := NewFinder()
	f.read = func(netip.AddrPort) (map[netip.AddrPort]Owner, error) { return maps.Clone(table), nil }
	find := func(remote netip.AddrPort, want Owner) {
		t.Helper()
		if got, err := f.Find(conn(remote)); got != want || err != nil {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	find(first, Own)
	table[second] = Own
	find(second, Own) // the table is read again, and has the first one, too
	table[first] = Other
	find(first, Other)
	delete(table, first)
	delete(table, second)
	find(first, Other)
	table[first] = Own
	find(first, Own)
}

// addressed is a connection that has nothing but addresses.
type addressed struct {
	net.Conn
	local, remote net.Addr
}

func (c addressed) LocalAddr() net.Addr  { return c.local }
func (c addressed) RemoteAddr() net.Addr { return c.remote }

func TestAConnectionThatWasClosedIsNobodys(t *testing.T) {
	accepted, made := connect(t, "tcp4", 1)
	made[0].Close()
	if owner, err := NewFinder().Find(accepted[0]); owner != Other || err != nil {
		t.Errorf("got %v, %v", owner, err)
	}
}

func TestOtherKindsOfConnectionsAreUnknown(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if owner, err := NewFinder().Find(a); owner != Unknown || err != nil {
		t.Errorf("got %v, %v", owner, err)
	}
}

// BenchmarkFind measures finding the owner of one connection while others are open.
func BenchmarkFind(b *testing.B) {
	for _, open := range []int{1, 100, 1000} {
		b.Run(strconv.Itoa(open), func(b *testing.B) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			var last net.Conn
			for range open {
				c, err := net.Dial("tcp4", l.Addr().String())
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				if last, err = l.Accept(); err != nil {
					b.Fatal(err)
				}
				defer last.Close()
			}
			for b.Loop() {
				if owner, err := NewFinder().Find(last); owner != Own || err != nil {
					b.Fatal(owner, err)
				}
			}
		})
	}
}
