package desk

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"countersign/core/gateway"
)

// ReadLink gives the gateway and the ids of the requests that an address is for, as a
// gateway mails it to signers and people paste it. The gateway is found by the root of the
// address; where several have the same, the first of the desk counts.
func (d *Desk) ReadLink(ctx context.Context, link string) (name string, ids []string, err error) {
	profiles, err := d.Gateways()
	if err != nil {
		return "", nil, err
	}
	for _, p := range profiles.List {
		kind, err := d.kind(p.Kind)
		if err != nil || kind.ReadLink == nil {
			continue
		}
		if p.Practice && d.cfg.Practice != nil {
			if p, _, err = d.cfg.Practice(ctx, p); err != nil {
				return "", nil, fmt.Errorf("gateway %s: %w", p.Name, err)
			}
		}
		if ids := kind.ReadLink(p, link); len(ids) > 0 {
			return p.Name, ids, nil
		}
	}
	return "", nil, unknownLink(profiles, link)
}

func unknownLink(profiles gateway.Profiles, link string) error {
	u, err := url.Parse(strings.Trim(link, " \t\r\n<>\"'"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("this is no signing link: copy the whole address from the mail, from https:// on")
	}
	origin := gateway.Origin(u)
	for _, p := range profiles.List {
		if root, err := url.Parse(p.URL); err == nil && p.URL != "" && gateway.Origin(root) == origin {
			return fmt.Errorf("the link is for gateway %s and names no request there: copy the whole address from the mail", p.Name)
		}
	}
	return fmt.Errorf("no gateway of this desk is at %s: add it first (countersignctl gateway add NAME --kind portasigma --url %s)",
		gateway.Bounded(u.Host), gateway.Bounded(u.Scheme+"://"+u.Host))
}
