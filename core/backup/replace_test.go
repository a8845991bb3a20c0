package backup

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/core/ledger"
)

// damage makes the ledger of d one that cannot be opened.
func (d *desk) damage() { d.write(ledger.FileName, strings.Repeat("x", 1<<16)) }

// besides returns the names of what is in the folder around the home.
func (d *desk) besides() (names []string) {
	d.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.dir.Path()))
	if err != nil {
		d.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestADamagedHomeIsReplacedByItsNewestGoodBackup has a newest backup that is damaged, too.
func TestADamagedHomeIsReplacedByItsNewestGoodBackup(t *testing.T) {
	d := newDesk(t)
	day := now()
	good := d.make(d.daily(&day))
	day = day.AddDate(0, 0, 1)
	bad := d.make(d.daily(&day)).File
	content, err := os.ReadFile(bad)
	if err == nil {
		err = os.WriteFile(bad, content[:len(content)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.damage()
	before := filesIn(t, d.dir.Path())
	for range 2 {
		got, err := Replace(t.Context(), d.dir, Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if got.File != good.File || got.Head != good.Head || got.Documents != 2 || len(got.LeftOut) > 0 {
			t.Errorf("%+v", got)
		}
		if after := filesIn(t, got.Damaged); !maps.Equal(after, before) {
			t.Error("the damaged home was changed")
		}
		l, err := ledger.Open(t.Context(), d.dir.Path(), ledger.Options{Exclusive: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Get(t.Context(), "r2"); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		// Once more, from a home that has the backups, to see that no name is used twice.
		if err := os.CopyFS(d.dir.Backups(), os.DirFS(filepath.Join(got.Damaged, "backups"))); err != nil {
			t.Fatal(err)
		}
		d.damage()
		before = filesIn(t, d.dir.Path())
	}
	if got := d.besides(); !slices.Equal(got, []string{"home", "home.damaged-2026-11-22", "home.damaged-2026-11-22-2"}) {
		t.Errorf("%v", got)
	}
}

func TestAHomeIsOnlyReplacedWhenItsLedgerIsDamagedAndABackupIsGood(t *testing.T) {
	d := newDesk(t)
	day := now()
	file := d.make(d.daily(&day)).File
	if _, err := Replace(t.Context(), d.dir, Options{Now: now}); !errors.Is(err, ErrNotDamaged) {
		t.Error(err)
	}
	d.damage()
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := filesIn(t, d.dir.Path())
	if _, err := Replace(t.Context(), d.dir, Options{Now: now}); err == nil || !strings.Contains(err.Error(), "no daily backup can be restored") {
		t.Error(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	delete(before, "backups/"+filepath.Base(file))
	if _, err := Replace(t.Context(), d.dir, Options{Now: now}); err == nil || !strings.Contains(err.Error(), "there is no daily backup") {
		t.Error(err)
	}
	if got := d.besides(); !slices.Equal(got, []string{"home"}) || !maps.Equal(filesIn(t, d.dir.Path()), before) {
		t.Errorf("%v", got)
	}
}
