package office

import (
	"context"
	"encoding/json"
	"errors"

	"countersign/core/request"
	"countersign/core/team"
)

// gatewaysFormat is the first format of an office that has gateways of the office.
const gatewaysFormat = 2

// ErrOlderOffice is returned for what the office's register cannot have before its owner raises its format.
var ErrOlderOffice = request.Errorf("office_older", "the office’s register is of an older form that does not have this: ask the owner of its database to run countersignctl team upgrade")

// The kinds of events about gateways of the office.
const (
	kindShared  = "gateway_shared"
	kindRemoved = "gateway_removed"
)

// removedGateway is the content of gateway_removed.
type removedGateway struct {
	Name string `json:"name"`
}

// ShareGateway makes a gateway one of the office, or changes one that is. What is told is a JSON object that package office does not read. It
// fails with [ErrOlderOffice], and with [team.ErrRefused] unless the login is a manager.
func (l *Link) ShareGateway(ctx context.Context, shared json.RawMessage) error {
	return l.appendGateway(ctx, officeEvent{Kind: kindShared, GatewayShared: shared})
}

// RemoveGateway removes the gateway of that name from those of the office. It fails as [Link.ShareGateway] does.
func (l *Link) RemoveGateway(ctx context.Context, name string) error {
	return l.appendGateway(ctx, officeEvent{Kind: kindRemoved, GatewayRemoved: &removedGateway{name}})
}

func (l *Link) appendGateway(ctx context.Context, e officeEvent) error {
	if l.member.Desk == "" {
		return errAuditor
	}
	e.At, e.Desk = l.now(), l.member.Desk
	return l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		if o.Format() < gatewaysFormat {
			if _, err := o.Entries(ctx, 0, 0); err != nil { // it says the format, which may have been raised
				return err
			}
		}
		if o.Format() < gatewaysFormat {
			return ErrOlderOffice
		}
		err := untilFirst(ctx, func() error { return appendForOffice(ctx, o, e) })
		if !errors.Is(err, team.ErrRefused) {
			return err
		}
		if role, asked := l.askRole(ctx, o); asked == nil && role != team.Manager {
			return request.Errorf("office_only_manager", "%w: only a manager shares, changes and removes gateways of the office", team.ErrRefused)
		}
		return err
	})
}

// Format implements [ledger.Server].
func (l *Link) Format() int {
	if o := l.connected(); o != nil {
		return o.Format()
	}
	return 0
}
