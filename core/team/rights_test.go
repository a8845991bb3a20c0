package team

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"countersign/core/register"
)

// names returns the first column of a query that the superuser runs.
func (f *fixture) names(query string) []string {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), cluster.DSN("postgres", f.owner))
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(f.t.Context()))
	rows, err := conn.Query(f.t.Context(), query)
	if err != nil {
		f.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		f.t.Fatalf("%d names (%v)", len(names), err)
	}
	return names
}

// isForbidden reports whether the server has refused something for want of a right.
func isForbidden(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == stateNoRight
}

// TestNoLoginHasMoreRightsThanItsRole tries everything in the schema, also what later versions add, as each kind of login.
func TestNoLoginHasMoreRightsThanItsRole(t *testing.T) {
	f := newFixture(t)
	readable := map[string]bool{"office": true, "events": true, "kinds": true, "desks": true, "witnesses": true, "documents": true, "parts": true, "leases": true}
	callable := map[string]bool{"append": true, "put": true, "finish": true, "witness": true, "lease": true}
	tables := f.names("SELECT relname::text FROM pg_class WHERE relnamespace = 'countersign'::regnamespace AND relkind = 'r'")
	calls := f.names(`SELECT proname || '(' || coalesce((SELECT string_agg('NULL::' || format_type(a, NULL), ', ') FROM unnest(proargtypes) AS a), '') || ')'
		FROM pg_proc WHERE pronamespace = 'countersign'::regnamespace`)
	columns := map[string]string{}
	for _, table := range tables {
		columns[table] = f.names("SELECT attname::text FROM pg_attribute WHERE attrelid = 'countersign." + table + "'::regclass AND attnum = 1")[0]
	}
	const granted = "SELECT relname || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace = 'countersign'::regnamespace ORDER BY relname"
	before := f.names(granted)
	for login, writes := range map[string]bool{f.clerkLogin: true, f.managerLogin: true, f.auditName: false} {
		conn, err := pgx.Connect(t.Context(), cluster.DSN(login, f.owner))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		try := func(statement string) error { _, err := conn.Exec(t.Context(), statement); return err }
		for _, table := range tables {
			name := "countersign." + table
			if err := try("SELECT * FROM " + name); readable[table] && err != nil || !readable[table] && !isForbidden(err) {
				t.Errorf("%s reads %s: %v", login, table, err)
			}
			for _, statement := range []string{
				"INSERT INTO " + name + " DEFAULT VALUES", "UPDATE " + name + " SET " + columns[table] + " = " + columns[table], "DELETE FROM " + name, "TRUNCATE " + name + " CASCADE",
				"SELECT * FROM " + name + " FOR UPDATE", "DROP TABLE " + name + " CASCADE", "ALTER TABLE " + name + " DISABLE TRIGGER ALL", "CREATE INDEX ON " + name + " ((1))",
			} {
				if err := try(statement); !isForbidden(err) {
					t.Errorf("%s: %s: %v", login, statement, err)
				}
			}
		}
		if err := try("GRANT ALL ON ALL TABLES IN SCHEMA countersign TO PUBLIC"); err != nil && !isForbidden(err) { // a warning is all that it has to cause
			t.Error(err)
		}
		for _, call := range calls {
			name, _, _ := strings.Cut(call, "(")
			if err := try("SELECT countersign." + call); writes && callable[name] == isForbidden(err) || !writes && !isForbidden(err) {
				t.Errorf("%s calls %s: %v", login, call, err)
			}
		}
		for _, statement := range []string{
			"CREATE TABLE countersign.mine (a int)", "CREATE FUNCTION countersign.mine() RETURNS int LANGUAGE sql RETURN 1", "CREATE TABLE public.mine (a int)", "CREATE TEMP TABLE mine (a int)",
			"CREATE SCHEMA mine", "SET ROLE " + f.owner, "SET SESSION AUTHORIZATION " + f.owner, "CREATE ROLE mine", "GRANT " + f.made.Manager + " TO " + f.clerkLogin,
			"ALTER ROLE " + login + " CREATEROLE", "ALTER DATABASE " + f.owner + " SET search_path = public", "COPY countersign.events TO PROGRAM 'true'", "SELECT pg_read_file('PG_VERSION')",
		} {
			if err := try(statement); !isForbidden(err) {
				t.Errorf("%s: %s: %v", login, statement, err)
			}
		}
	}
	if after := f.names(granted); !slices.Equal(before, after) {
		t.Errorf("rights before: %q, after: %q", before, after)
	}
}

func TestALoginOfAnotherOfficeIsNotLetIn(t *testing.T) {
	f, other := newFixture(t), newFixture(t)
	cluster.MustExec(t, "postgres", "postgres", "CREATE ROLE "+f.owner+"_nobody LOGIN")
	for _, login := range []string{other.clerkLogin, other.managerLogin, other.auditName, f.owner + "_nobody"} {
		if o, err := Open(t.Context(), cluster.DSN(login, f.owner), "", "test"); !errors.Is(err, ErrNoRole) {
			t.Errorf("%s: %v, %v", login, o, err)
		}
	}
	// Even if the owner lets all logins connect.
	cluster.MustExec(t, f.owner, f.owner, "GRANT CONNECT ON DATABASE "+f.owner+" TO PUBLIC")
	if o, err := Open(t.Context(), cluster.DSN(other.managerLogin, f.owner), "", "test"); !errors.Is(err, ErrNoRole) {
		t.Errorf("%v, %v", o, err)
	}
}

