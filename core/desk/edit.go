package desk

import (
	"context"

	"countersign/core/input"
	"countersign/core/request"
)

// Edit changes the title, the reference and the due date of a request, whatever its status. A
// gateway that was told the old ones keeps them. It returns an error if title is empty, or if due is
// neither empty nor a date like 2006-01-02.
func (d *Desk) Edit(ctx context.Context, id request.ID, title, reference, due string) (request.Request, error) {
	edited := request.Edited{Title: input.Label(title), Reference: input.Label(reference), Due: due}
	if edited.Title == "" {
		return request.Request{}, request.Errorf("title_missing", "a request needs a title: enter one")
	}
	if err := checkDue(due); err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		if edited == (request.Edited{Title: r.Title, Reference: r.Reference, Due: r.Due}) {
			return nil, nil
		}
		return []request.Event{{Kind: request.KindEdited, By: d.cfg.Person, Edited: &edited}}, nil
	})
}
