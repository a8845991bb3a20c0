package team

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"countersign/core/request"
)

// Upgraded is an office whose format [Upgrade] has raised.
type Upgraded struct {
	Name string
	// Before and Now are its formats. They are the same if there was nothing to do.
	Before, Now int
}

// Upgrade brings the schema of an office that an earlier version has made to its present form, and raises the office's format to
// [CurrentFormat]. It does everything in one transaction, or nothing. Only the owner of the database can do so: it fails with [ErrRefused] for
// another login, and with [ErrNewer] for an office of a later format. Desks may be connected meanwhile, and need not connect again.
func Upgrade(ctx context.Context, dsn, password string) (Upgraded, error) {
	config, err := poolConfig(dsn, password)
	if err != nil {
		return Upgraded{}, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return Upgraded{}, explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var u Upgraded
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return u.upgrade(ctx, tx) })
	return u, explain(err)
}

func (u *Upgraded) upgrade(ctx context.Context, tx pgx.Tx) error {
	var login, owner string
	var owns bool
	err := tx.QueryRow(ctx, `SELECT session_user::text, pg_get_userbyid(nspowner)::text, pg_has_role(session_user, nspowner, 'MEMBER')
		FROM pg_namespace WHERE nspname = 'countersign'`).Scan(&login, &owner, &owns)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNoOffice
	case err != nil:
		return err
	case !owns:
		return request.Errorf("office_not_owner", "%w: only the owner of the database can do that, and %s is not", ErrRefused, login)
	}
	// What a step makes belongs to the owner, whichever of the owner's logins runs it.
	if _, err := tx.Exec(ctx, "SET LOCAL ROLE "+pgx.Identifier{owner}.Sanitize()); err != nil {
		return err
	}
	var schema int
	err = tx.QueryRow(ctx, "SELECT name, schema, format FROM countersign.office FOR UPDATE").Scan(&u.Name, &schema, &u.Before)
	if err != nil {
		return err
	}
	if u.Before > CurrentFormat || schema > currentSchema {
		return ErrNewer
	}
	if u.Now = CurrentFormat; u.Before == CurrentFormat && schema == currentSchema {
		return nil
	}
	if err := runSteps(ctx, tx, schema); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE countersign.office SET schema = $1, format = $2", currentSchema, CurrentFormat); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "SELECT pg_notify('countersign', 'format')") // so that the desks read it
	return err
}
