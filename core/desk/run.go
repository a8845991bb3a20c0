package desk

import (
	"context"
	"sync"
	"time"

	"countersign/core/gateway"
)

const (
	settleLock = "settle"
	askAtOnce  = 4 // how many visits of one gateway are settled in parallel
)

// Run listens for returning browsers and settles visits until ctx ends or the desk is closed. While
// another process of the home settles visits, it only listens. A program that begins visits has to
// run it all the time. It returns an error when it cannot listen at all, or cannot wait for its
// turn; other failures are logged, and settling starts again.
func (d *Desk) Run(ctx context.Context) error {
	return d.life.Run(ctx, d.run)
}

func (d *Desk) run(ctx context.Context) error {
	if err := d.hearReturns(ctx); err != nil {
		return err
	}
	lock, err := d.cfg.Home.WaitLock(ctx, settleLock)
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { d.followReturns(ctx) })
	if d.ledger.Desk() != "" {
		work.Go(func() { d.handInAll(ctx) })
	}
	if d.cfg.Office != nil {
		work.Go(func() { d.stayHere(ctx) })
		work.Go(func() { d.takeOverAll(ctx) })
	}
	for pause := onceBack; ; {
		err := d.settleAll(ctx)
		if ctx.Err() != nil {
			return lock.Release()
		}
		// For example, another program kept the ledger locked for too long. What is to be done is
		// found again.
		d.cfg.Log.Warn("settling starts again", "error", err)
		select {
		case <-time.After(pause.take()):
		case <-ctx.Done():
		}
	}
}

// hearReturns listens on the desk's own port and on those of the gateways, so that returns after a
// restart arrive. It returns an error only for the desk's own port; another port that is taken is
// logged, and tried again in the background.
func (d *Desk) hearReturns(ctx context.Context) error {
	if _, err := d.listenOn(ctx, 0); err != nil {
		return err
	}
	if err := d.listenTo(ctx, d.portOf(gateway.Profile{})); err != nil {
		d.cfg.Log.Warn("the callback port of the settings cannot be used", "error", err)
	}
	profiles, err := d.gateways.Profiles()
	if err != nil {
		d.cfg.Log.Warn("the gateways cannot be read", "error", err)
		return nil
	}
	for _, p := range profiles.List {
		if p.CallbackPort == 0 {
			continue
		}
		if err := d.listenTo(ctx, p.CallbackPort); err != nil {
			d.cfg.Log.Warn("a callback port cannot be used", "gateway", p.Name, "error", err)
		}
	}
	return nil
}
