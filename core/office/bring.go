package office

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/team"
)

// Bringing is what is left to do for a home that joins with its requests.
type Bringing struct {
	Folder   string            `toml:"folder"`   // its name in the home's folder for offices; with the ledger as it was before
	Gateways map[string]string `toml:"gateways"` // those of the office, by the names that the requests have for them
	After    int               `toml:"after"`    // the office's last entry before the first that was brought; 0 until that is known
}

// Brought is what a home has brought along.
type Brought struct {
	Membership
	Folder   string // with the ledger as it was before
	Requests int    // which the office has now
	Events   int    // of these requests
	Practice int    // practice requests, which stay in that ledger alone
}

// MapGateways returns the gateways of an office that are the same as those of the home with the names in used, by these names. The events are those of the office.
type MapGateways func(events []ledger.OfficeEvent, used []string) (map[string]string, error)

// Bring makes a home that has requests a desk of an office, and appends all of their events but those of practice requests to the office's register, as the word
// of this desk: with its name and the login. The ledger as it was is kept, and an event of the office binds its last entry to the new ones. Bring refuses before it changes anything if a request
// is being signed, if a gateway is none of the office, if something has a time in the future, or if the login must not write what happened. Once it has begun, it can be called
// again, with the home opened anew, and goes on where it was; what is entered does not matter then. The function tell is called, on the goroutine of Bring, with how many
// of the requests the office has: first when the home has become a desk, and from then on it has to be opened anew also if Bring fails or is stopped.
func (j *Joiner) Bring(ctx context.Context, e Joining, gateways MapGateways, tell func(requests, total int)) (b Brought, err error) {
	release, err := j.takeAlone()
	if err != nil {
		return Brought{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	m, err := Read(j.Home)
	if err != nil {
		return Brought{}, err
	}
	if m == nil {
		if m, err = j.beginBringing(ctx, e, gateways); err != nil {
			return Brought{}, err
		}
	} else if m.Bringing == nil {
		return Brought{}, request.Errorf("office_joined", "this home is a desk of the office %s already: leave that first", m.Name)
	}
	return j.bring(ctx, *m, tell)
}

// BringingPlan is what would come of bringing the requests of a home along.
type BringingPlan struct {
	Membership
	Requests int               // which come along
	Practice int               // practice requests, which stay
	Gateways map[string]string // those of the office, by the names of those of the home
}

// PlanBringing looks what [Joiner.Bring] would do, and changes nothing. It fails where that would refuse, except if the password cannot be kept or another desk has the name.
func (j *Joiner) PlanBringing(ctx context.Context, e Joining, gateways MapGateways) (BringingPlan, error) {
	ctx, cancel := context.WithTimeout(ctx, documentTime)
	defer cancel()
	o, m, err := j.connect(ctx, e)
	if err != nil {
		return BringingPlan{}, err
	}
	defer o.Close()
	head, err := j.Ledger.Head(ctx)
	if err != nil {
		return BringingPlan{}, err
	}
	home, err := j.mayBring(ctx, o, &m, head, gateways)
	return BringingPlan{m, len(home.requests), home.practice, m.Bringing.Gateways}, err
}

// mayBring returns what the home has to bring along to an office, and puts into m what will be left to do. It fails if the home must not bring it. head is the home's last entry.
func (j *Joiner) mayBring(ctx context.Context, o *team.Office, m *Membership, head register.Head, gateways MapGateways) (home survey, err error) {
	folder, err := j.broughtFolder(o, head)
	if err != nil {
		return home, err
	}
	m.Bringing = &Bringing{Folder: filepath.Base(folder)}
	switch {
	case m.Desk == "":
		return home, errAuditor
	case o.Format() < gatewaysFormat:
		return home, ErrOlderOffice
	}
	source := j.Ledger
	if head.Register == o.ID { // it was stopped before office.toml was written
		if source, err = ledger.Open(ctx, folder, ledger.Options{Exclusive: true}); err != nil {
			return home, err
		}
		defer source.Close()
	}
	if home, err = surveyHome(ctx, source); err != nil {
		return home, err
	}
	if home.latest.After(j.Now().Add(maxAhead)) {
		return home, request.Errorf("bring_future", "%s has an event of %s, which is in the future: check the clock of this computer, or bring the requests along after that time", home.latestOf, home.latest.UTC().Format("2006-01-02 15:04 MST"))
	}
	if home.reviewed && m.Role != team.Manager {
		return home, request.Errorf("bring_reviews", "%w: the home has reviews, which only a manager can bring along", team.ErrRefused)
	}
	m.Bringing.Gateways, err = j.mapGateways(ctx, o, home, gateways)
	return home, err
}

// beginBringing makes the home a desk whose requests are still to be brought.
func (j *Joiner) beginBringing(ctx context.Context, e Joining, gateways MapGateways) (*Membership, error) {
	ctx, cancel := context.WithTimeout(ctx, documentTime)
	defer cancel()
	o, m, err := j.connect(ctx, e)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	head, err := j.Ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := j.mayBring(ctx, o, &m, head, gateways); err != nil {
		return nil, err
	}
	before := head.Register == o.ID
	if !before {
		if err := j.signAll(ctx, head); err != nil {
			return nil, err
		}
	}
	if err := j.enroll(ctx, o, m, e); err != nil {
		return nil, err
	}
	if !before {
		copied := ledger.Office{Register: m.ID, Desk: m.Desk, Login: m.Login, Format: o.Format()}
		if err := j.Key.StartOver(ctx); err != nil {
			return nil, err
		}
		if err := j.Ledger.BecomeCopy(ctx, j.Home.LeftOffice(m.Bringing.Folder), copied, head); err != nil {
			return nil, err
		}
	}
	return &m, m.write(j.Home)
}

// signAll has the home's register signed up to its last entry, which the event brought binds. It fails while the key cannot be had.
func (j *Joiner) signAll(ctx context.Context, head register.Head) error {
	if err := j.Ledger.Sign(ctx); err != nil {
		return err
	}
	last, err := j.Ledger.LastCheckpoint(ctx)
	if err == nil && last.Count < head.Count {
		err = j.Key.Problem()
	}
	return err
}

// broughtFolder returns the folder for the ledger of a home that brings its requests to an office: a new one each time, or the one that has it already, if
// [Joiner.Bring] was stopped before office.toml was written. It fails if that was so with another office. head is the home's last entry, of the empty copy then.
func (j *Joiner) broughtFolder(o *team.Office, head register.Head) (string, error) {
	begun, _ := j.broughtFolders(head.Register)
	switch {
	case begun == "":
		_, next := j.broughtFolders(o.ID)
		return next, nil
	case head.Register != o.ID:
		return "", request.Errorf("bring_elsewhere", "bringing the requests of this home along to another office was interrupted: go on with that office first")
	}
	return begun, nil
}

// broughtFolders returns the last folder with a ledger that was brought to the office with that register, or "", and the first one that is free.
func (j *Joiner) broughtFolders(id string) (last, free string) {
	for n := 1; ; n++ {
		folder := j.Home.LeftOffice(numbered("brought-"+id, n))
		if !j.Ledger.IsAside(folder) {
			return last, folder
		}
		last = folder
	}
}

func (j *Joiner) mapGateways(ctx context.Context, o *team.Office, home survey, gateways MapGateways) (map[string]string, error) {
	contents, err := o.OfficeEvents(ctx)
	if err != nil {
		return nil, err
	}
	var events []ledger.OfficeEvent
	for i, content := range contents {
		events = append(events, ledger.OfficeEvent{Seq: i + 1, Content: content})
	}
	return gateways(events, slices.Sorted(maps.Keys(home.gateways)))
}

// maxAhead is how far an event may be ahead of the clock of this computer. A server takes none that is five minutes ahead of its own.
const maxAhead = time.Minute

// survey is what there is to bring.
type survey struct {
	requests []request.ID // in the order in which they were added
	practice int
	gateways map[string]bool
	reviewed bool
	latest   time.Time // of all events
	latestOf string    // the title of its request
}

// surveyHome looks at all requests of a ledger. It fails if one of them is not at rest: its visit, and what is to be done at its gateway, belong to the register in which
// they began.
func surveyHome(ctx context.Context, l *ledger.Ledger) (survey, error) {
	s := survey{gateways: map[string]bool{}}
	for after := 0; ; {
		entries, err := l.Entries(ctx, after, entriesAtOnce)
		if err != nil || len(entries) == 0 {
			return s, err
		}
		for _, entry := range entries {
			if entry.Seq != 1 {
				continue
			}
			if err := s.add(ctx, l, request.ID(entry.Request)); err != nil {
				return s, err
			}
		}
		after += len(entries)
	}
}

func (s *survey) add(ctx context.Context, l *ledger.Ledger, id request.ID) error {
	r, err := l.Get(ctx, id)
	switch {
	case err != nil:
		return err
	case r.Practice:
		s.practice++
		return nil
	case r.Status == request.Signing || r.HasPendingWork():
		return request.Errorf("bring_unsettled", "%s is not settled yet: sign or withdraw it first, and let the program finish what it does at the gateway", r.Title)
	}
	events, err := l.Events(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range events {
		s.reviewed = s.reviewed || e.Kind == request.KindReviewed
		if e.At.After(s.latest) {
			s.latest, s.latestOf = e.At, r.Title
		}
		eachGateway(e, func(name *string) { s.gateways[*name] = true })
	}
	s.requests = append(s.requests, id)
	return nil
}

// eachGateway calls a function with each name of a gateway in an event.
func eachGateway(e request.Event, do func(name *string)) {
	if e.Added != nil {
		do(&e.Added.Gateway)
	}
	if e.Details != nil {
		do(&e.Details.From.Gateway)
		do(&e.Details.To.Gateway)
	}
	if e.Visit != nil {
		do(&e.Visit.Gateway)
	}
}

// bring appends what the office does not have yet, and says so in the register when it has all.
func (j *Joiner) bring(ctx context.Context, m Membership, tell func(requests, total int)) (Brought, error) {
	link := NewLink(m, Config{Secrets: j.Secrets, Now: j.Now, Log: slog.New(slog.DiscardHandler)})
	defer link.Close()
	to, err := ledger.Open(ctx, j.Home.Path(), ledger.Options{Now: j.Now, Office: link.Ledger(), CheckOfficeEvent: j.CheckEvent})
	if err != nil {
		return Brought{}, err
	}
	defer to.Close()
	b := bringer{link: link, member: &m, to: to, tell: tell, result: Brought{Folder: j.Home.LeftOffice(m.Bringing.Folder)}}
	if b.from, err = ledger.Open(ctx, b.result.Folder, ledger.Options{Exclusive: true}); err != nil {
		return Brought{}, err
	}
	defer b.from.Close()
	if err := to.CatchUp(ctx); err != nil {
		return Brought{}, err
	}
	if m.Bringing.After == 0 {
		head, err := to.Head(ctx)
		if err != nil {
			return Brought{}, err
		}
		m.Bringing.After = head.Count
		if err := m.write(j.Home); err != nil {
			return Brought{}, err
		}
	}
	if err := b.run(ctx); err != nil {
		return Brought{}, err
	}
	if err := b.bind(ctx, j); err != nil {
		return Brought{}, err
	}
	m.Bringing = nil
	b.result.Membership = m
	return b.result, m.write(j.Home)
}

// bringer appends the events of one ledger to the register of an office.
type bringer struct {
	link   *Link
	member *Membership
	from   *ledger.Ledger
	to     *ledger.Ledger // the copy of the office's register
	tell   func(requests, total int)
	result Brought

	changes []ledger.Change
	waiting int // events in changes
}

// broughtAtOnce is about how many events are appended at a time.
const broughtAtOnce = 200

func (b *bringer) run(ctx context.Context) error {
	home, err := surveyHome(ctx, b.from)
	if err != nil {
		return err
	}
	b.result.Requests, b.result.Practice = len(home.requests), home.practice
	b.tell(0, b.result.Requests)
	for i, id := range home.requests {
		if err := b.add(ctx, id); err != nil {
			return err
		}
		if b.waiting == 0 {
			b.tell(i+1, b.result.Requests)
		}
	}
	err = b.flush(ctx)
	if err == nil {
		b.tell(b.result.Requests, b.result.Requests)
	}
	return err
}

// add appends the events of a request that the office does not have.
func (b *bringer) add(ctx context.Context, id request.ID) error {
	events, err := b.from.Events(ctx, id)
	if err != nil {
		return err
	}
	b.result.Events += len(events)
	now, err := b.to.Get(ctx, id)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	for version := now.Version; version < len(events); {
		part := events[version:min(version+broughtAtOnce, len(events))]
		for i, e := range part {
			part[i] = b.asBrought(e)
		}
		b.changes = append(b.changes, ledger.Change{ID: id, Version: version, Events: part})
		version, b.waiting = version+len(part), b.waiting+len(part)
		if b.waiting >= broughtAtOnce {
			if err := b.flush(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// asBrought returns an event as this desk says it to the office. The ledger puts the desk and the login in.
func (b *bringer) asBrought(e request.Event) request.Event {
	e.Brought = &request.Brought{By: e.By}
	if e.By == "" && e.Kind.NeedsPerson() {
		e.By = b.member.Login // an older program did not say who it was
	}
	eachGateway(e, func(name *string) { *name = b.member.Bringing.Gateways[*name] })
	return e
}

func (b *bringer) flush(ctx context.Context) error {
	if b.waiting == 0 {
		return nil
	}
	_, err := b.to.Append(ctx, b.changes...)
	b.changes, b.waiting = nil, 0
	return err
}

const kindBrought = "brought"

// broughtAlong is the content of the event brought: the end of the register from which the desk has brought events, with its signature, and between which
// entries of the office's register they are. Each of them has a member brought and the desk.
type broughtAlong struct {
	Register  string            `json:"register"`
	Count     int               `json:"count"`
	Head      string            `json:"head"` // the link of the last entry, in hex
	SignedAt  string            `json:"signed_at"`
	Signature []byte            `json:"signature"`
	Key       ed25519.PublicKey `json:"key"`
	Requests  int               `json:"requests"`
	Events    int               `json:"events"`
	After     int               `json:"after"`
	Until     int               `json:"until"`
}

// bind appends the event brought, unless nothing was brought or an earlier call has done so.
func (b *bringer) bind(ctx context.Context, j *Joiner) error {
	if b.result.Requests == 0 {
		return nil
	}
	last, err := b.from.LastCheckpoint(ctx)
	if err != nil {
		return err
	}
	until, err := b.to.Head(ctx)
	if err != nil {
		return err
	}
	signer := j.Key.Signer(ctx)
	if signer == nil {
		return j.Key.Problem()
	}
	key, _ := signer.Public().(ed25519.PublicKey)
	along := &broughtAlong{
		Register: last.Register, Count: last.Count, Head: last.Link.String(), SignedAt: last.At.UTC().Format("2006-01-02T15:04:05Z"), Signature: last.Signature, Key: key,
		Requests: b.result.Requests, Events: b.result.Events, After: b.member.Bringing.After, Until: until.Count,
	}
	events, err := b.to.OfficeEvents(ctx, 0)
	if err != nil {
		return err
	}
	for _, e := range events {
		var known officeEvent
		if json.Unmarshal(e.Content, &known) == nil && known.Brought != nil && known.Desk == b.member.Desk && known.Brought.Register == along.Register && known.Brought.Head == along.Head {
			return nil
		}
	}
	err = b.link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		return untilFirst(ctx, func() error {
			return appendForOffice(ctx, o, officeEvent{At: j.Now(), Kind: kindBrought, Desk: b.member.Desk, Brought: along})
		})
	})
	if err != nil {
		return err
	}
	return b.to.CatchUp(ctx)
}
