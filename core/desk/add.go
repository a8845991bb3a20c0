package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/core/gateway"
	"countersign/core/input"
	"countersign/core/ledger"
	"countersign/core/pdf"
	"countersign/core/request"
)

// MaxDocument is the size limit of files that are added, in bytes.
const MaxDocument = 100 << 20

// New is a request to be added. It needs Files, or the RemoteID of a request that exists at the
// gateway already.
type New struct {
	Gateway   string // name of the profile; the default gateway when empty
	Title     string // made from the names of the files, or from RemoteID, when empty
	Reference string
	Due       string // in the form 2006-01-02; may be empty
	Files     []input.File
	RemoteID  string
	Again     bool // add the request with RemoteID even if it was added before
	Signers   []request.Signer
	Copies    []request.CopyRecipient   // people who only receive the signed file
	Signature *request.SignatureOptions // how the signature is to look; nil leaves that to the profile
	// Positions are where the signatures of single files go, in their order, in place of the position in Signature. An empty one
	// leaves that as it is; those after the last file are ignored.
	Positions []request.SignaturePosition
	Replaces  request.ID // an ended request that this one is added in place of; usually empty
}

// AlreadyAddedError is the error of [Desk.Add] for a request that exists at its gateway and was added
// to the desk before.
type AlreadyAddedError struct {
	RemoteID string
	Request  request.Request // what was added before with RemoteID; the newest of several
}

func (e *AlreadyAddedError) Error() string { return e.sentence().Text }

// Cause returns the error as a code with arguments, from which package explain makes its text in any
// language.
func (e *AlreadyAddedError) Cause() request.Cause { return e.sentence().Cause }

func (e *AlreadyAddedError) sentence() request.Sentence {
	return request.Sentencef("already_added", "request %s of gateway %s was already added, as %s (%s)", e.RemoteID, e.Request.Gateway, e.Request.ID, e.Request.Title)
}

// Add checks the files, copies them into the home and adds the request to the ledger. When it
// fails, no request was added. The error is an [*AlreadyAddedError] if a request of the same gateway
// and remote id was added before and n.Again is not set.
func (d *Desk) Add(ctx context.Context, n New) (request.Request, error) {
	profiles, err := d.gateways.Profiles()
	if err != nil {
		return request.Request{}, err
	}
	if n.Gateway == "" {
		n.Gateway = profiles.Default
	}
	if n.Gateway == "" {
		return request.Request{}, request.Errorf("no_gateway", "no gateway was chosen: choose one, or set a default in gateways.toml")
	}
	p, err := profiles.Get(n.Gateway)
	if err != nil {
		return request.Request{}, err
	}
	n.Gateway = p.Name
	g, err := d.gateways.OpenProfile(ctx, p)
	if err != nil {
		return request.Request{}, err
	}
	if err := fits(p.Name, g, n); err != nil {
		return request.Request{}, err
	}
	added, err := d.describe(n)
	if err != nil {
		return request.Request{}, err
	}
	added.Practice = request.StatePractice(p.Name, p.Practice)
	if !n.Again {
		if err := d.checkNew(ctx, added); err != nil {
			return request.Request{}, err
		}
	}
	if added.Documents, err = d.keepAll(ctx, n.Files, g.Capabilities().MaxSize, p.Encrypted); err != nil {
		return request.Request{}, err
	}
	if err := d.checkField(ctx, added); err != nil {
		return request.Request{}, err
	}
	if added.Title == "" {
		added.Title = titleOf(added)
	}
	return d.appendAdded(ctx, added)
}

// appendAdded writes the event that adds a request. If it replaces another one, appendAdded records that there as
// well, in the same write.
func (d *Desk) appendAdded(ctx context.Context, added *request.Added) (request.Request, error) {
	add := ledger.Change{ID: d.cfg.NewID(), Events: []request.Event{{Kind: request.KindAdded, By: d.cfg.Person, Added: added}}}
	for {
		changes := []ledger.Change{add}
		if added.Replaces != "" {
			before, err := d.ledger.Get(ctx, added.Replaces)
			if err != nil {
				return request.Request{}, err
			}
			if !before.Status.Ended() {
				return request.Request{}, request.Errorf("replace_open", "%s is %s: only a request that has ended can be replaced", before.Title, before.Status.Sentence())
			}
			changes = append(changes, ledger.Change{
				ID: before.ID, Version: before.Version,
				Events: []request.Event{{Kind: request.KindReplaced, By: d.cfg.Person, ReplacedBy: add.ID}},
			})
		}
		after, err := d.ledger.Append(ctx, changes...)
		if errors.Is(err, ledger.ErrConflict) && ctx.Err() == nil {
			continue // the other request changed meanwhile
		}
		if err != nil {
			return request.Request{}, err
		}
		return after[0], nil
	}
}

