package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/desk"
	"countersign/core/input"
	"countersign/core/request"
	"countersign/core/workspace"
)

type addCommand struct {
	Files     []string `arg:"" optional:"" name:"file" help:"PDF files."`
	Gateway   string   `help:"Gateway. Default: the default gateway of the desk." placeholder:"NAME"`
	Title     string   `help:"Title. Default: the file's name."`
	Reference string   `help:"Your own reference."`
	Due       string   `help:"Date by which it should be signed." placeholder:"2026-12-24"`
	Signer    []string `help:"Who signs, for gateways that need to know: NAME,EMAIL,COUNTRY,NUMBER. May be repeated." sep:"none" placeholder:"SIGNER"`
	Together  bool     `help:"One request for all the files, instead of one each."`
	RemoteID  []string `name:"remote-id" help:"Requests that exist at the gateway, by their ids." placeholder:"ID"`
	Link      []string `help:"Requests that exist at a gateway, by the signing link that it mailed. May be repeated." sep:"none" placeholder:"URL"`
	Replaces  string   `help:"An ended request that this one is added in place of. What is not given here is taken from it, its files too." placeholder:"ID"`
	Copy      []string `help:"Who receives the signed file, for gateways that send it: NAME,EMAIL. May be repeated." sep:"none" placeholder:"PERSON"`

	Reason    string `group:"signature" help:"Reason for signing, instead of the gateway's." placeholder:"TEXT"`
	Field     string `group:"signature" help:"Signature field name in the PDF." placeholder:"NAME"`
	Page      string `group:"signature" help:"Signature page: its number, or last." placeholder:"N"`
	Rectangle string `group:"signature" help:"Signature position, in points from the lower left corner of the page." placeholder:"X,Y,WIDTH,HEIGHT"`
}

func (c *addCommand) Run(ctx context.Context, t *terminal) error {
	base, err := c.base()
	if err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, c.Due); c.Due != "" && err != nil {
		return usageError(fmt.Sprintf("--due %q is not a date: enter it like 2026-12-24", c.Due))
	}
	ways := 0
	for _, given := range [][]string{c.Files, c.RemoteID, c.Link} {
		if len(given) > 0 {
			ways++
		}
	}
	switch {
	case slices.ContainsFunc(c.RemoteID, func(id string) bool { return strings.TrimSpace(id) == "" }):
		return usageError("--remote-id has an empty id: give ids with commas between them")
	case c.Replaces != "" && (len(c.Link)+len(c.RemoteID) > 0 || len(c.Files) > 1 && !c.Together):
		return usageError("--replaces adds one request: name its file, several files with --together, or none")
	case c.Replaces != "":
	case ways == 0:
		return usageError("there is nothing to add: name a PDF file, or give --remote-id or --link")
	case ways > 1:
		return usageError("give files, --remote-id or --link, but only one of them")
	case len(c.Link) > 0 && c.Gateway != "":
		return usageError("--link finds its gateway by itself: leave --gateway out")
	}
	return t.withWorkspace(ctx, func(w *workspace.Workspace) error {
		all := c.split(base)
		var failures []error
		if c.Replaces != "" {
			n, err := c.replacement(ctx, w, base)
			if err != nil {
				return err
			}
			all = []desk.New{n}
		}
		for _, link := range c.Link {
			linked, err := requestsOf(ctx, w, link, base)
			failures, all = append(failures, err), append(all, linked...)
		}
		for _, n := range all {
			r, err := w.Desk.Add(ctx, n)
			if here, ok := errors.AsType[*desk.AlreadyAddedError](err); ok {
				printf(t.err, "countersignctl: %v\n", here)
				continue
			}
			if err != nil {
				failures = append(failures, err)
				continue
			}
			if err := t.requests(w, r); err != nil {
				return err
			}
		}
		return errors.Join(failures...)
	})
}

// split returns the requests to be added, each a copy of base with a remote id or with files: one for each remote id, and one
// for each file, or with --together one for all files. It skips remote ids that are repeated.
func (c *addCommand) split(base desk.New) []desk.New {
	var all []desk.New
	seen := map[string]bool{}
	for _, id := range c.RemoteID {
		id = strings.TrimSpace(id)
		if n := base; !seen[id] {
			n.RemoteID, seen[id] = id, true
			all = append(all, n)
		}
	}
	for _, path := range c.Files {
		file := input.Path(path)
		if c.Together && len(all) > 0 {
			all[0].Files = append(all[0].Files, file)
			continue
		}
		n := base
		n.Files = []input.File{file}
		all = append(all, n)
	}
	return all
}

