package peer

import (
	"bytes"
	"net/netip"
	"testing"
)

// FuzzParseTable: in whatever the kernel writes, only lines of connections to the local address count, and only those of this
// user and of root are its own.
func FuzzParseTable(f *testing.F) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	for _, seed := range []string{
		head + "   0: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1\n",
		head + "   0: 0000000000000000FFFF00000100007F:D431 0000000000000000FFFF00000100007F:1F90 01 0:0 0:0 0 33 0 7\n",
		head + "   0: 0100007F:D431 0100007F:1F90 06 0:0 0:0 0 0 0 0\n",
		"a b c d e f g h i j", head, "   0: :: 0100007F:1F90 01 0:0 0:0 0 1000 0 1\n", "   0: 0100007F:D431 0100007F:11F90 01 0:0 0:0 0 1000 0 1\n",
	} {
		f.Add([]byte(seed))
	}
	local := netip.MustParseAddrPort("127.0.0.1:8080")
	f.Fuzz(func(t *testing.T, table []byte) {
		owners := map[netip.AddrPort]Owner{}
		_ = parseTable(owners, bytes.NewReader(table), local, 1000)
		if lines := bytes.Count(table, []byte("\n")) + 1; len(owners) > lines {
			t.Errorf("%d owners in %d lines", len(owners), lines)
		}
		if len(owners) > 0 && !bytes.Contains(bytes.ToUpper(table), []byte(":1F90")) {
			t.Errorf("the owners %v of connections to another port, in %q", owners, table)
		}
	})
}
