// Package teamtest starts PostgreSQL servers for tests. They are in temporary folders and listen on Unix sockets alone, so that
// nothing is in their way and nobody else reaches them. Only tests import it.
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
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled is returned by [Start] where there is no PostgreSQL server.
var ErrNotInstalled = errors.New("install PostgreSQL (Debian: postgresql) to try the register of an office")

// nobody is the user as whom the server runs if the test runs as root, since PostgreSQL refuses root.
const nobody = 65534

// Cluster is a PostgreSQL server with its databases.
type Cluster struct {
	folder string
	server *exec.Cmd
	ended  chan struct{}
	made   atomic.Int64 // databases
}

// Start makes a new cluster and starts its server. What it writes outlives the server but not the machine: fsync is off. It returns as soon as the server accepts connections. The caller calls
// [Cluster.Stop].
func Start() (_ *Cluster, err error) {
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pg") // a short path: those of Unix sockets have at most 107 bytes
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder}
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
	made := c.command(initdb, "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
	if said, err := made.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	return c, c.start()
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// command returns a command that runs as an ordinary user and ends with the test.
func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

func (c *Cluster) start() error {
	postgres, err := program("postgres")
	if err != nil {
		return err
	}
	c.server = c.command(postgres, "-D", c.data(), "-k", c.folder, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "log_min_messages=log", "-c", "fsync=off")
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
		if strings.Contains(lines.Text(), "ready to accept connections") {
			return nil
		}
		all = append(all, lines.Text())
	}
	return fmt.Errorf("the server does not start: %s", strings.Join(all, "; "))
}

// Kill ends the server at once, whatever it is doing, and returns when it has ended.
func (c *Cluster) Kill() error {
	err := c.server.Process.Kill()
	<-c.ended
	return err
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
	return fmt.Sprintf("host=%s user=%s dbname=%s", c.folder, login, database)
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
