package desk

import (
	"context"
	"errors"
	"net"
	"time"

	"countersign/core/home"
	"countersign/core/request"
)

// ErrBrowser is returned by [Desk.OpenBrowser] when the browser did not start. The address of the
// visit can still be opened by hand.
var ErrBrowser = request.Errorf("browser_not_started", "the browser did not start")

// OpenBrowser opens the address of a visit in the browser, and records with the requests of the visit
// that it was opened, or why not. When the browser does not start, the error wraps [ErrBrowser].
//
// The browser is started with a one-time address of this computer, which sends it on to the gateway:
// every user of the computer can read the command lines of all processes, and the address of a visit
// may contain the ticket of its return.
func (d *Desk) OpenBrowser(ctx context.Context, visit request.Visit) error {
	event := request.Event{Kind: request.KindOpened, By: d.cfg.Person}
	failure := error(nil)
	if d.cfg.OpenURL == nil {
		failure = request.Errorf("browser", "%w: open the address in a browser yourself", ErrBrowser)
	} else if err := d.openOnce(ctx, visit.URL); err != nil {
		failure = request.Errorf("browser_because", "%w (%w): open the address in a browser yourself", ErrBrowser, err)
	}
	if failure != nil {
		event = request.Event{Kind: request.KindOpenFailed, By: d.cfg.Person, Reason: failure.Error(), Cause: request.CauseOf(failure)}
	}
	return errors.Join(failure, d.noteVisit(ctx, visit, event))
}

// Shown records that the address of a visit was shown to a person instead of opening a browser.
func (d *Desk) Shown(ctx context.Context, visit request.Visit) error {
	shown := request.Sentencef(request.CodeAddressShown, "the address was shown")
	return d.noteVisit(ctx, visit, request.Event{Kind: request.KindOpened, By: d.cfg.Person, Reason: shown.Text, Cause: shown.Cause})
}

// openOnce starts the browser with a one-time address that leads to target.
func (d *Desk) openOnce(ctx context.Context, target string) error {
	port, err := d.serveOpener(ctx)
	if err != nil {
		return err
	}
	address, drop := d.opener.Address(port, target)
	if err := d.cfg.OpenURL(address); err != nil {
		drop()
		return err
	}
	return nil
}

// serveOpener makes this process answer its one-time addresses, unless it does so already, and returns
// the port on which it does.
func (d *Desk) serveOpener(ctx context.Context) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.openPort != 0 {
		return d.openPort, nil
	}
	l, err := home.Listen(ctx, 0)
	if err != nil {
		return 0, err
	}
	started := d.life.Go(func(ctx context.Context) {
		if err := d.opener.Serve(ctx, l); err != nil {
			d.cfg.Log.Error("one-time addresses are not answered any more", "error", err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.openPort = 0
	})
	if !started {
		return 0, errors.Join(net.ErrClosed, l.Close())
	}
	d.openPort = home.PortOf(l)
	return d.openPort, nil
}

// maxStartTime is how long [Desk.AwaitBrowsers] waits at most.
const maxStartTime = 10 * time.Second

// AwaitBrowsers waits until each browser that this program has started was sent on to its gateway, for
// ten seconds at most. It is for a program that is about to end: a browser that comes later would find
// nothing at its one-time address. It returns at once when ctx is done.
func (d *Desk) AwaitBrowsers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, maxStartTime)
	defer cancel()
	d.opener.Await(ctx)
}
