// Package handover keeps a home to one window. When the program is started a second time, it
// hands its files to the window that is open already, through a Unix socket that only the
// owner of the home can reach. On Windows, a named pipe takes the place of the socket.
//
// A lock decides which process is the primary one. The kernel releases it when the process ends,
// also after a crash. The socket only transports messages. A message is untrusted: it is bounded and
// checked, and contains nothing but a list of paths. The package opens none of these files.
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

	"countersign/core/connlimit"
	"countersign/core/home"
	"countersign/core/request"
)

// lockName is the name of the lock that the primary process holds.
const lockName = "window"

// addressFile is the name of a file in the home. It contains the path of the socket if the home's own path is too long for a socket, and on
// Windows always the name of the pipe.
const addressFile = "window.address"

const (
	maxAddress     = 4 << 10   // bytes of that file
	maxFiles       = 1000      // in a message
	maxPathLen     = 4096      // bytes of a path
	maxMessage     = 256 << 10 // bytes of a message on the socket
	maxAnswer      = 256       // bytes of an answer on the socket
	maxConnections = 16        // at the same time
)

// handleTimeout is shorter than sendTimeout: the receiver gives up before the sender does. Otherwise
// it could accept the files of a sender that has already reported a failure.
const (
	sendTimeout   = 10 * time.Second
	handleTimeout = 7 * time.Second
	retryInterval = 20 * time.Millisecond
)

// The answers to a message.
const (
	answerAccepted = "ok"
	answerLater    = "later" // the window is closing: try again
	answerRefused  = "refused"
)

// ErrNoAnswer is returned when another process is the primary one and does not accept the message in
// time.
var ErrNoAnswer = request.Errorf("window_silent", "the open window of this desk does not respond: close it, or end countersign in the system's list of programs, and start again")

// errNotPrivate is returned when the folder of a socket does not belong to this user alone.
var errNotPrivate = request.Errorf("socket_open", "other users can reach the folder of its socket")

var errRefused = request.Errorf("window_other_version", "the open window of this desk is another version of the program: close it and start again")

// Message is what a program that was started a second time sends to the primary process.
type Message struct {
	Files []string // absolute paths
}

// sentMessage is a [Message] on the socket. A program of an older version refuses one with a path that is not UTF-8.
type sentMessage struct {
	Files []sentPath `json:"files,omitempty"`
}

// sentPath is a path in JSON: a string, or an object with the bytes of a path that is not UTF-8. A JSON string cannot have
// such bytes (RFC 8259, section 8.1), but the name of a file can.
type sentPath string

// pathBytes is the object for a path that is not UTF-8.
type pathBytes struct {
	Bytes []byte `json:"bytes"` // in Base64
}

// MarshalJSON returns a string for a path in UTF-8, and an object for any other.
func (p sentPath) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal(pathBytes{[]byte(p)})
}

// UnmarshalJSON accepts what MarshalJSON returns.
func (p *sentPath) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, (*string)(p)); err == nil {
		return nil
	}
	var object pathBytes
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*p = sentPath(object.Bytes)
	return nil
}

// NewMessage returns the message of a program that was started with these paths. Relative paths are
// resolved against the working directory. It fails if there are too many paths, or if one is too long
// or no valid path.
func NewMessage(paths []string) (Message, error) {
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

// check returns an error if the message has too many paths, or one that is too long, relative or has a
// NUL byte.
func (m Message) check() error {
	if len(m.Files) > maxFiles {
		return request.Errorf("start_too_many", "%d files are too many for one start: open at most %d at a time", len(m.Files), maxFiles)
	}
	for _, path := range m.Files {
		switch {
		case len(path) > maxPathLen:
			return request.Errorf("start_long_path", "a path of %d bytes is too long: move the file to a folder with a shorter path", len(path))
		case !filepath.IsAbs(path), strings.ContainsRune(path, 0):
			return request.Errorf("start_no_path", "%q is not a path that can be opened: rename the file", path)
		}
	}
	return nil
}

// marshal checks a message and encodes it as a line of JSON. It fails if the line is longer than a
// message may be.
func (m Message) marshal() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	var sent sentMessage
	for _, path := range m.Files {
		sent.Files = append(sent.Files, sentPath(path))
	}
	line, err := json.Marshal(sent)
	if err != nil {
		return nil, err
	}
	if len(line) >= maxMessage {
		return nil, request.Errorf("start_many", "these are too many files for one start: open fewer at a time")
	}
	return append(line, '\n'), nil
}

