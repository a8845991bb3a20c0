package gateway

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"countersign/core/request"
)

func utf16Bytes(text string, order binary.ByteOrder) string {
	var b bytes.Buffer
	for _, unit := range utf16.Encode([]rune(text)) {
		_ = binary.Write(&b, order, unit)
	}
	return b.String()
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func TestAnswersInAnyEncodingBecomePlainText(t *testing.T) {
	const text = `{"message":"señal é 𝄞"}`
	for name, test := range map[string]struct{ answer, want string }{
		"UTF-8":                   {text, text},
		"UTF-8 with a mark":       {"\xef\xbb\xbf" + text, text},
		"UTF-16, big end first":   {utf16Bytes("\ufeff"+text, binary.BigEndian), text},
		"UTF-16, small end first": {utf16Bytes("\ufeff"+text, binary.LittleEndian), text},
		"UTF-16 without a mark":   {utf16Bytes(text, binary.BigEndian), text},
		"the same, turned round":  {utf16Bytes(text, binary.LittleEndian), text},
		"half a character":        {utf16Bytes("\ufeff"+text, binary.LittleEndian) + "x", text},
		"ISO 8859-1":              {"{\"message\":\"se\xf1al\"}", `{"message":"señal"}`},
		"gzip that nobody named":  {gzipped("\xef\xbb\xbf" + text), text},
		"what looks like gzip":    {"\x1f\x8bx", "\x1f\u008bx"},
		"nothing":                 {"", ""},
		"a mark alone":            {"\xef\xbb\xbf", ""},
		"one byte":                {"x", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(plainText([]byte(test.answer)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADocumentIsUnzippedWhoeverSaysSo(t *testing.T) {
	file := "%PDF-1.7 " + strings.Repeat("x", 100_000)
	for name, test := range map[string]struct{ sent, encoding, want string }{
		"as it is": {file, "", file}, "gzip": {gzipped(file), "gzip", file}, "x-gzip": {gzipped(file), "x-gzip", file}, "gzip that nobody named": {gzipped(file), "", file},
		"empty": {"", "", ""}, "one byte": {"%", "", "%"}, "cut off": {gzipped(file)[:60], "", "unexpected EOF"}, "no gzip after all": {"\x1f\x8bxxxxxxxxxxxx", "", "gzip: invalid header"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Encoding"] = []string{test.encoding}
				_, _ = io.WriteString(w, test.sent)
			}))
			t.Cleanup(server.Close)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := Caller{HTTP: server.Client()}.Stream(req, request.Sentence{})
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil {
				got = []byte(err.Error())
			}
			if string(got) != test.want {
				t.Errorf("got %.40q", got)
			}
		})
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	if n := len(plainText([]byte(gzipped(strings.Repeat(" ", 3<<20))))); n != maxAnswer+1 {
		t.Errorf("%d bytes", n)
	}
}

func TestATextMayBeWrittenAsANumber(t *testing.T) {
	for value, want := range map[string]Text{
		`"12"`: "12", `12`: "12", `12345678901234567890`: "12345678901234567890", `-1.50`: "-1.50", `true`: "true", `null`: "", `"null"`: "null", `"a\u00f1"`: "añ",
	} {
		var got struct{ V Text }
		if err := json.Unmarshal([]byte(`{"v":`+value+`}`), &got); err != nil || got.V != want {
			t.Errorf("%s: got %q, %v", value, got.V, err)
		}
	}
	for _, value := range []string{`{}`, `[]`, `["a"]`} {
		var got Text
		if err := json.Unmarshal([]byte(value), &got); err == nil {
			t.Errorf("%s: got %q", value, got)
		}
	}
}

func TestAListMayBeWrittenAsItsOnlyElement(t *testing.T) {
	type element struct{ A int }
	for value, want := range map[string]List[element]{`[{"a":1},{"a":2}]`: {{1}, {2}}, `{"a":3}`: {{3}}, `[]`: {}, `null`: nil} {
		var got List[element]
		if err := json.Unmarshal([]byte(value), &got); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
	var got List[element]
	if err := json.Unmarshal([]byte(`7`), &got); err == nil {
		t.Error("a number is no list")
	}
}

// A secret that a server reads or writes in another character encoding is still one.
func TestASecretIsFoundInOtherCharacterEncodings(t *testing.T) {
	const secret = "clave-señal-é"
	latin, _ := Latin1(secret)
	for name, body := range map[string]string{
		"ISO 8859-1": latin, "UTF-8 read as ISO 8859-1": "\xff" + secret, "UTF-16": utf16Bytes("\ufeffit is "+secret, binary.BigEndian),
	} {
		resp := &http.Response{Header: http.Header{}}
		if got := RedactedMessage(resp, plainText([]byte(body)), secret); strings.Contains(got, "clave") {
			t.Errorf("%s: got %q", name, got)
		}
		if got := RedactedMessage(resp, []byte(body), secret); strings.Contains(got, "clave") {
			t.Errorf("%s, as it came: got %q", name, got)
		}
	}
}

// FuzzPlainText: whatever an answer has, its text is UTF-8 and bounded.
func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, "\xef\xbb\xbf{}", "\xff\xfe{\x00}\x00", "\x00{\x00}", "\xfe\xff", "\xe9", gzipped("{}"), gzipped("\xff\xfe{\x00}\x00"), gzipped("x")[:12], "\x1f\x8b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := plainText(body)
		if !utf8.Valid(text) {
			t.Errorf("got %q", text)
		}
		if len(text) > max(2*len(body), 2*(maxAnswer+1)) {
			t.Errorf("%d bytes of %d", len(text), len(body))
		}
	})
}
