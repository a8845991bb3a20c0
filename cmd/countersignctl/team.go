package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"countersign/cmd/internal/program"
	"countersign/core/handover"
	"countersign/core/ledger"
	"countersign/core/office"
	"countersign/core/register"
	"countersign/core/secret"
	"countersign/core/team"
	"countersign/core/workspace"
)

type teamCommands struct {
	Init    teamInit    `cmd:"" help:"Make an office in an empty PostgreSQL database, as its owner, and print what each desk needs."`
	Join    teamJoin    `cmd:"" help:"Make this home, which must be new, a desk of an office."`
	Upgrade teamUpgrade `cmd:"" help:"Raise the format of an office that an earlier version has made, as the owner of its database. Upgrade the desks first: an older program cannot read on afterwards."`
	Status  teamStatus  `cmd:"" help:"Show how this desk stands to its office. The exit code is 1 when the office's server is out of reach."`
	Desks   teamDesks   `cmd:"" help:"List the desks of the office."`
	Rejoin  teamRejoin  `cmd:"" help:"Join the office anew after its register has parted from what this desk has read, for example because the database was restored from a backup. What was read is kept, and what the office lost of this desk is handed in again."`
	Leave   teamLeave   `cmd:"" help:"Make this home one of its own again, with an empty register. What was read of the office is kept in the home, and only read."`
}

const everybodyReads = "Every login of the office reads all of its requests.\n"

type teamInit struct {
	DSN         string `arg:"" name:"dsn" help:"Where the database is, as libpq has it, like \"host=db.example.org dbname=office user=owner\". There must be no password in it."`
	Office      string `required:"" help:"What the office is called." placeholder:"NAME"`
	SecretStdin bool   `help:"Read the password of the login from standard input. It is not kept."`
}

type madeJSON struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Database string            `json:"database"`
	Roles    map[string]string `json:"roles"` // their names at the server, by what they may do
}

func (c *teamInit) Run(ctx context.Context, t *terminal) error {
	password, err := t.password(ctx, c.SecretStdin)
	if err != nil {
		return err
	}
	made, err := team.Init(ctx, c.DSN, password, c.Office)
	if err != nil {
		return err
	}
	if t.json {
		return t.value(madeJSON{made.ID, made.Name, made.Database, map[string]string{"clerk": made.Clerk, "manager": made.Manager, "auditor": made.Auditor}})
	}
	printf(t.out, "The office %s is made in the database %s. Give each login one of its roles there:\n\n", made.Name, made.Database)
	table := t.table()
	printf(table, "    GRANT %s TO login;\tadds requests and has them signed\n", made.Clerk)
	printf(table, "    GRANT %s TO login;\talso reviews them\n", made.Manager)
	printf(table, "    GRANT %s TO login;\tonly reads\n", made.Auditor)
	if err := table.Flush(); err != nil {
		return err
	}
	printf(t.out, "\nThen, at each desk: countersignctl team join DSN, with that login in the DSN.\n")
	return printf(t.out, everybodyReads)
}

// password returns the password on standard input if there is one to be read, and else "".
func (t *terminal) password(ctx context.Context, read bool) (string, error) {
	if !read {
		return "", nil
	}
	return t.readSecret(ctx)
}

type teamUpgrade struct {
	DSN         string `arg:"" name:"dsn" help:"Where the office's database is, with the login that owns it, as libpq has it. There must be no password in it."`
	SecretStdin bool   `help:"Read the password of the login from standard input. It is not kept."`
}

type upgradedJSON struct {
	Office string `json:"office"`
	Before int    `json:"before"` // the format
	Format int    `json:"format"`
}

func (c *teamUpgrade) Run(ctx context.Context, t *terminal) error {
	password, err := t.password(ctx, c.SecretStdin)
	if err != nil {
		return err
	}
	u, err := team.Upgrade(ctx, c.DSN, password)
	if err != nil {
		return err
	}
	if t.json {
		return t.value(upgradedJSON{u.Name, u.Before, u.Now})
	}
	if u.Before == u.Now {
		return printf(t.out, "The office %s has format %d already, which is the newest that this program knows.\n", u.Name, u.Now)
	}
	return printf(t.out, "The office %s has format %d now; it had format %d. Desks with an older program say that they have to be upgraded.\n", u.Name, u.Now, u.Before)
}

type teamJoin struct {
	DSN         string `arg:"" optional:"" name:"dsn" help:"Where the office's database is, with your login, as libpq has it, like \"host=db.example.org dbname=office user=clara\". There must be no password in it. By default the one that the policy of this computer names."`
	Desk        string `help:"The name of this desk in the office; that of this computer by default. An auditor has no desk." placeholder:"NAME"`
	SecretStdin bool   `help:"Read the password of the login from standard input."`
	InFile      bool   `help:"Keep the password in a file of the home that only you can read, not in the keyring."`
	Replace     bool   `help:"Take over the name of a desk of yours whose home is not used any more."`
	Bring       bool   `help:"Bring the requests of this home along, with their documents and their whole history. Practice requests stay behind. When it was interrupted, the same command goes on."`
}

