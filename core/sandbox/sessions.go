package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	bolt "go.etcd.io/bbolt"

	"countersign/core/sandbox/pades"
)

const sessionLife = 8 * time.Hour // how long a person stays signed in

// session is the record of a person who is signed in at one of the gateways or at the authorization server.
type session struct {
	expiring
	Gateway string `json:"gateway"` // tridentUI, authorizationServerPath, or the context of a PortaSigma address
	Person  person `json:"person"`
	// Processes are the TRIDENT processes that the person may open: those for which the authorization server gave a code.
	Processes []string `json:"processes,omitempty"`
}

// maxSessionProcesses is how many TRIDENT processes a session keeps in session.Processes. To open a process that was dropped from the
// list, the browser is sent to the authorization server again.
const maxSessionProcesses = 100

// person is somebody who signs, or is asked to sign.
type person struct {
	Name, Email, Country, Number string
}

// same reports whether p and q have the same national identity number, by which the gateways tell people apart.
func (p person) same(q person) bool {
	return p.Country == q.Country && p.Number == q.Number
}

// subject returns p as a certificate names it.
func (p person) subject() pades.Subject {
	return pades.Subject{Name: p.Name, Country: p.Country, Number: p.Number}
}

// visitor is a browser that sent a request: its cookie, the person who is signed in, or nil, and the TRIDENT processes that this person
// may open.
type visitor struct {
	cookie    string
	person    *person
	processes []string
}

// cookieScope is the name of a session cookie, and the path below which browsers send it.
type cookieScope struct{ name, path string }

// The cookies of the two gateways, of the authorization server, and of the overview.
var (
	tridentCookie             = cookieScope{"trident_practice", tridentUI}
	authorizationServerCookie = cookieScope{"trustedx_practice", authorizationServerPath}
	portaSigmaCookie          = cookieScope{"portasigma_practice", PortaSigmaPath}
	overviewCookie            = cookieScope{"practice", "/"} // of the overview, where nobody signs in
)

// recognize returns the visitor that sent r. Its cookie is "" when the browser sent none. Its person is nil when nobody is signed in at
// gatewayName, which is a value of session.Gateway.
func (g *gateway) recognize(r *http.Request, scope cookieScope, gatewayName string) (visitor, error) {
	c, err := r.Cookie(scope.name)
	if err != nil || c.Value == "" {
		return visitor{}, nil
	}
	v := visitor{cookie: c.Value}
	s, found, err := g.state.session(v.cookie, g.options.Now())
	if found && s.Gateway == gatewayName {
		v.person, v.processes = &s.Person, s.Processes
	}
	return v, err
}

// visitor is like recognize, but sends a cookie to a browser that has none. The cookie gives access to nothing until somebody signs in.
func (g *gateway) visitor(w http.ResponseWriter, r *http.Request, scope cookieScope, gatewayName string) (visitor, error) {
	v, err := g.recognize(r, scope, gatewayName)
	if err == nil && v.cookie == "" {
		v.cookie = randomID()
		setCookie(w, scope, v.cookie)
	}
	return v, err
}

// signIn opens a session for p and sends a new cookie for it. It does not use the cookie that the browser had before, which somebody else
// may have put there (session fixation).
func (g *gateway) signIn(w http.ResponseWriter, v *visitor, scope cookieScope, gatewayName string, p person) error {
	now := g.options.Now()
	if err := g.state.endSession(v.cookie); err != nil {
		return err
	}
	fresh := randomID()
	if err := g.state.addSession(fresh, session{Gateway: gatewayName, Person: p, expiring: expiring{now.Add(sessionLife)}}, now); err != nil {
		return err
	}
	v.cookie, v.person = fresh, &p
	setCookie(w, scope, fresh)
	return nil
}

// openProcess adds a TRIDENT process to the session of a cookie, so that the browser may open it as p. The cookie stays the same, so that
// visits in other tabs can go on. It only gives access to pages and documents: signing needs the cookie of the authorization server.
func (s *state) openProcess(cookie string, p person, process string, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		v, _, err := sessions.get(tx, fingerprint(cookie))
		if err != nil {
			return err
		}
		if v.expired(now) {
			v.Processes = nil
		}
		v.Gateway, v.Person, v.Expires = tridentUI, p, now.Add(sessionLife)
		v.Processes = append(v.Processes, process)
		v.Processes = v.Processes[max(0, len(v.Processes)-maxSessionProcesses):]
		return sessions.put(tx, fingerprint(cookie), v)
	})
}

func setCookie(w http.ResponseWriter, scope cookieScope, value string) {
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- the practice gateway is served without TLS, on loopback alone
		Name: scope.name, Value: value, Path: scope.path,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
		// Secure is not set: the gateway is served by plain HTTP, on loopback.
	})
}

// formToken returns a token that ties a form to this browser and to the purpose of the form, which the parameter about names. A page of
// another site cannot know the token, because it cannot read the cookie, and so cannot post the form.
func (v visitor) formToken(about string) string {
	mac := hmac.New(sha256.New, []byte(v.cookie))
	mac.Write([]byte(about))
	return hex.EncodeToString(mac.Sum(nil))
}

// sentForm reports whether the posted form carries the formToken of the visitor for the same about.
func (v visitor) sentForm(r *http.Request, about string) bool {
	return equal(r.PostForm.Get("form_token"), v.formToken(about)) == 1
}
