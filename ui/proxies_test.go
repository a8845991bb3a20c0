package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"countersign/core/secret"
	"countersign/ui/kit"
	"countersign/ui/uitest"
)

// openProxies opens the logins for proxies.
func (f *office) openProxies() {
	f.t.Helper()
	f.ctrl(fyne.KeyComma)
	f.saying(f.window.lang.Say("prefs.proxies"))
	f.press(f.window.lang.Say("prefs.proxies"))
	f.saying(f.window.lang.Say("prefs.proxies_title"), f.window.lang.Say("prefs.proxies_none"))
}

func TestALoginForAProxyIsKeptAndRemovedInTheSettings(t *testing.T) {
	f := newOffice(t, officeOptions{secrets: newMemorySecrets(secret.Keyring)})
	f.openProxies()
	f.press("Save")
	f.saying("This is not the address of a proxy")
	f.setField("Proxy", "Proxy.Example:3128")
	f.setField("User", "ana")
	f.setField("Password", "s3cret")
	f.press("Save")
	f.saying("The login for http://proxy.example:3128 was saved.", "User ana", "The password is in the system’s keyring.")
	if strings.Contains(f.says(), "s3cret") {
		t.Error("the password is shown")
	}
	logins, err := f.desk.ProxyLogins(t.Context())
	if err != nil || len(logins) != 1 || logins[0].User != "ana" {
		t.Errorf("%+v, %v", logins, err)
	}
	f.press("Remove")
	f.saying("The login for http://proxy.example:3128 was removed.", "No proxy logins are stored.")
	f.escape()
	f.saying("Add gateway…")
}

func TestAPasswordForAProxyGoesIntoAFileWhenAPersonDecidesSo(t *testing.T) {
	secrets := newMemorySecrets(secret.Keyring)
	secrets.state = secret.ErrLocked
	f := newOffice(t, officeOptions{secrets: secrets})
	f.openProxies()
	f.setField("Proxy", "proxy.example:3128")
	f.setField("User", "ana")
	f.setField("Password", "s3cret")
	f.press("Save")
	f.saying("The keyring is locked")
	if secrets.of("proxy http://proxy.example:3128") != "" {
		t.Error("the password was stored unasked")
	}
	test.Tap(uitest.Find[*kit.Check](f.sheet())[0])
	f.press("Save")
	f.saying("The login for http://proxy.example:3128 was saved.", "The password is in a file that only you can read")
	if secrets.of("proxy http://proxy.example:3128") != "s3cret" {
		t.Error("the password was not stored")
	}
}
