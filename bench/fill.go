package main

import (
	"context"
	"errors"
	"iter"

	"countersign/core/ledger"
)

// load fills the ledger in an empty folder.
func load(ctx context.Context, dir string, o office) (err error) {
	l, err := ledger.Open(ctx, dir, ledger.Options{Exclusive: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return l.Load(ctx, withoutErrors(o.events()))
}

// withoutErrors yields each event with no error.
func withoutErrors(events iter.Seq[ledger.Recorded]) iter.Seq2[ledger.Recorded, error] {
	return func(yield func(ledger.Recorded, error) bool) {
		for r := range events {
			if !yield(r, nil) {
				return
			}
		}
	}
}
