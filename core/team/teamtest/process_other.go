//go:build !linux

package teamtest

import (
	"errors"
	"syscall"
)

// The servers of tests run on Linux alone; see [Installed].

func ordinary() *syscall.SysProcAttr { return nil }

// Kill returns [errors.ErrUnsupported].
func (c *Cluster) Kill() error { return errors.ErrUnsupported }
