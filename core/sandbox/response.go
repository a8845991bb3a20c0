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
	_, _ = w.Write(append(data, '\n')) // the client may have disconnected
}

// writeError writes an error response as in RFC 6749, 5.2. The vendors' pages define no form for the errors of their APIs.
func writeError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}

// writeFault logs err, a fault of the gateway itself, and answers with 500.
func (g *gateway) writeFault(w http.ResponseWriter, r *http.Request, err error) {
	g.logFault(r, err)
	writeError(w, http.StatusInternalServerError, "server_error", "the practice gateway has failed; its log says why")
}
