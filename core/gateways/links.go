package gateways

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"countersign/core/gateway"
	"countersign/core/request"
)

// ReadLink returns the name of the gateway and the ids of the requests that a signing link is for.
// Gateways mail such links to signers, and people paste them. The gateway is found by its address. Of
// several gateways at the same address, ReadLink returns the first that signs in the way that the link
// names, or else the first of all, in the order of gateways.toml with the practice gateways last. It
// fails if no gateway has the address, or if the link names no request.
func (s *Gateways) ReadLink(ctx context.Context, link string) (name string, ids []string, err error) {
	profiles, err := s.Profiles()
	if err != nil {
		return "", nil, err
	}
	for _, p := range practiceLast(profiles.List) {
		kind, err := s.Kind(p.Kind)
		if err != nil || kind.ParseLink == nil {
			continue
		}
		if p.Practice && len(ids) == 0 && s.cfg.Practice != nil {
			if p, _, err = s.cfg.Practice(ctx, p); err != nil {
				s.cfg.Log.Info("a practice gateway does not start", "gateway", p.Name, "error", err)
				continue
			}
		}
		found, exact := kind.ParseLink(p, link)
		if len(found) > 0 && (exact || len(ids) == 0) {
			name, ids = p.Name, found
		}
		if exact {
			break
		}
	}
	if len(ids) == 0 {
		return "", nil, unknownLink(profiles, link)
	}
	return name, ids, nil
}

// practiceLast returns the profiles with those of the practice gateways last, since these have to be
// started.
func practiceLast(profiles []gateway.Profile) []gateway.Profile {
	sorted := slices.Clone(profiles)
	slices.SortStableFunc(sorted, func(a, b gateway.Profile) int {
		switch {
		case a.Practice == b.Practice:
			return 0
		case a.Practice:
			return 1
		}
		return -1
	})
	return sorted
}

func unknownLink(profiles gateway.Profiles, link string) error {
	u, err := url.Parse(strings.Trim(link, " \t\r\n<>\"'"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return request.Errorf("link_unknown", "this is not a signing link: copy the whole address from the mail, from %s on", "https://")
	}
	origin := gateway.Origin(u)
	for _, p := range profiles.List {
		if root, err := url.Parse(p.URL); err == nil && p.URL != "" && gateway.Origin(root) == origin {
			return request.Errorf("link_without_request", "the link is for gateway %s and names no request there: copy the whole address from the mail", p.Name)
		}
	}
	return request.Errorf("link_no_gateway", "no gateway of this desk is at %s: add it first (countersignctl gateway add NAME --kind KIND --url %s)",
		gateway.Sanitize(u.Host), gateway.Sanitize(u.Scheme+"://"+u.Host))
}
