//go:build linux || freebsd || netbsd || openbsd

package filechooser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/godbus/dbus/v5"
)

// The names of the portal's file dialogs: XDG Desktop Portal, "org.freedesktop.portal.FileChooser", "org.freedesktop.portal.Request".
const (
	portalName       = "org.freedesktop.portal.Desktop"
	portalPath       = "/org/freedesktop/portal/desktop"
	chooserInterface = "org.freedesktop.portal.FileChooser"
	requestInterface = "org.freedesktop.portal.Request"
	busName          = "org.freedesktop.DBus"
)

// Codes of the signal Response of a request.
const (
	responseChosen    = 0
	responseDismissed = 1
)

// portalTime is how long the session bus may take to start the portal, and the portal to answer that it shows a dialog. How long
// the dialog is open has no limit.
var portalTime = 10 * time.Second

// closeTime is how long the portal may take to close a dialog. The dialog also ends with the connection.
const closeTime = time.Second

// rule is a filter in the form of the portal, a(sa(us)): a name with patterns. Type 0 of a pattern is a glob pattern.
type rule struct {
	Name     string
	Patterns []pattern
}

type pattern struct {
	Type uint32
	Glob string
}

// Show opens a dialog and waits until it is closed. When ctx ends, it closes the dialog and returns ctx.Err(). It returns
// [ErrNoDialog] where there is no portal, or the portal cannot show the dialog or ends meanwhile. It must not be called on
// the drawing goroutine.
func Show(ctx context.Context, d Dialog) (Answer, error) {
	answer, err := show(ctx, d)
	if ctx.Err() != nil {
		return Answer{}, ctx.Err()
	}
	return answer, err
}

func show(ctx context.Context, d Dialog) (Answer, error) {
	conn, err := connect(ctx)
	if err != nil {
		return Answer{}, noDialog(err)
	}
	defer conn.Close()
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	token := "countersign_" + rand.Text()
	sender := strings.ReplaceAll(strings.TrimPrefix(conn.Names()[0], ":"), ".", "_")
	expected := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	handle, err := begin(ctx, conn, d, token, expected)
	if ctx.Err() != nil { // the portal may show it nevertheless
		return Answer{}, errors.Join(ctx.Err(), closeRequest(conn, expected))
	}
	if err != nil {
		return Answer{}, noDialog(err)
	}
	for {
		select {
		case <-ctx.Done():
			return Answer{}, errors.Join(ctx.Err(), closeRequest(conn, handle))
		case s, open := <-signals:
			switch {
			case !open:
				return Answer{}, noDialog(errors.New("the session ended"))
			case s.Name == requestInterface+".Response" && (s.Path == expected || s.Path == handle):
				return readResponse(d, s.Body)
			case s.Name == busName+".NameOwnerChanged" && lostOwner(s.Body):
				return Answer{}, noDialog(errors.New("the portal ended"))
			}
		}
	}
}

// closeRequest has the portal close the dialog of a request.
func closeRequest(conn *dbus.Conn, handle dbus.ObjectPath) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return conn.Object(portalName, handle).CallWithContext(ctx, requestInterface+".Close", 0).Err
}

// connect connects to the session bus. It starts none.
func connect(ctx context.Context) (*dbus.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, portalTime)
	defer cancel()
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // a bus may accept a connection and then say nothing
	if err := errors.Join(conn.Auth(nil), conn.Hello()); err != nil || !stop() {
		_ = conn.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return conn, nil
}

// begin has the portal show the dialog, and returns the path of its request: that is expected, except with a portal older
// than 0.9. The signals of the request, and of the end of the portal, are subscribed to before.
func begin(ctx context.Context, conn *dbus.Conn, d Dialog, token string, expected dbus.ObjectPath) (dbus.ObjectPath, error) {
	ctx, cancel := context.WithTimeout(ctx, portalTime)
	defer cancel()
	response := func(path dbus.ObjectPath) error {
		return conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(requestInterface), dbus.WithMatchMember("Response"), dbus.WithMatchObjectPath(path))
	}
	if err := errors.Join(response(expected), conn.AddMatchSignalContext(ctx,
		dbus.WithMatchSender(busName), dbus.WithMatchInterface(busName), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName))); err != nil {
		return "", err
	}
	method := ".OpenFile"
	if d.Kind == SaveFile {
		method = ".SaveFile"
	}
	parent := ""
	if d.Parent != 0 {
		parent = fmt.Sprintf("x11:%x", d.Parent)
	}
	var handle dbus.ObjectPath
	if err := conn.Object(portalName, portalPath).CallWithContext(ctx, chooserInterface+method, 0, parent, d.Title, optionsOf(d, token)).Store(&handle); err != nil {
		return "", err
	}
	if handle != expected {
		return handle, response(handle)
	}
	return handle, nil
}

