package lists

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"countersign/core/i18n"
	"countersign/core/request"
)

const (
	maxColumns  = 500  // columns beyond these are passed over
	maxAbove    = 20   // rows among which the headings are looked for
	maxDateRows = 1000 // rows by which the order of day and month is guessed
)

// headingsOf has for each field the headings by which it is recognized, the most fitting first. Small differences do
// not matter: see normalHeading.
var headingsOf = map[Field][]string{
	ID: {
		"id", "remote id", "request id", "id request", "identifier", "request",
		"id solicitud", "id petición", "n solicitud", "n petición", "solicitud", "petición", "identificador", "identificador solicitud",
		"id sol·licitud", "n sol·licitud", "sol·licitud", "petició", "identificador sol·licitud",
		"id demande", "n demande", "demande", "identifiant", "identifiant demande",
		"id firma", "id signature", "id signatura",
	},
	Link: {
		"link", "url", "signing link", "web address", "enlace", "vínculo", "enlace firma", "dirección web",
		"enllaç", "enllaç signatura", "adreça web", "lien", "lien signature", "adresse web",
	},
	Title: {
		"title", "subject", "document", "título", "asunto", "documento", "descripción", "títol", "assumpte", "descripció",
		"titre", "objet", "intitulé", "description", "name", "nombre", "nom",
	},
	Reference: {
		"reference", "ref", "our reference", "n reference", "n file", "file number", "case number",
		"referencia", "nuestra referencia", "su referencia", "n referencia", "expediente", "n expediente",
		"la nostra referència", "n referència", "expedient", "n expedient", "notre référence", "n référence", "dossier", "n dossier",
	},
	Due: {
		"due", "due date", "due on", "due by", "deadline", "sign by", "expiry", "expiry date", "expires", "expiration date",
		"vencimiento", "fecha vencimiento", "vence", "fecha límite", "plazo", "caducidad", "fecha caducidad",
		"venciment", "data venciment", "venç", "data límit", "termini", "caducitat", "data caducitat",
		"échéance", "date échéance", "date limite", "à signer avant", "délai", "expiration", "date expiration",
	},
	Gateway: {"gateway", "signature gateway", "pasarela", "pasarela firma", "passarel·la", "passarel·la signatura", "passerelle", "passerelle signature"},
}

// windowLabels has for each field the keys of the labels that it has in the window.
var windowLabels = map[Field][]string{
	Title:     {"sheet.name", "list.title", "export.title"},
	Reference: {"sheet.reference", "list.reference", "export.reference"},
	Due:       {"sheet.due", "list.due", "export.due"},
	Gateway:   {"sheet.gateway", "list.gateway", "export.gateway"},
}

