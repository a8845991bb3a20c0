//go:build !unix

package handover

import "io/fs"

// isPrivate reports whether a folder belongs to this user alone. Outside of Unix it relies on
// the permissions of the user's temporary folder.
func isPrivate(fs.FileInfo) bool { return true }
