// Package record keeps the state of a request as few bytes that are fast to read.
//
// A ledger reads the states of many requests for each list, count and export. They are not stored as JSON, because most of the
// time would go into reading the names of members, and most of the bytes would be these names and hexadecimal digits. Nobody
// but the ledger reads a record, and it can be made again from the events of its request at any time.
//
// One function for each struct describes its fields for both directions. The tags in it are stored: a tag never gets another
// meaning or type without a new schema of the ledger. A new field gets a new tag at the end.
package record

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"countersign/core/request"
)

// ErrMalformed is wrapped by the errors of [Decode].
var ErrMalformed = errors.New("the stored state of the request cannot be read")

// headerSize is the size of what precedes the fields of the request: the length of all texts as a number of 16 bits,
// which lets them be read into one allocation. A larger length is written as the largest number.
const headerSize = 2

// Append appends the record of r to b. It leaves out the ID and whatever encoding/json leaves out.
func Append(b []byte, r request.Request) []byte {
	c := coder{ownID: r.ID, out: append(b, make([]byte, headerSize)...)}
	c.request(&r)
	binary.LittleEndian.PutUint16(c.out[len(b):], uint16(min(c.textSize, math.MaxUint16))) // #nosec G115 -- bounded
	return c.out
}

// Decode returns the request with that id from its record. The result is what encoding/json returns after a
// round trip of the request that was encoded, with all times in UTC. It shares no memory with b, but its texts share memory with
// each other. If b is no record, the error wraps [ErrMalformed].
func Decode(id request.ID, b []byte) (r request.Request, err error) {
	c := coder{reading: true, ownID: id}
	err = c.decode(&r, b, 0)
	return r, err
}

// Decoder decodes many records, as [Decode] does each. Its requests share memory with each other, which takes a fraction of the time, and
// keeps that memory for as long as one of them is in use; [Decoder.Reuse] uses it again. The zero value is ready.
type Decoder struct {
	// WithoutVisits leaves out [request.Request.Visit].
	WithoutVisits bool

	coder coder
	slabs slabs
}

// Decode sets r to the request with that id from its record. It shares no memory with id and b. After an error, r has no meaning.
func (d *Decoder) Decode(r *request.Request, id, b []byte) error {
	c := &d.coder
	*c = coder{reading: true, slabs: &d.slabs, withoutVisits: d.WithoutVisits, texts: c.texts}
	chunk := min(max(minChunk, 2*c.texts.Cap()), maxChunk)
	c.reserve(len(id), chunk)
	c.ownID = request.ID(c.keep(id))
	return c.decode(r, b, chunk)
}

// Reuse ends the use of all requests that were decoded, except for their texts: the memory of everything else in them is used again.
func (d *Decoder) Reuse() { d.slabs.reuse() }

// minChunk and maxChunk are how many bytes of texts a [Decoder] keeps together: first few, and then more each time.
const minChunk, maxChunk = 1 << 10, 32 << 10

// reserve makes room for n bytes of texts: in what is left of a chunk of memory, or else in a new one of at least that size.
func (c *coder) reserve(n, chunk int) {
	if n > c.texts.Cap()-c.texts.Len() {
		c.texts = strings.Builder{}
		c.texts.Grow(max(n, chunk))
	}
}

// decode reads a record. Its texts are kept as reserve says.
func (c *coder) decode(r *request.Request, b []byte, chunk int) error {
	c.in = b
	if size := c.take(headerSize); size != nil {
		// A packed text has at most three times its bytes in the record.
		c.reserve(min(int(binary.LittleEndian.Uint16(size)), 3*len(b)), chunk)
	}
	*r = request.Request{ID: c.ownID}
	c.request(r)
	if c.pos < len(c.in) {
		c.fail("it has bytes after its end")
	}
	if c.err != nil {
		*r = request.Request{}
	}
	return c.err
}

