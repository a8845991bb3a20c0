package callback_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"countersign/core/callback"
	"countersign/core/request"
)

// keep serves, and returns what was brought back last: nil if nothing was since the last call.
func keep(t *testing.T) (l *listener, last func() *callback.Return) {
	var got *callback.Return
	l = listen(t, func(_ context.Context, back callback.Return) (callback.Landing, error) {
		got = &back
		return callback.Landing{Claim: callback.ClaimsSigned, Unread: !back.Deviation.IsRead()}, nil
	})
	return l, func() *callback.Return {
		last := got
		got = nil
		return last
	}
}

// sendRaw sends a request line as it is, as no client of Go would, and returns the answer.
func sendRaw(l *listener, method, uri, host string, header map[string]string, body string) *http.Response {
	l.Helper()
	conn, err := net.Dial("tcp4", l.addr)
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { conn.Close() })
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n", method, uri, host, len(body))
	for name, value := range header {
		head += name + ": " + value + "\r\n"
	}
	if _, err := io.WriteString(conn, head+"\r\n"+body); err != nil {
		l.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if err != nil && len(all) == 0 {
		l.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(all)), nil)
	if err != nil {
		l.Fatalf("%s: %v", all, err)
	}
	return resp
}

// claims is the query that most of these returns bring, and signed what it is.
const claims = "status=signed&result=success&signed=12"

var signed = url.Values{"status": {"signed"}, "result": {"success"}, "signed": {"12"}}

func TestReturnsThatFitArePassedOnUnchanged(t *testing.T) {
	l, last := keep(t)
	for query, want := range map[string]url.Values{
		"":                                 {},
		"status=signed&signed=1&signed=2&": {"status": {"signed"}, "signed": {"1", "2"}},
		"a=%C3%A9+b&a=%00&c":               {"a": {"é b", "\x00"}, "c": {""}},
		"message=Why?&url=http://x/?a=b":   {"message": {"Why?"}, "url": {"http://x/?a=b"}},
		"a=1%26amp%3B2%3Dx":                {"a": {"1&amp;2=x"}},
		"a=%253D%2526":                     {"a": {"%3D%26"}},
	} {
		resp, _ := l.send("GET", "/return/"+ticket+"?"+query, nil)
		if diff := cmp.Diff(&callback.Return{Ticket: ticket, Query: want}, last()); diff != "" || resp.StatusCode != 200 {
			t.Errorf("%s: got %d, %s", query, resp.StatusCode, diff)
		}
	}
}

// What gateways, frameworks and programs in between do to an address, wherever it has one meaning only.
func TestReturnsThatAlmostFitAreRead(t *testing.T) {
	l, last := keep(t)
	for name, test := range map[string]struct {
		uri  string
		how  request.Deviation
		want url.Values
	}{
		"a slash behind the ticket":       {"/return/" + ticket + "/?" + claims, request.DeviatesInPath, signed},
		"slashes, and nothing else":       {"/return/" + ticket + "//", request.DeviatesInPath, url.Values{}},
		"white space":                     {"/return/" + ticket + "%20%0A?" + claims, request.DeviatesInPath, signed},
		"an escaped path":                 {"/%2Freturn%2F" + ticket + "%3F" + url.QueryEscape(claims), request.DeviatesInQuery, signed},
		"an escaped slash":                {"/return/" + ticket + "%2F?" + claims, request.DeviatesInPath, signed},
		"doubled slashes":                 {"//return//" + ticket + "?" + claims, request.DeviatesInPath, signed},
		"capitals":                        {"/Return/" + strings.ToUpper(ticket) + "?" + claims, request.DeviatesInPath, signed},
		"a session id of a Java server":   {"/return/" + ticket + ";jsessionid=0A1B2C.node1?" + claims, request.DeviatesInPath, signed},
		"a session id and nothing else":   {"/return/" + ticket + ";JSESSIONID=0A1B2C", request.DeviatesInPath, url.Values{}},
		"& in place of the question mark": {"/return/" + ticket + "&" + claims, request.DeviatesInQuery, signed},
		"& behind a slash":                {"/return/" + ticket + "/&" + claims, request.DeviatesInQuery, signed},
		"& as in HTML":                    {"/return/" + ticket + "&amp;status=signed&amp;result=success&amp;signed=12", request.DeviatesInQuery, signed},
		"& as in HTML, in the query":      {"/return/" + ticket + "?status=signed&amp;result=success&AMP;signed=12", request.DeviatesInQuery, signed},
		"an escaped question mark":        {"/return/" + ticket + "%3F" + claims, request.DeviatesInQuery, signed},
		"everything escaped":              {"/return/" + ticket + "%3f" + url.QueryEscape(claims), request.DeviatesInQuery, signed},
		"everything escaped twice":        {"/return/" + ticket + "%253F" + url.QueryEscape(url.QueryEscape(claims)), request.DeviatesInQuery, signed},
		"an escaped query":                {"/return/" + ticket + "?" + url.QueryEscape(claims), request.DeviatesInQuery, signed},
		"two question marks":              {"/return/" + ticket + "??" + claims, request.DeviatesInQuery, signed},
		"& behind the question mark":      {"/return/" + ticket + "?&" + claims, "", signed},
		"escapes in the query stay":       {"/return/" + ticket + "&a=b%26c+d", request.DeviatesInQuery, url.Values{"a": {"b&c d"}}},
	} {
		resp := sendRaw(l, "GET", test.uri, l.addr, nil, "")
		if diff := cmp.Diff(&callback.Return{Ticket: ticket, Query: test.want, Deviation: test.how}, last()); diff != "" || resp.StatusCode != 200 {
			t.Errorf("%s: got %d, %s", name, resp.StatusCode, diff)
		}
	}
}

