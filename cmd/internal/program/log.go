package program

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"countersign/core/files"
	"countersign/core/home"
)

const maxLog = 2 << 20 // bytes of a log file before a new one begins

// Log is a log file in the home, readable for its owner alone. When it is full, it is renamed to end in
// .1, which replaces the older file of that name, and a new file begins. It is safe for concurrent use,
// but only one process may write it.
type Log struct {
	mu   sync.Mutex
	path string
	last string // where a full file goes
	max  int64
	file *os.File
	size int64
}

// OpenLog opens the log of a home for appending, and makes its folder and file when there are none. The
// caller has to call [Log.Close].
func OpenLog(dir home.Dir) (*Log, error) {
	if err := os.MkdirAll(dir.Log(), 0o700); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	newest, older := dir.LogFiles()
	l := &Log{path: newest, last: older, max: maxLog}
	return l, l.open()
}

func (l *Log) open() error {
	if err := files.CheckKind(l.path); err != nil { // opening a pipe would wait for a reader
		return fmt.Errorf("open the log: %s %w", l.path, err)
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(fmt.Errorf("open the log: %w", err), file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write implements [io.Writer]. It writes the whole of line to one file. After [Log.Close], or when no new
// file could be begun, it returns [fs.ErrClosed].
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && l.size > 0 && l.size+int64(len(line)) > l.max {
		if err := l.rotate(); err != nil {
			return 0, err
		}
	}
	if l.file == nil {
		return 0, fs.ErrClosed
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	return n, err
}

// rotate renames the full file and begins a new one. It closes the full file first, because some systems
// cannot rename an open file.
func (l *Log) rotate() error {
	err := l.file.Close()
	l.file = nil
	return errors.Join(err, files.Rename(l.path, l.last), l.open())
}

// Close closes the file. It may be called more than once.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
