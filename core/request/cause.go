package request

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// Cause identifies a sentence independently of the language: it is a code with arguments. Events
// store it with the English sentence, and package explain makes the sentence in another language
// from it. The zero value belongs to a sentence without a code: one from an older event, or the
// words of a person or a gateway.
type Cause struct {
	Code string `json:"code,omitempty"`
	Args []Arg  `json:"args,omitempty"` // for {1}, {2} and so on in the sentence
}

// Arg is an argument of a [Cause]. It is either a text that is the same in every language, such as a
// name or the words of a gateway, or a sentence with a code of its own. In JSON, the former is a string,
// and the latter an object like a cause.
type Arg struct {
	Text  string // empty if Cause has a code
	Cause Cause
}

// MarshalJSON implements [json.Marshaler]. It returns a string, or an object for an argument with a
// code.
func (a Arg) MarshalJSON() ([]byte, error) {
	if a.Cause.Code == "" {
		return json.Marshal(a.Text)
	}
	return json.Marshal(a.Cause)
}

// UnmarshalJSON implements [json.Unmarshaler]. It accepts what MarshalJSON returns.
func (a *Arg) UnmarshalJSON(data []byte) error {
	*a = Arg{}
	if bytes.HasPrefix(data, []byte(`"`)) {
		return json.Unmarshal(data, &a.Text)
	}
	return json.Unmarshal(data, &a.Cause)
}

// Equal reports whether both causes have the same codes and arguments.
func (c Cause) Equal(other Cause) bool {
	return c.Code == other.Code && len(c.Args) == len(other.Args) && (len(c.Args) == 0 || reflect.DeepEqual(c.Args, other.Args))
}

// Sentence is a sentence in English together with its cause.
type Sentence struct {
	Text  string
	Cause Cause
}

// String returns the text.
func (s Sentence) String() string { return s.Text }

// WithText returns s with another text in English and the same cause. It is for the message of a
// library, which says more than the sentence with this code, but exists in English only.
func (s Sentence) WithText(text string) Sentence { return Sentence{text, s.Cause} }

// Sentencef returns a sentence with a code. Its text is formatted as [fmt.Errorf] does it. args also
// become the arguments of the cause, in the same order: a [Sentence] or an error as a sentence with its
// own cause, a [Count] or [Bytes] as a number, and anything else as its text.
func Sentencef(code, format string, args ...any) Sentence {
	c := Cause{Code: code}
	for _, arg := range args {
		switch arg := arg.(type) {
		case Sentence:
			c.Args = append(c.Args, arg.Arg())
		case error:
			c.Args = append(c.Args, SentenceOf(arg).Arg())
		case Count:
			c.Args = append(c.Args, numberArg(CodeCount, int64(arg)))
		case Bytes:
			c.Args = append(c.Args, numberArg(CodeBytes, int64(arg)))
		default:
			c.Args = append(c.Args, Arg{Text: fmt.Sprint(arg)})
		}
	}
	return Sentence{fmt.Errorf(format, args...).Error(), c}
}

// Arg returns s as an argument of another sentence's cause. The argument has the cause of s, or the text
// of s if the cause of s has no code.
func (s Sentence) Arg() Arg {
	if s.Cause.Code == "" {
		return Arg{Text: s.Text}
	}
	return Arg{Cause: s.Cause}
}

// Count is an argument of a sentence: a number of things, which each language writes in its own way.
// A number that is the same everywhere, such as a port, is an int.
type Count int

// Bytes is an argument of a sentence: a size, which each language writes in its own way.
type Bytes int64

// String returns the size in English, in megabytes or gigabytes (powers of 1000).
func (b Bytes) String() string {
	if b < 1e9 {
		return fmt.Sprintf("%.1f MB", float64(b)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(b)/1e9)
}

// The codes of arguments that are numbers. Each has one argument, the number in decimal digits.
const (
	CodeCount = "count"
	CodeBytes = "bytes"
)

func numberArg(code string, n int64) Arg {
	return Arg{Cause: Cause{Code: code, Args: []Arg{{Text: strconv.FormatInt(n, 10)}}}}
}

// Errorf returns an error with a cause, see [CauseOf]. Its text, and what it wraps, are those of
// [fmt.Errorf] with the same format and arguments, where a [Sentence] stands for its text.
func Errorf(code, format string, args ...any) error {
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg
		if s, ok := arg.(Sentence); ok {
			values[i] = s.Text
		}
	}
	return &causedError{fmt.Errorf(format, values...), Sentencef(code, format, args...).Cause}
}

type causedError struct {
	error
	cause Cause
}

func (e *causedError) Cause() Cause  { return e.cause }
func (e *causedError) Unwrap() error { return e.error }

// CodeSeveral is the code of several reasons at once. The arguments are the reasons.
const CodeSeveral = "several"

// CodeSetting is the code of an argument that names a setting of a gateway by its label and its key. It
// has one argument, the key.
const CodeSetting = "setting"

// CodeAddressShown is the code of a [KindOpened] event for which no browser was opened. A person was
// given the address instead.
const CodeAddressShown = "address_shown"

// CauseOf returns the cause of an error, or the zero value if it has none. An error has a cause
// if it has a method Cause, or if it wraps such an error without adding to its text. The errors
// of [errors.Join] become the arguments of [CodeSeveral]. The cause of any other error that wraps an
// error of the operating system says only what kind of error that is, such as that the disk is full.
func CauseOf(err error) Cause {
	if err == nil {
		return Cause{}
	}
	caused, ok := errors.AsType[interface {
		error
		Cause() Cause
	}](err)
	if ok && caused.Error() == err.Error() {
		return caused.Cause()
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return systemCause(err)
	}
	several := Cause{Code: CodeSeveral}
	for _, one := range joined.Unwrap() {
		several.Args = append(several.Args, Sentence{one.Error(), CauseOf(one)}.Arg())
	}
	return several
}

// SentenceOf returns the text of an error with its cause, which is zero if the error has none. err
// must not be nil.
func SentenceOf(err error) Sentence { return Sentence{err.Error(), CauseOf(err)} }
