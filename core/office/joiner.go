package office

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/core/home"
	"countersign/core/ledger"
	"countersign/core/register"
	"countersign/core/request"
	"countersign/core/secret"
	"countersign/core/team"
)

// Joiner makes a home a desk of an office, and a home of its own again. Whoever has the home open has to open it anew afterwards. All fields but
// Link and CheckEvent are needed.
type Joiner struct {
	Home    home.Dir
	Ledger  *ledger.Ledger // of the home
	Link    *Link          // of the home; nil for one of its own
	Key     Key
	Secrets Secrets
	Now     func() time.Time

	CheckEvent func(content []byte) error // the field CheckOfficeEvent of [ledger.Options]
}

// Key is the key with which a desk signs. Package sealing implements it.
type Key interface {
	// Signer returns the private key, which is an Ed25519 key, or nil while it cannot be had. Problem then returns why.
	Signer(ctx context.Context) crypto.Signer
	Problem() error
	// StartOver has the key sign an empty register that is about to begin.
	StartOver(ctx context.Context) error
}

// Joining is what a person enters to join an office.
type Joining struct {
	DSN      string // of the office's database; see [team.CheckDSN]
	Desk     string // the name of this desk; an auditor has no desk
	Password secret.Entered
	// Replace is set to give this home the name of another desk of the same login, whose home is not used any more.
	Replace bool
}

// maxDeskName is how many letters the name of a desk may have.
const maxDeskName = 64

// isDeskName reports whether the server accepts a name for a desk.
func isDeskName(name string) bool {
	unseen := func(r rune) bool { return r != ' ' && (unicode.IsSpace(r) || !unicode.IsGraphic(r)) }
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxDeskName && name == strings.Trim(name, " ") && !strings.ContainsFunc(name, unseen)
}

