package sandbox

import (
	"net/http"
	"net/url"
)

const tridentName = "TRIDENT eSignSP"

// uiAddress returns the path of the signing service's page for a process.
func uiAddress(id string) string { return tridentUI + "?signerProcessId=" + url.QueryEscape(id) }

func (g *gateway) showNoSuchProcess(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.showMessage(w, r, http.StatusNotFound, gatewayName, "This signing does not exist",
		"The address is wrong, or the application has deleted the signing. You can close this page.")
}

// redirectToStep redirects the browser to the page of the process, or, when the process has ended, to the application.
func (g *gateway) redirectToStep(w http.ResponseWriter, r *http.Request, id string) {
	p, _, found, err := g.state.process(id)
	var address string
	if err == nil && found && p.Result.Status != "" {
		address, err = g.processReturn(p, true)
	}
	switch {
	case err != nil:
		g.showFault(w, r, tridentName, err)
	case !found || p.Result.Status == "":
		http.Redirect(w, r, uiAddress(id), http.StatusSeeOther)
	case address == "":
		g.showNotSentBack(w, r, tridentName)
	default:
		http.Redirect(w, r, address, http.StatusSeeOther)
	}
}

// processReturn returns the address to which the browser returns from p, which has ended. A misbehavior may change the address; it is ""
// when the misbehavior keeps the browser from returning. leaves says that the browser leaves now: only then the misbehavior is counted.
func (g *gateway) processReturn(p process, leaves bool) (address string, err error) {
	find := g.takeMisbehavior
	if !leaves {
		find = g.peekMisbehavior
	}
	m, misbehaves, err := find(callReturn, callsAtTrident, p.ID)
	status := p.Result.Status
	switch {
	case err != nil || misbehaves && m.How == lostReturn:
		return "", err
	case misbehaves && m.How == unknownStatus:
		status = postponed
	case misbehaves && status == finished: // lyingReturn
		status = canceled
	case misbehaves:
		status = finished
	}
	return callbackAddress(p, status), nil
}

// callbackAddress returns the callback address of p with the parameters status and signer_process_id appended to its query; see "Execute a
// document signature process" (Safelayer).
func callbackAddress(p process, status string) string {
	return addQuery(p.Callback, url.Values{"status": {status}, "signer_process_id": {p.ID}})
}
