package ui

import (
	"context"
	"image"
	"slices"

	"countersign/core/desk"
	"countersign/core/request"
	"countersign/ui/async"
	"countersign/ui/kit"
)

// papers reads what the window shows of the files of the chosen request: the signatures in
// them and their first pages. It reads one thing after the other in the background, and drops
// what comes for a request that is not chosen any more. Signatures are kept, since a file of a
// digest always carries the same; pictures are kept while their request is chosen.
type papers struct {
	bg         *async.Worker
	signatures func(ctx context.Context, digest string) ([]desk.Facts, error)
	page       func(ctx context.Context, digest string, width int) (image.Image, int, error) // nil: no pictures
	changed    func()                                                                        // something was read

	of      request.ID
	found   map[string]*paper // by digest
	waiting []wish
	reading *wish
	lane    async.Latest
}

// paper is what is known of a file so far.
type paper struct {
	signatures []desk.Facts
	read       bool   // the signatures were
	unreadable string // why they could not be

	page   image.Image
	pages  int
	unseen string // why there is no picture
}

// wish is something to be read: the signatures of a file or, with a width in pixels, its first page.
type wish struct {
	digest string
	width  int
}

// maxPapers bounds the files whose signatures are kept.
const maxPapers = 2000

// know gives what is known of a file.
func (p *papers) know(digest string) *paper {
	if f := p.found[digest]; f != nil {
		return f
	}
	return &paper{}
}

// want reads what is not known yet of the files of a request, in the order of the wishes.
func (p *papers) want(of request.ID, wishes []wish) {
	if of != p.of {
		p.of, p.reading = of, nil
		p.lane.Drop()
		p.forget()
	}
	p.waiting = slices.DeleteFunc(slices.Clone(wishes), func(w wish) bool { return p.has(w) || p.reading != nil && *p.reading == w })
	if p.reading == nil {
		p.next()
	}
}

func (p *papers) has(w wish) bool {
	f := p.know(w.digest)
	if w.width > 0 {
		return p.page == nil || f.page != nil || f.unseen != ""
	}
	return f.read || f.unreadable != ""
}

// forget leaves what may be of use for another request.
func (p *papers) forget() {
	kept := map[string]*paper{}
	if len(p.found) < maxPapers {
		for digest, f := range p.found {
			if f.read {
				kept[digest] = &paper{signatures: f.signatures, read: true}
			}
		}
	}
	p.found = kept
}

func (p *papers) next() {
	p.reading = nil
	p.waiting = slices.DeleteFunc(p.waiting, p.has) // one file may stand for two documents
	if len(p.waiting) == 0 {
		return
	}
	w := p.waiting[0]
	p.waiting, p.reading = p.waiting[1:], &w
	async.CallLatest(p.bg, &p.lane, func(ctx context.Context) (paper, error) { return p.read(ctx, w) }, func(read paper, _ error) {
		f := p.know(w.digest)
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
func (p *papers) read(ctx context.Context, w wish) (read paper, err error) {
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
