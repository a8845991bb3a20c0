//go:build unix

package compose

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"countersign/core/i18n"
	"countersign/ui/async"
	"countersign/ui/uitest"
)

func TestImportingAPipeFails(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "june.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	q := uitest.NewQueue()
	bg := async.New(q.Dispatch)
	defer func() { bg.Close(); bg.Wait() }()
	s := &form{Composer: New(i18n.English, nil, bg, nil, nil, nil, nil)}
	done := make(chan error, 1)
	go func() {
		done <- s.importList(t.Context(), step{list: entry{path: pipe, name: "june.csv"}}, &result{})
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a pipe was imported")
		}
	case <-time.After(uitest.Patience):
		t.Error("opening the pipe blocks until something is written to it")
	}
}
