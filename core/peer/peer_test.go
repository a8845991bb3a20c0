package peer

import (
	"net"
	"net/netip"
	"strconv"
	"testing"
)

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
