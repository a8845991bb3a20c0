package backup

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/core/files"
	"countersign/core/ledger"
)

// daily makes the daily backups of d at the time that now points to.
func (d *desk) daily(now *time.Time) Daily {
	return Daily{Home: d.dir, Ledger: d.ledger, Now: func() time.Time { return *now }}
}

// names returns the names of the daily backups, the newest first, and fails unless nothing else is in their folder.
func (d *desk) names(now time.Time) (names []string) {
	d.Helper()
	all, err := ListDaily(d.dir.Path(), now)
	if err != nil {
		d.Fatal(err)
	}
	for _, f := range all {
		names = append(names, filepath.Base(f.Path))
	}
	if entries, err := os.ReadDir(d.dir.Backups()); err != nil || len(entries) != len(names) {
		d.Errorf("in the folder: %v, %v; daily backups: %v", entries, err, names)
	}
	return names
}

func (d *desk) make(daily Daily) Summary {
	d.Helper()
	s, err := daily.Make(d.Context(), func(Progress) {})
	if err != nil {
		d.Fatal(err)
	}
	return s
}

func TestSevenDailyBackupsAreKept(t *testing.T) {
	d := newDesk(t)
	day := now()
	daily := d.daily(&day)
	for range 9 {
		first := d.make(daily)
		if first.Files == 0 || first.File == "" {
			t.Errorf("%+v", first)
		}
		if again := d.make(daily); again.Files != 0 || again.File != first.File {
			t.Errorf("a second one on the same day: %+v", again)
		}
		info, err := os.Stat(first.File)
		folder, folderErr := os.Stat(d.dir.Backups())
		if err := errors.Join(err, folderErr); err != nil || runtime.GOOS != "windows" && (info.Mode().Perm() != 0o600 || folder.Mode().Perm() != 0o700) {
			t.Error(info, folder, err)
		}
		day = day.AddDate(0, 0, 1)
	}
	got := d.names(day)
	if len(got) != 7 || got[0] != "daily-2026-11-30.tar.gz" || got[6] != "daily-2026-11-24.tar.gz" {
		t.Errorf("%v", got)
	}
	to := filepath.Join(t.TempDir(), "home")
	if s, err := Restore(t.Context(), filepath.Join(d.dir.Backups(), got[0]), to, Options{}); err != nil || s.Documents != 2 || len(s.Warnings) > 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestABadDailyBackupRemovesNone makes a daily backup of a home whose register does not hold.
func TestABadDailyBackupRemovesNone(t *testing.T) {
	d := newDesk(t)
	day := now()
	for range 7 {
		d.make(d.daily(&day))
		day = day.AddDate(0, 0, 1)
	}
	before := d.names(day)
	path := filepath.Join(d.dir.Path(), ledger.FileName)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.ReplaceAll(string(content), `"title":"r1"`, `"title":"rX"`)
	if changed == string(content) {
		t.Fatal("the ledger has no such title")
	}
	d.write(ledger.FileName, changed)
	if _, err := d.daily(&day).Make(t.Context(), func(Progress) {}); err == nil || !strings.Contains(err.Error(), "the register is not intact") {
		t.Error(err)
	}
	d.write(ledger.FileName, strings.Repeat("x", 1<<16))
	if _, err := d.daily(&day).Make(t.Context(), func(Progress) {}); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Error(err)
	}
	if after := d.names(day); !slices.Equal(after, before) {
		t.Errorf("%v became %v", before, after)
	}
}

// TestTheLastCompleteDailyBackupIsKept loses a document: the backup that still has it is not removed by those that do not.
func TestTheLastCompleteDailyBackupIsKept(t *testing.T) {
	d := newDesk(t)
	day := now()
	complete := d.make(d.daily(&day)).File
	if err := os.Remove(d.dir.Document(d.docs[0])); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		day = day.AddDate(0, 0, 1)
		if s := d.make(d.daily(&day)); s.Documents != 1 || len(s.Warnings) != 1 || !strings.HasSuffix(s.File, "-incomplete.tar.gz") {
			t.Errorf("%+v", s)
		}
	}
	if got := d.names(day); len(got) != 8 || got[7] != filepath.Base(complete) {
		t.Errorf("%v", got)
	}
}

func TestAHomeWithLargeDocumentsIsBackedUpWithoutThem(t *testing.T) {
	d := newDesk(t)
	day := now()
	daily := d.daily(&day)
	daily.maxDocuments = 20
	s := d.make(daily)
	if s.Documents != 0 || len(s.Warnings) != 0 || filepath.Base(s.File) != "daily-2026-11-22-without-documents.tar.gz" {
		t.Errorf("%+v", s)
	}
	to := filepath.Join(t.TempDir(), "home")
	if r, err := Restore(t.Context(), s.File, to, Options{}); err != nil || r.Documents != 2 || len(r.Warnings) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, digest := range d.docs {
		want, err := os.ReadFile(d.dir.Document(digest))
		got, gotErr := os.ReadFile(filepath.Join(to, "documents", digest+".pdf"))
		if err := errors.Join(err, gotErr); err != nil || string(got) != string(want) {
			t.Error(string(got), err)
		}
	}
	// A document that does not have its digest any more is not taken.
	d.write("documents/"+d.docs[0]+".pdf", "another one")
	if _, err := Restore(t.Context(), s.File, filepath.Join(t.TempDir(), "home"), Options{}); err == nil || !strings.Contains(err.Error(), "the register is not intact (removed)") {
		t.Error(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "backup.tar.gz")
	if err := os.Rename(s.File, elsewhere); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), elsewhere, filepath.Join(t.TempDir(), "home"), Options{}); err == nil || !strings.Contains(err.Error(), "has no documents") {
		t.Error(err)
	}
}

func TestNoDailyBackupIsMadeOnAFullDisk(t *testing.T) {
	d := newDesk(t)
	day := now()
	daily := d.daily(&day)
	daily.diskOf = func(string) files.Disk { return files.Disk{Known: true, Free: 1000} }
	if _, err := daily.Make(t.Context(), func(Progress) {}); !errors.Is(err, ErrNoRoom) {
		t.Error(err)
	}
	if _, err := os.Stat(d.dir.Backups()); err == nil {
		t.Error("something was written")
	}
}

func TestOneProcessMakesTheDailyBackup(t *testing.T) {
	d := newDesk(t)
	day := now()
	lock, err := d.dir.TryLock(dailyLock)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if _, err := d.daily(&day).Make(t.Context(), func(Progress) {}); !errors.Is(err, ErrOther) {
		t.Error(err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	d.make(d.daily(&day))
}

// TestAClockThatWasWrongHidesNoDailyBackup makes a backup while the clock is years ahead.
func TestAClockThatWasWrongHidesNoDailyBackup(t *testing.T) {
	d := newDesk(t)
	day := now()
	d.make(d.daily(&day))
	wrong := day.AddDate(20, 0, 0)
	d.make(d.daily(&wrong))
	if got := d.names(day); !slices.Equal(got, []string{"daily-2026-11-22.tar.gz", "daily-2046-11-22.tar.gz"}) {
		t.Errorf("%v", got)
	}
}

func TestEachDayHasItsDailyBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		go func() {
			if err := (Daily{Home: d.dir, Ledger: d.ledger}).Run(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(60 * time.Hour)
		synctest.Wait()
		if got := d.names(time.Now()); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}
