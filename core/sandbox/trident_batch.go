package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/core/sandbox/pades"
)

// createDocument creates a document for a later process from the multipart parts signers (a JSON array of signature definitions, optional)
// and document (PDF); see "Batch of PDF Signatures on the Server" (Safelayer).
func (g *gateway) createDocument(w http.ResponseWriter, r *http.Request) {
	rules, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument+maxProcessJSON+maxFormBytes)
	d := document{ID: randomID(), Batch: true, Created: g.options.Now()}
	var definitions, data []byte
	err = eachPart(r, func(part *multipart.Part) (err error) {
		switch part.FormName() {
		case "signers":
			if err := rules.checkPart(part, "application/json"); err != nil {
				return err
			}
			definitions, err = readPart(part, maxProcessJSON, badRequest("the signers part is too long"))
		case "document":
			if err := rules.checkPart(part, "application/pdf"); err != nil {
				return err
			}
			d.Name = displayName(part.FileName())
			data, err = readPart(part, maxDocument, errTooLarge)
		default:
			err = rules.refusePart(part)
		}
		return err
	})
	switch {
	case err != nil:
	case data == nil:
		err = badRequest("the document part is missing")
	case !pades.IsPDF(data):
		err = badRequest("the document is not a PDF")
	case definitions != nil:
		d.Signatures, err = readDefinitions(definitions, rules)
	}
	if err == nil {
		err = rules.checkFields(data, d.Signatures, "signers")
	}
	if err != nil {
		refuseUpload(w, err)
		return
	}
	if err := g.state.addDocument(d, data); err != nil {
		g.writeFault(w, r, err)
		return
	}
	body := describeDocuments(r, []document{d})[0]
	w.Header().Set("Location", body.URL)
	writeJSON(w, http.StatusCreated, body)
}

// readDefinitions parses the part signers: the signatures that the document is to get, in this order.
func readDefinitions(data []byte, rules ruleSet) ([]signatureSettings, error) {
	var definitions []signatureDefinition
	if json.Unmarshal(data, &definitions) != nil {
		return nil, badRequest("the signers part is not a JSON array of signature definitions")
	}
	if len(definitions) > maxDefinitions {
		return nil, badRequest(fmt.Sprintf("the signers part has more than %d signature definitions", maxDefinitions))
	}
	if err := rules.checkMembers(data, signatureMembers); err != nil {
		return nil, err
	}
	var all []signatureSettings
	for _, d := range definitions {
		if err := rules.checkDefinition(d, "signers"); err != nil {
			return nil, err
		}
		s, err := d.settings()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// createBatch creates a process for documents that createDocument created. The request lists them in its JSON body.
func (g *gateway) createBatch(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxProcessJSON))
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "request_too_large", "the process is too long")
		return
	}
	rules, err := g.state.rules()
	var p process
	if err == nil {
		p, err = readBatch(data, rules, g.servesHost)
	}
	var list []document
	if err == nil {
		p.ID, p.Task, p.Created = randomID(), randomID(), g.options.Now()
		list, err = g.state.addBatch(p, p.Created)
	}
	var wrong badRequest
	switch {
	case errors.As(err, &wrong):
		writeError(w, http.StatusBadRequest, "invalid_request", wrong.Error())
	case err != nil:
		g.writeFault(w, r, err)
	default:
		answerCreated(w, r, p, list)
	}
}

// readBatch parses the JSON body of a request for createBatch and returns the process without its own ids. Every error is a badRequest.
func readBatch(data []byte, rules ruleSet, servesHost func(string) bool) (process, error) {
	var request processRequest
	if json.Unmarshal(data, &request) != nil {
		return process{}, badRequest("the request is not valid JSON of a signature process")
	}
	if err := rules.checkMembers(data, processMembers()); err != nil {
		return process{}, err
	}
	p, err := request.process(rules)
	if err != nil {
		return process{}, err
	}
	switch n := len(request.Documents); {
	case n == 0:
		return process{}, badRequest("documents: a process without a document part must list existing documents")
	case n > maxBatch:
		return process{}, badRequest(fmt.Sprintf("documents: a process has at most %d documents", maxBatch))
	}
	for _, raw := range request.Documents {
		id, err := readReference(raw, servesHost)
		if err != nil {
			return process{}, err
		}
		if slices.Contains(p.Documents, id) {
			return process{}, badRequest("documents: " + id + " is listed twice")
		}
		p.Documents = append(p.Documents, id)
	}
	return p, nil
}

// readReference parses an element of documents and returns the document's id. The vendor's pages do
// not define its form, so all plausible ones are accepted: an object with id or url, or either as a
// string. servesHost reports whether the host of an address is this gateway. Every error is a
// badRequest.
func readReference(raw json.RawMessage, servesHost func(string) bool) (id string, err error) {
	const wrong = badRequest("documents: each must be an object with id or url, an id, or the address of a document at this gateway")
	var object struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}
	var text string
	switch {
	case json.Unmarshal(raw, &text) == nil && strings.Contains(text, "/"):
		object.URL = text
	case json.Unmarshal(raw, &text) == nil:
		object.ID = text
	case json.Unmarshal(raw, &object) != nil:
		return "", wrong
	}
	if object.URL == "" {
		if object.ID == "" || len(object.ID) > 100 {
			return "", wrong
		}
		return object.ID, nil
	}
	u, err := url.Parse(object.URL)
	if err != nil || u.Host != "" && !servesHost(u.Host) {
		return "", badRequest("documents: an address is not one of this gateway")
	}
	id, ours := strings.CutPrefix(u.Path, tridentAPI+"/documents/")
	if !ours || id == "" || len(id) > 100 || strings.Contains(id, "/") {
		return "", wrong
	}
	if object.ID != "" && object.ID != id {
		return "", badRequest("documents: the id and the url of an element name different documents")
	}
	return id, nil
}
