//go:build !unix

package ledger

// isReadOnly reports whether the disk is mounted read-only. Systems other than Unix report that
// as a permission error.
func isReadOnly(error) bool { return false }