// checkNew returns an [*AlreadyAddedError] if a request was added before with the gateway and the
// remote id of a. It returns nil if a has no remote id.
func (d *Desk) checkNew(ctx context.Context, a *request.Added) error {
	if a.RemoteID == "" {
		return nil
	}
	same, err := d.ledger.FindByRemoteID(ctx, a.Gateway, a.RemoteID)
	if err != nil || len(same) == 0 {
		return err
	}
	before, err := d.ledger.Get(ctx, same[len(same)-1])
	if err != nil {
		return err
	}
	return &AlreadyAddedError{RemoteID: a.RemoteID, Request: before}
}

// describe returns the content of the event that adds n, without documents. It fails if the due
// date, the remote id, the signature options, or the text of a person are invalid. It checks neither
// the files nor whether the gateway can take n.
func (d *Desk) describe(n New) (*request.Added, error) {
	if err := checkDue(n.Due); err != nil {
		return nil, err
	}
	if err := checkRemoteID(n.RemoteID); err != nil {
		return nil, err
	}
	positions, err := checkLook(n)
	if err != nil {
		return nil, err
	}
	signers, copies, err := people(n)
	if err != nil {
		return nil, err
	}
	title, err := input.Title.Clean(n.Title)
	if err != nil {
		return nil, err
	}
	reference, err := input.Reference.Clean(n.Reference)
	if err != nil {
		return nil, err
	}
	return &request.Added{
		Title: title, Reference: reference, Gateway: n.Gateway, Due: n.Due, RemoteID: n.RemoteID,
		Signers: signers, CopyRecipients: copies, Signature: n.Signature, Positions: positions, Replaces: n.Replaces,
	}, nil
}

func checkDue(date string) error {
	if _, err := time.Parse(time.DateOnly, date); date != "" && err != nil {
		return request.Errorf("not_a_date", "%q is not a date: enter it like 2026-12-24", input.Label(date))
	}
	return nil
}

// people returns the signers and the copy recipients of n, with each text cleaned. It returns an error when a text is too
// long, or is not empty and has no visible characters.
func people(n New) (signers []request.Signer, copies []request.CopyRecipient, err error) {
	clean := func(kind input.Typed, text string) string {
		shown, problem := kind.Clean(text)
		if problem == nil && shown == "" && text != "" {
			problem = request.Errorf("no_visible_characters", "a name or an e-mail address has no visible characters: enter it again")
		}
		err = cmp.Or(err, problem)
		return shown
	}
	for _, s := range n.Signers {
		signers = append(signers, request.Signer{
			Name: clean(input.PersonName, s.Name), Email: clean(input.PersonEmail, s.Email),
			Country: clean(input.Country, s.Country), Number: clean(input.PersonNumber, s.Number),
		})
	}
	for _, c := range n.Copies {
		copies = append(copies, request.CopyRecipient{Name: clean(input.PersonName, c.Name), Email: clean(input.PersonEmail, c.Email)})
	}
	return signers, copies, err
}

// noIDs returns the error for a gateway that takes no requests by their id.
func noIDs(name string) error {
	return request.Errorf("gateway_no_ids", "gateway %s does not sign requests by their id: add a PDF file", name)
}

// checkID returns an error if g cannot have a request with that id.
func checkID(g gateway.Gateway, id string) error {
	if err := checkRemoteID(id); err != nil {
		return err
	}
	if checker, ok := g.(gateway.IDChecker); ok {
		return checker.CheckID(id)
	}
	return nil
}

const maxRemoteID = 200 // bytes of a remote id

