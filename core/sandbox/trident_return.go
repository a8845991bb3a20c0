package sandbox

import (
	"net/http"
	"net/url"
)

const tridentName = "TRIDENT eSignSP"

// uiAddress is the browser task of a process.
func uiAddress(id string) string { return tridentUI + "?signerProcessId=" + url.QueryEscape(id) }

func (g *gateway) showNoSuchProcess(w http.ResponseWriter, r *http.Request, gatewayName string) {
	g.showMessage(w, r, http.StatusNotFound, gatewayName, "There is no such signing",
		"Its address is wrong, or the application has deleted it. You can close this page.")
}

// redirectToStep takes the browser to where the process stands: back to the application when it is over.
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

// processReturn is where the browser goes when p is over, "" for nowhere: a misbehavior may change it. It counts
// only when the browser really leaves.
func (g *gateway) processReturn(p process, leaves bool) (address string, err error) {
	strike := g.takeMisbehavior
	if !leaves {
		strike = g.peekMisbehavior
	}
	m, struck, err := strike(callReturn, callsAtTrident, p.ID)
	status := p.Result.Status
	switch {
	case err != nil || struck && m.How == lostReturn:
		return "", err
	case struck && m.How == unknownStatus:
		status = postponed
	case struck && status == finished: // lying-return
		status = canceled
	case struck:
		status = finished
	}
	return processReturn(p, status), nil
}

// processReturn is where the signer's browser goes when p is over: the callback address with its own query
// kept, and the two parameters of the vendor page "Execute a document signature process" behind it.
func processReturn(p process, status string) string {
	return addQuery(p.Callback, url.Values{"status": {status}, "signer_process_id": {p.ID}})
}