// memberJSON is what a home knows of its office.
type memberJSON struct {
	Office   string    `json:"office"`
	Register string    `json:"register"`
	Desk     string    `json:"desk,omitempty"`
	Login    string    `json:"login"`
	Role     team.Role `json:"role"`
}

func memberOf(m office.Membership) memberJSON {
	return memberJSON{m.Name, m.ID, m.Desk, m.Login, m.Role}
}

func (c *teamJoin) Run(ctx context.Context, t *terminal) error {
	if c.DSN == "" {
		set, err := program.ReadPolicy()
		if err != nil {
			return err
		}
		if c.DSN = set.Office; c.DSN == "" {
			return usageError("name the office's database, since no policy of this computer does: team join DSN")
		}
	}
	password, err := t.password(ctx, c.SecretStdin)
	if err != nil {
		return err
	}
	desk := c.Desk
	if desk == "" {
		if desk, err = os.Hostname(); err != nil {
			return usageError("give this desk a name with --desk")
		}
	}
	if err := t.needsNoWindow(); err != nil {
		return err
	}
	return t.withHome(ctx, func(w *workspace.Workspace) error {
		joining := office.Joining{DSN: c.DSN, Desk: desk, Password: secret.Entered{Value: password, InFile: c.InFile}, Replace: c.Replace}
		if c.Bring {
			return t.bring(ctx, w, joining)
		}
		m, err := w.Joiner.Join(ctx, joining)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(memberOf(m))
		}
		if m.Desk == "" {
			printf(t.out, "This home now reads the register of the office %s, as %s (%s).\n", m.Name, m.Login, m.Role)
		} else {
			printf(t.out, "This home is now the desk %s of the office %s, as %s (%s).\n", m.Desk, m.Name, m.Login, m.Role)
		}
		return printf(t.out, everybodyReads)
	})
}

type broughtJSON struct {
	memberJSON
	Archive  string `json:"archive"` // the folder with the ledger as it was before
	Requests int    `json:"requests"`
	Events   int    `json:"events"`
	Practice int    `json:"practice"` // requests that stayed behind
}

// bring has the home join with its requests.
func (t *terminal) bring(ctx context.Context, w *workspace.Workspace, e office.Joining) error {
	b, err := w.Joiner.Bring(ctx, e, w.Gateways.MapGateways, func(int, int) {})
	if err != nil {
		return err
	}
	if t.json {
		return t.value(broughtJSON{memberOf(b.Membership), b.Folder, b.Requests, b.Events, b.Practice})
	}
	printf(t.out, "This home is now the desk %s of the office %s, as %s (%s).\n", b.Desk, b.Name, b.Login, b.Role)
	printf(t.out, "It has brought %s along, with %s. Left behind: %s. The register as it was is in %s; countersignctl audit --ledger checks it.\n",
		counted(b.Requests, "1 request", "%d requests"), counted(b.Events, "1 event", "%d events"), counted(b.Practice, "1 practice request", "%d practice requests"), b.Folder)
	return printf(t.out, everybodyReads)
}

// needsNoWindow returns an error if a window has the home open: it would go on with a register that is not that of the home any more.
func (t *terminal) needsNoWindow() error {
	switch open, err := handover.IsOpen(t.dir); {
	case err != nil:
		return err
	case open:
		return errors.New("the window of this home is open: close it first")
	}
	return nil
}

// catchUpTime is how long a command waits for the office at most before it goes on with what is here.
const catchUpTime = 2 * time.Second

// catchUp reads what is new in the office of the home, and warns on standard error if that cannot be done in time.
func (t *terminal) catchUp(ctx context.Context, w *workspace.Workspace) {
	if w.Office == nil {
		return
	}
	if err := t.tryCatchUp(ctx, w); err != nil && ctx.Err() == nil {
		printf(t.err, "countersignctl: warning: what follows is what this desk has read before: %s\n", err)
	}
}

func (t *terminal) tryCatchUp(ctx context.Context, w *workspace.Workspace) error {
	ctx, cancel := context.WithTimeout(ctx, catchUpTime)
	defer cancel()
	began := time.Now()
	err := w.Office.CatchUp(ctx, w.Ledger)
	if t.left = 0; err == nil {
		t.left = catchUpTime - time.Since(began)
	}
	return err
}

