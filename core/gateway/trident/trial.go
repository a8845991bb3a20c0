package trident

import (
	"context"
	"net/http"

	"countersign/core/gateway"
	"countersign/core/request"
)

var _ gateway.Trier = (*Trident)(nil)

// CanTry implements [gateway.Trier].
func (t *Trident) CanTry() error { return nil }

// Try implements [gateway.Trier]. It creates a process and deletes it, with its document.
func (t *Trident) Try(ctx context.Context, spec gateway.VisitSpec) []gateway.CheckResult {
	ctx = context.WithoutCancel(ctx)
	p, err := t.Prepare(ctx, spec)
	if err != nil {
		return []gateway.CheckResult{gateway.TrialRefused(err)}
	}
	results := []gateway.CheckResult{gateway.TrialCreated(p.ProcessID, p.URL)}
	for _, note := range p.Notes {
		results = append(results, gateway.NewCheckResult(gateway.PartTrial, true, note, request.Sentence{}))
	}
	ctx, cancel := context.WithTimeout(ctx, abandonTimeout)
	defer cancel()
	err = t.Discard(ctx, request.Visit{ProcessID: p.ProcessID, RemoteIDs: p.RemoteIDs})
	return append(results, gateway.TrialDeleted(p.ProcessID, err, func() (int, error) {
		resp, _, err := t.do(ctx, http.MethodGet, t.processAddress(p.ProcessID, ""), creatingProcess)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, nil
	}))
}