// Join makes the home a desk of an office. The home must not have any requests but practice ones, which stay behind in a folder that
// [home.Dir.LeftOffice] names. If Join fails, the home stays one of its own; it may be a desk already for the server then, and joining
// again is all that is needed.
func (j *Joiner) Join(ctx context.Context, e Joining) (joined Membership, err error) {
	release, err := j.takeAlone()
	if err != nil {
		return Membership{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	head, err := j.mayJoin(ctx)
	if err != nil {
		return Membership{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	o, m, err := j.connect(ctx, e)
	if err != nil {
		return Membership{}, err
	}
	defer o.Close()
	folder, err := j.broughtFolder(o, head)
	if err != nil {
		return Membership{}, err
	}
	if j.Ledger.IsAside(folder) {
		return Membership{}, request.Errorf("bring_stopped", "bringing the requests of this home along was interrupted: go on with countersignctl team join --bring")
	}
	if err := j.enroll(ctx, o, m, e); err != nil {
		return Membership{}, err
	}
	if err := j.makeCopy(ctx, ledger.Office{Register: m.ID, Desk: m.Desk, Login: m.Login, Format: o.Format()}, head); err != nil {
		return Membership{}, err
	}
	return m, m.write(j.Home)
}

// takeAlone has no other program change how the home belongs to an office until release is called.
func (j *Joiner) takeAlone() (release func() error, err error) {
	lock, err := j.Home.TryLock("office")
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return nil, request.Errorf("office_alone", "another program has this home join, leave or join anew: wait until it is done")
	}
	return lock.Release, nil
}

// connect connects to the office, which the caller closes, and returns what the home will know of it.
func (j *Joiner) connect(ctx context.Context, e Joining) (*team.Office, Membership, error) {
	if !isDeskName(e.Desk) {
		return nil, Membership{}, request.Errorf("office_desk_name", "a desk needs a name of at most 64 letters, without a blank at either end")
	}
	o, err := team.Open(ctx, e.DSN, e.Password.Value, e.Desk)
	if err != nil {
		return nil, Membership{}, err
	}
	m := Membership{DSN: e.DSN, ID: o.ID, Name: o.Name, Desk: e.Desk, Login: o.Login, Role: o.Role, Password: e.Password.Value != ""}
	switch o.Role {
	case "":
		o.Close()
		return nil, Membership{}, request.Errorf("office_said", "%w: %s", team.ErrNoRole, o.Login)
	case team.Auditor:
		m.Desk = "" // reads and writes nothing
	}
	return o, m, nil
}

// enroll keeps the password, and makes the home a desk for the server.
func (j *Joiner) enroll(ctx context.Context, o *team.Office, m Membership, e Joining) error {
	if m.Password {
		if err := keepPassword(ctx, j.Secrets, e.DSN, e.Password); err != nil {
			return err
		}
	}
	if m.Desk == "" {
		return nil
	}
	return j.register(ctx, o, m.Desk, e.Replace)
}

// mayJoin returns an error if the home must not join an office, and the last entry by which it says so.
func (j *Joiner) mayJoin(ctx context.Context) (head register.Head, err error) {
	before, err := Read(j.Home)
	if err != nil {
		return head, err
	}
	if before != nil {
		return head, request.Errorf("office_joined", "this home is a desk of the office %s already: leave that first", before.Name)
	}
	if head, err = j.Ledger.Head(ctx); err != nil {
		return head, err
	}
	has, err := j.HasRequests(ctx)
	if err == nil && has {
		err = request.Errorf("office_home_used", "this home has requests: bring them along with --bring, or choose another folder, with --home or %s", home.Env)
	}
	return head, err
}

// HasRequests reports whether the home has requests other than practice ones, so that it joins by [Joiner.Bring] alone.
func (j *Joiner) HasRequests(ctx context.Context) (has bool, err error) {
	counts, err := j.Ledger.CountByStatus(ctx, ledger.Both, ledger.Without)
	for _, n := range counts {
		has = has || n > 0
	}
	return has, err
}

// BringingStopped is the code of the error with which [Joiner.Join] fails because [Joiner.Bring] has to go on first.
const BringingStopped = "bring_stopped"

// OtherHome is the code of the error with which [Joiner.Join] fails because another home of the person has the name of the desk.
const OtherHome = "office_desk_other_home"

// register appends the event with which the home becomes a desk.
func (j *Joiner) register(ctx context.Context, o *team.Office, desk string, replace bool) error {
	signer := j.Key.Signer(ctx)
	if signer == nil {
		return j.Key.Problem()
	}
	key, _ := signer.Public().(ed25519.PublicKey)
	desks, err := o.Desks(ctx)
	if err != nil {
		return err
	}
	for _, d := range desks {
		switch {
		case d.Name != desk:
		case d.Login != o.Login:
			return request.Errorf("office_desk_taken", "the office has a desk %s already, of %s: choose another name with --desk", desk, d.Login)
		case !d.Key.Equal(key) && !replace:
			return request.Errorf("office_desk_other_home", "another home of yours is the desk %s already: choose another name with --desk or, if that home is not used any more, give --replace", desk)
		}
	}
	return untilFirst(ctx, func() error { return j.appendJoined(ctx, o, desk, key) })
}

// BringKey has the office know the key of the home, which is another one than the office has for the desk, or a new one. What the desk has signed
// until then is checked with the key of before. It is needed after the home was given a new key. The home of an auditor, which has no desk, needs none.
func (j *Joiner) BringKey(ctx context.Context) error {
	m, err := Read(j.Home)
	if err != nil {
		return err
	}
	if m == nil {
		return ErrNoMember
	}
	if m.Desk == "" {
		return nil
	}
	err = j.Link.call(ctx, callTime, func(ctx context.Context, o *team.Office) error { return j.register(ctx, o, m.Desk, true) })
	if err != nil {
		return err
	}
	return j.Ledger.CatchUp(ctx)
}

// untilFirst appends until no other desk was first.
func untilFirst(ctx context.Context, appending func() error) error {
	for {
		if err := appending(); !errors.Is(err, team.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
}

// kindJoined is the kind of the event with which a desk joins, or brings another key.
const kindJoined = "desk_joined"

// officeEvent is an event that belongs to no request.
type officeEvent struct {
	Seq       int            `json:"seq"`
	At        time.Time      `json:"at"`
	Kind      string         `json:"kind"`
	By        string         `json:"by"`
	Desk      string         `json:"desk,omitempty"`
	Joined    *deskKey       `json:"desk_joined,omitempty"`
	Rejoined  *deskRejoins   `json:"desk_rejoined,omitempty"`
	Forgotten *documentsGone `json:"forgotten,omitempty"`

	GatewayShared  json.RawMessage `json:"gateway_shared,omitempty"`
	GatewayRemoved *removedGateway `json:"gateway_removed,omitempty"`
	Brought        *broughtAlong   `json:"brought,omitempty"`
}

// deskKey is the content of desk_joined.
type deskKey struct {
	Key ed25519.PublicKey `json:"key"`
}

func (j *Joiner) appendJoined(ctx context.Context, o *team.Office, desk string, key ed25519.PublicKey) error {
	return appendForOffice(ctx, o, officeEvent{At: j.Now(), Kind: kindJoined, Desk: desk, Joined: &deskKey{key}})
}

// appendForOffice appends an event that belongs to no request behind the last one, as one of the login. It fails with team.ErrConflict if
// another desk was first.
func appendForOffice(ctx context.Context, o *team.Office, e officeEvent) error {
	last, err := o.LastSeq(ctx, request.OfficeID)
	if err != nil {
		return err
	}
	e.Seq, e.At, e.By = last+1, e.At.UTC(), o.Login
	content, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	call := team.NewKey()
	return persist(ctx, func(ctx context.Context) error {
		_, err := o.Append(ctx, call, register.Head{}, register.Event{Request: string(request.OfficeID), Seq: e.Seq, Content: content})
		return err
	})
}

// practiceFolder is the name of the folder for what was practiced before the home joined an office.
const practiceFolder = "practice"

// makeCopy makes the ledger of the home the copy of an office's register, if head is still its last entry. The practice requests that it has are set
// aside.
func (j *Joiner) makeCopy(ctx context.Context, o ledger.Office, head register.Head) error {
	if head.Count > 0 {
		if err := j.Key.StartOver(ctx); err != nil {
			return err
		}
		return j.Ledger.BecomeCopy(ctx, j.freeFolder(practiceFolder), o, head)
	}
	l, err := ledger.Open(ctx, j.Home.Path(), ledger.Options{Office: &o})
	if err != nil {
		return err
	}
	return l.Close()
}

// Leave makes the home one of its own again, with an empty ledger. What was read of the office stays in the home as a ledger that can be read, in
// the folder that is returned; see [home.Dir.LeftOffice]. The office goes on to have the desk. Unless force is set, Leave fails if something
// waits here that the office does not have yet, or if the password cannot be removed.
func (j *Joiner) Leave(ctx context.Context, force bool) (folder string, err error) {
	release, err := j.takeAlone()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, release()) }()
	m, err := Read(j.Home)
	if err != nil {
		return "", err
	}
	if m == nil {
		return "", ErrNoMember
	}
	if m.Bringing != nil && !force {
		return "", request.Errorf("bring_unfinished", "the office does not have all yet that this home brings along: finish it with countersignctl team join --bring, or give --force to leave even so")
	}
	waiting, err := j.Ledger.KeptReturns(ctx)
	if err != nil {
		return "", err
	}
	if len(waiting) > 0 && !force {
		return "", request.Errorf("office_waiting", "what browsers brought back (%d) waits here until the office’s server can be reached, and would be lost: give --force to leave even so", len(waiting))
	}
	if m.Password {
		if err := j.Secrets.Delete(ctx, passwordName); err != nil && !force {
			return "", passwordError(err)
		}
	}
	folder = j.freeFolder(m.ID)
	if err := j.Key.StartOver(ctx); err != nil {
		return "", err
	}
	if err := j.Ledger.SetAside(ctx, folder); err != nil {
		return "", err
	}
	if err := home.RemoveFile(j.Home.Office()); err != nil {
		return "", err
	}
	return folder, nil
}

// ErrNoMember is returned for a home of its own.
var ErrNoMember = request.Errorf("office_no_member", "this home belongs to no office")

// freeFolder returns a folder that is not there yet for a ledger that is set aside.
func (j *Joiner) freeFolder(name string) string {
	for n := 1; ; n++ {
		folder := j.Home.LeftOffice(numbered(name, n))
		if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
			return folder
		}
	}
}

// numbered returns the name of the nth folder of a name; the first one has no number.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return name + "-" + strconv.Itoa(n)
}