// signOff has the desk sign as a witness what a command has read and added, in the time that catching up has left. It is no error of the command if it cannot.
func (t *terminal) signOff(ctx context.Context, w *workspace.Workspace) {
	if t.left <= 0 || w.Office == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, t.left)
	defer cancel()
	if err := w.Office.SignOff(ctx, w.Ledger); err != nil {
		t.log.Info("this desk could not sign as a witness", "error", err)
	}
}

// inOffice opens the home, which must be a desk of an office.
func (t *terminal) inOffice(ctx context.Context, use func(*workspace.Workspace) error) error {
	return t.withHome(ctx, func(w *workspace.Workspace) error {
		if w.Office == nil {
			return office.ErrNoMember
		}
		return use(w)
	})
}

type teamStatus struct{}

type statusJSON struct {
	memberJSON
	State    office.Reach   `json:"state"`
	Problem  string         `json:"problem,omitempty"`
	Server   string         `json:"server,omitempty"`        // the version of PostgreSQL
	TLS      string         `json:"tls,omitempty"`           // the version of the encryption
	Format   int            `json:"format,omitempty"`        // of the office
	Newest   int            `json:"newest_format,omitempty"` // to which the office's owner can raise the format; left out where it has that
	Read     int            `json:"read"`                    // entries of the office's register that this desk has
	Entries  int            `json:"entries,omitempty"`
	Bringing bool           `json:"bringing,omitempty"` // the office does not have all yet that the home brings along
	Waiting  int            `json:"waiting,omitempty"`  // returns of browsers that the office does not have yet
	Unfit    []ledger.Unfit `json:"unfit,omitempty"`
}

func (c *teamStatus) Run(ctx context.Context, t *terminal) error {
	return t.inOffice(ctx, func(w *workspace.Workspace) error {
		m := w.Office.Membership()
		s := statusJSON{memberJSON: memberOf(m), Bringing: m.Bringing != nil}
		if err := t.tryCatchUp(ctx, w); err != nil {
			s.Problem = oneLine(err)
		}
		status, err := t.askStatus(ctx, w)
		state := w.Office.State()
		switch s.State = state.Reach; {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.State, s.Problem = office.OutOfReach, oneLine(err)
		case s.State == office.CatchingUp:
			s.Problem = "" // there was not enough time for all that is new
		case s.State == office.Parted:
			s.Problem = oneLine(state.Problem)
		}
		s.Server, s.TLS, s.Format, s.Entries = status.Version, status.TLS, status.Format, status.Entries
		if 0 < s.Format && s.Format < team.CurrentFormat {
			s.Newest = team.CurrentFormat
		}
		if status.Role != "" {
			s.Role = status.Role
		}
		head, err := w.Ledger.Head(ctx)
		if err != nil {
			return err
		}
		s.Read = head.Count
		waiting, err := w.Ledger.KeptReturns(ctx)
		if err != nil {
			return err
		}
		s.Waiting = len(waiting)
		if s.Unfit, err = w.Ledger.Unfit(ctx); err != nil {
			return err
		}
		if err := t.officeStatus(s); err != nil {
			return err
		}
		if s.State == office.OutOfReach || s.State == office.Parted {
			return exit(exitError)
		}
		return nil
	})
}

// statusTime is how long the server may take to say how it is.
const statusTime = 5 * time.Second

func (t *terminal) askStatus(ctx context.Context, w *workspace.Workspace) (office.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTime)
	defer cancel()
	return w.Office.Status(ctx)
}

// officeStatus prints how a desk stands to its office.
func (t *terminal) officeStatus(s statusJSON) error {
	if t.json {
		return t.value(s)
	}
	table := t.table()
	printf(table, "office\t%s, register %s\n", s.Office, s.Register)
	printf(table, "desk\t%s\n", orDash(s.Desk))
	printf(table, "login\t%s (%s)\n", s.Login, orDash(string(s.Role)))
	switch {
	case s.Server != "" && s.TLS != "":
		printf(table, "server\tPostgreSQL %s, encrypted with %s\n", s.Server, s.TLS)
	case s.Server != "":
		printf(table, "server\tPostgreSQL %s, on this computer and not encrypted\n", s.Server)
	}
	switch {
	case s.Newest > 0:
		printf(table, "format\t%d; its owner can raise it to %d with countersignctl team upgrade\n", s.Format, s.Newest)
	case s.Format > 0:
		printf(table, "format\t%d\n", s.Format)
	}
	printf(table, "state\t%s\n", stateWords[s.State])
	if s.Problem != "" {
		printf(table, "problem\t%s\n", s.Problem)
	}
	if s.Server != "" {
		printf(table, "read\t%d of %s\n", s.Read, counted(s.Entries, "1 entry", "%d entries"))
	} else {
		printf(table, "read\t%s\n", counted(s.Read, "1 entry", "%d entries"))
	}
	if s.Bringing {
		printf(table, "brings along\tthe office does not have all yet: go on with countersignctl team join DSN --bring\n")
	}
	if s.Waiting > 0 {
		printf(table, "waiting\t%s\n", counted(s.Waiting, "1 return of a browser, which the office does not have yet", "%d returns of browsers, which the office does not have yet"))
	}
	for _, u := range s.Unfit {
		printf(table, "does not fit\tentry %d, request %s, event %d, of desk %s and %s: %s\n", u.Number, u.Request, u.Seq, orDash(u.Desk), orDash(u.By), u.Problem)
	}
	return table.Flush()
}

