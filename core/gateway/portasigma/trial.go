package portasigma

import (
	"context"
	"io"
	"net/http"

	"countersign/core/gateway"
	"countersign/core/request"
)

var _ gateway.Trier = (*PortaSigma)(nil)

// CanTry implements [gateway.Trier]. A trial needs the API, and a way to delete documents.
func (g *PortaSigma) CanTry() error {
	switch {
	case g.api == nil:
		return request.Errorf("try_no_api", "gateway %s has no API to try: set api_url and user", g.call.Gateway)
	case !g.deletes():
		return request.Errorf("try_no_delete", "gateway %s would keep the document of a trial: set delete_route, if documents can be deleted there", g.call.Gateway)
	}
	return nil
}

// Try implements [gateway.Trier]. It uploads the document and deletes it. It names no signer, since the
// gateway may write to signers.
func (g *PortaSigma) Try(ctx context.Context, spec gateway.VisitSpec) []gateway.CheckResult {
	ctx = context.WithoutCancel(ctx)
	g = g.forVisit()
	r := spec.Requests[0]
	d := r.Documents[0]
	id, err := g.createDocument(ctx, r, d, func() (io.ReadCloser, error) { return spec.OpenDocument(d) })
	if err != nil {
		return []gateway.CheckResult{gateway.TrialRefused(err)}
	}
	address := g.route("docs/"+placeholder+"/", id)
	ctx, cancel := context.WithTimeout(ctx, abandonTimeout)
	defer cancel()
	return []gateway.CheckResult{gateway.TrialCreated(id, address), gateway.TrialDeleted(id, g.deleteDocument(ctx, id), func() (int, error) {
		req, err := g.request(ctx, http.MethodGet, address, nil)
		if err != nil {
			return 0, err
		}
		resp, _, err := g.call.Do(req, uploading, false)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, nil
	})}
}
