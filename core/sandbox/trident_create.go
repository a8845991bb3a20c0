package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"countersign/core/sandbox/pades"
)

// processTypes are the values of process_type that clients send. The last one is an older alias.
var processTypes = []string{
	"urn:safelayer:eidas:processes:document:sign:esigp",
	"urn:safelayer:eidas:processes:document:sign",
	olderProcessType,
}

const olderProcessType = "urn:safelayer:eidas:processes:sign:esigp"

var (
	pdfPolicy      = "urn:safelayer:eidas:policies:sign:document:pdf"
	signatureTypes = []string{"", "pades-baseline", "pades-bes", "pades-epes", "pdf"}
)

// maxAgreement is the largest size in bytes of the agreement: HTML of the application that the signer sees before the document.
const maxAgreement = 256 << 10

// processRequest is the part named "process", in JSON, of the multipart request that creates a process, or the whole body of a request
// for createBatch; see "Create a document signature process" (Safelayer). The members timestamp and ui_locales are accepted and ignored:
// signatures get no timestamp, and the pages are in English. labels are stored and returned, and every practice identity matches them.
type processRequest struct {
	Type      string              `json:"process_type"`
	Labels    [][]string          `json:"labels"`
	Signer    signatureDefinition `json:"signer"`
	Documents []json.RawMessage   `json:"documents"` // of a batch
	// "Execute a document signature process" (Safelayer) has both spellings. Clients send the first.
	FinishCallback   string `json:"finish_callback_url"`
	FinishedCallback string `json:"finished_callback_url"`
	Views            struct {
		Agreement struct {
			Skip json.RawMessage `json:"skip_server_id"`
			Info struct {
				Body string `json:"html_body_content"`
			} `json:"document_info"`
		} `json:"document_agreement"`
	} `json:"views"`
}

// signatureDefinition describes a signature; see "Signature Definition" (Safelayer). All members are optional. Without any, the signature
// is invisible, in a field whose name no other field has.
type signatureDefinition struct {
	Policy     string            `json:"signature_policy_id"`
	Parameters signingParameters `json:"parameters"`
}

type signingParameters struct {
	Type     string `json:"type"`
	Reason   string `json:"reason"`
	Location string `json:"location"`
	Contact  string `json:"contact_info"`
	Field    *struct {
		Name     string `json:"name"`
		Location *struct {
			Page struct {
				Number json.RawMessage `json:"number"` // "2", 2 or "last"
			} `json:"page"`
			Rectangle struct {
				X, Y, Width, Height float64
			} `json:"rectangle"`
		} `json:"location"`
		Appearance *struct {
			SignatureDetails struct {
				Details []struct{ Type, Title string } `json:"details"`
			} `json:"signature_details"`
		} `json:"appearance"`
	} `json:"signature_field"`
}

// createProcess creates a process for one document, from the multipart parts process (JSON) and document (PDF). A request whose body is
// JSON creates a process for documents that already exist; see createBatch.
func (g *gateway) createProcess(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/json" {
		g.createBatch(w, r)
		return
	}
	rules, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument+maxProcessJSON+maxFormBytes)
	request, name, data, err := readProcessParts(r, rules)
	var p process
	if err == nil {
		p, err = request.process(rules)
	}
	if err == nil {
		err = rules.checkDefinition(request.Signer, "signer")
	}
	if err == nil && len(request.Documents) > 0 {
		err = badRequest("documents: a process with a document part cannot have other documents")
	}
	if err == nil {
		err = rules.checkFields(data, []signatureSettings{p.Signature}, "signer")
	}
	if err != nil {
		refuseUpload(w, err)
		return
	}
	p.ID, p.Task, p.Created = randomID(), randomID(), g.options.Now()
	d := document{ID: randomID(), Process: p.ID, Name: name}
	p.Documents = []string{d.ID}
	if err := g.state.addProcess(p, d, data); err != nil {
		g.writeFault(w, r, err)
		return
	}
	answerCreated(w, r, p, []document{d})
}

func answerCreated(w http.ResponseWriter, r *http.Request, p process, list []document) {
	body := describeProcess(r, p, list)
	w.Header().Set("Location", body.Self)
	writeJSON(w, http.StatusCreated, body)
}