// replacement returns the request that is added in place of c.Replaces: with what that one was added with, and with what the command
// says instead.
func (c *addCommand) replacement(ctx context.Context, w *workspace.Workspace, base desk.New) (desk.New, error) {
	before, err := w.Desk.Find(ctx, c.Replaces)
	if err != nil {
		return desk.New{}, err
	}
	n, err := w.Desk.Template(ctx, before.ID)
	if err != nil {
		return desk.New{}, err
	}
	n.Replaces, n.Again = before.ID, true
	n.Gateway, n.Title, n.Reference, n.Due = cmp.Or(base.Gateway, n.Gateway), cmp.Or(base.Title, n.Title), cmp.Or(base.Reference, n.Reference), cmp.Or(base.Due, n.Due)
	if len(base.Signers) > 0 {
		n.Signers = base.Signers
	}
	if len(base.Copies) > 0 {
		n.Copies = base.Copies
	}
	if base.Signature != nil {
		n.Signature, n.Positions = base.Signature, nil
	}
	if len(c.Files) > 0 {
		n.Files, n.Positions, n.RemoteID = nil, nil, "" // the positions are those in the other files
		for _, path := range c.Files {
			n.Files = append(n.Files, input.Path(path))
		}
	}
	return n, nil
}

// requestsOf returns a request to be added for each remote id in a signing link: a copy of base with that id and the link's gateway.
func requestsOf(ctx context.Context, w *workspace.Workspace, link string, base desk.New) ([]desk.New, error) {
	name, ids, err := w.Gateways.ReadLink(ctx, link)
	var all []desk.New
	for _, id := range ids {
		n := base
		n.Gateway, n.RemoteID = name, id
		all = append(all, n)
	}
	return all, err
}

// base returns what all requests of the command have in common. It returns a [usageError] for a flag that cannot be read.
func (c *addCommand) base() (desk.New, error) {
	n := desk.New{Gateway: c.Gateway, Title: c.Title, Reference: c.Reference, Due: c.Due}
	var err error
	if n.Signers, err = parseSigners(c.Signer); err != nil {
		return n, err
	}
	for _, text := range c.Copy {
		name, email, found := strings.Cut(text, ",")
		if name, email = strings.TrimSpace(name), strings.TrimSpace(email); !found || name == "" || email == "" {
			return n, usageError(fmt.Sprintf("--copy %q: give NAME,EMAIL", text))
		}
		n.Copies = append(n.Copies, request.CopyRecipient{Name: name, Email: email})
	}
	s := request.SignatureOptions{Reason: c.Reason, Field: c.Field, Page: c.Page}
	if c.Rectangle != "" {
		if s.Rectangle, err = parseRectangle(c.Rectangle); err != nil {
			return n, err
		}
	}
	if s == (request.SignatureOptions{}) {
		return n, nil
	}
	if err := desk.CheckSignature(&s); err != nil {
		return n, usageError(err.Error())
	}
	n.Signature = &s
	return n, nil
}

func parseRectangle(text string) (*request.Rectangle, error) {
	var numbers []float64
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, usageError(fmt.Sprintf("--rectangle %q: give four numbers, X,Y,WIDTH,HEIGHT", text))
		}
		numbers = append(numbers, n)
	}
	if len(numbers) != 4 || numbers[2] <= 0 || numbers[3] <= 0 {
		return nil, usageError(fmt.Sprintf("--rectangle %q: give four numbers, X,Y,WIDTH,HEIGHT, with a width and a height above 0", text))
	}
	return &request.Rectangle{X: numbers[0], Y: numbers[1], Width: numbers[2], Height: numbers[3]}, nil
}

func parseSigners(typed []string) ([]request.Signer, error) {
	var signers []request.Signer
	for _, text := range typed {
		parts := strings.Split(text, ",")
		if len(parts) != 4 {
			return nil, usageError(fmt.Sprintf("--signer %q: give NAME,EMAIL,COUNTRY,NUMBER", text))
		}
		for i := range parts {
			if parts[i] = strings.TrimSpace(parts[i]); parts[i] == "" {
				return nil, usageError(fmt.Sprintf("--signer %q: none of NAME,EMAIL,COUNTRY,NUMBER may be empty", text))
			}
		}
		signers = append(signers, request.Signer{Name: parts[0], Email: parts[1], Country: parts[2], Number: parts[3]})
	}
	return signers, nil
}

type attachCommand struct {
	ID    string `arg:"" help:"Request, by the beginning of its id."`
	File  string `arg:"" help:"The signed PDF."`
	Vouch string `placeholder:"NOTE" help:"Keep a file that cannot be checked here. The note says how you know that it is the signed document."`
}

func (c *attachCommand) Run(ctx context.Context, t *terminal) error {
	return t.one(ctx, c.ID, func(w *workspace.Workspace, id request.ID) (request.Request, error) {
		r, err := w.Desk.Attach(ctx, id, input.Path(c.File), c.Vouch)
		if errors.Is(err, desk.ErrUnchecked) {
			err = fmt.Errorf("%w: if you know that it is the signed document, say how with --vouch NOTE", err)
		}
		if err == nil {
			t.warnFiles([]request.Request{r})
		}
		return r, err
	})
}
