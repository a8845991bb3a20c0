//go:build !linux && !darwin && !windows

package network

import "context"

// systemProxy returns the zero value: this system has no such setting that is known here.
func systemProxy(context.Context) SystemProxy { return SystemProxy{} }