// What has no meaning, or more than one, is passed on without being read, and without the ticket.
func TestReturnsThatCannotBeReadAreStillReturns(t *testing.T) {
	l, last := keep(t)
	long := strings.Repeat("x", 1000)
	for name, test := range map[string]struct {
		uri, kept string
		how       request.Deviation
	}{
		"an escape that is none":         {"/return/" + ticket + "?status=signed&result=success&unsigned=%zz", "status=signed&result=success&unsigned=%zz", request.DeviatesUnread},
		"semicolons between parameters":  {"/return/" + ticket + "?status=signed;result=success", "status=signed;result=success", request.DeviatesUnread},
		"a semicolon in one":             {"/return/" + ticket + "?status=finished&a=b;c", "status=finished&a=b;c", request.DeviatesUnread},
		"a long one":                     {"/return/" + ticket + "?a=%&" + long, "a=%&" + long[:496], request.DeviatesUnread},
		"its own name":                   {"/return/" + ticket + "?unreadable=x&%", "unreadable=x&%", request.DeviatesUnread},
		"parameters of the path":         {"/return/" + ticket + ";status=signed", ";status=signed", request.DeviatesUnread},
		"parameters of both kinds":       {"/return/" + ticket + "&status=signed?status=rejected", "&status=signed?status=rejected", request.DeviatesUnread},
		"a further segment":              {"/return/" + ticket + "/signed?a=b", "/signed?a=b", request.DeviatesUnread},
		"nothing in between":             {"/return/" + ticket + "code=1", "code=1", request.DeviatesUnread},
		"a point behind it":              {"/return/" + ticket + ".", ".", request.DeviatesUnread},
		"something before it":            {"/app/return/" + ticket + "?a=b", "/app/return/…?a=b", request.DeviatesUnread},
		"dots":                           {"/x/../return/" + ticket, "/x/../return/…?", request.DeviatesUnread},
		"the ticket in the query":        {"/return?id=" + ticket + "&a=b", "/return?id=…&a=b", request.DeviatesUnread},
		"the ticket twice":               {"/return/" + ticket + "/" + strings.ToUpper(ticket), "/…", request.DeviatesUnread},
		"more than is read":              {"/return/" + ticket + "?a=" + strings.Repeat("x", 8<<10), "a=" + long[:498], request.DeviatesInLength},
		"far more than is read":          {"/return/" + ticket + "?a=" + strings.Repeat("x", 30<<10), "a=" + long[:498], request.DeviatesInLength},
		"more than is read, in the path": {"/return/" + ticket + "&a=" + strings.Repeat("x", 8<<10), "a=" + long[:498], request.DeviatesInLength},
	} {
		resp := sendRaw(l, "GET", test.uri, l.addr, nil, "")
		want := &callback.Return{Ticket: ticket, Query: url.Values{callback.MalformedQuery: {test.kept}}, Deviation: test.how}
		if diff := cmp.Diff(want, last()); diff != "" || resp.StatusCode != 200 {
			t.Errorf("%s: got %d, %s", name, resp.StatusCode, diff)
		}
	}
}

// A gateway may add to a return address the address itself.
func TestATicketIsNotPassedOnInTheQuery(t *testing.T) {
	l, last := keep(t)
	for _, uri := range []string{"/return/" + ticket + "?a=http://127.0.0.1/return/" + ticket + "&" + ticket + "=b", "/return/" + ticket + "&" + strings.ToUpper(ticket) + "=%3" + ticket} {
		sendRaw(l, "GET", uri, l.addr, nil, "")
		if got := last(); got == nil || strings.Contains(strings.ToLower(fmt.Sprint(got.Query)), ticket) {
			t.Errorf("%s: got %v", uri, got)
		}
	}
}

