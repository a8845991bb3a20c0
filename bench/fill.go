package main

import (
	"context"
	"encoding/json"
	"errors"

	"countersign/core/ledger"
	"countersign/core/request"
)

// recorded is an event of a request as it is stored.
type recorded struct {
	ID    request.ID
	Seq   int
	Event []byte
}

// loadedAtOnce is how many events load appends in one transaction.
const loadedAtOnce = 5000

// load fills the ledger in an empty folder.
func load(ctx context.Context, dir string, o office) (err error) {
	l, err := ledger.Open(ctx, dir, ledger.Options{Exclusive: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	var changes []ledger.Change
	for r := range o.events() {
		var e request.Event
		if err := json.Unmarshal(r.Event, &e); err != nil {
			return err
		}
		changes = append(changes, ledger.Change{ID: r.ID, Version: r.Seq - 1, Events: []request.Event{e}})
		if len(changes) == loadedAtOnce {
			if _, err := l.Append(ctx, changes...); err != nil {
				return err
			}
			changes = changes[:0]
		}
	}
	if len(changes) > 0 {
		_, err = l.Append(ctx, changes...)
	}
	return err
}
