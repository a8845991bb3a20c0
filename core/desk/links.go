package desk

import (
	"context"
)

// Linked is what [Desk.LookLink] finds in a signing link: the gateway and the requests that it names.
type Linked struct {
	Gateway  string
	Requests []Named
}

// Named is a request that a link names.
type Named struct {
	ID   string // the gateway's id of the request
	Same []Same // requests that were added with this id, last changed first
}

// LookLink reads a link as [gateways.Gateways.ReadLink] does, and finds which of the requests that it names were
// added before.
func (d *Desk) LookLink(ctx context.Context, link string) (Linked, error) {
	name, ids, err := d.gateways.ReadLink(ctx, link)
	if err != nil {
		return Linked{}, err
	}
	found := Linked{Gateway: name}
	for _, id := range ids {
		given, err := d.ledger.FindByRemoteID(ctx, name, id)
		if err != nil {
			return Linked{}, err
		}
		same, err := d.sameOf(ctx, given)
		if err != nil {
			return Linked{}, err
		}
		found.Requests = append(found.Requests, Named{ID: id, Same: same})
	}
	return found, nil
}
