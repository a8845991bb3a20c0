package pdf

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"countersign/core/certificate"
)

// This file uses the OCSP responses (RFC 6960) and CRLs (RFC 5280, section 5) that are in a file. Nothing is fetched. Each has
// to be signed by the issuer of the certificate that it speaks about, or by a responder that this issuer authorized.

// RevocationState is what the file shows of the revocation of certificates. Reports print these words, so they must not change.
type RevocationState string

const (
	// RevocationGood means that no certificate of the chain below the root was revoked at the time of signing.
	RevocationGood RevocationState = "good"
	// RevocationRevoked means that one of these certificates was revoked, and that no trusted time-stamp shows that the
	// signature was made before.
	RevocationRevoked RevocationState = "revoked"
	// RevocationNotTold means that the file does not say of all these certificates whether they were revoked.
	RevocationNotTold RevocationState = "not told"
)

// Revocation is what the validation data in a file says of the certificates of a signature.
type Revocation struct {
	State     RevocationState // RevocationNotTold when the signature is not intact
	RevokedAt time.Time       // zero unless State is RevocationRevoked
	Subject   string          // the name of the certificate that was revoked
}

// Reason codes (RFC 5280, section 5.3.1).
const (
	reasonAffiliationChanged   = 3
	reasonSuperseded           = 4
	reasonCessationOfOperation = 5
	reasonHold                 = 6
	reasonRemoveFromCRL        = 8
)

// statement is what one OCSP response or CRL says about one certificate.
type statement struct {
	thisUpdate, nextUpdate time.Time // nextUpdate is zero when it is not stated
	revoked                bool
	revokedAt              time.Time
	reason                 int
}

// speaksGoodFor reports whether a statement without a revocation shows that a certificate was not revoked at the time at.
// notAfter is when the certificate expires. One that was made afterwards does, because a revocation is permanent except for a
// hold; one that was made before does until its next update. Without a next update, newer information was available at any
// time (RFC 6960, section 4.2.2.1). After a certificate has expired, issuers may drop it from their lists, so later
// statements say nothing (RFC 5280, section 3.3).
func (s statement) speaksGoodFor(at, notAfter time.Time) bool {
	if s.revoked || s.thisUpdate.After(notAfter) {
		return false
	}
	return !s.thisUpdate.Before(at) || !s.nextUpdate.IsZero() && !at.After(s.nextUpdate)
}

// ocspAnswer is a BasicOCSPResponse (RFC 6960, section 4.2.1), parsed and not yet verified.
type ocspAnswer struct {
	raw          []byte // of the ResponseData, which is what is signed
	algorithm    []byte
	signature    []byte
	certificates []*certificate.Certificate
	responder    asn1.RawValue
	producedAt   time.Time
	single       []singleResponse
}

type certID struct {
	Hash       pkix.AlgorithmIdentifier
	IssuerName []byte
	IssuerKey  []byte
	Serial     *big.Int
}

type revokedInfo struct {
	At     time.Time       `asn1:"generalized"`
	Reason asn1.Enumerated `asn1:"explicit,optional,tag:0,default:0"`
}

type singleResponse struct {
	ID         certID
	Good       asn1.Flag     `asn1:"tag:0,optional"`
	Revoked    revokedInfo   `asn1:"tag:1,optional"`
	Unknown    asn1.Flag     `asn1:"tag:2,optional"`
	ThisUpdate time.Time     `asn1:"generalized"`
	NextUpdate time.Time     `asn1:"generalized,explicit,tag:0,optional"`
	Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
}

var (
	oidBasicOCSP        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidOCSPSigning      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
	oidDeltaCRL         = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidIssuingPoint     = asn1.ObjectIdentifier{2, 5, 29, 28}
	oidAdobeArchive     = asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}
	oidRevocationValues = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 24}
	oidOCSPOtherValue   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}
)

const maxSingleResponses = 100 // of one OCSP response that are read

