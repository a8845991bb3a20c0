package program

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"countersign/core/home"
)

const (
	logName = "countersign.log"
	maxLog  = 2 << 20 // bytes; the file before it is kept, too
)

// Log is a log file in the home, readable for its owner alone. When it is full, it replaces the one
// before it and a new one begins. One process writes it.
type Log struct {
	mu   sync.Mutex
	path string
	max  int64
	file *os.File
	size int64
}

// OpenLog opens the log of a home and appends to it.
func OpenLog(dir home.Dir) (*Log, error) {
	if err := os.MkdirAll(dir.Log(), 0o700); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l := &Log{path: filepath.Join(dir.Log(), logName), max: maxLog}
	return l, l.open()
}

func (l *Log) open() error {
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

// Write implements [io.Writer]. It never splits a line.
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

// rotate begins a new file. It closes the old one first: some systems cannot rename an open file.
func (l *Log) rotate() error {
	err := l.file.Close()
	l.file = nil
	return errors.Join(err, os.Rename(l.path, l.path+".1"), l.open())
}

// Close closes the file. Later writes fail.
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
