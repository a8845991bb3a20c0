// Package printout writes headings, sentences and tables as a PDF file for printing and filing. It knows neither what they are
// about nor a language.
package printout

import (
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"

	"countersign/core/request"
)

// Document is what is written.
type Document struct {
	Title    string
	Lines    []string // below the title
	Numbers  []Number
	Sections []Section
	Footer   string // at the foot of each page, before its number
	At       time.Time

	Regular, Bold []byte // the fonts, in TrueType form
}

// Number is one of the large numbers at the top.
type Number struct{ Label, Value string }

// Section is a heading with sentences and a table below it.
type Section struct {
	Heading string
	Lines   []string
	Columns []string // headings of the table; nil for no table
	Rows    [][]string
	Names   int // columns of text, left-aligned; the others are numbers, right-aligned
}

// Sizes on the page, in millimeters, and of letters, in points.
const (
	margin     = 20.0
	lineHeight = 5.0
	rowGap     = 1.5
	columnGap  = 4.0
	numberCol  = 26.0 // of a column of numbers
	titleSize  = 17.0
	numberSize = 15.0
	headSize   = 11.0
	textSize   = 9.5
	smallSize  = 8.0

	muted, dark, rule = 105, 25, 200 // shades of gray
)

// page is the file while it is laid out.
type page struct {
	*fpdf.Fpdf
	width, bottom float64
}

// Write writes a document in A4. It fails if a font cannot be used, or with the error of w.
func Write(w io.Writer, d Document) error {
	pages := lay(d, 0).PageCount() // each page says how many there are
	if err := lay(d, pages).Output(w); err != nil {
		return request.Errorf("printout_failed", "the PDF file could not be written: %w", err)
	}
	return nil
}

// lay lays out a document, whose pages say that there are so many of them.
func lay(d Document, pages int) *page {
	p := &page{Fpdf: fpdf.New("P", "mm", "A4", "")}
	width, height := p.GetPageSize()
	p.width, p.bottom = width-2*margin, height-margin-lineHeight
	p.AddUTF8FontFromBytes("text", "", d.Regular)
	p.AddUTF8FontFromBytes("text", "B", d.Bold)
	p.SetTitle(d.Title, true)
	p.SetCreator("Countersign", true)
	p.SetCatalogSort(true)
	p.SetCreationDate(d.At)
	p.SetModificationDate(d.At)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	p.SetFooterFunc(func() { p.foot(d.Footer, pages) })
	p.AddPage()
	p.line(d.Title, "B", titleSize, dark, lineHeight*1.8)
	for _, line := range d.Lines {
		p.paragraph(line, muted)
	}
	p.numbers(d.Numbers)
	for _, s := range d.Sections {
		p.section(s)
	}
	p.Close() // which ends the last page
	return p
}

// foot writes the foot of a page.
func (p *page) foot(text string, pages int) {
	p.SetFont("text", "", smallSize)
	p.SetTextColor(muted, muted, muted)
	p.SetXY(margin, p.bottom+lineHeight)
	p.CellFormat(p.width-columnGap-numberCol, lineHeight, p.fit(text, p.width-columnGap-numberCol), "", 0, "L", false, 0, "")
	p.SetX(margin + p.width - numberCol)
	p.CellFormat(numberCol, lineHeight, strconv.Itoa(p.PageNo())+" / "+strconv.Itoa(pages), "", 0, "R", false, 0, "")
}

// style chooses the font and the shade of what is written next.
func (p *page) style(bold string, size float64, shade int) {
	p.SetFont("text", bold, size)
	p.SetTextColor(shade, shade, shade)
}

// room begins a new page unless there is room for a height on this one, and reports whether it did.
func (p *page) room(height float64) bool {
	if p.GetY()+height <= p.bottom {
		return false
	}
	p.AddPage()
	return true
}

// line writes one line, which is cut off at the margin.
func (p *page) line(text, bold string, size float64, shade int, height float64) {
	p.room(height)
	p.style(bold, size, shade)
	p.CellFormat(p.width, height, p.fit(text, p.width), "", 2, "L", false, 0, "")
}

// paragraph writes a text, broken into lines.
func (p *page) paragraph(text string, shade int) {
	p.style("", textSize, shade)
	for _, line := range p.broken(text, p.width) {
		p.room(lineHeight)
		p.style("", textSize, shade)
		p.CellFormat(p.width, lineHeight, line, "", 2, "L", false, 0, "")
	}
}