var stateWords = map[office.Reach]string{
	office.Online:     "online, all is read",
	office.CatchingUp: "online, there is more to read",
	office.OutOfReach: "out of reach",
	office.Parted:     "parted from the office: find out why, then countersignctl team rejoin",
}

type teamDesks struct{}

type deskJSON struct {
	Desk        string     `json:"desk"`
	Login       string     `json:"login"`
	Key         string     `json:"key"`    // the fingerprint
	Joined      int        `json:"joined"` // the number of the entry
	LastSeen    *time.Time `json:"last_seen,omitempty"`
	Witnessed   int        `json:"witnessed,omitempty"`
	WitnessedAt *time.Time `json:"witnessed_at,omitempty"`
}

func (c *teamDesks) Run(ctx context.Context, t *terminal) error {
	return t.inOffice(ctx, func(w *workspace.Workspace) error {
		desks, err := w.Office.Desks(ctx)
		if err != nil {
			return err
		}
		table := t.table()
		for _, d := range desks {
			j := deskJSON{Desk: d.Name, Login: d.Login, Key: register.Fingerprint(d.Key), Joined: d.Joined, Witnessed: d.Witnessed}
			seen, signed := "not seen yet", "has signed nothing yet"
			if at := w.Office.LastSeen(d); !at.IsZero() {
				j.LastSeen = &at
				seen = "last seen " + at.Local().Format(time.DateTime)
			}
			if d.Witnessed > 0 {
				j.WitnessedAt = &d.WitnessedAt
				signed = fmt.Sprintf("has signed entry %d, ", d.Witnessed) + d.WitnessedAt.Local().Format(time.DateTime)
			}
			if t.json {
				if err := t.value(j); err != nil {
					return err
				}
				continue
			}
			printf(table, "%s\t%s\tkey %s\t%s\t%s\n", j.Desk, j.Login, j.Key, seen, signed)
		}
		return table.Flush()
	})
}

type teamRejoin struct{}

type rejoinedJSON struct {
	Archive  string            `json:"archive"` // the folder with the ledger as it was before
	Common   int               `json:"common"`  // the last entry that it and the office have in common
	Lost     int               `json:"lost"`
	HandedIn int               `json:"handed_in"`
	Others   int               `json:"others"` // of other desks
	Unfit    []office.Unhanded `json:"unfit,omitempty"`
}

func (c *teamRejoin) Run(ctx context.Context, t *terminal) error {
	if err := t.needsNoWindow(); err != nil {
		return err
	}
	return t.inOffice(ctx, func(w *workspace.Workspace) error {
		r, err := w.Joiner.Rejoin(ctx)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(rejoinedJSON{r.Folder, r.Common, r.Lost, r.HandedIn, r.Others, r.Unfit})
		}
		printf(t.out, "This desk has joined the office %s anew. Up to entry %d the register is the one that this desk had read; that is kept in %s.\n", w.Office.Membership().Name, r.Common, r.Folder)
		printf(t.out, "The office had lost %s: %d of this desk handed in again, %d of other desks, which hand them in themselves when they join anew.\n", counted(r.Lost, "1 entry", "%d entries"), r.HandedIn, r.Others)
		for _, u := range r.Unfit {
			printf(t.out, "Not handed in: entry %d, request %s, event %d (%s): %s\n", u.Number, u.Request, u.Seq, u.Kind, u.Problem)
		}
		return nil
	})
}

type teamLeave struct {
	Force bool `help:"Leave even if something waits here that the office does not have yet."`
}

func (c *teamLeave) Run(ctx context.Context, t *terminal) error {
	if err := t.needsNoWindow(); err != nil {
		return err
	}
	return t.inOffice(ctx, func(w *workspace.Workspace) error {
		folder, err := w.Joiner.Leave(ctx, c.Force)
		if err != nil {
			return err
		}
		if t.json {
			return t.value(struct {
				Archive string `json:"archive"`
			}{folder})
		}
		return printf(t.out, "This home belongs to no office any more, and its register is empty. What was read of the office %s is in %s.\n", w.Office.Membership().Name, folder)
	})
}
