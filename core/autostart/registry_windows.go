package autostart

import (
	"errors"
	"strings"
	"syscall"

	"golang.org/x/sys/windows/registry"

	"countersign/core/request"
)

const (
	known = true

	name     = "Countersign" // of the value; the installer's script has it, too
	run      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approved = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run` // what people switched off in the Task Manager

	switchedOff = 1 // a bit of the first byte of a value there
)

// IsOn reports whether the program starts when its user logs in. A person may have switched it off in the Task Manager.
func (e *Entry) IsOn() (bool, error) {
	if command, err := value(run, func(k registry.Key) (string, error) { s, _, err := k.GetStringValue(name); return s, err }); command == "" || err != nil {
		return false, err
	}
	off, err := value(approved, func(k registry.Key) (string, error) { b, _, err := k.GetBinaryValue(name); return string(b), err })
	return off == "" || off[0]&switchedOff == 0, err
}

// Set has the program start when its user logs in, or not.
func (e *Entry) Set(on bool) error {
	err := e.set(on)
	if err != nil {
		return request.Errorf("login_write", "whether the program starts at login cannot be changed: %w", err)
	}
	return nil
}

func (e *Entry) set(on bool) error {
	if err := remove(approved); err != nil {
		return err
	}
	if !on {
		return remove(run)
	}
	var command []string
	for _, arg := range append([]string{e.program}, e.args...) {
		command = append(command, syscall.EscapeArg(arg))
	}
	// Only a path with a space gets quotation marks, and the installer compares what begins with them.
	if !strings.HasPrefix(command[0], `"`) {
		command[0] = `"` + command[0] + `"`
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, run, registry.SET_VALUE)
	if err != nil {
		return err
	}
	return errors.Join(k.SetStringValue(name, strings.Join(command, " ")), k.Close())
}

// value returns what read returns of a key, and "" if there is no such key or value.
func value(path string, read func(registry.Key) (string, error)) (string, error) {
	k, err := registry.OpenKey(registry.CURRENT_USER, path, registry.QUERY_VALUE)
	if err == nil {
		defer k.Close()
		var found string
		if found, err = read(k); err == nil {
			return found, nil
		}
	}
	if errors.Is(err, registry.ErrNotExist) {
		return "", nil
	}
	return "", request.Errorf("login_read", "whether the program starts at login cannot be read: %w", err)
}

// remove removes the value from a key, if it is there.
func remove(path string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, path, registry.SET_VALUE)
	if err == nil {
		defer k.Close()
		err = k.DeleteValue(name)
	}
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
