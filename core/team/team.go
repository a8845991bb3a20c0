// Package team is the register of an office on a PostgreSQL server, which many desks share. It makes the register's
// schema and roles ([Init]), connects a login to it ([Open]), adds entries, reads them and hears of new ones, and stores
// documents, the witness signatures of the desks, and leases.
//
// The server decides what may be written: the functions in schema/*.sql check the login, its role, its desk and the order of
// the events, and are the only way to write. The package passes bytes on. It does not fold events, check signatures
// or know a home; that is for the desk which keeps a copy of the register.
package team

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"countersign/core/register"
)

// lockWait is how long the server lets a call wait for other writers, unless the DSN has a lock_timeout.
const lockWait = 5 * time.Second

// Office is a login's connection to the register of an office. All methods may be called by several goroutines at a time. They
// connect again by themselves after the connection was lost. Where an office has several servers, they find the one that can be
// written to.
type Office struct {
	pool *pgxpool.Pool
	// ID is the id of the office's register, 16 hexadecimal digits.
	ID string
	// Name is what the office calls itself.
	Name string
	// Login is the name by which the server knows the person.
	Login string
	// Role is what the login could do when the office was opened; see [Office.AskRole]. It is empty for one that has none of the office's roles,
	// such as an owner who gave none to himself.
	Role Role

	format atomic.Int64
}

// Format returns the format of the office, as the server last said it when the office was opened or entries were read: events of kinds
// that came later are refused. The owner can raise it; see [Upgrade].
func (o *Office) Format() int { return int(o.format.Load()) }

// noteFormat notes what the server says, and fails with [ErrNewer] if this program does not know that format.
func (o *Office) noteFormat(format int) error {
	o.format.Store(int64(format))
	if format > CurrentFormat {
		return ErrNewer
	}
	return nil
}

// Role is what a login may do in an office.
type Role string

// The roles. A clerk adds requests and has them signed, a manager also reviews them, and an auditor only reads.
const (
	Clerk   Role = "clerk"
	Manager Role = "manager"
	Auditor Role = "auditor"
)

// Server is what is at the other end of the connection.
type Server struct {
	Version string // of PostgreSQL
	TLS     string // the version of the encryption; empty for a connection that is not encrypted
	Time    time.Time
}

// Open connects to an office. The DSN has the form that libpq has, without a password; see [CheckDSN]. The password may be empty
// where the server asks for none, or where it is in a .pgpass file. The desk is what the server's administrator sees beside
// the login. Open fails with [ErrNewer] for an office of a later format than [CurrentFormat]. The caller closes the office.
func Open(ctx context.Context, dsn, password, desk string) (*Office, error) {
	config, err := poolConfig(dsn, password)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["application_name"] = "countersign " + desk
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explain(err)
	}
	o := &Office{pool: pool}
	var format int
	err = pool.QueryRow(ctx, "SELECT id, name, format, session_user::text, "+roleOfLogin+" FROM countersign.office").Scan(&o.ID, &o.Name, &format, &o.Login, &o.Role)
	if err = explain(err); err == nil {
		err = o.noteFormat(format)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	return o, nil
}

// roleOfLogin is the [Role] of the login of the session, for a query of the table office.
const roleOfLogin = `coalesce((
	SELECT role FROM unnest(ARRAY['manager', 'clerk', 'auditor']) WITH ORDINALITY AS r(role, rank)
	WHERE pg_has_role(session_user, roles || '_' || role, 'MEMBER') ORDER BY rank LIMIT 1), '')`

// AskRole returns what the login may do now: its role can be changed while it is connected.
func (o *Office) AskRole(ctx context.Context) (role Role, err error) {
	err = o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, "SELECT "+roleOfLogin+" FROM countersign.office").Scan(&role)
	})
	return role, err
}

// Close closes the connections. It waits for calls that are under way.
func (o *Office) Close() { o.pool.Close() }

// Head returns the number and the link of the last entry.
func (o *Office) Head(ctx context.Context) (number int, link register.Hash, err error) {
	err = o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, "SELECT number, link FROM countersign.office").Scan(&number, hash(&link))
	})
	return number, link, err
}

// Server returns what is at the other end of the connection.
func (o *Office) Server(ctx context.Context) (s Server, err error) {
	err = o.call(ctx, func() error {
		return o.pool.QueryRow(ctx, `SELECT split_part(current_setting('server_version'), ' ', 1), coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), ''), clock_timestamp()`).Scan(&s.Version, &s.TLS, &s.Time)
	})
	s.Time = s.Time.UTC()
	return s, err
}

// hash scans a column of 32 bytes.
func hash(h *register.Hash) *scannedHash { return (*scannedHash)(h) }

type scannedHash register.Hash

// ScanBytes implements [pgtype.BytesScanner].
func (h *scannedHash) ScanBytes(column []byte) error {
	if len(column) != len(h) {
		return fmt.Errorf("a hash of %d bytes", len(column))
	}
	copy(h[:], column)
	return nil
}

// call asks the server, and explains the error. It asks again if nothing was sent, because the connection had been lost while nobody used it;
// each of the pool's connections may be such a one.
func (o *Office) call(ctx context.Context, ask func() error) error {
	err := ask()
	for range maxConns {
		if err == nil || ctx.Err() != nil || !pgconn.SafeToRetry(err) {
			break
		}
		err = ask()
	}
	return explain(err)
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, o *Office, row pgx.RowToFunc[T], query string, args ...any) (all []T, err error) {
	err = o.call(ctx, func() error {
		rows, err := o.pool.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, row)
		return err
	})
	return all, err
}

// run calls a function of the server that returns nothing.
func (o *Office) run(ctx context.Context, query string, args ...any) error {
	return o.call(ctx, func() error { _, err := o.pool.Exec(ctx, query, args...); return err })
}
