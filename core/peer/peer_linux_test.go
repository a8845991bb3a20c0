package peer

import (
	"net/netip"
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
