package network

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDesktopSettings: whatever the settings of a desktop have, a host is one short line without a password.
func FuzzDesktopSettings(f *testing.F) {
	for _, seed := range []string{
		"[Proxy Settings]\nProxyType=2\nProxy Config Script=http://ana:s3cret@pac.example/p.pac\n",
		"[Proxy Settings]\nProxyType=1\nhttpsProxy=http://p.example 3128\n", "[Proxy Settings", "ProxyType=1", "\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		host := kdeProxy(content).Host
		if utf8.RuneCountInString(host) > maxText+1 || !utf8.ValidString(host) || strings.ContainsAny(host, "\r\n@/") {
			t.Errorf("%q: %q", content, host)
		}
	})
}
