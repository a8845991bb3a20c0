package sandbox

import (
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign/core/sandbox/pades"
)

// This file is the integration API; see "Integration API, document upload",
// http://developers.isigma.es/portasigma/document-upload.html, and "RESTful conventions",
// http://developers.isigma.es/portasigma/conventions-rest.html. Every route ends in a slash. A request that creates something is answered
// with 303 and the address of what it created.

const maxText = 10 << 10 // bytes of a title, or of the comments

// createDoc creates a document from the multipart parts file (PDF), title and comments.
func (g *gateway) createDoc(w http.ResponseWriter, r *http.Request) {
	rules, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument+2*maxText+maxFormBytes)
	var d portaDoc
	var data []byte
	parts := rules.uploadParts()
	err = eachPart(r, func(part *multipart.Part) (err error) {
		var text []byte
		switch part.FormName() {
		case parts.file:
			d.File = displayName(part.FileName())
			data, err = readPart(part, maxDocument, errTooLarge)
		case parts.title:
			text, err = readPart(part, maxText, badRequest("the title is too long"))
			d.Title = strings.ToValidUTF8(string(text), "?")
		case parts.comments:
			text, err = readPart(part, maxText, badRequest("the comments are too long"))
			d.Comments = strings.ToValidUTF8(string(text), "?")
		default:
			err = rules.refuseUnknownPart(part)
		}
		return err
	})
	if err == nil && !pades.IsPDF(data) {
		err = badRequest(fmt.Sprintf("the part %q is missing or not a PDF", parts.file))
	}
	if err != nil {
		refuseUpload(w, err)
		return
	}
	if d.Title == "" {
		d.Title = d.File
	}
	id, err := g.state.addDoc(d, data)
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	seeOther(w, fmt.Sprintf("%s%s/docs/%d/", baseURL(r), PortaSigmaAPIPath, id))
}

// addSigner creates a signature request for the person in the form fields name, email, id-country and id-number. It ignores other fields
// unless a rule forbids them.
func (g *gateway) addSigner(w http.ResponseWriter, r *http.Request) {
	field, rules, ok := g.readFields(w, r, "name", "email", "id-country", "id-number")
	if !ok {
		return
	}
	p := person{
		Name: field("name"), Email: field("email"),
		Country: strings.ToUpper(field("id-country")), Number: strings.ToUpper(field("id-number")),
	}
	switch {
	case p.Name == "" || p.Email == "" || p.Number == "":
		writeError(w, http.StatusBadRequest, "invalid_request", "name, email and id-number are required")
		return
	case !isCountry(p.Country):
		writeError(w, http.StatusBadRequest, "invalid_request", "id-country must be a two-letter code")
		return
	case max(len(p.Name), len(p.Email), len(p.Number)) > 200:
		writeError(w, http.StatusBadRequest, "invalid_request", "a field is longer than 200 bytes")
		return
	}
	if err := rules.checkNumber(p); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	doc := r.PathValue("doc")
	_, _, found, err := g.state.doc(doc)
	var id int
	if err == nil && found {
		id, err = g.state.addSigner(doc, p)
	}
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	case id == 0:
		writeError(w, http.StatusConflict, "conflict", "the document is already signed or rejected")
	default:
		seeOther(w, fmt.Sprintf("%s%s/docs/%s/signers/%d/", baseURL(r), PortaSigmaAPIPath, doc, id))
	}
}

// addCopy adds a recipient of the signed document, from the form fields name and email.
func (g *gateway) addCopy(w http.ResponseWriter, r *http.Request) {
	field, rules, ok := g.readFields(w, r, "name", "email")
	if !ok {
		return
	}
	if rules.has(noCopies) {
		writeNotFound(w)
		return
	}
	c := copyRecipient{Name: field("name"), Email: field("email")}
	if c.Name == "" || c.Email == "" || max(len(c.Name), len(c.Email)) > 200 {
		writeError(w, http.StatusBadRequest, "invalid_request", "name and email are required, of at most 200 bytes each")
		return
	}
	doc := r.PathValue("doc")
	n, found, err := g.state.addCopy(doc, c)
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	case n == 0:
		writeError(w, http.StatusConflict, "conflict", "a document can have at most "+strconv.Itoa(maxCopies)+" copies")
	default:
		seeOther(w, fmt.Sprintf("%s%s/docs/%s/oncopy/%d/", baseURL(r), PortaSigmaAPIPath, doc, n))
	}
}

// readFields parses a posted form and returns a function that reads a field of it, and the rules that are set. known are the fields that
// the call has. When ok is false, it has already answered.
func (g *gateway) readFields(w http.ResponseWriter, r *http.Request, known ...string) (field func(name string) string, rules ruleSet, ok bool) {
	rules, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return nil, nil, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	err = r.ParseForm()
	if err != nil {
		err = badRequest("the form could not be read")
	} else {
		err = rules.checkFieldNames(r.PostForm, known...)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", err.Error())
		return nil, nil, false
	}
	return func(name string) string { return strings.ToValidUTF8(strings.TrimSpace(r.PostForm.Get(name)), "?") }, rules, true
}

func isCountry(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}

func seeOther(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

func (g *gateway) readDoc(w http.ResponseWriter, r *http.Request) {
	d, list, found, err := g.state.doc(r.PathValue("doc"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
		return
	case !found:
		writeNotFound(w)
		return
	}
	type signerBody struct {
		ID     int    `json:"id"`
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	bodies := []signerBody{}
	for _, s := range list {
		bodies = append(bodies, signerBody{s.ID, s.Person.Name, s.Status})
	}
	copies := []copyRecipient{}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": d.ID, "title": d.Title, "comments": d.Comments, "status": docStatus(list), "signers": bodies, "oncopy": append(copies, d.Copies...),
	})
}

const notSignedYet = "nobody has signed this document yet"

// readDocContent serves the document once at least one signer has signed it, and answers 404 before. It does not wait for the other
// signers. Which of two routes leads to it depends on a rule; at the other route there is nothing.
func (g *gateway) readDocContent(w http.ResponseWriter, r *http.Request) {
	rules, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/signed/") != rules.has(otherRoute) {
		writeNotFound(w)
		return
	}
	d, list, found, err := g.state.doc(r.PathValue("doc"))
	isSigned := slices.ContainsFunc(list, func(s portaSigner) bool { return s.Status == signed })
	var data []byte
	if err == nil && isSigned {
		data, err = g.state.content(d.ID)
	}
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	case !isSigned:
		writeError(w, http.StatusNotFound, "not_signed", notSignedYet)
	default:
		writePDF(w, r, "attachment", d.File, data)
	}
}

func (g *gateway) deleteDoc(w http.ResponseWriter, r *http.Request) {
	if rules, err := g.state.rules(); err != nil || rules.has(noDelete) {
		if err != nil {
			g.writeFault(w, r, err)
			return
		}
		writeError(w, http.StatusMethodNotAllowed, "not_allowed", "documents cannot be deleted at this installation")
		return
	}
	found, err := g.state.deleteDoc(r.PathValue("doc"))
	switch {
	case err != nil:
		g.writeFault(w, r, err)
	case !found:
		writeNotFound(w)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// readUser returns the service user, and answers 404 for any other name. Clients call it to check their credentials.
func (g *gateway) readUser(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("user") != g.credentials.User {
		writeNotFound(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"user": g.credentials.User})
}
