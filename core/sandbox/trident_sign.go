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

// signProcess does what the second trip authorized. Where the process has changed meanwhile, in another tab, nothing
// is done: the signer comes to the page where it stands now.
func (g *gateway) signProcess(authorized grant) error {
	g.signing.Lock()
	defer g.signing.Unlock()
	p, list, found, err := g.state.process(authorized.Process)
	if err != nil || !found || p.Result.Status != "" || p.Identity != authorized.Identity || p.needsReading() {
		return err
	}
	result, outcomes, err := g.signDocuments(p, list, authorized)
	if err != nil {
		return err
	}
	return g.state.endProcess(p.ID, result, outcomes)
}

// signDocuments signs every document of p. An error is the gateway's; a document that cannot be signed has
// its own verdict, and the process's follows from them all.
func (g *gateway) signDocuments(p process, list []document, authorized grant) (processResult, []documentResult, error) {
	now := g.options.Now()
	signer, err := g.authority.Issue(authorized.Person.subject(), now)
	if err != nil {
		return processResult{}, nil, err
	}
	var outcomes []documentResult
	var lost []string
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
			lost = append(lost, err.Error())
			outcomes = append(outcomes, documentResult{Document: d.ID, Result: processResult{failed, err.Error()}})
			continue
		}
		outcomes = append(outcomes, documentResult{Document: d.ID, Result: processResult{Status: finished}, Signed: data})
	}
	switch {
	case len(list) == 0:
		return processResult{failed, "the document was deleted before it was signed"}, nil, nil
	case len(lost) == 0:
		return processResult{Status: finished}, outcomes, nil
	case len(lost) < len(list):
		return processResult{failedDocuments, fmt.Sprintf("%d of %d documents were not signed: %s", len(lost), len(list), lost[0])}, outcomes, nil
	default:
		return processResult{failed, lost[0]}, outcomes, nil
	}
}

func allFailed(list []document, why string) []documentResult {
	var all []documentResult
	for _, d := range list {
		all = append(all, documentResult{Document: d.ID, Result: processResult{failed, why}})
	}
	return all
}
