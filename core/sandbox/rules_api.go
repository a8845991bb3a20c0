package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// rulesPath is where the tests of clients read and set the rules. The overview has a form for them, which is posted to overviewRulesPath.
const (
	rulesPath         = "/practice/rules"
	overviewRulesPath = "/rules"
)

type rulesBody struct {
	Rules []string `json:"rules"`
}

func (g *gateway) readRules(w http.ResponseWriter, r *http.Request) {
	set, err := g.state.rules()
	if err != nil {
		g.writeFault(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, rulesBody{append([]string{}, set...)})
}

func (g *gateway) putRules(w http.ResponseWriter, r *http.Request) {
	var body rulesBody
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFormBytes))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&body)
	}
	if err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", "the request must be a JSON object with rules, a list of names")
		return
	}
	if err := CheckRules(body.Rules); err != nil {
		writeError(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	if err := g.state.setRules(body.Rules); err != nil {
		g.writeFault(w, r, err)
		return
	}
	g.readRules(w, r)
}

// ruleChoice is a rule in the form of the overview.
type ruleChoice struct {
	Name, Description string
	Gateway           string // the gateway that has it; "" if both have it
	Chosen            bool
}

// ruleChoices returns all rules with those that are set marked.
func ruleChoices(set ruleSet) []ruleChoice {
	var all []ruleChoice
	for _, r := range allRules {
		c := ruleChoice{Name: r.name, Description: r.description, Chosen: set.has(r.name)}
		switch {
		case !r.portaSigma:
			c.Gateway = "TRIDENT"
		case !r.trident:
			c.Gateway = "PortaSigma"
		}
		all = append(all, c)
	}
	return all
}

// submitRules sets the rules that were chosen in the form of the overview.
func (g *gateway) submitRules(w http.ResponseWriter, r *http.Request) {
	if !g.parsePost(w, r, overviewName) {
		return
	}
	v, err := g.recognize(r, overviewCookie, overviewName)
	if err != nil {
		g.showFault(w, r, overviewName, err)
		return
	}
	if v.cookie == "" || !v.sentForm(r, overviewRulesPath) {
		g.showStaleForm(w, r, overviewName)
		return
	}
	chosen := r.PostForm["rule"]
	if err := CheckRules(chosen); err != nil {
		g.showMessage(w, r, http.StatusUnprocessableEntity, overviewName, "This rule does not exist", "Go back and choose from the list.")
		return
	}
	if err := g.state.setRules(chosen); err != nil {
		g.showFault(w, r, overviewName, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
