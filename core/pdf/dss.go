package pdf

import (
	"crypto/sha1" // #nosec G505 -- OCSP names keys by it; nothing is verified with it
	"crypto/x509"
	"maps"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"countersign/core/certificate"
)

const (
	maxCertificate       = 1 << 20  // decoded bytes of a certificate in the /DSS dictionary
	maxValidationStreams = 200      // certificates, CRLs and OCSP responses that are read
	maxValidationBytes   = 16 << 20 // decoded bytes of all of them
)

// dssCertificates returns the certificates in the document security store (the /DSS entry of the catalog, ETSI EN 319
// 142-1, 5.4.2). Long-lasting signatures and time-stamps often leave their certificates there. Being there does not
// make them trusted: a signature still has to be made with the key of its certificate. Entries that cannot be read
// are skipped.
func dssCertificates(d *document) (found []*certificate.Certificate, err error) {
	defer recoverDamaged(&err)
	entries := d.array(d.dict(d.catalog()["DSS"])["Certs"])
	for _, entry := range entries[:min(len(entries), maxCertificates)] {
		if cert, err := certificate.Parse(d.decodeStream(entry, maxCertificate)); err == nil {
			found = append(found, cert)
		}
	}
	return found, nil
}

// validationData is what the document security store of a file has for the signatures in it.
type validationData struct {
	crls        []*x509.RevocationList
	ocspAnswers []*ocspAnswer
	read        int   // streams and values
	bytes       int   // decoded bytes read so far
	lastOffset  int64 // of the last of these objects in the file
}

// readValidationData reads the /DSS dictionary of a document. Entries that cannot be read are skipped.
func readValidationData(d *document) (v validationData, err error) {
	defer recoverDamaged(&err)
	store := d.dict(d.catalog()["DSS"])
	v.eachStream(d, store["Certs"], func([]byte) {}) // for lastOffset; dssCertificates reads them
	v.eachStream(d, store["CRLs"], v.addCRL)
	v.eachStream(d, store["OCSPs"], v.addOCSPResponse)
	// An entry of /VRI names a signature by a hash. What it lists is signed, and speaks for itself wherever it is listed.
	vri := d.dict(store["VRI"])
	for _, key := range slices.Sorted(maps.Keys(vri)) {
		entry := d.dict(vri[key])
		v.eachStream(d, entry["CRL"], v.addCRL)
		v.eachStream(d, entry["OCSP"], v.addOCSPResponse)
	}
	return v, nil
}

func (v *validationData) addCRL(der []byte) {
	if list, err := x509.ParseRevocationList(der); err == nil {
		v.crls = append(v.crls, list)
	}
}

func (v *validationData) addOCSPResponse(der []byte) {
	if a, ok := parseOCSP(der); ok {
		v.ocspAnswers = append(v.ocspAnswers, a)
	}
}

// eachStream calls the function add with the decoded content of each stream in an array, up to
// maxValidationStreams and maxValidationBytes. It skips streams that cannot be decoded.
func (v *validationData) eachStream(d *document, array types.Object, add func([]byte)) {
	for _, entry := range d.array(array) {
		if v.read++; v.read > maxValidationStreams {
			return
		}
		if b := d.decodeStream(entry, int64(maxValidationBytes-v.bytes)); len(b) > 0 {
			add(b)
			v.bytes += len(b)
			if ref, ok := entry.(types.IndirectRef); ok {
				v.lastOffset = max(v.lastOffset, d.offset(ref))
			}
		}
	}
}

// sha1Sum returns the SHA-1 of b, by which OCSP names keys. Nothing is verified with it.
func sha1Sum(b []byte) [sha1.Size]byte { return sha1.Sum(b) } // #nosec G401 -- names a key as OCSP does; nothing is verified with it
