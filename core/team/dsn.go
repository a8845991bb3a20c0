package team

import (
	"crypto/tls"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"countersign/core/request"
)

const (
	// connectTime is how long a server has to answer, unless the DSN has a connect_timeout.
	connectTime = 5 * time.Second
	// maxConns is how many connections an office has at most, beside those of [Office.Listen].
	maxConns = 4
)

var (
	secretInDSN = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)password['"]?\s*=`) })
	modeInDSN   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)sslmode\s*=`) })
	issuerInDSN = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)sslrootcert\s*=`) })
)

// CheckDSN returns an error if a connection with that DSN would give something away. A DSN must not have a password, which belongs in a
// keyring or a .pgpass file. And a connection to another machine must be encrypted: the default is then sslmode=verify-full, which
// is stricter than libpq's, as it is wherever the DSN names an issuer of certificates. Without encryption only a Unix socket or a loopback address is allowed. CheckDSN connects to nothing.
func CheckDSN(dsn string) error {
	_, err := poolConfig(dsn, "")
	return err
}

// Origin returns where a connection with that DSN may go, and as whom: a password that was given for one origin must not go to another. It
// fails as [CheckDSN] does.
func Origin(dsn string) (string, error) {
	config, err := poolConfig(dsn, "")
	if err != nil {
		return "", err
	}
	conn := config.ConnConfig
	places := []string{net.JoinHostPort(conn.Host, strconv.Itoa(int(conn.Port)))}
	for _, other := range conn.Fallbacks {
		if place := net.JoinHostPort(other.Host, strconv.Itoa(int(other.Port))); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	return "postgres://" + conn.User + "@" + strings.Join(places, ",") + "/" + conn.Database, nil
}

func poolConfig(dsn, password string) (*pgxpool.Config, error) {
	if err := CheckNoPassword(dsn); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err == nil && !modeInDSN().MatchString(dsn) && (!isLocal(config) || issuerInDSN().MatchString(dsn)) {
		config, err = pgxpool.ParseConfig(withVerification(dsn))
	}
	if err != nil {
		return nil, request.Errorf("office_dsn", "the address of the database cannot be read: %w", err)
	}
	if host := exposedHost(config); host != "" {
		return nil, request.Errorf("office_dsn_plain", "the connection to %s would not be encrypted; use sslmode=verify-full", host)
	}
	if password != "" {
		config.ConnConfig.Password = password
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTime
	}
	if _, set := config.ConnConfig.RuntimeParams["lock_timeout"]; !set {
		config.ConnConfig.RuntimeParams["lock_timeout"] = strconv.FormatInt(lockWait.Milliseconds(), 10)
	}
	config.MaxConns, config.MinConns, config.MinIdleConns = maxConns, 0, 0
	config.MaxConnIdleTime = time.Minute
	return config, nil
}

// CheckNoPassword returns an error if a DSN has a password in it. It needs nothing of this computer, which [CheckDSN] does: files with
// certificates, and variables of the environment.
func CheckNoPassword(dsn string) error {
	if hasPassword(dsn) {
		return request.Errorf("office_dsn_password", "the address of the database has a password in it; leave it out and give it when you are asked")
	}
	return nil
}

// hasPassword reports whether a DSN, which is a URL or has keywords, has a password.
func hasPassword(dsn string) bool {
	if secretInDSN().MatchString(dsn) {
		return true
	}
	if !isURL(dsn) {
		return false
	}
	// What is no URL is refused later. Before that, whatever might be a password counts as one.
	address, err := url.Parse(dsn)
	if err != nil {
		return strings.Contains(dsn, "@")
	}
	_, has := address.User.Password()
	return has || secretInDSN().MatchString(address.Query().Encode())
}

func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// withVerification returns a DSN without sslmode with the mode verify-full.
func withVerification(dsn string) string {
	switch {
	case !isURL(dsn):
		return dsn + " sslmode=verify-full"
	case strings.Contains(dsn, "?"):
		return dsn + "&sslmode=verify-full"
	default:
		return dsn + "?sslmode=verify-full"
	}
}

// isLocal reports whether every host is a Unix socket or a loopback address.
func isLocal(config *pgxpool.Config) bool {
	local := staysHere(config.ConnConfig.Host)
	for _, other := range config.ConnConfig.Fallbacks {
		local = local && staysHere(other.Host)
	}
	return local
}

// exposedHost returns a host of another machine to which a connection might not be encrypted, or "".
func exposedHost(config *pgxpool.Config) string {
	exposed := func(host string, encryption *tls.Config) bool { return encryption == nil && !staysHere(host) }
	if exposed(config.ConnConfig.Host, config.ConnConfig.TLSConfig) {
		return config.ConnConfig.Host
	}
	for _, other := range config.ConnConfig.Fallbacks {
		if exposed(other.Host, other.TLSConfig) {
			return other.Host
		}
	}
	return ""
}

// staysHere reports whether a host of a DSN is the folder of a Unix socket or a loopback address.
func staysHere(host string) bool {
	if strings.ContainsAny(host, `/\`) || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
