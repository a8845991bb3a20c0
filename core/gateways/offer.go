package gateways

import (
	"context"

	"countersign/core/request"
)

// Offer is a gateway for new requests, and what it can do as it is set up.
type Offer struct {
	Choice
	Fault request.Sentence // why it cannot be used now, and what to do; empty when it can

	Documents   int  // how many documents fit into one visit, and so into one request
	TakesFiles  bool // it takes files; otherwise it only signs requests that exist there
	KnowsIDs    bool // it signs requests that exist there by their id
	NeedsSigner bool // a request with files has to name the signer
	TakesLocked bool // it signs files that are locked against changes, as its profile says
	PlacesMarks bool // a request can choose how its signature looks
}

// Offers returns what each gateway can do, in the order of gateways.toml. It starts the practice
// gateways, which [Gateways.Choices] does not. A gateway that cannot be used is an Offer with a Fault, and
// no error. The error is that of [Gateways.Profiles] or of ctx.
func (s *Gateways) Offers(ctx context.Context) ([]Offer, error) {
	profiles, err := s.Profiles()
	if err != nil {
		return nil, err
	}
	var offers []Offer
	titles := profiles.Titles()
	for _, p := range profiles.List {
		o := Offer{Choice: Choice{Name: p.Name, Title: titles[p.Name], Practice: p.Practice, Default: p.Name == offeredFirst(profiles)}, TakesLocked: p.Encrypted}
		g, err := s.OpenProfile(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o.Fault = request.SentenceOf(err)
		} else {
			can := g.Capabilities()
			o.Documents, o.TakesFiles, o.KnowsIDs, o.NeedsSigner, o.PlacesMarks = can.MaxDocuments, can.AcceptsFiles, can.AcceptsIDs, can.NeedsSigner, can.CustomAppearance
		}
		offers = append(offers, o)
	}
	return offers, nil
}
