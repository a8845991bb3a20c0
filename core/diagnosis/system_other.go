//go:build !linux && !darwin && !windows

package diagnosis

import "runtime"

func diskOf(string) disk { return disk{} }

func portOwner(int) string { return "" }

func systemName() string { return runtime.GOOS + "/" + runtime.GOARCH }
