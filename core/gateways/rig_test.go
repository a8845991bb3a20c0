package gateways

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"countersign/core/desk/fake"
	"countersign/core/home"
	"countersign/core/ledger"
)

// rig is the gateways of a home, two of which are there, one and two.
type rig struct {
	testing.TB
	*Gateways
	fake.Office
	dir    home.Dir
	config Config
}

func newRig(t testing.TB) *rig {
	t.Helper()
	dir, err := home.Open(filepath.Join(t.TempDir(), "home"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{TB: t, Office: fake.NewOffice(), dir: dir}
	l, err := ledger.Open(t.Context(), dir.Path(), ledger.Options{Now: r.Now, Exclusive: true})
	r.must(err)
	r.config = Config{Home: dir, Ledger: l, Kinds: r.Office.Kinds(), Secrets: r.Secrets, Now: r.Now, Log: slog.New(slog.DiscardHandler)}
	r.must(os.WriteFile(dir.Gateways(), []byte(fake.Profiles), 0o600))
	r.open()
	t.Cleanup(func() {
		r.close()
		r.must(l.Close())
	})
	return r
}

func (r *rig) open() {
	r.Helper()
	var err error
	r.Gateways, err = Open(r.config)
	r.must(err)
}

func (r *rig) close() { r.Gateways.Close() }

// restart closes the gateways as if the program ended, and opens them again.
func (r *rig) restart() {
	r.Helper()
	r.close()
	r.open()
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}
