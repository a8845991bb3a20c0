package team

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/runes"
	"golang.org/x/text/unicode/norm"

	"countersign/core/request"
)

// CurrentFormat is the format of a new office. Kinds of events that this program does not have yet belong to later formats.
const CurrentFormat = 2

// schemas are the steps that make the schema; each is run once, in the order of their numbers, which are their names.
//
//go:embed schema/*.sql
var schemas embed.FS

// currentSchema is the number of the last step.
const currentSchema = 3

// runSteps runs the steps behind one that was run before, or all behind 0.
func runSteps(ctx context.Context, tx pgx.Tx, before int) error {
	for n := before + 1; n <= currentSchema; n++ {
		name := fmt.Sprintf("schema/%d.sql", n)
		step, err := schemas.ReadFile(name)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, string(step)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Made is what [Init] has made.
type Made struct {
	ID, Name string
	// Database is the name of the database.
	Database string
	// Clerk, Manager and Auditor are the names of the roles. A login gets one of them by a GRANT.
	Clerk, Manager, Auditor string
}

// Init makes an office in the database that the DSN names, which must be empty of offices. The login must own the database and have the right
// CREATEROLE. Init does everything in one transaction, or nothing. The roles belong to the office alone, since the roles
// of a server are shared by all of its databases. Logins that have none of them can no longer connect to the database.
func Init(ctx context.Context, dsn, password, name string) (Made, error) {
	if strings.TrimSpace(name) == "" || len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return Made{}, request.Errorf("office_name", "an office needs a name of at most 200 bytes, without line breaks")
	}
	config, err := poolConfig(dsn, password)
	if err != nil {
		return Made{}, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return Made{}, explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	random := make([]byte, 8)
	_, _ = rand.Read(random) // it never fails
	id := hex.EncodeToString(random)
	prefix := rolePrefix(name, id)
	made := Made{ID: id, Name: name, Database: conn.Config().Database, Clerk: prefix + "_clerk", Manager: prefix + "_manager", Auditor: prefix + "_auditor"}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return explain(made.create(ctx, tx, prefix)) })
	if errors.Is(err, ErrNoRole) {
		err = request.Errorf("office_no_maker", "%w: to make an office, a login must own the database and have the right CREATEROLE", ErrRefused)
	}
	return made, err
}

// create makes everything of a new office.
func (m Made) create(ctx context.Context, tx pgx.Tx, prefix string) error {
	var taken, exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ANY ($1)), to_regnamespace('countersign') IS NOT NULL`,
		[]string{m.Clerk, m.Manager, m.Auditor}).Scan(&taken, &exists); err != nil {
		return err
	}
	if exists {
		return request.Errorf("office_exists", "the database %s has an office already", m.Database)
	}
	if taken {
		return request.Errorf("office_roles", "the server has the roles of an office of that name already, such as %s; choose another name", m.Clerk)
	}
	if err := runSteps(ctx, tx, 0); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO countersign.office (id, name, roles, schema, format) VALUES ($1, $2, $3, $4, $5)", m.ID, m.Name, prefix, currentSchema, CurrentFormat); err != nil {
		return err
	}
	for _, statement := range m.rights() {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// rights returns the statements that make the roles and give them their rights. A manager has the rights of a clerk by membership. The
// limit for open transactions is one of the database: a limit of a role is not inherited by the logins that are members of it.
func (m Made) rights() []string {
	quote := func(name string) string { return pgx.Identifier{name}.Sanitize() }
	database, clerk, manager, auditor := quote(m.Database), quote(m.Clerk), quote(m.Manager), quote(m.Auditor)
	all := clerk + ", " + manager + ", " + auditor
	return []string{
		"CREATE ROLE " + clerk,
		"CREATE ROLE " + manager,
		"CREATE ROLE " + auditor,
		"GRANT " + clerk + " TO " + manager,
		"REVOKE ALL ON DATABASE " + database + " FROM PUBLIC",
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"GRANT CONNECT ON DATABASE " + database + " TO " + all,
		"ALTER DATABASE " + database + " SET idle_in_transaction_session_timeout = '10s'",
		"GRANT USAGE ON SCHEMA countersign TO " + all,
		"GRANT SELECT ON countersign.office, countersign.events, countersign.kinds, countersign.desks, countersign.witnesses, countersign.documents, countersign.parts, countersign.leases TO " + all,
		"GRANT EXECUTE ON FUNCTION countersign.append, countersign.put, countersign.finish, countersign.witness, countersign.lease TO " + clerk,
	}
}

var notInRole = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) })

// rolePrefix returns what the names of the roles of an office begin with: "countersign_town_hall" for "Town hall". For a name without
// Latin letters and digits the id of the office stands in its place.
func rolePrefix(name, id string) string {
	plain := notInRole().ReplaceAllString(strings.ToLower(runes.Remove(runes.In(unicode.Mn)).String(norm.NFD.String(name))), "_")
	plain = strings.Trim(plain[:min(len(plain), 40)], "_") // PostgreSQL cuts names at 63 bytes
	return "countersign_" + cmp.Or(plain, id)
}
