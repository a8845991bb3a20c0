package evidence

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"countersign/core/certificate"
	"countersign/core/explain"
	"countersign/core/i18n"
	"countersign/core/pdf"
	"countersign/core/register"
	"countersign/core/request"
)

// reportData is the data for the template pack/report.html. All values are plain text, which the template escapes.
type reportData struct {
	Language i18n.Language
	Title    string
	Lead     string
	Warning  string // above everything else; may be empty
	Sections []*section
}

// section is a part of the report with a heading.
type section struct {
	Title  string
	Texts  []string
	Blocks []block
}

// block is a list (List), named values (Facts) or a table (Headings and Rows), below an optional heading (Title).
type block struct {
	Title    string
	Facts    []fact
	Headings []string
	Rows     [][]fact
	List     []string
}

// fact is a value with its name, or a cell of a table.
type fact struct {
	Name, Text string
	Code       bool // shown in a monospaced font, for values that people compare
	Short      bool // shown in one line, never wrapped
}

// The names of the PDF files in a pack. i is the index in Pack.Originals, Pack.Signed or Pack.Attached.
func originalName(i int) string { return fmt.Sprintf("original-%d.pdf", i+1) }
func signedName(i int) string   { return fmt.Sprintf("signed-%d.pdf", i+1) }
func attachedName(i int) string { return fmt.Sprintf("attached-%d.pdf", i+1) }

// knownFacts returns those of the facts whose text is not empty.
func knownFacts(all ...fact) []fact {
	var known []fact
	for _, f := range all {
		if f.Text != "" {
			known = append(known, f)
		}
	}
	return known
}

// report returns the report of the pack as one HTML page that loads and runs nothing.
func (p Pack) report() ([]byte, error) {
	layout, err := template.ParseFS(embedded, "pack/report.html")
	if err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	lang := p.Language
	if lang == "" {
		lang = i18n.English
	}
	v := reportData{Language: lang, Title: lang.Say("pack.title", p.Request.Title), Lead: lang.Say("pack.lead", p.timeText(p.CreatedAt))}
	if p.Request.Practice {
		v.Warning = lang.Say("pack.practice")
	}
	v.Sections = []*section{p.requestSection(lang), p.documentsSection(lang), p.outcomeSection(lang), p.signedSection(lang), p.historySection(lang), p.reviewSection(lang), p.limitsSection(lang)}
	var out bytes.Buffer
	if err := layout.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	return out.Bytes(), nil
}

// timeText returns a time in the time zone of CreatedAt, with the offset from UTC.
func (p Pack) timeText(at time.Time) string {
	return at.In(p.CreatedAt.Location()).Format("2006-01-02 15:04:05 -07:00")
}

func (p Pack) requestSection(lang i18n.Language) *section {
	r := p.Request
	s := &section{Title: lang.Say("pack.request"), Blocks: []block{{Facts: knownFacts(
		fact{Name: lang.Say("export.title"), Text: r.Title},
		fact{Name: lang.Say("export.reference"), Text: r.Reference},
		fact{Name: lang.Say("export.id"), Text: string(r.ID), Code: true},
		fact{Name: lang.Say("export.gateway"), Text: p.GatewayText},
		fact{Name: lang.Say("export.remote_id"), Text: r.RemoteID, Code: true},
		fact{Name: lang.Say("export.created"), Text: p.timeText(r.CreatedAt)},
		fact{Name: lang.Say("export.added_by"), Text: r.AddedBy},
		fact{Name: lang.Say("export.due"), Text: r.Due},
		fact{Name: lang.Say("export.attempt"), Text: strconv.Itoa(r.Attempt)},
	)}}}
	var signers, copies []string
	for _, x := range r.Signers {
		signers = append(signers, strings.TrimSpace(fmt.Sprintf("%s <%s> %s %s", x.Name, x.Email, x.Country, x.Number)))
	}
	for _, c := range r.CopyRecipients {
		copies = append(copies, fmt.Sprintf("%s <%s>", c.Name, c.Email))
	}
	if len(signers) > 0 {
		s.Blocks = append(s.Blocks, block{Title: lang.Say("pack.asked"), List: signers})
	}
	if len(copies) > 0 {
		s.Blocks = append(s.Blocks, block{Title: lang.Say("pack.copies"), List: copies})
	}
	return s
}

