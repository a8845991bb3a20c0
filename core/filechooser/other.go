//go:build !linux && !freebsd && !netbsd && !openbsd && !windows

package filechooser

import "context"

// Show returns [ErrNoDialog].
func Show(context.Context, Dialog) (Answer, error) { return Answer{}, ErrNoDialog }
