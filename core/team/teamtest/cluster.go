// Package teamtest starts PostgreSQL servers for tests. They are in temporary folders and listen on Unix sockets alone, so that
// nothing is in their way and nobody else reaches them, or on a port of the loopback address too. Only tests import it.
package teamtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled is returned by [Start] where there is no PostgreSQL server that tests can start, as on any system but Linux.
var ErrNotInstalled = errors.New("install PostgreSQL (Debian: postgresql) to try the register of an office")

// nobody is the user as whom the server runs if the test runs as root, since PostgreSQL refuses root.
const nobody = 65534

// Installed returns [ErrNotInstalled] where there is no PostgreSQL server, and nil where there is one.
func Installed() error {
	_, err := program("initdb")
	return err
}

// Cluster is a PostgreSQL server with its databases.
type Cluster struct {
	folder   string
	port     int // 0 for that of PostgreSQL
	settings []string
	server   *exec.Cmd
	ended    chan struct{}
	made     atomic.Int64 // databases
}

// Start makes a new cluster and starts its server. What it writes outlives the server but not the machine, since fsync is off unless
// a setting says "fsync=on". It returns as soon as the server accepts connections. The caller calls [Cluster.Stop].
func Start(settings ...string) (*Cluster, error) {
	return start(settings, func(c *Cluster) error { return c.initialize("local all +" + PasswordRole + " scram-sha-256\n") })
}

// StartStandby makes another cluster, which follows this one, and has this one wait at each commit until the other one has it, too.
func (c *Cluster) StartStandby(ctx context.Context) (*Cluster, error) {
	standby, err := start(c.settings, func(s *Cluster) error {
		return s.run("pg_basebackup", "-h", c.folder, "-U", "postgres", "-D", s.data(), "-R", "-c", "fast", "--no-sync")
	})
	if err != nil {
		return nil, err
	}
	if err := c.awaitStandby(ctx); err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

// awaitStandby has the server wait for its standby at each commit, and returns when it does.
func (c *Cluster) awaitStandby(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres", "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	for waits := false; !waits; { // a session reads its settings anew between two statements
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') FROM pg_sleep(0.01)").Scan(&waits)
		if err != nil {
			return err
		}
	}
	return nil
}

// Promote makes a standby a server that can be written to.
func (c *Cluster) Promote(ctx context.Context) error {
	return c.Exec(ctx, "postgres", "postgres", "SELECT pg_promote()")
}

// start starts the server of a new cluster, whose data the function fill makes.
func start(settings []string, fill func(*Cluster) error) (_ *Cluster, err error) {
	folder, err := newFolder()
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	if os.Geteuid() == 0 {
		if err := os.Chown(folder, nobody, nobody); err != nil {
			return nil, err
		}
	}
	if err := fill(c); err != nil {
		return nil, err
	}
	return c, c.start()
}

// newFolder makes a folder for Unix sockets, whose paths have at most 107 bytes.
func newFolder() (string, error) { return os.MkdirTemp("", "pg") }

// run runs a program of PostgreSQL to its end.
func (c *Cluster) run(name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	if said, err := c.command(path, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}

// PasswordRole is the role whose members the server asks for a password, when somebody has made that role.
const PasswordRole = "has_password"

// initialize makes the data of a new cluster. Its server lets everybody in without a password except where the rules say something else.
func (c *Cluster) initialize(rules string) error {
	err := c.run("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync")
	if err != nil {
		return err
	}
	path := filepath.Join(c.data(), "pg_hba.conf")
	others, err := os.ReadFile(path) // #nosec G304 -- a file of the test
	if err != nil {
		return err
	}
	return os.WriteFile(path, append([]byte(rules), others...), 0o600)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// command returns a command that runs as an ordinary user and ends with the test.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = ordinary()
	return cmd
}

func (c *Cluster) start() error {
	postgres, err := program("postgres")
	if err != nil {
		return err
	}
	args := []string{"-D", c.data(), "-k", c.folder}
	for _, setting := range append([]string{"listen_addresses=", "max_connections=200", "log_min_messages=log", "fsync=off"}, c.settings...) {
		args = append(args, "-c", setting)
	}
	c.server = c.command(postgres, args...)
	said, err := c.server.StderrPipe()
	if err != nil {
		return err
	}
	if err := c.server.Start(); err != nil {
		return err
	}
	c.ended = make(chan struct{})
	ready := make(chan error, 1)
	go func() {
		defer close(c.ended)
		ready <- awaitReady(said)
		_, _ = io.Copy(io.Discard, said)
		_ = c.server.Wait()
	}()
	return <-ready
}

// awaitReady reads what a server says until it accepts connections.
func awaitReady(said io.Reader) error {
	var all []string
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept ") { // connections, or those that only read
			return nil
		}
		all = append(all, lines.Text())
	}
	return fmt.Errorf("the server does not start: %s", strings.Join(all, "; "))
}

// Restart starts the server again after [Cluster.Kill].
func (c *Cluster) Restart() error { return c.start() }

// Stop ends the server and deletes its databases.
func (c *Cluster) Stop() error {
	err := c.server.Process.Signal(syscall.SIGQUIT) // immediate shutdown
	<-c.ended
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}

// DSN returns how a login connects to a database. The server asks for no password.
func (c *Cluster) DSN(login, database string) string {
	dsn := fmt.Sprintf("host=%s user=%s dbname=%s", c.folder, login, database)
	if c.port != 0 {
		dsn += fmt.Sprint(" port=", c.port)
	}
	return dsn
}

// MustCreate makes a database of its own for a test, and the login "owner" with a number that owns it and may create roles. It
// returns the name of both.
func (c *Cluster) MustCreate(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("owner%d", c.made.Add(1))
	c.MustExec(t, "postgres", "postgres", "CREATE ROLE "+name+" LOGIN CREATEROLE", "CREATE DATABASE "+name+" OWNER "+name)
	return name
}

// MustExec runs statements as a login, each in a transaction of its own.
func (c *Cluster) MustExec(t testing.TB, login, database string, statements ...string) {
	t.Helper()
	if err := c.Exec(t.Context(), login, database, statements...); err != nil {
		t.Fatal(err)
	}
}

// Exec runs statements as a login, each in a transaction of its own, until one fails.
func (c *Cluster) Exec(ctx context.Context, login, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, c.DSN(login, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// program returns the path of a program of PostgreSQL, from whichever version is installed. Debian has those of the server
// in no folder of PATH.
func program(name string) (string, error) {
	if runtime.GOOS != "linux" {
		return "", ErrNotInstalled
	}
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	if len(paths) > 0 {
		slices.Sort(paths)
		return paths[len(paths)-1], nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", ErrNotInstalled
	}
	return path, nil
}
