package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"countersign/core/gateway"
	"countersign/core/ledger"
	"countersign/core/proof"
	"countersign/core/request"
)

// maxSigned is the size limit of signed files, in bytes. One signature adds little, but others may
// have signed before.
const maxSigned = MaxDocument + (50 << 20)

// incoming is a signed file in a temporary file of the home, before it is judged.
type incoming struct {
	*os.File
	size int64
}

var (
	errIncomplete = request.Errorf("broke_off", "it broke off")
	errEndless    = request.Errorf("signed_too_large", "it is too large")
)

// receive copies a signed file of up to [maxSigned] bytes into the home. The caller has to call remove.
// The error wraps errIncomplete if body cannot be read to its end, and is errEndless if there is more.
func (d *Desk) receive(body io.Reader) (*incoming, error) {
	f, err := os.CreateTemp(d.cfg.Home.Path(), "incoming-*") // made 0600
	if err != nil {
		return nil, unkeptError(err)
	}
	in := &incoming{File: f}
	in.size, err = io.Copy(f, io.LimitReader(body, maxSigned+1))
	if err == nil && in.size <= maxSigned {
		return in, nil
	}
	in.remove()
	if request.IsDiskFull(err) || request.IsNotWritable(err) {
		return nil, unkeptError(err) // body is not at fault
	}
	if err != nil {
		return nil, request.Errorf("broke_off_because", "%w (%w)", errIncomplete, err)
	}
	return nil, errEndless
}

func unkeptError(err error) error {
	return request.Errorf("signed_unkept", "store the signed file: %w: free space in the home, or let this program write there", err)
}

func (in *incoming) content() io.Reader { return io.NewSectionReader(in.File, 0, in.size) }

func (in *incoming) digest() (string, error) { return digestOf(in.content()) }

// digestOf returns the SHA-256 of all that r yields, in hexadecimal.
func digestOf(r io.Reader) (string, error) {
	hash := sha256.New()
	_, err := io.Copy(hash, r)
	return hex.EncodeToString(hash.Sum(nil)), err
}

func (in *incoming) remove() {
	_ = in.Close()
	_ = os.Remove(in.Name())
}

// looksLikePDF reports whether a file begins as PDF files do.
func looksLikePDF(f *os.File) bool {
	head := make([]byte, 1024)
	n, err := f.ReadAt(head, 0)
	return (err == nil || errors.Is(err, io.EOF)) && bytes.Contains(head[:n], []byte("%PDF-"))
}

// judge calls [proof.Judge] for a signed file and the stored copy of the document that was sent. wanted
// is the number of signatures that the signed file needs.
func (d *Desk) judge(ctx context.Context, sent request.Original, signed *incoming, wanted int) (proof.Judgment, error) {
	original, err := d.ledger.OpenDocument(ctx, sent.SHA256)
	if errors.Is(err, ledger.ErrAltered) || errors.Is(err, ledger.ErrMissing) {
		original, err = d.restoreOriginal(ctx, sent, signed, err)
	}
	if err != nil {
		return proof.Judgment{}, err
	}
	defer original.Close()
	return proof.Judge(original, sent, signed.File, wanted)
}

// restoreOriginal stores a damaged original again and opens it, if the signed file begins with its bytes,
// as signed files normally do. Otherwise it returns the error damage, so that a gateway's file is not
// stored now, and is fetched again once the original is back.
func (d *Desk) restoreOriginal(ctx context.Context, sent request.Original, signed *incoming, damage error) (*os.File, error) {
	content := func() io.Reader { return io.NewSectionReader(signed.File, 0, sent.Size) }
	if digest, err := digestOf(content()); err != nil || digest != sent.SHA256 {
		return nil, errors.Join(damage, err)
	}
	if _, _, err := d.ledger.PutDocument(ctx, content(), sent.Size); err != nil {
		return nil, err
	}
	return d.ledger.OpenDocument(ctx, sent.SHA256)
}

// wantedSignatures returns how many new signatures a signed file of the request has to carry: one for
// each signer if the gateway has several people sign one request, and one otherwise. It is never 0.
func wantedSignatures(r request.Request, can gateway.Capabilities) int {
	if can.MultiSigner {
		return max(1, len(r.Signers))
	}
	return 1
}
