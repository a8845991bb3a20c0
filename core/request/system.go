package request

import (
	"errors"
	"io/fs"
	"slices"
)

// systemCause returns the cause of an error of the system that is the same in every language: what kind
// of error it is, without the system's own words and the path. It returns the zero value for all others.
func systemCause(err error) Cause {
	is := func(target error) bool { return errors.Is(err, target) }
	switch {
	case slices.ContainsFunc(diskFull, is):
		return Sentencef("system_full", "no space is left on the disk").Cause
	case slices.ContainsFunc(readOnly, is):
		return Sentencef("system_read_only", "the disk can only be read").Cause
	case slices.ContainsFunc(nameTooLong, is):
		return Sentencef("system_long_name", "the name is too long").Cause
	case is(fs.ErrPermission):
		return Sentencef("system_forbidden", "the system does not permit it").Cause
	case is(fs.ErrNotExist):
		return Sentencef("system_missing", "there is no such file or folder").Cause
	}
	return Cause{}
}
