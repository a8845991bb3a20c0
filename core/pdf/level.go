package pdf

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // names in a PDF are made with it; nothing is verified with it here
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The kinds of signatures, as far as they can be told. The levels are those of ETSI EN 319 142-1; what they ask for beyond
// the parts that are there (that the revocation data is right, say) is not looked at.
const (
	levelPKCS7          = "PKCS#7"
	levelPKCS7Timestamp = "PKCS#7 with a time-stamp"
	levelCAdES          = "CAdES, not PAdES: the signer's certificate is not among what was signed"
	levelB              = "PAdES B-B"
	levelT              = "PAdES B-T"
	levelLT             = "PAdES B-LT"
	levelLTA            = "PAdES B-LTA"
	levelDocTimestamp   = "document time-stamp"
)

// validationData is the validation data that a file keeps for its signatures (its /DSS entry).
type validationData struct {
	certificates  int
	crls          []*x509.RevocationList
	ocspResponses [][]byte // of OCSP responders, as they are
	vri           map[string]bool
	bytes         int   // of what was kept of it
	lastOffset    int64 // where the last piece of it begins in the file
}

const (
	maxValidationStreams = 200      // of validation data that are looked at
	maxValidationBytes   = 16 << 20 // bytes of all of them, and so of one
)

// readValidationData reads the validation data of a file; what cannot be read is left out.
func readValidationData(d *document) (m validationData, err error) {
	defer recoverDamaged(&err)
	store := d.dict(d.catalog()["DSS"])
	m.vri = map[string]bool{}
	m.eachStream(d, store["Certs"], func([]byte) { m.certificates++ })
	m.eachStream(d, store["CRLs"], m.addCRL)
	m.eachStream(d, store["OCSPs"], m.addOCSPResponse)
	for name, entry := range d.dict(store["VRI"]) {
		of := d.dict(entry)
		if len(d.array(of["CRL"]))+len(d.array(of["OCSP"])) > 0 {
			m.vri[strings.ToUpper(name)] = true
		}
		m.eachStream(d, of["CRL"], m.addCRL)
		m.eachStream(d, of["OCSP"], m.addOCSPResponse)
	}
	return m, nil
}

func (m *validationData) addCRL(b []byte) {
	if list, err := x509.ParseRevocationList(b); err == nil {
		m.crls = append(m.crls, list)
	}
}

func (m *validationData) addOCSPResponse(b []byte) { m.ocspResponses = append(m.ocspResponses, b) }

func (m *validationData) eachStream(d *document, list types.Object, each func([]byte)) {
	for _, entry := range d.array(list) {
		if len(m.crls)+len(m.ocspResponses)+m.certificates >= maxValidationStreams {
			return
		}
		if b := d.decodeStream(entry, int64(maxValidationBytes-m.bytes)); len(b) > 0 {
			each(b)
			m.bytes += len(b)
			if ref, ok := entry.(types.IndirectRef); ok {
				m.lastOffset = max(m.lastOffset, d.offset(ref))
			}
		}
	}
}

// covers tells whether the material has certificates and something that speaks of whether this signer's was revoked.
func (m *validationData) covers(s *Signature, contents []byte) bool {
	if m.certificates == 0 || len(s.Certificates) == 0 {
		return false
	}
	for _, b := range [][]byte{contents, s.CMS} {
		name := sha1.Sum(b) //nolint:gosec // as above
		if m.vri[strings.ToUpper(hex.EncodeToString(name[:]))] {
			return true
		}
	}
	cert := s.Certificates[0]
	for _, list := range m.crls {
		if bytes.Equal(list.RawIssuer, cert.RawIssuer) {
			return true
		}
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return false
	}
	old := sha1.Sum(cert.RawIssuer) //nolint:gosec // as above
	now := sha256.Sum256(cert.RawIssuer)
	for _, answer := range m.ocspResponses {
		if bytes.Contains(answer, serial) && (bytes.Contains(answer, old[:]) || bytes.Contains(answer, now[:])) {
			return true
		}
	}
	return false
}

// baselineLevel is the level of a signature by itself.
func (m *message) baselineLevel(subFilter string, stamp *SignatureTimestamp) string {
	stamped := stamp != nil && stamp.Intact
	_, bound := m.attribute(oidSigningCertificate)
	_, boundNow := m.attribute(oidSigningCertificateV2)
	switch {
	case subFilter == subFilterPKCS7 && stamped:
		return levelPKCS7Timestamp
	case subFilter == subFilterPKCS7:
		return levelPKCS7
	case !bound && !boundNow:
		return levelCAdES
	case stamped:
		return levelT
	}
	return levelB
}

// raiseLevels raises the levels by what stands in the file beside the signatures: time-stamps of the whole document, and
// validation data.
func raiseLevels(signatures []Signature, contents [][]byte, m validationData) {
	for i := range signatures {
		s := &signatures[i]
		if s.Level != levelB && s.Level != levelT {
			continue
		}
		if lastDocTimestamp(signatures, s.End) > 0 {
			s.Level = levelT
		}
		if s.Level != levelT || !m.covers(s, contents[i]) {
			continue
		}
		s.Level = levelLT
		if lastDocTimestamp(signatures, s.End) > m.lastOffset {
			s.Level = levelLTA
		}
	}
}

// lastDocTimestamp is where the last intact document time-stamp behind a place stands; zero when there is none.
func lastDocTimestamp(signatures []Signature, end int64) (at int64) {
	for _, s := range signatures {
		if s.Timestamp && s.Intact && s.At >= end {
			at = max(at, s.At)
		}
	}
	return at
}
