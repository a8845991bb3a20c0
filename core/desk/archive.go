package desk

import (
	"context"

	"countersign/core/input"
	"countersign/core/request"
)

// Archive puts a request away that has ended, for a reason that may be empty. It changes nothing about a request
// that is archived already. For a request that is open, and for a reason that is too long, it returns an error.
func (d *Desk) Archive(ctx context.Context, id request.ID, reason string) (request.Request, error) {
	reason, err := input.Reason.Clean(reason)
	if err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		switch {
		case r.Archived != nil:
			return nil, nil
		case !r.Status.Ended():
			return nil, request.Errorf("archive_open", "%s is %s: only a request that has ended can be archived; withdraw it first", r.Title, r.Status.Sentence())
		}
		return []request.Event{{Kind: request.KindArchived, By: d.cfg.Person, Reason: reason}}, nil
	})
}

// Unarchive removes a request from the archive. It changes nothing about a request that is not archived.
func (d *Desk) Unarchive(ctx context.Context, id request.ID) (request.Request, error) {
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if r.Archived == nil {
			return nil, nil
		}
		return []request.Event{{Kind: request.KindUnarchived, By: d.cfg.Person}}, nil
	})
}
