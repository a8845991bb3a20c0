package connlimit_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"countersign/core/connlimit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener whose connections are in memory.
type pipes struct{ conns chan net.Conn }

func (p *pipes) Accept() (net.Conn, error) {
	if c, ok := <-p.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return nil }

func isOpen(c *connlimit.Conn) bool {
	return !errors.Is(c.SetDeadline(time.Time{}), io.ErrClosedPipe)
}

func TestWhoMakesRoom(t *testing.T) {
	p := &pipes{conns: make(chan net.Conn, 2)}
	l := connlimit.New(p, 3)
	dial := func() {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { ours.Close() })
		p.conns <- theirs
	}
	accept := func() *connlimit.Conn {
		t.Helper()
		dial()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c.(*connlimit.Conn)
	}
	check := func(what string, c *connlimit.Conn, open bool) {
		t.Helper()
		if isOpen(c) != open {
			t.Errorf("%s is open: %v", what, !open)
		}
	}
	first, second, third := accept(), accept(), accept()
	first.Answering()
	fourth := accept()
	check("the one that is answered", first, true)
	check("the one that waits longest", second, false)
	first.Answered()
	fifth := accept()
	check("the one that was answered lately", first, true)
	check("the one that waits longest now", third, false)
	second.Answering() // as a server may that has not noticed
	second.Answered()
	second.Close()
	fourth.Close()
	sixth := accept()
	check("nobody has to go after a close: the first", first, true)
	check("nobody has to go after a close: the fifth", fifth, true)

	for _, c := range []*connlimit.Conn{first, fifth, sixth} {
		c.Answering()
	}
	dial() // is closed, since all are being answered
	close(p.conns)
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	for _, c := range []*connlimit.Conn{first, fifth, sixth} {
		check("one that is answered", c, true)
	}
}
