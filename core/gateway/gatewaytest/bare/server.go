package bare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Server is the server of the made-up gateway. It holds one envelope, which is a file to be signed; a
// new one replaces it. It answers 400 if the setting days is no number. The zero value is ready to use.
type Server struct {
	mu     sync.Mutex
	state  string
	file   []byte
	signed []byte
	form   map[string]string // what came with the file, by name
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method + " " + r.URL.Path {
	case "POST /envelopes":
		s.state, s.form = "waiting", map[string]string{}
		for _, name := range []string{"back", "days", "sender"} {
			s.form[name] = r.FormValue(name)
		}
		f, _, err := r.FormFile("file")
		if err == nil {
			s.file, err = io.ReadAll(f)
		}
		if _, wrong := strconv.Atoi(s.form["days"]); err != nil || wrong != nil {
			err = errors.Join(err, wrong)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"e/1","sign":"http://%s/sign/1"}`, r.Host) // #nosec G705 -- JSON for a test, not HTML
	case "GET /envelopes/e/1":
		_ = json.NewEncoder(w).Encode(map[string]string{"state": s.state})
	case "GET /envelopes/e/1/pdf":
		_, _ = w.Write(s.signed)
	default:
		http.NotFound(w, r)
	}
}

// Envelope returns the file that was handed over, and what came with it: days, sender and back, which is
// the return address.
func (s *Server) Envelope() (file []byte, form map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file, s.form
}

// End ends the envelope, as a signer would on the gateway's page: it sets the envelope's state and its
// signed file.
func (s *Server) End(state string, signed []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.signed = state, signed
}
