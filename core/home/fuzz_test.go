package home

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// FuzzReadPort: a port is one of those there are, or none.
func FuzzReadPort(f *testing.F) {
	for _, seed := range []string{"8123\n", "0", "65535", "65536", "-1", "+80", "0x50", "", "8123 8124", "９"} {
		f.Add([]byte(seed))
	}
	dir, err := Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(filepath.Join(dir.Path(), "fuzz.port"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		port := dir.ReadPort("fuzz")
		if port < 0 || port > 65535 || port > 0 && !strings.Contains(string(file), strconv.Itoa(port)) {
			t.Errorf("%q is the port %d", file, port)
		}
	})
}
