//go:build !unix

package handover

import "io/fs"

// isOurs: elsewhere a user's folder for temporary files is out of reach of the others.
func isOurs(fs.FileInfo) bool { return true }