func checkRemoteID(id string) error {
	if len(id) > maxRemoteID || gateway.Sanitize(id) != id {
		return request.Errorf("remote_id_impossible", "%q cannot be the id of a request at a gateway: check it there", input.Label(id))
	}
	return nil
}

// CheckSignature returns an error when a signature cannot be placed or worded as s says. A nil s
// is valid.
func CheckSignature(s *request.SignatureOptions) error {
	if s == nil {
		return nil
	}
	if s.Page != "" && s.Page != "last" {
		if n, err := strconv.Atoi(s.Page); err != nil || n < 1 {
			return request.Errorf("page_impossible", "%q is not a page for a signature: enter its number, or last", input.Label(s.Page))
		}
	}
	if r := s.Rectangle; r != nil && !(r.Width > 0 && r.Height > 0) {
		return request.Errorf("rectangle_empty", "the rectangle of a signature needs a width and a height")
	}
	for _, typed := range []struct {
		kind input.Typed
		text string
	}{{input.SignatureReason, s.Reason}, {input.FieldName, s.Field}} {
		if _, err := typed.kind.Clean(typed.text); err != nil {
			return err
		}
	}
	if gateway.OneLine(s.Reason) != s.Reason || gateway.OneLine(s.Field) != s.Field || strings.Contains(s.Field, ".") {
		return request.Errorf("signature_line", "the reason for signing and the field name are one short line each, and a field name contains no period")
	}
	return nil
}

// checkLook returns the positions of n that belong to a file. It returns an error when the signature of n, or one of
// these positions, is not possible.
func checkLook(n New) ([]request.SignaturePosition, error) {
	positions := n.Positions[:min(len(n.Positions), len(n.Files))]
	err := CheckSignature(n.Signature)
	for _, p := range positions {
		err = cmp.Or(err, CheckSignature(&request.SignatureOptions{Page: p.Page, Rectangle: p.Rectangle}))
	}
	return positions, err
}

// checkField returns an error when a document of a already has a signature in the field that
// a.Signature chooses, since a PDF form field holds one signature only.
func (d *Desk) checkField(ctx context.Context, a *request.Added) error {
	if a.Signature == nil || a.Signature.Field == "" {
		return nil
	}
	for _, doc := range a.Documents {
		f, err := d.ledger.OpenDocument(ctx, doc.SHA256)
		if err != nil {
			return err
		}
		signatures, err := pdf.Signatures(f, doc.Size, nil)
		if err = errors.Join(err, f.Close()); err != nil {
			return input.Explain(doc.Name, err)
		}
		if slices.ContainsFunc(signatures, func(s pdf.Signature) bool { return s.Field == a.Signature.Field }) {
			return request.Errorf("field_taken", "%s already has a signature in the field %s: choose another name, or leave it out", doc.Name, a.Signature.Field)
		}
	}
	return nil
}

// maxNamePart is how many characters of the name of a document a title of several documents has at most.
const maxNamePart = 200

func titleOf(a *request.Added) string {
	if len(a.Documents) == 0 {
		return a.Gateway + " " + a.RemoteID
	}
	if len(a.Documents) > 1 {
		return fmt.Sprintf("%s and %d more", input.Shorten(a.Documents[0].Name, maxNamePart), len(a.Documents)-1)
	}
	return a.Documents[0].Name
}