// numbers writes the large numbers side by side.
func (p *page) numbers(all []Number) {
	if len(all) == 0 {
		return
	}
	p.Ln(lineHeight)
	p.room(3 * lineHeight)
	top, width := p.GetY(), p.width/float64(len(all))
	for i, n := range all {
		p.SetXY(margin+float64(i)*width, top)
		p.style("B", numberSize, dark)
		p.CellFormat(width-columnGap, lineHeight*1.6, p.fit(n.Value, width-columnGap), "", 2, "L", false, 0, "")
		p.style("", smallSize, muted)
		p.CellFormat(width-columnGap, lineHeight, p.fit(n.Label, width-columnGap), "", 2, "L", false, 0, "")
	}
	p.SetX(margin)
}

// section writes a heading with what belongs to it. A heading is not left alone at the end of a page.
func (p *page) section(s Section) {
	p.Ln(lineHeight)
	p.room(5 * lineHeight)
	p.line(s.Heading, "B", headSize, dark, lineHeight*1.4)
	for _, line := range s.Lines {
		p.paragraph(line, dark)
	}
	if s.Columns == nil {
		return
	}
	widths := s.widths(p.width)
	p.row(s, widths, s.Columns, true)
	for _, cells := range s.Rows {
		p.row(s, widths, cells, false)
	}
}

// widths returns the widths of the columns of a table.
func (s Section) widths(whole float64) []float64 {
	numbers := len(s.Columns) - s.Names
	name := (whole - float64(numbers)*numberCol - float64(len(s.Columns)-1)*columnGap) / float64(max(s.Names, 1))
	widths := make([]float64, len(s.Columns))
	for i := range widths {
		if widths[i] = numberCol; i < s.Names {
			widths[i] = name
		}
	}
	return widths
}

// row writes a row of a table, with a line below it. On a new page the headings of the columns stand above it again.
func (p *page) row(s Section, widths []float64, cells []string, heading bool) {
	bold, size, shade := "", textSize, dark
	if heading {
		size, shade = smallSize, muted
	}
	p.style(bold, size, shade)
	lines := make([][]string, len(widths))
	height := 0.0
	for i := range widths {
		if i < len(cells) {
			lines[i] = p.broken(cells[i], widths[i])
		}
		height = max(height, float64(len(lines[i]))*lineHeight)
	}
	if p.room(height+rowGap) && !heading {
		p.row(s, widths, s.Columns, true)
		p.style(bold, size, shade)
	}
	top, x := p.GetY(), margin
	for i, width := range widths {
		align := "L"
		if i >= s.Names {
			align = "R"
		}
		for n, line := range lines[i] {
			p.SetXY(x, top+float64(n)*lineHeight)
			p.CellFormat(width, lineHeight, line, "", 0, align, false, 0, "")
		}
		x += width + columnGap
	}
	p.SetXY(margin, top+height+rowGap)
	p.SetDrawColor(rule, rule, rule)
	p.SetLineWidth(0.15)
	p.Line(margin, top+height+rowGap/2, margin+p.width, top+height+rowGap/2)
}

// maxLines bounds the lines of a text in a cell or a paragraph.
const maxLines = 12

// broken returns a text as lines that fit into a width, in the font that is chosen. A word that is too long is broken.
func (p *page) broken(text string, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(drawable(text)) {
		for with := strings.TrimSpace(line + " " + word); ; with = word {
			if p.GetStringWidth(with) <= width {
				line = with
				break
			}
			if line != "" {
				lines, line = append(lines, line), ""
				continue
			}
			head := p.fitting(word, width)
			lines, word = append(lines, head), word[len(head):]
			if word == "" {
				break
			}
		}
		if len(lines) >= maxLines {
			break
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > maxLines {
		lines = append(lines[:maxLines-1], "…")
	}
	return lines
}

// fitting returns the beginning of a word that fits into a width: one letter at least.
func (p *page) fitting(word string, width float64) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && p.GetStringWidth(word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}

// fit returns a text as one line that fits into a width, cut off with an ellipsis if it is too long.
func (p *page) fit(text string, width float64) string {
	text = strings.Join(strings.Fields(drawable(text)), " ")
	if p.GetStringWidth(text) <= width {
		return text
	}
	return p.fitting(text, width-p.GetStringWidth("…")) + "…"
}

// drawable returns a text with a replacement for each letter that a TrueType font of this library cannot have: those beyond
// the Basic Multilingual Plane, and control characters.
func drawable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r > 0xFFFF || r == unicode.ReplacementChar:
			return '□'
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}
