package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"

	bolt "go.etcd.io/bbolt"

	"countersign/core/files"
	"countersign/core/register"
	"countersign/core/request"
)

// sendDocuments stores the documents that the events of changes name at the server, before anybody reads of them. A file that was altered is an error. With an
// event that happened before the desk says it, it is left out like one that is missing: nobody could say the event any more otherwise.
func (l *Ledger) sendDocuments(ctx context.Context, changes []Change, before bool) error {
	for _, c := range changes {
		for _, e := range c.Events {
			for _, digest := range documentsOf(e) {
				err := l.sendDocument(ctx, digest)
				if err != nil && !(errors.Is(err, ErrAltered) && (before || e.Brought != nil)) {
					return err
				}
			}
		}
	}
	return nil
}

func (l *Ledger) sendDocument(ctx context.Context, digest string) error {
	f, _, err := l.openDocument(ctx, digest, make([]byte, 64<<10))
	if errors.Is(err, ErrMissing) {
		return nil // it came from there
	} else if err != nil {
		return err
	}
	defer f.Close()
	stored, err := l.opts.Office.Server.PutDocument(ctx, f)
	if err == nil && stored.String() != digest {
		err = ErrAltered
	}
	return err
}

// fetchDocument stores a document here that the server has. It fails with ErrNotFound if the server does not have it.
func (l *Ledger) fetchDocument(ctx context.Context, digest string) error {
	hash, err := register.ParseHash(digest)
	if err != nil {
		return ErrMissing
	}
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(l.opts.Office.Server.Document(ctx, hash, to)) }()
	_, _, err = l.putDocument(ctx, from, maxFetched, digest)
	_ = from.Close() // ends the goroutine
	return err
}

// maxFetched is the largest document in bytes that is fetched from a server, which has none that is larger.
const maxFetched = 512 << 20

// forgottenDocument is a document whose content must not be kept any more.
type forgottenDocument struct {
	request request.ID // which had it
	digest  string
}

// noteForgotten notes the documents that an event of the office says are forgotten. It does nothing for other events.
func (t *taker) noteForgotten(event []byte) {
	var e struct {
		Kind      string `json:"kind"`
		Forgotten struct {
			Request   request.ID `json:"request"`
			Documents []string   `json:"documents"`
		} `json:"forgotten"`
	}
	if json.Unmarshal(event, &e) != nil || e.Kind != "forgotten" {
		return
	}
	for _, digest := range e.Forgotten.Documents {
		t.forgotten = append(t.forgotten, forgottenDocument{e.Forgotten.Request, digest})
	}
}

// forget removes documents, except for those that another request has, too. If tx is not committed, it is called again.
func (l *Ledger) forget(tx *bolt.Tx, documents []forgottenDocument) error {
	for _, d := range documents {
		if !isDigest(d.digest) {
			continue
		}
		numbers, err := numbersByFile(tx, d.digest)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(numbers, func(n number) bool { return idOf(tx, n) != d.request }) {
			continue
		}
		if err := files.Remove(l.DocumentPath(d.digest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return l.explain(err)
		}
	}
	return nil
}
