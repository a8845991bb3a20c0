package team

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

func TestAnAddressGivesNothingAway(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGSSLMODE", "PGPASSWORD", "PGSERVICE", "PGDATABASE", "PGUSER"} {
		t.Setenv(name, "")
	}
	for dsn, want := range map[string]string{
		"host=/run/postgresql dbname=office":                         "",
		"host=localhost dbname=office sslmode=disable":               "",
		"host=127.0.0.1,::1 dbname=office":                           "",
		"host=db1 dbname=office":                                     "",
		"host=db1,db2 dbname=office target_session_attrs=read-write": "",
		"postgres://clara@db1/office":                                "",
		"postgres://clara@db1/office?application_name=x":             "",
		"host=db1 sslmode=require":                                   "",
		"host=db1 passfile=/home/clara/.pgpass":                      "",
		"host=db1 dbname=office sslmode=disable":                     "the connection to db1 would not be encrypted",
		"host=db1 dbname=office sslmode=prefer":                      "the connection to db1 would not be encrypted",
		"host=127.0.0.1,db2 sslmode=allow":                           "the connection to db2 would not be encrypted",
		"postgres://db1/office?sslmode=disable":                      "the connection to db1 would not be encrypted",
		"host=db1 password=secret":                                   "has a password in it",
		"host=db1 PASSWORD = 'secret'":                               "has a password in it",
		"host=db1 sslpassword=secret":                                "has a password in it",
		"postgres://clara:secret@db1/office":                         "has a password in it",
		"postgres://db1/office?password=secret":                      "has a password in it",
		"postgres://db1/office?p%61ssword=secret":                    "has a password in it",
		"postgres://clara:secret@db1:port/office":                    "has a password in it",
		"host=db1 port=x":                                            "cannot be read",
		"host=db1 nonsense":                                          "cannot be read",
	} {
		err := CheckDSN(dsn)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", dsn, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error has the password: %v", err)
		}
	}
}

func TestAnotherMachineIsVerifiedByDefault(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for dsn, verified := range map[string]bool{"host=db1": true, "postgres://db1/office": true, "postgres://db1/office?user=x": true, "host=db1 sslmode=require": false} {
		config, err := poolConfig(dsn, "")
		if err != nil {
			t.Fatal(err)
		}
		if c := config.ConnConfig; c.TLSConfig == nil || c.TLSConfig.InsecureSkipVerify == verified || verified && c.TLSConfig.ServerName != "db1" || len(c.Fallbacks) > 0 {
			t.Errorf("%s: %+v with %d others", dsn, c.TLSConfig, len(c.Fallbacks))
		}
	}
}

// FuzzDSN looks for a DSN with a password that is taken, or one that leads to another machine without encryption.
func FuzzDSN(f *testing.F) {
	for _, dsn := range []string{"host=db1 dbname=office", "postgres://clara@db1,db2/office?sslmode=require", "host='a b' user=x", "postgres://a:b@c/d", "sslmode=disable host=/tmp,db"} {
		f.Add(dsn)
	}
	for _, name := range []string{"PGHOST", "PGSSLMODE", "PGPASSWORD", "PGSERVICE", "PGDATABASE", "PGUSER"} {
		f.Setenv(name, "")
	}
	f.Setenv("PGPASSFILE", f.TempDir()+"/none")
	f.Fuzz(func(t *testing.T, dsn string) {
		// A DSN may name files, which are read.
		if strings.Contains(dsn, "file") || strings.Contains(dsn, "ssl") && (strings.Contains(dsn, "cert") || strings.Contains(dsn, "key")) || strings.Contains(dsn, "service") {
			t.Skip()
		}
		if CheckDSN(dsn) != nil {
			return
		}
		config, err := pgxpool.ParseConfig(dsn)
		if err != nil {
			t.Fatalf("%q is no DSN: %v", dsn, err)
		}
		if config.ConnConfig.Password != "" {
			t.Errorf("%q has the password %q", dsn, config.ConnConfig.Password)
		}
		taken, err := poolConfig(dsn, "")
		if err != nil {
			t.Fatal(err)
		}
		if taken.ConnConfig.Host != config.ConnConfig.Host || taken.ConnConfig.Database != config.ConnConfig.Database || taken.ConnConfig.User != config.ConnConfig.User {
			t.Errorf("%q leads to %s/%s as %s, not to %s/%s as %s", dsn, taken.ConnConfig.Host, taken.ConnConfig.Database, taken.ConnConfig.User, config.ConnConfig.Host, config.ConnConfig.Database, config.ConnConfig.User)
		}
		if host := exposedHost(taken); host != "" {
			t.Errorf("%q leads to %s without encryption", dsn, host)
		}
	})
}

func TestAnOriginIsWhereAConnectionMayGo(t *testing.T) {
	for _, name := range []string{"PGHOST", "PGPORT", "PGSSLMODE", "PGPASSWORD", "PGSERVICE", "PGDATABASE", "PGUSER"} {
		t.Setenv(name, "")
	}
	for dsn, want := range map[string]string{
		"host=db1,db2 user=clara dbname=office":             "postgres://clara@db1:5432,db2:5432/office",
		"host=db1,db2 port=1,2 user=clara dbname=office":    "postgres://clara@db1:1,db2:2/office",
		"postgres://clara@db1/office?application_name=x":    "postgres://clara@db1:5432/office",
		"host=/run/postgresql user=clara dbname=office":     "postgres://clara@/run/postgresql:5432/office",
		"host=localhost user=max dbname=b sslmode=prefer":   "postgres://max@localhost:5432/b", // with and without encryption
		"host=db1 user=clara password=secret dbname=office": "",
	} {
		got, err := Origin(dsn)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", dsn, got, err, want)
		}
	}
}
