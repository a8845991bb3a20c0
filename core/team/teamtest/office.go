package teamtest

import (
	"context"
	"os"

	"github.com/jackc/pgx/v5"
)

// MakeFirstOffice makes an office of format 1 in a database, as the program did that had no other, by the owner of that name. The
// script is schema/1.sql. It returns what the names of the roles begin with.
func (c *Cluster) MakeFirstOffice(ctx context.Context, owner, script string) (roles string, err error) {
	schema, err := os.ReadFile(script) // #nosec G304 -- a file of the test
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, c.DSN(owner, owner))
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	roles = "countersign_office_of_" + owner
	all := roles + "_clerk, " + roles + "_manager, " + roles + "_auditor"
	return roles, pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, statement := range []string{
			string(schema),
			"INSERT INTO countersign.office (id, name, roles, schema, format) VALUES ('0123456789abcdef', 'Office of " + owner + "', '" + roles + "', 1, 1)",
			"CREATE ROLE " + roles + "_clerk", "CREATE ROLE " + roles + "_manager", "CREATE ROLE " + roles + "_auditor",
			"GRANT " + roles + "_clerk TO " + roles + "_manager",
			"REVOKE ALL ON DATABASE " + owner + " FROM PUBLIC",
			"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
			"GRANT CONNECT ON DATABASE " + owner + " TO " + all,
			"ALTER DATABASE " + owner + " SET idle_in_transaction_session_timeout = '10s'",
			"GRANT USAGE ON SCHEMA countersign TO " + all,
			"GRANT SELECT ON countersign.office, countersign.events, countersign.kinds, countersign.desks, countersign.witnesses, countersign.documents, countersign.parts, countersign.leases TO " + all,
			"GRANT EXECUTE ON FUNCTION countersign.append, countersign.put, countersign.finish, countersign.witness, countersign.lease TO " + roles + "_clerk",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