// parseOCSP reads an OCSPResponse, or the BasicOCSPResponse inside one. It returns false for anything else, and for a
// response without an answer.
func parseOCSP(b []byte) (*ocspAnswer, bool) {
	var outer struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0,optional"`
	}
	basic := b
	if _, err := asn1.Unmarshal(b, &outer); err == nil {
		if outer.Status != 0 || !outer.Bytes.Type.Equal(oidBasicOCSP) {
			return nil, false
		}
		basic = outer.Bytes.Response
	}
	var response struct {
		Data         asn1.RawValue
		Algorithm    asn1.RawValue
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	if _, err := asn1.Unmarshal(basic, &response); err != nil {
		return nil, false
	}
	var data struct {
		Version    int `asn1:"optional,default:0,explicit,tag:0"`
		Responder  asn1.RawValue
		ProducedAt time.Time `asn1:"generalized"`
		Responses  []asn1.RawValue
		Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
	}
	if _, err := asn1.Unmarshal(response.Data.FullBytes, &data); err != nil {
		return nil, false
	}
	a := &ocspAnswer{
		raw: response.Data.FullBytes, algorithm: response.Algorithm.FullBytes, signature: response.Signature.RightAlign(),
		responder: data.Responder, producedAt: data.ProducedAt,
	}
	for _, raw := range data.Responses[:min(len(data.Responses), maxSingleResponses)] {
		var one singleResponse
		if _, err := asn1.Unmarshal(raw.FullBytes, &one); err == nil && one.ID.Serial != nil {
			a.single = append(a.single, one)
		}
	}
	for _, raw := range response.Certificates[:min(len(response.Certificates), maxCertificates)] {
		if cert, err := certificate.Parse(raw.FullBytes); err == nil {
			a.certificates = append(a.certificates, cert)
		}
	}
	return a, true
}

// keyBits returns the subjectPublicKey of a certificate without its tag, length and unused bits (RFC 6960, section 4.1.1).
func keyBits(c *certificate.Certificate) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil
	}
	return info.Key.Bytes
}

// names reports whether a CertID is that of a certificate with that issuer.
func (id certID) names(cert, issuer *certificate.Certificate) bool {
	hash, err := certificate.HashOf(id.Hash.Algorithm)
	if err != nil || id.Serial.Cmp(cert.SerialNumber) != 0 {
		return false
	}
	sum := func(b []byte) []byte {
		h := hash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	return bytes.Equal(id.IssuerKey, sum(keyBits(issuer))) && (bytes.Equal(id.IssuerName, sum(cert.RawIssuer)) || bytes.Equal(id.IssuerName, sum(issuer.RawSubject)))
}

// isFrom reports whether the responder id names a certificate: by its name, or by the SHA-1 of its key.
func (a *ocspAnswer) isFrom(c *certificate.Certificate) bool {
	const byName, byKey = 1, 2
	switch a.responder.Tag {
	case byName:
		return certificate.SameName(a.responder.Bytes, c.RawSubject)
	case byKey:
		var hash []byte
		_, err := asn1.Unmarshal(a.responder.Bytes, &hash)
		sum := sha1Sum(keyBits(c))
		return err == nil && bytes.Equal(hash, sum[:])
	}
	return false
}

// isSignedFor reports whether the answer is signed by a responder that may speak for that issuer (RFC 6960, section 4.2.2.2):
// by the issuer itself, or by one with a certificate for OCSP that the issuer signed and that was valid when the answer was
// made. Whether the responder's own certificate was revoked is not looked at; most of them say that it need not be
// (4.2.2.2.1).
func (a *ocspAnswer) isSignedFor(issuer *certificate.Certificate) bool {
	signed := func(c *certificate.Certificate) bool {
		return a.isFrom(c) && c.CheckSignature(a.algorithm, a.raw, a.signature) == nil
	}
	if signed(issuer) {
		return true
	}
	for _, c := range a.certificates {
		forOCSP := false
		for _, use := range c.ExtendedKeyUsages {
			forOCSP = forOCSP || use.Equal(oidOCSPSigning)
		}
		if forOCSP && !a.producedAt.Before(c.NotBefore) && !a.producedAt.After(c.NotAfter) && signed(c) && c.SignedBy(issuer) {
			return true
		}
	}
	return false
}

// about returns what the answer says about a certificate with that issuer. ok is false when it says nothing, or is not signed
// by someone who may say it.
func (a *ocspAnswer) about(cert, issuer *certificate.Certificate) (s statement, ok bool) {
	for _, one := range a.single {
		if !one.ID.names(cert, issuer) || bool(one.Unknown) || !a.isSignedFor(issuer) {
			continue
		}
		s = statement{thisUpdate: one.ThisUpdate, nextUpdate: one.NextUpdate}
		if !bool(one.Good) {
			if one.Revoked.At.IsZero() {
				continue
			}
			s.revoked, s.revokedAt, s.reason = true, one.Revoked.At, int(one.Revoked.Reason)
		}
		return s, true
	}
	return statement{}, false
}

// aboutInList returns what a CRL says about a certificate with that issuer. ok is false when it says nothing: when the issuer
// did not sign it, and for delta CRLs, indirect ones, and those for some reasons or for other certificates.
func aboutInList(list *x509.RevocationList, cert, issuer *certificate.Certificate) (s statement, ok bool) {
	if !certificate.SameName(list.RawIssuer, cert.RawIssuer) || issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return statement{}, false
	}
	for _, e := range list.Extensions {
		switch {
		case e.Id.Equal(oidIssuingPoint):
			if !pointCovers(e.Value, cert) {
				return statement{}, false
			}
		case e.Critical, e.Id.Equal(oidDeltaCRL):
			return statement{}, false
		}
	}
	algorithm := nthElement(certificate.Content(list.Raw), 1)
	if issuer.CheckSignature(algorithm, list.RawTBSRevocationList, list.Signature) != nil {
		return statement{}, false
	}
	s = statement{thisUpdate: list.ThisUpdate, nextUpdate: list.NextUpdate}
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(cert.SerialNumber) == 0 && e.ReasonCode != reasonRemoveFromCRL {
			s.revoked, s.revokedAt, s.reason = true, e.RevocationTime, e.ReasonCode
		}
	}
	return s, true
}