func (c *coder) request(r *request.Request) {
	c.begin()
	c.moment(1, &r.CreatedAt)
	c.moment(2, &r.UpdatedAt)
	optional(c, 3, &r.LaunchedAt, (*coder).momentValue)
	optional(c, 4, &r.ReturnedAt, (*coder).momentValue)
	optional(c, 5, &r.EndedAt, (*coder).momentValue)
	c.number(6, &r.Version)
	c.text(7, &r.Title)
	c.text(8, &r.Reference)
	c.text(9, &r.Gateway)
	c.text(10, &r.Due)
	c.word(11, (*string)(&r.Status))
	optional(c, 12, &r.Outcome, (*coder).outcome)
	c.number(13, &r.Attempt)
	c.text(14, &r.RemoteID)
	c.text(15, &r.AddedRemoteID)
	list(c, 16, &r.Documents, (*coder).document)
	list(c, 17, &r.Attached, (*coder).signedFile)
	list(c, 18, &r.Signers, (*coder).signer)
	list(c, 19, &r.CopyRecipients, (*coder).copyRecipient)
	optional(c, 20, &r.Signature, (*coder).signature)
	c.text(21, &r.AddedBy)
	c.requestID(22, &r.Replaces)
	c.requestID(23, &r.ReplacedBy)
	if c.withoutVisits {
		c.skipVisit(24)
	} else {
		optional(c, 24, &r.Visit, (*coder).visit)
	}
	c.flag(25, &r.CannotAsk)
	c.flag(26, &r.NotOpened)
	c.number(27, &r.LostPort)
	optional(c, 28, &r.Review, (*coder).review)
	c.text(29, &r.Trouble)
	c.causeOf(30, &r.TroubleCause)
	c.word(31, (*string)(&r.NextStep))
	list(c, 32, &r.PendingDeletes, (*coder).visitIDValue)
	c.flag(33, &r.Practice)
	optional(c, 34, &r.Archived, (*coder).archived)
	list(c, 35, &r.Positions, (*coder).position)
	c.text(36, &r.Desk)
	c.text(37, &r.LaunchedBy)
	c.end()
}

func (c *coder) outcome(o *request.Outcome) {
	c.begin()
	c.moment(1, &o.At)
	c.text(2, &o.Code)
	c.text(3, &o.Message)
	c.causeOf(4, &o.Cause)
	c.word(5, (*string)(&o.Evidence))
	c.word(6, (*string)(&o.WithoutFiles))
	c.end()
}

func (c *coder) document(d *request.Document) {
	c.begin()
	c.text(1, &d.Name)
	c.digest(2, &d.SHA256)
	c.size(3, &d.Size)
	c.text(4, &d.RemoteID)
	c.text(5, &d.Code)
	c.text(6, &d.Message)
	c.flag(7, &d.ReportedSigned)
	optional(c, 8, &d.Signed, (*coder).signedFile)
	c.word(9, (*string)(&d.Damage))
	c.end()
}

func (c *coder) signedFile(f *request.SignedFile) {
	c.begin()
	c.digest(1, &f.SHA256)
	c.size(2, &f.Size)
	c.flag(3, &f.Proves)
	c.text(4, &f.Problem)
	c.causeOf(5, &f.Cause)
	c.flag(6, &f.Unchecked)
	list(c, 7, &f.Changes, (*coder).textValue)
	optional(c, 8, &f.Voucher, (*coder).voucher)
	c.word(9, (*string)(&f.Damage))
	c.end()
}

func (c *coder) voucher(v *request.Voucher) {
	c.begin()
	c.text(1, &v.By)
	c.moment(2, &v.At)
	c.text(3, &v.Note)
	c.end()
}

func (c *coder) signer(s *request.Signer) {
	c.begin()
	c.text(1, &s.Name)
	c.text(2, &s.Email)
	c.text(3, &s.Country)
	c.text(4, &s.Number)
	c.end()
}

func (c *coder) copyRecipient(r *request.CopyRecipient) {
	c.begin()
	c.text(1, &r.Name)
	c.text(2, &r.Email)
	c.end()
}

func (c *coder) signature(s *request.SignatureOptions) {
	c.begin()
	c.text(1, &s.Reason)
	c.text(2, &s.Field)
	c.text(3, &s.Page)
	optional(c, 4, &s.Rectangle, (*coder).rectangle)
	c.end()
}

