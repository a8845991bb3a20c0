package support

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"countersign/core/files"
	"countersign/core/home"
	"countersign/core/i18n"
	"countersign/core/request"
)

const (
	codesKey = "codes" // of the attribute with the codes of an error

	maxLogFile  = 16 << 20 // bytes of a file of the log; a larger one is not of this program
	maxLogLines = 2000     // of both files together, the newest
)

// WithCodes returns a handler that adds to the errors of a record the codes of their sentences, which are the same in every home, and gives the
// record to next. They are what of an error may leave the office.
func WithCodes(next slog.Handler) slog.Handler { return codesHandler{next} }

type codesHandler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h codesHandler) Handle(ctx context.Context, r slog.Record) error {
	var codes []string
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			codes = appendCodes(codes, request.CauseOf(err))
		}
		return true
	})
	if len(codes) > 0 {
		r = r.Clone()
		r.AddAttrs(slog.String(codesKey, strings.Join(codes, ",")))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h codesHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return codesHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h codesHandler) WithGroup(name string) slog.Handler {
	return codesHandler{h.Handler.WithGroup(name)}
}

// appendCodes appends the codes of a cause and of its arguments, from the outside to the inside.
func appendCodes(codes []string, c request.Cause) []string {
	if _, ok := i18n.English.Lookup("reason." + c.Code); ok {
		codes = append(codes, c.Code)
	}
	for _, arg := range c.Args {
		codes = appendCodes(codes, arg.Cause)
	}
	return codes
}

// log returns the newest lines of the window's log: when, how serious, what happened, and of the rest what is plain.
func (g gateways) log(dir home.Dir) string {
	var lines []string
	var text strings.Builder
	newest, older := dir.LogFiles()
	for _, path := range []string{older, newest} {
		content, err := files.ReadRegular(path, maxLogFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			fmt.Fprintf(&text, "a file of the log cannot be read: %s\n", g.errorText(err))
			continue
		}
		lines = slices.AppendSeq(lines, strings.Lines(string(content)))
	}
	if len(lines) == 0 && text.Len() == 0 {
		return "there is no log: the window has not been open here\n"
	}
	for _, line := range lines[max(0, len(lines)-maxLogLines):] {
		text.WriteString(g.logLine(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return text.String()
}

var logTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
})

// logLine returns a line of the log with what of it is plain. What happened is a text of the program, except that earlier versions put there
// what the toolkit said, after a colon.
func (g gateways) logLine(line string) string {
	attrs, ok := parseLogLine(line)
	if !ok || len(attrs) < 3 || attrs[0].key != slog.TimeKey || attrs[1].key != slog.LevelKey || attrs[2].key != slog.MessageKey ||
		!logTime().MatchString(attrs[0].value) || !slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, attrs[1].value) {
		return leftOut
	}
	what, _, _ := strings.Cut(attrs[2].value, ":")
	out := attrs[0].value + " " + attrs[1].value + " " + what
	for _, a := range attrs[3:] {
		out += " " + a.key + "=" + g.logValue(a)
	}
	return out
}

func (g gateways) logValue(a attribute) string {
	switch number, isGateway := g.numbers[a.value]; {
	case a.key == codesKey:
		return knownCodes(a.value)
	case a.key == "gateway" && isGateway:
		return number
	}
	return g.plain(a.value)
}

// knownCodes returns those of some codes that are of sentences of the program.
func knownCodes(list string) string {
	codes := strings.Split(list, ",")
	for i, code := range codes {
		if _, ok := i18n.English.Lookup("reason." + code); !ok {
			codes[i] = leftOut
		}
	}
	return strings.Join(codes, ",")
}

// attribute is a part of a line of the log.
type attribute struct{ key, value string }

var logKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_. ]+$`) })

// parseLogLine returns the attributes of a line that [slog.TextHandler] wrote. It returns false for any other line.
func parseLogLine(line string) (attrs []attribute, ok bool) {
	for line != "" {
		quoted, err := strconv.QuotedPrefix(line)
		key := ""
		if err == nil { // a key with a space in it
			key, _ = strconv.Unquote(quoted)
			line = line[len(quoted):]
			if !strings.HasPrefix(line, "=") {
				return nil, false
			}
			line = line[1:]
		} else if key, line, ok = strings.Cut(line, "="); !ok {
			return nil, false
		}
		value := ""
		if quoted, err := strconv.QuotedPrefix(line); err == nil {
			value, _ = strconv.Unquote(quoted)
			line = strings.TrimPrefix(line[len(quoted):], " ")
		} else {
			value, line, _ = strings.Cut(line, " ")
		}
		if !logKey().MatchString(key) {
			return nil, false
		}
		attrs = append(attrs, attribute{key, value})
	}
	return attrs, true
}
