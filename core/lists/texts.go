package lists

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"

	"countersign/core/request"
)

const (
	maxTextsInMemory = 4 << 20 // bytes of texts that are not written to disk
	maxTexts         = 1 << 25 // number of texts
	maxTextBytes     = 1 << 31 // bytes of all texts
	blockSize        = 16 << 10
	blocks           = 64
)

// texts are the texts of a workbook, which its cells refer to by their numbers (ECMA-376, part 1, section 18.4). A
// large workbook's are kept in a temporary file.
type texts struct {
	limit  int64    // bytes up to which they stay in memory
	ends   []uint32 // where each text ends among all of them
	memory []byte
	size   int64

	file    *os.File // nil while all are in memory
	removed bool     // the name of file is gone
	writer  *bufio.Writer
	cache   [blocks]block
}

// block is a part of the temporary file.
type block struct {
	at    int64 // position in the file
	bytes []byte
}

// readTexts reads the texts of a workbook, and writes them to disk if they have more bytes than limit. part is nil for a
// workbook without texts.
func readTexts(part *zip.File, limit int64) (*texts, error) {
	all := &texts{limit: limit}
	if part == nil {
		return all, nil
	}
	content, err := newStepReader(part)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if err := all.read(content); err != nil {
		return nil, errors.Join(explainXML(err), all.close())
	}
	return all, nil
}

func (t *texts) read(content *stepReader) error {
	d := xml.NewDecoder(content)
	d.Strict = false
	var text strings.Builder
	var inText, phonetic bool
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "t" && !phonetic
			phonetic = phonetic || e.Name.Local == "rPh"
		case xml.CharData:
			if inText && text.Len()+len(e) <= maxCell {
				text.Write(e)
			}
		case xml.EndElement:
			inText = false
			switch e.Name.Local {
			case "rPh":
				phonetic = false
			case "si":
				content.next()
				if err := t.add(unescape(text.String())); err != nil {
					return err
				}
				text.Reset()
			}
		}
	}
	if t.writer == nil {
		return nil
	}
	return t.writer.Flush()
}

func (t *texts) add(text string) error {
	if t.size += int64(len(text)); t.size > maxTextBytes || len(t.ends) >= maxTexts {
		return errUnpacked
	}
	t.ends = append(t.ends, uint32(t.size)) // #nosec G115 -- at most maxTextBytes
	if t.file == nil && t.size <= t.limit {
		t.memory = append(t.memory, text...)
		return nil
	}
	if t.file == nil {
		if err := t.spill(); err != nil {
			return err
		}
	}
	_, err := t.writer.WriteString(text)
	return err
}

// spill moves the texts to a temporary file. Its name is removed at once where the system allows that, so that
// the file goes away with the program.
func (t *texts) spill() error {
	file, err := os.CreateTemp("", "countersign-list-*")
	if err != nil {
		return request.Errorf("list_temporary", "a temporary file cannot be written: %w: free space on the disk", err)
	}
	t.file, t.removed = file, os.Remove(file.Name()) == nil
	t.writer = bufio.NewWriterSize(file, 64<<10)
	_, err = t.writer.Write(t.memory)
	t.memory = nil
	return err
}

// at returns a text by its number. The error is errWorkbook when there is none.
func (t *texts) at(i int) (string, error) {
	if i < 0 || i >= len(t.ends) {
		return "", errWorkbook
	}
	var begin int64
	if i > 0 {
		begin = int64(t.ends[i-1])
	}
	end := int64(t.ends[i])
	if t.file == nil {
		return string(t.memory[begin:end]), nil
	}
	var text strings.Builder
	for begin < end {
		from, err := t.block(begin / blockSize)
		if err != nil {
			return "", err
		}
		within := from[begin%blockSize:]
		within = within[:min(int64(len(within)), end-begin)]
		text.Write(within)
		begin += int64(len(within))
	}
	return text.String(), nil
}

// block returns a block of the temporary file by its number. Each has one place in the cache, which it shares with
// others.
func (t *texts) block(number int64) ([]byte, error) {
	kept := &t.cache[number%blocks]
	at := number * blockSize
	if kept.bytes != nil && kept.at == at {
		return kept.bytes, nil
	}
	fresh := make([]byte, min(blockSize, t.size-at))
	if _, err := t.file.ReadAt(fresh, at); err != nil {
		return nil, request.Errorf("list_read", "read the list: %w", err)
	}
	kept.at, kept.bytes = at, fresh
	return fresh, nil
}

func (t *texts) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if !t.removed {
		err = errors.Join(err, os.Remove(t.file.Name()))
	}
	t.file = nil
	return err
}
