package gateways

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sync"

	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/request"
	"countersign/core/secret"
)

// fullNamesFormat is the first format of an office in which requests name the gateways of a desk with the name of the desk. Before it, desks
// that had a gateway of the same name took it for the same gateway.
const fullNamesFormat = 2

// sharedGateways has the gateways of the office, as the events up to one of them say.
type sharedGateways struct {
	mu     sync.Mutex
	seq    int               // of the last event that was read
	last   []byte            // that event; in a register that was read anew there may be another one in its place
	list   []gateway.Profile // in the order in which they were shared first
	former []string          // names of those that were removed
}

// read reads what is new in the ledger, and returns the gateways and the names of former ones.
func (s *sharedGateways) read(ctx context.Context, l *ledger.Ledger) ([]gateway.Profile, []string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events, err := l.OfficeEvents(ctx, max(s.seq-1, 0))
	if err == nil && s.seq > 0 && (len(events) == 0 || !bytes.Equal(events[0].Content, s.last)) {
		s.seq, s.last, s.list, s.former = 0, nil, nil, nil
		events, err = l.OfficeEvents(ctx, 0)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, e := range events {
		if e.Seq > s.seq {
			s.take(e)
		}
	}
	return slices.Clone(s.list), slices.Clone(s.former), nil
}

// take takes one event over. One that makes no sense changes nothing.
func (s *sharedGateways) take(e ledger.OfficeEvent) {
	s.seq, s.last = e.Seq, e.Content
	shared, removed, _ := parseGatewayEvent(e.Content)
	find := func(name string) int {
		return slices.IndexFunc(s.list, func(p gateway.Profile) bool { return p.Name == name })
	}
	if shared != nil {
		if i := find(shared.Name); i >= 0 {
			s.list[i] = *shared
			return
		}
		s.list = append(s.list, *shared)
		s.former = slices.DeleteFunc(s.former, func(name string) bool { return name == shared.Name })
	} else if i := find(removed); i >= 0 {
		s.list = slices.Delete(s.list, i, i+1)
		s.former = append(s.former, removed)
	}
}

var (
	errUnfitShared  = request.Errorf("unfit_shared", "it shares something that cannot be a gateway of the office")
	errUnfitRemoved = request.Errorf("unfit_removed", "it removes a gateway without saying which")
)

// parseGatewayEvent returns the gateway that an event of the office shares, or the name of the one that it removes, or neither if it is about something else. It fails if the
// event makes no sense.
func parseGatewayEvent(content []byte) (shared *gateway.Profile, removed string, err error) {
	var event struct {
		Kind    string          `json:"kind"`
		Shared  json.RawMessage `json:"gateway_shared"`
		Removed json.RawMessage `json:"gateway_removed"`
	}
	if json.Unmarshal(content, &event) != nil {
		return nil, "", nil // it is no event about a gateway
	}
	switch event.Kind {
	case "gateway_shared":
		var told gateway.Shared
		if json.Unmarshal(event.Shared, &told) != nil {
			return nil, "", errUnfitShared
		}
		p, err := told.Profile()
		if err != nil {
			return nil, "", errUnfitShared
		}
		return &p, "", nil
	case "gateway_removed":
		var told struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(event.Removed, &told) != nil || told.Name == "" {
			return nil, "", errUnfitRemoved
		}
		return nil, told.Name, nil
	}
	return nil, "", nil
}

// CheckOfficeEvent returns why an event of an office that belongs to no request makes no sense, or nil. That another desk has removed the gateway before is no reason: two may
// do so at once.
func CheckOfficeEvent(content []byte) error {
	_, _, err := parseGatewayEvent(content)
	return err
}

// withOffice returns the gateways of the home together with those of the office that it is a desk of. Those of the office come first and have
// their plain names; those of the home have the name of the desk behind theirs.
func (s *Gateways) withOffice(ctx context.Context, own gateway.Profiles) (gateway.Profiles, error) {
	format, err := s.cfg.Ledger.Format(ctx)
	if err != nil {
		return gateway.Profiles{}, err
	}
	all := gateway.Profiles{Version: own.Version, Default: own.Default, Desk: s.cfg.Ledger.Desk()}
	if all.List, all.Former, err = s.shared.read(ctx, s.cfg.Ledger); err != nil {
		return gateway.Profiles{}, err
	}
	if err := s.withClientCertificates(all.List); err != nil {
		return gateway.Profiles{}, err
	}
	shared := len(all.List)
	for _, p := range own.List {
		taken := slices.Contains(all.Former, p.Name) || slices.ContainsFunc(all.List[:shared], func(q gateway.Profile) bool { return q.Name == p.Name })
		if taken && all.Desk == "" {
			continue // an auditor asks no gateway
		}
		if taken || format >= fullNamesFormat && !p.Practice && all.Desk != "" {
			if own.Default == p.Name {
				all.Default = gateway.FullName(p.Name, all.Desk)
			}
			p.Name = gateway.FullName(p.Name, all.Desk)
		}
		all.List = append(all.List, p)
	}
	if usual, err := all.Get(all.Default); shared > 0 && (err != nil || usual.Practice) {
		all.Default = all.List[0].Name
	}
	return all, nil
}

// inFile returns a profile with the name that it has in gateways.toml.
func inFile(p gateway.Profile) gateway.Profile {
	p.Name = gateway.OwnName(p.Name)
	return p
}

// secretName returns the name under which the secret of a gateway is stored. That of a gateway of the office is apart from that of one of the
// home with the same name.
func secretName(p gateway.Profile) string {
	if p.Office {
		return secret.OfficePrefix + p.Name
	}
	return gateway.OwnName(p.Name)
}

var errNoOffice = request.Errorf("share_no_office", "this home belongs to no office, or to one that it only reads: add the gateway without sharing it")

// ShareGateway makes a gateway one of the office, and keeps its secret for this desk unless that is empty, and the files of its client certificate. It returns where
// the secret is kept, or "" if there is none. If the office has a gateway of that name, ShareGateway fails unless replace is set. What is shared has no path, no key and no secret.
func (s *Gateways) ShareGateway(ctx context.Context, p gateway.Profile, entered secret.Entered, replace bool) (secret.Backend, error) {
	kind, err := s.completed(&p)
	if err != nil {
		return "", err
	}
	if entered.Value != "" {
		if err := secret.Check(entered.Value); err != nil {
			return "", err
		}
	}
	if before, err := s.Profile(p.Name); err == nil && before.Office && !replace {
		return "", request.Errorf("share_taken", "the office has a gateway %s already: choose another name, or give --replace to change it for all desks", p.Name)
	}
	if p, err = s.share(ctx, p); err != nil || entered.Value == "" {
		return "", err
	}
	return s.keepSecret(ctx, kind, p, entered)
}

// share adds a gateway to the register of the office, and returns its profile as it was added. What is entered with it is for that: somebody else may have changed the gateway again.
func (s *Gateways) share(ctx context.Context, p gateway.Profile) (gateway.Profile, error) {
	if s.cfg.Office == nil {
		return p, errNoOffice
	}
	shared, err := gateway.Share(p)
	if err != nil {
		return p, err
	}
	content, err := json.Marshal(shared)
	if err != nil {
		return p, request.Errorf("gateway_write", "write gateway %s: %w", p.Name, err)
	}
	if err := s.cfg.Office.ShareGateway(ctx, content); err != nil {
		return p, err
	}
	s.forget(p.Name)
	if err := s.cfg.Ledger.CatchUp(ctx); err != nil {
		return p, err
	}
	told, err := shared.Profile()
	if err == nil && p.ClientCert != "" {
		err = s.keepClientCertificate(ctx, told, p.ClientCert, p.ClientKey)
	}
	return told, err
}

// editShared changes a gateway of the office for all desks, unless nothing is new but the client certificate, which is this desk's.
func (s *Gateways) editShared(ctx context.Context, before, after gateway.Profile) error {
	cert, key := after.ClientCert, after.ClientKey
	own := cert != before.ClientCert || key != before.ClientKey
	before.ClientCert, before.ClientKey = "", ""
	told := after
	told.ClientCert, told.ClientKey, told.AsksClientCert = "", "", before.AsksClientCert || cert != ""
	if !reflect.DeepEqual(before, told) {
		if _, err := s.share(ctx, after); err != nil || cert != "" {
			return err
		}
	}
	if !own {
		return nil
	}
	return s.keepClientCertificate(ctx, after, cert, key)
}

// removeShared removes a gateway from those of the office. Its secrets stay at the other desks, where nothing asks for them any more.
func (s *Gateways) removeShared(ctx context.Context, p gateway.Profile) error {
	if s.cfg.Office == nil {
		return errNoOffice
	}
	if err := s.cfg.Office.RemoveGateway(ctx, p.Name); err != nil {
		return err
	}
	return s.cfg.Ledger.CatchUp(ctx)
}

// movedOf returns how the address of a gateway has changed since its secret or its client certificate was entered, as far as that can be known without asking a
// person to unlock a keyring.
func (s *Gateways) movedOf(ctx context.Context, kind gateway.Kind, p gateway.Profile, hasSecret bool) Moved {
	to, err := boundOrigin(kind, p)
	if err != nil {
		return Moved{}
	}
	if now, err := credentialOrigin(kind, p); err == nil && hasSecret {
		if before, err := s.cfg.Secrets.Origin(ctx, secretName(p)); err == nil && before != now {
			return Moved{From: before, To: to}
		}
	}
	if !p.AsksClientCert {
		return Moved{}
	}
	all, err := s.certificatesFile().read()
	if entered, has := all[p.Name]; err == nil && has && entered.Origin != to {
		return Moved{From: entered.Origin, To: to, Certificate: true}
	}
	return Moved{}
}

// movedError returns the error for a secret that was entered for another address than the office says now.
func movedError(p gateway.Profile, origin string) error {
	return request.Errorf("gateway_moved", "the office has changed the address of gateway %s, and %w than %s: if the new address is right, confirm it with countersignctl gateway confirm %s", p.Name, secret.ErrOtherOrigin, origin, p.Name)
}

// ConfirmOrigin returns the address that [Gateways.ConfirmGateway] confirms: where the secret of a gateway goes, and its client certificate if it asks for one.
func (s *Gateways) ConfirmOrigin(name string) (string, error) {
	p, kind, err := s.profileKind(name)
	if err != nil {
		return "", err
	}
	if p.Practice {
		return "", practiceSecret(name)
	}
	return boundOrigin(kind, p)
}

// ConfirmGateway has the secret and the client certificate of a gateway of the office, which were entered for an earlier address, go to the present one from now on, which has
// that origin; see [Gateways.ConfirmOrigin]. The caller has asked a person.
func (s *Gateways) ConfirmGateway(ctx context.Context, name, origin string) error {
	p, kind, err := s.profileKind(name)
	if err != nil {
		return err
	}
	if !p.Office {
		return request.Errorf("confirm_own", "gateway %s is one of this desk: enter its secret again when its address has changed", name)
	}
	switch now, err := boundOrigin(kind, p); {
	case err != nil:
		return err
	case now != origin:
		return request.Errorf("confirm_changed", "the address of gateway %s was changed meanwhile: look at it again", name)
	}
	certificate := false
	if p.AsksClientCert {
		all, err := s.certificatesFile().read()
		if err != nil {
			return err
		}
		var entered clientCertificate
		if entered, certificate = all[name]; certificate {
			if err := s.keepClientCertificate(ctx, p, entered.Cert, entered.Key); err != nil {
				return err
			}
		}
	}
	of, err := credentialOrigin(kind, p)
	if err != nil {
		return nil // it needs no secret
	}
	if err := s.cfg.Secrets.Move(ctx, secretName(p), of); err != nil && !(certificate && errors.Is(err, secret.ErrNotFound)) {
		return err
	}
	return nil
}

// MapGateways returns the gateways of an office that the requests of this home are at, by the names in used that the home has for them: those of
// the same kind and address, or of the same name for one that the home has no more. It fails if the office lacks one.
func (s *Gateways) MapGateways(events []ledger.OfficeEvent, used []string) (map[string]string, error) {
	own, err := s.cfg.Policy.Gateways.Load(s.file)
	if err != nil {
		return nil, err
	}
	var office sharedGateways
	for _, e := range events {
		office.take(e)
	}
	mapped := map[string]string{}
	for _, name := range used {
		here, err := own.Get(name)
		same := func(p gateway.Profile) bool { return p.Kind == here.Kind && p.URL == here.URL }
		if err != nil {
			same = func(p gateway.Profile) bool { return p.Name == name }
		}
		i := slices.IndexFunc(office.list, func(p gateway.Profile) bool { return same(p) && p.Name == name })
		if i < 0 {
			i = slices.IndexFunc(office.list, same)
		}
		if i < 0 {
			return nil, request.Errorf("bring_gateway", "the office has no gateway like %s of this home: a manager of the office has to share it first", name)
		}
		mapped[name] = office.list[i].Name
	}
	return mapped, nil
}