func optionsOf(d Dialog, token string) map[string]dbus.Variant {
	options := map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token), "modal": dbus.MakeVariant(true)}
	set := func(name string, value any) { options[name] = dbus.MakeVariant(value) }
	if d.Accept != "" {
		set("accept_label", strings.ToValidUTF8(d.Accept, ""))
	}
	if d.Folder != "" {
		set("current_folder", append([]byte(d.Folder), 0)) // a name of a file, with a zero byte at its end
	}
	switch d.Kind {
	case OpenFiles:
		set("multiple", true)
	case OpenFolder:
		set("directory", true)
	case SaveFile:
		if name := strings.ToValidUTF8(d.Name, "\uFFFD"); name != "" {
			set("current_name", name)
		}
	}
	if rules := rulesOf(d.Filters); len(rules) > 0 && d.Kind != OpenFolder {
		set("filters", rules)
		set("current_filter", rules[0])
	}
	return options
}

func rulesOf(filters []Filter) []rule {
	var rules []rule
	for _, f := range filters {
		r := rule{Name: f.Name}
		for _, extension := range f.Extensions {
			r.Patterns = append(r.Patterns, pattern{Glob: "*" + anyCase(extension)})
		}
		if len(r.Patterns) == 0 {
			r.Patterns = []pattern{{Glob: "*"}}
		}
		rules = append(rules, r)
	}
	return rules
}

// anyCase returns a glob pattern for a text in upper or lower case. Glob patterns of the portal depend on the case.
func anyCase(text string) string {
	var glob strings.Builder
	for _, r := range text {
		if upper := unicode.ToUpper(r); upper != r {
			glob.WriteString("[" + string(r) + string(upper) + "]")
		} else {
			glob.WriteRune(r)
		}
	}
	return glob.String()
}

// readResponse reads the arguments of the signal Response: a code and results.
func readResponse(d Dialog, body []any) (Answer, error) {
	if len(body) < 2 {
		return Answer{}, noDialog(errors.New("an answer without a code"))
	}
	code, _ := body[0].(uint32)
	results, _ := body[1].(map[string]dbus.Variant)
	switch code {
	case responseChosen:
	case responseDismissed:
		return Answer{Filter: -1}, nil
	default:
		return Answer{}, noDialog(fmt.Errorf("code %d", code))
	}
	var uris []string
	if v, there := results["uris"]; !there || v.Store(&uris) != nil {
		return Answer{}, noDialog(errors.New("an answer without addresses"))
	}
	answer := Answer{Filter: filterOf(d, results["current_filter"])}
	for _, uri := range uris {
		path, ok := pathOf(uri)
		if !ok {
			return Answer{}, ErrNotLocal
		}
		answer.Paths = append(answer.Paths, path)
	}
	return answer, nil
}

// filterOf returns the index of a filter that the portal returned; -1 if it is none of the dialog's.
func filterOf(d Dialog, v dbus.Variant) int {
	var chosen rule
	if v.Value() != nil && v.Store(&chosen) == nil {
		for i, f := range d.Filters {
			if f.Name == chosen.Name {
				return i
			}
		}
	}
	return -1
}

// pathOf returns the path of a file URI (RFC 8089), byte by byte. It returns false for any other address.
func pathOf(uri string) (string, bool) {
	const scheme = "file://"
	if len(uri) < len(scheme) || !strings.EqualFold(uri[:len(scheme)], scheme) {
		return "", false
	}
	host, rest, slash := strings.Cut(uri[len(scheme):], "/")
	path, err := url.PathUnescape("/" + rest)
	if err != nil || !slash || host != "" && !strings.EqualFold(host, "localhost") || strings.Contains(path, "\x00") {
		return "", false
	}
	return path, true
}

// lostOwner reports whether the arguments of the signal NameOwnerChanged (name, old owner, new owner) say that the portal
// has ended.
func lostOwner(body []any) bool {
	if len(body) < 3 {
		return false
	}
	old, _ := body[1].(string)
	owner, _ := body[2].(string)
	return body[0] == portalName && old != "" && owner == ""
}
