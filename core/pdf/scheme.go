package pdf

import (
	"crypto"
	"encoding/asn1"
	"errors"

	"countersign/core/certificate"
)

// hashOf returns the hash with that OID. It may be a weak one.
func hashOf(oid asn1.ObjectIdentifier) (crypto.Hash, error) {
	hash, err := certificate.HashOf(oid)
	if err != nil {
		return 0, unsupportedAlgorithm(oid)
	}
	return hash, nil
}

// problemOf returns an error of verifying a value with the key of that certificate as a problem of the signature.
func problemOf(err error, cert *certificate.Certificate) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, certificate.ErrForged):
		return errForged
	case errors.Is(err, certificate.ErrMismatch):
		return errAlgorithmKeyMismatch
	case errors.Is(err, certificate.ErrUselessKey):
		return uselessKey(cert.KeyName())
	case errors.Is(err, certificate.ErrUnsupportedKey):
		return errUnsupportedKey
	}
	return errUnsupportedAlgorithm
}
