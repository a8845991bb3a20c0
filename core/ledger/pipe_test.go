//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// Opening a pipe would block until somebody writes to it.
func TestAuditDoesNotWaitForAPipe(t *testing.T) {
	l, digest, _ := mustNewWovenSigned(t)
	path := l.DocumentPath(digest)
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if f := mustAudit(t, l).Fault; f == nil || f.Kind != Altered || f.Document != digest {
		t.Errorf("fault: %+v", f)
	}
}
