package gateway

import (
	"cmp"
	"fmt"
	"net/http"
)

// Fault is the way in which a call to a gateway failed.
type Fault int

// The ways in which a call fails.
const (
	Unreachable  Fault = iota + 1 // no connection
	TimedOut                      // no answer in time
	Untrusted                     // the TLS certificate is not trusted
	Unauthorized                  // the gateway refused the credentials
	Refused                       // the gateway understood the call and refused it
	Busy                          // the gateway cannot answer the call now
	ServerError                   // the gateway failed
	BadAnswer                     // the answer does not follow the protocol
)

// faultTexts has for each fault what happened, and what to do where [Error.Advice] is empty.
var faultTexts = map[Fault]struct{ what, advice string }{
	Unreachable:  {"it cannot be reached", "check the network and the gateway's address"},
	TimedOut:     {"it did not answer in time", "try again later"},
	Untrusted:    {"its certificate is not trusted", "check the address, or name its issuer in the gateway's ca_file"},
	Unauthorized: {"it refuses our credentials", "check the client id, user and secret of this gateway"},
	Refused:      {"it refuses the request", "check the gateway's settings"},
	Busy:         {"it is busy", "try again later"},
	ServerError:  {"it reports an internal error", "try again later"},
	BadAnswer:    {"its answer is not one of this kind of gateway", "check the gateway's address and kind"},
}

// Error is returned for a call to a gateway that failed. Its text is for people.
type Error struct {
	Fault   Fault
	Gateway string // name of the profile
	Doing   string // what was attempted, such as "get a token"
	Status  int    // HTTP status; 0 if there was no answer
	Message string // the gateway's own message, bounded and without secrets; may be empty
	Advice  string // what to do; "" for the usual advice for the fault
	Err     error  // cause; may be nil
}

func (e *Error) Error() string {
	said := ""
	switch {
	case e.Status != 0 && e.Message != "":
		said = fmt.Sprintf(" (%d: %s)", e.Status, e.Message)
	case e.Status != 0:
		said = fmt.Sprintf(" (%d)", e.Status)
	case e.Message != "":
		said = " (" + e.Message + ")"
	}
	text := faultTexts[e.Fault]
	return fmt.Sprintf("gateway %s: could not %s: %s%s: %s", e.Gateway, e.Doing, text.what, said, cmp.Or(e.Advice, text.advice))
}

func (e *Error) Unwrap() error { return e.Err }

// FaultOf returns the fault that an HTTP status other than the expected ones stands for.
func FaultOf(status int) Fault {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Unauthorized
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return Busy
	}
	switch {
	case status >= 500:
		return ServerError
	case status >= 400:
		return Refused
	}
	return BadAnswer
}
