package gateway

import (
	"fmt"
	"net/http"
	"strconv"

	"countersign/core/request"
)

// Fault is the way in which a call to a gateway failed.
type Fault int

// The ways in which a call fails.
const (
	Unreachable  Fault = iota + 1 // no connection
	TimedOut                      // no answer in time
	Untrusted                     // no encryption that can be trusted
	Unauthorized                  // the gateway refused the credentials
	Refused                       // the gateway understood the call and refused it
	Busy                          // the gateway cannot answer the call now
	ServerError                   // the gateway failed
	BadAnswer                     // the answer does not follow the protocol
	Blocked                       // something in between, such as a proxy, does not pass the call on
)

// faultTexts has for each fault what happened, and what to do where [Error.Advice] is empty.
var faultTexts = map[Fault]struct{ what, advice request.Sentence }{
	Unreachable:  {request.Sentencef("fault_unreachable", "it cannot be reached"), request.Sentencef("advice_unreachable", "check the network and the gateway's address")},
	TimedOut:     {request.Sentencef("fault_timed_out", "it did not answer in time"), request.Sentencef("advice_later", "try again later")},
	Untrusted:    {request.Sentencef("fault_untrusted", "its certificate is not trusted"), request.Sentencef("advice_untrusted", "check the address, or name its issuer in the gateway's ca_file")},
	Unauthorized: {request.Sentencef("fault_unauthorized", "it refuses our credentials"), request.Sentencef("advice_unauthorized", "check the client id, user and secret of this gateway")},
	Refused:      {request.Sentencef("fault_refused", "it refuses the request"), request.Sentencef("advice_refused", "check the gateway's settings")},
	Busy:         {request.Sentencef("fault_busy", "it is busy"), request.Sentencef("advice_later", "try again later")},
	ServerError:  {request.Sentencef("fault_server_error", "it reports an internal error"), request.Sentencef("advice_later", "try again later")},
	Blocked:      {request.Sentencef("fault_blocked", "something on the way blocks the call"), request.Sentencef("advice_blocked", "check the network and the proxy")},
	BadAnswer:    {request.Sentencef("fault_bad_answer", "it does not answer like a gateway of this kind"), request.Sentencef("advice_bad_answer", "check the gateway's address and kind")},
}

// Error is returned for a call to a gateway that failed. Its text says to the user what happened and
// what to do.
type Error struct {
	Fault   Fault
	Gateway string           // name of the profile
	Doing   request.Sentence // what was attempted, such as "get a token"
	Status  int              // HTTP status; 0 if there was no answer
	What    request.Sentence // what happened; if it is the zero value, the text has the usual sentence for the fault
	Message request.Sentence // what is wrong, or the gateway's own message, which has no Cause; bounded and without secrets; may be empty
	Advice  request.Sentence // what to do; if it is the zero value, the text has the usual advice for the fault
	Err     error            // cause; may be nil
}

func (e *Error) Error() string {
	said := ""
	switch {
	case e.Status != 0 && e.Message.Text != "":
		said = fmt.Sprintf(" (%d: %s)", e.Status, e.Message.Text)
	case e.Status != 0:
		said = fmt.Sprintf(" (%d)", e.Status)
	case e.Message.Text != "":
		said = " (" + e.Message.Text + ")"
	}
	what, advice := e.sentences()
	return fmt.Sprintf("gateway %s: could not %s: %s%s: %s", e.Gateway, e.Doing.Text, what.Text, said, advice.Text)
}

// sentences returns what happened, and what to do.
func (e *Error) sentences() (what, advice request.Sentence) {
	text := faultTexts[e.Fault]
	what, advice = text.what, text.advice
	if e.What.Text != "" {
		what = e.What
	}
	if e.Advice.Text != "" {
		advice = e.Advice
	}
	return what, advice
}

// The codes of the causes of an [*Error]: without a status and a message, with an HTTP status, with a
// message, and with both. The arguments are, in this order: the gateway, what was attempted, the
// fault, the status and the message where there are any, and the advice.
const (
	codeCall        = "call"
	codeCallStatus  = "call_status"
	codeCallMessage = "call_message"
	codeCallBoth    = "call_status_message"
)

// Cause returns the error as a code with arguments, from which package explain makes its text in any
// language.
func (e *Error) Cause() request.Cause {
	what, advice := e.sentences()
	c := request.Cause{Code: codeCall, Args: []request.Arg{{Text: e.Gateway}, e.Doing.Arg(), what.Arg()}}
	if e.Status != 0 {
		c.Code, c.Args = codeCallStatus, append(c.Args, request.Arg{Text: strconv.Itoa(e.Status)})
	}
	if e.Message.Text != "" {
		c.Code = codeCallMessage
		if e.Status != 0 {
			c.Code = codeCallBoth
		}
		c.Args = append(c.Args, e.Message.Arg())
	}
	c.Args = append(c.Args, advice.Arg())
	return c
}

// SameFailure reports whether two causes of errors stand for the same failure of a call. If both have
// an HTTP status, the gateway's messages are not compared: they may differ each time, for example by
// an incident number.
func SameFailure(a, b request.Cause) bool {
	return withoutMessage(a).Equal(withoutMessage(b))
}

// withoutMessage returns a cause without the gateway's message, if the cause has an HTTP status as
// well; otherwise it returns the cause as it is.
func withoutMessage(c request.Cause) request.Cause {
	if c.Code != codeCallBoth || len(c.Args) != 6 {
		return c
	}
	return request.Cause{Code: codeCallStatus, Args: append(c.Args[:4:4], c.Args[5])}
}

func (e *Error) Unwrap() error { return e.Err }

// FaultOf returns the fault of an answer with an HTTP status that the caller did not expect.
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
