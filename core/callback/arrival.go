package callback

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"countersign/core/request"
)

const (
	maxQuery          = 8 << 10  // bytes; what is added to a return address and is longer is not read
	maxMultipart      = 64 << 10 // bytes of a posted form in parts, which says much about each field
	maxUnreadableKept = 500      // bytes of an unreadable return that are passed on
	maxUnescapings    = 2        // how often parameters may have been escaped as a whole
)

// MalformedQuery is the one key of the query that a [Receiver] gets for a return that cannot be read. Its value is the beginning of
// what was added to the return address.
const MalformedQuery = "unreadable"

// Return is what a browser brought back to a return address.
type Return struct {
	Ticket string
	// Query is what the gateway added to the return address. If it cannot be read completely, Query has only the key
	// MalformedQuery, because the part that is missing might contradict the rest. It never contains the ticket.
	Query url.Values
	// Deviation is how the request differs from one for the return address. It is empty if it does not.
	Deviation request.Deviation
}

var (
	// returnPath matches the escaped path of an address that begins like a return address: the ticket, and what follows it.
	returnPath = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^/+return/+([0-9a-f]{32})(.*)$`) })
	// escapedSlash matches a slash as it is written where it does not separate segments. None of the addresses here has such slashes.
	escapedSlash = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)%2f`) })
	// ticketAnywhere matches a ticket that nothing is attached to.
	ticketAnywhere = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(?:^|[^0-9a-z])([0-9a-f]{32})(?:[^0-9a-z]|$)`) })
	// separator matches what some programs put between an address and its query, in place of a question mark.
	separator = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^/*(?:&(?:amp;)?|%26|%(?:25){0,2}3f)`) })
	// meaningless matches what changes nothing behind a ticket: slashes, and white space from a template or a mail.
	meaningless = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:/|%20|%09|%0a|%0d)*$`) })
	// sessionID matches what a Java server adds to the path of an address (Java Servlet Specification, 7.1.3).
	sessionID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^;jsessionid=[^/;?&%]*$`) })
)

// target is the address of an HTTP request that contains a ticket.
type target struct {
	ticket    string
	query     string // not parsed yet
	unread    string // what of the address is not understood; then query is empty
	deviation request.Deviation
}

// parseTarget finds the ticket in an address. It reads what follows the ticket as a query wherever that has one meaning only:
// slashes around the ticket and the case of letters mean nothing, and behind a ticket "&" and an escaped "?" begin a query. found is
// false if the address has no ticket.
func parseTarget(u *url.URL) (t target, found bool) {
	if ticket, isReturn := strings.CutPrefix(u.Path, "/return/"); isReturn && isTicket(ticket) {
		return target{ticket: ticket, query: u.RawQuery}, true
	}
	match := returnPath().FindStringSubmatch(escapedSlash().ReplaceAllLiteralString(u.EscapedPath(), "/"))
	if match == nil {
		return findTicket(u)
	}
	t.ticket, t.deviation = strings.ToLower(match[1]), request.DeviatesInPath
	rest := match[2]
	begin := separator().FindString(rest)
	switch {
	case meaningless().MatchString(rest) || sessionID().MatchString(rest):
		t.query = u.RawQuery
	case begin != "" && u.RawQuery == "":
		t.query, t.deviation = rest[len(begin):], request.DeviatesInQuery
	default:
		t.unread, t.deviation = rest, request.DeviatesUnread
		if u.RawQuery != "" {
			t.unread += "?" + u.RawQuery
		}
	}
	return t, true
}

// findTicket finds a ticket at any place in the path or the query of an address.
func findTicket(u *url.URL) (t target, found bool) {
	for _, text := range []string{u.Path, u.RawQuery} {
		if match := ticketAnywhere().FindStringSubmatch(text); match != nil {
			return target{ticket: strings.ToLower(match[1]), unread: u.Path + "?" + u.RawQuery, deviation: request.DeviatesUnread}, true
		}
	}
	return target{}, false
}

// parseReturn reads the return that an HTTP request with the target t is. hasOwnPort reports whether its Host header has the port
// of the listener. parseReturn reads the body of a form that was posted.
func parseReturn(w http.ResponseWriter, r *http.Request, t target, hasOwnPort bool) Return {
	back := Return{Ticket: t.ticket, Deviation: t.deviation}
	mended := false
	switch {
	case t.unread != "":
		back.Query = unreadable(t.unread)
	case !hasOwnPort:
		back.Deviation, back.Query = request.DeviatesInPort, unreadable(t.query)
	case len(t.query) > maxQuery:
		back.Deviation, back.Query = request.DeviatesInLength, unreadable(t.query)
	default:
		back.Query, mended = parseQuery(t.query)
	}
	switch {
	case mended:
		back.Deviation = request.DeviatesInQuery
	case back.Deviation.IsRead() && isMalformed(back.Query):
		back.Deviation = request.DeviatesUnread
	}
	if r.Method == http.MethodPost && back.Deviation.IsRead() {
		back.addForm(w, r)
	}
	back.Query = withoutTicket(back.Query, t.ticket)
	return back
}

