package sandbox

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
)

// errTooLarge is returned when a document is larger than maxDocument.
var errTooLarge = fmt.Errorf("the document is larger than %d MB", maxDocument>>20)

// badRequest is the error for a request with wrong content. Its text says to the client's developer what is wrong.
type badRequest string

func (b badRequest) Error() string { return string(b) }

// refuseUpload answers a request whose parts could not be read or are wrong, as err says: 413 when
// the document or the whole body is too large, 400 for any other error.
func refuseUpload(w http.ResponseWriter, err error) {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) || errors.Is(err, errTooLarge) {
		writeError(w, http.StatusRequestEntityTooLarge, "request_too_large", errTooLarge.Error())
		return
	}
	writeError(w, http.StatusBadRequest, "invalid_request", err.Error())
}

// eachPart calls handle for each part of a multipart request (RFC 7578). It stops at the first
// error of the function handle, which it returns.
func eachPart(r *http.Request, handle func(*multipart.Part) error) error {
	reader, err := r.MultipartReader()
	if err != nil {
		return badRequest("the request is not multipart/form-data")
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the request could not be read: %w", err)
		}
		if err := handle(part); err != nil {
			return err
		}
	}
}

// refusePart returns a badRequest if the rules forbid unknown parts. part is one that is unknown.
func (s ruleSet) refusePart(part *multipart.Part) error {
	if !s.has(knownMembers) {
		return nil
	}
	return badRequest(fmt.Sprintf("%q: the part is unknown", part.FormName()))
}

// readPart returns the content of a part. If that is longer than limit bytes, the error is tooLong.
func readPart(part *multipart.Part, limit int64, tooLong error) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return nil, fmt.Errorf("the request could not be read: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, tooLong
	}
	return data, nil
}

// displayName returns the file name that a client sent in a form that can be shown. It is never used as a path.
func displayName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "?"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, name)
	if name == "" || name == "." || name == ".." || name == "/" {
		return "document.pdf"
	}
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[:200])
	}
	return name
}

// maxProcessJSON is the largest size in bytes of the JSON of a process. Clients put images into it, for the appearance of the signature.
const maxProcessJSON = 8 << 20
