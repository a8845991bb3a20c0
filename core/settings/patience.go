package settings

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/ledger"
)

// Patience is how long a browser may be out at each gateway before the request counts as "no
// answer".
type Patience struct {
	Usual time.Duration
	Own   map[string]time.Duration // by the names of the gateways whose profile sets one; it replaces Usual
}

func patienceOf(s Settings, profiles gateway.Profiles) Patience {
	p := Patience{Usual: s.Patience}
	for _, g := range profiles.List {
		if g.Patience != 0 {
			if p.Own == nil {
				p.Own = map[string]time.Duration{}
			}
			p.Own[g.Name] = g.Patience
		}
	}
	return p
}

// Of returns how long a browser may be out at the gateway of that name.
func (p Patience) Of(gatewayName string) time.Duration {
	if own, ok := p.Own[gatewayName]; ok {
		return own
	}
	return p.Usual
}

// Equal reports whether p and other are the same for every gateway.
func (p Patience) Equal(other Patience) bool {
	return p.Usual == other.Usual && maps.Equal(p.Own, other.Own)
}

// Unanswered returns q with a further condition: that the browser of a request has been out, at the
// time now, for longer than p allows for the gateway.
func (p Patience) Unanswered(q ledger.Query, now time.Time) ledger.Query {
	q.LeftBefore, q.LeftBeforeByGateway = now.Add(-p.Usual), nil
	for name, own := range p.Own {
		if q.LeftBeforeByGateway == nil {
			q.LeftBeforeByGateway = map[string]time.Time{}
		}
		q.LeftBeforeByGateway[name] = now.Add(-own)
	}
	return q
}

// ParseDuration reads a duration as people type it: like 15m, or a number of minutes; spaces do not
// matter. It returns zero, which no setting may have, for anything else.
func ParseDuration(text string) time.Duration {
	text = strings.ReplaceAll(text, " ", "")
	if _, err := strconv.Atoi(text); err == nil {
		text += "m"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0
	}
	return d
}

// FormatDuration writes a duration without zero minutes and seconds: 15m, 1h30m.
func FormatDuration(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
