package teamtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Proxy is a network between clients and a cluster, which can be cut, held and slowed.
type Proxy struct {
	folder   string
	listener net.Listener
	work     sync.WaitGroup

	mu      sync.Mutex
	changed *sync.Cond
	target  *Cluster
	state   network
	open    map[net.Conn]bool
}

// network is what a proxy does with what it is given.
type network int

const (
	whole       network = iota
	slow                // a few bytes at a time
	heldAnswers         // what the server says does not arrive
	held                // nothing arrives
	cut                 // there is no connection
)

// NewProxy makes a network before a cluster, as whole as any. The caller calls [Proxy.Close].
func NewProxy(target *Cluster) (*Proxy, error) {
	folder, err := newFolder()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", socket(folder))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	p := &Proxy{folder: folder, listener: listener, target: target, open: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.work.Go(p.accept)
	return p, nil
}

func socket(folder string) string { return filepath.Join(folder, ".s.PGSQL.5432") }

// Close ends all connections.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.Cut()
	p.work.Wait()
	return errors.Join(err, os.RemoveAll(p.folder))
}

// Retarget ends all connections and leads new ones to another cluster.
func (p *Proxy) Retarget(c *Cluster) {
	p.mu.Lock()
	p.target = c
	p.mu.Unlock()
	p.closeAll()
}

// Cut ends all connections and takes no new ones. What was held is lost.
func (p *Proxy) Cut() {
	p.set(cut)
	p.closeAll()
}

// Hold has nothing arrive any more.
func (p *Proxy) Hold() { p.set(held) }

// HoldAnswers has the clients hear nothing any more of the server, which still hears them.
func (p *Proxy) HoldAnswers() { p.set(heldAnswers) }

// Slow lets everything through in small pieces.
func (p *Proxy) Slow() { p.set(slow) }

// Mend lets everything through, also what was held.
func (p *Proxy) Mend() { p.set(whole) }

func (p *Proxy) set(n network) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = n
	p.changed.Broadcast()
}

func (p *Proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		p.end(c)
	}
}

// end closes a connection. The caller has locked mu.
func (p *Proxy) end(c net.Conn) {
	_ = c.Close()
	delete(p.open, c)
	p.changed.Broadcast()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	path := socket(p.target.folder)
	p.mu.Unlock()
	server, err := net.Dial("unix", path)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.open[client], p.open[server] = true, true
	if p.state == cut {
		p.end(client)
		p.end(server)
	}
	p.mu.Unlock()
	p.work.Go(func() { p.forward(server, client, heldAnswers) })
	p.forward(client, server, held)
}

// forward passes on what one end says to the other, until one of them has ended. Nothing is passed on in the state stop and those after it.
func (p *Proxy) forward(from, to net.Conn, stop network) {
	defer func() {
		p.mu.Lock()
		p.end(from)
		p.end(to)
		p.mu.Unlock()
	}()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			piece, open := p.next(rest, to, stop)
			if !open {
				return
			}
			if _, err := to.Write(piece); err != nil {
				return
			}
			rest = rest[len(piece):]
		}
		if err != nil {
			return
		}
	}
}

// next waits until something may be passed on, and returns what.
func (p *Proxy) next(rest []byte, to net.Conn, stop network) (piece []byte, open bool) {
	p.mu.Lock()
	for p.open[to] && p.state >= stop {
		p.changed.Wait()
	}
	state, open := p.state, p.open[to]
	p.mu.Unlock()
	if state == slow {
		time.Sleep(time.Millisecond)
		rest = rest[:min(len(rest), 200)]
	}
	return rest, open
}

// DSN returns how a login connects to a database by whichever of several networks leads to a server that can be written to.
func DSN(login, database string, through ...*Proxy) string {
	hosts := ""
	for i, p := range through {
		if i > 0 {
			hosts += ","
		}
		hosts += p.folder
	}
	return fmt.Sprintf("host=%s user=%s dbname=%s target_session_attrs=read-write", hosts, login, database)
}