func (c *coder) position(p *request.SignaturePosition) {
	c.begin()
	c.text(1, &p.Page)
	optional(c, 2, &p.Rectangle, (*coder).rectangle)
	c.end()
}

func (c *coder) rectangle(r *request.Rectangle) {
	c.begin()
	c.coordinate(1, &r.X)
	c.coordinate(2, &r.Y)
	c.coordinate(3, &r.Width)
	c.coordinate(4, &r.Height)
	c.end()
}

func (c *coder) visit(v *request.Visit) {
	c.begin()
	c.visitID(1, &v.ID)
	c.text(2, &v.Gateway)
	if c.has(3, v.Requests != nil) { // in JSON, none differs from an empty list
		elements(c, &v.Requests, (*coder).requestIDValue)
		c.next()
	}
	c.text(4, &v.ProcessID)
	if c.has(5, len(v.RemoteIDs) > 0) {
		c.remoteIDsByRequest(&v.RemoteIDs)
		c.next()
	}
	list(c, 6, &v.Notes, (*coder).textValue)
	optional(c, 7, &v.Practice, (*coder).truth)
	list(c, 8, &v.NoteCauses, (*coder).cause)
	c.end()
}

// remoteIDsByRequest codes the pairs of a map, which are written in the order of their keys.
func (c *coder) remoteIDsByRequest(all *map[request.ID]request.RemoteIDs) {
	n := c.length(len(*all))
	if !c.reading {
		for _, id := range slices.Sorted(maps.Keys(*all)) {
			of := (*all)[id]
			c.requestIDValue(&id)
			c.remoteIDs(&of)
		}
		return
	}
	if !c.skipping {
		*all = make(map[request.ID]request.RemoteIDs, n)
	}
	for i := 0; i < n && c.err == nil; i++ {
		var id request.ID
		c.requestIDValue(&id)
		of := one[request.RemoteIDs](c)
		if c.remoteIDs(of); !c.skipping {
			(*all)[id] = *of
		}
	}
}

// skipVisit passes a visit, if one comes next.
func (c *coder) skipVisit(tag byte) {
	if c.has(tag, false) {
		c.skipping = true
		c.visit(one[request.Visit](c))
		c.skipping = false
		c.next()
	}
}

func (c *coder) remoteIDs(r *request.RemoteIDs) {
	c.begin()
	c.text(1, &r.Request)
	list(c, 2, &r.Documents, (*coder).textValue)
	list(c, 3, &r.Signatures, (*coder).textValue)
	list(c, 4, &r.ContentURLs, (*coder).textValue)
	c.end()
}

func (c *coder) review(v *request.Review) {
	c.begin()
	c.word(1, (*string)(&v.Decision))
	c.text(2, &v.Note)
	c.text(3, &v.By)
	c.moment(4, &v.At)
	c.flag(5, &v.Replaced)
	c.end()
}

func (c *coder) archived(a *request.Archived) {
	c.begin()
	c.text(1, &a.By)
	c.moment(2, &a.At)
	c.text(3, &a.Reason)
	c.end()
}

// maxCauses is how many causes may be within each other, which keeps the stack small. JSON that is read has about as
// many at most.
const maxCauses = 5000

func (c *coder) causeOf(tag byte, p *request.Cause) {
	if c.has(tag, p.Code != "" || len(p.Args) > 0) {
		c.cause(p)
		c.next()
	}
}

func (c *coder) cause(p *request.Cause) {
	if c.depth++; c.reading && c.depth > maxCauses {
		c.fail("a cause has too many causes within")
	}
	c.begin()
	c.text(1, &p.Code)
	list(c, 2, &p.Args, (*coder).arg)
	c.end()
	c.depth--
}

// arg codes an argument as JSON does: it is a cause if that has a code, and otherwise a text.
func (c *coder) arg(a *request.Arg) {
	isCause := a.Cause.Code != ""
	c.truth(&isCause)
	if isCause {
		c.cause(&a.Cause)
	} else {
		c.textValue(&a.Text)
	}
	if c.reading && !c.skipping && isCause && a.Cause.Code == "" {
		c.fail("an argument has no code")
	}
}
