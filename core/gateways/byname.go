package gateways

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"

	"countersign/core/home"
	"countersign/core/request"
)

// byName is a file of the home with one JSON object, which has what a person has entered for gateways or proxies by their names.
type byName[T any] struct {
	home    home.Dir
	path    string
	lock    string       // the name of the lock for changes
	damaged func() error // returns the error for content that is no such object
}

// read returns what is in the file. It is an empty map if there is no file.
func (f byName[T]) read() (map[string]T, error) {
	all := map[string]T{}
	text, err := home.ReadFile(f.path, home.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, request.Errorf("entered_read", "what was entered for gateways and proxies cannot be read: %w", err)
	}
	if json.Unmarshal(text, &all) != nil || all == nil {
		return nil, f.damaged()
	}
	return all, nil
}

// edit replaces the content of the file by what the function change makes of it. If change fails, the file stays as it is. The lock keeps two programs
// from doing so at once.
func (f byName[T]) edit(ctx context.Context, change func(map[string]T) error) error {
	lock, err := f.home.WaitLock(ctx, f.lock)
	if err != nil {
		return err
	}
	all, err := f.read()
	if err == nil {
		err = change(all)
	}
	if err == nil {
		var text []byte
		if text, err = json.MarshalIndent(all, "", "  "); err == nil {
			err = home.WriteFile(f.path, append(text, '\n'))
		}
	}
	return errors.Join(err, lock.Release())
}