// pointCovers reports whether an issuingDistributionPoint (RFC 5280, section 5.2.5) is one for that certificate.
func pointCovers(value []byte, cert *certificate.Certificate) bool {
	var point struct {
		Name           asn1.RawValue  `asn1:"optional,tag:0"`
		OnlyUser       bool           `asn1:"optional,tag:1"`
		OnlyAuthority  bool           `asn1:"optional,tag:2"`
		SomeReasons    asn1.BitString `asn1:"optional,tag:3"`
		Indirect       bool           `asn1:"optional,tag:4"`
		OnlyAttributes bool           `asn1:"optional,tag:5"`
	}
	if !unmarshalAll(value, &point) || point.Indirect || point.OnlyAttributes || point.SomeReasons.BitLength > 0 || cert.Standard == nil {
		return false
	}
	if point.OnlyUser && cert.Standard.IsCA || point.OnlyAuthority && !cert.Standard.IsCA {
		return false
	}
	if len(point.Name.FullBytes) == 0 {
		return true
	}
	for _, uri := range cert.Standard.CRLDistributionPoints {
		if uri != "" && bytes.Contains(point.Name.Bytes, []byte(uri)) {
			return true
		}
	}
	return false
}

// statements returns everything that the data says about a certificate.
func (v *validationData) statements(cert, issuer *certificate.Certificate) (all []statement) {
	for _, a := range v.ocspAnswers {
		if s, ok := a.about(cert, issuer); ok {
			all = append(all, s)
		}
	}
	for _, list := range v.crls {
		if s, ok := aboutInList(list, cert, issuer); ok {
			all = append(all, s)
		}
	}
	return all
}

// verdict returns the state of one certificate by all statements about it, and the first revocation if the state is
// RevocationRevoked. vouched is the time that a trusted time-stamp shows, or zero without one: a revocation after that time
// leaves the certificate good. A hold that a later statement lifted is no revocation.
func verdict(all []statement, cert *certificate.Certificate, vouched time.Time) (state RevocationState, first statement) {
	at := vouched
	if at.IsZero() {
		at = time.Now()
	}
	good := false
	for _, s := range all {
		good = good || s.speaksGoodFor(at, cert.NotAfter)
		if !s.revoked || s.reason == reasonHold && isLifted(s, all) {
			continue
		}
		if !vouched.IsZero() && s.revokedAt.After(vouched) {
			good = true // it was made afterwards, and says since when
			continue
		}
		if !first.revoked || s.revokedAt.Before(first.revokedAt) {
			first = s
		}
	}
	switch {
	case first.revoked:
		return RevocationRevoked, first
	case good:
		return RevocationGood, statement{}
	}
	return RevocationNotTold, statement{}
}

// isLifted reports whether a later statement says that a certificate on hold is good again.
func isLifted(hold statement, all []statement) bool {
	for _, s := range all {
		if !s.revoked && s.thisUpdate.After(hold.thisUpdate) {
			return true
		}
	}
	return false
}

// of returns what the data says about a chain, in which each certificate issued the one before it, and the statement that
// revoked one of them, if any. vouched is as in verdict.
func (v *validationData) of(chain []*certificate.Certificate, vouched time.Time) (Revocation, statement) {
	if len(chain) == 0 {
		return Revocation{State: RevocationNotTold}, statement{}
	}
	told := Revocation{State: RevocationGood}
	for i, cert := range chain {
		if cert.IsSelfIssued() { // nobody else says anything about a root
			if i == 0 {
				told.State = RevocationNotTold
			}
			break
		}
		if i+1 == len(chain) {
			told.State = RevocationNotTold // its issuer is not in the file
			break
		}
		state, first := verdict(v.statements(cert, chain[i+1]), cert, vouched)
		switch state {
		case RevocationRevoked:
			return Revocation{State: state, RevokedAt: first.revokedAt.UTC(), Subject: cert.Name()}, first
		case RevocationNotTold:
			told.State = RevocationNotTold
		}
	}
	return told, statement{}
}
