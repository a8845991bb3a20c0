package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"
)

const sessionLife = 8 * time.Hour

// session is somebody signed in at one of the gateways.
type session struct {
	Gateway string    `json:"gateway"` // tridentUI, or the context of a PortaSigma address
	Person  person    `json:"person"`
	Expires time.Time `json:"expires"`
}

func (s session) expired(now time.Time) bool { return !now.Before(s.Expires) }

// visitor is a browser: it has a cookie, and perhaps somebody has signed in with it.
type visitor struct {
	cookie string
	signed *person
}

// Each gateway has a cookie of its own, sent to its pages only.
type cookieScope struct{ name, path string }

var (
	tridentCookie    = cookieScope{"trident_practice", tridentUI}
	portaSigmaCookie = cookieScope{"portasigma_practice", PortaSigmaPath}
)

// recognize tells who the browser is, if it was here before.
func (g *gateway) recognize(r *http.Request, scope cookieScope, gatewayName string) (visitor, error) {
	c, err := r.Cookie(scope.name)
	if err != nil || c.Value == "" {
		return visitor{}, nil
	}
	v := visitor{cookie: c.Value}
	s, found, err := g.state.session(v.cookie, g.options.Now())
	if found && s.Gateway == gatewayName {
		v.signed = &s.Person
	}
	return v, err
}

// visitor recognizes the browser, or gives it a cookie, which is worth nothing until somebody signs in.
func (g *gateway) visitor(w http.ResponseWriter, r *http.Request, scope cookieScope, gatewayName string) (visitor, error) {
	v, err := g.recognize(r, scope, gatewayName)
	if err == nil && v.cookie == "" {
		v.cookie = randomID()
		setCookie(w, scope, v.cookie)
	}
	return v, err
}

// signIn remembers who the visitor is under a new cookie: one that was there before cannot be made to mean somebody.
func (g *gateway) signIn(w http.ResponseWriter, v *visitor, scope cookieScope, gatewayName string, p person) error {
	now := g.options.Now()
	if err := g.state.endSession(v.cookie); err != nil {
		return err
	}
	fresh := randomID()
	if err := g.state.addSession(fresh, session{Gateway: gatewayName, Person: p, Expires: now.Add(sessionLife)}, now); err != nil {
		return err
	}
	v.cookie, v.signed = fresh, &p
	setCookie(w, scope, fresh)
	return nil
}

func setCookie(w http.ResponseWriter, scope cookieScope, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: scope.name, Value: value, Path: scope.path,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		// Not Secure: the gateway is plain HTTP on loopback.
	})
}

// formToken ties a form to the browser it was given to and to what it is about. A page of another site
// cannot know it, as it cannot read the cookie.
func (v visitor) formToken(about string) string {
	mac := hmac.New(sha256.New, []byte(v.cookie))
	mac.Write([]byte(about))
	return hex.EncodeToString(mac.Sum(nil))
}

// sentForm reports whether the posted form carries the visitor's token for about.
func (v visitor) sentForm(r *http.Request, about string) bool {
	return equal(r.PostForm.Get("form_token"), v.formToken(about)) == 1
}