// normalHeading returns a heading without case, accents, punctuation, articles and the like, with one blank between
// its words. All ways to write "number" become "n".
func normalHeading(heading string) string {
	heading = strings.NewReplacer("º", " ", "°", " ", "ª", " ", "·", " ").Replace(strings.ToLower(heading))
	var clean strings.Builder
	for _, r := range norm.NFKD.String(heading) {
		switch {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			clean.WriteRune(r)
		default:
			clean.WriteRune(' ')
		}
	}
	var words []string
	for _, word := range strings.Fields(clean.String()) {
		switch word {
		case "de", "del", "la", "el", "d", "l", "le", "of", "the":
		case "numero", "num", "no", "nr", "number":
			words = append(words, "n")
		default:
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// knownHeading is what a heading stands for, and how well it fits: 0 is best.
type knownHeading struct {
	field Field
	rank  int
}

// knownHeadings returns all headings that are recognized, in the form of normalHeading.
var knownHeadings = sync.OnceValue(func() map[string]knownHeading {
	known := map[string]knownHeading{}
	learn := func(heading string, f Field, rank int) {
		if _, taken := known[normalHeading(heading)]; !taken {
			known[normalHeading(heading)] = knownHeading{f, rank}
		}
	}
	for _, f := range Fields() {
		for rank, heading := range headingsOf[f] {
			learn(heading, f, rank)
		}
		for _, key := range windowLabels[f] {
			for _, l := range i18n.Languages() {
				learn(l.Say(key), f, len(headingsOf[f]))
			}
		}
	}
	return known
})

// fieldOf returns the field that a heading stands for, and how well it fits: 0 is best. The field is Unread when
// the heading is unknown.
func fieldOf(heading string) (Field, int) {
	k := knownHeadings()[normalHeading(heading)]
	return k.field, k.rank
}

// header is a row that may be the headings.
type header struct {
	row    row
	at     int // how many rows that are not empty stand before it
	fields []Field
	twice  int // index of a column with the same heading as another, for the same field; -1 when there is none
}

// score returns how many fields the header names, and 0 when it names no requests.
func (h header) score() int {
	if !names(h.fields) {
		return 0
	}
	n := 0
	for _, f := range h.fields {
		if f != Unread {
			n++
		}
	}
	return n
}

// names reports whether columns with these fields say which requests a list is about.
func names(fields []Field) bool { return slices.Contains(fields, ID) || slices.Contains(fields, Link) }

// newHeader returns what the cells of a row mean as headings.
func newHeader(r row, at int, o Options) header {
	h := header{row: row{r.line, slices.Clone(r.cells)}, at: at, twice: -1}
	h.fields = make([]Field, len(r.cells))
	best := map[Field]int{}
	ranks := make([]int, len(r.cells))
	for i, c := range r.cells {
		f, rank := fieldOf(c.text)
		for field, heading := range o.Headings {
			if normalHeading(heading) == normalHeading(c.text) && !isBlank(c.text) {
				f, rank = field, -1
			} else if field == f {
				f = Unread // another column was chosen for it
			}
		}
		if f == Unread {
			continue
		}
		ranks[i] = rank
		if before, taken := best[f]; taken {
			switch {
			case ranks[before] == rank && rank >= 0:
				h.twice = i
				continue
			case ranks[before] <= rank:
				continue
			}
			h.fields[before] = Unread
		}
		best[f], h.fields[i] = i, f
	}
	return h
}

// findHeader returns the row among the first ones of a list that names most fields. When none names requests, it
// is the first of those with most cells that are not blank.
func findHeader(rows []row, o Options) header {
	var found, widest header
	most := 0
	for i, r := range rows {
		h := newHeader(r, i, o)
		if h.score() > found.score() {
			found = h
		}
		filled := 0
		for _, c := range r.cells {
			if !isBlank(c.text) {
				filled++
			}
		}
		if filled > most {
			widest, most = h, filled
		}
	}
	if found.score() > 0 {
		return found
	}
	return widest
}

// sample returns the first rows of a reader, without faulty ones, and the first fault among them.
func sample(rows rowReader, limit int) (found []row, fault *RowFault, err error) {
	for len(found) < limit {
		r, err := rows.next()
		bad, isFault := errors.AsType[*RowFault](err)
		switch {
		case errors.Is(err, io.EOF):
			return found, fault, nil
		case isFault:
			if fault == nil {
				fault = bad
			}
			if limit--; limit <= 0 {
				return found, fault, nil
			}
		case err != nil:
			return found, fault, err
		default:
			found = append(found, row{r.line, slices.Clone(r.cells)})
		}
	}
	return found, fault, nil
}

// readHeadings finds the headings and leaves l.rows at the row after them.
func (l *List) readHeadings(o Options) error {
	l.info = l.file.info
	rows, err := l.file.rows()
	if err != nil {
		return err
	}
	l.rows = rows
	first, fault, err := sample(rows, maxAbove)
	if err != nil {
		return err
	}
	h := findHeader(first, o)
	l.info.HeaderLine = max(1, h.row.line)
	l.setColumns(h, o)
	l.problem = l.findProblem(h, o, fault)
	if l.problem == nil {
		if err := l.guessDates(h.at + 1); err != nil {
			return err
		}
	}
	return l.rewind(h.at + 1)
}

func (l *List) setColumns(h header, o Options) {
	fields := h.fields
	var headings []string
	for _, c := range h.row.cells {
		headings = append(headings, strings.TrimSpace(c.text))
	}
	switch {
	case o.Columns != nil:
		fields = o.Columns
	case o.Headings == nil && o.Remembered != nil:
		if chosen := o.Remembered(headings); chosen != nil {
			fields, l.info.Remembered = chosen, true
		}
	}
	for i, heading := range headings {
		c := Column{Heading: heading}
		if i < len(fields) {
			c.Field = fields[i]
		}
		l.info.Columns = append(l.info.Columns, c)
	}
}

// findProblem returns why the columns cannot be used, and nil if they can.
func (l *List) findProblem(h header, o Options, fault *RowFault) error {
	line := l.info.HeaderLine
	guessed := o.Columns == nil && !l.info.Remembered
	seen := map[Field]bool{}
	for i, c := range l.info.Columns {
		if c.Field != Unread && seen[c.Field] || guessed && i == h.twice {
			return &RowFault{line, i + 1, label(c.Heading), request.Sentencef("column_twice", "the list has this column twice: remove one, or choose which one is meant")}
		}
		seen[c.Field] = true
	}
	for _, f := range Fields() {
		if heading, chosen := o.Headings[f]; chosen && !seen[f] {
			return &RowFault{Line: line, Reason: request.Sentencef("column_missing", "the list has no column %s: check how the heading is written", label(heading))}
		}
	}
	switch {
	case seen[ID] || seen[Link]:
		return nil
	case fault != nil && fault.Line <= line:
		return fault
	}
	if len(l.info.Sheets) > 1 {
		return &RowFault{Line: line, Reason: request.Sentencef("header_missing_sheet",
			"no row at the beginning of sheet %s names the columns, with id or link among them: choose the right one of %s, or name them (id, link, title, reference, due, gateway)",
			label(l.info.Sheet), labels(l.info.Sheets))}
	}
	return &RowFault{Line: line, Reason: request.Sentencef("header_missing",
		"no row at the beginning names the columns, with id or link among them: name them (id, link, title, reference, due, gateway), or choose what each column is")}
}

// rewind lets l.rows begin anew after the first rows that are not empty.
func (l *List) rewind(after int) error {
	l.rows.close()
	rows, err := l.file.rows()
	if err != nil {
		return err
	}
	l.rows = rows
	for after > 0 {
		_, err := rows.next()
		if _, isFault := errors.AsType[*RowFault](err); isFault {
			continue // it was not counted either
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		after--
	}
	return nil
}

// guessDates finds out in which order the list writes day and month. Where the person's language does not
// decide it, the first rows do: 12/24/2026 has the month first.
func (l *List) guessDates(after int) error {
	at := l.column(Due)
	if at < 0 || isDayFirst(l.language) {
		return nil
	}
	if err := l.rewind(after); err != nil {
		return err
	}
	dayFirst, monthFirst := false, false
	for range maxDateRows {
		r, err := l.rows.next()
		if _, isFault := errors.AsType[*RowFault](err); isFault {
			continue
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if at < len(r.cells) {
			first, second := orderOf(r.cells[at].text)
			dayFirst, monthFirst = dayFirst || first, monthFirst || second
		}
	}
	l.info.MonthFirst = monthFirst && !dayFirst
	return nil
}

// column returns the index of the column for a field, and -1 when there is none.
func (l *List) column(f Field) int {
	return slices.IndexFunc(l.info.Columns, func(c Column) bool { return c.Field == f })
}
