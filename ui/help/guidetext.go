package help

import (
	"regexp"
	"strings"
)

// section is a chapter of the guide.
type section struct {
	title  string
	blocks []block
}

// block is a part of a section. Its texts have no marks of Markdown.
type block struct {
	kind  blockKind
	text  string   // of a paragraph or an item
	cells []string // of a row of a table
}

type blockKind int

const (
	paragraph blockKind = iota
	item
	tableHead
	tableRow
)

// matches reports whether the section has a text in it, in upper or lower case.
func (s section) matches(text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	if strings.Contains(strings.ToLower(s.title), text) {
		return true
	}
	for _, b := range s.blocks {
		if strings.Contains(strings.ToLower(b.text+"\n"+strings.Join(b.cells, "\n")), text) {
			return true
		}
	}
	return false
}

// parseGuide returns the sections of a page in Markdown: what follows each heading of the second level. Pictures are left out.
// It knows paragraphs, lists of one level and tables, which is all that the guide has.
func parseGuide(page string) []section {
	var sections []section
	var open *block // that the next line may continue
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n ")
		if title, ok := strings.CutPrefix(line, "## "); ok {
			sections, open = append(sections, section{title: plain(title)}), nil
			continue
		}
		if len(sections) == 0 {
			continue
		}
		s := &sections[len(sections)-1]
		add := func(b block) {
			s.blocks = append(s.blocks, b)
			open = &s.blocks[len(s.blocks)-1]
		}
		bullet, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "" || strings.HasPrefix(line, "!["):
			open = nil
		case strings.HasPrefix(line, "|"):
			s.addRow(line)
			open = nil
		case isItem:
			add(block{kind: item, text: bullet})
		case open != nil:
			open.text += " " + strings.TrimSpace(line)
		default:
			add(block{kind: paragraph, text: line})
		}
	}
	for _, s := range sections {
		for i := range s.blocks {
			s.blocks[i].text = plain(s.blocks[i].text)
		}
	}
	return sections
}

// addRow adds the row of a table. The line below the headings is none.
func (s *section) addRow(line string) {
	if strings.Trim(line, "|-: ") == "" {
		s.blocks[len(s.blocks)-1].kind = tableHead
		return
	}
	var cells []string
	for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
		cells = append(cells, plain(strings.TrimSpace(cell)))
	}
	s.blocks = append(s.blocks, block{kind: tableRow, cells: cells})
}

var (
	linkMark = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	boldMark = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	nameMark = regexp.MustCompile(`\*([^*]+)\*`) // a text of the window
)

// plain returns a text in Markdown as one to read: links and bold text as they are, and texts of the window in quotation marks.
func plain(text string) string {
	text = linkMark.ReplaceAllString(text, "$1")
	text = boldMark.ReplaceAllString(text, "$1")
	text = nameMark.ReplaceAllString(text, "“$1”")
	return strings.ReplaceAll(text, "`", "")
}
