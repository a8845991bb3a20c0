package detail

import (
	"context"
	"image"
	"slices"

	"countersign/core/proof"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// previews reads what the window shows of the files of the chosen request: the signatures in
// them and their first pages. It reads one thing after the other in the background, and drops
// what comes for a request that is not chosen any more. Signatures are kept, since a file of a
// digest always carries the same; pictures are kept while their request is chosen.
type previews struct {
	bg         *async.Worker
	signatures func(ctx context.Context, digest string) ([]proof.Signature, error)
	page       func(ctx context.Context, digest string, width int) (image.Image, int, error) // nil: no pictures
	changed    func()                                                                        // something was read

	of      request.ID
	found   map[string]*documentInfo // by digest
	waiting []load
	reading *load
	latest  async.Latest
}

// documentInfo is what is known of a file so far.
type documentInfo struct {
	signatures []proof.Signature
	read       bool   // the signatures were
	unreadable string // why they could not be

	page   image.Image
	pages  int
	unseen string // why there is no picture
}

// load is something to be read: the signatures of a file or, with a width in pixels, its first page.
type load struct {
	digest string
	width  int
}

// maxKept bounds the files whose signatures are kept.
const maxKept = 2000

// info gives what is known of a file.
func (p *previews) info(digest string) *documentInfo {
	if f := p.found[digest]; f != nil {
		return f
	}
	return &documentInfo{}
}

// load reads what is not known yet of the files of a request, in the order of the wishes.
func (p *previews) load(of request.ID, wishes []load) {
	if of != p.of {
		p.of, p.reading = of, nil
		p.latest.Drop()
		p.forget()
	}
	p.waiting = slices.DeleteFunc(slices.Clone(wishes), func(w load) bool { return p.has(w) || p.reading != nil && *p.reading == w })
	if p.reading == nil {
		p.next()
	}
}

func (p *previews) has(w load) bool {
	f := p.info(w.digest)
	if w.width > 0 {
		return p.page == nil || f.page != nil || f.unseen != ""
	}
	return f.read || f.unreadable != ""
}

// forget leaves what may be of use for another request.
func (p *previews) forget() {
	kept := map[string]*documentInfo{}
	if len(p.found) < maxKept {
		for digest, f := range p.found {
			if f.read {
				kept[digest] = &documentInfo{signatures: f.signatures, read: true}
			}
		}
	}
	p.found = kept
}

func (p *previews) next() {
	p.reading = nil
	p.waiting = slices.DeleteFunc(p.waiting, p.has) // one file may stand for two documents
	if len(p.waiting) == 0 {
		return
	}
	w := p.waiting[0]
	p.waiting, p.reading = p.waiting[1:], &w
	async.CallLatest(p.bg, &p.latest, func(ctx context.Context) (documentInfo, error) { return p.read(ctx, w) }, func(read documentInfo, _ error) {
		f := p.info(w.digest)
		p.found[w.digest] = f
		if w.width > 0 {
			f.page, f.pages, f.unseen = read.page, read.pages, read.unseen
		} else {
			f.signatures, f.read, f.unreadable = read.signatures, read.read, read.unreadable
		}
		p.next()
		p.changed()
	})
}

// read runs in the background.
func (p *previews) read(ctx context.Context, w load) (read documentInfo, err error) {
	if w.width > 0 {
		read.page, read.pages, err = p.page(ctx, w.digest, w.width)
		if err != nil {
			read.page, read.unseen = nil, err.Error()
		}
		return read, nil
	}
	read.signatures, err = p.signatures(ctx, w.digest)
	read.read = err == nil
	if err != nil {
		read.unreadable = kit.Sentence(err.Error())
	}
	return read, nil
}
