package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheProxyInTheSettingsOfTheDesktopIsNamed(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "AUTO_PROXY", "auto_proxy", "XDG_CURRENT_DESKTOP"} {
		t.Setenv(name, "")
	}
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	t.Setenv("PATH", folder)
	if p := FindSystemProxy(t.Context()); p != (SystemProxy{}) {
		t.Errorf("without a desktop: %+v", p)
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "KDE")
	for content, want := range map[string]SystemProxy{
		"[Proxy Settings]\nProxyType=0\nProxy Config Script=http://pac.example/p\n":                       {},
		"[Proxy Settings]\nProxyType=2\nProxy Config Script=http://ana:s3cret@pac.example/p.pac?s3cret\n": {"KDE", true, "pac.example"},
		"[Proxy Settings]\nProxyType=3\n": {"KDE", true, ""},
		"[Other]\nProxyType=2\n[Proxy Settings]\nhttpProxy=http://a.example 1\nhttpsProxy=http://p.example 3128\nProxyType=1\n": {"KDE", false, "p.example:3128"},
	} {
		if err := os.WriteFile(filepath.Join(folder, "kioslaverc"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if p := FindSystemProxy(t.Context()); p != want {
			t.Errorf("%q: %+v", content, p)
		}
	}
	t.Setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
	if p := FindSystemProxy(t.Context()); p != (SystemProxy{}) {
		t.Errorf("without gsettings: %+v", p)
	}
	script := "#!/bin/sh\ncase \"$2 $3\" in\n'org.gnome.system.proxy mode') echo \"'auto'\";;\n'org.gnome.system.proxy autoconfig-url') echo \"'http://pac.example:8000/p.pac'\";;\nesac\n"
	if err := os.WriteFile(filepath.Join(folder, "gsettings"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p := FindSystemProxy(t.Context())
	if p != (SystemProxy{"GNOME", true, "pac.example:8000"}) {
		t.Errorf("GNOME: %+v", p)
	}
	if what, advice := p.Sentences(); !strings.Contains(what.Text, "GNOME") || !strings.Contains(what.Text, "pac.example:8000") || !strings.Contains(advice.Text, "HTTPS_PROXY") {
		t.Errorf("%q: %q", what, advice)
	}
	manual := gnomeProxy(func(schema, key string) string {
		return map[string]string{"org.gnome.system.proxy mode": "manual", "org.gnome.system.proxy.https port": "0", "org.gnome.system.proxy.http host": "p.example", "org.gnome.system.proxy.http port": "8080"}[schema+" "+key]
	})
	if manual != (SystemProxy{"GNOME", false, "p.example:8080"}) {
		t.Errorf("manual: %+v", manual)
	}
	t.Setenv("auto_proxy", "http://pac.example/x")
	if p := FindSystemProxy(t.Context()); p != (SystemProxy{"auto_proxy", true, "pac.example"}) {
		t.Errorf("auto_proxy: %+v", p)
	}
	t.Setenv("https_proxy", "http://p.example:1")
	if p := FindSystemProxy(t.Context()); p != (SystemProxy{}) {
		t.Errorf("with a proxy in the environment: %+v", p)
	}
}