func (p Pack) documentsSection(lang i18n.Language) *section {
	s := &section{Title: lang.Say("pack.sent")}
	if len(p.Request.Documents) == 0 {
		s.Texts = []string{lang.Say("pack.sent_none")}
		return s
	}
	table := block{Headings: []string{lang.Say("pack.file"), lang.Say("pack.name"), lang.Say("pack.size"), "SHA-256"}}
	for i, d := range p.Request.Documents {
		table.Rows = append(table.Rows, []fact{
			{Text: originalName(i), Code: true, Short: true}, {Text: d.Name}, {Text: lang.Size(d.Size), Short: true}, {Text: d.SHA256, Code: true},
		})
	}
	s.Blocks = []block{table}
	return s
}

func (p Pack) outcomeSection(lang i18n.Language) *section {
	r := p.Request
	known := []fact{{Name: lang.Say("export.status"), Text: p.StatusText}}
	o := r.Outcome
	if o == nil {
		known = append(known, fact{Name: lang.Say("pack.known"), Text: lang.Say("pack.level_none")})
		return &section{Title: lang.Say("pack.outcome"), Blocks: []block{{Facts: known}}}
	}
	how := explain.HowKnown(lang, o.Evidence, p.timeText(o.At)) // of a level that has no description below
	switch o.Evidence {
	case request.ByBrowser:
		how = lang.Say("pack.level_browser")
	case request.ByGateway:
		how = lang.Say("pack.level_gateway")
	case request.ByDocument:
		how = lang.Say("pack.level_document")
	}
	known = append(known,
		fact{Name: lang.Say("pack.known"), Text: how},
		fact{Name: lang.Say("export.outcome"), Text: p.timeText(o.At)},
		fact{Name: lang.Say("export.code"), Text: o.Code, Code: true},
		fact{Name: lang.Say("export.message"), Text: o.Message},
	)
	for i, d := range r.Documents {
		if len(r.Documents) > 1 {
			known = append(known, fact{Name: originalName(i), Text: strings.TrimSuffix(d.Code+": "+d.Message, ": ")})
		}
	}
	levels := block{Title: lang.Say("pack.levels"), List: []string{lang.Say("pack.level_browser"), lang.Say("pack.level_gateway"), lang.Say("pack.level_document")}}
	return &section{Title: lang.Say("pack.outcome"), Blocks: []block{{Facts: knownFacts(known...)}, levels}}
}

func (p Pack) signedSection(lang i18n.Language) *section {
	s := &section{Title: lang.Say("pack.signed")}
	for i, pdfFile := range p.Signed {
		if pdfFile.Open != nil && i < len(p.Request.Documents) && p.Request.Documents[i].Signed != nil {
			s.Blocks = append(s.Blocks, p.signedFileBlocks(lang, lang.Say("pack.of", signedName(i), originalName(i)), pdfFile, *p.Request.Documents[i].Signed)...)
		}
	}
	for i, pdfFile := range p.Attached {
		if i < len(p.Request.Attached) {
			s.Blocks = append(s.Blocks, p.signedFileBlocks(lang, lang.Say("pack.attached", attachedName(i)), pdfFile, p.Request.Attached[i])...)
		}
	}
	if len(s.Blocks) == 0 {
		s.Texts = []string{lang.Say("pack.signed_none")}
	}
	return s
}