// readProcessParts reads the parts named "process" and "document", and returns the process, the document's name for display, and its
// bytes. Clients send the part "process" with and without a content type, as a field and as a file; all are accepted.
func readProcessParts(r *http.Request, rules ruleSet) (request processRequest, name string, data []byte, err error) {
	var process []byte
	err = eachPart(r, func(part *multipart.Part) (err error) {
		switch part.FormName() {
		case "process":
			if err := rules.checkPart(part, "application/json"); err != nil {
				return err
			}
			process, err = readPart(part, maxProcessJSON, badRequest("the process part is too long"))
		case "document":
			if err := rules.checkPart(part, "application/pdf"); err != nil {
				return err
			}
			name = displayName(part.FileName())
			data, err = readPart(part, maxDocument, errTooLarge)
		default:
			err = rules.refusePart(part)
		}
		return err
	})
	switch {
	case err != nil:
	case process == nil:
		err = badRequest("the process part is missing")
	case data == nil:
		err = badRequest("the document part is missing")
	case !pades.IsPDF(data):
		err = badRequest("the document is not a PDF")
	default:
		if json.Unmarshal(process, &request) != nil {
			err = badRequest("the process part is not valid JSON of a signature process")
		} else {
			err = rules.checkMembers(process, processMembers())
		}
	}
	return request, name, data, err
}

// process validates the request and returns a process without ids. It checks the rules for all but the signature definition. Every error
// is a badRequest.
func (q processRequest) process(rules ruleSet) (process, error) {
	if err := rules.checkProcess(q); err != nil {
		return process{}, err
	}
	if q.Type == "" {
		q.Type = processTypes[0]
	}
	if !slices.Contains(processTypes, q.Type) {
		return process{}, badRequest("process_type is unknown: " + strconv.Quote(q.Type))
	}
	callback := q.FinishCallback
	if callback == "" {
		callback = q.FinishedCallback
	}
	if _, err := parseReturn(callback); err != nil {
		return process{}, badRequest("finish_callback_url: " + err.Error())
	}
	var skip string
	if raw := q.Views.Agreement.Skip; raw != nil {
		if json.Unmarshal(raw, &skip) != nil || skip != "true" && skip != "false" {
			return process{}, badRequest(`views.document_agreement.skip_server_id must be the string "true" or "false"`)
		}
	}
	agreement, err := base64.StdEncoding.DecodeString(q.Views.Agreement.Info.Body)
	if err != nil || len(agreement) > maxAgreement {
		return process{}, badRequest(fmt.Sprintf("views.document_agreement.document_info.html_body_content must be base64 of at most %d kB", maxAgreement>>10))
	}
	settings, err := q.Signer.settings()
	if err != nil {
		return process{}, err
	}
	return process{
		Type: q.Type, Labels: q.Labels, Callback: callback, SkipRead: skip == "true", Agreement: agreement, Signature: settings,
	}, nil
}

func (d signatureDefinition) settings() (signatureSettings, error) {
	p := d.Parameters
	s := signatureSettings{Reason: p.Reason, Location: p.Location, Contact: p.Contact}
	if d.Policy != "" && d.Policy != pdfPolicy {
		return s, badRequest("signature_policy_id must be " + pdfPolicy + ": this gateway makes PDF signatures only")
	}
	if !slices.Contains(signatureTypes, p.Type) {
		return s, badRequest("signer.parameters.type is unknown: " + strconv.Quote(p.Type))
	}
	for _, text := range []string{p.Reason, p.Location, p.Contact} {
		if len(text) > 1000 {
			return s, badRequest("a text in signer.parameters is longer than 1000 bytes")
		}
	}
	if p.Field == nil {
		return s, nil
	}
	s.Field = p.Field.Name
	if len(s.Field) > 200 || strings.Contains(s.Field, ".") { // a period separates the levels of a name (ISO 32000-1, 12.7.3.2)
		return s, badRequest("signer.parameters.signature_field.name must be at most 200 bytes without a period")
	}
	place := p.Field.Location
	if place == nil || place.Rectangle.Width == 0 && place.Rectangle.Height == 0 {
		return s, nil
	}
	page, err := pageNumber(place.Page.Number)
	if err != nil {
		return s, err
	}
	r := place.Rectangle
	const most = 14400 // the largest page, in points (ISO 32000-1, annex C.2)
	if r.Width < 1 || r.Height < 1 || max(r.Width, r.Height, r.X, r.Y) > most || min(r.X, r.Y) < -most {
		return s, badRequest("signer.parameters.signature_field.location.rectangle is not on a page")
	}
	s.Box = &pades.Box{Page: page, X: r.X, Y: r.Y, Width: r.Width, Height: r.Height}
	if a := p.Field.Appearance; a != nil {
		for _, d := range a.SignatureDetails.Details {
			s.Details = append(s.Details, signatureLine(d))
		}
	}
	if len(s.Details) > 20 {
		return s, badRequest("signer.parameters.signature_field.appearance has too many lines")
	}
	return s, nil
}

// pageNumber parses "2", 2 or "last". It returns 0 for the last page.
func pageNumber(raw json.RawMessage) (int, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "last" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badRequest(`signer.parameters.signature_field.location.page.number must be a page number or "last"`)
	}
	return n, nil
}
