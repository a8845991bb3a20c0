package peer

import (
	"net/netip"
	"testing"
)

func TestOwnersAreReadFromTheRows(t *testing.T) {
	row := func(port, to byte, pid byte) []byte {
		return []byte{5, 0, 0, 0, 127, 0, 0, 1, 0xA0, port, 0, 0, 127, 0, 0, 1, 0x1F, to, 0, 0, pid, 0, 0, 0}
	}
	table := []byte{9, 0, 0, 0} // more rows than there are
	for _, r := range [][]byte{row(1, 0x90, 7), row(2, 0x90, 8), row(3, 0x91, 7)} {
		table = append(table, r...)
	}
	table = append(table, 5, 0, 0)
	local := netip.MustParseAddrPort("127.0.0.1:8080")
	got := parseRows(table, local, func(pid uint32) Owner { return map[uint32]Owner{7: Own, 8: Other}[pid] })
	first, second := netip.AddrPortFrom(local.Addr(), 0xA001), netip.AddrPortFrom(local.Addr(), 0xA002)
	if len(got) != 2 || got[first] != Own || got[second] != Other {
		t.Errorf("got %v", got)
	}
	if got := parseRows(nil, local, nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 5, 0, 0, 0, 127, 0, 0, 1, 0xA0, 1, 0, 0, 127, 0, 0, 1, 0x1F, 0x90, 0, 0, 7, 0, 0, 0})
	f.Fuzz(func(t *testing.T, table []byte) {
		got := parseRows(table, netip.MustParseAddrPort("127.0.0.1:8080"), func(uint32) Owner { return Own })
		if len(got) > len(table)/rowSize {
			t.Errorf("%d owners", len(got))
		}
	})
}
