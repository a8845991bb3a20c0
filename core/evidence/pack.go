package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/i18n"
	"countersign/core/pdf"
	"countersign/core/register"
	"countersign/core/request"
)

// Pack is everything about one request that somebody needs who has not got this program.
type Pack struct {
	Request  request.Request
	Events   []request.Event
	State    string // where it stands, in words
	Gateway  string // where it was signed, in words: its name, kind and address; no secret
	Practice bool   // that was for practice

	Register string        // the register's id
	Chain    []byte        // the part of it with the events; see [register.WriteBegin] and its like
	Key      crypto.Signer // the desk's Ed25519 key, which signs the list of the files

	Originals []Paper // in the order of the request's documents
	Signed    []Paper // the signed form of each; one without Open is not there
	Attached  []Paper

	At       time.Time // when it is made, in the zone that the report tells times in
	Language i18n.Language
}

// Paper is a PDF file of a pack.
type Paper struct {
	SHA256     string
	Size       int64 // bytes
	Open       func() (io.ReadCloser, error)
	Signatures []pdf.Signature
}

// ErrChanged says that a file is not the one that the request names any more.
var ErrChanged = errors.New("a kept file is no longer what it was when it was kept: restore the home from a backup")

//go:embed pack/check.sh pack/README.txt pack/report.html
var embedded embed.FS

// Write writes the pack as a ZIP file; what it holds, its README.txt says. It ends with
// an error of the context when that is done.
func (p Pack) Write(ctx context.Context, out io.Writer) error {
	w := &packWriter{ctx: ctx, zip: zip.NewWriter(out), at: p.At}
	for _, write := range []func(*packWriter) error{p.writePDFs, p.writeRecords, p.writeManifest} {
		if err := write(w); err != nil {
			return err
		}
	}
	return w.zip.Close()
}

// packWriter writes files of fixed names and keeps their digests.
type packWriter struct {
	ctx      context.Context
	zip      *zip.Writer
	at       time.Time
	manifest strings.Builder
}

// writeFile writes one file.
func (w *packWriter) writeFile(name string, content io.Reader) (digest string, err error) {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at}
	header.SetMode(0o600)
	if strings.HasSuffix(name, ".sh") {
		header.SetMode(0o700)
	}
	file, err := w.zip.CreateHeader(header)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(file, hash), files.Reader(w.ctx, content)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// addFile writes a file of the list.
func (w *packWriter) addFile(name string, content []byte) error {
	digest, err := w.writeFile(name, bytes.NewReader(content))
	w.addToManifest(name, digest)
	return err
}

func (w *packWriter) addToManifest(name, digest string) {
	fmt.Fprintf(&w.manifest, "%s  %s\n", digest, name)
}

func (w *packWriter) addPDF(name string, p Paper) error {
	source, err := p.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	digest, err := w.writeFile(name, source)
	if err == nil && digest != p.SHA256 {
		err = ErrChanged
	}
	w.addToManifest(name, digest)
	return err
}

// The names of the PDF files in a pack.
func originalName(i int) string { return fmt.Sprintf("original-%d.pdf", i+1) }
func signedName(i int) string   { return fmt.Sprintf("signed-%d.pdf", i+1) }
func attachedName(i int) string { return fmt.Sprintf("attached-%d.pdf", i+1) }

func (p Pack) writePDFs(w *packWriter) error {
	for i, paper := range p.Originals {
		if err := w.addPDF(originalName(i), paper); err != nil {
			return err
		}
	}
	var list strings.Builder
	for _, set := range []struct {
		name   func(int) string
		papers []Paper
	}{{signedName, p.Signed}, {attachedName, p.Attached}} {
		for i, paper := range set.papers {
			if paper.Open == nil {
				continue
			}
			name := set.name(i)
			if err := w.addPDF(name, paper); err != nil {
				return err
			}
			for n, s := range paper.Signatures {
				if err := w.addSignature(name, n+1, s, &list); err != nil {
					return err
				}
			}
		}
	}
	return w.addFile("signatures.txt", []byte(list.String()))
}

// addSignature writes what an intact addSignature is checked with.
func (w *packWriter) addSignature(name string, n int, s pdf.Signature, list io.Writer) error {
	if !s.Intact {
		return nil
	}
	kind := "signature"
	if s.Timestamp {
		kind = "timestamp"
	}
	fmt.Fprintf(list, "%s %d %d %d %d %s\n", name, n, s.ByteRange[1], s.ByteRange[2], s.ByteRange[3], kind)
	var certificates bytes.Buffer
	for _, c := range s.Certificates {
		if err := pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return err
		}
	}
	return errors.Join(
		w.addFile(fmt.Sprintf("%s.%d.cms", name, n), s.CMS),
		w.addFile(fmt.Sprintf("%s.%d.pem", name, n), certificates.Bytes()),
	)
}

// writeRecords writes what tells of the request, and what it is checked with.
func (p Pack) writeRecords(w *packWriter) error {
	report, err := p.report()
	if err != nil {
		return err
	}
	record, err := json.MarshalIndent(RecordOf(p.Request, nil), "", "  ")
	if err != nil {
		return err
	}
	public, ok := p.Key.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("the desk's key is no Ed25519 key")
	}
	key, err := register.FormatKey(public)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{
		{"report.html", report},
		{"request.json", append(record, '\n')},
		{"register.txt", p.Chain},
		{"desk.pem", key},
		{"README.txt", mustEmbedded("README.txt")},
		{"check.sh", mustEmbedded("check.sh")},
	} {
		if err := w.addFile(file.name, file.content); err != nil {
			return err
		}
	}
	return nil
}

func mustEmbedded(name string) []byte {
	content, err := embedded.ReadFile("pack/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return content
}

// writeManifest writes the list of the files, and signs it.
func (p Pack) writeManifest(w *packWriter) error {
	digest, err := w.writeFile("manifest.txt", strings.NewReader(w.manifest.String()))
	if err != nil {
		return err
	}
	statement := fmt.Sprintf("countersign evidence v1 %s %s %s %s\n", p.Register, p.Request.ID, digest, p.At.UTC().Format(time.RFC3339))
	signature, err := p.Key.Sign(nil, []byte(statement), crypto.Hash(0))
	if err != nil {
		return fmt.Errorf("sign the pack: %w", err)
	}
	if _, err := w.writeFile("pack.txt", strings.NewReader(statement)); err != nil {
		return err
	}
	_, err = w.writeFile("pack.sig", bytes.NewReader(signature))
	return err
}
