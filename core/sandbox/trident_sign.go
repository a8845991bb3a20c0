package sandbox

import (
	"errors"
	"fmt"
)

// Messages in the results of processes and documents that were not signed.
const (
	askedToFail    = "the practice gateway was asked to fail"
	signerCanceled = "the signer canceled"
)

var errAskedToFail = errors.New(askedToFail)

// signProcess signs the documents of a process as authorized, and ends the process. It does nothing when the process has changed since the
// authorization, in another tab.
func (g *gateway) signProcess(authorized grant) error {
	g.signing.Lock()
	defer g.signing.Unlock()
	p, list, found, err := g.state.process(authorized.Process)
	if err != nil || !found || p.Result.Status != "" || p.Identity != authorized.Identity || p.needsReading() {
		return err
	}
	result, results, err := g.signDocuments(p, list, authorized)
	if err != nil {
		return err
	}
	return g.state.endProcess(p.ID, result, results)
}

// signDocuments signs all documents of p. When one cannot be signed, its result says why, and so does the result of p. An error is a fault
// of the gateway.
func (g *gateway) signDocuments(p process, list []document, authorized grant) (processResult, []documentResult, error) {
	now := g.options.Now()
	signer, err := g.authority.Issue(authorized.Person.subject(), now)
	if err != nil {
		return processResult{}, nil, err
	}
	var results []documentResult
	var failures []string
	for i, d := range list {
		data, err := g.state.content(d.ID)
		if err != nil {
			return processResult{}, nil, err
		}
		settings := d.Signatures
		if len(settings) == 0 {
			settings = []signatureSettings{p.Signature}
		}
		if (authorized.FailSome || p.FailSome) && i > 0 {
			err = errAskedToFail
		}
		for _, s := range settings {
			if err == nil {
				data, err = signer.Sign(data, s.signature(now, authorized.Person))
			}
		}
		if err != nil {
			failures = append(failures, err.Error())
			results = append(results, documentResult{Document: d.ID, Result: processResult{failed, err.Error()}})
			continue
		}
		results = append(results, documentResult{Document: d.ID, Result: processResult{Status: finished}, Signed: data})
	}
	switch {
	case len(list) == 0:
		return processResult{failed, "the document was deleted before it was signed"}, nil, nil
	case len(failures) == 0:
		return processResult{Status: finished}, results, nil
	case len(failures) < len(list):
		return processResult{failedDocuments, fmt.Sprintf("documents that were not signed: %d of %d: %s", len(failures), len(list), failures[0])}, results, nil
	default:
		return processResult{failed, failures[0]}, results, nil
	}
}

func allFailed(list []document, why string) []documentResult {
	var all []documentResult
	for _, d := range list {
		all = append(all, documentResult{Document: d.ID, Result: processResult{failed, why}})
	}
	return all
}
