// Package handover keeps a home to one window. Who starts the program a second time has its
// files handed to the window that is open, through a socket in the home that only its
// owner can reach.
//
// A lock that the kernel takes back from a process however it ends says who is first;
// the socket only carries. What comes over it is data: bounded, checked, and never more
// than a list of paths. The package opens none of them and draws nothing.
package handover

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"countersign/core/home"
)

// lockName is the lock of the process that has the home's window.
const lockName = "window"

const (
	maxFiles       = 1000
	maxPathLen     = 4096
	maxMessage     = 256 << 10 // bytes of a message on the wire
	maxAnswer      = 256
	maxConnections = 16 // that are heard at once; a person starts one at a time
)

// How long to wait. Who hears has to give up first, so that nothing is taken from a
// sender that has said already that it failed.
const (
	sendTimeout   = 10 * time.Second
	handleTimeout = 7 * time.Second
	retryInterval = 20 * time.Millisecond
)

// What a sender is answered.
const (
	answerAccepted = "ok"
	answerLater    = "later" // the window is just closing
	answerRefused  = "refused"
)

// ErrSilent says that somebody has the home's window and does not answer.
var ErrSilent = errors.New("the window that is open on this desk does not answer: close it, or end countersign in the system's list of programs, and start again")

var errRefused = errors.New("the window that is open on this desk does not understand this program: close it and start again")

// Message is what a start brings along.
type Message struct {
	Files []string `json:"files,omitempty"` // absolute paths
}

// For makes the message of a start with these paths, relative ones being meant from here.
func For(paths []string) (Message, error) {
	var m Message
	for _, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return Message{}, fmt.Errorf("find %s: %w", path, err)
		}
		m.Files = append(m.Files, abs)
	}
	return m, m.check()
}

func (m Message) check() error {
	if len(m.Files) > maxFiles {
		return fmt.Errorf("%d files are too many for one start: at most %d", len(m.Files), maxFiles)
	}
	for _, path := range m.Files {
		switch {
		case len(path) > maxPathLen:
			return fmt.Errorf("a path of %d bytes is too long", len(path))
		case !filepath.IsAbs(path), strings.ContainsRune(path, 0), !utf8.ValidString(path):
			return fmt.Errorf("%q is not the path of a file that can be handed over", path)
		}
	}
	return nil
}

func (m Message) marshal() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if len(line) >= maxMessage {
		return nil, errors.New("these are too many files for one start: open fewer at a time")
	}
	return append(line, '\n'), nil
}

// parse reads a message that somebody sent.
func parse(line []byte) (Message, error) {
	var m Message
	if len(line) > maxMessage {
		return Message{}, errors.New("the message is too long")
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return Message{}, fmt.Errorf("read the message: %w", err)
	}
	if err := m.check(); err != nil {
		return Message{}, err
	}
	return m, nil
}

// First is being the one window of a home. Close it when the window is closed.
type First struct {
	lock     *home.Lock
	listener net.Listener
	remove   func() // what was made for the socket
	log      *slog.Logger
}

// Start makes this process the home's window, or hands the message to the one that is. Then
// there is no First, and this process has nothing more to do. It fails with
// [ErrSilent] when neither is possible.
func Start(ctx context.Context, dir home.Dir, m Message, log *slog.Logger) (*First, error) {
	return start(ctx, dir, m, log, sendTimeout)
}

func start(ctx context.Context, dir home.Dir, m Message, log *slog.Logger, patience time.Duration) (*First, error) {
	line, err := m.marshal()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrSilent)
	defer cancel()
	retry := time.NewTicker(retryInterval)
	defer retry.Stop()
	for {
		first, err := listen(ctx, dir, log)
		if first != nil || err != nil {
			return first, err
		}
		answer, err := send(ctx, dir, line)
		switch {
		case err == nil && answer == answerAccepted:
			return nil, nil
		case err == nil && answer != answerLater:
			return nil, errRefused
		case errors.Is(err, fs.ErrPermission), errors.Is(err, errNotPrivate):
			return nil, fmt.Errorf("the window of this desk cannot be reached: %w", err)
		}
		// Who has the lock does not listen yet, or no longer.
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// listen takes the job if nobody has it. Whatever socket there is then is left over.
func listen(ctx context.Context, dir home.Dir, log *slog.Logger) (*First, error) {
	lock, err := dir.TryLock(lockName)
	if lock == nil || err != nil {
		return nil, err
	}
	l, remove, err := bind(ctx, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for a second start: %w", err), lock.Release())
	}
	return &First{lock: lock, listener: l, remove: remove, log: log}, nil
}

func send(ctx context.Context, dir home.Dir, line []byte) (answer string, err error) {
	path, err := socketPath(dir)
	if err != nil {
		return "", err
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return "", err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := c.Write(line); err != nil {
		return "", err
	}
	answer, err = bufio.NewReader(io.LimitReader(c, maxAnswer)).ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// Serve gives every message to take until ctx ends. A sender is told that its message
// arrived after take has given nil; an error makes it try again, and become first itself if
// this process ends. The context of take ends before the sender gives up.
func (f *First) Serve(ctx context.Context, take func(context.Context, Message) error) error {
	defer context.AfterFunc(ctx, func() { f.listener.Close() })()
	var work sync.WaitGroup
	defer work.Wait()
	slots := make(chan struct{}, maxConnections)
	for {
		c, err := f.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("listen for a second start: %w", err)
		}
		select {
		case slots <- struct{}{}:
			work.Go(func() {
				defer func() { <-slots }()
				f.handle(ctx, c, take)
			})
		default:
			c.Close() // it tries again
		}
	}
}

func (f *First) handle(ctx context.Context, c net.Conn, take func(context.Context, Message) error) {
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })() // a sender that sends nothing
	answer := answerAccepted
	line, err := bufio.NewReader(io.LimitReader(c, maxMessage)).ReadBytes('\n')
	if ctx.Err() != nil {
		return
	}
	var m Message
	if err == nil {
		m, err = parse(line)
	}
	if err != nil {
		f.log.Warn("a second start said what is not understood", "error", err)
		answer = answerRefused
	} else if err := take(ctx, m); err != nil {
		f.log.Info("a second start was told to try again", "error", err)
		answer = answerLater
	}
	c.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(c, answer+"\n"); err != nil {
		f.log.Info("a second start did not wait for its answer", "error", err)
	}
}

// Close lets the next start be first. Serve must be over, or never have begun.
func (f *First) Close() error {
	f.listener.Close() // again, if Serve did
	f.remove()
	return f.lock.Release()
}
