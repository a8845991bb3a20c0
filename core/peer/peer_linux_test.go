package peer

import (
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

func find(t testing.TB, f *Finder, c net.Conn) Owner {
	t.Helper()
	owner, err := f.Find(c.LocalAddr().(*net.TCPAddr).AddrPort(), c.RemoteAddr().(*net.TCPAddr).AddrPort())
	if err != nil {
		t.Error(err)
	}
	return owner
}

// TestThoseWhoAskAtOnceShareAReading checks that a reading answers those who asked before it began, and nobody else.
func TestThoseWhoAskAtOnceShareAReading(t *testing.T) {
	local := netip.MustParseAddrPort("127.0.0.1:8080")
	f := &Finder{}
	var during *reading
	f.read = func(netip.AddrPort) (map[netip.AddrPort]Owner, error) {
		during, _ = f.join()
		return map[netip.AddrPort]Owner{}, nil
	}
	one, first := f.join()
	two, second := f.join()
	if one != two || !first || second {
		t.Fatal("two who ask before a reading do not share it")
	}
	f.lead(one, local)
	<-one.done
	if one.owners == nil || during == one {
		t.Error("who asks during a reading is answered by it")
	}
	if three, first := f.join(); three != during || first {
		t.Error("who asks after a reading does not share the next one")
	}
}

func TestOwnConnectionsAreFound(t *testing.T) {
	var f Finder
	accepted, _ := connect(t, "tcp4", 20)
	for _, c := range accepted {
		if owner := find(t, &f, c); owner != Own {
			t.Errorf("got %v", owner)
		}
	}
}

func TestAConnectionThatWasClosedIsNobodys(t *testing.T) {
	accepted, made := connect(t, "tcp4", 1)
	made[0].Close()
	if owner := find(t, new(Finder), accepted[0]); owner != Other {
		t.Errorf("got %v", owner)
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
				if owner := find(b, new(Finder), last); owner != Own {
					b.Fatal(owner)
				}
			}
		})
	}
}
