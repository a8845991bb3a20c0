package desk

import (
	"context"
)

// Offer is a gateway that new requests can be for, and what it can do as it is set up.
type Offer struct {
	Choice
	Fault string // why nothing can be added for it now, and what to do; empty when it works

	Documents   int  // that fit in one visit, and so in one request
	TakesFiles  bool // files can be handed over; otherwise only requests that exist there are signed
	KnowsIDs    bool // requests that exist there can be signed by their id
	NeedsSigner bool // a request with files names who signs
	PlacesMarks bool // a request can say the reason of its signature
}

// Offers tells what the gateways can do, in the order of the file. Practice gateways are
// started for it: people who look at the window alone need [Desk.Choices].
func (d *Desk) Offers(ctx context.Context) ([]Offer, error) {
	profiles, err := d.Gateways()
	if err != nil {
		return nil, err
	}
	var offers []Offer
	for _, p := range profiles.List {
		o := Offer{Choice: Choice{Name: p.Name, Practice: p.Practice, Default: p.Name == profiles.Default}}
		g, err := d.openProfile(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o.Fault = err.Error()
		} else {
			can := g.Abilities()
			o.Documents, o.TakesFiles, o.KnowsIDs, o.NeedsSigner, o.PlacesMarks = can.Documents, can.TakesFiles, can.KnowsIDs, can.NeedsSigner, can.PlacesMarks
		}
		offers = append(offers, o)
	}
	return offers, nil
}
