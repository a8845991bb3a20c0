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
	"strings"
)

// MultipartForm is a multipart/form-data body (RFC 7578) with one file as its last part. The file is
// read while it is sent and not held in memory. A form may be sent more than once.
type MultipartForm struct {
	contentType string
	head, tail  []byte // before and after the file
	file        FormFile
}

// FormPart is a text part of a [MultipartForm].
type FormPart struct {
	Name, Value string
	Type        string // media type; "" for none
}

// FormFile is the PDF that a [MultipartForm] uploads.
type FormFile struct {
	Field string                        // name of the part
	Name  string                        // file name for display; reduced to plain ASCII
	Size  int64                         // bytes
	Open  func() (io.ReadCloser, error) // called each time the form is sent
}

// NewMultipartForm returns a form with the parts in their order, followed by the file.
func NewMultipartForm(parts []FormPart, file FormFile) (*MultipartForm, error) {
	var buffer bytes.Buffer
	w := multipart.NewWriter(&buffer)
	for _, p := range parts {
		header := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, p.Name)}}
		if p.Type != "" {
			header.Set("Content-Type", p.Type)
		}
		part, err := w.CreatePart(header)
		if err != nil {
			return nil, fmt.Errorf("build the form: %w", err)
		}
		if _, err := io.WriteString(part, p.Value); err != nil {
			return nil, fmt.Errorf("build the form: %w", err)
		}
	}
	_, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, file.Field, asciiName(file.Name))},
		"Content-Type":        {"application/pdf"},
	})
	headSize := buffer.Len()
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("build the form: %w", err)
	}
	body := buffer.Bytes()
	return &MultipartForm{contentType: w.FormDataContentType(), head: body[:headSize], tail: body[headSize:], file: file}, nil
}

// Request returns a POST of the form. It opens the file; sending the request closes it. A
// caller that does not send the request must close its body.
func (f *MultipartForm) Request(ctx context.Context, address string) (*http.Request, error) {
	body, err := f.body()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, body)
	if err != nil {
		return nil, errors.Join(err, body.Close())
	}
	// Allows the transport to retry on a new connection if an idle one turns out to be closed.
	req.GetBody = f.body
	req.ContentLength = int64(len(f.head)) + f.file.Size + int64(len(f.tail))
	req.Header.Set("Content-Type", f.contentType)
	return req, nil
}

func (f *MultipartForm) body() (io.ReadCloser, error) {
	file, err := f.file.Open()
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(f.head), file, bytes.NewReader(f.tail)), file}, nil
}

// asciiName returns a file name that every server can read. Characters other than ASCII
// letters, digits, "-", "_" and "." become "_".
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
