package team

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"countersign/core/network"
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
	// ErrUntrusted is returned when something has answered that is not shown to be the office's server, or does not encrypt as the DSN wants
	// it. It was told nothing.
	ErrUntrusted = request.Errorf("office_untrusted", "what answers for the office’s server is not trusted")
	// ErrBusy is returned when somebody else was writing for all of the time that a call waits.
	ErrBusy = request.Errorf("office_busy", "somebody else is writing to the office’s register")
	// ErrParted is returned when the register does not have the entry that the caller has read. It is not for people: who knows the
	// entry says more.
	ErrParted = errors.New("office: the register does not have the entry that was read")
	// ErrNoOffice is returned when there is no such database, or no office in it.
	ErrNoOffice = request.Errorf("office_none", "there is no office in that database")
	// ErrNoRole is returned when the login has none of the office's roles, or not the one that it would need.
	ErrNoRole = request.Errorf("office_no_role", "this login does not have the role for that in the office: the owner of the database gives it one with GRANT")
	// ErrNewer is returned where the office's register may have events that this program does not know.
	ErrNewer = request.Errorf("office_newer", "the office’s register is of a newer form than this program knows: install the version that the other desks have")
	// ErrLogin is returned when the server does not know the login, or the password is wrong.
	ErrLogin = request.Errorf("office_login", "the office’s server does not accept this login")
)

// IsKeptOut reports whether an error means that nothing can be asked of the office's server, or not with this login.
func IsKeptOut(err error) bool {
	return slices.ContainsFunc([]error{ErrUnreachable, ErrUntrusted, ErrLogin, ErrNoOffice, ErrNoRole, ErrNewer}, func(target error) bool { return errors.Is(err, target) })
}

// The conditions of PostgreSQL and of the functions in schema that have a meaning here.
const (
	stateConflict    = "CS001"
	stateForbidden   = "CS002"
	stateMalformed   = "CS003"
	stateNoRight     = "42501"
	stateNoSchema    = "3F000"
	stateNoTable     = "42P01"
	stateNoDatabase  = "3D000"
	statePassword    = "28P01"
	stateLogin       = "28000"
	stateLocked      = "55P03"
	stateUnique      = "23505"
	stateCheck       = "23514"
	stateReadOnly    = "25006"
	stateConnections = "53300"
	stateShutdown    = "57P01"
	stateCrash       = "57P02"
	stateStarting    = "57P03"
)

// explain returns err with one of the errors of this package and a sentence for people. The messages of the server have names of
// logins, desks and requests, and never a password.
func explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrNewer) || errors.Is(err, ErrRefused) || errors.Is(err, ErrNoOffice) {
		return err
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		if meaning := meaningOf(answer.Code); meaning != nil {
			return request.Errorf("office_said", "%w: %s", meaning, saidBy(answer))
		}
		return fmt.Errorf("office: %w", err)
	}
	var failed net.Error
	var connect *pgconn.ConnectError
	if errors.As(err, &failed) || errors.As(err, &connect) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) {
		return unreached(err)
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
	case stateNoSchema, stateNoTable, stateNoDatabase:
		return ErrNoOffice
	case stateNoRight:
		return ErrNoRole
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

// saidBy returns what a server has said, in the words of this program where they are clearer.
func saidBy(answer *pgconn.PgError) request.Sentence {
	switch answer.Code {
	case stateShutdown, stateCrash, stateStarting:
		return request.Sentencef("office_ending", "it is being started or stopped, or has ended the connection")
	case stateConnections:
		return request.Sentencef("office_full", "it takes no more connections at the moment")
	}
	return request.Sentence{Text: answer.Message}
}

// refusesTLS is what package pgconn says of a server that does not encrypt, in an error without a type.
const refusesTLS = "server refused TLS connection"

// unreached returns the error for a server that was not reached, or not any more.
func unreached(err error) error {
	host := ""
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		host = hostsOf(connect.Config)
	}
	switch {
	case strings.Contains(err.Error(), refusesTLS):
		return request.Errorf("office_plain", "%w: %s does not encrypt, which its administrator has to turn on", ErrUntrusted, host)
	case errors.Is(err, pgconn.ErrConnClosed):
		err = net.ErrClosed
	}
	why, insecure := network.Why(host, err)
	if insecure {
		return request.Errorf("office_said", "%w: %s", ErrUntrusted, why)
	}
	return request.Errorf("office_said", "%w: %s", ErrUnreachable, why)
}

// hostsOf returns the hosts that a connection was tried with.
func hostsOf(config *pgconn.Config) string {
	hosts := []string{config.Host}
	for _, other := range config.Fallbacks {
		if !slices.Contains(hosts, other.Host) {
			hosts = append(hosts, other.Host)
		}
	}
	return strings.Join(hosts, ", ")
}
