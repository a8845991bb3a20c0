package network

import (
	"context"
	"strings"
)

// systemProxy returns the setting of macOS, as scutil prints it.
func systemProxy(ctx context.Context) SystemProxy {
	values := map[string]string{}
	for line := range strings.Lines(output(ctx, "scutil", "--proxy")) {
		if key, value, found := strings.Cut(line, " : "); found {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	switch {
	case values["ProxyAutoConfigEnable"] == "1":
		return SystemProxy{Source: "macOS", Automatic: true, Host: hostIn(values["ProxyAutoConfigURLString"])}
	case values["ProxyAutoDiscoveryEnable"] == "1":
		return SystemProxy{Source: "macOS", Automatic: true}
	case values["HTTPSEnable"] == "1":
		return SystemProxy{Source: "macOS", Host: hostIn("http://" + values["HTTPSProxy"] + ":" + values["HTTPSPort"])}
	}
	return SystemProxy{}
}
