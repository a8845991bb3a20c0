// Package policy reads policy.toml, in which an administrator sets up the desks of all users of a computer. It decides
// whether the file can be trusted, and says what is wrong with it. What the policy means is up to the packages that use it.
//
// A program reads the policy once, when it starts. A policy that cannot be read or trusted is an error, and the program does not
// go on: it must neither grant what somebody else wrote, nor free what the administrator has fixed.
package policy

import (
	"log/slog"

	"countersign/core/gateway"
	"countersign/core/network"
	"countersign/core/request"
	"countersign/core/settings"
)

// Policy is what an administrator has set up. The zero value is that of a computer without a policy.
type Policy struct {
	Path     string // of the file that it was read from; "" if there is none
	Settings settings.Given
	Gateways gateway.Given
	Proxy    network.Given
	LogLevel slog.Level // of the window's log file; the zero value, which is info, if the policy names none
	AtLogin  *bool      // whether the window starts when a user logs in; nil if each decides
	Office   string     // the DSN of the office that people are offered to join, without a password; "" for none
}

// Mistake is what is wrong at one place of a policy.
type Mistake struct {
	Line    int              // from 1
	Key     string           // with its table, such as fixed.language; "" for a mistake in the notation
	Problem request.Sentence // what is wrong and what to do
}

// Error implements error.
func (m Mistake) Error() string { return m.sentence().Text }

// Cause returns the mistake as a code with arguments, from which package explain makes its text in any language.
func (m Mistake) Cause() request.Cause { return m.sentence().Cause }

func (m Mistake) sentence() request.Sentence {
	if m.Key == "" {
		return request.Sentencef("in_line", "line %d: %s", m.Line, m.Problem)
	}
	return request.Sentencef("policy_mistake", "line %d: %s: %s", m.Line, m.Key, m.Problem)
}
