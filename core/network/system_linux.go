package network

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// systemProxy returns the setting of the desktop: of GNOME and those that share its settings, or of KDE.
func systemProxy(ctx context.Context) SystemProxy {
	if strings.Contains(os.Getenv("XDG_CURRENT_DESKTOP"), "KDE") {
		folder, err := os.UserConfigDir()
		if err != nil {
			return SystemProxy{}
		}
		content, err := os.ReadFile(filepath.Join(folder, "kioslaverc")) // #nosec G304 -- the user's own settings
		if err != nil {
			return SystemProxy{}
		}
		return kdeProxy(string(content))
	}
	if os.Getenv("XDG_CURRENT_DESKTOP") == "" {
		return SystemProxy{} // no desktop whose settings would count
	}
	return gnomeProxy(func(schema, key string) string { return output(ctx, "gsettings", "get", schema, key) })
}

// gnomeProxy returns the setting of GNOME. get returns the value of a key in a schema, or "".
func gnomeProxy(get func(schema, key string) string) SystemProxy {
	const schema = "org.gnome.system.proxy"
	switch get(schema, "mode") {
	case "auto":
		return SystemProxy{Source: "GNOME", Automatic: true, Host: hostIn(get(schema, "autoconfig-url"))}
	case "manual":
		host, port := get(schema+".https", "host"), get(schema+".https", "port")
		if host == "" || port == "0" {
			host, port = get(schema+".http", "host"), get(schema+".http", "port")
		}
		if host != "" {
			return SystemProxy{Source: "GNOME", Host: hostIn("http://" + host + ":" + port)}
		}
	}
	return SystemProxy{}
}

// kdeProxy returns the setting of KDE. content is that of its file kioslaverc.
func kdeProxy(content string) SystemProxy {
	values := map[string]string{}
	inside := false
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inside = line == "[Proxy Settings]"
		}
		if key, value, found := strings.Cut(line, "="); found && inside {
			values[key] = value
		}
	}
	switch values["ProxyType"] {
	case "1": // "http://host port", or with a colon
		for _, key := range []string{"httpsProxy", "httpProxy"} {
			if host := hostIn(strings.Replace(values[key], " ", ":", 1)); host != "" {
				return SystemProxy{Source: "KDE", Host: host}
			}
		}
	case "2":
		return SystemProxy{Source: "KDE", Automatic: true, Host: hostIn(values["Proxy Config Script"])}
	case "3":
		return SystemProxy{Source: "KDE", Automatic: true}
	}
	return SystemProxy{}
}
