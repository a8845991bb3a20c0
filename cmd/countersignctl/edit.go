package main

import (
	"context"
	"fmt"

	"countersign/core/request"
	"countersign/core/workspace"
)

type editCommand struct {
	ID        string  `arg:"" help:"Request, by the beginning of its id."`
	Title     *string `help:"Another title." placeholder:"TEXT"`
	Reference *string `help:"Another reference; an empty one removes it." placeholder:"TEXT"`
	Due       *string `help:"Another due date; an empty one removes it." placeholder:"2026-12-24"`

	Gateway   *string  `group:"signing, while the request is pending" help:"Another gateway." placeholder:"NAME"`
	Signer    []string `group:"signing, while the request is pending" help:"Who signs, instead of who was named: NAME,EMAIL,COUNTRY,NUMBER. May be repeated; an empty one removes all." sep:"none" placeholder:"SIGNER"`
	Reason    *string  `group:"signing, while the request is pending" help:"Another reason for signing; an empty one leaves it to the gateway." placeholder:"TEXT"`
	Field     *string  `group:"signing, while the request is pending" help:"Another signature field name; an empty one leaves it to the gateway." placeholder:"NAME"`
	Page      *string  `group:"signing, while the request is pending" help:"Another signature page, its number or last; an empty one leaves it to the gateway." placeholder:"N"`
	Rectangle *string  `group:"signing, while the request is pending" help:"Another signature position; an empty one leaves it to the gateway." placeholder:"X,Y,WIDTH,HEIGHT"`
}

func (c *editCommand) Run(ctx context.Context, t *terminal) error {
	described, details := c.Title != nil || c.Reference != nil || c.Due != nil, c.changesDetails()
	if !described && !details {
		return usageError("there is nothing to change: give --title, --reference, --due, --gateway, --signer or --reason")
	}
	change, err := c.detailsChange()
	if err != nil {
		return err
	}
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) {
		r, err := w.Ledger.Get(ctx, id)
		if err == nil && details {
			r, err = w.Desk.ChangeDetails(ctx, id, change)
		}
		if err == nil && described {
			r, err = w.Desk.Edit(ctx, id, given(c.Title, r.Title), given(c.Reference, r.Reference), given(c.Due, r.Due))
		}
		return r, err
	})
}

func (c *editCommand) changesDetails() bool {
	return c.Gateway != nil || len(c.Signer) > 0 || c.Reason != nil || c.Field != nil || c.Page != nil || c.Rectangle != nil
}

// detailsChange returns the change of the signing details that the flags describe. It returns a [usageError] for a flag that
// cannot be read.
func (c *editCommand) detailsChange() (func(*request.SigningDetails), error) {
	if c.Gateway != nil && *c.Gateway == "" {
		return nil, usageError("--gateway is empty: name a gateway")
	}
	var signers []request.Signer
	var rectangle *request.Rectangle
	var err error
	if len(c.Signer) != 1 || c.Signer[0] != "" {
		if signers, err = parseSigners(c.Signer); err != nil {
			return nil, err
		}
	}
	if c.Rectangle != nil && *c.Rectangle != "" {
		if rectangle, err = parseRectangle(*c.Rectangle); err != nil {
			return nil, err
		}
	}
	return func(d *request.SigningDetails) {
		d.Gateway = given(c.Gateway, d.Gateway)
		if len(c.Signer) > 0 {
			d.Signers = signers
		}
		if c.Reason == nil && c.Field == nil && c.Page == nil && c.Rectangle == nil {
			return
		}
		s := request.SignatureOptions{}
		if d.Signature != nil {
			s = *d.Signature
		}
		s.Reason, s.Field, s.Page = given(c.Reason, s.Reason), given(c.Field, s.Field), given(c.Page, s.Page)
		if c.Page != nil || c.Rectangle != nil {
			d.Positions = nil // those of single documents would count before the new one
		}
		if c.Rectangle != nil {
			s.Rectangle = rectangle
		}
		d.Signature = &s
	}, nil
}

// given returns what was typed for a flag, or the current value when the flag was not given and typed is nil.
func given(typed *string, current string) string {
	if typed != nil {
		return *typed
	}
	return current
}

// signatureText returns how the signature of a request is to look as a short text; empty if that is left to the gateway.
func signatureText(s *request.SignatureOptions) string {
	if s == nil {
		return ""
	}
	text := ""
	add := func(name, value string) {
		if value != "" {
			text += ", " + name + " " + value
		}
	}
	add("reason", s.Reason)
	add("field", s.Field)
	add("page", s.Page)
	if r := s.Rectangle; r != nil {
		add("rectangle", fmt.Sprintf("%g,%g,%g,%g", r.X, r.Y, r.Width, r.Height))
	}
	return text[min(2, len(text)):]
}
