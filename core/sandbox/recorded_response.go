package sandbox

import (
	"bytes"
	"maps"
	"net/http"
)

// recordedResponse is an [http.ResponseWriter] that keeps the response of a handler, to be sent later or changed.
type recordedResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// record calls handler with r and returns its response, whose status is 200 if handler sets none.
func record(handler http.Handler, r *http.Request) *recordedResponse {
	a := &recordedResponse{header: http.Header{}}
	handler.ServeHTTP(a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}

func (a *recordedResponse) Header() http.Header { return a.header }

func (a *recordedResponse) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *recordedResponse) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// succeeded reports whether the status means that the request was carried out. PortaSigma answers
// 303 when something was created.
func (a *recordedResponse) succeeded() bool {
	return a.status >= 200 && a.status < 300 || a.status == http.StatusSeeOther
}

// sendHeader sends the status and the header without Content-Length, because the body may have changed.
func (a *recordedResponse) sendHeader(w http.ResponseWriter) {
	a.header.Del("Content-Length")
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
}

func (a *recordedResponse) send(w http.ResponseWriter) {
	a.sendHeader(w)
	_, _ = w.Write(a.body.Bytes()) // the client may have disconnected
}
