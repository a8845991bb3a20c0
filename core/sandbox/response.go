package sandbox

import (
	"encoding/json"
	"net/http"
)

func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // the client may be gone
}

// writeError answers in the shape of RFC 6749, 5.2; the vendors document no other.
func writeError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// writeFault answers a fault of the gateway itself.
func (g *gateway) writeFault(w http.ResponseWriter, r *http.Request, err error) {
	g.logFault(r, err)
	writeError(w, http.StatusInternalServerError, "server_error", "the practice gateway could not do this; its log says why")
}