// fits returns an error when the gateway g, whose profile is called name, cannot take n.
func fits(name string, g gateway.Gateway, n New) error {
	can := g.Capabilities()
	if checker, ok := g.(gateway.SignerChecker); ok {
		for _, s := range n.Signers {
			if err := checker.CheckSigner(s); err != nil {
				return err
			}
		}
	}
	switch {
	case len(n.Copies) > 0 && !can.CopyRecipients:
		return request.Errorf("gateway_no_copies", "gateway %s cannot send copies: leave out the recipients, and send the signed file yourself", name)
	case (n.Signature != nil || len(n.Positions) > 0) && !can.CustomAppearance:
		return request.Errorf("gateway_own_appearance", "gateway %s decides how its signatures look: leave out the reason, field name and position", name)
	case len(n.Files) == 0 && n.RemoteID == "":
		return request.Errorf("nothing_to_sign", "there is nothing to sign: name a PDF file")
	case n.RemoteID != "" && !can.AcceptsIDs:
		return noIDs(name)
	case n.RemoteID != "" && len(n.Signers)+len(n.Copies) > 0:
		return request.Errorf("gateway_knows_people", "gateway %s already knows who signs and who receives request %s: leave out the people", name, n.RemoteID)
	case n.RemoteID != "":
		return checkID(g, n.RemoteID)
	case !can.AcceptsFiles:
		return request.Errorf("gateway_no_files", "gateway %s has no API user for sending files: set api_url and user, or add requests that exist there by their id", name)
	case len(n.Files) > can.MaxDocuments:
		return request.Errorf("gateway_documents", "gateway %s does not accept so many documents in one visit (limit: %d, chosen: %d): add the files one by one", name, can.MaxDocuments, len(n.Files))
	case can.NeedsSigner && len(n.Signers) == 0:
		return request.Errorf("gateway_needs_signer", "gateway %s needs to know who signs: add the signer (name, e-mail, country, number)", name)
	}
	return nil
}

// keepAll checks all files and then copies them into the document store. limit is the size limit of
// the gateway in bytes, zero when it has none. takesProtected is set when the gateway signs files
// that are protected against changes.
func (d *Desk) keepAll(ctx context.Context, files []input.File, limit int64, takesProtected bool) (originals []request.Original, err error) {
	checked, err := checkAll(files, limit, takesProtected)
	defer closeAll(checked)
	if err != nil {
		return nil, err
	}
	for _, f := range checked {
		original, err := d.keep(ctx, f)
		if err != nil {
			return nil, err
		}
		originals = append(originals, original)
	}
	return originals, nil
}

// checkAll checks that all files can be signed at a gateway, as keepAll does. It stops at the first file that cannot. The
// caller has to call closeAll with the result, also after an error.
func checkAll(files []input.File, limit int64, takesProtected bool) (checked []*checkedFile, err error) {
	for _, f := range files {
		c, err := check(f, limit)
		if err != nil {
			return checked, err
		}
		checked = append(checked, c)
		if c.Protected && !takesProtected {
			return checked, input.Explain(c.name, pdf.ErrProtected)
		}
	}
	return checked, nil
}

// closeAll closes the sources of files.
func closeAll(checked []*checkedFile) {
	for _, f := range checked {
		_ = f.source.Close() // an error does not matter: it was only read
	}
}

type checkedFile struct {
	name   string
	source input.Source
	size   int64
	pdf.Info
}

// check opens a file and checks that it can be sent to be signed. It accepts a file that is
// protected against changes, although not every gateway signs those. limit is the size limit of the
// gateway in bytes, zero when it has none; files over [MaxDocument] are refused in any case. The
// caller has to close the source of the result.
func check(f input.File, limit int64) (*checkedFile, error) {
	name := input.Label(f.Name)
	if limit == 0 || limit > MaxDocument {
		limit = MaxDocument
	}
	source, size, err := f.Open()
	if err != nil {
		return nil, input.Explain(name, err)
	}
	var info pdf.Info
	if size > limit {
		err = request.Errorf("file_too_large", "%s has %d MB, and the limit is %d MB: make it smaller, for example by scanning at a lower resolution", name, (size+1<<20-1)>>20, limit>>20)
	} else if info, err = pdf.Check(source, size); errors.Is(err, pdf.ErrProtected) {
		err = nil
	} else if err != nil {
		err = input.Explain(name, err)
	}
	if err != nil {
		_ = source.Close()
		return nil, err
	}
	return &checkedFile{name, source, size, info}, nil
}

// keep copies a checked file into the document store. It fails if the file has another size by now.
func (d *Desk) keep(ctx context.Context, f *checkedFile) (request.Original, error) {
	digest, stored, err := d.ledger.PutDocument(ctx, io.NewSectionReader(f.source, 0, f.size), MaxDocument)
	if err == nil && stored != f.size {
		err = input.ErrChanged
	}
	if err != nil {
		return request.Original{}, input.Explain(f.name, err)
	}
	return request.Original{Name: f.name, SHA256: digest, Size: stored}, nil
}