// A listener is reached under every name that stands for this computer alone. The names are those of the address bar, and of the
// addresses that gateways and programs in between make of it.
func TestNamesOfThisComputer(t *testing.T) {
	l, last := keep(t)
	_, port, _ := net.SplitHostPort(l.addr)
	for _, name := range []string{"localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1.2.3"} {
		resp := sendRaw(l, "GET", "/return/"+ticket+"?"+claims, name+":"+port, nil, "")
		if diff := cmp.Diff(&callback.Return{Ticket: ticket, Query: signed}, last()); diff != "" || resp.StatusCode != 200 {
			t.Errorf("%s: got %d, %s", name, resp.StatusCode, diff)
		}
		for _, other := range []string{name, name + ":1", name + ":" + port + "0"} {
			resp := sendRaw(l, "GET", "/return/"+ticket+"?"+claims, other, nil, "")
			want := &callback.Return{Ticket: ticket, Query: url.Values{callback.MalformedQuery: {claims}}, Deviation: request.DeviatesInPort}
			if diff := cmp.Diff(want, last()); diff != "" || resp.StatusCode != 200 {
				t.Errorf("%s: got %d, %s", other, resp.StatusCode, diff)
			}
		}
	}
}

func TestPostedReturns(t *testing.T) {
	l, last := keep(t)
	parts := func(fields map[string]string) (kind, body string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, value := range fields {
			w.WriteField(name, value)
		}
		file, _ := w.CreateFormFile("pdf", "signed.pdf")
		io.WriteString(file, "%PDF-1.7")
		w.Close()
		return w.FormDataContentType(), b.String()
	}
	inParts, form := parts(map[string]string{"status": "signed", "result": "success", "signed": "12"})
	longParts, longForm := parts(map[string]string{"a": strings.Repeat("x", 9<<10)})
	hugeParts, hugeForm := parts(map[string]string{"a": strings.Repeat("x", 99<<10)})
	const encoded = "application/x-www-form-urlencoded"
	path := "/return/" + ticket
	unread := func(kept string) url.Values { return url.Values{callback.MalformedQuery: {kept}} }
	for name, test := range map[string]struct {
		uri, kind, body string
		how             request.Deviation
		want            url.Values
	}{
		"a form":                        {path, encoded, claims, request.DeviatesInMethod, signed},
		"with a character set":          {path, encoded + "; charset=UTF-8", claims, request.DeviatesInMethod, signed},
		"in parts, with a file":         {path, inParts, form, request.DeviatesInMethod, signed},
		"with a slash":                  {path + "/", encoded, claims, request.DeviatesInMethod, signed},
		"fields beside a query":         {path + "?lang=es&status=signed", encoded, claims, request.DeviatesInMethod, url.Values{"status": {"signed"}, "result": {"success"}, "signed": {"12"}, "lang": {"es"}}},
		"an empty form":                 {path + "?" + claims, encoded, "", request.DeviatesInMethod, signed},
		"nothing":                       {path + "?" + claims, "", "", request.DeviatesInMethod, signed},
		"a form against the query":      {path + "?status=rejected", encoded, "status=signed", request.DeviatesUnread, unread("status=rejected status=signed")},
		"a form that cannot be parsed":  {path, encoded, "status=%zz", request.DeviatesUnread, unread("status=%zz")},
		"no form":                       {path, "application/json", `{"status":"signed"}`, request.DeviatesUnread, unread("")},
		"plain text":                    {path, "text/plain", "status=signed", request.DeviatesUnread, unread("")},
		"parts without a boundary":      {path, "multipart/form-data", "status=signed", request.DeviatesUnread, unread("")},
		"a long form":                   {path, encoded, "a=" + strings.Repeat("x", 8<<10), request.DeviatesInLength, unread("")},
		"a long form in parts":          {path, longParts, longForm, request.DeviatesInLength, unread("")},
		"a form that is not read whole": {path, hugeParts, hugeForm, request.DeviatesInLength, unread("")},
		"behind another path":           {path + "/x", encoded, claims, request.DeviatesUnread, unread("/x")},
	} {
		header := map[string]string{"Origin": "https://sign.example.org", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
		if test.kind != "" {
			header["Content-Type"] = test.kind
		}
		resp := sendRaw(l, "POST", test.uri, l.addr, header, test.body)
		if diff := cmp.Diff(&callback.Return{Ticket: ticket, Query: test.want, Deviation: test.how}, last()); diff != "" || resp.StatusCode != 200 {
			t.Errorf("%s: got %d, %s", name, resp.StatusCode, diff)
		}
		// A page that posts in the background is no browser that comes back.
		header["Sec-Fetch-Mode"], header["Sec-Fetch-Dest"] = "no-cors", "empty"
		if resp := sendRaw(l, "POST", test.uri, l.addr, header, test.body); resp.StatusCode != 403 || last() != nil {
			t.Errorf("%s, in the background: got %d", name, resp.StatusCode)
		}
	}
}
