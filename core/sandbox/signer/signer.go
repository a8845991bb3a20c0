// Package signer acts as the sample signer at the practice gateways: it opens an address as a browser does, fills in the forms of the
// pages, and presses their buttons. Only tests may import it. It imports nothing of this module: it knows the gateways only by their
// pages.
package signer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Choice is what the signer does on the last page of a visit. Most values are those of a button of the page.
type Choice string

// Choices. Each of the comments names the gateway that has the button.
const (
	Sign      Choice = "sign"
	Cancel    Choice = "cancel"         // TRIDENT
	Fail      Choice = "fail"           // TRIDENT: fail; PortaSigma: return accessDenied
	FirstOnly Choice = "some"           // TRIDENT, several documents: sign only the first
	NotFound  Choice = "fail-not-found" // PortaSigma: return pageNotFound
	Reject    Choice = "reject"         // PortaSigma
	LookOnly  Choice = "look"           // both: open the first page and leave
)

// Identity is a signing identity at TRIDENT. "" means the one that the page proposes, which is Server.
type Identity string

// Signing identities.
const (
	Server Identity = "server"
	Mobile Identity = "mobile"
)

// Visit describes what the signer does on the pages of one visit.
type Visit struct {
	Choice   Choice
	Identity Identity
	// Misbehave is a kind of misbehavior that the signer sets on the first page that offers it; "" means none.
	Misbehave string
	// StopBeforeReturn means that the signer closes the browser before it returns to the application.
	StopBeforeReturn bool
}

// Arrival is where a visit ended.
type Arrival struct {
	// Return is the address to which the gateway sent the browser back; "" means that it did not.
	Return string
	// Page is the HTML of the last page: the application's, or the gateway's if the browser did not leave it.
	Page string
}

// formValues are what the signer fills in, by the names of the inputs.
var formValues = map[string]string{
	"username": "signer", "password": "sample", "pin": "1234", "read": "yes",
}

const setMisbehavior = "set-misbehavior"

// maxPages is how many pages Run goes through before it gives up. No visit has so many.
const maxPages = 12

var (
	formToken       = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`name="form_token" value="([^"]*)"`) })
	formAction      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<form method="post" action="([^"]*)"`) })
	buttons         = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<button[^>]* name="action" value="([^"]*)"`) })
	inputs          = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<input[^>]* name="([^"]*)"`) })
	checkedIdentity = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`name="identity"[^>]* value="([^"]*)" checked`) })
	notSentBack     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`id="not-sent-back"`) })
	identityInput   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`name="identity"`) })
)

// Run goes through the pages from address on, and returns the HTML of the last page: the application's, or the gateway's if the browser
// did not leave it. If keep is true, it stops before the return to the application and returns the return address instead.
func Run(ctx context.Context, address string, choice Choice, keep bool) (landing string, err error) {
	arrival, err := Visit{Choice: choice, StopBeforeReturn: keep}.Run(ctx, address)
	if keep && arrival.Return != "" {
		return arrival.Return, err
	}
	return arrival.Page, err
}

// Run goes through the pages from address on, in a new browser, which has no cookies. It returns an error when a page has no button that
// leads to the choice, and when the visit does not end after a dozen pages.
func (way Visit) Run(ctx context.Context, address string) (Arrival, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return Arrival{}, err
	}
	b := &browser{way: way, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	defer b.client.CloseIdleConnections()
	home, err := url.Parse(address)
	if err != nil {
		return Arrival{}, err
	}
	b.host = home.Host
	if err := b.get(ctx, address); err != nil || way.Choice == LookOnly {
		return Arrival{b.returnAddress, b.page}, err
	}
	for range maxPages {
		if b.returnAddress != "" {
			if way.StopBeforeReturn {
				return Arrival{b.returnAddress, b.page}, nil
			}
			b.host = ""
			err := b.get(ctx, b.returnAddress)
			return Arrival{b.returnAddress, b.page}, err
		}
		if notSentBack().MatchString(b.page) {
			return Arrival{Page: b.page}, nil
		}
		if err := b.post(ctx); err != nil {
			return Arrival{}, err
		}
	}
	return Arrival{}, fmt.Errorf("the visit does not end; its last page is: %s", b.page)
}

// browser is a browser during one visit.
type browser struct {
	client        *http.Client
	way           Visit
	host          string   // the gateway's host and port; "" once the browser returns to the application
	address       *url.URL // of the page
	page          string
	returnAddress string // where the gateway sent the browser back to; "" before
}

func (b *browser) get(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return b.do(ctx, req)
}

// post fills in the form of the page and presses a button.
func (b *browser) post(ctx context.Context) error {
	action := formAction().FindStringSubmatch(b.page)
	if action == nil {
		return fmt.Errorf("the page has no form: %s", b.page)
	}
	form := url.Values{}
	if token := formToken().FindStringSubmatch(b.page); token != nil {
		form.Set("form_token", token[1])
	}
	for _, input := range inputs().FindAllStringSubmatch(b.page, -1) {
		if value, known := formValues[input[1]]; known {
			form.Set(input[1], value)
		}
	}
	if b.way.Identity != "" && identityInput().MatchString(b.page) {
		form.Set("identity", string(b.way.Identity))
	} else if proposed := checkedIdentity().FindStringSubmatch(b.page); proposed != nil {
		form.Set("identity", proposed[1])
	}
	button, err := b.button()
	if err != nil {
		return err
	}
	if button == setMisbehavior {
		form.Set("misbehave", b.way.Misbehave)
		b.way.Misbehave = ""
	}
	form.Set("action", button)
	address, err := b.address.Parse(strings.ReplaceAll(action[1], "&amp;", "&"))
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.address.Scheme+"://"+b.address.Host)
	return b.do(ctx, req)
}

// button returns the button to press: the one of the choice, or one that leads there.
func (b *browser) button() (string, error) {
	var present []string
	for _, found := range buttons().FindAllStringSubmatch(b.page, -1) {
		present = append(present, found[1])
	}
	if b.way.Misbehave != "" && slices.Contains(present, setMisbehavior) {
		return setMisbehavior, nil
	}
	choice := string(b.way.Choice)
	if b.way.Choice == FirstOnly {
		choice = "fail-some"
	}
	// Signing comes last, so the buttons that lead there are pressed until then.
	for _, action := range []string{choice, "sign-in", "continue"} {
		if slices.Contains(present, action) {
			return action, nil
		}
	}
	return "", fmt.Errorf("no button leads to %s; the page has %v", choice, present)
}

// do sends req and follows redirects at the gateway. It stops at one that leaves the gateway.
func (b *browser) do(ctx context.Context, req *http.Request) error {
	for range 10 {
		resp, err := b.client.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return err
		}
		b.page, b.address = string(body), req.URL
		location, err := resp.Location()
		if errors.Is(err, http.ErrNoLocation) {
			return nil
		}
		if err != nil {
			return err
		}
		if b.host != "" && location.Host != b.host {
			b.returnAddress = location.String()
			return nil
		}
		if req, err = http.NewRequestWithContext(ctx, http.MethodGet, location.String(), nil); err != nil {
			return err
		}
	}
	return errors.New("too many redirects")
}