// addForm adds the fields of a posted form to what a return brought back.
func (back *Return) addForm(w http.ResponseWriter, r *http.Request) {
	back.Deviation = request.DeviatesInMethod
	fields, err := parseForm(w, r)
	_, tooLong := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLong:
		back.Deviation, back.Query = request.DeviatesInLength, unreadable("")
	case isMalformed(fields):
		back.Deviation, back.Query = request.DeviatesUnread, fields
	case err != nil || contradict(fields, back.Query):
		back.Deviation, back.Query = request.DeviatesUnread, unreadable(strings.Trim(back.Query.Encode()+" "+fields.Encode(), " "))
	default:
		for name, values := range fields {
			back.Query[name] = values
		}
	}
}

// errForm is returned by parseForm for a body that is no form.
var errForm = errors.New("the body is no form")

// parseForm returns the fields of the form that an HTTP request posts. It returns an [*http.MaxBytesError] if the form is too long.
func parseForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == "multipart/form-data":
		return parseMultipart(w, r)
	case kind != "application/x-www-form-urlencoded" && err == nil:
		return nil, errForm
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuery))
	switch {
	case err != nil:
		return nil, err
	case len(body) > 0 && kind == "":
		return nil, errForm
	}
	fields, _ := parseQuery(string(body))
	return fields, nil
}

// parseMultipart returns the fields of a form in parts. The whole form is kept in memory; files in it are ignored.
func parseMultipart(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxMultipart)
	if err := r.ParseMultipartForm(maxMultipart); err != nil {
		return nil, err
	}
	defer r.MultipartForm.RemoveAll()
	fields := url.Values(r.MultipartForm.Value)
	if len(fields.Encode()) > maxQuery {
		return nil, &http.MaxBytesError{Limit: maxQuery}
	}
	return fields, nil
}

// contradict reports whether a name has other values in a than in b.
func contradict(a, b url.Values) bool {
	for name, values := range a {
		if others, both := b[name]; both && !slices.Equal(values, others) {
			return true
		}
	}
	return false
}

func isMalformed(query url.Values) bool {
	_, malformed := query[MalformedQuery]
	return malformed && len(query) == 1
}

// parseQuery parses a query. mended is set if the query was first put right: question marks before it, escaped as a whole, or "&"
// written as in HTML. If it cannot be parsed completely, parseQuery returns what [unreadable] does.
func parseQuery(query string) (values url.Values, mended bool) {
	plain := strings.TrimLeft(query, "?")
	for range maxUnescapings {
		// A parameter without "=" that contains an escaped one: no gateway has such a name.
		once, err := url.PathUnescape(plain)
		if err != nil || strings.Contains(plain, "=") || !strings.Contains(strings.ToLower(plain), "%3d") && !strings.Contains(strings.ToLower(plain), "%253d") {
			break
		}
		plain = once
	}
	plain = htmlAmpersand().ReplaceAllString(plain, "&")
	values, err := url.ParseQuery(plain)
	if err != nil {
		return unreadable(query), false
	}
	return values, plain != query
}

// htmlAmpersand matches "&" as it is written in HTML. In a query its semicolon would be escaped if it belonged to a value.
var htmlAmpersand = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)&amp;`) })

// unreadable returns a query with the beginning of text under the key MalformedQuery.
func unreadable(text string) url.Values {
	return url.Values{MalformedQuery: {strings.ToValidUTF8(text[:min(len(text), maxUnreadableKept)], "\uFFFD")}}
}

// withoutTicket returns a query in which a ticket is replaced by "…". A return is recorded in events, which are handed on, and a
// gateway may repeat the return address in it.
func withoutTicket(query url.Values, ticket string) url.Values {
	pattern := regexp.MustCompile("(?i)" + ticket)
	clean := make(url.Values, len(query))
	for name, values := range query {
		for _, value := range values {
			name := pattern.ReplaceAllLiteralString(name, "…")
			clean[name] = append(clean[name], pattern.ReplaceAllLiteralString(value, "…"))
		}
	}
	return clean
}
