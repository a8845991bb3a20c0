//go:build !linux && !darwin && !windows

package diagnosis

import (
	"runtime"

	"countersign/core/request"
)

func portOwner(int) request.Sentence { return request.Sentence{} }

// SystemName returns the name of the operating system, and its version where it is known.
func SystemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
