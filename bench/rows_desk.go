package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/callback"
	"countersign/core/desk/desktest"
	"countersign/core/desk/fake"
	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
)

// stage is what package desktest needs of a test. Its methods that the package does not call are missing.
type stage struct {
	testing.TB
	ctx      context.Context
	dir      string
	cleanups []func()
}

// failure is the panic that ends a stage.
type failure struct{ error }

func (s *stage) Helper()                  {}
func (s *stage) Context() context.Context { return s.ctx }
func (s *stage) TempDir() string          { return s.dir }
func (s *stage) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }
func (s *stage) Error(args ...any)        { panic(failure{errors.New(fmt.Sprint(args...))}) }
func (s *stage) Fatal(args ...any)        { panic(failure{errors.New(fmt.Sprint(args...))}) }

func (s *stage) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// withDesk opens a desk on a home whose ledger has n requests, and calls the function do with it.
func (b *bench) withDesk(n int, do func(r *desktest.Rig) error) error {
	return b.inScratch(func(dir string) (err error) {
		s := &stage{ctx: b.ctx, dir: dir}
		defer func() {
			if p := recover(); p != nil {
				f, ok := p.(failure)
				if !ok {
					panic(p)
				}
				err = f
			}
			for _, clean := range s.cleanups {
				clean()
			}
		}()
		r := desktest.New(s)
		r.Close()
		if err := b.copyOf(officeOf(n, true), r.Dir.Path()); err != nil {
			return err
		}
		r.Open()
		ctx, cancel := context.WithCancel(b.ctx)
		running := make(chan error, 1)
		go func() { running <- r.Run(ctx) }()
		err = do(r)
		cancel()
		return errors.Join(err, <-running)
	})
}

// measureReturn compares the time from the return of a browser to the notice about the outcome, of a gateway that answers at once, with
// an HTTP handler that commits once.
func (b *bench) measureReturn(n int) error {
	return b.withDesk(n, func(r *desktest.Rig) error {
		floor, err := newFloor(filepath.Join(r.Dir.Path(), "floor.db"))
		if err != nil {
			return err
		}
		defer floor.close()
		var visit request.Visit
		var id request.ID
		var all [2][]time.Duration
		for range 40 {
			q, v := r.Launch("one")
			id, visit = q.ID, v
			r.One.Set(func(g *fake.Gateway) {
				g.Outcomes = map[request.ID]gateway.Outcome{q.ID: fake.NewOutcome(request.Canceled, "canceled", 1)}
			})
			t, err := took(func() error { return visitPage(floor.address) })
			if err != nil {
				return err
			}
			all[1] = append(all[1], t)
			watched, stop := context.WithCancel(b.ctx) // a watcher that stays would read all that follows
			notices, err := r.Ledger.Watch(watched)
			if err != nil {
				stop()
				return err
			}
			t, err = took(func() error {
				if err := visitPage(visit.ReturnURL + "?status=canceled"); err != nil {
					return err
				}
				for r.Request(id).Status != request.Canceled {
					<-notices
				}
				return nil
			})
			stop()
			if err != nil {
				return err
			}
			all[0] = append(all[0], t)
		}
		b.record(oneReturn, n, duration(median(all[0])), duration(median(all[1])))
		return nil
	})
}

// manyReturning is how many browsers come back within a second.
const manyReturning = 500

// measureManyReturns compares how long it takes until many browsers that come back within a second have their landing pages with as many
// commits of as many bytes, which come within a second as well.
func (b *bench) measureManyReturns(n int) error {
	return b.withDesk(n, func(r *desktest.Rig) error {
		floor, err := newFloor(filepath.Join(r.Dir.Path(), "floor.db"))
		if err != nil {
			return err
		}
		defer floor.close()
		returned := []byte(strings.Repeat("r", 400)) // as many bytes as the event and its journal entry
		var all [2][]time.Duration
		for range 3 {
			addresses, err := b.launchMany(r)
			if err != nil {
				return err
			}
			ours, raw, err := alternate(1, func() error {
				return eachInTurn(manyReturning, time.Second, func(i int) error { return visitPage(addresses[i]) })
			}, func() error {
				return eachInTurn(manyReturning, time.Second, func(int) error { return floor.store(returned) })
			})
			if err != nil {
				return err
			}
			all[0], all[1] = append(all[0], ours), append(all[1], raw)
		}
		b.record(manyReturns, n, duration(median(all[0])), duration(median(all[1])))
		return nil
	})
}

// launchMany writes requests whose browsers are out into the ledger, and returns their return addresses.
func (b *bench) launchMany(r *desktest.Rig) (addresses []string, err error) {
	model, visit := r.Launch("one") // from now on the desk hears returns
	at, err := url.Parse(visit.ReturnURL)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		return nil, err
	}
	var changes []ledger.Change
	for i := range manyReturning {
		id, ticket := request.ID(fmt.Sprintf("%s-%05d", model.ID, i)), callback.NewTicket()
		v := request.Visit{ID: request.VisitIDOf(ticket), Gateway: "one", Requests: []request.ID{id}, ProcessID: string(id), URL: "https://one.example/x", ReturnURL: callback.ReturnAddress(port, ticket)}
		added := &request.Added{Title: string(id), Gateway: "one", Documents: []request.Original{model.Documents[0].Original}}
		changes = append(changes, ledger.Change{ID: id, Events: []request.Event{{Kind: request.KindAdded, Added: added}, {Kind: request.KindLaunched, Visit: &v}}})
		addresses = append(addresses, v.ReturnURL)
	}
	_, err = r.Ledger.Append(b.ctx, changes...)
	return addresses, err
}

// eachInTurn calls the function do n times, each on a goroutine of its own, evenly distributed over a time, and returns the errors when
// all have returned.
func eachInTurn(n int, over time.Duration, do func(i int) error) error {
	errs := make([]error, n)
	begin := time.Now()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			time.Sleep(time.Until(begin.Add(over * time.Duration(i) / time.Duration(n))))
			errs[i] = do(i)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func visitPage(address string) error {
	resp, err := http.Get(address) // #nosec G107 -- an address of this program
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return errors.Join(err, fmt.Errorf("status %d", resp.StatusCode))
	}
	return nil
}

// plainServer commits each request to an open database and answers it: the least that a return could cost.
type plainServer struct {
	address string
	db      *bolt.DB
	server  *http.Server
	served  chan error
	stored  atomic.Uint64
}

func newFloor(path string) (*plainServer, error) {
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &plainServer{address: "http://" + l.Addr().String(), db: db, served: make(chan error, 1)}
	s.server = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := db.Update(s.put([]byte(r.URL.RawQuery))); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "You are back.")
	})}
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

// put returns what a transaction does that stores a value under a new key.
func (s *plainServer) put(value []byte) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("returns"))
		if err != nil {
			return err
		}
		return bucket.Put(fmt.Append(nil, s.stored.Add(1)), value)
	}
}

// store stores a value, in one transaction with what others store at the same time.
func (s *plainServer) store(value []byte) error { return s.db.Batch(s.put(value)) }

func (s *plainServer) close() {
	http.DefaultClient.CloseIdleConnections()
	_ = s.server.Close()
	<-s.served
	_ = s.db.Close()
}
