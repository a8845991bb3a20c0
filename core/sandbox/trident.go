package sandbox

import (
	"bytes"
	"mime"
	"net/http"
	"time"
)

// processBody is a process as JSON in a response; see "Document Signature Process" (Safelayer).
type processBody struct {
	ID        string                  `json:"id"`
	Self      string                  `json:"self"`
	Type      string                  `json:"process_type"`
	Tasks     *tasksBody              `json:"tasks,omitempty"`               // until there is a result
	Signing   *signingInformationBody `json:"signing_information,omitempty"` // once an identity is chosen
	Result    *resultBody             `json:"result,omitempty"`              // once it has ended
	Documents []documentBody          `json:"documents"`
}

type tasksBody struct {
	Pending []taskBody `json:"pending"`
}

type taskBody struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	URL  string `json:"url"`
}

type signingInformationBody struct {
	Labels   [][]string `json:"labels,omitempty"`
	Identity struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	} `json:"sign_identity"`
}

type documentBody struct {
	ID      string      `json:"id"`
	URL     string      `json:"url"`
	Content string      `json:"content"`
	Name    string      `json:"name,omitempty"` // only of a document of a batch
	Result  *resultBody `json:"result,omitempty"`
}

type resultBody struct {
	Status  string       `json:"status"`
	Details *detailsBody `json:"details,omitempty"`
}

type detailsBody struct {
	Message string `json:"message"`
}

// describeProcess returns a process in the form of a response. The addresses in it begin with the one by which the client reached the
// gateway.
func describeProcess(r *http.Request, p process, list []document) processBody {
	api := baseURL(r) + tridentAPI
	body := processBody{
		ID:        p.ID,
		Self:      api + "/signer_processes/" + p.ID,
		Type:      p.Type,
		Result:    describeResult(p.Result),
		Documents: describeDocuments(r, list),
	}
	if p.Result.Status == "" {
		body.Tasks = &tasksBody{Pending: []taskBody{{
			Type: "UserBrowserTask",
			ID:   p.Task,
			URL:  baseURL(r) + tridentUI + "?signerProcessId=" + p.ID,
		}}}
	}
	if p.Identity != "" {
		body.Signing = &signingInformationBody{Labels: p.Labels}
		body.Signing.Identity.ID = p.Identity
		body.Signing.Identity.URL = baseURL(r) + TridentPath + "/trustedx-resources/esigp/v1/sign_identities/" + p.Identity
	}
	return body
}

func describeDocuments(r *http.Request, list []document) []documentBody {
	bodies := make([]documentBody, 0, len(list))
	for _, d := range list {
		address := baseURL(r) + tridentAPI + "/documents/" + d.ID
		body := documentBody{ID: d.ID, URL: address, Content: address + "/content", Result: describeResult(d.Result)}
		if d.Batch {
			body.Name = d.Name
		}
		bodies = append(bodies, body)
	}
	return bodies
}

func describeResult(v processResult) *resultBody {
	if v.Status == "" {
		return nil
	}
	body := &resultBody{Status: v.Status}
	if v.Message != "" {
		body.Details = &detailsBody{Message: v.Message}
	}
	return body
}

// Error descriptions for a process that does not exist, and for one that has no result yet.
const (
	noSuchProcess  = "this process does not exist, or it was deleted"
	notFinishedYet = "the process has not ended yet"
)

func writeNotFound(w http.ResponseWriter) {
	writeError(w, http.StatusNotFound, "not_found", "this does not exist, or it was deleted")
}

func (g *gateway) readProcess(w http.ResponseWriter, r *http.Request) {
	p, list, found, err := g.state.process(r.PathValue("id"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		writeJSON(w, http.StatusOK, describeProcess(r, p, list))
	}
}

// readResult answers 404 while the process has not ended, and 410 when it does not exist; see "Obtain the Result of a Document Signature
// Process" (Safelayer). It is the only operation where 404 means "not yet".
func (g *gateway) readResult(w http.ResponseWriter, r *http.Request) {
	p, _, found, err := g.state.process(r.PathValue("id"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeError(w, http.StatusGone, "gone", noSuchProcess)
	case p.Result.Status == "":
		writeError(w, http.StatusNotFound, "not_finished", notFinishedYet)
	default:
		writeJSON(w, http.StatusOK, describeResult(p.Result))
	}
}

func (g *gateway) readProcessDocuments(w http.ResponseWriter, r *http.Request) {
	_, list, found, err := g.state.process(r.PathValue("id"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		writeJSON(w, http.StatusOK, map[string]any{"documents": describeDocuments(r, list)})
	}
}

func (g *gateway) readDocument(w http.ResponseWriter, r *http.Request) {
	d, found, err := g.state.document(r.PathValue("id"), g.options.Now())
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		writeJSON(w, http.StatusOK, describeDocuments(r, []document{d})[0])
	}
}

// readContent serves a document before and after signing, as the vendor's operation does: 200 does not mean that it is signed.
func (g *gateway) readContent(w http.ResponseWriter, r *http.Request) {
	d, found, err := g.state.document(r.PathValue("id"), g.options.Now())
	var data []byte
	if err == nil && found {
		data, err = g.state.content(d.ID)
	}
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case data == nil:
		writeNotFound(w)
	default:
		writePDF(w, r, "attachment", d.Name, data)
	}
}

// writePDF serves a PDF. disposition is inline or attachment.
func writePDF(w http.ResponseWriter, r *http.Request, disposition, name string, data []byte) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func (g *gateway) deleteProcess(w http.ResponseWriter, r *http.Request) {
	g.answerDelete(w, r, g.state.deleteProcess)
}

func (g *gateway) deleteDocument(w http.ResponseWriter, r *http.Request) {
	g.answerDelete(w, r, g.state.deleteDocument)
}

func (g *gateway) answerDelete(w http.ResponseWriter, r *http.Request, remove func(id string) (bool, error)) {
	found, err := remove(r.PathValue("id"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
