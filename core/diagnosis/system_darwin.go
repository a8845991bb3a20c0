package diagnosis

import (
	"runtime"

	"countersign/core/request"
)

// portOwner returns the zero value: on this system it is not known which program listens on a port.
func portOwner(int) request.Sentence { return request.Sentence{} }

// SystemName returns the name of the operating system, and its version where it is known.
func SystemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
