package office

import (
	"context"

	"countersign/core/request"
	"countersign/core/team"
)

// documentsGone is the content of forgotten.
type documentsGone struct {
	Request   request.ID `json:"request"`
	Documents []string   `json:"documents"` // their SHA-256 in hex
}

// Forget deletes the content of all files of a request at the server, and at every desk when it next catches up. Their digests stay in the register,
// and so does all that the events say. It fails with [team.ErrRefused] unless the login has the rights of the database's owner, or
// if another request has one of the files, too.
func (l *Link) Forget(ctx context.Context, r request.Request) error {
	gone := &documentsGone{Request: r.ID}
	for _, f := range r.Files() {
		gone.Documents = append(gone.Documents, f.SHA256)
	}
	if len(gone.Documents) == 0 {
		return request.Errorf("forget_nothing", "%s has no files", r.Title)
	}
	return l.call(ctx, callTime, func(ctx context.Context, o *team.Office) error {
		return untilFirst(ctx, func() error {
			return appendForOffice(ctx, o, officeEvent{At: l.now(), Kind: "forgotten", Forgotten: gone})
		})
	})
}