// TestALoginLosesItsRightsWithItsRole is about connections that are open at that time.
func TestALoginLosesItsRightsWithItsRole(t *testing.T) {
	f := newFixture(t)
	cluster.MustExec(t, f.owner, f.owner, "REVOKE "+f.made.Clerk+" FROM "+f.clerkLogin)
	if _, err := f.clerk.Append(t.Context(), NewKey(), register.Head{}, event(1, "added", f.clerkLogin, "front", nil)); !errors.Is(err, ErrNoRole) {
		t.Errorf("it writes: %v", err)
	}
	if _, err := f.clerk.Entries(t.Context(), 0, 1); !errors.Is(err, ErrNoRole) {
		t.Errorf("it reads: %v", err)
	}
}

func TestInitMakesOneOfficeOrNothing(t *testing.T) {
	needServer(t)
	owner, second := cluster.MustCreate(t), cluster.MustCreate(t)
	ctx := t.Context()
	for _, name := range []string{"", "  ", "two\nlines", strings.Repeat("x", 201), "\xff"} {
		if _, err := Init(ctx, cluster.DSN(owner, owner), "", name); err == nil {
			t.Errorf("an office has the name %q", name)
		}
	}
	made, err := Init(ctx, cluster.DSN(owner, owner), "", "Mairie d’Évry "+owner)
	if err != nil {
		t.Fatal(err)
	}
	if made.Clerk != "countersign_mairie_d_evry_"+owner+"_clerk" || made.Database != owner {
		t.Errorf("made %+v", made)
	}
	if again, err := Init(ctx, cluster.DSN(owner, owner), "", "Another"); err == nil || !strings.Contains(err.Error(), "has an office already") {
		t.Errorf("a second office in the database: %+v, %v", again, err)
	}
	// The roles of a server are shared by its databases.
	if again, err := Init(ctx, cluster.DSN(second, second), "", "Mairie d’Évry "+owner); err == nil || !strings.Contains(err.Error(), "choose another name") {
		t.Errorf("a second office with the name: %+v, %v", again, err)
	}
	if err := cluster.Exec(ctx, second, second, "CREATE SCHEMA countersign"); err != nil {
		t.Errorf("what failed has left something: %v", err)
	}
	if err := cluster.Exec(ctx, second, second, "DROP SCHEMA countersign"); err != nil {
		t.Fatal(err)
	}
	arabic, err := Init(ctx, cluster.DSN(second, second), "", "بلدية دبي")
	if err != nil || arabic.Auditor != "countersign_"+arabic.ID+"_auditor" {
		t.Errorf("made %+v, %v", arabic, err)
	}
	third := cluster.MustCreate(t)
	cluster.MustExec(t, "postgres", "postgres", "ALTER ROLE "+third+" NOCREATEROLE")
	if made, err := Init(ctx, cluster.DSN(third, third), "", "Third"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "CREATEROLE") {
		t.Errorf("without CREATEROLE: %+v, %v", made, err)
	}
}

func TestOnlyManagersShareAndRemoveGateways(t *testing.T) {
	f := newFixture(t)
	for _, kind := range []string{"gateway_shared", "gateway_removed"} {
		content := fields{kind: fields{"name": "far"}}
		for login, refused := range map[*Office]struct {
			desk string
			as   error
		}{f.clerk: {"front", ErrRefused}, f.auditor: {"front", ErrNoRole}} {
			if _, err := login.Append(t.Context(), NewKey(), register.Head{}, office(4, kind, login.Login, refused.desk, content)); !errors.Is(err, refused.as) {
				t.Errorf("%s: %s: %v", login.Login, kind, err)
			}
		}
		for what, e := range map[string]register.Event{
			"as somebody else": office(4, kind, f.clerkLogin, "first floor", content), "at a desk of another": office(4, kind, f.managerLogin, "front", content),
			"without a name": office(4, kind, "", "first floor", content), "of a request": event(1, kind, f.managerLogin, "first floor", content),
			"with a member that two programs may read differently": office(4, kind, f.managerLogin, "first floor", fields{kind: fields{"name": "far", "settings": fields{"Url": "https://x.example"}}}),
		} {
			if _, err := f.manager.Append(t.Context(), NewKey(), register.Head{}, e); !errors.Is(err, ErrRefused) {
				t.Errorf("%s %s: %v", kind, what, err)
			}
		}
	}
	f.append(f.manager, office(4, "gateway_shared", f.managerLogin, "first floor", nil), office(5, "gateway_removed", f.managerLogin, "first floor", nil))
}
