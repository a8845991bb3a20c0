package sandbox

import (
	"time"

	bolt "go.etcd.io/bbolt"
)

// codeLife is how long an authorization code is valid, and how long the token is valid that it is exchanged for. It can be short, because
// the signing service uses both as soon as it has them.
const codeLife = time.Minute

// Error codes of an authorization response. The first two are of RFC 6749, 4.1.2.1, the others of OpenID Connect Core 1.0, 3.1.2.6.
const (
	accessDeniedError   = "access_denied"
	serverError         = "server_error"
	loginRequired       = "login_required"
	interactionRequired = "interaction_required"
	// selectionRequired is also the error code when the signer goes back to choose another identity.
	selectionRequired = "account_selection_required"
)

// accessToken is the stored record of an access token. When Grant is nil, it is a token of an application, for the whole API. Otherwise
// it is a token of the signing service, for what the signer authorized in Grant and nothing else.
type accessToken struct {
	expiring
	Grant *grant `json:"grant,omitempty"`
}

// addToken stores a new token and deletes expired ones.
func (s *state) addToken(token string, t accessToken, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error { return putToken(tx, token, t, now) })
}

func putToken(tx *bolt.Tx, token string, t accessToken, now time.Time) error {
	if err := tokens.prune(tx, func(t accessToken) bool { return t.expired(now) }); err != nil {
		return err
	}
	return tokens.put(tx, fingerprint(token), t)
}

// token returns the record of an access token. valid is false when the token is unknown or expired.
func (s *state) token(token string, now time.Time) (t accessToken, valid bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) (err error) {
		t, valid, err = tokens.get(tx, fingerprint(token))
		valid = valid && !t.expired(now)
		return err
	})
	return t, valid, err
}

// revoke deletes a token, if it exists.
func (s *state) revoke(token string) error {
	return s.db.Update(func(tx *bolt.Tx) error { return tokens.delete(tx, fingerprint(token)) })
}

// grant is what a signer authorized the signing service to do.
type grant struct {
	Scope    string `json:"scope"`
	Process  string `json:"process"`
	Identity string `json:"identity,omitempty"`
	Person   person `json:"person"`
	// FailSome is set by the practice button fail-some: only the first document is signed.
	FailSome bool `json:"fail_some,omitempty"`
}

// authorizationCode is a code that was issued, and perhaps exchanged.
type authorizationCode struct {
	expiring
	Authority string `json:"authority"`
	Redirect  string `json:"redirect"`
	Challenge string `json:"challenge"`
	Grant     grant  `json:"grant"`
	// Token is the fingerprint of the token that the code was exchanged for. When the code comes again, that token is revoked (RFC 6749,
	// 4.1.2).
	Token string `json:"token,omitempty"`
}

func (s *state) addCode(code string, c authorizationCode, now time.Time) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		if err := codes.prune(tx, func(c authorizationCode) bool { return c.expired(now) }); err != nil {
			return err
		}
		return codes.put(tx, fingerprint(code), c)
	})
}

// redeemCode exchanges code for token, if fits returns true for the code's record: fits checks that the code was issued for this
// exchange. A code can be exchanged once. When it comes again, redeemCode revokes the token of the first exchange. good reports whether
// the exchange succeeded; a code that is unknown, expired, used or does not fit is no error.
func (s *state) redeemCode(code, token string, now time.Time, fits func(authorizationCode) bool) (granted grant, good bool, err error) {
	err = s.db.Update(func(tx *bolt.Tx) error {
		c, found, err := codes.get(tx, fingerprint(code))
		switch {
		case err != nil || !found || c.expired(now):
			return err
		case c.Token != "":
			return tokens.delete(tx, c.Token)
		case !fits(c):
			return nil
		}
		granted, good = c.Grant, true
		c.Token = fingerprint(token)
		if err := codes.put(tx, fingerprint(code), c); err != nil {
			return err
		}
		return putToken(tx, token, accessToken{expiring: expiring{now.Add(codeLife)}, Grant: &c.Grant}, now)
	})
	return granted, good && err == nil, err
}
