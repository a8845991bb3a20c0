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
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"countersign/core/register"
	"countersign/core/request"
)

// The errors of an office. What is returned wraps one of them and says more.
var (
	// ErrConflict is returned when another desk was first: a request is not at the version that the events continue.
	ErrConflict = request.Errorf("office_conflict", "the office’s register has gone on meanwhile")
	// ErrRefused is returned when the login must not do that, or when the server has found a mistake in what it was given.
	ErrRefused = request.Errorf("office_refused", "the office’s server refuses this")
	// ErrUnreachable is returned when no server has answered, or not in time. What was asked for may have been done nevertheless, so it
	// is asked for again with the same key.
	ErrUnreachable = request.Errorf("office_unreachable", "the office’s server cannot be reached")
	// ErrBusy is returned when somebody else was writing for all of the time that a call waits.
	ErrBusy = request.Errorf("office_busy", "somebody else is writing to the office’s register")
	// ErrParted is returned when the register does not have the entry that the caller has read. It is not for people: who knows the
	// entry says more.
	ErrParted = errors.New("office: the register does not have the entry that was read")
	// ErrNoOffice is returned when the database has no office, or the login no role in it.
	ErrNoOffice = request.Errorf("office_none", "this login has no role in an office of that database")
	// ErrLogin is returned when the server does not know the login, or the password is wrong.
	ErrLogin = request.Errorf("office_login", "the office’s server does not accept this login")
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
	// Format is the format of the office when it was opened: events of kinds that came later are refused.
	Format int
	// Login is the name by which the server knows the person.
	Login string
	// Role is what the login may do. It is empty for one that has none of the office's roles, such as an owner who gave none to himself.
	Role Role
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
// the login. The caller closes the office.
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
	err = pool.QueryRow(ctx, `SELECT id, name, format, session_user::text, coalesce((
		SELECT role FROM unnest(ARRAY['manager', 'clerk', 'auditor']) WITH ORDINALITY AS r(role, rank)
		WHERE pg_has_role(session_user, roles || '_' || role, 'MEMBER') ORDER BY rank LIMIT 1), '') FROM countersign.office`,
	).Scan(&o.ID, &o.Name, &o.Format, &o.Login, &o.Role)
	if err != nil {
		pool.Close()
		return nil, explain(err)
	}
	return o, nil
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

// The conditions of PostgreSQL and of schema/1.sql that have a meaning here.
const (
	stateConflict   = "CS001"
	stateForbidden  = "CS002"
	stateMalformed  = "CS003"
	stateNoRight    = "42501"
	stateNoSchema   = "3F000"
	stateNoTable    = "42P01"
	stateNoDatabase = "3D000"
	statePassword   = "28P01"
	stateLogin      = "28000"
	stateLocked     = "55P03"
	stateUnique     = "23505"
	stateCheck      = "23514"
	stateReadOnly   = "25006"
)

// explain returns err with one of the errors of this package and a sentence for people. The messages of the server have names of
// logins, desks and requests, and never a password.
func explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		if meaning := meaningOf(answer.Code); meaning != nil {
			return request.Errorf("office_said", "%w: %s", meaning, answer.Message)
		}
		return fmt.Errorf("office: %w", err)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	if errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) {
		return request.Errorf("office_said", "%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("office: %w", err)
}

// meaningOf returns the error that a condition of the server stands for, or nil.
func meaningOf(code string) error {
	switch code {
	case stateConflict, stateUnique:
		return ErrConflict
	case statePassword, stateLogin:
		return ErrLogin
	case stateNoSchema, stateNoTable, stateNoRight, stateNoDatabase:
		return ErrNoOffice
	case stateLocked:
		return ErrBusy
	case stateForbidden, stateMalformed, stateCheck:
		return ErrRefused
	case stateReadOnly:
		return ErrUnreachable
	}
	switch code[:2] {
	case "08", "53", "57": // the connection was lost, resources are exhausted, the server shuts down
		return ErrUnreachable
	}
	return nil
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
