package desk

import (
	"context"
	"errors"

	"countersign/core/input"
	"countersign/core/request"
)

// Edit changes the title, the reference and the due date of a request, whatever its status. A
// gateway that was told the old ones keeps them. It returns an error if title is empty, if title or reference is
// too long, or if due is neither empty nor a date like 2006-01-02.
func (d *Desk) Edit(ctx context.Context, id request.ID, title, reference, due string) (request.Request, error) {
	if err := checkDue(due); err != nil {
		return request.Request{}, err
	}
	return d.change(ctx, id, func(r request.Request) ([]request.Event, error) {
		edited := request.Edited{Title: r.Title, Reference: r.Reference, Due: due}
		var problems [2]error
		if title != r.Title {
			edited.Title, problems[0] = input.Title.Clean(title)
		}
		if reference != r.Reference {
			edited.Reference, problems[1] = input.Reference.Clean(reference)
		}
		switch err := errors.Join(problems[:]...); {
		case err != nil:
			return nil, err
		case edited.Title == "":
			return nil, request.Errorf("title_missing", "a request needs a title: enter one")
		case edited == (request.Edited{Title: r.Title, Reference: r.Reference, Due: r.Due}):
			return nil, nil
		}
		return []request.Event{{Kind: request.KindEdited, By: d.cfg.Person, Edited: &edited}}, nil
	})
}