// signedFileBlocks returns a block about a signed file, and one about each signature in it.
func (p Pack) signedFileBlocks(lang i18n.Language, title string, pdfFile PDFFile, f request.SignedFile) []block {
	assessment := lang.Say("pack.proves")
	if len(f.Changes) > 0 {
		assessment += "\n" + lang.Say("changed.file", DescribeChanges(f.Changes, lang))
	}
	problem := strings.TrimSuffix(explain.Reason(lang, f.Problem, f.Cause), ".")
	switch {
	case f.Unchecked:
		assessment = lang.Say("pack.unchecked", problem)
	case !f.Proves:
		assessment = lang.Say("pack.proves_not", problem)
	}
	if v := f.Voucher; v != nil {
		assessment += "\n" + lang.Say("pack.vouched", cmp.Or(v.By, lang.Say("file.somebody")), p.timeText(v.At), v.Note)
	}
	blocks := []block{{Title: title, Facts: knownFacts(
		fact{Name: "SHA-256", Text: f.SHA256, Code: true},
		fact{Name: lang.Say("pack.size"), Text: lang.Size(f.Size)},
		fact{Name: lang.Say("pack.judged"), Text: assessment},
	)}}
	for i, s := range pdfFile.Signatures {
		blocks = append(blocks, p.signatureBlock(lang, i+1, s))
	}
	return blocks
}

func (p Pack) signatureBlock(lang i18n.Language, n int, s pdf.Signature) block {
	intact, after := lang.Say("pack.intact_yes"), lang.Say("pack.after_none")
	why := explain.Problem(lang, s.Coded)
	switch {
	case s.State == pdf.Unchecked:
		intact = lang.Say("pack.intact_unchecked", why)
	case s.State == pdf.Broken:
		intact = lang.Say("pack.intact_no", why)
	case s.Weak != "":
		intact = lang.Say("pack.intact_weak", s.Weak)
	}
	if !s.CoversWholeFile {
		after = lang.Say("pack.after_some")
		for _, c := range s.Appended.Changes {
			after += "\n" + DescribeChange(string(c), lang)
		}
	}
	claimed, stamped := "", ""
	if !s.SignedAt.IsZero() {
		claimed = p.timeText(s.SignedAt)
	}
	if s.ZoneUnknown {
		claimed = lang.Say("pdf.no_zone", s.StatedTime())
	}
	if s.SignatureTimestamp != nil {
		stamped = strings.Trim(strings.Join([]string{p.timeText(s.SignatureTimestamp.At), s.SignatureTimestamp.Authority, explain.Problem(lang, s.SignatureTimestamp.Coded), explain.Problem(lang, s.SignatureTimestamp.TrustCoded)}, "; "), "; ")
	}
	title := lang.Say("pack.signature", strconv.Itoa(n), s.Signer)
	if s.DocTimestamp {
		title = lang.Say("pack.stamp_of", strconv.Itoa(n), s.Signer)
	}
	known := knownFacts(
		fact{Name: lang.Say("pack.intact"), Text: intact},
		fact{Name: lang.Say("pack.after"), Text: after},
		fact{Name: lang.Say("pack.claimed"), Text: claimed},
		fact{Name: lang.Say("pack.stamped"), Text: stamped},
		fact{Name: lang.Say("pack.algorithm"), Text: strings.Trim(DescribeAlgorithm(s.Algorithm, lang)+", "+DescribeLevel(s.Level, lang), ", ")},
		fact{Name: lang.Say("pack.trust"), Text: explain.Problem(lang, s.TrustCoded)},
	)
	for _, c := range s.Certificates {
		known = append(known, fact{Name: lang.Say("pack.certificate"), Text: describeCertificate(lang, c)})
	}
	return block{Title: title, Facts: known}
}

