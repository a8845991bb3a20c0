package settings

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"countersign/core/broadcast"
	"countersign/core/gateway"
	"countersign/core/home"
	"countersign/core/request"
)

// Store reads and changes the settings of one home, and signals changes. Its methods may
// be called from any goroutine.
type Store struct {
	dir      home.Dir
	gateways func() (gateway.Profiles, error)
	now      func() time.Time
	log      *slog.Logger

	// Given is what an administrator has chosen. It must not be changed once the store is used.
	Given Given

	// Changed is sent after each [Store.ChangeSettings] of this process that has written the settings.
	Changed broadcast.Signal

	folderChosen atomic.Pointer[time.Time]
}

// NewStore returns the store of the settings of a home. The function gateways returns the profiles of its gateways.
func NewStore(dir home.Dir, gateways func() (gateway.Profiles, error), now func() time.Time, log *slog.Logger) *Store {
	return &Store{dir: dir, gateways: gateways, now: now, log: log}
}

// Settings reads the settings; see [Load].
func (s *Store) Settings(context.Context) (Settings, error) { return s.Given.Load(s.dir) }

// IsFixed reports whether an administrator has chosen the setting of that key, so that [Store.ChangeSettings] cannot change it.
func (s *Store) IsFixed(key string) bool { return s.Given.IsFixed(key) }

// ChangeSettings calls the function change with the current settings, and writes and returns them as
// change leaves them. It holds a lock of the home meanwhile, so that two programs do not change the
// settings at once; the end of ctx ends the wait for the lock. When the current settings cannot be read
// or the changed ones are invalid, it writes nothing and returns an error. For an invalid setting,
// [KeyOf] returns its key. Settings that an administrator has fixed are invalid with any other value.
func (s *Store) ChangeSettings(ctx context.Context, change func(*Settings)) (Settings, error) {
	lock, err := s.dir.WaitLock(ctx, "settings")
	if err != nil {
		return Settings{}, err
	}
	after, err := s.change(change)
	if err := errors.Join(err, lock.Release()); err != nil {
		return Settings{}, err
	}
	s.Changed.Send()
	return after, nil
}

func (s *Store) change(change func(*Settings)) (Settings, error) {
	stored, err := load(s.dir, s.Given.Defaults.over(Default()))
	if err != nil {
		return Settings{}, err
	}
	before := s.Given.Fixed.over(stored)
	after := before
	after.Columns, after.Views, after.People = maps.Clone(before.Columns), slices.Clone(before.Views), maps.Clone(before.People)
	change(&after)
	if err := after.check(); err != nil {
		return Settings{}, err
	}
	if after.OutputFolder != "" && after.OutputFolder != before.OutputFolder {
		if err := checkFolder(after.OutputFolder, s.dir); err != nil {
			return Settings{}, &KeyError{FolderKey, request.SentenceOf(err)}
		}
	}
	written, err := s.Given.stored(stored, after)
	if err != nil {
		return Settings{}, err
	}
	text, err := format(written)
	if err != nil {
		return Settings{}, err
	}
	if before.OutputFolder == "" && after.OutputFolder != "" {
		now := s.now()
		s.folderChosen.Store(&now) // before anybody can read the file and act on it
	}
	return after, home.WriteFile(s.dir.Settings(), text)
}

// TakeFolderChosen returns when [Store.ChangeSettings] of this process last set an output folder while
// there was none. Each such time is returned once: without a new one since the last call, the result is
// nil.
func (s *Store) TakeFolderChosen() *time.Time { return s.folderChosen.Swap(nil) }

// checkFolder returns why a folder cannot be the output folder of a home, or nil.
func checkFolder(folder string, dir home.Dir) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return request.Errorf("folder_none", "the folder does not exist: create it first, or choose another one")
	case err != nil:
		return request.Errorf("folder_unusable", "the folder cannot be used: %w: choose another one", err)
	case !info.IsDir():
		return request.Errorf("folder_file", "this is a file: choose a folder")
	}
	if inside, err := filepath.Rel(dir.Path(), folder); err == nil && filepath.IsLocal(inside) {
		return request.Errorf("folder_inside", "this is in the desk's own folder, where everything is stored already: choose another one")
	}
	f, err := os.CreateTemp(folder, ".countersign-*")
	if err != nil {
		return request.Errorf("folder_unwritable", "nothing can be written in the folder: %w: choose another one", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Patience reads the patience from the settings and the profiles of the gateways. A file that
// cannot be read is logged and counts as missing.
func (s *Store) Patience(context.Context) Patience {
	chosen, err := s.Given.Load(s.dir)
	if err != nil {
		s.log.Warn("the settings cannot be read", "error", err)
	}
	profiles, err := s.gateways()
	if err != nil {
		s.log.Warn("the gateways cannot be read", "error", err)
	}
	return patienceOf(chosen, profiles)
}
