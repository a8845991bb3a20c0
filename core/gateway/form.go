package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// Form is a multipart body around one file that is not held in memory, so that it
// can be sent more than once.
type Form struct {
	kind       string
	head, tail []byte
	file       File
}

// Part is a part of a form that is text.
type Part struct {
	Name, Value string
	Type        string // media type; none when empty
}

// File is the part of a form that is a PDF.
type File struct {
	Field string
	Name  string // a label; sent in ASCII
	Size  int64
	Open  func() (io.ReadCloser, error)
}

// NewForm lays out the parts in their order and the file behind them.
func NewForm(parts []Part, file File) (*Form, error) {
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.Name)}}
		if p.Type != "" {
			header.Set("Content-Type", p.Type)
		}
		part, err := w.CreatePart(header)
		if err != nil {
			return nil, fmt.Errorf("lay out the form: %w", err)
		}
		if _, err := io.WriteString(part, p.Value); err != nil {
			return nil, fmt.Errorf("lay out the form: %w", err)
		}
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, file.Field, asciiName(file.Name))},
		"Content-Type":        {"application/pdf"},
	})
	cut := buffer.Len()
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("lay out the form: %w", err)
	}
	body := buffer.Bytes()
	return &Form{kind: w.FormDataContentType(), head: body[:cut], tail: body[cut:], file: file}, nil
}

// Request makes a POST of the form. Sending it closes the file.
func (f *Form) Request(ctx context.Context, address string) (*http.Request, error) {
	body, err := f.body()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	// Lets a call begin anew on another connection when the one it found was closed already.
	req.GetBody = f.body
	req.ContentLength = int64(len(f.head)) + f.file.Size + int64(len(f.tail))
	req.Header.Set("Content-Type", f.kind)
	return req, nil
}

func (f *Form) body() (io.ReadCloser, error) {
	file, err := f.file.Open()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(f.head), file, bytes.NewReader(f.tail)), file}, nil
}

// asciiName makes a file name that every server can read: letters, digits and a few
// signs, whatever the label was.
func asciiName(label string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.", r):
			return r
		}
		return '_'
	}, label)
	if len(name) > 100 {
		name = name[len(name)-100:]
	}
	if strings.Trim(name, "_.") == "" {
		return "document.pdf"
	}
	return name
}

// LastSegment is the last part of an address's path: the id in the addresses of
// resources. It is empty when there is none, or one that would lead somewhere else.
func LastSegment(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	// An id may have an escaped slash in it.
	segments := strings.Split(strings.TrimRight(u.EscapedPath(), "/"), "/")
	last, err := url.PathUnescape(segments[len(segments)-1])
	if err != nil || !IsSegment(last) {
		return ""
	}
	return last
}

// maxID bounds the names that a gateway gives to things, in bytes.
const maxID = 200

// IsID tells whether a text can be a gateway's name for something: one that can stand in an
// address, and be kept and shown as it is.
func IsID(id string) bool { return IsSegment(id) && len(id) <= maxID && Bounded(id) == id }

// IsSegment tells whether an id can stand in an address as one part of its path.
func IsSegment(id string) bool { return id != "" && id != "." && id != ".." }
