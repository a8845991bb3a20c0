package detail

import (
	"context"
	"image"
	"slices"

	"countersign/core/proof"
	"countersign/core/request"
	"countersign/ui/async"
)

// previews reads the signatures and first pages of the documents of one request, one after the other in the
// background. Results for a request that is no longer shown are dropped. Signatures are cached across requests,
// because the content of a file is fixed by its digest; pictures are cached only while their request is shown. It
// is used on the drawing goroutine.
type previews struct {
	bg         *async.Worker
	signatures func(ctx context.Context, digest string) ([]proof.Signature, error)
	firstPage  func(ctx context.Context, digest string, width int) (image.Image, int, error) // nil means no pictures
	changed    func()                                                                        // called after each read

	request request.ID
	infos   map[string]*documentInfo // by digest
	waiting []load
	reading *load
	latest  async.Latest
}

// documentInfo is what has been read of a file.
type documentInfo struct {
	signatures      []proof.Signature
	signaturesRead  bool  // signatures is complete
	signaturesError error // why the signatures could not be read

	page      image.Image
	pages     int
	pageError error // why the first page could not be drawn
}

// load is one read: the signatures of a file if width is zero, or else its first page in that width in pixels.
type load struct {
	digest string
	width  int
}

// maxInfos is the number of cached files from which on [previews.forget] drops the signatures, too.
const maxInfos = 2000

// info returns what has been read of a file; it never returns nil.
func (p *previews) info(digest string) *documentInfo {
	if f := p.infos[digest]; f != nil {
		return f
	}
	return &documentInfo{}
}

// load starts the reads for a request that are not done yet, in the order of loads. It replaces the reads that
// have not started.
func (p *previews) load(of request.ID, loads []load) {
	if of != p.request {
		p.request, p.reading = of, nil
		p.latest.Drop()
		p.forget()
	}
	p.waiting = slices.DeleteFunc(slices.Clone(loads), func(w load) bool { return p.has(w) || p.reading != nil && *p.reading == w })
	if p.reading == nil {
		p.next()
	}
}

// has reports whether a read was done, with or without success.
func (p *previews) has(w load) bool {
	f := p.info(w.digest)
	if w.width > 0 {
		return p.firstPage == nil || f.page != nil || f.pageError != nil
	}
	return f.signaturesRead || f.signaturesError != nil
}

// forget drops the pictures and errors, and keeps the signatures. When maxInfos or more files are cached, it drops
// everything.
func (p *previews) forget() {
	kept := map[string]*documentInfo{}
	if len(p.infos) < maxInfos {
		for digest, f := range p.infos {
			if f.signaturesRead {
				kept[digest] = &documentInfo{signatures: f.signatures, signaturesRead: true}
			}
		}
	}
	p.infos = kept
}

// next starts the next read.
func (p *previews) next() {
	p.reading = nil
	p.waiting = slices.DeleteFunc(p.waiting, p.has) // one file may belong to two documents
	if len(p.waiting) == 0 {
		return
	}
	w := p.waiting[0]
	p.waiting, p.reading = p.waiting[1:], &w
	async.CallLatest(p.bg, &p.latest, func(ctx context.Context) (documentInfo, error) { return p.read(ctx, w) }, func(read documentInfo, _ error) {
		f := p.info(w.digest)
		p.infos[w.digest] = f
		if w.width > 0 {
			f.page, f.pages, f.pageError = read.page, read.pages, read.pageError
		} else {
			f.signatures, f.signaturesRead, f.signaturesError = read.signatures, read.signaturesRead, read.signaturesError
		}
		p.next()
		p.changed()
	})
}

// read performs a read on a background goroutine. An error is stored in the result, so err is always nil.
func (p *previews) read(ctx context.Context, w load) (read documentInfo, err error) {
	if w.width > 0 {
		read.page, read.pages, err = p.firstPage(ctx, w.digest, w.width)
		if err != nil {
			read.page, read.pageError = nil, err
		}
		return read, nil
	}
	read.signatures, read.signaturesError = p.signatures(ctx, w.digest)
	read.signaturesRead = read.signaturesError == nil
	return read, nil
}