func describeCertificate(lang i18n.Language, c *certificate.Certificate) string {
	return lang.Say("pack.issued", certificate.NameText(c.Subject), certificate.NameText(c.Issuer), fmt.Sprintf("%x", c.SerialNumber),
		c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
}

func (p Pack) historySection(lang i18n.Language) *section {
	table := block{Headings: []string{"", lang.Say("pack.time"), lang.Say("pack.what"), lang.Say("pack.by")}}
	for _, e := range p.Events {
		what, detail := describeEvent(lang, e)
		if detail != "" {
			what += ": " + detail
		}
		if e.Brought != nil {
			what += "\n" + lang.Say("pack.brought", e.Desk)
		}
		table.Rows = append(table.Rows, []fact{{Text: strconv.Itoa(e.Seq), Short: true}, {Text: p.timeText(e.At), Short: true}, {Text: what}, {Text: e.DoneBy(), Short: true}})
	}
	return &section{Title: lang.Say("pack.history"), Texts: []string{lang.Say("pack.clock")}, Blocks: []block{table}}
}

// describeEvent returns what happened in an event, in the language, and the details, which may be empty. For an event of an
// unknown kind, it returns the kind itself.
func describeEvent(lang i18n.Language, e request.Event) (what, detail string) {
	detail = explain.Reason(lang, e.Reason, e.Cause)
	switch e.Kind {
	case request.KindAdded:
		what = lang.Say("event.added")
	case request.KindLaunched:
		what = lang.Say("event.launched")
		if e.Visit != nil {
			details := []string{e.Visit.ProcessID}
			for _, note := range e.Visit.NoteSentences() {
				details = append(details, explain.Reason(lang, note.Text, note.Cause))
			}
			detail = strings.Join(details, "; ")
		}
	case request.KindLaunchFailed:
		what = lang.Say("event.launch_failed")
	case request.KindOpened:
		what = lang.Say("event.opened")
	case request.KindOpenFailed:
		what = lang.Say("event.open_failed")
	case request.KindReturned:
		what, detail = describeReturn(lang, e.Return)
	case request.KindAnswered:
		what, detail = describeAnswer(lang, e.Answer)
	case request.KindStored:
		what, detail = describeStored(lang, e.Stored)
	case request.KindTrouble:
		what = lang.Say("event.trouble")
	case request.KindDiscarded:
		what = lang.Say("event.discarded")
	case request.KindWithdrawn:
		what = lang.Say("event.withdrawn")
	case request.KindReopened:
		what = lang.Say("event.reopened")
	case request.KindEdited:
		what = lang.Say("request.event_edited")
		if e.Edited != nil {
			detail = strings.Trim(e.Edited.Title+"; "+e.Edited.Reference+"; "+e.Edited.Due, "; ")
		}
	case request.KindDetailsChanged:
		what, detail = lang.Say("request.event_details"), strings.Join(explain.DetailsChange(lang, e.Details), "; ")
	case request.KindReviewed:
		what, detail = describeReview(lang, e.Reviewed)
	case request.KindArchived:
		what = lang.Say("event.archived")
	case request.KindUnarchived:
		what = lang.Say("event.unarchived")
	case request.KindReplaced:
		what, detail = lang.Say("event.replaced"), string(e.ReplacedBy)
	case request.KindReturnLost:
		what = lang.Say("event.return_lost")
	case request.KindReturnHeard:
		what, detail = lang.Say("event.return_heard"), strconv.Itoa(e.Port)
	case request.KindVouched:
		what = lang.Say("event.vouched")
		if e.Vouched != nil {
			detail = e.Vouched.Note + "; SHA-256 " + e.Vouched.SHA256
		}
	case request.KindFileDamaged, request.KindFileRestored:
		what, detail = explain.FileCheck(lang, e.FileCheck)
		if e.FileCheck != nil {
			detail += "; SHA-256 " + e.FileCheck.SHA256
		}
	default:
		what = string(e.Kind)
	}
	return what, strings.Trim(detail, "; ")
}

func describeReturn(lang i18n.Language, r *request.Return) (what, detail string) {
	switch {
	case r == nil:
		return lang.Say("event.returned"), ""
	case r.Rejection != "":
		return lang.Say("event.not_believed"), explain.Reason(lang, r.Rejection, r.Cause)
	case r.Code != "":
		detail = lang.Say("event.browser_says", r.Code)
	}
	return lang.Say("event.returned"), strings.Trim(detail+"; "+explain.Deviation(lang, r.Deviation), "; ")
}

func describeAnswer(lang i18n.Language, a *request.Answer) (what, detail string) {
	if a == nil {
		return lang.Say("event.answered"), ""
	}
	detail = strings.Trim(a.Code+"; "+explain.Reason(lang, a.Message, a.Cause), "; ")
	status := statusText(&request.Request{Status: a.Status}, lang)
	if a.Status == request.Signing {
		return lang.Say("event.unknown_code"), detail
	}
	return explain.Answer(lang, status, a.Evidence), detail
}

func describeStored(lang i18n.Language, s *request.Stored) (what, detail string) {
	switch {
	case s == nil:
		return lang.Say("event.stored"), ""
	case s.Proves && len(s.Changes) > 0:
		return lang.Say("event.stored"), lang.Say("changed.file", DescribeChanges(s.Changes, lang)) + " SHA-256 " + s.SHA256
	case s.Proves:
		return lang.Say("event.stored"), lang.Say("event.stored_proves") + " SHA-256 " + s.SHA256
	}
	what = lang.Say("event.stored_bad")
	if s.Unchecked {
		what = lang.Say("event.stored_unchecked")
	}
	return what, explain.Reason(lang, s.Problem, s.Cause) + "; SHA-256 " + s.SHA256
}

// DescribeChanges returns the names of the changes to a document between sending and signing, separated by commas. Each is named
// as in [DescribeChange]; only [pdf.OtherChange] has a name of its own here.
func DescribeChanges(changes []string, lang i18n.Language) string {
	var all []string
	for _, c := range changes {
		if pdf.Change(c) == pdf.OtherChange {
			all = append(all, lang.Say("changed.else"))
		} else {
			all = append(all, DescribeChange(c, lang))
		}
	}
	return strings.Join(all, ", ")
}

// DescribeChange returns the name of a [pdf.Change] in the language. An unknown change gets the name of [pdf.OtherChange].
func DescribeChange(change string, lang i18n.Language) string {
	switch pdf.Change(change) {
	case pdf.SignatureAdded:
		return lang.Say("pdf.change_signature")
	case pdf.TimestampAdded:
		return lang.Say("pdf.change_timestamp")
	case pdf.ValidationAdded:
		return lang.Say("pdf.change_validation")
	case pdf.PropertiesChanged:
		return lang.Say("pdf.change_properties")
	case pdf.AppearanceAdded:
		return lang.Say("pdf.change_stamp")
	case pdf.FormFilled:
		return lang.Say("pdf.change_form")
	case pdf.AnnotationChanged:
		return lang.Say("pdf.change_annotation")
	case pdf.NotCompared:
		return lang.Say("pdf.change_not_compared")
	}
	return lang.Say("pdf.change_else")
}

func describeReview(lang i18n.Language, v *request.Reviewed) (what, detail string) {
	if v == nil {
		return lang.Say("export.review"), ""
	}
	return lang.Say("pack.reviewed", decisionText(v.Decision, lang)), v.Note
}

func (p Pack) reviewSection(lang i18n.Language) *section {
	s := &section{Title: lang.Say("pack.review"), Texts: []string{lang.Say("pack.review_none")}}
	if v := p.Request.Review; v != nil {
		s.Texts = []string{lang.Say("pack.review_about")}
		s.Blocks = []block{{Facts: knownFacts(
			fact{Name: lang.Say("export.review"), Text: decisionText(v.Decision, lang)},
			fact{Name: lang.Say("export.review_by"), Text: v.By},
			fact{Name: lang.Say("export.review_at"), Text: p.timeText(v.At)},
			fact{Name: lang.Say("export.review_note"), Text: v.Note},
		)}}
	}
	return s
}

func (p Pack) limitsSection(lang i18n.Language) *section {
	known := knownFacts(
		fact{Name: lang.Say("pack.register"), Text: p.Register, Code: true},
	)
	if key, ok := p.SigningKey.Public().(ed25519.PublicKey); ok {
		known = append(known, fact{Name: lang.Say("pack.key"), Text: register.Fingerprint(key), Code: true})
	}
	return &section{Title: lang.Say("pack.worth"), Blocks: []block{
		{List: []string{
			lang.Say("pack.worth_whole"), lang.Say("pack.worth_key"), lang.Say("pack.worth_person"), lang.Say("pack.worth_read"), lang.Say("pack.worth_later"),
		}},
		{Title: lang.Say("pack.check"), List: []string{lang.Say("pack.check_about")}, Facts: known},
	}}
}
