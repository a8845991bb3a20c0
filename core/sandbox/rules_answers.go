package sandbox

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// withRules returns a handler that calls next, and sends its response in the form that the rules demand.
func (g *gateway) withRules(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		set, err := g.state.rules()
		switch {
		case err != nil:
			g.writeFault(w, r, err)
		case set.has(needsAccept) && isPortaSigma(r) && strings.TrimSpace(strings.ReplaceAll(r.Header.Get("Accept"), "*/*", "")) == "":
			writeError(w, http.StatusNotAcceptable, "not_acceptable", "Accept: this installation requires the header, with application/json or application/xhtml+xml")
		case set.has(locationOnly) || set.has(relativeLocation) || set.has(otherErrors):
			a := record(next, r)
			set.change(a, isPortaSigma(r))
			a.send(w)
		default:
			next(w, r)
		}
	}
}

// change puts a response into the form that the rules demand.
func (s ruleSet) change(a *recordedResponse, portaSigma bool) {
	if s.has(locationOnly) && a.status == http.StatusCreated {
		a.body.Reset()
		a.header.Del("Content-Type")
	}
	if location, err := url.Parse(a.header.Get("Location")); err == nil && location.Path != "" && s.has(relativeLocation) {
		a.header.Set("Location", location.EscapedPath())
	}
	if s.has(otherErrors) && a.status >= 400 {
		a.changeError(portaSigma)
	}
}

// errorPage is an error of PortaSigma as XHTML, which its API has beside JSON ("Integration API").
var errorPage = template.Must(template.New("").Parse(`<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Error {{.Status}}</title><style>p { color: red }</style></head>
<body><p class="code">{{.Code}}</p><p class="description">{{.Description}}</p></body></html>
`))

// changeError puts an error into another form: XHTML for PortaSigma, and a list of errors as JSON for TRIDENT, whose reference does not
// name the members of an error.
func (a *recordedResponse) changeError(portaSigma bool) {
	var plain struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(a.body.Bytes(), &plain) != nil || plain.Code == "" {
		return
	}
	a.body.Reset()
	if portaSigma {
		a.header.Set("Content-Type", "application/xhtml+xml; charset=utf-8")
		a.body.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n") // a template would escape it
		_ = errorPage.Execute(a, struct {                                   // a buffer takes all
			Status            int
			Code, Description string
		}{a.status, plain.Code, plain.Description})
		return
	}
	type fault struct {
		Reference string `json:"reference"`
		Text      string `json:"text"`
	}
	_ = json.NewEncoder(a).Encode(map[string]any{"status": a.status, "errors": []fault{{plain.Code, plain.Description}}})
}
