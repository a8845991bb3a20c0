package sandbox

import (
	"bytes"
	"maps"
	"net/http"
)

// recorded is an answer that was given to nobody yet.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// record has handler answer r.
func record(handler http.Handler, r *http.Request) *recorded {
	a := &recorded{header: http.Header{}}
	handler.ServeHTTP(a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a
}

func (a *recorded) Header() http.Header { return a.header }

func (a *recorded) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *recorded) Write(data []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(data)
}

// wentWell reports whether the answer is a success: PortaSigma's is 303 where something was created.
func (a *recorded) wentWell() bool {
	return a.status >= 200 && a.status < 300 || a.status == http.StatusSeeOther
}

// sendHeader sends status and headers, without a length of the body, which may have changed.
func (a *recorded) sendHeader(w http.ResponseWriter) {
	a.header.Del("Content-Length")
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
}

func (a *recorded) send(w http.ResponseWriter) {
	a.sendHeader(w)
	_, _ = w.Write(a.body.Bytes()) // the client may be gone
}
