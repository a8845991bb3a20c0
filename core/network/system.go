package network

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"countersign/core/request"
)

// SystemProxy is a proxy in the settings of the system. This program does not use it: it uses what the environment
// names.
type SystemProxy struct {
	Source    string // whose setting it is, such as "GNOME"; empty if there is none
	Automatic bool   // it is found by an automatic configuration (PAC)
	Host      string // of the proxy, with its port, or of the address of the PAC file; may be empty
}

// systemTimeout limits a program of the system that is asked for its settings.
const systemTimeout = 2 * time.Second

// FindSystemProxy returns the proxy in the settings of the system, or the zero value if there is none, if it cannot be told,
// or if the environment names a proxy.
func FindSystemProxy(ctx context.Context) SystemProxy {
	if environment("HTTPS_PROXY") != "" {
		return SystemProxy{}
	}
	if address := environment("AUTO_PROXY"); address != "" {
		return SystemProxy{Source: "auto_proxy", Automatic: true, Host: hostIn(address)}
	}
	ctx, cancel := context.WithTimeout(ctx, systemTimeout)
	defer cancel()
	return systemProxy(ctx)
}

// environment returns the value of a variable whose name may also be in lower case.
func environment(name string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return os.Getenv(strings.ToLower(name))
}

// hostIn returns the host and port in an address, or "" if there is none. The rest may contain a password.
func hostIn(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return Sanitize(u.Host, maxText)
}

// Sentences returns what the setting is, and what to do. Both are zero if there is no such setting.
func (p SystemProxy) Sentences() (what, advice request.Sentence) {
	switch {
	case p.Source == "":
		return request.Sentence{}, request.Sentence{}
	case !p.Automatic:
		return request.Sentencef("net_system_proxy", "%s has the proxy %s in its settings, which this program does not read", p.Source, p.Host),
			request.Sentencef("net_system_proxy_todo", "set HTTPS_PROXY to %s", "http://"+p.Host)
	case p.Host == "":
		return request.Sentencef("net_pac_found", "%s finds the proxy automatically (WPAD), which this program does not support", p.Source), pacAdvice()
	}
	return request.Sentencef("net_pac", "%s finds the proxy by an automatic configuration (PAC) from %s, which this program does not support", p.Source, p.Host), pacAdvice()
}

func pacAdvice() request.Sentence {
	return request.Sentencef("net_pac_todo", "ask the administrator for the address of the proxy, and set HTTPS_PROXY to it, like %s", "http://proxy.example.org:3128")
}

// output returns the standard output of a program of the system, without spaces and quotation marks around it, or "" if it
// fails.
func output(ctx context.Context, name string, args ...string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, path, args...).Output() // #nosec G204 -- a program of the system with fixed arguments
	if err != nil {
		return ""
	}
	return strings.Trim(strings.TrimSpace(string(out)), `'"`)
}
