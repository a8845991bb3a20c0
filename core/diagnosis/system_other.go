//go:build !linux && !darwin && !windows

package diagnosis

import (
	"runtime"

	"countersign/core/request"
)

func portOwner(int) request.Sentence { return request.Sentence{} }

func systemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
