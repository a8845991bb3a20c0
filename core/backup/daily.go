package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/request"
)

const (
	// keptDaily is how many daily backups a home has. One more is kept if none of these has all documents.
	keptDaily = 7

	// MaxDailyDocuments is the size in bytes of all documents of a home up to which a daily backup has them.
	MaxDailyDocuments = 1 << 30

	// lookForNewDay is how often [Daily.Run] looks whether today's backup is there.
	lookForNewDay = time.Hour

	dailyLock = "backups" // the lock of the home that whoever makes a daily backup holds
)

// The ends of the names of daily backups, after their day.
const (
	completeEnd   = ".tar.gz"
	incompleteEnd = "-incomplete.tar.gz"        // a document that the home had lost is not in it
	withoutEnd    = "-without-documents.tar.gz" // no document is in it
)

// dailyForm is the form of the names of daily backups.
var dailyForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^daily-(\d{4}-\d\d-\d\d)((?:-incomplete|-without-documents)?\.tar\.gz)$`)
})

var (
	// ErrNoRoom is returned when the disk has not room for a daily backup.
	ErrNoRoom = request.Errorf("daily_no_room", "there is not enough space for a daily backup")
	// ErrOther is returned when another program is making a daily backup of the same home.
	ErrOther = request.Errorf("daily_other", "another program is making a daily backup of this home")
)

// DailyFile is a daily backup of a home.
type DailyFile struct {
	Path     string
	Day      time.Time // the day in its name, at midnight in UTC
	Complete bool      // it has all documents
	Lost     bool      // the home had lost documents when it was made, and these are not in it
}

// Daily makes the daily backups of a home. Home and Ledger are needed.
type Daily struct {
	Home   home.Dir
	Ledger *ledger.Ledger
	Now    func() time.Time // time.Now when nil; its location decides when a day begins
	Log    *slog.Logger     // discards when nil

	diskOf       func(path string) files.Disk // files.DiskOf when nil
	maxDocuments int64                        // MaxDailyDocuments when zero
}

func (d Daily) withDefaults() Daily {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.diskOf == nil {
		d.diskOf = files.DiskOf
	}
	d.maxDocuments = cmp.Or(d.maxDocuments, MaxDailyDocuments)
	return d
}

// Run makes a daily backup now and whenever a new day has begun, until ctx is done. Only one process at a time makes one.
// What goes wrong is logged: work goes on without a backup, and Run tries again an hour later. It always returns nil.
func (d Daily) Run(ctx context.Context) error {
	d = d.withDefaults()
	again := time.NewTicker(lookForNewDay)
	defer again.Stop()
	for {
		summary, err := d.Make(ctx, func(Progress) {})
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrOther):
			d.Log.Debug("another program makes the daily backup")
		case err != nil:
			d.Log.Warn("there is no backup of today", "error", err)
		case summary.Files > 0:
			d.Log.Info("made a daily backup", "size", summary.Size, "warnings", summary.Warnings)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Make makes today's backup in the folder [home.Dir.Backups], unless it is there already, which a summary without files
// says. It fails with [ErrNoRoom] if the disk has not room for twice its size, and with [ErrOther] while another process makes one.
//
// The new backup is read again: its digests, and every link of the register in it. Only then are older ones removed, so that the newest
// seven are left, and the newest that has all documents. If Make fails, all of them stay.
//
// A document that is missing or was changed is left out, with a warning.
//
// When the documents are larger than 1 GB, they are left out: they never change, and [Restore] takes them from the home in which
// the backup is.
func (d Daily) Make(ctx context.Context, onProgress func(Progress)) (Summary, error) {
	d = d.withDefaults()
	lock, err := d.Home.TryLock(dailyLock)
	if err != nil {
		return Summary{}, err
	}
	if lock == nil {
		return Summary{}, ErrOther
	}
	defer func() { _ = lock.Release() }()
	day := d.Now().Format(time.DateOnly)
	before, err := ListDaily(d.Home.Path(), d.Now())
	if err != nil {
		return Summary{}, err
	}
	if i := slices.IndexFunc(before, func(f DailyFile) bool { return f.Day.Format(time.DateOnly) == day }); i >= 0 {
		return Summary{File: before[i].Path}, nil
	}
	if err := d.Ledger.Damage(); err != nil {
		return Summary{}, err
	}
	size, err := d.size()
	if err != nil {
		return Summary{}, err
	}
	if err := d.checkRoom(size); err != nil {
		return Summary{}, err
	}
	if err := os.MkdirAll(d.Home.Backups(), 0o700); err != nil {
		return Summary{}, fmt.Errorf("make a folder for the daily backups: %w", err)
	}
	summary, err := d.write(ctx, day, size, onProgress)
	if err != nil {
		return Summary{}, err
	}
	return summary, d.rotate()
}

// write writes the backup of a day. It is called incomplete until all documents are known to be in it.
func (d Daily) write(ctx context.Context, day string, size homeSize, onProgress func(Progress)) (Summary, error) {
	name := filepath.Join(d.Home.Backups(), "daily-"+day)
	opts := Options{Now: d.Now, OnProgress: onProgress, AllowDamaged: true, checkLedger: true, withoutDocuments: size.documents > d.maxDocuments}
	file := name + incompleteEnd
	if opts.withoutDocuments {
		file = name + withoutEnd
	}
	summary, err := Write(ctx, d.Home, d.Ledger, file, opts)
	if err != nil {
		return Summary{}, err
	}
	if !opts.withoutDocuments && summary.Lost == 0 {
		if err := files.Rename(file, name+completeEnd); err != nil {
			return Summary{}, fmt.Errorf("name the daily backup: %w", err)
		}
		file = name + completeEnd
	}
	summary.File = file
	return summary, nil
}

// homeSize is how many bytes of a home a backup has.
type homeSize struct{ ledger, documents int64 }

// size returns how large the home is. Files that vanish meanwhile count nothing.
func (d Daily) size() (s homeSize, err error) {
	if info, err := os.Stat(filepath.Join(d.Home.Path(), ledger.FileName)); err == nil {
		s.ledger = info.Size()
	}
	entries, err := os.ReadDir(filepath.Dir(d.Home.Document("")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return homeSize{}, err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			s.documents += info.Size()
		}
	}
	return s, nil
}

// CheckRoom returns an error that wraps [ErrNoRoom] unless the disk has room for a daily backup of a home.
func CheckRoom(dir home.Dir) error {
	d := Daily{Home: dir}.withDefaults()
	size, err := d.size()
	if err != nil {
		return err
	}
	return d.checkRoom(size)
}

// checkRoom returns an error that wraps ErrNoRoom unless twice the size of a backup is free. The ledger counts three times, because
// it is copied twice while it is written.
func (d Daily) checkRoom(size homeSize) error {
	needed := 3 * size.ledger
	if size.documents <= d.maxDocuments {
		needed += size.documents
	}
	needed *= 2
	disk := d.diskOf(d.Home.Path())
	if disk.Known && disk.Free < uint64(needed) { // #nosec G115 -- sizes of files are positive
		return request.Errorf("daily_no_room_for", "%w: it needs %s, and %s are free", ErrNoRoom, request.Bytes(needed), request.Bytes(int64(min(disk.Free, math.MaxInt64)))) // #nosec G115 -- at most the largest int64
	}
	return nil
}

// rotate removes the daily backups beyond the newest ones.
func (d Daily) rotate() error {
	all, err := ListDaily(d.Home.Path(), d.Now())
	if err != nil {
		return err
	}
	complete := slices.IndexFunc(all, func(f DailyFile) bool { return f.Complete })
	var errs []error
	for i, f := range all {
		if i >= keptDaily && i != complete {
			errs = append(errs, files.Remove(f.Path))
		}
	}
	return errors.Join(errs...)
}

// ListDaily returns the daily backups in the home at path, the newest first. Those of a day that is after tomorrow were made
// while the clock was wrong, and come last. It reads names only, and there need not be a home.
func ListDaily(path string, now time.Time) ([]DailyFile, error) {
	folder := filepath.Join(path, home.BackupsName)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the daily backups: %w", err)
	}
	var all []DailyFile
	for _, e := range entries {
		m := dailyForm().FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		if day, err := time.Parse(time.DateOnly, m[1]); err == nil {
			all = append(all, DailyFile{Path: filepath.Join(folder, e.Name()), Day: day, Complete: m[2] == completeEnd, Lost: m[2] == incompleteEnd})
		}
	}
	wrong := func(f DailyFile) int {
		if f.Day.After(now.AddDate(0, 0, 2)) {
			return 1
		}
		return 0
	}
	slices.SortFunc(all, func(a, b DailyFile) int { return cmp.Or(wrong(a)-wrong(b), b.Day.Compare(a.Day)) })
	return all, nil
}
