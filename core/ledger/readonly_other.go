//go:build !unix

package ledger

// isReadOnly tells that the disk itself refuses writing. Elsewhere than on Unix that
// is a permission error.
func isReadOnly(error) bool { return false }