// parse decodes a message that another process sent, and checks it with [Message.check].
func parse(line []byte) (Message, error) {
	var sent sentMessage
	if len(line) > maxMessage {
		return Message{}, errors.New("the message is too long")
	}
	if err := json.Unmarshal(line, &sent); err != nil {
		return Message{}, fmt.Errorf("read the message: %w", err)
	}
	var m Message
	for _, path := range sent.Files {
		m.Files = append(m.Files, string(path))
	}
	if err := m.check(); err != nil {
		return Message{}, err
	}
	return m, nil
}

// Primary is the primary process of a home, which has the window. The caller must close it.
type Primary struct {
	lock     *home.Lock
	listener net.Listener
	remove   func() // removes the folder of the socket, if there is one
	log      *slog.Logger
}

// Start makes this process the primary one of the home, or sends m to the process that is. In the
// second case it returns nil and no error once the message was accepted, and this process should
// end. It fails with [ErrNoAnswer] if the primary process does not accept the message within ten
// seconds, and with the error of ctx if ctx ends first.
func Start(ctx context.Context, dir home.Dir, m Message, log *slog.Logger) (*Primary, error) {
	return start(ctx, dir, m, log, sendTimeout)
}

func start(ctx context.Context, dir home.Dir, m Message, log *slog.Logger, timeout time.Duration) (*Primary, error) {
	line, err := m.marshal()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, ErrNoAnswer)
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
			return nil, request.Errorf("window_unreachable", "the window of this desk cannot be reached: close it and start again (%w)", err)
		}
		// The process that has the lock does not listen yet, or no longer.
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// IsOpen reports whether a process has the home open as its primary process, which is the one with the window.
func IsOpen(dir home.Dir) (bool, error) {
	lock, err := dir.TryLock(lockName)
	if lock == nil || err != nil {
		return err == nil, err
	}
	return false, lock.Release()
}

// listen takes the lock of the primary process and listens on the socket. It returns nil, and no
// error, if another process has the lock.
func listen(ctx context.Context, dir home.Dir, log *slog.Logger) (*Primary, error) {
	lock, err := dir.TryLock(lockName)
	if lock == nil || err != nil {
		return nil, err
	}
	l, remove, err := bind(ctx, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for a second start: %w", err), lock.Release())
	}
	return &Primary{lock: lock, listener: l, remove: remove, log: log}, nil
}

// send sends a line, which marshal returned, to the primary process and returns the answer: one of
// the answer constants, unless the other program is of another version.
func send(ctx context.Context, dir home.Dir, line []byte) (answer string, err error) {
	c, err := dial(ctx, dir)
	if err != nil {
		return "", err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if _, err := c.Write(line); err != nil {
		return "", err
	}
	answer, err = bufio.NewReader(io.LimitReader(c, maxAnswer)).ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// Serve calls the function accept with every message until ctx is done; calls may run at the same
// time. It returns nil after ctx is done and all calls have returned, and an error if listening
// fails. If accept returns nil, the sender learns that its message has arrived. If it returns an
// error, the sender tries again, and becomes the primary process if this one ends meanwhile. The
// context of a call ends before the sender gives up. When too many connections are open, those
// without a message make room for new ones, whose senders would otherwise try again in vain.
func (f *Primary) Serve(ctx context.Context, accept func(context.Context, Message) error) error {
	defer context.AfterFunc(ctx, func() { _ = f.listener.Close() })()
	var work sync.WaitGroup
	defer work.Wait()
	listener := connlimit.New(f.listener, maxConnections)
	for {
		c, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = c.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("listen for a second start: %w", err)
		}
		work.Go(func() { f.handle(ctx, c.(*connlimit.Conn), accept) })
	}
}

// handle reads one message from a connection and answers it.
func (f *Primary) handle(ctx context.Context, c *connlimit.Conn, accept func(context.Context, Message) error) {
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })() // for a sender that sends nothing
	answer := answerAccepted
	line, err := bufio.NewReader(io.LimitReader(c, maxMessage)).ReadBytes('\n')
	if ctx.Err() != nil || errors.Is(err, net.ErrClosed) { // too slow, or closed for another sender
		return
	}
	c.Answering()
	var m Message
	if err == nil {
		m, err = parse(line)
	}
	if err != nil {
		f.log.Warn("a second start sent a malformed message", "error", err)
		answer = answerRefused
	} else if err := accept(ctx, m); err != nil {
		f.log.Info("a second start was told to try again", "error", err)
		answer = answerLater
	}
	_ = c.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(c, answer+"\n"); err != nil {
		f.log.Info("a second start did not wait for its answer", "error", err)
	}
}

// Close stops listening and releases the lock, so that another process can become the primary one. It
// must not be called while Serve runs.
func (f *Primary) Close() error {
	_ = f.listener.Close() // Serve may have closed it already
	f.remove()
	return f.lock.Release()
}
