package gateway

import (
	"cmp"
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
	Untrusted                     // the TLS certificate is not trusted
	Unauthorized                  // the gateway refused the credentials
	Refused                       // the gateway understood the call and refused it
	Busy                          // the gateway cannot answer the call now
	ServerError                   // the gateway failed
	BadAnswer                     // the answer does not follow the protocol
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
	BadAnswer:    {request.Sentencef("fault_bad_answer", "its answer is not one of this kind of gateway"), request.Sentencef("advice_bad_answer", "check the gateway's address and kind")},
}

// Error is returned for a call to a gateway that failed. Its text is for people.
type Error struct {
	Fault   Fault
	Gateway string           // name of the profile
	Doing   string           // what was attempted, such as "get a token"
	Status  int              // HTTP status; 0 if there was no answer
	Message string           // the gateway's own message, bounded and without secrets; may be empty
	Advice  request.Sentence // what to do; the zero value for the usual advice for the fault
	Err     error            // cause; may be nil
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
	return fmt.Sprintf("gateway %s: could not %s: %s%s: %s", e.Gateway, e.Doing, text.what.Text, said, cmp.Or(e.Advice.Text, text.advice.Text))
}

// The codes of the causes of an [*Error]: without an answer of the gateway, with an HTTP status,
// with a message, and with both. The arguments are, in this order: the gateway, what was attempted,
// the fault, the status, the message, and the advice.
const (
	codeCall        = "call"
	codeCallStatus  = "call_status"
	codeCallMessage = "call_message"
	codeCallBoth    = "call_status_message"
)

// Cause returns the form of the error that no language is in.
func (e *Error) Cause() request.Cause {
	text := faultTexts[e.Fault]
	advice := text.advice
	if e.Advice.Text != "" {
		advice = e.Advice
	}
	c := request.Cause{Code: codeCall, Args: []request.Arg{{Text: e.Gateway}, phraseOf(e.Doing), text.what.Arg()}}
	if e.Status != 0 {
		c.Code, c.Args = codeCallStatus, append(c.Args, request.Arg{Text: strconv.Itoa(e.Status)})
	}
	if e.Message != "" {
		c.Code = codeCallMessage
		if e.Status != 0 {
			c.Code = codeCallBoth
		}
		c.Args = append(c.Args, phraseOf(e.Message))
	}
	c.Args = append(c.Args, advice.Arg())
	return c
}

// SameFailure reports whether two causes are of the same failure of a call. A gateway's message may
// differ each time, for example by an incident number, so messages are not compared beside a status.
func SameFailure(a, b request.Cause) bool {
	return withoutMessage(a).Equal(withoutMessage(b))
}

func withoutMessage(c request.Cause) request.Cause {
	if c.Code != codeCallBoth || len(c.Args) != 6 {
		return c
	}
	return request.Cause{Code: codeCallStatus, Args: append(c.Args[:4:4], c.Args[5])}
}

// phraseOf returns a part of an error as an argument: with its code if it is one of phrases, and
// else as it is.
func phraseOf(text string) request.Arg {
	if code, ok := phrases[text]; ok {
		return request.Arg{Cause: request.Cause{Code: code}}
	}
	return request.Arg{Text: text}
}

// phrases are the codes of what this program itself writes into [Error.Doing] and
// [Error.Message].
var phrases = map[string]string{
	"ask for the outcome":                         "doing_ask",
	"ask which documents were signed":             "doing_ask_documents",
	"get a token":                                 "doing_token",
	"create the signing process":                  "doing_create",
	"upload the document":                         "doing_upload",
	"add the signer":                              "doing_signer",
	"add the recipient of a copy":                 "doing_copy",
	"fetch the signed document":                   "doing_fetch",
	"delete the documents":                        "doing_delete",
	"its answer cannot be read":                   "answer_unreadable",
	"the answer is too long":                      "answer_too_long",
	"not JSON":                                    "answer_not_json",
	"no token in the answer":                      "answer_no_token",
	"this client is not allowed to sign":          "client_may_not_sign",
	"it has no status":                            "answer_no_status",
	"it does not name the process":                "answer_no_process",
	"it does not name the document":               "answer_no_document",
	"it has no task for the browser":              "answer_no_task",
	"it gives two documents the same id":          "answer_same_document",
	"it gives two signature requests the same id": "answer_same_signature",
	"one of its addresses contains a secret":      "answer_secret",
	"it names no new resource":                    "answer_no_resource",
	"it names a resource at another address":      "answer_foreign_resource",
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
