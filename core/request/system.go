package request

import (
	"errors"
	"io/fs"
	"slices"
)

// IsDiskFull reports whether err is that of a write for which the disk has no space left, or the user no quota.
func IsDiskFull(err error) bool { return isAny(err, diskFull) }

// IsNotWritable reports whether err is that of a write to a disk that is mounted read-only, or to a file or
// folder that the user has no permission to write to.
func IsNotWritable(err error) bool { return isAny(err, readOnly) || errors.Is(err, fs.ErrPermission) }

// IsHeld reports whether err is that of a file or folder that could not be changed because another program has it open.
func IsHeld(err error) bool { return isAny(err, held) }

func isAny(err error, targets []error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// systemCause returns the cause of an error of the system that is the same in every language: what kind
// of error it is, without the system's own words and the path. It returns the zero value for all others.
func systemCause(err error) Cause {
	switch {
	case isAny(err, diskFull):
		return Sentencef("system_full", "no space is left on the disk").Cause
	case isAny(err, readOnly):
		return Sentencef("system_read_only", "the disk is read-only").Cause
	case isAny(err, held):
		return Sentencef("system_held", "another program has the file open: close it there").Cause
	case isAny(err, nameTooLong):
		return Sentencef("system_long_name", "the name is too long").Cause
	case errors.Is(err, fs.ErrPermission):
		return Sentencef("system_forbidden", "the system does not allow it").Cause
	case errors.Is(err, fs.ErrNotExist):
		return Sentencef("system_missing", "there is no such file or folder").Cause
	}
	return Cause{}
}
