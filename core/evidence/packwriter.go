package evidence

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"countersign/core/files"
	"countersign/core/pdf"
	"countersign/core/register"
	"countersign/core/request"
)

// Write writes the pack as a ZIP file to out, which it does not close. The files in it are described in pack/README.txt. It
// returns the error of ctx when ctx is done, and [ErrFileChanged] for a file whose content was changed. After any error, what was
// written is incomplete.
func (p Pack) Write(ctx context.Context, out io.Writer) error {
	w := &packWriter{ctx: ctx, zip: zip.NewWriter(out), at: p.CreatedAt}
	for _, write := range []func(*packWriter) error{p.writePDFs, p.writeRecords, p.writeManifest} {
		if err := write(w); err != nil {
			return err
		}
	}
	return w.zip.Close()
}

// packWriter writes the files of a pack to a ZIP file, and collects a line with the SHA-256 of each for the manifest.
type packWriter struct {
	ctx      context.Context
	zip      *zip.Writer
	at       time.Time
	manifest strings.Builder // lines for sha256sum
}

// writeFile writes one file into the ZIP file, and returns its SHA-256 in hex. It adds no line to the manifest.
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
	if _, err := io.Copy(io.MultiWriter(file, hash), files.ContextReader(w.ctx, content)); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// addFile writes one file, and adds its line to the manifest.
func (w *packWriter) addFile(name string, content []byte) error {
	digest, err := w.writeFile(name, bytes.NewReader(content))
	w.addToManifest(name, digest)
	return err
}

func (w *packWriter) addToManifest(name, digest string) {
	fmt.Fprintf(&w.manifest, "%s  %s\n", digest, name)
}

// addPDF writes one PDF file, and adds its line to the manifest. It fails with [ErrFileChanged] when the content does not have
// the SHA-256 of p.
func (w *packWriter) addPDF(name string, p PDFFile) error {
	source, err := p.Open()
	if err != nil {
		return err
	}
	defer source.Close()
	digest, err := w.writeFile(name, source)
	if err == nil && digest != p.SHA256 {
		err = ErrFileChanged
	}
	w.addToManifest(name, digest)
	return err
}

// writePDFs writes the PDF files, what is needed to verify the signatures in them, and signatures.txt, the list of these
// signatures.
func (p Pack) writePDFs(w *packWriter) error {
	for i, pdfFile := range p.Originals {
		if err := w.addPDF(originalName(i), pdfFile); err != nil {
			return err
		}
	}
	var list strings.Builder
	for _, set := range []struct {
		name     func(int) string
		pdfFiles []PDFFile
	}{{signedName, p.Signed}, {attachedName, p.Attached}} {
		for i, pdfFile := range set.pdfFiles {
			if pdfFile.Open == nil {
				continue
			}
			name := set.name(i)
			if err := w.addPDF(name, pdfFile); err != nil {
				return err
			}
			for n, s := range pdfFile.Signatures {
				if err := w.addSignature(name, n+1, s, &list); err != nil {
					return err
				}
			}
		}
	}
	return w.addFile("signatures.txt", []byte(list.String()))
}

// addSignature writes what is needed to verify an intact signature: its line in signatures.txt, its message, and its
// certificates. name is the PDF file and n the number of the signature in it. A signature that is not intact is skipped, and so
// is a weak one, which proves too little.
func (w *packWriter) addSignature(name string, n int, s pdf.Signature, list io.Writer) error {
	if !s.Intact() || s.Weak != "" {
		return nil
	}
	kind := "signature"
	if s.DocTimestamp {
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

// writeRecords writes the report, the request, the register excerpt, the public register key and those of witnesses, and README.txt and check.sh, with
// which the pack can be verified. It fails when SigningKey is not an Ed25519 key.
func (p Pack) writeRecords(w *packWriter) error {
	report, err := p.report()
	if err != nil {
		return err
	}
	record, err := json.MarshalIndent(RecordOf(p.Request, nil), "", "  ")
	if err != nil {
		return err
	}
	public, ok := p.SigningKey.Public().(ed25519.PublicKey)
	if !ok {
		return request.Errorf("evidence_key", "the key of the desk is not an Ed25519 key")
	}
	key, err := register.FormatPublicKey(public)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{
		{"report.html", report},
		{"request.json", append(record, '\n')},
		{"register.txt", p.RegisterExcerpt},
		{"desk.pem", key},
		{"README.txt", mustEmbedded("README.txt")},
		{"check.sh", mustEmbedded("check.sh")},
	} {
		if err := w.addFile(file.name, file.content); err != nil {
			return err
		}
	}
	for _, witness := range p.WitnessKeys {
		key, err := register.FormatPublicKey(witness)
		if err != nil {
			return err
		}
		if err := w.addFile("desk-"+register.Fingerprint(witness)+".pem", key); err != nil {
			return err
		}
	}
	return nil
}

func mustEmbedded(name string) []byte {
	content, err := embedded.ReadFile("pack/" + name)
	if err != nil {
		panic(err) // the files are compiled in
	}
	return content
}

// writeManifest writes three files: the manifest; a statement that contains the SHA-256 of the manifest; and the signature of this
// statement with the register key.
func (p Pack) writeManifest(w *packWriter) error {
	digest, err := w.writeFile("manifest.txt", strings.NewReader(w.manifest.String()))
	if err != nil {
		return err
	}
	statement := fmt.Sprintf("countersign evidence v1 %s %s %s %s\n", p.Register, p.Request.ID, digest, p.CreatedAt.UTC().Format(time.RFC3339))
	signature, err := p.SigningKey.Sign(nil, []byte(statement), crypto.Hash(0))
	if err != nil {
		return fmt.Errorf("sign the pack: %w", err)
	}
	if _, err := w.writeFile("pack.txt", strings.NewReader(statement)); err != nil {
		return err
	}
	_, err = w.writeFile("pack.sig", bytes.NewReader(signature))
	return err
}
